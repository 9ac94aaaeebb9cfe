"""Stories of a belt under guard. Speeds in 0.01 km/h, inclines in 0.1 %."""

from dataclasses import replace

import pytest

from bridge.guard import SteepTier
from bridge.status import ControlLost, SafetyKey, Started, TargetChanged
from bridge.values import Axis, Belt, Halt, MachineInfo, Result, Verb
from protocols.ftms.ranges import InclineRange, SpeedRange
from tests.guard.story import KNOWN, STRICT, Story, accepted


class TestWarmUp:
    def test_a_greedy_request_is_cut_to_the_warm_up_and_stays_there(self) -> None:
        story = Story().runs()
        verdict = story.ask(Verb.SPEED, 1200)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 600)
        assert "warm-up" in verdict.reasons[0]
        story.at(400)
        assert max(story.speeds()) == 600
        assert story.speed == 600

    def test_after_it_the_runner_is_told_and_asks_again(self) -> None:
        story = Story().runs()
        story.ask(Verb.SPEED, 1200)
        story.at(310)
        assert len(story.heard("warm_up_over")) == 1
        assert accepted(story.ask(Verb.SPEED, 1200))
        story.wait(80)
        assert story.speed == 1200

    def test_incline_is_gentle_too(self) -> None:
        story = Story().runs()
        verdict = story.ask(Verb.INCLINE, 120)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 20)

    def test_a_short_pause_keeps_it(self) -> None:
        story = Story().runs().wait(200)
        story.stands(Belt.PAUSED).wait(599)
        story.runs().wait(101)
        assert story.decision.warm_up_left_s == pytest.approx(0, abs=1)

    def test_a_pause_of_over_ten_minutes_starts_it_again(self) -> None:
        story = Story().runs().wait(301)
        story.stands(Belt.PAUSED).wait(601)
        story.runs().wait(10)
        assert story.decision.warm_up_left_s == pytest.approx(290, abs=1)
        assert story.decision.phase == "warm_up"

    def test_a_stop_ends_the_session_and_the_warmth(self) -> None:
        story = Story().runs().wait(301)
        story.stands().wait(5)
        story.runs().wait(10)
        assert story.decision.warm_up_left_s == pytest.approx(290, abs=1)

    def test_silence_does_not_warm_anybody(self) -> None:
        story = Story().runs().wait(100)
        story.silent = True
        story.wait(300)
        story.silent = False
        story.wait(2)
        assert story.decision.warm_up_left_s > 190


class TestRamp:
    def test_speed_climbs_no_faster_than_half_a_km_h_in_five_seconds(self) -> None:
        story = Story().warmed_up()
        began = story.now
        story.ask(Verb.SPEED, 1200)
        story.wait(130)
        assert story.speed == 1200
        speeds = [(t - began, s.value) for t, s in story.written if t >= began]
        for t, value in speeds:
            earlier = [v for u, v in speeds if t - 5 <= u <= t]
            assert value - min(earlier, default=80) <= 50 + 10
        assert speeds[-1][0] <= 1.3 * (1200 - 80) / 10

    def test_repeating_a_request_gains_nothing(self) -> None:
        once, often = Story().warmed_up(), Story().warmed_up()
        once.ask(Verb.SPEED, 1000)
        for _ in range(30):
            often.ask(Verb.SPEED, 1000)
            often.wait(1)
        once.wait(30)
        assert once.speeds()[-1] == often.speeds()[-1]

    def test_a_belt_that_lags_is_waited_for(self) -> None:
        story = Story(acceleration=2.0).warmed_up()
        story.ask(Verb.SPEED, 1200)
        for _ in range(100):
            story.wait(1)
            assert story.setpoint(Axis.SPEED) <= story.speed + 50 + 10

    def test_a_sleep_of_the_computer_gives_no_headroom(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1200)
        before = story.setpoint(Axis.SPEED)
        story.now += 3600
        story._measure()
        story._decide()
        assert story.setpoint(Axis.SPEED) <= before + 20

    def test_a_person_who_asks_for_less_gets_it_at_once(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1000)
        story.wait(120)
        story.ask(Verb.SPEED, 400)
        assert story.speeds()[-1] == 400

    def test_a_program_that_asks_for_much_less_is_eased(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1000)
        story.wait(120)
        story.ask(Verb.SPEED, 400, program=True)
        story.wait(1)
        assert 850 <= story.speeds()[-1] <= 920
        story.wait(8)
        assert story.speeds()[-1] == 400

    def test_what_lies_between_two_steps_is_rounded_down(self) -> None:
        story = Story().warmed_up()
        verdict = story.ask(Verb.SPEED, 608)
        assert (verdict.result, verdict.applied) == (Result.ACCEPTED, 600)


