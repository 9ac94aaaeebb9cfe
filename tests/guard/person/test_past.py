"""What one guard leaves to the next: nothing is given back by a kill, at whatever moment.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from dataclasses import dataclass, fields, replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from bridge.guard import Decision, Guard, Past, Policy, SteepTier
from bridge.guard.belt.belt import GuardedBelt
from bridge.guard.person.past import later
from bridge.guard.person.respect import Slowed
from bridge.guard.person.session import Session, WarmUp
from bridge.guard.policy import _STRICTER, stricter
from bridge.guard.rules.cool_down import CoolDown
from bridge.guard.rules.gradual import Baseline, Effort
from bridge.guard.rules.steep import KEPT_S, Climbs, Steep
from bridge.values import (
    Axis,
    Belt,
    Measurement,
    Result,
    Verb,
)
from bridge.values.status import MachineEvent, TargetChanged
from tests.guard.proof.actions import (
    POLICIES,
    QUICK,
    Action,
    anything,
    hands,
    passing,
    waits,
    weighed,
)
from tests.guard.proof.story import NOBODY, Story, accepted
from tests.guard.proof.test_properties import times
from tests.rigs.wording import rules, text_of

TIER = SteepTier(threshold=100, budget_s=600, window_s=1800, then=50)
WALK = {Axis.SPEED: 400.0, Axis.INCLINE: 0.0}
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
    def test_what_was_is_longer_ago_and_what_is_left_is_less(self) -> None:
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

    def test_a_clock_that_runs_backwards_gives_nothing_back(self) -> None:
        assert FULL.aged(-3600.0) == FULL

    def test_a_rest_ends_at_nothing(self) -> None:
        assert FULL.aged(1e6).rest_left_s == 0

    def test_a_past_of_nobody_stays_one(self) -> None:
        assert Past.nobody().aged(60.0).climbs == Climbs(known_from=KEPT_S + 60.0)
        assert later(Session(), 60.0) == Session()
        assert later(WarmUp(), 60.0) == WarmUp()

    def test_by_default_nothing_is_known(self) -> None:
        assert Past() == Past((), None, None, 0.0, None, (), Climbs((), 0.0, None, 0))
        assert Past.nobody() == replace(Past(), climbs=Climbs(known_from=KEPT_S))
        assert Steep(TIER) == Steep(TIER, (), None, was_steep=False, closed=False, warned=False)
        assert Session() == Session(None, cool_down=None)


class TestClimbs:
    def test_each_second_counts_once_though_two_treadmills_were_climbed_on(self) -> None:
        climbs = Climbs(((90.0, 60.0, 80), (70.0, 50.0, 100), (40.0, 20.0, 60)))
        assert climbs.at_least(60) == ((90.0, 50.0), (40.0, 20.0))
        assert climbs.at_least(61) == ((90.0, 50.0),)
        assert climbs.at_least(100) == ((70.0, 50.0),)
        assert climbs.at_least(101) == ()


class TestRoundTrip:
    def test_a_guard_gives_back_what_it_was_given(self) -> None:
        assert Guard(Policy(steep=(TIER,)), 5000.0, FULL).past(5000.0) == FULL

    @times(50)
    @given(st.sampled_from(POLICIES), anything)
    def test_whatever_happened(self, policy: Policy, actions: list[Action]) -> None:
        story = Story(policy=policy).runs().wait(8)
        for action in actions:
            action.act(story)
        past = story.guard.past(story.now)
        assert Guard(policy, story.now, past).past(story.now) == past


@dataclass
class Killed(Story):
    """A story in which a second guard, made of the first one's past, is asked at each decision."""

    heir: Guard | None = None

    def _measure(self) -> None:
        # The heir's orders go nowhere, so where nobody measures the deck it cannot know of it.
        if self.heir is not None and self.garbled is not None and self.garbled.incline is None:
            self.garbled = replace(self.garbled, incline=round(self.incline))
        super()._measure()

    def says(self, event: MachineEvent) -> Story:
        if self.heir is not None:
            self.heir.observe(event, self.snapshot, self.now)
        return super().says(event)

    def _decide(self) -> Decision:
        if self.heir is not None:
            self._hand_orders(self.guard._belt, self.heir._belt)
        before = self.guard._belt.person._told
        lived = super()._decide()
        if self.heir is not None:
            told, heir = self.guard._belt.person._told, self.heir._belt.person
            heir._told, heir._setpoint = heir._told if told == before else told, None
            _is_no_looser(self.heir.decide(self.snapshot, self.now), lived)
        return lived

    def _hand_orders(self, lived: GuardedBelt, heir: GuardedBelt) -> None:
        """The orders since the kill are those of the one that lived on."""
        if lived.run and heir.run:
            written = lived.run.axes[Axis.INCLINE].state.written
            axis = heir.run.axes[Axis.INCLINE]
            axis.state = replace(axis.state, written=written)


