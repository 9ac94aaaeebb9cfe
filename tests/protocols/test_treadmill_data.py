"""Treadmill Data, 2ACD, one frame. Golden bytes are by hand from the table in FTMS and the GSS."""

from dataclasses import fields, replace

import pytest

from protocols.errors import DecodeError, EncodeError
from protocols.ftms.treadmill_data import TreadmillData, to_json
from tests.protocols.samples import FULL, FULL_FRAME, record

# --- one frame -------------------------------------------------------------------------------


def test_record_with_all_fields_is_written_and_read() -> None:
    assert len(FULL_FRAME) == 34
    assert TreadmillData.decode(FULL_FRAME) == FULL
    assert FULL.encode() == FULL_FRAME


def test_record_with_only_a_speed_is_read() -> None:
    data = TreadmillData.decode(bytes.fromhex("00003403"))

    assert data == TreadmillData(speed=820)
    assert (data.complete, data.truncated, data.flags) == (True, False, 0)


def test_record_with_more_data_flag_has_no_speed() -> None:
    data = TreadmillData.decode(bytes.fromhex("0300 ee02"))

    assert data == TreadmillData(average_speed=750, complete=False)
    assert data.encode() == bytes.fromhex("0300ee02")


@pytest.mark.parametrize(
    ("frame", "absent"),
    [
        ("0800 0000 ff7f 0000", "incline"),
        ("0800 0000 0000 ff7f", "ramp_angle"),
        ("8000 0000 ffff 0000 00", "energy"),
        ("8000 0000 0000 ffff 00", "energy_per_hour"),
        ("8000 0000 0000 0000 ff", "energy_per_minute"),
        ("0010 0000 ff7f 0000", "force_on_belt"),
        ("0010 0000 0000 ff7f", "power"),
    ],
)
def test_treadmill_data_decodes_not_available_values_as_none(frame: str, absent: str) -> None:
    data = TreadmillData.decode(bytes.fromhex(frame))

    assert getattr(data, absent) is None
    assert data.encode() == bytes.fromhex(frame)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("2000 0000 0c", record(pace=12)),
        ("2000 0000 2c01", replace(record(pace=300), wide_pace=True)),
        ("4000 0000 0c", record(average_pace=12)),
        ("4000 0000 2c01", replace(record(average_pace=300), wide_pace=True)),
        ("6000 0000 0c 0b", record(pace=12, average_pace=11)),
        ("6000 0000 2c01 2d01", replace(record(pace=300, average_pace=301), wide_pace=True)),
    ],
)
def test_width_of_a_pace_follows_from_the_length(frame: str, expected: TreadmillData) -> None:
    assert TreadmillData.decode(bytes.fromhex(frame)) == expected
    assert expected.encode() == bytes.fromhex(frame)


def test_star_trac_record_of_32_octets_has_narrow_paces() -> None:
    """Flags 0x17FE: everything but the remaining time; the 20th octet begins the energy (D26)."""
    frame = bytes.fromhex("fe17") + bytes(17) + bytes.fromhex("2a00") + bytes(11)
    assert len(frame) == 32

    data = TreadmillData.decode(frame)

    assert (data.energy, data.wide_pace, data.truncated) == (42, False, False)


@pytest.mark.parametrize(
    ("frame", "steps"),
    [
        ("0420 e100 0a0000 0201", 0x0102),  # KingSmith Z1: two octets
        ("0420 e100 0a0000 020100", 0x0102),  # UREVO: three
        ("0420 e100 0a0000", None),
        ("0420 e100 0a0000 02", None),
        ("0420 e100 0a0000 02010000", None),
        ("0400 e100 0a0000 020100", None),  # without bit 13: nothing known
    ],
)
def test_vendor_step_count_is_read_if_its_bit_is_set(frame: str, steps: int | None) -> None:
    data = TreadmillData.decode(bytes.fromhex(frame))

    assert data == TreadmillData(speed=225, distance=10, step_count=steps)


@pytest.mark.parametrize(
    ("frame", "expected"),
    [
        ("2020 0000 0c 0700", record(pace=12, step_count=7)),
        ("2020 0000 0c 070000", record(pace=12, step_count=7)),
        ("2020 0000 2c01 070000", replace(record(pace=300, step_count=7), wide_pace=True)),
        ("6020 0000 0c 0b 0700", record(pace=12, average_pace=11, step_count=7)),
        (
            "6020 0000 2c01 2d01 0700",
            replace(record(pace=300, average_pace=301, step_count=7), wide_pace=True),
        ),
        ("2020 0000 2c01", replace(record(pace=300), wide_pace=True)),
    ],
)
def test_step_count_is_read_after_paces_of_either_width(
    frame: str, expected: TreadmillData
) -> None:
    assert TreadmillData.decode(bytes.fromhex(frame)) == expected