class TestEnvelope:
    def test_the_owner_s_limit_holds(self) -> None:
        story = Story(policy=replace(KNOWN, max_speed=900)).warmed_up()
        verdict = story.ask(Verb.SPEED, 1200)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 900)
        assert "9 km/h" in verdict.reasons[0]

    def test_an_unreadable_range_is_a_careful_one(self) -> None:
        story = Story(machine=MachineInfo(address="x")).warmed_up()
        assert story.ask(Verb.SPEED, 1500).applied == 1200
        assert story.ask(Verb.INCLINE, 20).result is Result.REJECTED

    def test_an_empty_incline_range_cannot_be_set(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=0, maximum=0, step=0))
        story = Story(machine=machine).warmed_up()
        assert story.ask(Verb.INCLINE, 20).reasons == ("this machine's incline cannot be set",)

    @pytest.mark.parametrize("value", [1, 50, 79])
    def test_slower_than_the_machine_runs_is_refused(self, value: int) -> None:
        assert Story().warmed_up().ask(Verb.SPEED, value).result is Result.REJECTED

    def test_downhill_is_the_owner_s_choice(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-30, maximum=150, step=5))
        story = Story(machine=machine).warmed_up()
        assert story.ask(Verb.INCLINE, -10).result is Result.REJECTED
        story = Story(machine=machine, policy=replace(KNOWN, min_incline=-30)).warmed_up()
        assert accepted(story.ask(Verb.INCLINE, -10))

    @pytest.mark.parametrize(
        ("at", "setpoint", "written"),
        [(0, 0, []), (-20, -20, []), (-23, -25, []), (40, 0, [0]), (-50, -30, [])],
    )
    def test_a_start_never_drives_downhill_unasked(
        self, at: int, setpoint: int, written: list[int]
    ) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-50, maximum=150, step=5))
        story = Story(machine=machine, policy=replace(KNOWN, min_incline=-30)).stands()
        story.runs(incline=at)
        assert (story.setpoint(Axis.INCLINE), story.inclines()) == (setpoint, written)

    def test_a_machine_that_cannot_be_level_starts_at_its_lowest(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=10, maximum=150, step=5))
        story = Story(machine=machine).stands().runs(incline=30)
        assert (story.setpoint(Axis.INCLINE), story.inclines()) == (10, [10])


class TestUnit:
    UNKNOWN = replace(KNOWN, unit_is_kmh=False)

    def test_until_it_is_known_limits_count_as_miles(self) -> None:
        story = Story(policy=self.UNKNOWN, metres=False).runs()
        verdict = story.ask(Verb.SPEED, 600)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 370)

    def test_distance_against_speed_settles_it(self) -> None:
        story = Story(policy=self.UNKNOWN).runs()
        story.ask(Verb.SPEED, 300)
        story.wait(400)
        assert len(story.heard("unit_confirmed")) == 1
        assert story.ask(Verb.SPEED, 1000).result is Result.ACCEPTED

    def test_miles_stay_suspect(self) -> None:
        story = Story(policy=self.UNKNOWN).runs()
        story.ask(Verb.SPEED, 300)
        for _ in range(900):
            story.distance += story.speed / 360 * 0.609344
            story.wait(1)
        assert story.heard("unit_mph")
        assert not story.heard("unit_confirmed")


TIER = SteepTier(threshold=100, budget_s=600, window_s=1800, then=50)


