"""Holds after a lowering at the console, against requests from elsewhere.

They outlive the run, the link and the process. An automation that repeats its request on a new link
must not undo what the runner just did.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Self

from bridge.values import Axis

RESPECT_S = 30.0
"""Seconds for which a lowering at the console rejects higher requests from elsewhere."""


@dataclass(frozen=True, slots=True)
class Slowed:
    """A lowering at the console: axis, age in seconds, and value (wire units)."""

    axis: Axis
    ago_s: float
    to: int


@dataclass(slots=True)
class Respect:
    """Time (monotonic seconds) and value (wire units) of the last lowering on each axis."""

    slowed: dict[Axis, tuple[float, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, past: Iterable[Slowed], now: float) -> Self:
        """Restore lowerings from before a restart."""
        return cls({slowed.axis: (now - slowed.ago_s, slowed.to) for slowed in past})

    def past(self, now: float) -> tuple[Slowed, ...]:
        """Return the lowerings still in force."""
        return tuple(
            Slowed(axis, now - when, to)
            for axis, (when, to) in self.slowed.items()
            if now - when < RESPECT_S
        )

    def slow(self, axis: Axis, value: int, now: float) -> None:
        """Record a lowering at the console."""
        self.slowed[axis] = (now, value)

    def quicken(self, axis: Axis) -> None:
        """Drop the lowering of an axis: the person raised it at the console."""
        self.slowed.pop(axis, None)

    def left(self, axis: Axis, value: int, now: float) -> float:
        """Return the seconds for which `value` is rejected from elsewhere; 0 if it is allowed."""
        if axis not in self.slowed:
            return 0.0
        when, to = self.slowed[axis]
        return max(0.0, when + RESPECT_S - now) if value > to else 0.0
