"""Ranges of targets: minimum, maximum and step, independent of any protocol.

Speeds are 0.01 km/h, inclines 0.1 %.
"""

from dataclasses import dataclass
from math import floor

# 8.2 × 100 is 819.999… in binary: a value this close below a step counts as that step.
_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True)
class Range:
    """Range of a target; not checked for plausibility."""

    minimum: int
    maximum: int
    step: int

    def __contains__(self, target: int) -> bool:
        """Return True if a server accepts this target; servers do not check the step."""
        return self.minimum <= target <= self.maximum

    def floor(self, value: float) -> int:
        """Return the largest step of the grid not above `value`, in wire units, within the range.

        The grid starts at the minimum (quirk D27), and a step of 0 counts as 1. Below the minimum,
        and for NaN, the result is the minimum. A maximum off the grid is never reached.
        """
        if not value >= self.minimum:
            return self.minimum
        step = self.step or 1
        steps = floor((min(value, self.maximum) - self.minimum + _TOLERANCE) / step)
        return self.minimum + max(0, steps) * step


class SpeedRange(Range):
    """Speeds in 0.01 km/h."""

    __slots__ = ()


class InclineRange(Range):
    """Inclines in 0.1 %; the minimum may be negative."""

    __slots__ = ()