class TestSteepIncline:
    def climbing(self, policy: object = None) -> Story:
        story = Story().warmed_up()
        assert accepted(story.ask(Verb.INCLINE, 120))
        story.wait(130)
        assert story.incline == 120
        return story

    def test_it_is_warned_of_then_lowered_and_not_too_early(self) -> None:
        story = self.climbing()
        steep_since = next(t for t, s in story.written if s.axis is Axis.INCLINE and s.value >= 100)
        while not story.heard("steep_closed"):
            story.wait(1)
        assert 540 <= story.now - steep_since <= 605
        warning = story.heard("steep_warning")
        assert len(warning) == 1
        story.wait(30)
        assert story.incline == 50
        assert story.decision.steep[0].used_s <= 600

    def test_it_opens_when_half_of_the_budget_is_free(self) -> None:
        story = self.climbing()
        while not story.heard("steep_closed"):
            story.wait(5)
        verdict = story.ask(Verb.INCLINE, 120)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 50)
        opens = story.decision.steep[0].opens_s
        assert opens is not None
        story.wait(opens - 10)
        assert not story.heard("steep_open")
        story.wait(20)
        assert story.heard("steep_open")
        assert story.incline == 50
        assert accepted(story.ask(Verb.INCLINE, 120))

    def test_what_the_console_made_counts(self) -> None:
        story = Story().warmed_up()
        story.press(Axis.INCLINE, 120).says(TargetChanged(story.now, Axis.INCLINE, 120))
        story.wait(300)
        assert story.incline == 120
        assert story.decision.steep[0].used_s > 150

    def test_after_a_restart_the_budget_counts_as_spent(self) -> None:
        story = Story(past=None).warmed_up()
        assert story.ask(Verb.INCLINE, 120).applied == 50

    def test_a_lost_link_while_steep_counts_as_steep(self) -> None:
        story = self.climbing()
        used = story.decision.steep[0].used_s
        story.connected = False
        story.wait(200)
        assert story.decision.steep[0].used_s == pytest.approx(used + 200, abs=2)


class TestStale:
    def test_three_seconds_of_silence_hold_and_ten_forget_the_request(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1200)
        story.wait(10)
        story.silent = True
        story.wait(4)
        held = story.decision.setpoint[Axis.SPEED]
        assert any(h.rule == "stale" for h in story.decision.limits.holds)
        assert story.ask(Verb.SPEED, 1300).result is Result.REJECTED
        story.wait(8)
        assert story.decision.setpoint[Axis.SPEED] == held
        assert "stale" in story.decision.faults
        story.silent = False
        story.wait(60)
        assert story.decision.setpoint[Axis.SPEED] == held
        assert "stale" not in story.decision.faults

    def test_slower_passes_in_silence(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 500)
        story.wait(60)
        story.silent = True
        story.wait(5)
        assert accepted(story.ask(Verb.SPEED, 300))
        assert story.speeds()[-1] == 300


class TestHalt:
    @pytest.mark.parametrize(("verb", "halt"), [(Verb.STOP, Halt.STOP), (Verb.PAUSE, Halt.PAUSE)])
    def test_it_is_the_next_thing_written(self, verb: Verb, halt: Halt) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1200)
        story.wait(7)
        writes = len(story.written)
        assert accepted(story.ask(verb))
        assert story.halts == [(story.now, halt)]
        story.wait(20)
        assert len(story.written) == writes

    def test_it_is_repeated_every_second_until_the_belt_slows(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.STOP)
        story.wait(6)
        assert len(story.halts) == 7
        assert story.heard("stop_ignored")
        story.belt = Belt.STOPPING
        story.wait(5)
        assert len(story.halts) == 7

    def test_targets_are_refused_until_the_belt_was_started_again(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.STOP)
        assert story.ask(Verb.SPEED, 300).result is Result.REJECTED
        story.belt = Belt.STOPPING
        story.wait(2)
        assert story.ask(Verb.SPEED, 300).result is Result.REJECTED
        story.stands().wait(1)
        assert story.ask(Verb.SPEED, 300).result is Result.REJECTED
        story.runs().wait(1)
        assert accepted(story.ask(Verb.SPEED, 300))

    def test_it_passes_late_stale_and_at_rest(self) -> None:
        story = Story().warmed_up()
        story.silent = True
        story.wait(30)
        assert accepted(story.ask(Verb.STOP, late=True))
        assert accepted(Story().ask(Verb.STOP))

    def test_a_belt_started_again_before_it_stood_is_guarded(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 800)
        story.wait(80)
        story.ask(Verb.STOP)
        story.belt = Belt.STOPPING
        story.wait(3)
        story.belt = Belt.RUNNING
        story.wait(15)
        assert story.decision.setpoint[Axis.SPEED] is not None


