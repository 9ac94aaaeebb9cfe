"""A heart that beats too fast slows the belt; one that is not heard holds it."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Hold, Limit
from bridge.guard.texts import Words
from bridge.values import Axis


def heart_rate(facts: Facts) -> Iterator[Limit]:
    """Hold everything above the ceiling and without a signal; bound the speed step by step."""
    ceiling, heart = facts.policy.heart_rate_ceiling, facts.heart
    if ceiling is None:
        return
    words: Words = (("rate", heart.rate), ("ceiling", ceiling))
    if heart.is_lost(facts.now):
        yield Hold("heart_rate", "heart_rate_lost", words)
    elif heart.rate > ceiling:
        yield Hold("heart_rate", "heart_rate_above", words)
    if heart.bound is not None:
        most = max(heart.bound, float(facts.lowest(Axis.SPEED)))
        yield Bound(Axis.SPEED, most, "heart_rate", "heart_rate", words)
