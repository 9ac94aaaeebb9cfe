"""Ceilings of a training plan for today: speed, incline and length of a session."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, TypeVar

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.rules.gradual import Effort
from bridge.values import INCLINE, SPEED, Values


class Day(StrEnum):
    """Kind of day in the plan.

    RUN: a session is due. REST: a rest day. CONFIRMED: a rest day on which the person confirmed a
    run. ENDED: pain ended the plan.
    """

    RUN = "run"
    REST = "rest"
    CONFIRMED = "confirmed"
    ENDED = "ended"


_CASES = {Day.RUN: "", Day.REST: "rest", Day.CONFIRMED: "confirmed", Day.ENDED: "ended"}


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
            speed=_least(self.speed, before.speed),
            incline=_least(self.incline, before.incline),
            time_s=_least(self.time_s, before.time_s),
            distance_m=_least(self.distance_m, before.distance_m),
        )


_N = TypeVar("_N", int, float)


def _least(one: _N | None, other: _N | None) -> _N | None:
    return other if one is None else one if other is None else min(one, other)


def plan(facts: Facts) -> Iterator[Limit]:
    """Bound both axes by today's ceilings; to a walk on a rest day or after the plan ended."""
    ceilings = facts.plan
    if ceilings is None:
        return
    speed, incline, policy = ceilings.speed, ceilings.incline, facts.policy
    if ceilings.walks:
        speed, incline = _least(speed, policy.rest_speed), _least(incline, policy.rest_incline)
    case, values = _CASES[ceilings.day], ceilings.values
    if speed is not None:
        yield Bound(SPEED, speed * facts.unit, "plan", case, values=values)
    if incline is not None:
        yield Bound(INCLINE, float(incline), "plan", case, values=values)


class Left(NamedTuple):
    """Rest of a session: the measure that ends it, its maximum and the seconds left."""

    measure: str
    most: float
    seconds: float


def left(ceilings: Ceilings, effort: Effort, speed: int) -> Left | None:
    """Return the ceiling that a session at `speed` (0.01 km/h) reaches first, and when.

    None if the plan sets no length, or if the belt does not move towards it.
    """
    found = []
    if ceilings.time_s is not None:
        seconds = max(0.0, ceilings.time_s - effort.time_s)
        found.append(Left("time_s", ceilings.time_s, seconds))
    if ceilings.distance_m is not None:
        metres = max(0.0, ceilings.distance_m - effort.distance_m)
        if metres == 0:
            found.append(Left("distance_m", ceilings.distance_m, 0.0))
        elif speed > 0:
            found.append(Left("distance_m", ceilings.distance_m, metres * 360 / speed))
    return min(found, key=lambda each: each.seconds, default=None)