class TestConsole:
    def running(self) -> Story:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 800)
        story.wait(100)
        assert story.speed == 800
        return story

    def test_slower_is_obeyed_and_not_undone(self) -> None:
        story = self.running()
        writes = len(story.written)
        story.press(Axis.SPEED, 500)
        story.wait(10)
        assert len(story.written) == writes
        assert story.heard("console_slowed")
        assert story.ask(Verb.SPEED, 800).result is Result.REJECTED
        assert accepted(story.ask(Verb.SPEED, 400))
        story.wait(31)
        assert accepted(story.ask(Verb.SPEED, 600))

    def test_slower_by_status_counts_at_once(self) -> None:
        story = self.running()
        story.says(TargetChanged(story.now, Axis.SPEED, 500))
        assert story.decision.setpoint[Axis.SPEED] == 500
        assert story.heard("console_slowed")

    def test_an_echo_of_our_own_write_is_no_hand(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 800)
        story.wait(20)
        for value in story.speeds()[-5:]:
            story.says(TargetChanged(story.now, Axis.SPEED, value))
        assert not story.heard("console_slowed")
        story.wait(80)
        assert story.speed == 800

    def test_faster_by_status_becomes_a_gentle_climb(self) -> None:
        story = self.running()
        began = story.now
        story.press(Axis.SPEED, 1200).says(TargetChanged(story.now, Axis.SPEED, 1200))
        assert story.speeds()[-1] == 800
        story.wait(20)
        assert story.speed <= 1010
        story.wait(40)
        assert story.speed == 1200
        assert story.now - began >= 40

    def test_faster_without_a_word_must_last(self) -> None:
        story = self.running()
        story.obeys = False
        story.press(Axis.SPEED, 1000)
        story.wait(3)
        story.obeys = True
        story.wait(40)
        assert story.heard("console_raised")
        assert story.speed == 1000

    def test_one_garbage_frame_is_a_fault_and_no_request(self) -> None:
        story = self.running()
        story.speed = 1100
        story._measure()
        story._decide()
        assert story.speeds()[-1] == 800
        story.speed = 800
        story.wait(10)
        assert story.heard("unexpected_rise")
        assert not story.heard("console_raised")
        assert story.decision.requested[Axis.SPEED] == 800
        assert "unexpected_rise_speed" in story.decision.faults
        story.ask(Verb.SPEED, 900)
        story.wait(1)
        assert "unexpected_rise_speed" not in story.decision.faults

    def test_miles_for_kilometres_is_a_fault(self) -> None:
        story = self.running()
        story.says(TargetChanged(story.now, Axis.SPEED, 1287))
        assert story.heard("unexpected_rise")
        assert not story.heard("console_raised")

    def test_a_machine_that_keeps_rising_is_set_back_three_times_then_seldom(self) -> None:
        story = self.running()
        story.ask(Verb.SPEED, 810)
        story.wait(2)
        story.obeys = False
        story.acceleration = 30
        story.press(Axis.SPEED, 1600)
        before = len(story.written)
        story.wait(28)
        assert len(story.heard("unexpected_rise")) == 1
        assert len(story.heard("unexpected_rise_alarm")) == 1
        assert not story.heard("console_raised")
        corrections = [t for t, _ in story.written[before:]]
        assert {s.value for _, s in story.written[before:]} == {810}
        assert len(corrections) == 5
        assert corrections[-1] - corrections[-2] >= 10

    def test_a_slow_machine_is_not_taken_for_a_hand(self) -> None:
        story = Story(acceleration=20).warmed_up()
        story.ask(Verb.SPEED, 1500)
        story.wait(160)
        story.ask(Verb.SPEED, 400)
        story.wait(90)
        assert story.speed == 400
        assert not story.heard("unexpected_rise")
        assert not story.heard("console_raised")
        assert not story.heard("console_slowed")


class TestStart:
    def test_only_with_leave(self) -> None:
        story = Story(policy=replace(KNOWN, allow_remote_start=False))
        assert story.ask(Verb.START).result is Result.REJECTED
        assert not story.starts

    def test_once_at_the_machine_s_minimum(self) -> None:
        story = Story().wait(2)
        assert accepted(story.ask(Verb.START))
        assert len(story.starts) == 1
        assert story.ask(Verb.START).result is Result.REJECTED
        story.belt = Belt.STARTING
        story.wait(3)
        assert story.ask(Verb.START).result is Result.REJECTED
        story.runs(80)
        assert story.speeds() == [80]
        story.wait(30)
        assert story.speed == 80
        assert len(story.starts) == 1

    def test_a_machine_that_jumps_back_to_its_old_speed_is_written_back(self) -> None:
        story = Story().wait(2)
        story.ask(Verb.RESUME)
        story.stands(Belt.PAUSED)
        assert accepted(story.ask(Verb.RESUME))
        story.runs(900)
        story.wait(20)
        assert story.speed == 80

    def test_never_to_a_moving_belt(self) -> None:
        story = Story().warmed_up()
        assert story.ask(Verb.START).result is Result.REJECTED
        assert story.ask(Verb.RESUME).result is Result.REJECTED

    def test_resume_needs_a_pause(self) -> None:
        assert Story().ask(Verb.RESUME).result is Result.REJECTED

    def test_a_silent_machine_at_rest_is_fresh_while_it_answers_reads(self) -> None:
        story = Story()
        story.silent = True
        story.wait(20)
        assert story.ask(Verb.START).result is Result.REJECTED
        story.read_time = story.now
        assert accepted(story.ask(Verb.START))

    def test_not_after_the_safety_key_until_started_at_the_console(self) -> None:
        story = Story().warmed_up()
        story.says(SafetyKey(story.now)).stands().wait(2)
        assert story.ask(Verb.START).result is Result.REJECTED
        story.says(Started(story.now)).runs().wait(5)
        story.stands().wait(1)
        assert accepted(story.ask(Verb.START))

    def test_a_late_start_is_refused(self) -> None:
        assert Story().ask(Verb.START, late=True).result is Result.REJECTED

    def test_an_incline_left_over_is_lowered(self) -> None:
        story = Story()
        story.incline = 60
        story.runs(incline=60).wait(20)
        assert story.incline == 0
        assert not story.heard("console_raised")


