"""Records a link's traffic in a capture file (docs/captures.md).

Calls from the link only queue values; a separate task writes them twice a second, in a thread, so
that a slow disk delays no command. If the process is killed, at most a second is lost.
"""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import BinaryIO, NoReturn

from bridge.bluetooth.scan import Found
from bridge.clock import Clock
from protocols import uuids
from protocols.captures.capture import (
    KEPT,
    PROPERTIES,
    TEXTS,
    Frame,
    Header,
    Kind,
    Offer,
    encode_frame,
    encode_header,
    redact,
)

WRITE_S = 0.5
MOST_WAITING = 100_000
"""Maximum number of queued frames, hours' worth; later ones are dropped and counted."""

SOFTWARE = f"treadmill-bridge {version('treadmill-bridge')}"
_MACHINE = {
    uuids.MANUFACTURER_NAME: "maker",
    uuids.MODEL_NUMBER: "model",
    uuids.FIRMWARE_REVISION: "firmware",
}


class RecordingError(Exception):
    """The file cannot be written; the text gives the reason. Earlier data are intact."""


class Recorder:
    """A link's tap that writes a capture to a new file.

    The header is written once the first link is set up, with the values read by then.
    """

    def __init__(self, path: Path, clock: Clock, *, replace: bool = False) -> None:
        """Open the file.

        Raises:
            RecordingError: it exists and `replace` is False, or it cannot be created.
        """
        self.path = path
        self.frames = 0
        """Frames recorded so far."""
        self._clock = clock
        self._began: float | None = None
        self._utc: datetime = clock.utc()
        self._address = ""
        self._name = ""
        self._offered: Mapping[int, tuple[str, ...]] = {}
        self._values: dict[int, bytes] = {}
        self._early: list[Frame] | None = []
        self._waiting: list[str] = []
        self._good = 0
        self._dropped = 0
        self._broken = False
        try:
            self._file: BinaryIO = path.open("wb" if replace else "xb", buffering=0)
        except FileExistsError as error:
            message = f"{path} already exists; choose another file"
            raise RecordingError(message) from error
        except OSError as error:
            message = f"cannot write {path}: {error.strerror or error}"
            raise RecordingError(message) from error

    # --- callbacks of the link

    def linked(self, found: Found, offered: Mapping[int, tuple[str, ...]]) -> None:
        """A link was established."""
        self._address = found.address
        if self._began is None:
            self._began, self._utc = self._clock.now(), self._clock.utc()
            self._name = redact(found.name, found.address)
            self._offered = offered
        else:
            self._take(Frame(self._ms, Kind.UP))

    def frame(self, kind: Kind, uuid: int, value: bytes) -> None:
        """A value was transferred."""
        if uuid not in KEPT:
            return
        if uuid in TEXTS:
            text = value.decode(errors="replace").rstrip("\0").strip()
            value = redact(text, self._address).encode()
        if kind is Kind.READ and self._early is not None:
            self._values.setdefault(uuid, value)
        else:
            self._take(Frame(self._ms, kind, uuid, value))

    def ready(self) -> None:
        """The first link is set up, so the header is complete."""
        if self._early is not None:
            early, self._early = self._early, None
            self._waiting.append(encode_header(self._header()))
            self._waiting += map(encode_frame, early)

    def lost(self) -> None:
        """The link ended."""
        self.ready()
        self._take(Frame(self._ms, Kind.DOWN))

    # --- the writer

    async def run(self) -> NoReturn:
        """Write twice a second until cancelled; `close` writes the rest.

        Raises:
            RecordingError: the disk is full or gone.
        """
        while True:
            await asyncio.sleep(WRITE_S)
            if self._waiting:
                writing = asyncio.ensure_future(asyncio.to_thread(self._write, self._octets()))
                try:
                    await asyncio.shield(writing)
                except asyncio.CancelledError:
                    # A thread cannot be cancelled, and `close` must not overtake it.
                    await asyncio.wait([writing])
                    raise

    def close(self) -> None:
        """Write the queued frames, and close the file; an empty one is removed.

        Raises:
            RecordingError: the disk is full or gone.
        """
        if self._file.closed:
            return
        try:
            self._write(self._octets())
            if self._dropped:
                message = f"{self.path} lacks {self._dropped} frames: its disk is too slow"
                raise RecordingError(message)
        finally:
            self._file.close()
            if not self._good and self.path.is_file():
                self.path.unlink(missing_ok=True)

    def _octets(self) -> bytes:
        waiting, self._waiting = self._waiting, []
        return "".join(waiting).encode()

    def _write(self, octets: bytes) -> None:
        """Write whole lines: a line cut by a full disk is removed."""
        rest = memoryview(octets)
        try:
            while rest:
                rest = rest[self._file.write(rest) or 0 :]
        except OSError as error:
            self._broken = True
            self._cut(len(octets) - len(rest), octets)
            message = (
                f"cannot write {self.path} any more: {error.strerror or error};"
                f" the {self._good} octets before are whole"
            )
            raise RecordingError(message) from error
        self._good += len(octets)

    def _cut(self, written: int, octets: bytes) -> None:
        """Truncate the file to whole lines."""
        self._good += octets[:written].rfind(b"\n") + 1
        with suppress(OSError):  # readers ignore an incomplete last line
            self._file.truncate(self._good)

    @property
    def _ms(self) -> int:
        began = self._clock.now() if self._began is None else self._began
        return round((self._clock.now() - began) * 1000)

    def _take(self, frame: Frame) -> None:
        if self._broken:
            return
        self.frames += 1
        if self._early is not None:
            self._early.append(frame)
        elif len(self._waiting) < MOST_WAITING:
            self._waiting.append(encode_frame(frame))
        else:
            self._dropped += 1

    def _header(self) -> Header:
        texts = {_MACHINE[u]: v.decode() for u, v in self._values.items() if u in _MACHINE and v}
        return Header(
            software=SOFTWARE,
            began=self._utc.isoformat(timespec="seconds").replace("+00:00", "Z"),
            machine={"name": self._name, **texts},
            offers={
                uuid: Offer(tuple(p for p in PROPERTIES if p in able), self._values.get(uuid))
                for uuid, able in self._offered.items()
                if uuid in KEPT
            },
        )
