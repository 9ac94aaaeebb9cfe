"""Holds on all axes: no data, implausible data, and a belt that is not settled."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit


def holds(facts: Facts) -> Iterator[Limit]:
    """Hold everything until the data are recent and plausible, and the belt's speed is known."""
    if facts.garbled:
        yield Hold("garbled")
    if not facts.settled:
        yield Hold("settling")
    if not facts.fresh:
        yield Hold("stale", silence=True)