def _is_no_looser(heir: Decision, lived: Decision) -> None:
    assert heir.warm_up_left_s >= lived.warm_up_left_s - 1e-6
    assert heir.rest_left_s == lived.rest_left_s
    for mine, theirs in zip(heir.steep, lived.steep, strict=True):
        assert mine.used_s >= theirs.used_s - 1e-6
        assert mine.left_s <= theirs.left_s + 1e-6
    for axis in Axis:
        assert heir.limits.most(axis) <= lived.limits.most(axis) + 1e-6


class TestKill:
    @times(100)
    @given(
        st.sampled_from(POLICIES),
        anything,
        st.sampled_from([0.0, 1.0, 5.0, 40.0, 700.0]),
        st.lists(weighed((4, waits), (2, hands), (1, passing)), max_size=8),
    )
    def test_the_next_guard_never_allows_more_than_the_one_that_lived_on(
        self, policy: Policy, before: list[Action], away: float, after: list[Action]
    ) -> None:
        story = Killed(policy=policy)
        story.runs().wait(8)
        for action in before:
            action.act(story)
        past = story.guard.past(story.now)
        moved = past.session.moved if past.session else None
        assume(moved is None or moved + away < 3600)  # else that session is over for the heir
        story.now += away
        story.heir = Guard(policy, story.now, past.aged(away))
        for action in after:
            action.act(story)
        story.wait(1)

    def test_where_the_incline_is_not_measured_the_last_one_known_counts(self) -> None:
        story = Story(policy=replace(QUICK, warm_up_s=0.0)).runs()
        story.garbled = Measurement(speed=300)
        story.ask(Verb.INCLINE, 120)
        story.wait(30)
        used = story.decision.steep[0].used_s
        story.guard = Guard(story.policy, story.now, story.guard.past(story.now))
        story.wait(8)
        assert story.decision.requested[Axis.INCLINE] is not None
        assert story.decision.steep[0].used_s >= used

    def test_what_it_was_told_to_climb_to_counts_while_nobody_looks(self) -> None:
        policy = replace(QUICK, warm_up_s=0.0, steep=QUICK.steep[:1])
        story = Story(policy=policy).runs().wait(1)
        story.ask(Verb.INCLINE, 80)
        story.wait(30)
        story.motor = 0.0  # it is slow to follow
        story.ask(Verb.INCLINE, 100)
        story.wait(6)
        assert story.decision.steep[0].used_s == 0
        past = story.guard.past(story.now).aged(5)
        story.now += 5
        story.guard = Guard(story.policy, story.now, past)
        story.wait(1)
        assert story.decision.steep[0].used_s >= 5

    def test_where_nobody_ever_knew_it_it_is_taken_for_level(self) -> None:
        story = Story(policy=replace(QUICK, warm_up_s=0.0))
        story.garbled = Measurement(speed=300)
        story._measure()
        story.guard = Guard(story.policy, story.now, Past.nobody())
        story.belt = Belt.RUNNING
        story.wait(8)
        assert story.decision.requested == {Axis.SPEED: 300, Axis.INCLINE: 0}

    def test_a_cool_down_goes_on_where_it_was(self) -> None:
        story = Story(policy=replace(QUICK, cool_down_s=60.0)).runs().wait(8)
        story.ask(Verb.SPEED, 1000)
        story.wait(30)
        story.ask(Verb.FINISH)
        story.wait(20)
        story.guard = Guard(story.policy, story.now, story.guard.past(story.now))
        story.wait(20)
        assert story.decision.phase == "cool_down"
        assert story.speed <= 610
        story.wait(25)
        assert story.halts


class TestUnknown:
    def test_nothing_known_is_the_strictest(self) -> None:
        decision = Story(past=None).runs().decision
        assert decision.steep[0].left_s == 0
        assert decision.warm_up_left_s == 300

    def test_nobody_is_the_freest(self) -> None:
        assert Story(past=NOBODY).decision.steep[0].left_s == 600


