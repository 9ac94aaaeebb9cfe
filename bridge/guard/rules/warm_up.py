"""The first minutes of belt time are gentle."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.texts import Lasting
from bridge.values import Axis


def warm_up(facts: Facts) -> Iterator[Limit]:
    """Bound speed and incline until enough belt time was observed."""
    if facts.warm_up_left <= 0:
        return
    left = (("left", Lasting(facts.warm_up_left)),)
    policy = facts.policy
    yield Bound(Axis.SPEED, policy.warm_up_speed * facts.unit, "warm_up", "warm_up", left)
    yield Bound(Axis.INCLINE, float(policy.warm_up_incline), "warm_up", "warm_up", left)
