"""Fitness Machine Control Point, 2AD9: requests of a client and responses of the machine.

A request is an op code and its parameter. A response is `80`, the requested op code, a result, and
sometimes a parameter (FTMS 1.0.1 §4.16). Each op is declared once, as a value type and a row of the
table.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from protocols.errors import DecodeError
from protocols.ftms.feature import Target
from protocols.layout import S16, U8, U16, U24, Field, Kind, Layout


class OpCode(IntEnum):
    """Assigned op codes of requests, and of the response."""

    REQUEST_CONTROL = 0x00
    RESET = 0x01
    SET_TARGET_SPEED = 0x02
    SET_TARGET_INCLINE = 0x03
    SET_TARGET_RESISTANCE = 0x04
    SET_TARGET_POWER = 0x05
    SET_TARGET_HEART_RATE = 0x06
    START_OR_RESUME = 0x07
    STOP_OR_PAUSE = 0x08
    SET_TARGETED_ENERGY = 0x09
    SET_TARGETED_STEPS = 0x0A
    SET_TARGETED_STRIDES = 0x0B
    SET_TARGETED_DISTANCE = 0x0C
    SET_TARGETED_TIME = 0x0D
    SET_TARGETED_TIME_IN_TWO_ZONES = 0x0E
    SET_TARGETED_TIME_IN_THREE_ZONES = 0x0F
    SET_TARGETED_TIME_IN_FIVE_ZONES = 0x10
    SET_BIKE_SIMULATION = 0x11
    SET_WHEEL_CIRCUMFERENCE = 0x12
    SPIN_DOWN = 0x13
    SET_TARGETED_CADENCE = 0x14
    RESPONSE = 0x80


class ResultCode(IntEnum):
    """Result of a request. Any other value is reserved, and is not a success."""

    SUCCESS = 0x01
    OP_CODE_NOT_SUPPORTED = 0x02
    INVALID_PARAMETER = 0x03
    OPERATION_FAILED = 0x04
    CONTROL_NOT_PERMITTED = 0x05


class StopKind(IntEnum):
    """The parameter of Stop or Pause."""

    STOP = 0x01
    PAUSE = 0x02


class SpinDownKind(IntEnum):
    """The parameter of Spin Down Control."""

    START = 0x01
    IGNORE = 0x02


@dataclass(frozen=True, slots=True)
class RequestControl:
    """Ask for control of the machine; every other request needs it."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Set targets and times to zero and the training status to idle; release control."""


@dataclass(frozen=True, slots=True)
class SetTargetSpeed:
    """Speed in 0.01 km/h."""

    speed: int


@dataclass(frozen=True, slots=True)
class SetTargetIncline:
    """Incline in 0.1 %, may be negative."""

    incline: int


@dataclass(frozen=True, slots=True)
class SetTargetResistance:
    """Resistance level in 0.1. Encoded with two octets (1.0.1), decoded also with one (1.0)."""

    resistance: int


@dataclass(frozen=True, slots=True)
class SetTargetPower:
    """Power in W."""

    power: int


@dataclass(frozen=True, slots=True)
class SetTargetHeartRate:
    """Heart rate in bpm."""

    heart_rate: int


@dataclass(frozen=True, slots=True)
class StartOrResume:
    """Start the belt. Some machines treat it as a toggle: never send it to a moving belt."""


@dataclass(frozen=True, slots=True)
class StopOrPause:
    """Stop the belt; either kind only freezes the times."""

    kind: StopKind


@dataclass(frozen=True, slots=True)
class SetTargetedEnergy:
    """Energy to spend in kcal."""

    energy: int


@dataclass(frozen=True, slots=True)
class SetTargetedSteps:
    """Steps to take."""

    steps: int


@dataclass(frozen=True, slots=True)
class SetTargetedStrides:
    """Strides to take; a stride is two steps."""

    strides: int


@dataclass(frozen=True, slots=True)
class SetTargetedDistance:
    """Distance to go in m."""

    distance: int


@dataclass(frozen=True, slots=True)
class SetTargetedTime:
    """Time to train in s."""

    time: int


@dataclass(frozen=True, slots=True)
class SetTargetedTimeInTwoZones:
    """Times in heart-rate zones in s."""

    fat_burn: int
    fitness: int


