"""The machine's own ranges, and within them the owner's limits."""

from collections.abc import Iterable
from functools import lru_cache

from bridge.guard.facts import Facts
from bridge.guard.limits import Bound, Limit
from bridge.values import INCLINE, SPEED, Axis


def envelope(facts: Facts) -> Iterable[Limit]:
    """Bound speed and incline by range and owner; an unreadable range is a careful one."""
    policy = facts.policy
    speed, incline = facts.grids[SPEED], facts.grids[INCLINE]
    bounds = (
        *_bounds(SPEED, policy.max_speed, speed.range.maximum, speed.told, facts.unit),
        *_bounds(INCLINE, policy.max_incline, incline.range.maximum, incline.told, 1.0),
    )
    # What a hand sets beneath the machine is not within the range of its motor.
    return bounds if incline.settable else bounds[:-1]


@lru_cache(maxsize=64)  # they change with the machine, and are asked for all the time
def _bounds(axis: Axis, owner: int, machine: int, told: bool, scale: float) -> tuple[Bound, Bound]:
    return (
        Bound(axis, owner * scale, "envelope", "envelope" if scale == 1.0 else "unit"),
        Bound(
            axis,
            machine * (1.0 if told else scale),
            "range",
            "range" if told else "range_unknown",
        ),
    )
