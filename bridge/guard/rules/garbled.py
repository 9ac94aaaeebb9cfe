"""Who sends nonsense is not believed: it gives no headroom."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit


def garbled(facts: Facts) -> Iterable[Limit]:
    """Hold everything until the data has been sound for a while."""
    return (Hold("garbled", "garbled"),) if facts.garbled else ()
