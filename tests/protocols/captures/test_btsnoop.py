"""Bluetooth logs: a phone's session, byte by byte, becomes a capture."""

import contextlib
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocols.captures.att_log import from_att
from protocols.captures.btsnoop import Pdu, att_pdus
from protocols.captures.capture import CaptureError, Frame, Kind, Offer
from protocols.errors import DecodeError

START_US = 0x00DCDDB30F2F8000 + 1_893_481_200_000_000
"""2030-01-01T07:00:00Z in a log's microseconds."""
HANDLE = 0x0040
HEAD = bytes.fromhex("6274736e6f6f7000 00000001 000003ea")
CONNECTED = bytes.fromhex("04 3e13 01 00 4000 00 00 c3b2a1563412 1800 0000 4800 00")
"""LE Connection Complete for handle 0x0040 with 12:34:56:A1:B2:C3."""
GONE = bytes.fromhex("04 05 04 00 4000 08")
SENT, RECEIVED = 0, 1


class Log:
    """Writes a log as Android does."""

    def __init__(self, head: bytes = HEAD) -> None:
        self.octets = head
        self.time = START_US

    def packet(self, direction: int, packet: bytes, *, original: int = 0, flags: int = 0) -> "Log":
        size = original or len(packet)
        self.octets += (
            struct.pack(">IIIIq", size, len(packet), direction | flags, 0, self.time) + packet
        )
        self.time += 10_000
        return self

    def att(self, direction: int, pdu: str, *, handle: int = HANDLE, cid: int = 4) -> "Log":
        return self.packet(direction, acl(bytes.fromhex(pdu), handle=handle, cid=cid))

    def wait(self, milliseconds: int) -> "Log":
        self.time += milliseconds * 1000
        return self


def acl(pdu: bytes, *, handle: int = HANDLE, boundary: int = 2, cid: int = 4) -> bytes:
    l2cap = struct.pack("<HH", len(pdu), cid) + pdu
    return b"\x02" + struct.pack("<HH", handle | boundary << 12, len(l2cap)) + l2cap


def discovered(log: Log) -> Log:
    """The phone learns what the handles mean: 2ACC at 3, 2ACD at 5, 2AD9 at 8."""
    return (
        log.att(SENT, "08 0100 ffff 0328")
        .att(RECEIVED, "09 07 0200 02 0300 cc2a 0400 10 0500 cd2a 0700 28 0800 d92a")
        .att(SENT, "08 0900 ffff 0328")
        .att(RECEIVED, "01 08 0900 0a")
    )


def session() -> Log:
    log = discovered(Log().packet(RECEIVED, CONNECTED))
    log.att(SENT, "0a 0300").att(RECEIVED, "0b 0814000003000000")
    log.att(SENT, "12 0600 0100").att(RECEIVED, "13")
    log.wait(1000).att(RECEIVED, "1b 0500 0000 2003")
    log.att(SENT, "12 0800 00").att(RECEIVED, "13").att(RECEIVED, "1d 0800 800001")
    log.att(SENT, "1e")
    log.att(SENT, "52 0800 08 01").att(SENT, "12 0800 07").att(RECEIVED, "01 12 0800 05")
    return log.packet(RECEIVED, GONE)


def test_btsnoop_session_is_imported_as_frames_with_times() -> None:
    imported = from_att(att_pdus(session().octets), "test")
    capture = imported.capture

    assert capture.header.source == "btsnoop"
    assert capture.header.began == "2030-01-01T07:00:00Z"
    assert capture.header.offers == {
        0x2ACC: Offer(("read",), bytes.fromhex("0814000003000000")),
        0x2ACD: Offer(("notify",)),
        0x2AD9: Offer(("write", "indicate")),
    }
    assert capture.frames == (
        Frame(1030, Kind.NOTIFY, 0x2ACD, bytes.fromhex("00002003")),
        Frame(1040, Kind.WRITE, 0x2AD9, bytes.fromhex("00")),
        Frame(1060, Kind.INDICATE, 0x2AD9, bytes.fromhex("800001")),
        Frame(1080, Kind.COMMAND, 0x2AD9, bytes.fromhex("0801")),
        Frame(1090, Kind.WRITE, 0x2AD9, bytes.fromhex("07")),
        Frame(1100, Kind.REFUSED, 0x2AD9, bytes.fromhex("05")),
        Frame(1110, Kind.DOWN),
    )
    assert imported.left_out == 1, "the write to the descriptor"


