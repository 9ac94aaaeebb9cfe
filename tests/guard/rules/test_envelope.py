"""The machine's ranges and the owner's limits. Speeds in 0.01 km/h, inclines in 0.1 %."""

from dataclasses import replace

import pytest

from bridge.guard import Policy
from bridge.guard.rules import limits
from bridge.values import Axis
from bridge.values.grid import Grid, incline_grid
from protocols.ranges import InclineRange, SpeedRange
from protocols.units import MPH
from tests.guard.proof.guard_rig import STRICT
from tests.guard.rules.moment import FACTS


class TestEnvelope:
    def test_owners_limit_counts_as_mph_until_the_unit_is_known(self) -> None:
        facts = replace(FACTS, policy=Policy(max_speed=800), unit_known=False)
        bound = limits(facts).lowest(Axis.SPEED)[0]
        assert (bound.rule, bound.case) == ("envelope", "unit")
        assert bound.value == pytest.approx(800 / MPH)

    @pytest.mark.parametrize(("owner", "machine", "most"), [(900, 1600, 900), (1600, 900, 900)])
    def test_lower_speed_limit_of_owner_and_machine_applies(
        self, owner: int, machine: int, most: int
    ) -> None:
        grid = Grid(SpeedRange(80, machine, 10), told=True, settable=True)
        grids = {**FACTS.grids, Axis.SPEED: grid}
        facts = replace(FACTS, policy=Policy(max_speed=owner), grids=grids)
        assert limits(facts).most(Axis.SPEED) == most

    @pytest.mark.parametrize(
        ("told", "known", "most", "case"),
        [
            (True, True, 1200.0, ""),
            (True, False, 1200.0, ""),
            (False, True, 1200.0, "unknown"),
            (False, False, 1200.0 / MPH, "unknown"),
        ],
    )
    def test_assumed_range_counts_as_mph_until_the_unit_is_known(
        self, *, told: bool, known: bool, most: float, case: str
    ) -> None:
        grid = Grid(SpeedRange(80, 1200, 10), told=told, settable=True)
        facts = replace(FACTS, grids={**FACTS.grids, Axis.SPEED: grid}, unit_known=known)
        bounds = (b for b in limits(facts).bounds if b.axis is Axis.SPEED)
        (bound,) = (b for b in bounds if b.rule == "range")
        assert bound.value == pytest.approx(most)
        assert bound.case == case

    @pytest.mark.parametrize("axis", Axis)
    def test_only_a_deck_without_motor_has_no_range_bound(self, axis: Axis) -> None:
        grids = {**FACTS.grids, axis: replace(FACTS.grids[axis], settable=False)}
        facts = replace(FACTS, policy=Policy(max_incline=80), grids=grids)
        speed, incline = (
            [(b.rule, b.value, b.case) for b in limits(facts).bounds if b.axis is each]
            for each in Axis
        )
        assert speed == [("envelope", 1600, ""), ("range", 1600, "")]
        by_hand = axis is Axis.INCLINE
        assert incline == [("envelope", 80, ""), ("range", 150, "")][: 1 if by_hand else 2]

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
    def test_incline_range_begins_at_the_owners_minimum_on_the_grid(
        self, told: InclineRange, least: int, usable: InclineRange, settable: bool
    ) -> None:
        grid = incline_grid(replace(STRICT, incline_range=told), least)
        assert (grid.range, grid.settable) == (usable, settable)
