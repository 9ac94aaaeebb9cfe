"""A belt under guard, at its edges. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past, Slower, SteepTier
from bridge.guard.past import SessionPast
from bridge.status import ControlLost, SafetyKey, TargetChanged
from bridge.values import INCLINE, SPEED, Axis, Belt, Halt, Result, Verb
from protocols.ftms.ranges import InclineRange
from protocols.ftms.treadmill_data import TreadmillData
from tests.guard.actions import QUICK
from tests.guard.story import KNOWN, STRICT, Story, accepted


def running(speed: int = 800, **story: object) -> Story:
    """A warm runner, long after the last write."""
    told = Story(**{"policy": QUICK, **story}).warmed_up()  # type: ignore[arg-type]
    told.ask(Verb.SPEED, speed)
    return told.wait(40)


class TestStale:
    @pytest.mark.parametrize(("silence", "held"), [(3.0, False), (3.25, True)])
    def test_three_seconds_of_silence_are_fresh(self, silence: float, held: bool) -> None:
        story = running()
        story.silent = True
        story.wait(silence)
        assert bool(story.decision.limits.holds) is held

    @pytest.mark.parametrize(("silence", "faults"), [(10.0, ()), (10.25, ("stale",))])
    def test_ten_are_no_fault(self, silence: float, faults: tuple[str, ...]) -> None:
        story = running()
        story.silent = True
        story.wait(silence)
        assert story.decision.faults == faults

    def test_it_is_said_for_how_long_and_that_it_is_over(self) -> None:
        story = running()
        story.silent = True
        story.wait(20)
        (event,) = story.heard("stale")
        assert event.text == "No data from the treadmill for 10 s. Nothing will be raised."
        story.silent = False
        story.wait(2)
        assert len(story.heard("fresh")) == 1

    def test_silence_at_rest_is_no_fault(self) -> None:
        story = Story().wait(1)
        story.silent = True
        story.wait(20)
        assert not story.decision.faults
        assert not story.heard("stale")

    def test_silence_of_a_belt_that_nobody_governs_yet_is_no_fault(self) -> None:
        story = running()
        story.connected = False
        story.wait(1)
        story.connected, story.silent = True, True
        story.wait(20)
        assert not story.decision.faults


class TestLink:
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
        assert story.decision.setpoint[SPEED] is None
        story.wait(5)
        assert story.setpoint(SPEED) == 400


class TestStarts:
    def test_a_belt_that_stood_is_seen_to_start(self) -> None:
        story = Story().stands().runs(300)
        assert story.decision.setpoint[SPEED] == 80

    def test_also_with_a_countdown_in_between(self) -> None:
        story = Story().stands()
        story.belt = Belt.STARTING
        story.wait(3)
        assert story.runs(300).decision.setpoint[SPEED] == 80

    def test_one_that_was_stopping_is_found_moving(self) -> None:
        story = Story().stands()
        story.belt = Belt.STOPPING
        story.wait(1)
        assert story.runs(300).decision.setpoint[SPEED] is None

    def test_one_that_we_started_is_told_its_slowest(self) -> None:
        story = Story().wait(1)
        story.ask(Verb.START)
        assert story.runs(80).speeds() == [80]

    def test_it_may_be_started_again_as_soon_as_it_stands_again(self) -> None:
        story = Story().wait(1)
        story.ask(Verb.START)
        story.runs(80).wait(2)
        story.stands().wait(1)
        assert accepted(story.ask(Verb.START))

    def test_one_that_was_started_at_the_console_is_told_nothing(self) -> None:
        assert Story().wait(1).runs(80).speeds() == []

    def test_a_halt_under_way_is_not_forgotten_for_a_belt_that_runs(self) -> None:
        story = Story().stands()
        story.ask(Verb.STOP)
        story.runs(300)
        assert story.decision.setpoint[SPEED] is None

    @pytest.mark.parametrize("at", [-20, -23])
    def test_what_the_incline_was_last_known_to_be_counts(self, at: int) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-50, maximum=150, step=5))
        policy = replace(KNOWN, min_incline=-30)
        story = Story(machine=machine, policy=policy)
        story.incline = story.target[INCLINE] = float(at)
        story.stands()
        story.garbled = TreadmillData(speed=80)
        story.runs(incline=at)
        assert story.decision.setpoint[INCLINE] == at // 5 * 5

    def test_what_nobody_ever_knew_is_taken_for_level(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-50, maximum=150, step=5))
        story = Story(machine=machine, policy=replace(KNOWN, min_incline=-30))
        story.garbled = TreadmillData(speed=0)
        story.guard = Guard(story.policy, story.now, Past.nobody())
        story.stands().runs(80)
        assert story.decision.setpoint[INCLINE] == 0

    def test_on_a_machine_of_fine_steps_level_is_level_too(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=0, maximum=150, step=1))
        story = Story(machine=machine).stands().runs(incline=3)
        assert story.decision.setpoint[INCLINE] == 0


class TestIncline:
    """Which a belt may not tell, or nothing but that."""

    def test_is_as_it_was_last_known_for_whoever_comes_next(self) -> None:
        story = Story(policy=QUICK)
        story.incline = story.target[INCLINE] = 40.0
        story.stands()
        assert accepted(story.guard.change(QUICK, Past.nobody(), story.now))
        assert story.guard.past(story.now).incline == 40

    def test_is_as_that_person_knew_it_where_nobody_else_does(self) -> None:
        story = Story(policy=QUICK)
        story.connected = False
        story.guard = Guard(QUICK, story.now, Past.nobody())
        story.wait(1)
        known = replace(Past.nobody(), incline=60)
        assert accepted(story.guard.change(QUICK, known, story.now))
        assert story.guard.past(story.now).incline == 60

    def test_is_watched_where_the_belt_tells_nothing_else(self) -> None:
        story = running()
        story.garbled = TreadmillData(incline=40)
        story.wait(4)
        assert story.heard("console_raised")

    def test_slows_a_belt_that_is_found_moving(self) -> None:
        story = Story(policy=replace(QUICK, warm_up_s=0.0, slower=(Slower(80, 400),)))
        story.incline = story.target[INCLINE] = 80.0
        story.stands()
        story.connected = False
        story.wait(1)
        story.connected, story.belt, story.speed = True, Belt.RUNNING, 300.0
        story.garbled = TreadmillData(speed=300)
        story.wait(1)
        assert story.decision.limits.most(SPEED) == 400


class TestHeart:
    POLICY = replace(QUICK, heart_rate_ceiling=160, heart_rate_s=2.0, heart_rate_every_s=60.0)

    def beating(self, rate: int | None = 150) -> Story:
        story = Story(policy=self.POLICY, heart=rate).warmed_up()
        story.ask(Verb.SPEED, 800)
        return story.wait(40)

    def test_it_is_said_what_is_done_and_why(self) -> None:
        story = self.beating()
        story.heart = 170
        story.wait(10)
        (event,) = story.heard("heart_rate_high")
        assert event.text == (
            "The heart rate of 170 has been above 160 for 2 s: slowing by 0.5 km/h, and again "
            "every 1 min while it stays there."
        )
        assert story.setpoint(SPEED) == 750

    def test_from_what_is_measured_or_told_the_lower(self) -> None:
        story = self.beating()
        story.heart = 170
        story.garbled = TreadmillData(speed=780, heart_rate=170)
        story.wait(10)
        assert story.setpoint(SPEED) == 730
        story = self.beating()
        story.garbled = TreadmillData(speed=820, heart_rate=170)
        story.wait(10)
        assert story.setpoint(SPEED) == 750
        story = self.beating()
        story.garbled = TreadmillData(heart_rate=170)
        story.wait(10)
        assert story.setpoint(SPEED) == 750

    def test_one_that_is_not_heard_is_a_fault_and_said_once(self) -> None:
        story = self.beating()
        story.heart = None
        story.wait(30)
        assert len(story.heard("heart_rate_lost")) == 1
        assert set(story.decision.faults) == {"heart_rate_lost"}
        story.heart = 150
        story.wait(2)
        assert not story.decision.faults

    def test_without_a_ceiling_nobody_listens(self) -> None:
        story = running()
        story.wait(20)
        assert not story.heard("heart_rate_lost")

    def test_a_belt_that_stands_is_waited_for(self) -> None:
        story = Story(policy=self.POLICY).wait(30)
        assert not story.heard("heart_rate_lost")


class TestFound:
    def found(self, **story: object) -> Story:
        told = Story(**{"policy": QUICK, **story})  # type: ignore[arg-type]
        told.connected = False
        told.wait(1)
        told.connected, told.belt, told.speed = True, Belt.RUNNING, 500.0
        told.target[SPEED] = 500.0
        return told

    def test_it_is_said_how_fast(self) -> None:
        story = self.found().wait(6)
        assert [event.text for event in story.heard("adopted")] == [
            "The belt was found moving at 5 km/h."
        ]

    def test_one_that_stands_before_it_has_settled_is_seen_to_start(self) -> None:
        story = self.found().wait(1)
        story.stands().wait(1)
        assert story.runs(300).decision.setpoint[SPEED] == 80

    def test_one_that_was_taken_over_before_is_not_taken_over_again(self) -> None:
        story = self.found().wait(1)
        assert accepted(story.ask(Verb.SPEED, 300))
        story.wait(10)
        assert not story.heard("adopted")
        assert story.speed == 300

    def test_garbage_begins_the_count_again(self) -> None:
        story = self.found().wait(2)
        story.garble().wait(5)
        assert not story.heard("adopted")
        assert story.wait(5).heard("adopted")

    def test_a_belt_that_runs_steadily_has_its_key(self) -> None:
        story = self.found()
        story.says(SafetyKey(story.now)).wait(8)
        assert story.heard("adopted")
        story.stands()
        assert accepted(story.ask(Verb.START))

    def test_an_observer_finds_nothing(self) -> None:
        story = self.found(policy=replace(QUICK, may_control=False)).wait(20)
        assert not story.heard("adopted")

    def test_an_incline_that_it_does_not_tell_is_where_it_was_last_known(self) -> None:
        story = Story(policy=replace(QUICK, warm_up_s=0.0))
        story.incline = story.target[INCLINE] = 40.0
        story.stands()
        story.connected = False
        story.wait(1)
        story.connected, story.belt, story.speed = True, Belt.RUNNING, 500.0
        story.target[SPEED] = 500.0
        story.garbled = TreadmillData(speed=500)
        story.wait(6)
        assert story.decision.requested[INCLINE] == 40


class TestFinish:
    def test_the_slope_begins_where_the_belt_is(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        assert story.decision.limits.most(SPEED) == 800
        story.wait(4)
        assert story.decision.limits.most(SPEED) == 600

    def test_or_where_it_was_told_to_be(self) -> None:
        story = running()
        story.garbled = TreadmillData()
        story.wait(1)
        story.ask(Verb.FINISH)
        assert story.decision.limits.most(SPEED) == 800

    def test_or_at_the_lowest_where_nothing_is_known(self) -> None:
        story = Story(policy=QUICK)
        story.connected = False
        story.wait(1)
        story.connected, story.belt = True, Belt.RUNNING
        story.garbled = TreadmillData()
        story.wait(1)
        story.ask(Verb.FINISH)
        assert story.decision.limits.most(SPEED) == 80
        assert story.decision.limits.most(INCLINE) == 0

    @pytest.mark.parametrize(("left", "said"), [(1.0, ["8 s", "1 s"]), (0.0, ["8 s"])])
    def test_on_a_new_link_it_is_said_again_while_some_of_it_is_left(
        self, left: float, said: list[str]
    ) -> None:
        story = running()
        story.ask(Verb.FINISH)
        ends = story.now + QUICK.cool_down_s
        story.connected = False
        story.wait(ends - left - 3.0 - story.now)
        story.connected = True
        story.wait(6)
        assert [event.details["left"] for event in story.heard("cool_down")] == said

    def test_it_is_said_to_what_and_how_long(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        assert [event.text for event in story.heard("cool_down")] == [
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
        assert story.speeds()[-1] == 420

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

    def test_one_that_was_never_seen_to_move_has_nobody_on_it(self) -> None:
        past = replace(Past.nobody(), session=SessionPast(moved_ago_s=None))
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
        story.garbled = TreadmillData(speed=800)
        story.wait(4)
        assert story.decision.steep[1].used_s == pytest.approx(used + 4, abs=0.5)

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
        story.garbled = TreadmillData(incline=0)
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


class TestFaults:
    def test_a_stop_forgets_what_did_not_respond(self) -> None:
        story = running()
        story.ask(Verb.INCLINE, 50)
        story.wait(20)
        story.obeys = False
        story.ask(Verb.SPEED, 500)
        story.ask(Verb.INCLINE, 0)
        story.wait(30)
        assert set(story.decision.faults) == {"not_responding_incline", "not_responding_speed"}
        story.stands(Belt.PAUSED)
        assert not story.decision.faults

    def test_disobedience_before_it_was_to_stop_is_not_held_against_it(self) -> None:
        story = running(policy=replace(QUICK, stop_on_disobey=True))
        story.stands(Belt.PAUSED)
        story.guard.control_refused("control_denied")
        story.wait(1)
        story.runs().wait(5)
        assert not story.halts

    def test_a_status_is_believed_of_an_axis_that_can_be_set_only(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(0, 0, 0))
        story = running(machine=machine)
        story.says(TargetChanged(story.now, Axis.INCLINE, 60))
        assert not story.heard("console_raised")
