"""The steeper, the slower. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Policy, Slower
from bridge.guard.rules import limits
from bridge.values import Axis, Result, Verb
from protocols.units import MPH
from tests.guard.play import play
from tests.guard.proof.guard_rig import KNOWN, GuardRig
from tests.guard.rules.moment import FACTS
from tests.rigs.wording import text_of, why

TABLE = (Slower(incline=50, speed=1000), Slower(incline=100, speed=600))
STEEP = replace(FACTS, policy=Policy(slower=TABLE), speed=500)


class TestSlower:
    @pytest.mark.parametrize(("incline", "most"), [(49, 1600), (50, 1000), (99, 1000), (100, 600)])
    def test_measured_incline_bounds_the_speed(self, incline: int, most: float) -> None:
        assert limits(replace(STEEP, incline=incline)).most(Axis.SPEED) == most

    def test_unknown_incline_does_not_bound_the_speed(self) -> None:
        facts = replace(FACTS, policy=Policy(slower=(Slower(incline=1, speed=600),)), speed=500)
        assert limits(facts).most(Axis.SPEED) == 1600
        assert limits(replace(facts, incline=1)).most(Axis.SPEED) == 600

    def test_requested_incline_that_another_rule_forbids_does_not_bound_the_speed(self) -> None:
        facts = replace(STEEP, incline=0, wanted_incline=100, warm_up_left=60.0)
        assert limits(facts).most(Axis.SPEED) == 600  # the warm-up's own
        assert not [b for b in limits(facts).bounds if b.rule == "slower"]

    @pytest.mark.parametrize(
        ("speed", "waits"), [(None, 49), (1021, 49), (1020, 99), (621, 99), (620, float("inf"))]
    )
    def test_steep_incline_waits_until_the_belt_is_slow_enough(
        self, speed: int | None, waits: float
    ) -> None:
        """Two steps are what a machine may round."""
        assert limits(replace(STEEP, speed=speed)).waits_at(Axis.INCLINE) == waits

    def test_slower_bound_counts_as_mph_if_the_unit_is_unknown(self) -> None:
        facts = replace(STEEP, incline=50, unit_known=False)
        (bound,) = (b for b in limits(facts).bounds if b.rule == "slower")
        assert bound.value == pytest.approx(1000 / MPH)


@pytest.mark.unmeasured
class TestOnTheBelt:
    def running(self, speed: int = 1200) -> GuardRig:
        policy = replace(KNOWN, slower=TABLE, warm_up_s=0.0, steep=())
        rig = play(GuardRig(policy=policy).runs(), f"speed {speed}")
        return rig.wait(150)

    def test_climb_waits_until_the_belt_is_slower(self) -> None:
        rig = self.running()
        verdict = rig.ask(Verb.INCLINE, 120)
        assert (verdict.result, verdict.applied) == (Result.ACCEPTED, 120)
        assert "waits" in why(verdict)
        while rig.incline < 100:
            if rig.incline >= 50:
                assert rig.speed <= 1020
            rig.wait(1)
        assert rig.speed <= 620
        assert "At 10 % or more the limit is 6 km/h" in text_of(rig.heard("limited")[-1])
        rig.wait(60)
        assert rig.incline == 120
