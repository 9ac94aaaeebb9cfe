"""Conversion of logged ATT PDUs to a capture, by means of the discovery in the log.

ATT PDUs contain only handles. The answers to the client's discovery map handles to characteristics
(Core 5.4, 3.F §3.4, 3.G §4.6). Android caches them: a log without them cannot be converted, and the
error says what to do.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from protocols import uuids
from protocols.captures.btsnoop import Pdu
from protocols.captures.capture import (
    KEPT,
    TEXTS,
    Capture,
    CaptureError,
    Frame,
    Header,
    Kind,
    Offer,
    redact,
)
from protocols.errors import DecodeError

_PROPERTIES: Final = {
    0x02: "read",
    0x04: "write-without-response",
    0x08: "write",
    0x10: "notify",
    0x20: "indicate",
}
_DECLARATION: Final = 0x2803
_DEVICE_NAME: Final = 0x2A00
_TEXTS: Final = {
    _DEVICE_NAME: "name",
    uuids.MANUFACTURER_NAME: "maker",
    uuids.MODEL_NUMBER: "model",
    uuids.FIRMWARE_REVISION: "firmware",
}
_ERROR, _BY_TYPE, _BY_TYPE_IS = 0x01, 0x08, 0x09
_READ, _READ_IS, _BLOB, _BLOB_IS = 0x0A, 0x0B, 0x0C, 0x0D
_WRITE, _WRITTEN, _COMMAND = 0x12, 0x13, 0x52
_NOTIFY, _INDICATE, _NOTIFY_MANY = 0x1B, 0x1D, 0x23


@dataclass
class _Link:
    """State of one link in the log."""

    peer: str
    offers: dict[int, tuple[int, tuple[str, ...]]] = field(default_factory=dict)
    """By value handle: UUID and properties."""
    asked: tuple[int, int] = (0, 0)
    """Pending request: op and handle, or op and UUID."""
    read: int | None = None
    """Index of the newest read frame, whose value may continue."""
    frames: list[tuple[int, Kind, int, bytes]] = field(default_factory=list)
    """Microseconds, kind, value handle, value."""

    def take(self, pdu: Pdu) -> None:
        op, rest = pdu.value[0], pdu.value[1:]
        if pdu.received:
            self._from_machine(pdu.us, op, rest)
        else:
            self._to_machine(pdu.us, op, rest)

    def _to_machine(self, us: int, op: int, rest: bytes) -> None:
        handle = int.from_bytes(rest[:2], "little")
        if op in {_WRITE, _COMMAND}:
            self._keep(us, Kind.WRITE if op == _WRITE else Kind.COMMAND, handle, rest[2:])
        if op == _BY_TYPE:
            handle = int.from_bytes(rest[4:], "little")
        if op in {_BY_TYPE, _READ, _BLOB, _WRITE}:
            self.asked = op, handle

    def _from_machine(self, us: int, op: int, rest: bytes) -> None:
        (asked, about), handle = self.asked, int.from_bytes(rest[:2], "little")
        if op == _NOTIFY:
            self._keep(us, Kind.NOTIFY, handle, rest[2:])
        elif op == _INDICATE:
            self._keep(us, Kind.INDICATE, handle, rest[2:])
        elif op == _NOTIFY_MANY:
            self._many(us, rest)
        elif op == _BY_TYPE_IS and asked == _BY_TYPE:
            self._typed(us, about, rest)
        elif op == _READ_IS and asked == _READ:
            self.read = len(self.frames)
            self._keep(us, Kind.READ, about, rest)
        elif op == _BLOB_IS and asked == _BLOB:
            self._blob(us, about, rest)
        elif op == _ERROR and asked == _WRITE and len(rest) == 4:
            self._keep(us, Kind.REFUSED, about, rest[3:])

    def _many(self, us: int, rest: bytes) -> None:
        while len(rest) >= 4:
            length = int.from_bytes(rest[2:4], "little")
            self._keep(us, Kind.NOTIFY, int.from_bytes(rest[:2], "little"), rest[4 : 4 + length])
            rest = rest[4 + length :]

    def _blob(self, us: int, handle: int, rest: bytes) -> None:
        """Append the rest of a long value to the read before it."""
        if self.read is not None and self.frames[self.read][2] == handle:
            _, _, _, value = self.frames[self.read]
            self.frames[self.read] = us, Kind.READ, handle, value + rest

    def _typed(self, us: int, uuid: int, rest: bytes) -> None:
        """Handle values read by type; declarations describe the characteristics."""
        size = rest[0] if rest else 0
        if size < 2:
            return
        for start in range(1, len(rest) - size + 1, size):
            handle = int.from_bytes(rest[start : start + 2], "little")
            value = rest[start + 2 : start + size]
            if uuid == _DECLARATION:
                self._declare(value)
            else:
                self.offers.setdefault(handle, (uuid, ("read",)))
                self._keep(us, Kind.READ, handle, value)

    def _declare(self, value: bytes) -> None:
        number = _short(value[3:])
        if number is not None:
            properties = tuple(name for bit, name in _PROPERTIES.items() if value[0] & bit)
            self.offers[int.from_bytes(value[1:3], "little")] = number, properties

    def _keep(self, us: int, kind: Kind, handle: int, value: bytes) -> None:
        self.frames.append((us, kind, handle, value))

    @property
    def samples(self) -> int:
        """Number of frames of Treadmill Data."""
        data = {h for h, (uuid, _) in self.offers.items() if uuid == uuids.TREADMILL_DATA}
        return sum(handle in data for _, _, handle, _ in self.frames)


@dataclass(frozen=True, slots=True)
class Imported:
    """A capture from a log; `left_out` is the number of values that a capture omits."""

    capture: Capture
    left_out: int


def from_att(pdus: Iterable[Pdu], software: str) -> Imported:
    """Return the capture of the link with the most Treadmill Data.

    Raises:
        CaptureError: no link has any.
    """
    links: dict[int, _Link] = {}
    ends: dict[int, int] = {}
    for pdu in pdus:
        link = links.setdefault(pdu.link, _Link(pdu.peer))
        if pdu.value:
            link.take(pdu)
        else:
            ends[pdu.link] = pdu.us
    number, link = max(links.items(), key=lambda item: item[1].samples, default=(0, _Link("")))
    if not link.samples:
        _explain(links.values())
    return _capture(link, ends.get(number), software)


def _explain(links: Iterable[_Link]) -> None:
    counts = Counter(bool(link.offers) for link in links if link.frames)
    if counts[False] and not counts[True]:
        message = (
            "the log bears values, but not the discovery that says what they are: the phone had it"
            " in its cache. Switch its Bluetooth off and on, or remove the machine there, and log"
            " again from before the app connects"
        )
    else:
        message = "the log has no Treadmill Data (2ACD) on any link"
    raise CaptureError(message)


def _capture(link: _Link, end_us: int | None, software: str) -> Imported:
    known = []
    texts: dict[str, str] = {}
    for us, kind, handle, octets in link.frames:
        uuid, _ = link.offers.get(handle, (0, ()))
        value = octets
        if uuid in TEXTS or uuid in _TEXTS:
            text = redact(octets.decode(errors="replace").rstrip("\0").strip(), link.peer)
            texts.setdefault(_TEXTS.get(uuid, ""), text)
            value = text.encode()
        if uuid in KEPT:
            known.append((us, kind, uuid, value))
    texts.pop("", None)
    first_us = min(us for us, *_ in known)
    first_news = min(us for us, kind, *_ in known if kind is not Kind.READ)
    values: dict[int, bytes] = {}
    frames: list[Frame] = []
    for us, kind, uuid, value in known:
        if kind is Kind.READ and us < first_news:
            values.setdefault(uuid, value)
        else:
            frames.append(Frame((us - first_us) // 1000, kind, uuid, value))
    if end_us is not None:
        frames.append(Frame((end_us - first_us) // 1000, Kind.DOWN))
    frames.sort(key=lambda frame: frame.ms)
    began = datetime.fromtimestamp(max(0, first_us) // 1_000_000, UTC)
    header = Header(
        software=software,
        began=began.isoformat().replace("+00:00", "Z"),
        source="btsnoop",
        machine=texts,
        offers={
            uuid: Offer(properties, values.get(uuid))
            for uuid, properties in link.offers.values()
            if uuid in KEPT
        },
    )
    kept = sum(link.offers.get(handle, (0, ()))[0] in KEPT for _, _, handle, _ in link.frames)
    return Imported(Capture(header, tuple(frames)), len(link.frames) - kept)


def _short(octets: bytes) -> int | None:
    """Return the 16-bit number of a UUID on the wire; None for a vendor's UUID."""
    if len(octets) == 2:
        return int.from_bytes(octets, "little")
    text = octets[::-1].hex()
    dashed = "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))
    try:
        return uuids.short(dashed)
    except DecodeError:
        return None
