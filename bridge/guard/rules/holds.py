"""Holds: no data, implausible data, a belt that is not settled, and a missing field."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit


def holds(facts: Facts) -> Iterator[Limit]:
    """Hold everything until the data are to be trusted, and an axis that is no longer reported."""
    if facts.garbled:
        yield Hold("garbled")
    if not facts.settled:  # a belt found moving is adopted at a steady speed
        yield Hold("settling")
    if not facts.fresh:
        yield Hold("stale", silence=True)
    for axis in facts.gone:
        if facts.grids[axis].settable:
            yield Hold("missing", axis=axis)