def test_serial_number_and_unknown_values_are_left_out() -> None:
    log = Log().packet(RECEIVED, CONNECTED)
    log.att(SENT, "08 0100 ffff 0328").att(
        RECEIVED, "09 07 0200 02 0300 252a 0400 10 0500 cd2a 0700 02 0800 292a 0900 10 0a00 f1ff"
    )
    vendor = "000102030405060708090a0b0c0d0e0f"
    log.att(SENT, "08 0b00 ffff 0328").att(RECEIVED, f"09 15 0b00 10 0c00 {vendor}")
    log.att(SENT, "08 0100 ffff 002a").att(RECEIVED, "09 0b 0e00" + b"FS-a1b2c3".hex())
    log.att(SENT, "0a 0300").att(RECEIVED, "0b" + b"SN-1".hex())
    log.att(SENT, "0a 0800").att(RECEIVED, "0b" + b"Maker\0".hex())
    log.att(RECEIVED, "1b 0a00 0123").att(RECEIVED, "1b 0c00 4567")
    log.att(RECEIVED, "1b 0500 0000 2003")

    imported = from_att(att_pdus(log.octets), "test")

    assert imported.capture.header.machine == {"name": "FS-xxxxxx", "maker": "Maker"}
    assert [*imported.capture.header.offers] == [0x2ACD, 0x2A29]
    assert [frame.uuid for frame in imported.capture.frames] == [0x2ACD]
    assert imported.left_out == 4


def test_fragmented_value_is_joined() -> None:
    log = discovered(Log())
    whole = acl(bytes.fromhex("1b 0500 0000 2003"))
    first, second = whole[:8], whole[8:]
    log.packet(RECEIVED, b"\x02\x40\x20\x03\x00" + first[5:])
    log.packet(RECEIVED, b"\x02\x40\x10\x07\x00" + second)

    (frame,) = from_att(att_pdus(log.octets), "test").capture.frames
    assert frame.value == bytes.fromhex("00002003")


def test_a_long_value_is_read_whole() -> None:
    log = discovered(Log())
    log.att(SENT, "0a 0300").att(RECEIVED, "0b 0102")
    log.att(SENT, "0c 0300 0200").att(RECEIVED, "0d 0304")
    log.att(RECEIVED, "1b 0500 0000 2003")

    capture = from_att(att_pdus(log.octets), "test").capture
    assert capture.header.offers[0x2ACC].value == bytes.fromhex("01020304")


def test_continuation_of_a_value_without_its_beginning_is_ignored() -> None:
    log = discovered(Log())
    log.att(SENT, "0c 0300 0200").att(RECEIVED, "0d 0304").att(RECEIVED, "1b 0500 0000 2003")

    capture = from_att(att_pdus(log.octets), "test").capture
    assert capture.header.offers[0x2ACC].value is None


def test_a_value_read_later_is_a_frame() -> None:
    log = discovered(Log()).att(RECEIVED, "1b 0500 0000 2003")
    log.att(SENT, "0a 0300").att(RECEIVED, "0b 0102")

    capture = from_att(att_pdus(log.octets), "test").capture
    assert [frame.kind for frame in capture.frames] == [Kind.NOTIFY, Kind.READ]


def test_notification_with_several_values_becomes_several_frames() -> None:
    log = discovered(Log()).att(RECEIVED, "23 0500 0400 0000 2003 0500 0400 0000 2004")

    capture = from_att(att_pdus(log.octets), "test").capture
    assert [frame.value.hex() for frame in capture.frames] == ["00002003", "00002004"]


