"""Captures: the traffic of a link to a machine, as lines of JSON (docs/captures.md).

The first line is the header, every other one a frame: `[ms, kind, uuid, hex]`. Pure: text to values
and back. A capture never contains the machine's address or serial number, which could identify its
owner.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, NoReturn

from protocols import uuids
from protocols.captures.kind import Kind as Kind  # noqa: PLC0414 - for the readers of captures
from protocols.errors import DecodeError

VERSION: Final = 1
KEPT: Final = frozenset(
    {
        *(uuids.FITNESS_MACHINE_FEATURE, uuids.TREADMILL_DATA, uuids.TRAINING_STATUS),
        *(uuids.SUPPORTED_SPEED_RANGE, uuids.SUPPORTED_INCLINATION_RANGE),
        *(uuids.SUPPORTED_RESISTANCE_LEVEL_RANGE, uuids.SUPPORTED_HEART_RATE_RANGE),
        *(uuids.SUPPORTED_POWER_RANGE, uuids.FITNESS_MACHINE_CONTROL_POINT),
        *(uuids.FITNESS_MACHINE_STATUS, uuids.HEART_RATE_MEASUREMENT),
        *(uuids.RSC_MEASUREMENT, uuids.RSC_FEATURE, uuids.MODEL_NUMBER, uuids.FIRMWARE_REVISION),
        *(uuids.HARDWARE_REVISION, uuids.SOFTWARE_REVISION, uuids.MANUFACTURER_NAME),
    }
)
"""Characteristics that a capture keeps. It omits the serial number, the System ID, which is derived
from the address, and every unknown characteristic, which might contain either.
"""
TEXTS: Final = frozenset(
    {
        *(uuids.MODEL_NUMBER, uuids.FIRMWARE_REVISION, uuids.HARDWARE_REVISION),
        *(uuids.SOFTWARE_REVISION, uuids.MANUFACTURER_NAME),
    }
)
"""Text characteristics, which are redacted."""
PROPERTIES: Final = ("read", "write-without-response", "write", "notify", "indicate")
"""Relevant properties of a characteristic, with bleak's names."""

_LONGEST_MS = 7 * 24 * 3600 * 1000
_MOST_OCTETS = 512
_RUN = re.compile(r"[0-9A-Fa-f]{4,}")
_SERIAL = re.compile(r"\d{6,}")
_UUID = re.compile(r"[0-9a-f]{4}")
_HEX = re.compile(r"([0-9a-f]{2})*")


class CaptureError(DecodeError):
    """Invalid capture; the text names the line and the error."""


_BARE: Final = frozenset({Kind.UP, Kind.DOWN})
FROM_MACHINE: Final = frozenset({Kind.NOTIFY, Kind.INDICATE})
TO_MACHINE: Final = frozenset({Kind.WRITE, Kind.COMMAND})


@dataclass(frozen=True, slots=True)
class Frame:
    """One value that crossed the link, `ms` milliseconds after the capture began."""

    ms: int
    kind: Kind
    uuid: int = 0
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class Offer:
    """A characteristic: its properties, and its value at connect if it was read."""

    properties: tuple[str, ...]
    value: bytes | None = None


@dataclass(frozen=True, slots=True)
class Header:
    """Origin of a capture: `began` is UTC in ISO 8601, `source` such as `live`.

    `machine` is its own description (name, maker, model, firmware), as far as available.
    """

    software: str
    began: str
    source: str = "live"
    machine: Mapping[str, str] = field(default_factory=dict)
    offers: Mapping[int, Offer] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Capture:
    """A whole capture; `torn` is True if its last line was truncated, and omitted."""

    header: Header
    frames: tuple[Frame, ...] = ()
    torn: bool = False

    def encode(self) -> str:
        """Return the file's text."""
        return "".join((encode_header(self.header), *map(encode_frame, self.frames)))


def redact(text: str, address: str = "") -> str:
    """Return a machine's text without identifying parts.

    Four or more hexadecimal digits of its address, or six decimal digits, become x's.
    """
    octets = address.replace(":", "").replace("-", "").casefold()

    def hide(found: re.Match[str]) -> str:
        return "x" * len(found[0]) if found[0].casefold() in octets else found[0]

    return _SERIAL.sub(lambda found: "x" * len(found[0]), _RUN.sub(hide, text))


