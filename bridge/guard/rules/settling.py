"""A belt found moving is not touched upwards before its speed is steady."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit


def settling(facts: Facts) -> Iterable[Limit]:
    """Hold everything until a belt found moving has been adopted."""
    return () if facts.settled else (Hold("settling", "unsettled"),)
