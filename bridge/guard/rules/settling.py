"""A belt found moving is not touched upwards before its speed is steady."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit


def settling(facts: Facts) -> Iterator[Limit]:
    """Hold everything until a belt found moving has been adopted."""
    if not facts.settled:
        yield Hold("settling", "unsettled")