class TestLink:
    def test_nothing_that_was_asked_outlives_it(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1200)
        story.wait(20)
        at = story.speed
        story.connected = False
        story.wait(5)
        story.connected = True
        writes = len(story.written)
        story.wait(60)
        assert len(story.written) == writes
        assert story.speed <= at + 10
        assert story.decision.requested[Axis.SPEED] == pytest.approx(story.speed, abs=10)

    def test_a_belt_found_moving_too_fast_is_eased(self) -> None:
        story = Story()
        story.connected = False
        story.wait(1)
        story.belt, story.speed = Belt.RUNNING, 1000.0
        story.target[Axis.SPEED] = 1000.0
        story.connected = True
        story.wait(20)
        assert story.speed == 600
        assert story.heard("adopted")
        assert story.heard("limited")

    def test_without_a_link_everything_is_refused(self) -> None:
        story = Story()
        story.connected = False
        for verb in (Verb.START, Verb.STOP, Verb.SPEED, Verb.FINISH):
            assert story.ask(verb, 500).reasons == ("the treadmill is not connected",)

    def test_an_observer_refuses_everything(self) -> None:
        story = Story(policy=replace(KNOWN, may_control=False)).runs().wait(1)
        for verb in (Verb.START, Verb.STOP, Verb.SPEED):
            assert "control = never" in story.ask(verb, 500).reasons[0]
        assert not story.written

    def test_control_lost_keeps_what_is_commanded_until_asked(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1200)
        story.wait(20)
        story.says(ControlLost(story.now))
        at = story.decision.setpoint[Axis.SPEED]
        story.wait(20)
        assert story.decision.setpoint[Axis.SPEED] == at
        assert "control_taken" in story.decision.faults
        assert accepted(story.ask(Verb.SPEED, 1200))
        assert "control_taken" not in story.decision.faults

    def test_a_late_increase_is_refused_and_a_late_reduction_is_not(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 500)
        story.wait(60)
        assert story.ask(Verb.SPEED, 600, late=True).result is Result.REJECTED
        assert accepted(story.ask(Verb.SPEED, 300, late=True))


class TestFinish:
    def test_it_eases_to_a_walk_and_then_stops(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1000)
        story.ask(Verb.INCLINE, 60)
        story.wait(130)
        assert accepted(story.ask(Verb.FINISH))
        assert story.decision.phase == "cool_down"
        story.wait(150)
        assert 680 <= story.speed <= 720
        assert not story.halts
        story.wait(149)
        assert story.speed == pytest.approx(400, abs=10)
        assert story.incline == pytest.approx(0, abs=5)
        story.wait(3)
        assert story.halts[0][1] is Halt.STOP

    def test_it_cannot_be_talked_up(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1000)
        story.wait(120)
        story.ask(Verb.FINISH)
        story.wait(60)
        assert story.ask(Verb.SPEED, 1000).result is Result.LIMITED
        assert accepted(story.ask(Verb.FINISH))

    def test_a_standing_belt_has_nothing_to_finish(self) -> None:
        assert Story().ask(Verb.FINISH).result is Result.REJECTED

    def test_ranges_with_a_minimum_off_the_grid_are_met(self) -> None:
        machine = replace(STRICT, speed_range=SpeedRange(minimum=96, maximum=643, step=32))
        story = Story(machine=machine).warmed_up()
        story.ask(Verb.SPEED, 600)
        story.wait(80)
        assert story.speeds()[-1] == 576
