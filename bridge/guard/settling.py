"""A belt found moving: it is left alone until its speed and incline are steady."""

from dataclasses import dataclass, field

from bridge.guard.facts import Grid
from bridge.values import Axis

STEADY_SAMPLES = 3
MOST_SAMPLES = 10
"""What never settles is taken at the lowest it was seen at, so that the limits hold for it too."""


@dataclass(slots=True)
class Settling:
    """How many samples in a row have shown about the same (wire units)."""

    seen: int = 0
    steady: int = 0
    last: dict[Axis, int] = field(default_factory=dict)
    lowest: dict[Axis, int] = field(default_factory=dict)

    def add(self, measured: dict[Axis, int], grids: dict[Axis, Grid]) -> bool:
        """Take a sample; True when the belt may be adopted."""
        same = measured.keys() == self.last.keys() and all(
            abs(value - self.last[axis]) <= grids[axis].tolerance(self.last[axis])
            for axis, value in measured.items()
        )
        self.steady = self.steady + 1 if same else 1
        self.seen += 1
        self.last = measured
        for axis, value in measured.items():
            self.lowest[axis] = min(value, self.lowest.get(axis, value))
        return self.is_steady or self.seen >= MOST_SAMPLES

    @property
    def is_steady(self) -> bool:
        """Whether the last samples agree."""
        return self.steady >= STEADY_SAMPLES

    @property
    def at(self) -> dict[Axis, int]:
        """Where the belt is to be adopted."""
        return self.last if self.is_steady else self.lowest
