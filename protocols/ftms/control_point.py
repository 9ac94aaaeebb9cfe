"""Fitness Machine Control Point, 2AD9: what a client asks, and what the machine answers.

A request is an op code and its parameter; the answer is `80`, the op code asked, a result, and
sometimes a parameter (FTMS 1.0.1 §4.16). Each op is declared once, as a value type and a row of the
table; the rest follows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from protocols.errors import DecodeError
from protocols.ftms.feature import Target
from protocols.layout import S16, U8, U16, U24, Field, Layout


class OpCode(IntEnum):
    """The assigned requests, and the answer."""

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
    """What became of a request. A result that is none of these is reserved: no success."""

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
    """Targets and times to zero, training status idle; releases control."""


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
    """Resistance level in 0.1. Written with two octets (1.0.1), read with one (1.0) too."""

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
    """Start the belt. Some machines take it as a toggle: never to a moving belt."""


@dataclass(frozen=True, slots=True)
class StopOrPause:
    """Bring the belt to a stand; either kind only freezes the times."""

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


class InvalidRequest(DecodeError):  # noqa: N818  (the protocol's own word)
    """Bytes that are no request, with what a server answers: the op code asked and its result."""

    def __init__(self, message: str, op: int, result: ResultCode) -> None:
        super().__init__(message)
        self.op = op
        self.result = result

    @property
    def response(self) -> "Response":
        """The answer that these bytes deserve."""
        return Response(self.op, self.result)


def _stop_or_pause(kind: int) -> StopOrPause:
    return StopOrPause(StopKind(kind))


def _spin_down(kind: int) -> SpinDown:
    return SpinDown(SpinDownKind(kind))


_NO_PARAMETER = Layout()
_MANDATORY = Target(0)


@dataclass(frozen=True, slots=True)
class _Op:
    """How an op is carried: its value type, its parameter, and the feature that it needs."""

    request: type[Request]
    layout: Layout = _NO_PARAMETER
    target: Target = _MANDATORY
    build: Callable[..., Request] | None = None
    """Makes the value of the numbers, and raises ValueError for a reserved one."""


def _u16(*names: str) -> Layout:
    return Layout(*(Field(name, U16) for name in names))


_OPS: Final[dict[int, _Op]] = {
    OpCode.REQUEST_CONTROL: _Op(RequestControl),
    OpCode.RESET: _Op(Reset),
    OpCode.SET_TARGET_SPEED: _Op(SetTargetSpeed, _u16("speed"), Target.SPEED),
    OpCode.SET_TARGET_INCLINE: _Op(
        SetTargetIncline, Layout(Field("incline", S16)), Target.INCLINATION
    ),
    OpCode.SET_TARGET_RESISTANCE: _Op(
        SetTargetResistance, Layout(Field("resistance", S16)), Target.RESISTANCE_LEVEL
    ),
    OpCode.SET_TARGET_POWER: _Op(SetTargetPower, Layout(Field("power", S16)), Target.POWER),
    OpCode.SET_TARGET_HEART_RATE: _Op(
        SetTargetHeartRate, Layout(Field("heart_rate", U8)), Target.HEART_RATE
    ),
    OpCode.START_OR_RESUME: _Op(StartOrResume),
    OpCode.STOP_OR_PAUSE: _Op(StopOrPause, Layout(Field("kind", U8)), build=_stop_or_pause),
    OpCode.SET_TARGETED_ENERGY: _Op(SetTargetedEnergy, _u16("energy"), Target.EXPENDED_ENERGY),
    OpCode.SET_TARGETED_STEPS: _Op(SetTargetedSteps, _u16("steps"), Target.STEPS),
    OpCode.SET_TARGETED_STRIDES: _Op(SetTargetedStrides, _u16("strides"), Target.STRIDES),
    OpCode.SET_TARGETED_DISTANCE: _Op(
        SetTargetedDistance, Layout(Field("distance", U24)), Target.DISTANCE
    ),
    OpCode.SET_TARGETED_TIME: _Op(SetTargetedTime, _u16("time"), Target.TRAINING_TIME),
    OpCode.SET_TARGETED_TIME_IN_TWO_ZONES: _Op(
        SetTargetedTimeInTwoZones, _u16("fat_burn", "fitness"), Target.TIME_IN_TWO_ZONES
    ),
    OpCode.SET_TARGETED_TIME_IN_THREE_ZONES: _Op(
        SetTargetedTimeInThreeZones, _u16("light", "moderate", "hard"), Target.TIME_IN_THREE_ZONES
    ),
    OpCode.SET_TARGETED_TIME_IN_FIVE_ZONES: _Op(
        SetTargetedTimeInFiveZones,
        _u16("very_light", "light", "moderate", "hard", "maximum"),
        Target.TIME_IN_FIVE_ZONES,
    ),
    OpCode.SET_BIKE_SIMULATION: _Op(
        SetBikeSimulation,
        Layout(
            Field("wind_speed", S16),
            Field("grade", S16),
            Field("rolling_resistance", U8),
            Field("wind_resistance", U8),
        ),
        Target.BIKE_SIMULATION,
    ),
    OpCode.SET_WHEEL_CIRCUMFERENCE: _Op(
        SetWheelCircumference, _u16("circumference"), Target.WHEEL_CIRCUMFERENCE
    ),
    OpCode.SPIN_DOWN: _Op(SpinDown, Layout(Field("kind", U8)), Target.SPIN_DOWN, build=_spin_down),
    OpCode.SET_TARGETED_CADENCE: _Op(SetTargetedCadence, _u16("cadence"), Target.CADENCE),
}
_OP_OF: Final = {op.request: OpCode(code) for code, op in _OPS.items()}
# FTMS 1.0 gave the resistance one octet, erratum E10194 two.
_SHORT_RESISTANCE = Layout(Field("resistance", U8))


def op_code(request: Request) -> OpCode:
    """The op code of a request."""
    return _OP_OF[type(request)]


def supported_ops(targets: Target) -> frozenset[OpCode]:
    """What a server with these target features answers other than "not supported"."""
    return frozenset(OpCode(code) for code, op in _OPS.items() if op.target in targets)


def encode_request(request: Request) -> bytes:
    """The octets to write.

    Raises:
        EncodeError: a parameter does not fit.
    """
    code = op_code(request)
    layout = _OPS[code].layout
    return bytes((code,)) + layout.write(getattr(request, name) for name in layout.names)


def decode_request(value: bytes) -> Request:
    """Read what a client wrote. A parameter has exactly its length here: a server is strict.

    Raises:
        InvalidRequest: a reserved op, a wrong length or a reserved parameter; it holds the answer.
        DecodeError: nothing was written.
    """
    if not value:
        message = "a request has at least an op code"
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
            message = f"{layout.size} octets needed, {len(parameter)} there"
            raise ValueError(message)  # noqa: TRY301  (one place words the refusal)
        build: Callable[..., Request] = op.build or op.request
        return build(*layout.read(parameter))
    except ValueError as error:
        message = f"parameter of op code 0x{code:02x}: {error}"
        raise InvalidRequest(message, code, ResultCode.INVALID_PARAMETER) from None


_RESPONSE = Layout(Field("response", U8), Field("request_op", U8), Field("result", U8))


@dataclass(frozen=True, slots=True)
class Response:
    """The machine's answer; op and result may be reserved numbers, which are kept."""

    request_op: int
    result: int
    parameter: bytes = b""

    @property
    def success(self) -> bool:
        """Whether the machine agreed; reserved results are no agreement."""
        return self.result == ResultCode.SUCCESS

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read an indication.

        Raises:
            DecodeError: too short, or no answer at all.
        """
        response, request_op, result = _RESPONSE.read(value)
        if response != OpCode.RESPONSE:
            message = f"0x{response:02x} is not the op code of a response"
            raise DecodeError(message)
        return cls(request_op, result, value[_RESPONSE.size :])

    def encode(self) -> bytes:
        """The octets to indicate.

        Raises:
            EncodeError: a number that is no octet.
        """
        return _RESPONSE.write((OpCode.RESPONSE, self.request_op, self.result)) + self.parameter
