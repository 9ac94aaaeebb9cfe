"""Who sends nonsense is not believed: it gives no headroom."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit


def garbled(facts: Facts) -> Iterator[Limit]:
    """Hold everything until the data has been sound for a while."""
    if facts.garbled:
        yield Hold("garbled", "garbled")
