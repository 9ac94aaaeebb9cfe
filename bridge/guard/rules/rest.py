"""After a reported pain: a walk, and level ground."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.texts import Coming
from bridge.values import INCLINE, SPEED


def rest(facts: Facts) -> Iterable[Limit]:
    """Bound both axes while the rest lasts."""
    if facts.rest_left <= 0:
        return ()
    ends = (("ends", Coming(facts.rest_left)),)
    policy = facts.policy
    return (
        Bound(SPEED, policy.rest_speed * facts.unit, "rest", "rest", ends),
        Bound(INCLINE, float(policy.rest_incline), "rest", "rest", ends),
    )
