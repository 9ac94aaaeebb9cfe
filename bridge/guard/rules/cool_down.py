"""The cool-down that `finish` begins: a slope down to a walk, then a stop."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.policy import Policy
from bridge.values import Axis


@dataclass(frozen=True, slots=True)
class CoolDown:
    """A slope from what was measured at `began` (monotonic seconds) to the end values.

    Speeds and inclines in wire units.
    """

    began: float
    duration_s: float
    start: dict[Axis, float]
    end: dict[Axis, float]

    @classmethod
    def begin(cls, policy: Policy, now: float, unit: float, here: dict[Axis, float]) -> Self:
        """Begin at what is measured now; `unit` scales a speed while it may be in miles."""
        walk = {
            Axis.SPEED: policy.cool_down_speed * unit,
            Axis.INCLINE: float(policy.cool_down_incline),
        }
        end = {axis: min(here[axis], walk[axis]) for axis in Axis}
        return cls(now, policy.cool_down_s, here, end)

    def turned(self, now: float) -> Self:
        """Turn `began` into seconds ago, as a `Past` holds it, or back."""
        return replace(self, began=now - self.began)

    def later(self, seconds: float) -> Self:
        """The same, after a pause."""
        return replace(self, began=self.began + seconds)

    def most(self, axis: Axis, now: float) -> float:
        """The most that the slope allows on an axis now."""
        part = min(1.0, max(0.0, now - self.began) / self.duration_s) if self.duration_s else 1.0
        return self.start[axis] + (self.end[axis] - self.start[axis]) * part

    def left(self, now: float) -> float:
        """Seconds until the stop."""
        return max(0.0, self.began + self.duration_s - now)


def cool_down(facts: Facts) -> Iterator[Limit]:
    """Bound both axes by the slope that `finish` began, a whole step of the machine at a time.

    A request that followed the line itself would change with each decision, and be written each
    time. What a person asks below the line holds until the line is lower.
    """
    slope = facts.cool_down
    if slope is None:
        return
    for axis, grid in facts.grids.items():
        most = slope.most(axis, facts.now)
        if grid.settable:
            most = float(min(most, grid.range.floor(most)))
        left = slope.left(facts.now)
        yield Bound(axis, most, "cool_down", ends_s=left, slides=True, announced=True)
