"""The supported ranges, 2AD4 to 2AD8: minimum, maximum, step, in wire units (FTMS 1.0.1 §4)."""

from dataclasses import astuple, dataclass
from math import floor
from typing import ClassVar, Self

from protocols.layout import S16, U8, U16, Field, Kind, Layout

# 8.2 × 100 is 819.999… in binary: a value this close below a step of the grid is that step.
_TOLERANCE = 1e-6


def _layout(limits: Kind, step: Kind) -> Layout:
    return Layout(Field("minimum", limits), Field("maximum", limits), Field("step", step))


@dataclass(frozen=True, slots=True)
class Range:
    """Where a target may lie, as the machine says it; nothing here proves that it makes sense."""

    minimum: int
    maximum: int
    step: int

    LAYOUT: ClassVar[Layout]

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read the characteristic's value; surplus octets are ignored.

        Raises:
            DecodeError: the value is too short.
        """
        return cls(*cls.LAYOUT.read(value))

    def encode(self) -> bytes:
        """The octets of the characteristic.

        Raises:
            EncodeError: a number does not fit.
        """
        return self.LAYOUT.write(astuple(self))

    def __contains__(self, target: int) -> bool:
        """Whether a server takes this target; the step is the client's courtesy."""
        return self.minimum <= target <= self.maximum

    def floor(self, value: float) -> int:
        """The largest step of the grid not above `value`, in wire units, within the range.

        The grid starts at the minimum (quirk D27), and a step of 0 counts as 1. Below the minimum,
        and for NaN, the answer is the minimum. A maximum that is off the grid is never reached.
        """
        if not value >= self.minimum:
            return self.minimum
        step = self.step or 1
        steps = floor((min(value, self.maximum) - self.minimum + _TOLERANCE) / step)
        return self.minimum + max(0, steps) * step


class SpeedRange(Range):
    """2AD4: 0.01 km/h."""

    __slots__ = ()
    LAYOUT = _layout(U16, U16)


class InclineRange(Range):
    """2AD5: 0.1 %; the minimum may be negative."""

    __slots__ = ()
    LAYOUT = _layout(S16, U16)


class HeartRateRange(Range):
    """2AD7: beats per minute."""

    __slots__ = ()
    LAYOUT = _layout(U8, U8)


class PowerRange(Range):
    """2AD8: watts."""

    __slots__ = ()
    LAYOUT = _layout(S16, U16)


class ResistanceRange(Range):
    """2AD6: unitless. Six octets (0.1: 2017 XML, test suite) or three (GSS)."""

    __slots__ = ()
    LAYOUT = _layout(S16, U16)
    SHORT: ClassVar[Layout] = _layout(U8, U8)

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read either form by its length; surplus octets are ignored.

        Raises:
            DecodeError: fewer than three octets.
        """
        layout = cls.LAYOUT if len(value) >= cls.LAYOUT.size else cls.SHORT
        return cls(*layout.read(value))
