"""Reader of btsnoop logs: HCI packets between a host and its controller, down to ATT.

Android, BlueZ and Wireshark share this container format. Pure: octets to ATT PDUs. Only LE data on
the fixed channel of ATT is read (Core 5.4, 4.E §5.4.2 ACL, 3.A §3.1 L2CAP).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import Final

from protocols.errors import DecodeError

_MAGIC: Final = b"btsnoop\0"
_FILE: Final = Struct(">II")
_RECORD: Final = Struct(">IIIIq")
_H1, _H4 = 1001, 1002
"""Data links: HCI packets without and with a type octet in front. Android writes the latter."""
_EPOCH_US: Final = 0x00DCDDB30F2F8000
"""1970 in microseconds since the year 0, the epoch of records."""
_COMMAND, _ACL, _EVENT = 1, 2, 4
_RECEIVED = 0x01
_COMMAND_OR_EVENT = 0x02
_ACL_HEADER: Final = Struct("<HH")
_L2CAP_HEADER: Final = Struct("<HH")
_ATT_CHANNEL = 0x0004
_CONTINUES = 0b01
_LE_META, _DISCONNECTED = 0x3E, 0x05
_CONNECTED: Final = frozenset({0x01, 0x0A, 0x29})
"""LE Connection Complete, and its enhanced forms."""


@dataclass(frozen=True, slots=True)
class Pdu:
    """One ATT PDU on the link `handle`; `us` is microseconds since 1970.

    An empty `value` marks the end of the link. `peer` is the other end's address, or "" if the log
    began after the link.
    """

    us: int
    link: int
    received: bool
    value: bytes
    peer: str = ""


@dataclass(frozen=True, slots=True)
class _Record:
    us: int
    received: bool
    kind: int
    packet: bytes
    whole: bool


def att_pdus(log: bytes) -> Iterator[Pdu]:
    """Yield the ATT PDUs of a log in order; links are numbered in order of connection.

    Truncated and malformed packets are skipped.

    Raises:
        DecodeError: it is not a btsnoop log of HCI.
    """
    links = _Links()
    for record in _records(log):
        yield from links.take(record)


class _Links:
    """Reassembles PDUs for each connection and direction."""

    def __init__(self) -> None:
        self._count = 0
        self._numbers: dict[int, int] = {}
        self._peers: dict[int, str] = {}
        self._pieces: dict[tuple[int, bool], bytearray] = {}

    def take(self, record: _Record) -> Iterator[Pdu]:
        if record.kind == _EVENT:
            yield from self._event(record)
        elif record.kind == _ACL:
            yield from self._data(record)

    def _event(self, record: _Record) -> Iterator[Pdu]:
        packet = record.packet
        if len(packet) >= 14 and packet[0] == _LE_META and packet[2] in _CONNECTED:
            if packet[3] == 0:
                handle = int.from_bytes(packet[4:6], "little") & 0xFFF
                self._open(handle, packet[8:14][::-1].hex(":").upper())
        elif len(packet) >= 6 and packet[0] == _DISCONNECTED and packet[2] == 0:
            handle = int.from_bytes(packet[3:5], "little") & 0xFFF
            number = self._numbers.pop(handle, None)
            if number is not None:
                yield Pdu(record.us, number, True, b"", self._peers[number])
            for received in (False, True):
                self._pieces.pop((handle, received), None)

    def _open(self, handle: int, peer: str = "") -> int:
        self._numbers[handle] = number = self._count
        self._peers[number] = peer
        self._count += 1
        return number

    def _data(self, record: _Record) -> Iterator[Pdu]:
        if len(record.packet) < _ACL_HEADER.size:
            return
        word, _ = _ACL_HEADER.unpack_from(record.packet)
        handle, boundary = word & 0xFFF, word >> 12 & 0b11
        key = handle, record.received
        if boundary == _CONTINUES:
            pieces = self._pieces.get(key)
            if pieces is None:
                return
        else:
            pieces = self._pieces[key] = bytearray()
        if not record.whole:
            del self._pieces[key]
            return
        pieces += record.packet[_ACL_HEADER.size :]
        if len(pieces) < _L2CAP_HEADER.size:
            return
        length, channel = _L2CAP_HEADER.unpack_from(pieces)
        if len(pieces) - _L2CAP_HEADER.size < length:
            return
        del self._pieces[key]
        if channel == _ATT_CHANNEL and length:
            number = self._numbers.get(handle)
            if number is None:
                number = self._open(handle)
            value = bytes(pieces[_L2CAP_HEADER.size :][:length])
            yield Pdu(record.us, number, record.received, value, self._peers[number])


def _records(log: bytes) -> Iterator[_Record]:
    start = len(_MAGIC) + _FILE.size
    if not log.startswith(_MAGIC) or len(log) < start:
        message = "not a btsnoop log: on Android, use the file btsnoop_hci.log of a bug report"
        raise DecodeError(message)
    version, link = _FILE.unpack_from(log, len(_MAGIC))
    if version != 1 or link not in {_H1, _H4}:
        message = f"a btsnoop log of version {version} and data link {link}; readable are 1 and"
        message = f"{message} {_H1} or {_H4} (HCI, as Android writes it)"
        raise DecodeError(message)
    # A log copied while being written may end anywhere: complete records are used.
    while start + _RECORD.size <= len(log):
        original, included, flags, _, time = _RECORD.unpack_from(log, start)
        start += _RECORD.size
        packet = log[start : start + included]
        start += included
        if link == _H4:
            kind, packet = (packet[0] if packet else 0), packet[1:]
        elif flags & _COMMAND_OR_EVENT:
            kind = _EVENT if flags & _RECEIVED else _COMMAND
        else:
            kind = _ACL
        whole = original == included and start <= len(log)
        yield _Record(time - _EPOCH_US, bool(flags & _RECEIVED), kind, packet, whole)
