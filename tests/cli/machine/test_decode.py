"""`treadmill-bridge decode`: bytes in, one JSON object or one line with the error out."""

import json

import pytest

from tests.cli.conftest import Invoke

KEYS = [
    "speed_kmh", "average_speed_kmh", "distance_m", "incline_percent", "ramp_angle_deg",
    "positive_elevation_gain_m", "negative_elevation_gain_m", "pace", "average_pace",
    "energy_kcal", "energy_per_hour_kcal", "energy_per_minute_kcal", "heart_rate_bpm",
    "metabolic_equivalent", "elapsed_s", "remaining_s", "force_on_belt_n", "power_w", "step_count",
    "elevation_gain_m", "complete", "truncated", "flags",
]  # fmt: skip
FRAME = "8425e1000a00000100000000002700080000"


@pytest.mark.parametrize(
    "frame", ["0000 2003", "00:00:20:03", "00-00-20-03", "0x00002003", "0X0000_2003", " 00002003 "]
)
def test_decode_takes_bytes_in_any_usual_form(invoke: Invoke, frame: str) -> None:
    assert json.loads(invoke("decode", "2acd", frame).stdout)["speed_kmh"] == 8.0


def test_decoded_treadmill_data_has_all_keys_of_the_contract(invoke: Invoke) -> None:
    result = invoke("decode", "2acd", FRAME)

    (line,) = result.stdout.splitlines()
    said = json.loads(line)
    assert list(said) == KEYS
    assert {key: value for key, value in said.items() if value is not None} == {
        "speed_kmh": 2.25,
        "distance_m": 10,
        "energy_kcal": 1,
        "energy_per_hour_kcal": 0,
        "energy_per_minute_kcal": 0,
        "elapsed_s": 39,
        "step_count": 8,
        "complete": True,
        "truncated": False,
        "flags": "0x2584",
    }


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("2acd", "00", "00", "20", "03"), {"distance_m": None, "speed_kmh": 8.0}),
        (("2acd", "0500 0a0000", "0000 2003"), {"distance_m": 10, "speed_kmh": 8.0}),
    ],
    ids=["octets of a frame", "frames of a record"],
)
def test_decode_joins_octets_and_the_frames_of_a_record(
    invoke: Invoke, arguments: tuple[str, ...], said: dict[str, object]
) -> None:
    document = json.loads(invoke("decode", *arguments).stdout)
    assert {key: document[key] for key in said} == said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("2acd",), "nothing to decode"),
        (("2acd", "00"), "octets needed"),
        (("2acd", "xyz"), "not hexadecimal"),
        (("2acd", "000"), "not hexadecimal"),
    ],
)
def test_decode_without_a_value_exits_with_2_and_one_line(
    invoke: Invoke, arguments: tuple[str, ...], says: str
) -> None:
    result = invoke("decode", *arguments)

    assert (result.exit_code, result.stdout) == (2, "")
    (line,) = result.stderr.splitlines()
    assert line.startswith("decode: ")
    assert says in line
