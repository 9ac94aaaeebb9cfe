"""The first minutes of belt time are gentle."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.texts import amount, duration, say
from bridge.values import Axis


def warm_up(facts: Facts) -> Iterator[Limit]:
    """Bound speed and incline until enough belt time was observed."""
    if facts.warm_up_left <= 0:
        return
    left = duration(facts.warm_up_left)
    for axis, most in (
        (Axis.SPEED, facts.policy.warm_up_speed * facts.unit),
        (Axis.INCLINE, float(facts.policy.warm_up_incline)),
    ):
        yield Bound(axis, most, "warm_up", say("warm_up", limit=amount(axis, most), left=left))
