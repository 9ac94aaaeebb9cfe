"""Holds on all axes: no data, implausible data, and a belt that is not settled."""

from collections.abc import Iterable

from bridge.guard.facts import Facts
from bridge.guard.limits import Hold, Limit


def garbled(facts: Facts) -> Iterable[Limit]:
    """Hold everything until the data have been plausible for a while."""
    return (Hold("garbled"),) if facts.garbled else ()


def settling(facts: Facts) -> Iterable[Limit]:
    """Hold everything until a belt found moving has been adopted at a steady speed."""
    return () if facts.settled else (Hold("settling"),)


def stale(facts: Facts) -> Iterable[Limit]:
    """Hold everything while no sample has come for `stale_hold_s`."""
    return () if facts.fresh else (Hold("stale", silence=True),)