@dataclass(frozen=True, slots=True)
class SetTargetedTimeInThreeZones:
    """Times in heart-rate zones in s."""

    light: int
    moderate: int
    hard: int


@dataclass(frozen=True, slots=True)
class SetTargetedTimeInFiveZones:
    """Times in heart-rate zones in s."""

    very_light: int
    light: int
    moderate: int
    hard: int
    maximum: int


@dataclass(frozen=True, slots=True)
class SetBikeSimulation:
    """Wind speed 0.001 m/s, grade 0.01 %, rolling resistance 0.0001, wind resistance 0.01 kg/m."""

    wind_speed: int
    grade: int
    rolling_resistance: int
    wind_resistance: int


@dataclass(frozen=True, slots=True)
class SetWheelCircumference:
    """Circumference in 0.1 mm."""

    circumference: int


@dataclass(frozen=True, slots=True)
class SpinDown:
    """Start or ignore a calibration; success carries two speeds as its parameter."""

    kind: SpinDownKind


@dataclass(frozen=True, slots=True)
class SetTargetedCadence:
    """Cadence in 0.5 per minute."""

    cadence: int


Request = (
    RequestControl
    | Reset
    | SetTargetSpeed
    | SetTargetIncline
    | SetTargetResistance
    | SetTargetPower
    | SetTargetHeartRate
    | StartOrResume
    | StopOrPause
    | SetTargetedEnergy
    | SetTargetedSteps
    | SetTargetedStrides
    | SetTargetedDistance
    | SetTargetedTime
    | SetTargetedTimeInTwoZones
    | SetTargetedTimeInThreeZones
    | SetTargetedTimeInFiveZones
    | SetBikeSimulation
    | SetWheelCircumference
    | SpinDown
    | SetTargetedCadence
)


class InvalidRequest(DecodeError):  # noqa: N818  (the protocol's own term)
    """Bytes that are not a valid request, with the op code and the result of the response."""

    def __init__(self, message: str, op: int, result: ResultCode) -> None:
        super().__init__(message)
        self.op = op
        self.result = result

    @property
    def response(self) -> "Response":
        """Response to these bytes."""
        return Response(self.op, self.result)


def _layout(kind: Kind, *names: str) -> Layout:
    return Layout(*(Field(name, kind) for name in names))


_NO_PARAMETER = Layout()
_MANDATORY = Target(0)


@dataclass(frozen=True, slots=True)
class _Op:
    """Encoding of an op: its value type, its parameter, and the feature that it needs."""

    request: type[Request]
    layout: Layout = _NO_PARAMETER
    target: Target = _MANDATORY
    choice: type[IntEnum] | None = None
    """Valid values of the parameter."""


_BIKE = Layout(
    *_layout(S16, "wind_speed", "grade").fields,
    *_layout(U8, "rolling_resistance", "wind_resistance").fields,
)
_TWO_ZONES = _layout(U16, "fat_burn", "fitness")
_THREE_ZONES = _layout(U16, "light", "moderate", "hard")
_FIVE_ZONES = _layout(U16, "very_light", "light", "moderate", "hard", "maximum")

