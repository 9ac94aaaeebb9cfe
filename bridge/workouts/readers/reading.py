"""Reads a workout from a file of any supported format."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from bridge.workouts.library import NONE, Library
from bridge.workouts.model import MAX_BYTES, Workout, WorkoutError, check
from bridge.workouts.readers import fit, gpx, qz, toml, zwo
from bridge.workouts.readers.values import plain
from bridge.workouts.readers.xml import Node, parse

SUFFIXES = (".zwo", ".xml", ".gpx", ".fit", ".toml")
"""Suffixes of workout files in a folder."""
_KINDS = {".zwo": "XML", ".xml": "XML", ".gpx": "XML", ".fit": "a FIT file"}
"""What a file of this suffix should be; all others are TOML."""
MAX_NAME = 128
"""Maximum characters kept of a name, as of every text in a command."""
MAX_FILES = 500
"""Maximum number of files read from a folder."""

_ROOTS: dict[str, Callable[[Node], Workout]] = {
    zwo.ROOT: zwo.read,
    qz.ROOT: qz.read,
    gpx.ROOT: gpx.read,
}


def read(data: bytes, name: str = "", suffix: str = "") -> Workout:
    """Read a workout; its first bytes decide the format, not its name.

    Args:
        data: the file's content.
        name: its name, used if the workout has none.
        suffix: its suffix, used to say what it should be if it is of no known format.

    Raises:
        WorkoutError: It cannot be used; the message has the place and the error.
    """
    if fit.is_fit(data):
        workout = fit.read(data)
    elif data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<" or data[:2] in {b"\xff\xfe", b"\xfe\xff"}:
        root = parse(data)
        reader = _ROOTS.get(root.tag)
        if reader is None:
            known = ", ".join(f"<{tag}>" for tag in _ROOTS)
            problem = f"its root <{plain(root.tag)[:40]}> is not a workout; known roots: {known}"
            raise WorkoutError(problem, root.where)
        workout = reader(root)
    elif not data.strip():
        problem = "the file is empty"
        raise WorkoutError(problem)
    else:
        workout = _read_toml(data, suffix.lower())
    return check(workout if workout.name else replace(workout, name=plain(name) or "workout"))


def _read_toml(data: bytes, suffix: str) -> Workout:
    try:
        return toml.read(data)
    except WorkoutError as error:
        if suffix not in _KINDS:
            raise
        problem = f"this is not {_KINDS[suffix]}"
        raise WorkoutError(problem) from error


def read_file(path: Path) -> Workout:
    """Read a workout from a file.

    Raises:
        WorkoutError: It cannot be read or used.
    """
    try:
        if path.stat().st_size > MAX_BYTES:
            problem = f"the file has {path.stat().st_size} bytes; {MAX_BYTES} are the most"
            raise WorkoutError(problem)
        data = path.read_bytes()
    except OSError as error:
        problem = f"it cannot be read ({error.strerror or error})"
        raise WorkoutError(problem) from error
    return read(data, path.stem, path.suffix)


def load(folder: Path) -> Library:
    """Read all workouts of a folder; an unusable file is a problem, not an error.

    A workout's name is its file's name without suffix, so that it is known before the file is
    opened. Of two files with one name the alphabetically first one is used.
    """
    workouts: dict[str, Workout] = {}
    problems: dict[str, str] = {}
    try:
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    except OSError as error:
        return Library({}, {str(folder): f"it cannot be read ({error.strerror or error})"})
    if len(files) > MAX_FILES:
        problems[str(folder)] = f"it has {len(files)} files; the first {MAX_FILES} are read"
    for path in files[:MAX_FILES]:
        name = plain(path.stem)[:MAX_NAME]
        try:
            if name.casefold() in {known.casefold() for known in workouts}:
                problem = "another file has the same name; rename one of them"
                raise WorkoutError(problem)  # noqa: TRY301 - reported like the others
            if name.casefold() == NONE:
                problem = f"a workout cannot be called {NONE}, which chooses none; rename it"
                raise WorkoutError(problem)  # noqa: TRY301 - reported like the others
            workouts[name] = read_file(path)
        except WorkoutError as error:
            problems[path.name] = str(error)
    return Library(workouts, problems)
