"""Readable form of a frame, ready for JSON: the output of `treadmill-bridge decode`.

Speeds are in km/h, inclines in percent; numbers without a unit in their key are as on the wire.
Reserved numbers and flags are in hexadecimal.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict, fields
from enum import IntEnum, IntFlag
from functools import partial, reduce
from typing import Final

from protocols import units, uuids
from protocols.device_information import STRINGS, decode_text
from protocols.errors import DecodeError
from protocols.ftms.advertising import FitnessMachineAdvertisement
from protocols.ftms.control_point import (
    OpCode,
    Response,
    ResultCode,
    decode_request,
    op_code,
)
from protocols.ftms.feature import FitnessMachineFeature
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.ranges import (
    HeartRateRange,
    InclineRange,
    PowerRange,
    Range,
    ResistanceRange,
    SpeedRange,
)
from protocols.ftms.training_status import TrainingStatusValue
from protocols.ftms.treadmill_data import TreadmillData, merge, to_json
from protocols.heart_rate import HeartRateMeasurement
from protocols.running_speed import RscFeature, RscMeasurement

Description = dict[str, object]


def _sample(data: TreadmillData) -> Description:
    if data == TreadmillData(truncated=True, complete=data.complete, wide_pace=data.wide_pace):
        message = "there is nothing to decode: the record ends before its first field"
        raise DecodeError(message)
    return to_json(data)


def describe(uuid: str | int, frames: Sequence[bytes]) -> Description:
    """Return the content of the frames of one value of this characteristic.

    Args:
        uuid: the characteristic in any usual form; the service 1826 stands for its service data.
        frames: one frame; for Treadmill Data also the parts of one record, in order.

    Raises:
        DecodeError: the frames cannot be decoded; the text is one line.
    """
    number = uuids.short(uuid)
    if not frames or not all(frames):
        message = "there is nothing to decode: a frame is empty"
        raise DecodeError(message)
    if number == uuids.TREADMILL_DATA:
        return _sample(reduce(merge, map(TreadmillData.decode, frames)))
    describer = _DESCRIBERS.get(number)
    if describer is None:
        message = f"characteristic 0x{number:04x} is not a known treadmill characteristic"
        raise DecodeError(message)
    if len(frames) > 1:
        message = "only Treadmill Data (2acd) can have several frames"
        raise DecodeError(message)
    return describer(frames[0])


def _flags(flags: IntFlag) -> list[str]:
    return [str(flag.name).lower() for flag in type(flags) if flag in flags]


def _name(codes: type[IntEnum], code: int) -> str:
    try:
        return codes(code).name.lower()
    except ValueError:
        return f"0x{code:02x}"


def _feature(frame: bytes) -> Description:
    feature = FitnessMachineFeature.decode(frame)
    return {"features": _flags(feature.features), "targets": _flags(feature.targets)}


def _advertisement(frame: bytes) -> Description:
    advertisement = FitnessMachineAdvertisement.decode(frame)
    return {
        "available": advertisement.available,
        "machine_types": _flags(advertisement.machine_types),
    }


def _training_status(frame: bytes) -> Description:
    value = TrainingStatusValue.decode(frame)
    return {
        "status": value.status.name.lower() if value.status is not None else None,
        "raw": value.raw,
        "text": value.text,
        "extended": value.extended,
    }


def _range(kind: type[Range], unit: str, divisor: int, frame: bytes) -> Description:
    return {
        f"{name}{unit}": number if divisor == 1 else number / divisor
        for name, number in asdict(kind.decode(frame)).items()
    }


# Parameters shown in other units than on the wire: key and divisor.
_READABLE: Final = {
    "speed": ("speed_kmh", units.SPEED),
    "incline": ("incline_percent", units.INCLINE),
}


def _control_point(frame: bytes) -> Description:
    if frame[0] == OpCode.RESPONSE:
        response = Response.decode(frame)
        return {
            "op": "response",
            "request": _name(OpCode, response.request_op),
            "result": _name(ResultCode, response.result),
            "parameter": response.parameter.hex(),
        }
    request = decode_request(frame)
    described: Description = {"op": _name(OpCode, op_code(request))}
    for each in fields(request):
        number = getattr(request, each.name)
        if isinstance(number, IntEnum):
            described[each.name] = number.name.lower()
        elif each.name in _READABLE:
            key, divisor = _READABLE[each.name]
            described[key] = number / divisor
        else:
            described[each.name] = number
    return described


_STATUS_READABLE: Final = {
    StatusOp.TARGET_SPEED_CHANGED: _READABLE["speed"],
    StatusOp.TARGET_INCLINE_CHANGED: _READABLE["incline"],
}


def _machine_status(frame: bytes) -> Description:
    status = MachineStatus.decode(frame)
    described: Description = {"op": _name(StatusOp, status.op), "value": status.value}
    if isinstance(status.value, int) and status.op in _STATUS_READABLE:
        key, divisor = _STATUS_READABLE[StatusOp(status.op)]
        described[key] = status.value / divisor
    return described


def _heart_rate(frame: bytes) -> Description:
    value = HeartRateMeasurement.decode(frame)
    return {
        "heart_rate_bpm": value.heart_rate,
        "contact": value.contact,
        "energy_kj": value.energy,
        "rr_1024": list(value.intervals),
    }


def _running_speed(frame: bytes) -> Description:
    value = RscMeasurement.decode(frame)
    return {
        "speed_kmh": round(value.speed / 256 * 3.6, 3),
        "cadence_spm": value.cadence,
        "running": value.running,
        "stride_length_cm": value.stride_length,
        "distance_m": None if value.distance is None else value.distance / 10,
    }


def _running_feature(frame: bytes) -> Description:
    return {"features": _flags(RscFeature.decode(frame))}


def _text(name: str, frame: bytes) -> Description:
    return {name: decode_text(frame)}


def _system_id(frame: bytes) -> Description:
    return {"system_id": frame.hex()}


_DESCRIBERS: Final[dict[int, Callable[[bytes], Description]]] = {
    uuids.FITNESS_MACHINE: _advertisement,
    uuids.FITNESS_MACHINE_FEATURE: _feature,
    uuids.TRAINING_STATUS: _training_status,
    uuids.SUPPORTED_SPEED_RANGE: partial(_range, SpeedRange, "_kmh", units.SPEED),
    uuids.SUPPORTED_INCLINATION_RANGE: partial(_range, InclineRange, "_percent", units.INCLINE),
    uuids.SUPPORTED_RESISTANCE_LEVEL_RANGE: partial(_range, ResistanceRange, "", 1),
    uuids.SUPPORTED_HEART_RATE_RANGE: partial(_range, HeartRateRange, "_bpm", 1),
    uuids.SUPPORTED_POWER_RANGE: partial(_range, PowerRange, "_w", 1),
    uuids.FITNESS_MACHINE_CONTROL_POINT: _control_point,
    uuids.FITNESS_MACHINE_STATUS: _machine_status,
    uuids.HEART_RATE_MEASUREMENT: _heart_rate,
    uuids.RSC_MEASUREMENT: _running_speed,
    uuids.RSC_FEATURE: _running_feature,
    uuids.SYSTEM_ID: _system_id,
    **{uuid: partial(_text, name) for uuid, name in STRINGS.items()},
}