def test_reserved_bits_and_surplus_octets_are_ignored() -> None:
    data = TreadmillData.decode(bytes.fromhex("04c0 3403 0a0000 deadbeef99"))

    assert data == TreadmillData(speed=820, distance=10)
    assert data.flags == 0xC004


@pytest.mark.parametrize(
    ("data", "blank"),
    [
        (TreadmillData(speed=0, distance=0, elapsed=0, energy=0), True),
        (TreadmillData(speed=0, step_count=0, incline=15, heart_rate=70), True),
        (TreadmillData(speed=0, distance=0, elapsed=1), False),
        (TreadmillData(speed=80, distance=0), False),
        (TreadmillData(speed=0), False),  # it may count nothing at all
    ],
)
def test_record_is_blank_if_all_its_counters_are_zero(data: TreadmillData, blank: bool) -> None:
    assert data.is_blank is blank


def test_truncated_record_keeps_the_fields_before_the_cut() -> None:
    """A Matrix cuts records at 20 octets and leaves the flags as they are (quirk D3)."""
    data = TreadmillData.decode(FULL_FRAME[:20])

    assert data == TreadmillData(
        speed=820,
        average_speed=750,
        distance=70_000,
        incline=-15,
        ramp_angle=-9,
        positive_elevation_gain=171,
        negative_elevation_gain=26,
        pace=14,
        average_pace=12,
        truncated=True,
    )


@pytest.mark.parametrize("length", range(2, 34))
def test_truncation_at_any_octet_keeps_only_whole_fields(length: int) -> None:
    torn = TreadmillData.decode(FULL_FRAME[:length])

    assert torn.truncated
    for each in fields(TreadmillData)[:19]:
        assert getattr(torn, each.name) in {getattr(FULL, each.name), None}


@pytest.mark.parametrize("frame", [b"", b"\x00"])
def test_record_without_flags_is_a_decode_error(frame: bytes) -> None:
    with pytest.raises(DecodeError, match="flags"):
        TreadmillData.decode(frame)


@pytest.mark.parametrize(
    "data",
    [
        TreadmillData(),
        TreadmillData(distance=3),
        TreadmillData(speed=3, complete=False),
    ],
)
def test_speed_is_written_only_in_the_last_part(data: TreadmillData) -> None:
    with pytest.raises(EncodeError, match="speed"):
        data.encode()


@pytest.mark.parametrize(
    "data",
    [
        record(speed=0x10000),
        record(speed=-1),
        record(incline=-0x8001),
        record(distance=1 << 24),
        record(pace=256),
        record(step_count=1 << 24),
        record(positive_elevation_gain=3),  # its other half has no value for "not available"
    ],
)
def test_field_out_of_range_is_not_written(data: TreadmillData) -> None:
    with pytest.raises(EncodeError, match="not within"):
        data.encode()


@pytest.mark.parametrize(("told", "gain"), [(171, 171), (0x7FFF, None), (0xFFFF, None)])
def test_placeholder_elevation_gain_of_treadmill_data_is_none(told: int, gain: int | None) -> None:
    assert TreadmillData(positive_elevation_gain=told).elevation_gain == gain


# --- for people ------------------------------------------------------------------------------


def test_json_of_a_record_has_readable_units() -> None:
    assert to_json(replace(FULL, step_count=9, flags=0x3FFE)) == {
        "speed_kmh": 8.2,
        "average_speed_kmh": 7.5,
        "distance_m": 70_000,
        "incline_percent": -1.5,
        "ramp_angle_deg": -0.9,
        "positive_elevation_gain_m": 17.1,
        "elevation_gain_m": 17.1,
        "negative_elevation_gain_m": 2.6,
        "pace": 14,
        "average_pace": 12,
        "energy_kcal": 300,
        "energy_per_hour_kcal": 600,
        "energy_per_minute_kcal": 10,
        "heart_rate_bpm": 142,
        "metabolic_equivalent": 8.5,
        "elapsed_s": 1800,
        "remaining_s": 600,
        "force_on_belt_n": -20,
        "power_w": 260,
        "step_count": 9,
        "complete": True,
        "truncated": False,
        "flags": "0x3ffe",
    }


@pytest.mark.parametrize(
    ("data", "key"),
    [
        (record(positive_elevation_gain=0x7FFF), "positive_elevation_gain_m"),
        (record(positive_elevation_gain=0xFFFF), "positive_elevation_gain_m"),
        (record(negative_elevation_gain=0x7FFF), "negative_elevation_gain_m"),
        (record(negative_elevation_gain=0xFFFF), "negative_elevation_gain_m"),
        (record(heart_rate=0), "heart_rate_bpm"),
    ],
)
def test_json_has_none_for_values_that_machines_send_for_unknown(
    data: TreadmillData, key: str
) -> None:
    assert to_json(data)[key] is None
