"""The supported ranges, 2AD4 to 2AD8."""

from math import inf, nan

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols import units
from protocols.errors import DecodeError, EncodeError
from protocols.ftms.ranges import (
    HeartRateRange,
    InclineRange,
    PowerRange,
    Range,
    ResistanceRange,
    SpeedRange,
)
from protocols.ftms.treadmill_data import TreadmillData

SPEEDS = SpeedRange(80, 1600, 10)


@pytest.mark.parametrize(
    ("octets", "value"),
    [
        ("5000 4006 0a00", SpeedRange(80, 1600, 10)),
        ("e2ff 9600 0500", InclineRange(-30, 150, 5)),
        ("0000 c800 0a00", ResistanceRange(0, 200, 10)),
        ("3c dc 01", HeartRateRange(60, 220, 1)),
        ("0000 9001 0a00", PowerRange(0, 400, 10)),
    ],
)
def test_range_is_written_and_read(octets: str, value: Range) -> None:
    assert type(value).decode(bytes.fromhex(octets)) == value
    assert type(value).decode(bytes.fromhex(octets + "ee")) == value
    assert value.encode() == bytes.fromhex(octets)


@pytest.mark.parametrize("octets", ["00 c8 0a", "00 c8 0a 01 02"])
def test_resistance_range_of_three_octets_is_read(octets: str) -> None:
    assert ResistanceRange.decode(bytes.fromhex(octets)) == ResistanceRange(0, 200, 10)


@pytest.mark.parametrize(
    ("kind", "octets"),
    [
        (SpeedRange, 5),
        (InclineRange, 5),
        (ResistanceRange, 2),
        (HeartRateRange, 2),
        (PowerRange, 0),
    ],
)
def test_short_range_is_a_decode_error(kind: type[Range], octets: int) -> None:
    with pytest.raises(DecodeError):
        kind.decode(bytes(octets))


def test_range_out_of_bounds_is_not_written() -> None:
    with pytest.raises(EncodeError, match="minimum"):
        SpeedRange(-1, 10, 1).encode()


def test_ranges_of_different_quantities_are_unequal() -> None:
    speeds: Range = SpeedRange(0, 10, 1)

    assert speeds != PowerRange(0, 10, 1)


def test_range_contains_values_between_its_steps() -> None:
    assert 80 in SPEEDS
    assert 1600 in SPEEDS
    assert 85 in SPEEDS  # the step is the client's courtesy
    assert 79 not in SPEEDS
    assert 1601 not in SPEEDS


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (820, 820),
        (829.9, 820),
        (8.2 * 100, 820),  # 819.9999999999999
        (0, 80),
        (-inf, 80),
        (nan, 80),
        (1600, 1600),
        (9999, 1600),
        (inf, 1600),
    ],
)
def test_floor_is_the_step_below_within_the_range(value: float, expected: int) -> None:
    assert SPEEDS.floor(value) == expected


def test_steps_are_counted_from_the_minimum() -> None:
    """UREVO: steps of 0.2 mph, written as 0.96 … 6.43 km/h by 0.32 (quirk D27)."""
    urevo = SpeedRange(96, 643, 32)

    assert urevo.floor(225) == 224
    assert urevo.floor(643) == 640  # the maximum is off its own grid


def test_floor_of_a_negative_incline_is_the_step_below() -> None:
    assert InclineRange(-30, 150, 5).floor(-12) == -15


@pytest.mark.parametrize(("value", "expected"), [(0, 0), (1.5, 0), (-1, 0)])
def test_floor_in_an_empty_range_is_its_minimum(value: float, expected: int) -> None:
    assert InclineRange(0, 0, 0).floor(value) == expected


def test_step_of_zero_counts_as_one() -> None:
    assert SpeedRange(100, 200, 0).floor(150.7) == 150


def test_floor_in_a_reversed_range_is_its_minimum() -> None:
    assert SpeedRange(200, 100, 10).floor(250) == 200


@pytest.mark.parametrize("value", [SPEEDS, SpeedRange(96, 643, 32), SpeedRange(0, 2500, 1)])
def test_every_speed_of_a_range_survives_both_conversions(value: SpeedRange) -> None:
    for speed in range(value.minimum, value.maximum + 1, value.step):
        kmh = units.to_kmh(speed)

        assert value.floor(kmh * 100) == value.floor(units.from_kmh(kmh)) == speed
        assert TreadmillData.decode(TreadmillData(speed=speed).encode()).speed == speed


ranges = st.builds(
    lambda minimum, width, step: InclineRange(minimum, minimum + width, step),
    st.integers(-1000, 1000),
    st.integers(0, 1000),
    st.integers(0, 100),
)


@settings(deadline=None)
@given(ranges)
def test_any_encoded_range_is_decoded_to_the_same_value(value: InclineRange) -> None:
    assert InclineRange.decode(value.encode()) == value


@settings(deadline=None)
@given(ranges, st.floats())
def test_any_floor_is_a_step_within_the_range_and_not_above_the_value(
    value: InclineRange, wanted: float
) -> None:
    floored = value.floor(wanted)

    assert floored in value
    assert (floored - value.minimum) % (value.step or 1) == 0
    assert floored <= max(value.minimum, wanted + 1e-6) or wanted != wanted  # noqa: PLR0124
