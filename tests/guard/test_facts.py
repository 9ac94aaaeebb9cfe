"""Facts for the rules. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.drivers.ftms.describe import features_of
from bridge.machines import Quirk
from bridge.values import Axis
from bridge.values.grid import (
    UNREADABLE_INCLINE,
    UNREADABLE_SPEED,
    Grid,
    incline_grid,
    speed_grid,
    why_observed,
)
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ranges import InclineRange, SpeedRange
from tests.guard.proof.guard_rig import STRICT
from tests.guard.rules.moment import FACTS


class TestGrid:
    @pytest.mark.parametrize("step", [None, 10, 15])
    def test_learned_step_that_is_no_multiple_of_the_declared_is_ignored(
        self, step: int | None
    ) -> None:
        grid = speed_grid(STRICT)
        assert grid.coarser(step) is grid

    def test_learned_coarser_step_begins_at_its_first_multiple_in_the_range(self) -> None:
        grid = speed_grid(STRICT).coarser(50)
        assert (grid.range, grid.fine) == (SpeedRange(minimum=100, maximum=1600, step=50), 10)
        assert grid.own_minimum == 80

    def test_unreported_range_gets_a_conservative_default(self) -> None:
        assert SpeedRange(minimum=100, maximum=1200, step=10) == UNREADABLE_SPEED
        assert InclineRange(minimum=0, maximum=100, step=5) == UNREADABLE_INCLINE
        empty = replace(STRICT, speed_range=SpeedRange(0, 0, 0))
        assert speed_grid(empty).range == UNREADABLE_SPEED
        assert speed_grid(replace(STRICT, speed_range=SpeedRange(500, 500, 10))).told

    @pytest.mark.parametrize(
        ("range_", "least", "step"),
        [
            (SpeedRange(80, 1600, 10), -10, 10),
            (SpeedRange(80, 1600, 0), -1, 1),
            (InclineRange(-30, 150, 5), -35, 5),
            (InclineRange(0, 150, 1), -1, 1),
        ],
    )
    def test_value_more_than_a_step_below_the_range_is_no_console_target(
        self, range_: SpeedRange | InclineRange, least: int, step: int
    ) -> None:
        grid = Grid(range_, told=True, settable=True)
        assert grid.step == step
        assert grid.believes(least)
        assert not grid.believes(least - 1)

    def test_speed_below_the_range_is_rounded_down_but_not_to_zero(self) -> None:
        grid = speed_grid(STRICT)
        assert [grid.floor(value) for value in (5, 75, 80)] == [1, 70, 80]

    def test_target_below_the_minimum_counts_as_the_minimum_of_the_machine(self) -> None:
        declared = incline_grid(replace(STRICT, incline_range=InclineRange(-30, 150, 5)), 0)
        assert [declared.taken(each) for each in (-50, -30, -10, 20)] == [-30, -30, -10, 20]
        assert incline_grid(None, 0).taken(-50) == -50  # it may go lower


class TestObserved:
    @pytest.mark.parametrize(
        ("quirks", "whole", "speed"),
        [
            ((), None, None),
            ((Quirk.START_TOGGLES,), None, None),
            ((Quirk.NO_CONTROL_POINT,), "watched_only", "watched_only"),
            ((Quirk.NO_ANSWERS,), "watched_only", "watched_only"),
            ((Quirk.REFUSES_EVERYTHING,), "refuses_everything", "refuses_everything"),
            ((Quirk.NO_SPEED_CONTROL,), None, "no_speed"),
        ],
    )
    @pytest.mark.parametrize("told", [True, False])
    def test_axis_that_takes_no_orders_is_not_settable(
        self, quirks: tuple[Quirk, ...], whole: str | None, speed: str | None, told: bool
    ) -> None:
        machine = replace(STRICT, quirks=quirks)
        if not told:
            features = features_of(FitnessMachineFeature(Feature(0), Target.INCLINATION))
            machine = replace(machine, features=features, speed_range=None, incline_range=None)
        assert why_observed(machine) == why_observed(machine, Axis.INCLINE) == whole
        assert why_observed(machine, Axis.SPEED) == speed
        assert speed_grid(machine).settable is (speed is None)
        assert incline_grid(machine, 0).settable is (whole is None)


class TestFacts:
    @pytest.mark.parametrize(("owner", "lowest"), [(-30, 0), (0, 0), (1, 5), (10, 10)])
    def test_lowest_value_is_that_of_the_machine_or_a_higher_one_of_the_owner(
        self, owner: int, lowest: int
    ) -> None:
        facts = replace(FACTS, policy=replace(FACTS.policy, min_incline=owner))
        assert (facts.lowest(Axis.SPEED), facts.lowest(Axis.INCLINE)) == (80, lowest)

    @pytest.mark.parametrize(("known", "unit"), [(True, 1.0), (False, 1 / 1.609344)])
    def test_unknown_unit_counts_as_mph(self, known: bool, unit: float) -> None:
        assert replace(FACTS, unit_known=known).unit == unit
