"""The machine's ranges and the owner's limits, and the steeper-the-slower table."""

from collections.abc import Iterator
from functools import lru_cache

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit, Wait
from bridge.machines.learned import TOLERATED_STEPS
from bridge.values import INCLINE, SPEED, Axis
from bridge.values.grid import Grid


def envelope(facts: Facts) -> tuple[Bound, ...]:
    """Bound speed and incline by range and owner; an unreadable range gets a cautious default."""
    policy, grids = facts.policy, facts.grids
    speed = _within(SPEED, policy.max_speed, facts.unit, grids[SPEED])
    return speed + _within(INCLINE, policy.max_incline, 1.0, grids[INCLINE])


@lru_cache(maxsize=256)  # the same for a whole session
def _within(axis: Axis, owner: int, scale: float, grid: Grid) -> tuple[Bound, ...]:
    """Return the bounds of one axis."""
    own = Bound(axis, owner * scale, "envelope", "" if scale == 1.0 else "unit")
    # A deck set by hand has no motor, so no range applies to it.
    if axis is INCLINE and not grid.settable:
        return (own,)
    most = grid.range.maximum * (1.0 if grid.told else scale)
    return own, Bound(axis, most, "range", "" if grid.told else "unknown")


def slower(facts: Facts, most_incline: float) -> Iterator[Limit]:
    """Bound the speed by the measured or requested incline, and let the incline wait for it.

    `most_incline` is the bound of the other rules: a climb that is not allowed slows nothing.
    """
    wanted = min(facts.wanted_incline or 0, most_incline)
    climb = max(facts.incline or 0, wanted)
    # A belt at its bound may read a little more.
    slack = TOLERATED_STEPS * facts.grids[SPEED].step
    for row in facts.policy.slower:
        most = row.speed * facts.unit
        here = ("incline", row.incline)
        if climb >= row.incline:
            yield Bound(SPEED, most, "slower", values=(here,))
        if facts.speed is None or facts.speed > most + slack:
            values = (here, ("most", most))
            yield Wait(INCLINE, row.incline - 1.0, "slower", "first", values=values)
