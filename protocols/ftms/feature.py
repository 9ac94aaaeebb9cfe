"""Fitness Machine Feature, 2ACC: the claimed features of a machine (FTMS 1.0.1 §4.3).

Machines overstate and understate them (quirks D13, D14): the flags of the data take precedence.
"""

from dataclasses import dataclass
from enum import IntFlag
from typing import Self

from protocols.layout import U32, Field, Layout


class Feature(IntFlag):
    """Measured quantities: octets 0 to 3."""

    AVERAGE_SPEED = 1 << 0
    CADENCE = 1 << 1
    TOTAL_DISTANCE = 1 << 2
    INCLINATION = 1 << 3
    ELEVATION_GAIN = 1 << 4
    PACE = 1 << 5
    STEP_COUNT = 1 << 6
    RESISTANCE_LEVEL = 1 << 7
    STRIDE_COUNT = 1 << 8
    EXPENDED_ENERGY = 1 << 9
    HEART_RATE = 1 << 10
    METABOLIC_EQUIVALENT = 1 << 11
    ELAPSED_TIME = 1 << 12
    REMAINING_TIME = 1 << 13
    POWER_MEASUREMENT = 1 << 14
    FORCE_ON_BELT = 1 << 15
    USER_DATA_RETENTION = 1 << 16


class Target(IntFlag):
    """Targets that a client can set: octets 4 to 7."""

    SPEED = 1 << 0
    INCLINATION = 1 << 1
    RESISTANCE_LEVEL = 1 << 2
    POWER = 1 << 3
    HEART_RATE = 1 << 4
    EXPENDED_ENERGY = 1 << 5
    STEPS = 1 << 6
    STRIDES = 1 << 7
    DISTANCE = 1 << 8
    TRAINING_TIME = 1 << 9
    TIME_IN_TWO_ZONES = 1 << 10
    TIME_IN_THREE_ZONES = 1 << 11
    TIME_IN_FIVE_ZONES = 1 << 12
    BIKE_SIMULATION = 1 << 13
    WHEEL_CIRCUMFERENCE = 1 << 14
    SPIN_DOWN = 1 << 15
    CADENCE = 1 << 16


# A client ignores the reserved bits (17 to 31 in both words).
_ASSIGNED = (1 << 17) - 1
_NO_FEATURE = Feature(0)
_NO_TARGET = Target(0)
_LAYOUT = Layout(Field("features", U32), Field("targets", U32))


@dataclass(frozen=True, slots=True)
class FitnessMachineFeature:
    """Both words, without their reserved bits."""

    features: Feature = _NO_FEATURE
    targets: Target = _NO_TARGET

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse the value of 2ACC: 8 octets; more are ignored.

        Raises:
            DecodeError: fewer than 8 octets.
        """
        features, targets = _LAYOUT.read(value)
        return cls(Feature(features & _ASSIGNED), Target(targets & _ASSIGNED))

    def encode(self) -> bytes:
        """Return the 8 octets of 2ACC."""
        return _LAYOUT.write((self.features, self.targets))
