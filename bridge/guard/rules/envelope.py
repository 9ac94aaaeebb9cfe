"""The machine's own ranges, and within them the owner's limits."""

from collections.abc import Iterator

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.guard.texts import amount, say
from bridge.values import Axis


def envelope(facts: Facts) -> Iterator[Limit]:
    """Bound speed and incline by range and owner; an unreadable range is a careful one."""
    owner = {Axis.SPEED: facts.policy.max_speed, Axis.INCLINE: facts.policy.max_incline}
    for axis, grid in facts.grids.items():
        scale = facts.unit if axis is Axis.SPEED else 1.0
        why = "envelope" if scale == 1.0 else "unit"
        most = owner[axis] * scale
        yield Bound(axis, most, "envelope", say(why, limit=amount(axis, most)))
        most = grid.range.maximum * (1.0 if grid.told else scale)
        why = "range" if grid.told else "range_unknown"
        yield Bound(axis, most, "range", say(why, limit=amount(axis, most)))
