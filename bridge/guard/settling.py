"""A belt found moving: it is left alone until its speed is steady."""

from dataclasses import dataclass

from bridge.guard.facts import Grid

STEADY_SAMPLES = 3
MOST_SAMPLES = 10
"""A speed that never settles is taken as it is, so that the limits hold for it too."""


@dataclass(slots=True)
class Settling:
    """How many samples in a row have shown about the same speed (0.01 km/h)."""

    seen: int = 0
    steady: int = 0
    speed: int | None = None

    def add(self, speed: int, grid: Grid) -> bool:
        """Take a sample; True when the belt may be adopted."""
        same = self.speed is not None and abs(speed - self.speed) <= grid.tolerance(self.speed)
        self.steady = self.steady + 1 if same else 1
        self.seen += 1
        self.speed = speed
        return self.steady >= STEADY_SAMPLES or self.seen >= MOST_SAMPLES
