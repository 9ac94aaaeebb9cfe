"""Static files of the page, read and compressed once; no other file can be requested."""

import gzip
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable

TYPES = {
    "html": "text/html; charset=utf-8",
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
    "png": "image/png",
    "webmanifest": "application/manifest+json",
}
INDEX = "index.html"


@dataclass(frozen=True, slots=True)
class File:
    """A file: its bytes (gzip if smaller), content type and digest."""

    data: bytes
    compressed: bool
    type: str
    tag: str


def load() -> dict[str, File]:
    """Return the page's files by URL path, such as `/app.js`; `/` is the page itself.

    Folders are not part of the paths.
    """
    found = {}
    for entry in _within(files("bridge.dashboard").joinpath("static")):
        kind = TYPES.get(entry.name.rpartition(".")[2])
        if kind is None:
            continue
        plain = entry.read_bytes()
        packed = gzip.compress(plain, mtime=0)
        smaller = len(packed) < len(plain)
        found["/" if entry.name == INDEX else f"/{entry.name}"] = File(
            packed if smaller else plain,
            smaller,
            kind,
            f'"{hashlib.sha256(plain).hexdigest()[:16]}"',
        )
    return found


def _within(folder: Traversable) -> Iterator[Traversable]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _within(entry)
        else:
            yield entry
