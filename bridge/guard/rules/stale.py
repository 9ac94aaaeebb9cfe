"""Missing data means no headroom."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit
from bridge.guard.texts import Lasting


def stale(facts: Facts) -> Iterator[Limit]:
    """Hold everything while no sample has come for `stale_hold_s`."""
    if not facts.fresh:
        yield Hold("stale", "stale", (("age", Lasting(facts.age)),))
