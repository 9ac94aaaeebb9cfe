"""Running Speed and Cadence: Measurement 2A53 and Feature 2A54 (RSC Service 1.0 §3)."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Self

from protocols.layout import U8, U16, U32, Field, Layout

_STRIDE_LENGTH = 0x01
_DISTANCE = 0x02
_RUNNING = 0x04

_LAYOUT = Layout(Field("flags", U8), Field("speed", U16), Field("cadence", U8))
_OPTIONAL = (
    (_STRIDE_LENGTH, "stride_length", Layout(Field("stride_length", U16))),
    (_DISTANCE, "distance", Layout(Field("distance", U32))),
)
_FEATURE = Layout(Field("features", U16))


class RscFeature(IntFlag):
    """Capabilities of the sensor."""

    STRIDE_LENGTH = 1 << 0
    TOTAL_DISTANCE = 1 << 1
    WALKING_OR_RUNNING = 1 << 2
    CALIBRATION = 1 << 3
    MULTIPLE_LOCATIONS = 1 << 4

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse the value of 2A54; reserved bits are ignored.

        Raises:
            DecodeError: fewer than two octets.
        """
        return cls(_FEATURE.read(value)[0] & 0x1F)

    def encode(self) -> bytes:
        """Return the two octets of 2A54."""
        return _FEATURE.write((self,))


@dataclass(frozen=True, slots=True)
class RscMeasurement:
    """One measurement: `speed` in 1/256 m/s, `cadence` per minute, `stride_length` in cm.

    `distance` is in 0.1 m. Depending on the machine, the cadence counts steps or strides.
    """

    speed: int
    cadence: int
    running: bool = False
    stride_length: int | None = None
    distance: int | None = None

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse a notification; a truncated optional field is None.

        Raises:
            DecodeError: speed and cadence are incomplete.
        """
        flags, speed, cadence = _LAYOUT.read(value)
        optional: dict[str, int] = {}
        offset = _LAYOUT.size
        for flag, name, layout in _OPTIONAL:
            if flags & flag and len(value) >= offset + layout.size:
                (optional[name],) = layout.read(value, offset)
                offset += layout.size
        return cls(speed, cadence, bool(flags & _RUNNING), **optional)

    def encode(self) -> bytes:
        """Return the octets to notify.

        Raises:
            EncodeError: a number does not fit.
        """
        flags = _RUNNING if self.running else 0
        tail = b""
        for flag, name, layout in _OPTIONAL:
            if (number := getattr(self, name)) is not None:
                flags |= flag
                tail += layout.write((number,))
        return _LAYOUT.write((flags, self.speed, self.cadence)) + tail
