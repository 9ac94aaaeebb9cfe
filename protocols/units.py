"""Conversion between FTMS wire integers and km/h or percent.

From the wire it divides: a division of integers yields the nearest double, so 820 becomes 8.2. To
the wire it rounds, because 8.2 × 100 is 819.999… in binary, and truncating would lose a step.
"""

from typing import Final

SPEED: Final = 100
"""Wire units in 1 km/h."""

INCLINE: Final = 10
"""Wire units in 1 %."""

MPH: Final = 1.609344
"""Kilometres in a mile (exact, international yard and pound agreement of 1959)."""


def to_kmh(speed: int) -> float:
    """Return km/h of a speed in 0.01 km/h."""
    return speed / SPEED


def from_kmh(kmh: float) -> int:
    """Return the speed in 0.01 km/h nearest to `kmh`, which must be finite."""
    return round(kmh * SPEED)


def to_percent(incline: int) -> float:
    """Return percent of an incline in 0.1 %."""
    return incline / INCLINE


def from_percent(percent: float) -> int:
    """Return the incline in 0.1 % nearest to `percent`, which must be finite."""
    return round(percent * INCLINE)
