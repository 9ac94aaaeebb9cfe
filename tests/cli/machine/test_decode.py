"""`treadmill-bridge decode`: bytes in, one JSON object out, or one line that says why not."""

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
    "uuid", ["2acd", "2ACD", "0x2acd", "0X2ACD", "00002acd-0000-1000-8000-00805f9b34fb",
             "00002ACD-0000-1000-8000-00805F9B34FB", "00002acd00001000800000805f9b34fb",
             "00002acd", "0x00002ACD"],
)  # fmt: skip
def test_decode_takes_a_uuid_in_any_usual_form(invoke: Invoke, uuid: str) -> None:
    result = invoke("decode", uuid, FRAME)

    assert (result.exit_code, result.stderr) == (0, "")
    assert json.loads(result.stdout)["speed_kmh"] == 2.25


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


def test_decoded_value_that_is_not_available_is_null(invoke: Invoke) -> None:
    # Incline and ramp angle 0x7FFF, elevation gains 0xFFFF, energies 0xFFFF and 0xFF, heart rate 0.
    frame = "9801 0000 ff7f ff7f ffff ffff ffff ffff ff 00"

    said = json.loads(invoke("decode", "2acd", frame).stdout)

    assert {key: value for key, value in said.items() if value is not None} == {
        "speed_kmh": 0.0, "complete": True, "truncated": False, "flags": "0x0198",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("frames", "said"),
    [
        pytest.param(("00", "00", "20", "03"), {"speed_kmh": 8.0}, id="octets apart"),
        pytest.param(
            ("0500 0a0000",),
            {"complete": False, "distance_m": 10, "speed_kmh": None},
            id="more data",
        ),
        pytest.param(
            ("0500 0a0000", "0000 2003"),
            {"complete": True, "distance_m": 10, "speed_kmh": 8.0},
            id="two frames of one sample",
        ),
        pytest.param(
            ("0400 2003 0a",), {"truncated": True, "speed_kmh": 8.0, "distance_m": None}, id="torn"
        ),
        # Paces: of one octet in 0.1 km/min, of two octets in seconds for 500 m.
        pytest.param(("6000 0000 8c 82",), {"pace": 140, "average_pace": 130}, id="short pace"),
        pytest.param(("6000 0000 2c01 2d01",), {"pace": 300, "average_pace": 301}, id="long pace"),
    ],
)
def test_decode_prints_treadmill_data(
    invoke: Invoke, frames: tuple[str, ...], said: dict[str, object]
) -> None:
    document = json.loads(invoke("decode", "2acd", *frames).stdout)
    assert {key: document[key] for key in said} == said


@pytest.mark.parametrize(
    ("uuid", "frame", "said"),
    [
        ("2ad4", "50, 00, 40, 06, 0a, 00",
         {"minimum_kmh": 0.8, "maximum_kmh": 16.0, "step_kmh": 0.1}),
        ("2acc", "0c240000 03000000", {"features": ["total_distance", "inclination",
         "heart_rate", "remaining_time"], "targets": ["speed", "inclination"]}),
        ("2ad3", "00 0d", {"status": "manual", "raw": 13, "text": "", "extended": False}),
        ("2ad5", "0000 9600 0500",
         {"minimum_percent": 0.0, "maximum_percent": 15.0, "step_percent": 0.5}),
        ("2ad9", "02 3403", {"op": "set_target_speed", "speed_kmh": 8.2}),
        ("2ad9", "80 02 01",
         {"op": "response", "request": "set_target_speed", "result": "success", "parameter": ""}),
        ("2ada", "05 3403", {"op": "target_speed_changed", "value": 820, "speed_kmh": 8.2}),
        ("2a24", "372e30 4154", {"model": "7.0AT"}),
        ("1826", "01 0100", {"available": True, "machine_types": ["treadmill"]}),
    ],
)  # fmt: skip
def test_decode_prints_the_other_characteristics(
    invoke: Invoke, uuid: str, frame: str, said: dict[str, object]
) -> None:
    assert json.loads(invoke("decode", uuid, *frame.split(", ")).stdout) == said


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("2acd",), "nothing to decode"),
        (("2acd", ""), "nothing to decode"),
        (("2acd", FRAME, ""), "nothing to decode"),
        (("2acd", "00"), "octets needed"),
        (("2acd", "xyz"), "not hexadecimal"),
        (("2acd", "000"), "not hexadecimal"),
        (("treadmill", "00"), "not a 16-bit Bluetooth UUID"),
        (("2a00", "00"), "not a known treadmill characteristic"),
        (("2ad4", "500040060a00", "500040060a00"), "several frames"),
        (("2ad4", "5000"), "octets needed"),
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
