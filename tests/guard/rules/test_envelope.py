"""The machine's ranges and the owner's limits. Speeds in 0.01 km/h, inclines in 0.1 %."""

from dataclasses import replace

import pytest

from bridge.drivers.ftms.describe import features_of
from bridge.guard import Policy
from bridge.guard.rules import limits
from bridge.values import Axis, MachineInfo
from bridge.values.grid import UNREADABLE_INCLINE, UNREADABLE_SPEED, Grid, incline_grid, speed_grid
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ranges import InclineRange, SpeedRange
from protocols.units import MPH
from tests.guard.proof.story import STRICT
from tests.guard.rules.moment import FACTS


class TestEnvelope:
    def test_a_warm_runner_has_the_machine_s_range_within_the_owner_s(self) -> None:
        found = limits(FACTS)
        assert (found.most(Axis.SPEED), found.most(Axis.INCLINE)) == (1600, 150)
        assert not found.holds

    def test_each_bound_names_its_rule_and_case(self) -> None:
        keys = [(b.rule, b.case) for b in limits(FACTS).bounds if b.axis is Axis.SPEED]
        assert sorted(keys) == [("envelope", ""), ("range", "")]
        unknown = {**FACTS.grids, Axis.SPEED: speed_grid(None)}
        keys = [(b.rule, b.case) for b in limits(replace(FACTS, grids=unknown)).bounds]
        assert sorted(keys) == [*[("envelope", "")] * 2, ("range", ""), ("range", "unknown")]

    def test_the_owner_s_limit_counts_as_miles_until_the_unit_is_known(self) -> None:
        facts = replace(FACTS, policy=Policy(max_speed=800), unit_known=False)
        bound = limits(facts).lowest(Axis.SPEED)[0]
        assert (bound.rule, bound.case) == ("envelope", "unit")
        assert bound.value == pytest.approx(800 / MPH)

    @pytest.mark.parametrize(("owner", "machine", "most"), [(900, 1600, 900), (1600, 900, 900)])
    def test_lower_of_owner_s_and_machine_s_speed_limit_counts(
        self, owner: int, machine: int, most: int
    ) -> None:
        grid = Grid(SpeedRange(80, machine, 10), told=True, settable=True)
        grids = {**FACTS.grids, Axis.SPEED: grid}
        facts = replace(FACTS, policy=Policy(max_speed=owner), grids=grids)
        assert limits(facts).most(Axis.SPEED) == most

    def test_a_range_that_is_a_guess_may_be_in_miles(self) -> None:
        grids = {**FACTS.grids, Axis.SPEED: speed_grid(None)}
        facts = replace(FACTS, grids=grids, unit_known=False)
        assert limits(facts).most(Axis.SPEED) == pytest.approx(1200 / MPH)

    @pytest.mark.parametrize(
        ("told", "usable"),
        [
            (None, UNREADABLE_SPEED),
            (SpeedRange(0, 0, 0), UNREADABLE_SPEED),
            (SpeedRange(900, 80, 10), UNREADABLE_SPEED),
            (SpeedRange(0, 1600, 10), SpeedRange(100, 1600, 10)),
            (SpeedRange(0, 60, 10), SpeedRange(60, 60, 10)),
            (SpeedRange(80, 80, 0), SpeedRange(80, 80, 0)),
        ],
    )
    def test_a_speed_range_that_makes_no_sense_is_not_taken(
        self, told: SpeedRange | None, usable: SpeedRange
    ) -> None:
        assert speed_grid(replace(STRICT, speed_range=told)).range == usable

    @pytest.mark.parametrize(
        ("told", "least", "usable", "settable"),
        [
            (InclineRange(0, 150, 5), 0, InclineRange(0, 150, 5), True),
            (InclineRange(0, 0, 0), 0, InclineRange(0, 0, 0), False),
            (InclineRange(-30, 150, 5), 0, InclineRange(0, 150, 5), True),
            (InclineRange(-30, 150, 5), -100, InclineRange(-30, 150, 5), True),
            (InclineRange(-30, 150, 20), 0, InclineRange(10, 150, 20), True),
            (InclineRange(-30, 150, 0), -7, InclineRange(-7, 150, 0), True),
            (InclineRange(-60, -10, 10), 0, InclineRange(0, -10, 10), False),
        ],
    )
    def test_inclines_begin_at_the_owner_s_least_on_the_machine_s_grid(
        self, told: InclineRange, least: int, usable: InclineRange, settable: bool
    ) -> None:
        grid = incline_grid(replace(STRICT, incline_range=told), least)
        assert (grid.range, grid.settable) == (usable, settable)

    @pytest.mark.parametrize(("target", "settable"), [(Target.INCLINATION, True), (0, False)])
    def test_an_incline_without_a_range_needs_the_feature(
        self, target: int, settable: bool
    ) -> None:
        features = features_of(FitnessMachineFeature(Feature(0), Target(target)))
        grid = incline_grid(MachineInfo(address="x", features=features), 0)
        assert (grid.range, grid.settable) == (UNREADABLE_INCLINE, settable)