def encode_header(header: Header) -> str:
    """Return the header line."""
    document = {
        "capture": VERSION,
        "software": header.software,
        "began": header.began,
        "source": header.source,
        "machine": dict(header.machine),
        "characteristics": {
            f"{uuid:04x}": {"properties": list(offer.properties)}
            | ({} if offer.value is None else {"value": offer.value.hex()})
            for uuid, offer in header.offers.items()
        },
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n"


def encode_frame(frame: Frame) -> str:
    """Return the line of a frame."""
    if frame.kind in _BARE:
        return f'[{frame.ms},"{frame.kind}"]\n'
    return f'[{frame.ms},"{frame.kind}","{frame.uuid:04x}","{frame.value.hex()}"]\n'


def decode(text: str) -> Capture:
    """Parse a capture. A last line that was truncated by the end of its writer is omitted.

    Raises:
        CaptureError: it is invalid.
    """
    lines = text.split("\n")
    unfinished = lines.pop()
    if not lines:
        message = "line 1: not a capture: the header is missing"
        raise CaptureError(message)
    header = _header(_json(lines[0], 1))
    frames = tuple(_frames(lines[1:]))
    return Capture(header, frames, torn=bool(unfinished))


def _frames(lines: Iterable[str]) -> Iterator[Frame]:
    last = 0
    for number, line in enumerate(lines, 2):
        if not line.strip():
            continue
        frame = _frame(_json(line, number), number)
        if frame.ms < last:
            _fail(number, f"its time, {frame.ms} ms, is before the line above")
        last = frame.ms
        yield frame


def _json(line: str, number: int) -> object:
    try:
        document: object = json.loads(line)
    except (ValueError, RecursionError):
        _fail(number, f"no JSON: {line[:40]!a}")
    return document


def _header(document: object) -> Header:
    if not isinstance(document, dict) or "capture" not in document:
        _fail(1, "no capture: the header must stand here")
    if document["capture"] != VERSION:
        _fail(1, f"a capture of version {document['capture']!a}; this program reads {VERSION}")
    texts = {key: document.get(key, "") for key in ("software", "began", "source")}
    machine = document.get("machine", {})
    if not isinstance(machine, dict) or not all(
        isinstance(text, str) for text in (*texts.values(), *machine.values())
    ):
        _fail(1, "software, began, source and the parts of machine are texts")
    offers = document.get("characteristics", {})
    if not isinstance(offers, dict):
        _fail(1, "characteristics is no object")
    return Header(
        **texts,
        machine=machine,
        offers={_uuid(uuid, 1): _offer(offer) for uuid, offer in offers.items()},
    )


def _offer(document: object) -> Offer:
    if not isinstance(document, dict):
        _fail(1, f"no characteristic: {document!a}")
    properties, value = document.get("properties"), document.get("value")
    if not isinstance(properties, list) or not set(map(str, properties)) <= {*PROPERTIES}:
        _fail(1, f"properties must be some of {', '.join(PROPERTIES)}")
    return Offer(tuple(properties), None if value is None else _octets(value, 1))


def _frame(document: object, number: int) -> Frame:
    match document:
        case [int(ms), str(kind)] if kind in _BARE:
            frame = Frame(ms, Kind(kind))
        case [int(ms), str(kind), uuid, value] if kind in {*Kind} - _BARE:
            frame = Frame(ms, Kind(kind), _uuid(uuid, number), _octets(value, number))
        case _:
            _fail(number, 'no frame: it looks like [1200,"notify","2acd","0000…"]')
    if isinstance(ms, bool) or not 0 <= ms <= _LONGEST_MS:
        _fail(number, f"its time must be 0 to {_LONGEST_MS} ms, whole")
    return frame


def _uuid(text: object, number: int) -> int:
    if not isinstance(text, str) or not _UUID.fullmatch(text):
        _fail(number, f"the characteristic must have four hexadecimal digits: {text!a}")
    return int(text, 16)


def _octets(text: object, number: int) -> bytes:
    if not isinstance(text, str) or not _HEX.fullmatch(text):
        _fail(number, f"the value must have two hexadecimal digits per octet: {str(text)[:40]!a}")
    if len(text) > 2 * _MOST_OCTETS:
        _fail(number, f"a value has at most {_MOST_OCTETS} octets")
    return bytes.fromhex(text)


def _fail(number: int, what: str) -> NoReturn:
    message = f"line {number}: {what}"
    raise CaptureError(message)
