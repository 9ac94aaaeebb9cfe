"""Ceilings of a training plan for today: speed, incline and length of a session."""

from collections.abc import Iterable
from typing import NamedTuple

from bridge.guard.facts import Facts
from bridge.guard.limits import Limit
from bridge.values.effort import Effort
from bridge.values.plan import Ceilings, Day, least


def plan(facts: Facts) -> Iterable[Limit]:
    """Bound both axes by today's ceilings; to a walk on a rest day or after the plan ended."""
    ceilings = facts.plan
    if ceilings is None:
        return ()
    speed, incline, policy = ceilings.speed, ceilings.incline, facts.policy
    if ceilings.walks:
        speed, incline = least(speed, policy.rest_speed), least(incline, policy.rest_incline)
    case = "" if ceilings.day is Day.RUN else ceilings.day.value
    return facts.bounds("plan", speed, incline, case, values=ceilings.values)


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
