"""Rules that allow a walk on nearly level ground: at the beginning, and after a pain."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.texts import Coming, Lasting, Words
from bridge.values import INCLINE, SPEED


def rest(facts: Facts) -> Iterable[Limit]:
    """Bound both axes while the rest after a reported pain lasts."""
    if facts.rest_left <= 0:
        return ()
    policy, ends = facts.policy, (("ends", Coming(facts.rest_left)),)
    return _bounds("rest", policy.rest_speed * facts.unit, policy.rest_incline, ends)


def warm_up(facts: Facts) -> Iterable[Limit]:
    """Bound both axes until enough belt time was observed."""
    if facts.warm_up_left <= 0:
        return ()
    policy, left = facts.policy, (("left", Lasting(facts.warm_up_left)),)
    return _bounds("warm_up", policy.warm_up_speed * facts.unit, policy.warm_up_incline, left)


def _bounds(rule: str, speed: float, incline: float, words: Words) -> tuple[Bound, ...]:
    return (
        Bound(SPEED, speed, rule, rule, words),
        Bound(INCLINE, float(incline), rule, rule, words),
    )
