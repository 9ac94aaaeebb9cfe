"""The cool-down that `finish` begins: a linear slope to a walk, then a stop."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Self

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.values import Axis
from bridge.values.policy import Policy


@dataclass(frozen=True, slots=True)
class CoolDown:
    """A slope from the values measured at `began` (monotonic seconds) to the end values.

    Speeds and inclines in wire units.
    """

    began: float
    duration_s: float
    start: dict[Axis, float]
    end: dict[Axis, float]

    @classmethod
    def begin(cls, policy: Policy, now: float, unit: float, here: dict[Axis, float]) -> Self:
        """Begin at the measured values; `unit` scales speeds while they may be in miles."""
        walk = {
            Axis.SPEED: policy.cool_down_speed * unit,
            Axis.INCLINE: float(policy.cool_down_incline),
        }
        end = {axis: min(here[axis], walk[axis]) for axis in Axis}
        return cls(now, policy.cool_down_s, here, end)

    def turned(self, now: float) -> Self:
        """Convert `began` to seconds ago, as in a `Past`, or back."""
        return replace(self, began=now - self.began)

    def later(self, seconds: float) -> Self:
        """Return the slope shifted by the seconds of a pause."""
        return replace(self, began=self.began + seconds)

    def most(self, axis: Axis, now: float) -> float:
        """Return the bound of the slope on an axis now."""
        part = min(1.0, max(0.0, now - self.began) / self.duration_s) if self.duration_s else 1.0
        return self.start[axis] + (self.end[axis] - self.start[axis]) * part

    def left(self, now: float) -> float:
        """Return the seconds until the stop."""
        return max(0.0, self.began + self.duration_s - now)


def cool_down(facts: Facts) -> Iterator[Limit]:
    """Bound both axes by the slope, in whole steps of the machine.

    A bound on the line itself would change, and be written, at each decision. A request below the
    line stays until the line is lower.
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