class TestBaseline:
    DONE = Effort(1000.0, 2000.0, 30.0)

    def test_the_first_run_is_the_first_baseline(self) -> None:
        assert Baseline.after(None, self.DONE) == Baseline(self.DONE, recent=True)

    @pytest.mark.parametrize(("time_s", "counts"), [(299.75, False), (300.0, True)])
    def test_a_stroll_of_less_than_five_minutes_is_none(self, time_s: float, counts: bool) -> None:
        done, before = replace(self.DONE, time_s=time_s), Baseline(Effort(1.0, 1.0, 1.0))
        assert Baseline.after(None, done) == (Baseline(done) if counts else None)
        assert Baseline.after(before, done) == (Baseline(done) if counts else before)

    def test_efforts_add_up(self) -> None:
        assert self.DONE.plus(1.0, 2.0, 3.0) == Effort(1001.0, 2002.0, 33.0)

    def test_of_recent_runs_the_most_of_each_counts(self) -> None:
        before = Baseline(Effort(900.0, 3000.0, 10.0))
        after = Baseline.after(before, self.DONE)
        assert after == Baseline(Effort(1000.0, 3000.0, 30.0), recent=True)

    def test_half_of_what_was_long_ago_gives_way_to_the_newest(self) -> None:
        before = Baseline(Effort(9000.0, 9000.0, 90.0), recent=False)
        assert Baseline.after(before, self.DONE) == Baseline(self.DONE)

    def test_a_session_s_effort_is_its_time_way_and_climb(self) -> None:
        story = Story(policy=replace(QUICK, warm_up_s=0.0)).runs()
        story.ask(Verb.SPEED, 900)
        story.ask(Verb.INCLINE, 50)
        story.wait(420)
        session = story.guard.past(story.now).session
        assert session is not None
        assert session.effort.time_s == pytest.approx(420, abs=2)
        assert session.effort.distance_m == pytest.approx(story.distance, rel=0.01)
        assert session.effort.climb_m == pytest.approx(story.distance * 0.05, rel=0.05)
        story.stands().wait(1)
        baseline = story.guard.past(story.now).baseline
        assert baseline is not None
        assert baseline.most == session.effort


class TestAnotherPerson:
    """`change`: only while the belt stands, and then with all that is theirs."""

    def test_has_limits_and_a_past_of_their_own(self) -> None:
        story = Story(policy=QUICK).runs(300, incline=120).wait(12)
        story.stands().wait(1)
        mine = story.guard.past(story.now)
        other = replace(QUICK, max_speed=500, steep=(TIER,))
        assert accepted(story.guard.change(other, Past.nobody(), story.now))
        story.wait(1)
        assert story.decision.steep[0].used_s == 0
        assert story.decision.limits.most(Axis.SPEED) == 500
        assert accepted(story.guard.change(QUICK, mine, story.now))
        story.wait(1)
        assert story.decision.steep[0].used_s > 0

    @pytest.mark.parametrize("belt", [Belt.RUNNING, Belt.STARTING, Belt.STOPPING, Belt.UNKNOWN])
    def test_comes_only_while_the_belt_stands(self, belt: Belt) -> None:
        story = Story(policy=QUICK).runs()
        story.belt = belt
        story.wait(1)
        verdict = story.guard.change(QUICK, Past.nobody(), story.now)
        assert verdict.result is Result.REJECTED

    def test_comes_not_between_a_start_and_the_belt_s_first_step(self) -> None:
        story = Story(policy=QUICK)
        story.ask(Verb.START)
        verdict = story.guard.change(QUICK, Past.nobody(), story.now)
        assert rules(verdict) == ("starting",)

    def test_ends_the_session_of_the_one_before(self) -> None:
        story = Story(policy=QUICK).runs().wait(20)
        story.stands(Belt.PAUSED).wait(1)
        assert story.guard.past(story.now).session is not None
        assert accepted(story.guard.change(QUICK, Past.nobody(), story.now))
        story.wait(1)
        assert story.heard("session_ended")
        assert story.decision.warm_up_left_s == QUICK.warm_up_s

    @pytest.mark.parametrize(("away", "taken"), [(5.0, False), (30.0, True)])
    def test_comes_without_a_link_once_nobody_can_be_on_the_belt(
        self, away: float, taken: bool
    ) -> None:
        story = Story(policy=QUICK).runs().wait(10)
        story.connected = False
        story.wait(away)
        assert accepted(story.guard.change(QUICK, Past.nobody(), story.now)) is taken

    def test_comes_before_any_machine_was_found(self) -> None:
        assert accepted(Guard(QUICK, 0.0).change(QUICK, Past.nobody(), 0.0))