def test_link_with_the_most_data_is_imported() -> None:
    log = discovered(Log()).att(RECEIVED, "1b 0500 0000 1111")
    log.packet(RECEIVED, GONE)
    discovered(log).att(RECEIVED, "1b 0500 0000 2222").att(RECEIVED, "1b 0500 0000 3333")

    capture = from_att(att_pdus(log.octets), "test").capture
    assert [frame.value.hex() for frame in capture.frames] == ["00002222", "00003333"]


def test_invalid_packets_are_ignored() -> None:
    log = Log().packet(RECEIVED, b"").packet(RECEIVED, b"\x02\x40").packet(RECEIVED, b"\x04\x3e")
    log.packet(RECEIVED, b"\x03\x00\x00\x00")  # SCO
    log.packet(RECEIVED, bytes.fromhex("04 3e13 01 0c") + bytes(16))  # a connection that failed
    log.packet(RECEIVED, GONE)  # of no link
    log.packet(RECEIVED, bytes.fromhex("02 4010 0200 0102"))  # the end of something
    log.packet(RECEIVED, bytes.fromhex("02 4020 0200 0102"))  # no length yet
    discovered(log).att(RECEIVED, "09 01").att(SENT, "08 0100 ffff 0328").att(RECEIVED, "09 01")
    log.att(RECEIVED, "09").att(RECEIVED, "1b 0500 0000 aaaa", cid=5)
    log.packet(RECEIVED, acl(bytes.fromhex("1b 0500 0000 bbbb")), original=99)  # cut by the phone
    log.att(RECEIVED, "0b 01").att(RECEIVED, "0d 01").att(RECEIVED, "01 12 0800 05")
    log.att(RECEIVED, "1b 0500 0000 2003")

    (frame,) = from_att(att_pdus(log.octets), "test").capture.frames
    assert frame.value.hex() == "00002003"


def test_log_without_packet_types_is_read() -> None:
    log = Log(bytes.fromhex("6274736e6f6f7000 00000001 000003e9"))
    log.packet(RECEIVED, CONNECTED[1:], flags=2).packet(SENT, bytes.fromhex("0c2000"), flags=2)
    log.packet(RECEIVED, acl(bytes.fromhex("1b 0500 0000 2003"))[1:])

    assert list(att_pdus(log.octets)) == [
        Pdu(1_893_481_200_020_000, 0, True, bytes.fromhex("1b050000002003"), "12:34:56:A1:B2:C3")
    ]


@pytest.mark.parametrize(
    ("octets", "says"),
    [
        (b"", "not a btsnoop log"),
        (b"btsnoop\0\0\0", "not a btsnoop log"),
        (HEAD[:8] + bytes.fromhex("00000002 000003ea"), "version 2"),
        (HEAD[:8] + bytes.fromhex("00000001 000007d1"), "data link 2001"),
    ],
)
def test_file_that_is_no_log_is_a_decode_error(octets: bytes, says: str) -> None:
    with pytest.raises(DecodeError, match=says):
        list(att_pdus(octets))


def test_log_without_discovery_is_an_error_with_advice() -> None:
    log = Log().att(RECEIVED, "1b 0500 0000 2003")
    with pytest.raises(CaptureError, match="Switch its Bluetooth off and on"):
        from_att(att_pdus(log.octets), "test")


@pytest.mark.parametrize("log", [Log(), discovered(Log()).att(RECEIVED, "1b 0800 800001")])
def test_log_without_a_treadmill_is_an_error(log: Log) -> None:
    with pytest.raises(CaptureError, match="no Treadmill Data"):
        from_att(att_pdus(log.octets), "test")


@given(st.data())
def test_log_truncated_at_any_octet_is_read_up_to_the_cut(data: st.DataObject) -> None:
    whole = session().octets
    cut = data.draw(st.integers(16, len(whole)))

    pdus = list(att_pdus(whole[:cut]))

    assert pdus == list(att_pdus(whole))[: len(pdus)]


@given(st.binary(max_size=200), st.integers(16, 500))
def test_noise_in_a_log_raises_only_a_decode_error(noise: bytes, place: int) -> None:
    whole = session().octets
    with contextlib.suppress(DecodeError):
        from_att(att_pdus(whole[:place] + noise + whole[place + len(noise) :]), "test")
