"""Rules that allow a walk on nearly level ground: warm-up, and rest after a pain."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.values import INCLINE, SPEED


def rest(facts: Facts) -> Iterable[Limit]:
    """Bound both axes while the rest after a reported pain lasts."""
    if facts.rest_left <= 0:
        return ()
    policy = facts.policy
    speed, incline = policy.rest_speed * facts.unit, float(policy.rest_incline)
    left = facts.rest_left
    return (
        Bound(SPEED, speed, "rest", ends_s=left),
        Bound(INCLINE, incline, "rest", ends_s=left),
    )


def warm_up(facts: Facts) -> Iterable[Limit]:
    """Bound both axes until the warm-up time has been observed."""
    if facts.warm_up_left <= 0:
        return ()
    policy, left = facts.policy, facts.warm_up_left
    speed, incline = policy.warm_up_speed * facts.unit, float(policy.warm_up_incline)
    if facts.speed:  # the end is known only while belt time counts
        return (
            Bound(SPEED, speed, "warm_up", ends_s=left),
            Bound(INCLINE, incline, "warm_up", ends_s=left),
        )
    values = (("left", left),)
    return (
        Bound(SPEED, speed, "warm_up", "waits", values=values),
        Bound(INCLINE, incline, "warm_up", "waits", values=values),
    )
