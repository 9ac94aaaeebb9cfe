"""Ceilings of a training plan for today, on speed and incline."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Limit
from bridge.values.plan import Day, least


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
