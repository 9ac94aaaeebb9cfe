"""Every recorded frame decodes as it was recorded."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from protocols.describe import describe
from protocols.ftms.control_point import Response, ResultCode, StopKind, decode_request, op_code
from protocols.ftms.feature import FitnessMachineFeature
from protocols.ftms.machine_status import MachineStatus
from protocols.ftms.ranges import InclineRange, SpeedRange
from protocols.ftms.training_status import TrainingStatus, TrainingStatusValue
from protocols.ftms.treadmill_data import MORE_DATA, VENDOR_STEPS, TreadmillData
from protocols.heart_rate import HeartRateMeasurement
from protocols.running_speed import RscMeasurement

Decoded = dict[str, object]

FRAMES = json.loads((Path(__file__).parents[1] / "data" / "frames-sample.json").read_text("utf-8"))


def scaled(number: int | None, divisor: int) -> float | None:
    return None if number is None else number / divisor


def treadmill_data(frame: bytes) -> Decoded:
    data = TreadmillData.decode(frame)
    fixed = sum(
        2 * (number is not None)
        for number in (data.speed, data.average_speed, data.elapsed, data.remaining)
    )
    return {
        "flags": f"0x{data.flags:04x}",
        "more_data": bool(data.flags & MORE_DATA),
        "inst_speed_kmh": scaled(data.speed, 100),
        "avg_speed_kmh": scaled(data.average_speed, 100),
        "total_distance_m": data.distance,
        "inclination_pct": scaled(data.incline, 10),
        "ramp_angle_deg": scaled(data.ramp_angle, 10),
        "pos_elev_gain_m": scaled(data.positive_elevation_gain, 10),
        "neg_elev_gain_m": scaled(data.negative_elevation_gain, 10),
        "total_energy_kcal": data.energy,
        "energy_per_hour_kcal": data.energy_per_hour,
        "energy_per_min_kcal": data.energy_per_minute,
        "heart_rate_bpm": data.heart_rate,
        "met": scaled(data.metabolic_equivalent, 10),
        "elapsed_s": data.elapsed,
        "remaining_s": data.remaining,
        "force_on_belt_n": data.force_on_belt,
        "power_w": data.power,
        "vendor_step_count": data.step_count,
        # Speed, distance, energy, heart rate and time: what the recorded machines put before it.
        "vendor_step_width": len(frame) - 2 - fixed - 3 - 5 - 1
        if data.flags & VENDOR_STEPS
        else None,
    }


def control_point(frame: bytes) -> Decoded:
    names = {
        0x00: "Request Control",
        0x03: "Set Target Inclination",
        0x07: "Start or Resume",
        0x08: "Stop or Pause",
    }
    if frame[0] == 0x80:
        response = Response.decode(frame)
        return {
            "op": "0x80",
            "op_name": "Response Code",
            "request_op": f"0x{response.request_op:02x}",
            "request_name": names[response.request_op],
            "result": f"0x{response.result:02x}",
            "result_name": ResultCode(response.result).name.capitalize(),
        }
    request = decode_request(frame)
    kind = getattr(request, "kind", None)
    return {
        "op": f"0x{op_code(request):02x}",
        "op_name": names[op_code(request)],
        "target_pct": scaled(getattr(request, "incline", None), 10),
        "param": StopKind(kind).name.capitalize() if kind else None,
    }


def machine_status(frame: bytes) -> Decoded:
    names = {
        0x02: "Stopped or Paused by the User",
        0x04: "Started or Resumed by the User",
        0x05: "Target Speed Changed",
    }
    status = MachineStatus.decode(frame)
    value = status.value if isinstance(status.value, int) else None
    return {
        "op": f"0x{status.op:02x}",
        "op_name": names[status.op],
        "target_kmh": scaled(value, 100) if status.op == 0x05 else None,
        "param": StopKind(value).name.capitalize() if status.op == 0x02 and value else None,
        "trailing_octets": frame[len(status.encode()) :].hex() or None,
    }


def training_status(frame: bytes) -> Decoded:
    value = TrainingStatusValue.decode(frame)
    names = {
        TrainingStatus.OTHER: "RFU",  # only with a reserved number in these recordings
        TrainingStatus.PRE_WORKOUT: "Pre-Workout",
        TrainingStatus.MANUAL: "Manual Mode (Quick Start)",
        TrainingStatus.POST_WORKOUT: "Post-Workout",
    }
    assert value.status is not None
    return {
        "flags": f"0x{frame[0]:02x}",
        "string_present": bool(value.text),
        "extended_string": value.extended,
        "status": f"0x{value.raw:02x}",
        "status_name": names[value.status],
    }


def feature(frame: bytes) -> Decoded:
    value = FitnessMachineFeature.decode(frame)
    described = describe(0x2ACC, [frame])
    names = described["features"]
    assert isinstance(names, list)
    return {
        "features": f"0x{value.features:08x}",
        "feature_names": [name.replace("average", "avg") for name in names],
        "targets": f"0x{value.targets:08x}",
        "target_names": described["targets"],
    }


def speed_range(frame: bytes) -> Decoded:
    value = SpeedRange.decode(frame)
    return {
        "min_kmh": value.minimum / 100,
        "max_kmh": value.maximum / 100,
        "step_kmh": value.step / 100,
    }


def incline_range(frame: bytes) -> Decoded:
    value = InclineRange.decode(frame)
    return {
        "min_pct": value.minimum / 10,
        "max_pct": value.maximum / 10,
        "step_pct": value.step / 10,
    }


def heart_rate(frame: bytes) -> Decoded:
    value = HeartRateMeasurement.decode(frame)
    return {
        "flags": f"0x{frame[0]:02x}",
        "hr_bpm": value.heart_rate,
        "contact_supported": value.contact is not None,
        "contact_detected": value.contact,
        "rr_1024": list(value.intervals),
    }


def running_speed(frame: bytes) -> Decoded:
    value = RscMeasurement.decode(frame)
    return {
        "flags": f"0x{frame[0]:02x}",
        "speed_ms_x256": value.speed,
        "speed_kmh": round(value.speed / 256 * 3.6, 3),
        "cadence_per_min": value.cadence,
        "running": value.running,
        "total_distance_m": scaled(value.distance, 10),
    }


DECODERS: dict[str, Callable[[bytes], Decoded]] = {
    "2ACC": feature,
    "2ACD": treadmill_data,
    "2AD3": training_status,
    "2AD4": speed_range,
    "2AD5": incline_range,
    "2AD9": control_point,
    "2ADA": machine_status,
    "2A37": heart_rate,
    "2A53": running_speed,
}


@pytest.mark.parametrize("recorded", FRAMES, ids=[frame["id"] for frame in FRAMES])
def test_recorded_frame_decodes_as_recorded(
    recorded: dict[str, object],
) -> None:
    frame = bytes.fromhex(str(recorded["hex"]))
    expected = recorded["decode"]
    assert isinstance(expected, dict)

    decoded = DECODERS[str(recorded["characteristic"])](frame)
    assert {key: decoded[key] for key in expected} == expected
    assert json.loads(json.dumps(describe(str(recorded["characteristic"]), [frame])))


def test_fields_absent_from_a_recording_are_none() -> None:
    """The keys that a recording leaves out are None, not 0."""
    frame = bytes.fromhex("8425e1000000000100000000002100020000")

    assert {
        key for key, value in treadmill_data(frame).items() if value is None
    } == {
        "avg_speed_kmh", "inclination_pct", "ramp_angle_deg", "pos_elev_gain_m",
        "neg_elev_gain_m", "met", "remaining_s", "force_on_belt_n", "power_w",
    }  # fmt: skip