class TestConfigured:
    """`configure`: tighter at once, looser at the next standstill."""

    def running(self) -> Story:
        story = Story(policy=QUICK).runs().wait(8)
        story.ask(Verb.SPEED, 1000)
        return story.wait(40)

    def test_a_tighter_limit_is_eased_to_at_once(self) -> None:
        story = self.running()
        story.guard.configure(replace(QUICK, max_speed=600), story.now)
        story.wait(1)
        assert 850 <= story.setpoint(Axis.SPEED) < 1000
        story.wait(10)
        assert story.setpoint(Axis.SPEED) == 600
        assert "limit" in text_of(story.heard("limited")[-1])

    def test_a_slower_ramp_leaves_a_press_less_at_once(self) -> None:
        story = Story(policy=QUICK).runs().wait(20)
        story.guard.configure(replace(QUICK, speed_ramp=20.0), story.now)
        story.wait(1).press(Axis.SPEED, 400)
        story.says(TargetChanged(story.now, Axis.SPEED, 400))
        assert story.setpoint(Axis.SPEED) == 80 + 5 * 20 + 50

    def test_a_looser_one_waits_until_the_belt_stands(self) -> None:
        story = self.running()
        looser = replace(QUICK, speed_ramp=30.0, max_incline=200, max_speed=1800)
        story.guard.configure(looser, story.now)
        story.wait(5)
        assert story.decision.limits.lowest(Axis.SPEED)[0].value == 1600
        story.stands().wait(1)
        assert any(bound.value == 1800 for bound in story.decision.limits.bounds)

    def test_at_rest_all_of_it_counts_at_once(self) -> None:
        story = Story(policy=QUICK)
        story.guard.configure(replace(QUICK, max_speed=1800), story.now)
        story.wait(1)
        assert any(bound.value == 1800 for bound in story.decision.limits.bounds)

    def test_a_start_that_is_allowed_from_now_on_is_taken_at_once(self) -> None:
        story = Story(policy=replace(QUICK, allow_remote_start=False)).wait(1)
        story.guard.configure(QUICK, story.now)
        assert accepted(story.ask(Verb.START))

    def test_tiers_of_both_count_meanwhile(self) -> None:
        story = self.running()
        story.guard.configure(replace(QUICK, steep=(TIER,)), story.now)
        story.wait(1)
        assert len(story.decision.steep) == len(QUICK.steep) + 1
        story.stands().wait(1)
        assert len(story.decision.steep) == 1

    def test_the_same_again_changes_nothing(self) -> None:
        story = self.running()
        before = story.guard.past(story.now)
        story.guard.configure(QUICK, story.now)
        assert story.guard.past(story.now) == before

    def test_every_field_has_a_stricter_side(self) -> None:
        assert set(_STRICTER) == {field.name for field in fields(Policy)}

    @given(st.sampled_from(POLICIES), st.sampled_from(POLICIES))
    def test_what_both_allow_is_no_looser_than_either(self, one: Policy, other: Policy) -> None:
        both = stricter(one, other)
        assert stricter(both, one) == stricter(both, other) == both
        assert both.max_speed <= min(one.max_speed, other.max_speed)
        assert both.warm_up_s >= max(one.warm_up_s, other.warm_up_s)
        assert set(both.steep) == set(one.steep) | set(other.steep)


class TestPain:
    def test_it_begins_a_rest_of_two_days(self) -> None:
        story = Story()
        assert story.guard.report_pain(1, story.now)
        story.wait(1)
        assert story.decision.rest_left_s == 2 * 24 * 3600 - 1

    def test_none_is_no_reason(self) -> None:
        story = Story()
        assert not story.guard.report_pain(0, story.now)
        assert story.wait(1).decision.rest_left_s == 0

    def test_another_report_begins_it_anew(self) -> None:
        story = Story()
        story.guard.report_pain(3, story.now)
        story.wait(100)
        story.guard.report_pain(3, story.now)
        story.wait(1)
        assert story.decision.rest_left_s == 2 * 24 * 3600 - 1

    def test_the_person_lifts_it(self) -> None:
        story = Story()
        story.guard.report_pain(3, story.now)
        assert story.guard.lift_rest(story.now)
        assert not story.guard.lift_rest(story.now)
        assert story.wait(1).decision.rest_left_s == 0
