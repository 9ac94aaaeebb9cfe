"""The first minutes of belt time are gentle."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.texts import Lasting
from bridge.values import INCLINE, SPEED


def warm_up(facts: Facts) -> Iterable[Limit]:
    """Bound speed and incline until enough belt time was observed."""
    if facts.warm_up_left <= 0:
        return ()
    left = (("left", Lasting(facts.warm_up_left)),)
    policy = facts.policy
    return (
        Bound(SPEED, policy.warm_up_speed * facts.unit, "warm_up", "warm_up", left),
        Bound(INCLINE, float(policy.warm_up_incline), "warm_up", "warm_up", left),
    )
