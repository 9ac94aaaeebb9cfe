"""Missing data means no headroom."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit
from bridge.guard.texts import Lasting


def stale(facts: Facts) -> Iterable[Limit]:
    """Hold everything while no sample has come for `stale_hold_s`."""
    if facts.fresh:
        return ()
    return (Hold("stale", "stale", (("age", Lasting(facts.age)),)),)
