"""What a hand slowed at the console stands for a while against requests from elsewhere.

It outlives the run, the link and the process: an automation that asks again on a new link must not
undo what the runner did a moment before.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from bridge.values import Axis

RESPECT_S = 30.0
"""How long the console's slower speed stands against requests from elsewhere."""


@dataclass(frozen=True, slots=True)
class Slowed:
    """What a hand at the console slowed: which axis, how long ago, and to what (wire units)."""

    axis: Axis
    ago_s: float
    to: int


@dataclass(slots=True)
class Respect:
    """When each axis was slowed last (monotonic seconds), and to what (wire units)."""

    slowed: dict[Axis, tuple[float, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, past: Iterable[Slowed], now: float) -> Self:
        """Go on with what was slowed before another process began."""
        return cls({slowed.axis: (now - slowed.ago_s, slowed.to) for slowed in past})

    def past(self, now: float) -> tuple[Slowed, ...]:
        """What of it still stands."""
        return tuple(
            Slowed(axis, now - when, to)
            for axis, (when, to) in self.slowed.items()
            if now - when < RESPECT_S
        )

    def slow(self, axis: Axis, value: int, now: float) -> None:
        """A hand slowed an axis."""
        self.slowed[axis] = (now, value)

    def quicken(self, axis: Axis) -> None:
        """A hand made an axis faster again: its older word stands no more."""
        self.slowed.pop(axis, None)

    def left(self, axis: Axis, value: int, now: float) -> float:
        """Seconds for which `value` may not be asked from elsewhere; 0 where it may."""
        if axis not in self.slowed:
            return 0.0
        when, to = self.slowed[axis]
        return max(0.0, when + RESPECT_S - now) if value > to else 0.0
