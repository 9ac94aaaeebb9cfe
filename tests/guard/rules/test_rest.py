"""Walks: warm-up, and after a reported pain. Speeds in 0.01 km/h, inclines in 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.guard.rules import limits
from bridge.values import Axis, Command, Result, Verb
from tests.guard.play import play
from tests.guard.proof.guard_rig import KNOWN, GuardRig, accepted
from tests.guard.rules.moment import FACTS
from tests.rigs.wording import rules, text_of


class TestWarmUp:
    def test_end_of_the_warm_up_is_known_only_while_the_belt_moves(self) -> None:
        facts = replace(FACTS, warm_up_left=90.0)
        (moves,) = limits(replace(facts, speed=300)).lowest(Axis.SPEED)
        assert (moves.case, moves.ends_s, moves.values) == ("", 90, ())
        for speed in (0, None):
            (waits,) = limits(replace(facts, speed=speed)).lowest(Axis.SPEED)
            assert (waits.case, waits.ends_s, waits.values) == ("waits", None, (("left", 90),))

    @pytest.mark.parametrize("left", [90.0, 0.5])
    def test_warm_up_and_rest_limits_apply_until_no_time_is_left(self, left: float) -> None:
        for facts in (replace(FACTS, warm_up_left=left), replace(FACTS, rest_left=left)):
            found = limits(facts)
            assert (found.most(Axis.SPEED), found.most(Axis.INCLINE)) == (600, 20)
        assert limits(FACTS).most(Axis.SPEED) == 1600


class TestOnTheBelt:
    def test_belt_is_eased_to_the_rest_limits_during_a_run(self) -> None:
        rig = play(GuardRig(policy=replace(KNOWN, warm_up_s=0.0)).runs(), "speed 1000, incline 60")
        play(rig, "120")
        assert rig.guard.person.report_pain(4, rig.now)
        rig.wait(1)
        assert 880 <= rig.speed < 1000
        rig.wait(20)
        assert (rig.speed, rig.incline) == (600, 20)
        assert "Rest after pain" in text_of(rig.heard("limited")[-1])
        assert rig.ask(Verb.SPEED, 900).applied == 600
        assert rig.guard.person.lift_rest(rig.now)
        rig.wait(5)
        assert rig.speed == 600
        assert accepted(rig.ask(Verb.SPEED, 900))

    def test_start_during_a_rest_needs_a_confirmation(self) -> None:
        rig = GuardRig()
        rig.guard.person.report_pain(1, rig.now)
        verdict = rig.ask(Verb.START)
        assert verdict.result is Result.REJECTED
        assert rules(verdict) == ("resting",)
        assert verdict.reasons[0].ends_s == pytest.approx(2 * 86_400, abs=60)
        assert not rig.starts
        sure = Command("sure", Verb.START, "test", rig.now, confirm=True)
        assert accepted(rig.guard.submit(sure, rig.snapshot, rig.now))
        rig.wait(0.25)
        assert rig.starts
