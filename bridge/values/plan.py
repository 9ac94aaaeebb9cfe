"""Ceilings that a training plan sets for one session."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, TypeVar

from bridge.values import Values
from bridge.values.effort import Effort

_N = TypeVar("_N", int, float)


def least(one: _N | None, other: _N | None) -> _N | None:
    """Return the lower of two ceilings; None is no ceiling."""
    return other if one is None else one if other is None else min(one, other)


class Day(StrEnum):
    """Kind of day in the plan.

    RUN: a session is due. REST: a rest day. CONFIRMED: a rest day on which the person confirmed a
    run. ENDED: pain ended the plan.
    """

    RUN = "run"
    REST = "rest"
    CONFIRMED = "confirmed"
    ENDED = "ended"


class Left(NamedTuple):
    """Rest of a session: the measure that ends it, its maximum and the seconds left."""

    measure: str
    most: float
    seconds: float


@dataclass(frozen=True, slots=True)
class Ceilings:
    """Ceilings of one phase for today; None where the plan sets none.

    `speed` in 0.01 km/h, `incline` in 0.1 %. `time_s` (belt time) and `distance_m` are the most of
    one session until its cool-down begins. `phase` counts from 1. `opens_s`: seconds until the rest
    day is over.
    """

    phase: int
    phases: int
    name: str
    day: Day = Day.RUN
    speed: int | None = None
    incline: int | None = None
    time_s: float | None = None
    distance_m: float | None = None
    opens_s: float = 0.0

    @property
    def walks(self) -> bool:
        """True if only a walk is allowed and a start needs confirmation."""
        return self.day in {Day.REST, Day.ENDED}

    @property
    def place(self) -> str:
        """Number of the phase and count of phases."""
        return f"{self.phase} of {self.phases}"

    @property
    def values(self) -> Values:
        """Values of the phase for a reason."""
        return (("phase", self.place), ("name", self.name))

    def confirmed(self) -> "Ceilings":
        """Return the ceilings after the person confirmed a run; an ended plan stays at a walk."""
        return self if self.day is Day.ENDED else replace(self, day=Day.CONFIRMED)

    def aged(self, seconds: float) -> "Ceilings":
        """Return the ceilings this many seconds later."""
        return replace(self, opens_s=max(0.0, self.opens_s - seconds))

    def within(self, before: "Ceilings | None") -> "Ceilings":
        """Return the lower of these ceilings and those of `before`.

        A session in progress keeps its kind of day, unless only a walk is allowed now.
        """
        if before is None:
            return self
        return replace(
            self,
            day=self.day if self.walks else before.day,
            speed=least(self.speed, before.speed),
            incline=least(self.incline, before.incline),
            time_s=least(self.time_s, before.time_s),
            distance_m=least(self.distance_m, before.distance_m),
        )

    def left(self, effort: Effort, speed: int) -> Left | None:
        """Return the ceiling that a session at `speed` (0.01 km/h) reaches first, and when.

        None if the plan sets no length, or if the belt does not move towards it.
        """
        found = []
        if self.time_s is not None:
            seconds = max(0.0, self.time_s - effort.time_s)
            found.append(Left("time_s", self.time_s, seconds))
        if self.distance_m is not None:
            metres = max(0.0, self.distance_m - effort.distance_m)
            if metres == 0:
                found.append(Left("distance_m", self.distance_m, 0.0))
            elif speed:
                found.append(Left("distance_m", self.distance_m, metres * 360 / speed))
        return min(found, key=lambda each: each.seconds, default=None)
