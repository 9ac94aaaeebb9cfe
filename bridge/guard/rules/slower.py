"""The steeper, the slower: the owner's table, row by row."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit, Wait
from bridge.guard.texts import Amount
from bridge.values import Axis


def slower(facts: Facts, most_incline: float) -> Iterator[Limit]:
    """Bound the speed by the incline there is or is to be, and let the incline wait for it.

    `most_incline` is what the other rules leave of the wish: a climb that will not be slows nobody.
    """
    wanted = min(facts.wanted_incline or 0, most_incline)
    climb = max(facts.incline or 0, wanted)
    slack = 2 * facts.grids[Axis.SPEED].step
    for row in facts.policy.slower:
        most = row.speed * facts.unit
        here = ("incline", Amount(Axis.INCLINE, row.incline))
        if climb >= row.incline:
            yield Bound(Axis.SPEED, most, "slower", "slower", (here,))
        if facts.speed is None or facts.speed > most + slack:
            words = (here, ("most", Amount(Axis.SPEED, most)))
            yield Wait(Axis.INCLINE, row.incline - 1.0, "slower", "slower_first", words)
