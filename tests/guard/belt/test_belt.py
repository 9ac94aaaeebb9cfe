"""A belt under guard, at its edges. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past, SteepTier
from bridge.guard.person.session import Session
from bridge.values import (
    INCLINE,
    SPEED,
    Belt,
    Halt,
    Measurement,
    Result,
    Snapshot,
    Verb,
)
from bridge.values.status import ControlLost
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import STRICT, Story, accepted
from tests.rigs.wording import text_of


class TestLink:
    def test_before_the_first_sample_nothing_is_known_and_nothing_is_done(self) -> None:
        guard = Guard(QUICK, 0.0, Past.nobody())
        decision = guard.decide(Snapshot(connected=True, machine=STRICT, belt=Belt.RUNNING), 0.0)
        assert not decision.targets
        assert [hold.rule for hold in decision.limits.holds] == ["stale"]

    def test_it_is_no_alarm_that_one_was_lost_before_anything_was_known(self) -> None:
        story = Story()
        story.belt = Belt.UNKNOWN
        story.wait(1)
        story.connected = False
        story.wait(1)
        assert not story.heard("link_lost")
        assert not story.decision.faults

    @pytest.mark.parametrize("belt", [Belt.RUNNING, Belt.STARTING, Belt.STOPPING])
    def test_it_is_one_while_the_belt_moves(self, belt: Belt) -> None:
        story = Story()
        story.belt = belt
        story.wait(1)
        story.connected = False
        story.wait(1)
        assert len(story.heard("link_lost")) == 1
        assert set(story.decision.faults) == {"link_lost"}
        story.connected = True
        story.wait(1)
        assert not story.decision.faults

    def test_what_was_wrong_with_control_went_with_it(self) -> None:
        story = running()
        story.says(ControlLost(story.now)).stands()
        assert set(story.decision.faults) == {"control_taken"}
        story.connected = False
        story.wait(1)
        assert not story.decision.faults

    def test_a_belt_that_ran_before_it_is_found_anew_and_not_seen_to_start(self) -> None:
        story = Story().stands()
        story.connected = False
        story.wait(1)
        story.connected, story.belt, story.speed = True, Belt.RUNNING, 400.0
        story.target[SPEED] = 400.0
        story.wait(1)
        assert story.decision.requested[SPEED] is None
        story.wait(5)
        assert story.decision.requested[SPEED] == 400


class TestGone:
    """Nobody could watch the belt for an hour: then it is another run."""

    def left(self, away: float, *, killed: bool) -> Story:
        """A belt that was left in its cool-down, and is found running again."""
        story = running(policy=replace(QUICK, cool_down_s=60.0))
        story.ask(Verb.FINISH)
        story.wait(5)
        past = story.guard.past(story.now).aged(away)
        story.connected = False
        story.wait(1)
        story.now += away
        if killed:
            story.guard = Guard(story.policy, story.now, past)
        story.connected, story.events = True, []
        story.runs(500).wait(8)
        return story

    @pytest.mark.parametrize("killed", [False, True], ids=["the link was lost", "killed"])
    @pytest.mark.parametrize(("away", "over"), [(3590.0, False), (3610.0, True)])
    def test_a_new_session_begins_and_no_old_cool_down_ends_it(
        self, away: float, over: bool, killed: bool
    ) -> None:
        story = self.left(away, killed=killed)
        assert bool(story.heard("session_ended")) is over
        assert bool(story.heard("session_started")) is over
        assert bool(story.halts) is not over

    @pytest.mark.parametrize(("pause", "over"), [(3599, False), (3601, True)])
    def test_so_does_whoever_comes_back_from_a_pause_after_an_hour(
        self, pause: int, over: bool
    ) -> None:
        story = running(policy=replace(QUICK, cool_down_s=60.0, warm_up_pause_s=7200.0))
        story.ask(Verb.FINISH)
        story.wait(5)
        moved = story.now
        story.stands(Belt.PAUSED).wait(moved + pause - story.now)
        assert not story.heard("session_ended")
        story.runs(400).wait(70)
        assert bool(story.heard("session_ended")) is over
        assert bool(story.halts) is not over

    def test_a_session_that_never_moved_goes_on(self) -> None:
        past = replace(Past.nobody(), session=Session(None))
        story = Story(policy=QUICK, past=past, belt=Belt.PAUSED).wait(2)
        assert not story.heard("session_ended")


class TestFinish:
    @pytest.mark.parametrize("pause", [5, 300])
    def test_a_pause_is_no_part_of_it(self, pause: int) -> None:
        story = running(policy=replace(QUICK, cool_down_s=40.0, warm_up_pause_s=600.0))
        story.ask(Verb.FINISH)
        story.wait(10).stands(Belt.PAUSED).wait(pause)
        story.runs().wait(28)
        assert not story.halts
        story.wait(4)
        assert story.halts

    def test_the_slope_begins_where_the_belt_is(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        assert story.decision.limits.most(SPEED) == 800
        story.wait(4)
        assert story.decision.limits.most(SPEED) == 600

    def test_or_where_it_was_told_to_be(self) -> None:
        story = running()
        story.garbled = Measurement()
        story.wait(1)
        story.ask(Verb.FINISH)
        assert story.decision.limits.most(SPEED) == 800

    @pytest.mark.parametrize("known", [None, 15])
    def test_or_at_the_lowest_where_nothing_is_known(self, known: int | None) -> None:
        story = Story(policy=QUICK)
        past = replace(Past.nobody(), incline=known)
        story.guard = Guard(QUICK, story.now, past)
        story.sample, story.belt, story.silent = None, Belt.RUNNING, True
        story.wait(1)
        story.ask(Verb.FINISH)
        assert story.decision.limits.most(SPEED) == 80
        assert story.decision.limits.most(INCLINE) == (known or 0)

    @pytest.mark.parametrize(("left", "said"), [(30.0, 2), (0.0, 1)])
    def test_on_a_new_link_it_is_said_again_while_some_of_it_is_left(
        self, left: float, said: int
    ) -> None:
        story = running(policy=replace(QUICK, cool_down_s=60.0))
        story.ask(Verb.FINISH)
        ends = story.now + 60.0
        story.connected = False
        story.wait(ends - left - 1.0 - story.now)
        story.connected = True
        story.wait(20)
        assert len(story.heard("cool_down")) == said

    def test_it_is_said_to_what_and_how_long(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        assert [text_of(event) for event in story.heard("cool_down")] == [
            "Cool-down: slowing to 4 km/h over 8 s, then stop."
        ]

    def test_its_stop_waits_until_the_belt_was_told_about_a_walk(self) -> None:
        story = running(policy=replace(QUICK, speed_easing=20.0))
        story.ask(Verb.FINISH)
        story.connected = False
        story.wait(QUICK.cool_down_s + 1)
        story.connected = True
        story.speed = story.target[SPEED] = 500.0
        while not story.halts:
            story.wait(0.25)
        assert story.speeds()[-1] <= 420

    def test_a_walk_is_no_slower_than_the_machine_can(self) -> None:
        story = running(policy=replace(QUICK, cool_down_speed=30))
        story.ask(Verb.FINISH)
        story.wait(QUICK.cool_down_s - 0.25)
        assert story.setpoint(SPEED) == 80
        story.wait(0.25)
        assert story.halts

    def test_a_belt_that_is_being_stopped_is_not_stopped_by_its_end(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        story.wait(7)
        story.ask(Verb.PAUSE)
        story.wait(5)
        assert not story.heard("cool_down_done")
        assert {halt for _, halt in story.halts} == {Halt.PAUSE}


class TestDeserted:
    def deserted(self, seconds: float) -> Result:
        story = running()
        story.connected = False
        story.wait(seconds)
        return story.guard.change(QUICK, Past.nobody(), story.now).result

    def test_a_belt_out_of_reach_is_left_by_a_pause_s_time(self) -> None:
        assert self.deserted(20) is Result.REJECTED
        assert self.deserted(21.25) is Result.ACCEPTED

    def test_one_that_began_to_run_just_now_is_not(self) -> None:
        story = Story(policy=QUICK).runs(0)
        story.connected = False
        story.wait(1)
        assert story.guard.change(QUICK, Past.nobody(), story.now).result is Result.REJECTED

    def test_one_that_was_never_seen_to_move_has_nobody_on_it(self) -> None:
        past = replace(Past.nobody(), session=Session(moved=None))
        story = Story(policy=QUICK, past=past)
        story.connected = False
        story.wait(1)
        assert accepted(story.guard.change(QUICK, Past.nobody(), story.now))


class TestSteep:
    def test_where_nothing_is_measured_what_was_told_counts(self) -> None:
        story = running()
        story.ask(Verb.INCLINE, 60)
        story.wait(20)
        used = story.decision.steep[1].used_s
        story.garbled = Measurement(speed=800)
        story.wait(4)
        assert story.decision.steep[1].used_s == pytest.approx(used + 4, abs=0.5)

    def test_unmeasured_it_counts_until_the_slowest_motor_has_lowered_it(self) -> None:
        story = running()
        story.ask(Verb.INCLINE, 60)
        story.wait(20)
        story.garbled = Measurement(speed=800)
        story.ask(Verb.INCLINE, 58)
        used = story.decision.steep[1].used_s
        story.wait(1)
        assert story.setpoint(INCLINE) == 55
        story.wait(10)
        assert story.decision.steep[1].used_s == pytest.approx(used + 2, abs=1)

    @pytest.mark.parametrize(("shown", "counts"), [(0, 10), (-1, 10), (-5, 10)])
    def test_told_to_be_steep_it_counts_though_the_display_reads_low(
        self, shown: int, counts: float
    ) -> None:
        story = running(policy=replace(QUICK, steep=(SteepTier(),), warm_up_s=0.0))
        story.ask(Verb.INCLINE, 100)
        story.wait(120)
        story.garbled = Measurement(speed=800, incline=100 + shown)
        story.wait(1)
        used = story.decision.steep[0].used_s
        story.wait(10)
        assert story.decision.steep[0].used_s == pytest.approx(used + counts, abs=1)

    def test_a_deck_on_its_way_up_does_not_count_before_it_is_near(self) -> None:
        story = running(policy=replace(QUICK, steep=(SteepTier(),), warm_up_s=0.0))
        story.motor = 0.0
        story.ask(Verb.INCLINE, 100)
        story.wait(60)
        assert story.decision.steep[0].used_s == 0

    def test_a_silence_that_ends_steep_was_steep_all_along(self) -> None:
        story = running()
        story.silent = True
        story.incline = story.target[INCLINE] = 80.0
        story.wait(11)
        assert story.decision.steep[1].used_s == 0
        story.silent = False
        story.wait(1)
        assert story.decision.steep[1].used_s >= 8

    def test_a_belt_that_stands_climbs_nothing(self) -> None:
        story = running()
        story.ask(Verb.INCLINE, 60)
        story.wait(20)
        used = story.decision.steep[1].used_s
        story.stands(Belt.PAUSED).wait(10)
        assert story.decision.steep[1].used_s == used

    def test_not_even_where_the_least_climb_is_steep(self) -> None:
        tier = SteepTier(threshold=1, budget_s=600.0, window_s=1800.0, then=0)
        story = Story(policy=replace(QUICK, steep=(tier,))).runs(incline=20).wait(5)
        story.stands(Belt.PAUSED).wait(1)
        used = story.decision.steep[0].used_s
        assert story.wait(10).decision.steep[0].used_s == used

    def test_where_the_incline_is_is_known_of_a_standing_belt_too(self) -> None:
        story = running()
        story.incline = story.target[INCLINE] = 50.0
        story.stands(Belt.PAUSED).wait(1)
        assert story.guard.past(story.now).incline == 50


class TestOver:
    def test_the_session_ends_when_the_belt_is_idle(self) -> None:
        story = running()
        story.stands()
        assert len(story.heard("session_ended")) == 1

    @pytest.mark.parametrize("belt", [Belt.PAUSED, Belt.STOPPING, Belt.UNKNOWN])
    def test_and_with_nothing_else(self, belt: Belt) -> None:
        story = running()
        story.belt = belt
        story.wait(3)
        assert not story.heard("session_ended")

    def test_a_belt_without_a_speed_is_not_moving(self) -> None:
        story = Story().runs()
        story.garbled = Measurement(incline=0)
        left = story.wait(1).decision.warm_up_left_s
        assert story.wait(5).decision.warm_up_left_s == left

    def test_a_silence_longer_than_a_pause_begins_the_warm_up_again(self) -> None:
        story = running()
        story.silent = True
        story.wait(QUICK.warm_up_pause_s + 4)
        assert story.decision.warm_up_left_s == QUICK.warm_up_s
        story.ask(Verb.SPEED, 300)
        assert story.decision.warm_up_left_s == QUICK.warm_up_s

    def test_what_is_not_fresh_is_no_belt_time(self) -> None:
        story = Story().runs().wait(5)
        story.silent = True
        left = story.wait(3).decision.warm_up_left_s
        assert story.wait(5).decision.warm_up_left_s == left
