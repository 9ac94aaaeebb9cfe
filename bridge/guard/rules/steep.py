"""Time on a steep incline is capped, tier by tier."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.steep import tier_words
from bridge.values import Axis


def steep(facts: Facts) -> Iterator[Limit]:
    """Bound the incline by every tier whose budget is used up."""
    for exposure in facts.steep:
        if exposure.closed:
            words = tier_words(exposure.tier, exposure.opens_in(facts.now))
            key = "steep_assumed" if exposure.assumed else "steep"
            yield Bound(Axis.INCLINE, float(exposure.tier.then), "steep_incline", key, words)
