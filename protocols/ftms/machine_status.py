"""Fitness Machine Status, 2ADA: changes at the machine (FTMS 1.0.1 §4.17).

The op codes resemble those of the control point but differ; the table in `control_server` maps
them.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Final, Self

from protocols.layout import S16, U8, U16, U24, Field, Layout


class StatusOp(IntEnum):
    """The assigned events."""

    RESET = 0x01
    STOPPED_OR_PAUSED = 0x02
    STOPPED_BY_SAFETY_KEY = 0x03
    STARTED_OR_RESUMED = 0x04
    TARGET_SPEED_CHANGED = 0x05
    TARGET_INCLINE_CHANGED = 0x06
    TARGET_RESISTANCE_CHANGED = 0x07
    TARGET_POWER_CHANGED = 0x08
    TARGET_HEART_RATE_CHANGED = 0x09
    TARGETED_ENERGY_CHANGED = 0x0A
    TARGETED_STEPS_CHANGED = 0x0B
    TARGETED_STRIDES_CHANGED = 0x0C
    TARGETED_DISTANCE_CHANGED = 0x0D
    TARGETED_TIME_CHANGED = 0x0E
    TARGETED_TIME_IN_TWO_ZONES_CHANGED = 0x0F
    TARGETED_TIME_IN_THREE_ZONES_CHANGED = 0x10
    TARGETED_TIME_IN_FIVE_ZONES_CHANGED = 0x11
    BIKE_SIMULATION_CHANGED = 0x12
    WHEEL_CIRCUMFERENCE_CHANGED = 0x13
    SPIN_DOWN_STATUS = 0x14
    TARGETED_CADENCE_CHANGED = 0x15
    CONTROL_PERMISSION_LOST = 0xFF


_OP = Layout(Field("op", U8))
_NOTHING = Layout()
_OCTET = Layout(Field("value", U8))
_UNSIGNED = Layout(Field("value", U16))
_SIGNED = Layout(Field("value", S16))
_LONG = Layout(Field("value", U24))


def _times(count: int) -> Layout:
    return Layout(*(Field(f"time_{zone}", U16) for zone in range(1, count + 1)))


# Parameters of the ops; ops that are not listed have none.
_PARAMETERS: Final[dict[int, Layout]] = {
    StatusOp.STOPPED_OR_PAUSED: _OCTET,
    StatusOp.TARGET_SPEED_CHANGED: _UNSIGNED,
    StatusOp.TARGET_INCLINE_CHANGED: _SIGNED,
    StatusOp.TARGET_RESISTANCE_CHANGED: _SIGNED,
    StatusOp.TARGET_POWER_CHANGED: _SIGNED,
    StatusOp.TARGET_HEART_RATE_CHANGED: _OCTET,
    StatusOp.TARGETED_ENERGY_CHANGED: _UNSIGNED,
    StatusOp.TARGETED_STEPS_CHANGED: _UNSIGNED,
    StatusOp.TARGETED_STRIDES_CHANGED: _UNSIGNED,
    StatusOp.TARGETED_DISTANCE_CHANGED: _LONG,
    StatusOp.TARGETED_TIME_CHANGED: _UNSIGNED,
    StatusOp.TARGETED_TIME_IN_TWO_ZONES_CHANGED: _times(2),
    StatusOp.TARGETED_TIME_IN_THREE_ZONES_CHANGED: _times(3),
    StatusOp.TARGETED_TIME_IN_FIVE_ZONES_CHANGED: _times(5),
    StatusOp.BIKE_SIMULATION_CHANGED: Layout(
        Field("wind_speed", S16),
        Field("grade", S16),
        Field("rolling_resistance", U8),
        Field("wind_resistance", U8),
    ),
    StatusOp.WHEEL_CIRCUMFERENCE_CHANGED: _UNSIGNED,
    StatusOp.SPIN_DOWN_STATUS: _OCTET,
    StatusOp.TARGETED_CADENCE_CHANGED: _UNSIGNED,
}


@dataclass(frozen=True, slots=True)
class MachineStatus:
    """One event: its op, which may be reserved, and its parameter in wire units.

    `value` is a tuple if the op has several parameters. It is None if the op has none or is
    reserved, or if the machine omitted it.
    """

    op: int
    value: int | tuple[int, ...] | None = None

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse a notification; reserved ops are kept, surplus octets ignored (quirks S2, S9).

        A missing parameter does not invalidate the status: a stopped belt must be known in any
        case.

        Raises:
            DecodeError: the value is empty.
        """
        (op,) = _OP.read(value)
        layout = _PARAMETERS.get(op, _NOTHING)
        if op == StatusOp.TARGET_RESISTANCE_CHANGED and len(value) == _OP.size + _OCTET.size:
            layout = _OCTET  # FTMS 1.0
        if not layout.size or len(value) < _OP.size + layout.size:
            return cls(op)
        numbers = layout.read(value, _OP.size)
        return cls(op, numbers[0] if len(numbers) == 1 else numbers)

    def encode(self) -> bytes:
        """Return the octets to notify.

        Raises:
            EncodeError: the parameter does not fit the op.
        """
        layout = _PARAMETERS.get(self.op, _NOTHING)
        numbers = self.value if isinstance(self.value, tuple) else (self.value,)
        return _OP.write((self.op,)) + layout.write(numbers if layout.size else ())
