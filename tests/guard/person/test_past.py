"""The past that one guard leaves to the next: age, unknown history, other persons, new limits.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.guard import Guard, Past, Policy, SteepTier
from bridge.guard.person.session import Session, WarmUp
from bridge.guard.rules.cool_down import CoolDown
from bridge.guard.rules.steep import KEPT_S, Climbs, Steep
from bridge.guard.slowed import Slowed
from bridge.values import Axis, Belt, Result, Verb
from bridge.values.effort import Baseline, Effort
from bridge.values.status import Stopped
from tests.guard.play import play
from tests.guard.proof.actions import POLICIES, QUICK, Action, anything
from tests.guard.proof.guard_rig import GuardRig, accepted
from tests.guard.proof.test_properties import times
from tests.rigs.wording import rules, text_of

TIER = SteepTier(threshold=100, budget_s=600, window_s=1800, then=50)


FULL = Past(
    steep=(Steep(TIER, ((900.0, 700.0), (40.0, 10.0)), 5.0, was_steep=True),),
    incline=80,
    session=Session(
        3.0,
        effort=Effort(500.0, 900.0, 12.0),
        cool_down=CoolDown(
            60.0,
            300.0,
            {Axis.SPEED: 1000.0, Axis.INCLINE: 50.0},
            {Axis.SPEED: 400.0, Axis.INCLINE: 0.0},
        ),
    ),
    rest_left_s=100.0,
    baseline=Baseline(Effort(1800.0, 5000.0, 40.0), recent=False),
    slowed=(Slowed(Axis.SPEED, 4.0, 500),),
    climbs=Climbs(((1700.0, 1600.0, 90), (900.0, 700.0, 110), (40.0, 10.0, 100)), 2000.0, 5.0, 100),
    warm_up=WarmUp(400.0, 3.0),
)


class TestAged:
    def test_aged_past_has_older_spans_and_less_time_left(self) -> None:
        later = FULL.aged(60.0)
        (steep,) = later.steep
        assert steep.spans == ((960.0, 760.0), (100.0, 70.0))
        assert steep.seen == 65.0
        assert later.session is not None
        assert later.session.moved == 63.0
        assert later.session.cool_down is not None
        assert later.session.cool_down.began == 120.0
        assert later.rest_left_s == 40.0
        assert later.baseline == FULL.baseline
        assert later.slowed == (Slowed(Axis.SPEED, 64.0, 500),)
        assert later.climbs.spans[-1] == (100.0, 70.0, 100)
        assert (later.climbs.known_from, later.climbs.seen) == (2060.0, 65.0)
        assert later.warm_up == WarmUp(400.0, 63.0)

    def test_ended_rest_has_no_time_left(self) -> None:
        assert FULL.aged(3600.0).rest_left_s == 0

    def test_past_is_unchanged_by_a_clock_that_runs_backwards(self) -> None:
        assert FULL.aged(-3600.0) == FULL

    def test_default_past_is_unknown(self) -> None:
        assert Past() == Past((), None, None, 0.0, None, (), Climbs((), 0.0, None, 0))
        assert Past.nobody() == replace(Past(), climbs=Climbs(known_from=KEPT_S))
        assert Steep(TIER) == Steep(TIER, (), None, was_steep=False, closed=False, warned=False)
        assert Session() == Session(None, cool_down=None)


class TestClimbs:
    def test_overlapping_climbs_on_two_treadmills_count_once(self) -> None:
        climbs = Climbs(((90.0, 60.0, 80), (70.0, 50.0, 100), (40.0, 20.0, 60)))
        assert climbs.at_least(60) == ((90.0, 50.0), (40.0, 20.0))
        assert climbs.at_least(61) == ((90.0, 50.0),)
        assert climbs.at_least(100) == ((70.0, 50.0),)
        assert climbs.at_least(101) == ()


class TestRoundTrip:
    @pytest.mark.parametrize(("past", "tiers"), [(FULL, (TIER,)), (Past.nobody(), ())])
    def test_guard_returns_the_past_that_it_was_given(
        self, past: Past, tiers: tuple[SteepTier, ...]
    ) -> None:
        assert Guard(Policy(steep=tiers), 5000.0, past).past(5000.0) == past

    @pytest.mark.unmeasured
    @times(40)
    @given(st.sampled_from(POLICIES), anything)
    def test_guard_returns_an_equal_past_after_any_actions(
        self, policy: Policy, actions: list[Action]
    ) -> None:
        rig = GuardRig(policy=policy).runs().wait(8)
        for action in actions:
            action.act(rig)
        past = rig.guard.past(rig.now)
        assert Guard(policy, rig.now, past).past(rig.now) == past


class TestBaseline:
    DONE = Effort(1000.0, 2000.0, 30.0)

    @pytest.mark.parametrize(("time_s", "counts"), [(299.75, False), (300.0, True)])
    def test_session_of_less_than_five_minutes_is_no_baseline(
        self, time_s: float, counts: bool
    ) -> None:
        done, before = replace(self.DONE, time_s=time_s), Baseline(Effort(1.0, 1.0, 1.0))
        assert Baseline.after(None, done) == (Baseline(done) if counts else None)
        assert Baseline.after(before, done) == (Baseline(done) if counts else before)

    def test_baseline_is_the_most_of_each_measure_of_recent_runs(self) -> None:
        before = Baseline(Effort(900.0, 3000.0, 10.0))
        after = Baseline.after(before, self.DONE)
        assert after == Baseline(Effort(1000.0, 3000.0, 30.0), recent=True)


class TestAnotherPerson:
    """`change`: only while the belt stands, and then with all that is theirs."""

    def test_another_person_has_their_own_limits_and_past(self) -> None:
        rig = play(GuardRig(policy=QUICK).runs(300, incline=120).wait(12), "stands, 1")
        mine = rig.guard.past(rig.now)
        other = replace(QUICK, max_speed=500, steep=(TIER,))
        assert accepted(rig.guard.change(other, Past.nobody(), rig.now))
        rig.wait(1)
        assert rig.decision.steep[0].used_s == 0
        assert rig.decision.limits.most(Axis.SPEED) == 500
        assert accepted(rig.guard.change(QUICK, mine, rig.now))
        rig.wait(1)
        assert rig.decision.steep[0].used_s > 0

    @pytest.mark.parametrize("belt", [Belt.RUNNING, Belt.STARTING, Belt.STOPPING, Belt.UNKNOWN])
    def test_change_of_person_is_rejected_while_the_belt_moves(self, belt: Belt) -> None:
        rig = GuardRig(policy=QUICK).runs()
        rig.belt = belt
        rig.wait(1)
        verdict = rig.guard.change(QUICK, Past.nobody(), rig.now)
        assert verdict.result is Result.REJECTED

    def test_change_of_person_is_rejected_after_a_start(self) -> None:
        rig = play(GuardRig(policy=QUICK), "start")
        verdict = rig.guard.change(QUICK, Past.nobody(), rig.now)
        assert rules(verdict) == ("starting",)

    def test_change_of_person_ends_the_session(self) -> None:
        rig = play(GuardRig(policy=QUICK).runs().wait(20), "stands paused, 1")
        assert rig.guard.past(rig.now).session is not None
        assert accepted(rig.guard.change(QUICK, Past.nobody(), rig.now))
        rig.wait(1)
        assert rig.heard("session_ended")
        assert rig.decision.warm_up_left_s == QUICK.warm_up_s

    def test_change_of_person_is_accepted_before_a_machine_is_found(self) -> None:
        assert accepted(Guard(QUICK, 0.0).change(QUICK, Past.nobody(), 0.0))


class TestConfigured:
    """`configure`: tighter at once, looser at the next standstill."""

    def running(self) -> GuardRig:
        rig = play(GuardRig(policy=QUICK).runs().wait(8), "speed 1000")
        return rig.wait(40)

    def test_tighter_limit_is_eased_to_at_once(self) -> None:
        rig = self.running()
        rig.guard.configure(replace(QUICK, max_speed=600), rig.now)
        rig.wait(1)
        assert 850 <= rig.setpoint(Axis.SPEED) < 1000
        rig.wait(10)
        assert rig.setpoint(Axis.SPEED) == 600
        assert "limit" in text_of(rig.heard("limited")[-1])

    def test_looser_limit_waits_until_the_belt_stands(self) -> None:
        rig = self.running()
        looser = replace(QUICK, speed_ramp=30.0, max_incline=200, max_speed=1800)
        rig.guard.configure(looser, rig.now)
        rig.wait(5)
        assert rig.decision.limits.lowest(Axis.SPEED)[0].value == 1600
        rig.stands().wait(1)
        assert any(bound.value == 1800 for bound in rig.decision.limits.bounds)

    def test_looser_limit_applies_at_once_at_rest(self) -> None:
        rig = GuardRig(policy=QUICK)
        rig.guard.configure(replace(QUICK, max_speed=1800), rig.now)
        rig.wait(1)
        assert any(bound.value == 1800 for bound in rig.decision.limits.bounds)

    def test_looser_limit_applies_once_a_start_was_cancelled_by_a_stop(self) -> None:
        rig = GuardRig(policy=QUICK).wait(1)
        rig.ask(Verb.START)
        rig.ask(Verb.STOP)
        rig.guard.configure(replace(QUICK, max_speed=1800), rig.now)
        assert not any(bound.value == 1800 for bound in rig.wait(1).decision.limits.bounds)
        rig.says(Stopped(rig.now))
        assert any(bound.value == 1800 for bound in rig.decision.limits.bounds)

    def test_remote_start_is_accepted_as_soon_as_it_is_allowed(self) -> None:
        rig = GuardRig(policy=replace(QUICK, allow_remote_start=False)).wait(1)
        rig.guard.configure(QUICK, rig.now)
        assert accepted(rig.ask(Verb.START))
