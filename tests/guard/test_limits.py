"""Combination of the rules' bounds, holds and waits."""

import itertools

from bridge.guard.limits import Bound, Hold, Limit, Limits
from bridge.values import Axis


class TestLimits:
    BOUNDS: tuple[Limit, ...] = (
        Bound(Axis.SPEED, 600.0, "warm_up", "a"),
        Bound(Axis.SPEED, 900.0, "envelope", "b"),
        Bound(Axis.SPEED, 600.0, "rest", "c"),
        Hold("stale", "d"),
        Hold("settling", "e"),
    )

    def test_order_of_bounds_does_not_matter(self) -> None:
        orders = [Limits.of(order) for order in itertools.permutations(self.BOUNDS)]
        assert len({(o.most(Axis.SPEED), o.lowest(Axis.SPEED)) for o in orders}) == 1
        assert len({o.binding(Axis.SPEED, 1000) for o in orders}) == 1
