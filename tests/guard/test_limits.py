"""What the rules' answers come to."""

import itertools

from bridge.guard.limits import Bound, Hold, Limit, Limits, Wait
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

    def test_lowest_bound_counts_and_every_bound_that_cuts_is_named(self) -> None:
        found = Limits.of(self.BOUNDS)
        assert found.most(Axis.SPEED) == 600
        assert [b.rule for b in found.lowest(Axis.SPEED)] == ["rest", "warm_up"]
        assert [b.rule for b in found.binding(Axis.SPEED, 700)] == ["rest", "warm_up"]
        assert [b.rule for b in found.binding(Axis.SPEED, 600)] == []

    def test_waits_are_named_and_their_order_does_not_matter(self) -> None:
        waits = (
            Wait(Axis.INCLINE, 49.0, "slower", "a"),
            Wait(Axis.INCLINE, 99.0, "slower", "b"),
            Wait(Axis.SPEED, 30.0, "slower", "c"),
        )
        orders = [Limits.of(order) for order in itertools.permutations(waits)]
        assert len({(o.waits_at(Axis.INCLINE), o.waiting(Axis.INCLINE, 120)) for o in orders}) == 1
        found = Limits.of(waits)
        assert found.waits_at(Axis.INCLINE) == 49
        assert [w.value for w in found.waiting(Axis.INCLINE, 120)] == [49, 99]
        assert [w.value for w in found.waiting(Axis.INCLINE, 99)] == [49]
        assert found.waiting(Axis.INCLINE, 49) == ()