_OPS: Final[dict[int, _Op]] = {
    0x00: _Op(RequestControl),
    0x01: _Op(Reset),
    0x02: _Op(SetTargetSpeed, _layout(U16, "speed"), Target.SPEED),
    0x03: _Op(SetTargetIncline, _layout(S16, "incline"), Target.INCLINATION),
    0x04: _Op(SetTargetResistance, _layout(S16, "resistance"), Target.RESISTANCE_LEVEL),
    0x05: _Op(SetTargetPower, _layout(S16, "power"), Target.POWER),
    0x06: _Op(SetTargetHeartRate, _layout(U8, "heart_rate"), Target.HEART_RATE),
    0x07: _Op(StartOrResume),
    0x08: _Op(StopOrPause, _layout(U8, "kind"), choice=StopKind),
    0x09: _Op(SetTargetedEnergy, _layout(U16, "energy"), Target.EXPENDED_ENERGY),
    0x0A: _Op(SetTargetedSteps, _layout(U16, "steps"), Target.STEPS),
    0x0B: _Op(SetTargetedStrides, _layout(U16, "strides"), Target.STRIDES),
    0x0C: _Op(SetTargetedDistance, _layout(U24, "distance"), Target.DISTANCE),
    0x0D: _Op(SetTargetedTime, _layout(U16, "time"), Target.TRAINING_TIME),
    0x0E: _Op(SetTargetedTimeInTwoZones, _TWO_ZONES, Target.TIME_IN_TWO_ZONES),
    0x0F: _Op(SetTargetedTimeInThreeZones, _THREE_ZONES, Target.TIME_IN_THREE_ZONES),
    0x10: _Op(SetTargetedTimeInFiveZones, _FIVE_ZONES, Target.TIME_IN_FIVE_ZONES),
    0x11: _Op(SetBikeSimulation, _BIKE, Target.BIKE_SIMULATION),
    0x12: _Op(SetWheelCircumference, _layout(U16, "circumference"), Target.WHEEL_CIRCUMFERENCE),
    0x13: _Op(SpinDown, _layout(U8, "kind"), Target.SPIN_DOWN, SpinDownKind),
    0x14: _Op(SetTargetedCadence, _layout(U16, "cadence"), Target.CADENCE),
}
_OP_OF: Final = {op.request: OpCode(code) for code, op in _OPS.items()}
# The resistance has one octet in FTMS 1.0, and two since erratum E10194.
_SHORT_RESISTANCE = Layout(Field("resistance", U8))


def op_code(request: Request) -> OpCode:
    """Return the op code of a request."""
    return _OP_OF[type(request)]


def supported_ops(targets: Target) -> frozenset[OpCode]:
    """Return the ops that a server with these target features supports."""
    return frozenset(OpCode(code) for code, op in _OPS.items() if op.target in targets)


def encode_request(request: Request) -> bytes:
    """Return the octets to write.

    Raises:
        EncodeError: a parameter does not fit.
    """
    code = op_code(request)
    layout = _OPS[code].layout
    return bytes((code,)) + layout.write(getattr(request, name) for name in layout.names)


def decode_request(value: bytes) -> Request:
    """Parse a client's write. Servers are strict: the parameter must have its exact length.

    Raises:
        InvalidRequest: a reserved op, a wrong length or a reserved parameter; has the response.
        DecodeError: the value is empty.
    """
    if not value:
        message = "a request needs an op code"
        raise DecodeError(message)
    code, parameter = value[0], value[1:]
    op = _OPS.get(code)
    if op is None:
        message = f"op code 0x{code:02x} is reserved"
        raise InvalidRequest(message, code, ResultCode.OP_CODE_NOT_SUPPORTED)
    layout = op.layout
    if op.request is SetTargetResistance and len(parameter) == _SHORT_RESISTANCE.size:
        layout = _SHORT_RESISTANCE
    try:
        if len(parameter) != layout.size:
            message = f"{layout.size} octets needed, got {len(parameter)}"
            raise ValueError(message)  # noqa: TRY301  (one place has the message)
        build: Callable[..., Request] = op.request
        return build(*map(op.choice or int, layout.read(parameter)))
    except ValueError as error:
        message = f"parameter of op code 0x{code:02x}: {error}"
        raise InvalidRequest(message, code, ResultCode.INVALID_PARAMETER) from None


_RESPONSE = Layout(Field("response", U8), Field("request_op", U8), Field("result", U8))


@dataclass(frozen=True, slots=True)
class Response:
    """The machine's response; reserved numbers of op and result are kept."""

    request_op: int
    result: int
    parameter: bytes = b""

    @property
    def success(self) -> bool:
        """True if the request succeeded; reserved results are not a success."""
        return self.result == ResultCode.SUCCESS

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse an indication.

        Raises:
            DecodeError: too short, or not a response.
        """
        response, request_op, result = _RESPONSE.read(value)
        if response != OpCode.RESPONSE:
            message = f"0x{response:02x} is not the op code of a response"
            raise DecodeError(message)
        return cls(request_op, result, value[_RESPONSE.size :])

    def encode(self) -> bytes:
        """Return the octets to indicate.

        Raises:
            EncodeError: a number does not fit into an octet.
        """
        return _RESPONSE.write((OpCode.RESPONSE, self.request_op, self.result)) + self.parameter
