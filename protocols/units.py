"""Between FTMS wire integers and the numbers people read.

Wire to people divides, and a division of integers yields the nearest double, so that 820 reads 8.2.
People to wire rounds, because 8.2 × 100 is 819.999… in binary: truncating would lose a step.
"""

from typing import Final

SPEED: Final = 100
"""Wire units in 1 km/h."""

INCLINE: Final = 10
"""Wire units in 1 %."""

MPH: Final = 1.609344
"""Kilometres in a mile (exact, international yard and pound agreement of 1959)."""


def to_kmh(speed: int) -> float:
    """km/h of a speed in 0.01 km/h."""
    return speed / SPEED


def from_kmh(kmh: float) -> int:
    """The speed in 0.01 km/h nearest to `kmh`, which is finite."""
    return round(kmh * SPEED)


def to_percent(incline: int) -> float:
    """Percent of an incline in 0.1 %."""
    return incline / INCLINE


def from_percent(percent: float) -> int:
    """The incline in 0.1 % nearest to `percent`, which is finite."""
    return round(percent * INCLINE)
