"""Rules that allow a walk on nearly level ground: warm-up, and rest after a pain."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Limit


def rest(facts: Facts) -> Iterable[Limit]:
    """Bound both axes while the rest after a reported pain lasts."""
    policy, left = facts.policy, facts.rest_left
    if left <= 0:
        return ()
    return facts.bounds("rest", policy.rest_speed, policy.rest_incline, ends_s=left)


def warm_up(facts: Facts) -> Iterable[Limit]:
    """Bound both axes until the warm-up time has been observed."""
    policy, left = facts.policy, facts.warm_up_left
    if left <= 0:
        return ()
    most = policy.warm_up_speed, policy.warm_up_incline
    if facts.speed:  # the end is known only while belt time counts
        return facts.bounds("warm_up", *most, ends_s=left)
    return facts.bounds("warm_up", *most, "waits", values=(("left", left),))
