"""The supported ranges, 2AD4 to 2AD8: minimum, maximum, step, in wire units (FTMS 1.0.1 §4)."""

from dataclasses import astuple
from typing import ClassVar, Self

from protocols import ranges
from protocols.layout import S16, U8, U16, Field, Kind, Layout


def _layout(limits: Kind, step: Kind) -> Layout:
    return Layout(Field("minimum", limits), Field("maximum", limits), Field("step", step))


class Range(ranges.Range):
    """A range as reported by a machine; not checked for plausibility."""

    __slots__ = ()
    LAYOUT: ClassVar[Layout]

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse the characteristic's value; surplus octets are ignored.

        Raises:
            DecodeError: the value is too short.
        """
        return cls(*cls.LAYOUT.read(value))

    def encode(self) -> bytes:
        """Return the octets of the characteristic.

        Raises:
            EncodeError: a number does not fit.
        """
        return self.LAYOUT.write(astuple(self))


class SpeedRange(ranges.SpeedRange, Range):
    """2AD4: 0.01 km/h."""

    __slots__ = ()
    LAYOUT = _layout(U16, U16)


class InclineRange(ranges.InclineRange, Range):
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
        """Parse either form by its length; surplus octets are ignored.

        Raises:
            DecodeError: fewer than three octets.
        """
        layout = cls.LAYOUT if len(value) >= cls.LAYOUT.size else cls.SHORT
        return cls(*layout.read(value))
