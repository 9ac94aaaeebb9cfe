"""A belt found moving: it is left alone until its speed and incline are steady."""

from dataclasses import dataclass, field

from bridge.guard.facts import Grid
from bridge.values import Axis

STEADY_SAMPLES = 3
MOST_SAMPLES = 10
"""What never settles is taken as it is, so that the limits hold for it too."""


@dataclass(slots=True)
class Settling:
    """How many samples in a row have shown about the same (wire units)."""

    seen: int = 0
    steady: int = 0
    last: dict[Axis, int] = field(default_factory=dict)

    def add(self, measured: dict[Axis, int], grids: dict[Axis, Grid]) -> bool:
        """Take a sample; True when the belt may be adopted."""
        same = measured.keys() == self.last.keys() and all(
            abs(value - self.last[axis]) <= grids[axis].tolerance(self.last[axis])
            for axis, value in measured.items()
        )
        self.steady = self.steady + 1 if same else 1
        self.seen += 1
        self.last = measured
        return self.steady >= STEADY_SAMPLES or self.seen >= MOST_SAMPLES
