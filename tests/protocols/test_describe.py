"""Descriptions of frames, as `decode` prints them."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from protocols.describe import describe
from protocols.errors import DecodeError
from tests.rigs.effort import effort

FIRST = bytes.fromhex("9f0061003600000000ff7f0000ffff05006e0002")
THEN = bytes.fromhex("001f71000002cc003c06ff7f1a00")


def known(description: dict[str, object]) -> dict[str, object]:
    return {key: value for key, value in description.items() if value is not None}


@pytest.mark.parametrize("uuid", ["2acd", "0x2ACD", "00002acd-0000-1000-8000-00805f9b34fb", 0x2ACD])
def test_treadmill_data_is_described_by_any_form_of_its_uuid(uuid: str | int) -> None:
    frame = bytes.fromhex("8425e1000a00000200ffffff004d00360000")

    assert known(describe(uuid, [frame])) == {
        "speed_kmh": 2.25,
        "distance_m": 10,
        "energy_kcal": 2,
        "elapsed_s": 77,
        "step_count": 54,
        "complete": True,
        "truncated": False,
        "flags": "0x2584",
    }


def test_parts_of_a_record_are_described_as_one() -> None:
    assert known(describe("2acd", [FIRST, THEN])) == {
        "speed_kmh": 1.13,
        "average_speed_kmh": 0.97,
        "distance_m": 54,
        "incline_percent": 0.0,
        "positive_elevation_gain_m": 0.0,
        "elevation_gain_m": 0.0,
        "energy_kcal": 5,
        "energy_per_hour_kcal": 110,
        "energy_per_minute_kcal": 2,
        "metabolic_equivalent": 0.2,
        "elapsed_s": 204,
        "remaining_s": 1596,
        "power_w": 26,
        "complete": True,
        "truncated": False,
        "flags": "0x1f00",
    }


def test_truncated_record_is_described_as_truncated() -> None:
    description = describe("2acd", [bytes.fromhex("0400 3403 0a00")])

    assert description["speed_kmh"] == 8.2
    assert description["distance_m"] is None
    assert description["truncated"] is True


@pytest.mark.parametrize("frame", ["0000", "0000 34", "0400 34"])
def test_record_truncated_before_its_first_field_is_a_decode_error(frame: str) -> None:
    with pytest.raises(DecodeError, match="nothing to decode"):
        describe("2acd", [bytes.fromhex(frame)])


def test_first_part_without_fields_is_described_as_incomplete() -> None:
    description = describe("2acd", [bytes.fromhex("0100")])
    assert (description["complete"], description["truncated"]) == (False, False)


@pytest.mark.parametrize(
    ("uuid", "frame", "expected"),
    [
        ("1826", "01 0100", {"available": True, "machine_types": ["treadmill"]}),
        (
            "2acc",
            "05100000 03000000",
            {
                "features": ["average_speed", "total_distance", "elapsed_time"],
                "targets": ["speed", "inclination"],
            },
        ),
        (
            "2ad3",
            "01 0d 48696c6c",
            {"status": "manual", "raw": 13, "text": "Hill", "extended": False},
        ),
        ("2ad3", "00 10", {"status": "other", "raw": 16, "text": "", "extended": False}),
        (
            "2ad4",
            "5000 4006 0a00",
            {"minimum_kmh": 0.8, "maximum_kmh": 16.0, "step_kmh": 0.1},
        ),
        (
            "2ad5",
            "e2ff 9600 0500",
            {"minimum_percent": -3.0, "maximum_percent": 15.0, "step_percent": 0.5},
        ),
        ("2ad6", "00 c8 0a", {"minimum": 0, "maximum": 200, "step": 10}),
        ("2ad7", "3c dc 01", {"minimum_bpm": 60, "maximum_bpm": 220, "step_bpm": 1}),
        ("2ad8", "0000 9001 0a00", {"minimum_w": 0, "maximum_w": 400, "step_w": 10}),
        ("2ad9", "00", {"op": "request_control"}),
        ("2ad9", "02 3403", {"op": "set_target_speed", "speed_kmh": 8.2}),
        ("2ad9", "03 f1ff", {"op": "set_target_incline", "incline_percent": -1.5}),
        ("2ad9", "05 6400", {"op": "set_target_power", "power": 100}),
        ("2ad9", "08 02", {"op": "stop_or_pause", "kind": "pause"}),
        (
            "2ad9",
            "80 02 01",
            {
                "op": "response",
                "request": "set_target_speed",
                "result": "success",
                "parameter": "",
            },
        ),
        (
            "2ad9",
            "80 99 77 0102",
            {"op": "response", "request": "0x99", "result": "0x77", "parameter": "0102"},
        ),
        ("2ada", "05 3403", {"op": "target_speed_changed", "value": 820, "speed_kmh": 8.2}),
        (
            "2ada",
            "06 f1ff",
            {"op": "target_incline_changed", "value": -15, "incline_percent": -1.5},
        ),
        ("2ada", "05", {"op": "target_speed_changed", "value": None}),
        ("2ada", "02 01", {"op": "stopped_or_paused", "value": 1}),
        ("2ada", "77", {"op": "0x77", "value": None}),
        (
            "2a37",
            "16 6f 7203",
            {"heart_rate_bpm": 111, "contact": True, "energy_kj": None, "rr_1024": [882]},
        ),
        (
            "2a53",
            "02 b900 33 8a020000",
            {
                "speed_kmh": 2.602,
                "cadence_spm": 51,
                "running": False,
                "stride_length_cm": None,
                "distance_m": 65.0,
            },
        ),
        (
            "2a53",
            "05 9101 bb 6400",
            {
                "speed_kmh": 5.639,
                "cadence_spm": 187,
                "running": True,
                "stride_length_cm": 100,
                "distance_m": None,
            },
        ),
        ("2a54", "0600", {"features": ["total_distance", "walking_or_running"]}),
        ("2a29", "5552 00", {"manufacturer": "UR"}),
        ("2a24", "372e30 4154", {"model": "7.0AT"}),
        ("2a23", "0102030405060708", {"system_id": "0102030405060708"}),
    ],
)
def test_other_characteristics_are_described(
    uuid: str, frame: str, expected: dict[str, object]
) -> None:
    assert describe(uuid, [bytes.fromhex(frame)]) == expected


@pytest.mark.parametrize(
    ("uuid", "frames", "says"),
    [
        ("2acd", [], "nothing to decode"),
        ("2acd", [b""], "nothing to decode"),
        ("2acd", [FIRST, b""], "nothing to decode"),
        ("2acd", [b"\x00"], "octets needed"),
        ("2ad3", [b""], "nothing to decode"),
        ("2ad9", [b"\x81"], "op code 0x81 is reserved"),
        ("2ada", [b"\x04", b"\x04"], "several frames"),
        ("2ad4", [b"\x50\x00"], "octets needed"),
        ("2ace", [bytes(4)], "characteristic 0x2ace is not a known treadmill characteristic"),
        ("treadmill", [b"\x00"], "not a 16-bit Bluetooth UUID"),
    ],
)
def test_undecodable_frames_are_an_error_in_one_line(
    uuid: str, frames: list[bytes], says: str
) -> None:
    with pytest.raises(DecodeError, match=says) as refusal:
        describe(uuid, frames)

    assert "\n" not in str(refusal.value)


UUIDS = [
    *(0x1826, 0x2ACC, 0x2ACD, 0x2ACE, 0x2AD3, 0x2AD4, 0x2AD5, 0x2AD6, 0x2AD7, 0x2AD8, 0x2AD9),
    *(0x2ADA, 0x2A23, 0x2A24, 0x2A25, 0x2A26, 0x2A27, 0x2A28, 0x2A29, 0x2A37, 0x2A53, 0x2A54),
]


@settings(deadline=None, max_examples=effort(100, 300))
@given(
    st.sampled_from(UUIDS) | st.text(max_size=6),
    st.lists(st.binary(max_size=48), max_size=3),
)
def test_any_octets_are_json_or_a_decode_error(uuid: str | int, frames: list[bytes]) -> None:
    try:
        description = describe(uuid, frames)
    except DecodeError:
        return
    assert json.loads(json.dumps(description, allow_nan=False)) == description
