"""The slope to a walk. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.guard.rules import limits
from bridge.guard.rules.cool_down import CoolDown
from bridge.values import Axis
from protocols.units import MPH
from tests.guard.rules.moment import FACTS


class TestCoolDown:
    SLOPE = CoolDown.begin(Policy(), 1000.0, 1.0, {Axis.SPEED: 1000.0, Axis.INCLINE: 60.0})

    @pytest.mark.parametrize(
        ("after", "speed", "incline"),
        [(-5, 1000, 60), (0, 1000, 60), (150, 700, 30), (300, 400, 0), (999, 400, 0)],
    )
    def test_cool_down_bound_falls_linearly(
        self, after: float, speed: float, incline: float
    ) -> None:
        facts = replace(FACTS, now=1000.0 + after, cool_down=self.SLOPE)
        assert limits(facts).most(Axis.SPEED) == self.SLOPE.most(Axis.SPEED, facts.now) == speed
        assert limits(facts).most(Axis.INCLINE) == incline

    def test_cool_down_of_zero_duration_allows_only_a_walk_at_once(self) -> None:
        here = {Axis.SPEED: 1000.0, Axis.INCLINE: 60.0}
        at_once = CoolDown.begin(Policy(cool_down_s=0.0), 1000.0, 1.0, here)
        assert [at_once.most(axis, 1000.0) for axis in Axis] == [400, 0]

    def test_cool_down_is_announced_and_its_bound_slides(self) -> None:
        facts = replace(FACTS, cool_down=self.SLOPE)
        for axis in Axis:
            (bound,) = (b for b in limits(facts).lowest(axis) if b.rule == "cool_down")
            assert (bound.announced, bound.slides) == (True, True)
        assert not any(b.announced or b.slides for b in limits(FACTS).bounds)

    @pytest.mark.parametrize(
        ("after", "speed"), [(4.9, 990), (5.1, 980), (9.9, 980), (10.1, 970), (290, 420)]
    )
    def test_cool_down_falls_by_whole_steps_of_the_machine(
        self, after: float, speed: float
    ) -> None:
        facts = replace(FACTS, now=1000.0 + after, cool_down=self.SLOPE)
        assert limits(facts).most(Axis.SPEED) == speed

    def test_incline_that_cannot_be_set_has_an_unrounded_cool_down_bound(self) -> None:
        hand = replace(FACTS.grids[Axis.INCLINE], settable=False)
        facts = replace(FACTS, now=1151.0, cool_down=self.SLOPE)
        facts = replace(facts, grids={**FACTS.grids, Axis.INCLINE: hand})
        assert limits(facts).most(Axis.INCLINE) == pytest.approx(29.8)

    @pytest.mark.parametrize(("after", "left"), [(0, 300), (150, 150), (300, 0), (999, 0)])
    def test_cool_down_has_the_time_left_until_the_stop(self, after: float, left: float) -> None:
        assert self.SLOPE.left(1000.0 + after) == left

    def test_cool_down_never_ends_above_its_beginning(self) -> None:
        slow = CoolDown.begin(Policy(), 1000.0, 1.0, {Axis.SPEED: 300.0, Axis.INCLINE: -10.0})
        assert (slow.end[Axis.SPEED], slow.end[Axis.INCLINE]) == (300, -10)

    def test_walking_speed_of_a_cool_down_counts_as_mph_in_an_unknown_unit(self) -> None:
        here = {Axis.SPEED: 1000.0, Axis.INCLINE: 0.0}
        slope = CoolDown.begin(Policy(), 1000.0, 1 / MPH, here)
        assert slope.end[Axis.SPEED] == pytest.approx(400 / MPH)
