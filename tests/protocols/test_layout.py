"""Fields, UUIDs and units, on which the characteristics are built."""

import pytest

from protocols import units, uuids
from protocols.errors import DecodeError, EncodeError
from protocols.layout import S16, U8, U16, U24, U32, Field, Layout

LAYOUT = Layout(
    Field("octet", U8, absent=0xFF),
    Field("word", U16),
    Field("signed", S16, absent=0x7FFF),
    Field("long", U24),
    Field("double", U32),
)
OCTETS = bytes.fromhex("01 0203 feff 040506 0708090a")


def test_layout_reads_and_writes_little_endian() -> None:
    assert LAYOUT.size == 12
    assert LAYOUT.read(OCTETS) == (1, 0x0302, -2, 0x060504, 0x0A090807)
    assert LAYOUT.write((1, 0x0302, -2, 0x060504, 0x0A090807)) == OCTETS


def test_layout_reads_at_an_offset_and_ignores_surplus() -> None:
    assert LAYOUT.read(b"\x99" + OCTETS + b"\x99", 1) == LAYOUT.read(OCTETS)


def test_layout_decodes_not_available_values_as_none() -> None:
    octets = bytes.fromhex("ff 0000 ff7f 000000 00000000")

    assert LAYOUT.read_known(octets) == [None, 0, None, 0, 0]
    assert LAYOUT.read(octets)[0] == 0xFF
    assert LAYOUT.write((None, 0, None, 0, 0)) == octets


@pytest.mark.parametrize("length", range(12))
def test_short_value_is_an_error_that_names_the_fields(length: int) -> None:
    with pytest.raises(DecodeError, match=f"octet, word, .*: 12 octets needed, got {length}"):
        LAYOUT.read(OCTETS[:length])


@pytest.mark.parametrize(
    ("numbers", "name"),
    [
        ((256, 0, 0, 0, 0), "octet"),
        ((0, None, 0, 0, 0), "word"),
        ((0, -1, 0, 0, 0), "word"),
        ((0, 0, 0x8000, 0, 0), "signed"),
        ((0, 0, 0, 1 << 24, 0), "long"),
        ((0, 0, 0, 0, 1 << 32), "double"),
    ],
)
def test_number_out_of_range_is_an_error_that_names_the_field(
    numbers: tuple[int | None, ...], name: str
) -> None:
    with pytest.raises(EncodeError, match=name):
        LAYOUT.write(numbers)


@pytest.mark.parametrize(
    "form",
    [
        "2acd",
        "2ACD",
        "0x2ACD",
        " 0X2acd ",
        "00002acd-0000-1000-8000-00805f9b34fb",
        "00002ACD-0000-1000-8000-00805F9B34FB",
        "00002acd00001000800000805f9b34fb",
        "00002acd",
        "0x00002ACD",
        0x2ACD,
    ],
)
def test_uuid_is_read_in_any_usual_form(form: str | int) -> None:
    assert uuids.short(form) == uuids.TREADMILL_DATA


@pytest.mark.parametrize(
    "form",
    ["", "2ac", "2acd0", "treadmill", "00002acd-0000-1000-8000-00805f9b34fc", "12342acd"],
)
def test_invalid_uuid_is_a_decode_error(form: str) -> None:
    with pytest.raises(DecodeError, match="UUID"):
        uuids.short(form)


def test_short_uuid_has_its_long_form() -> None:
    assert uuids.full(uuids.FITNESS_MACHINE) == "00001826-0000-1000-8000-00805f9b34fb"


def test_every_wire_value_survives_both_unit_conversions() -> None:
    assert all(units.from_kmh(units.to_kmh(speed)) == speed for speed in range(0x10000))
    assert all(units.from_percent(units.to_percent(n)) == n for n in range(-0x8000, 0x8000))
    assert units.from_kmh(8.2) == 820
    assert units.to_percent(-15) == -1.5
