"""Stories of a belt under guard: what a runner may do, and when.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

from dataclasses import replace

import pytest

from bridge.guard import Guard, SteepTier
from bridge.values import Axis, Belt, MachineInfo, Result, Verb
from bridge.values.status import TargetChanged
from protocols.ranges import InclineRange, SpeedRange
from tests.guard.proof.story import KNOWN, STRICT, Story, accepted
from tests.rigs.wording import rules, why

TIER = SteepTier(threshold=100, budget_s=600, window_s=1800, then=50)


class TestWarmUp:
    def test_a_greedy_request_is_cut_to_the_warm_up_and_stays_there(self) -> None:
        story = Story().runs()
        verdict = story.ask(Verb.SPEED, 1200)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 600)
        assert rules(verdict) == ("warm_up",)
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

    @pytest.mark.parametrize("restarted", [False, True])
    @pytest.mark.parametrize(("stood", "left"), [(25, 90), (595, 90), (605, 290)])
    def test_goes_on_after_a_stop_unless_the_belt_stood_for_over_ten_minutes(
        self, stood: int, left: float, restarted: bool
    ) -> None:
        story = Story().runs().wait(200)
        story.ask(Verb.STOP)
        story.stands().wait(stood)
        assert story.heard("session_ended")
        if restarted:
            story.guard = Guard(story.policy, story.now, story.guard.past(story.now))
        story.runs().wait(10)
        assert story.decision.warm_up_left_s == pytest.approx(left, abs=1.5)
        assert len(story.heard("session_started")) == 2

    def test_is_not_told_as_over_twice_by_a_new_session(self) -> None:
        story = Story().runs().wait(310)
        story.stands().wait(25)
        story.runs().wait(20)
        assert (story.decision.phase, len(story.heard("warm_up_over"))) == ("active", 1)

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
            assert story.setpoint(Axis.SPEED) <= story.speed + 30 + 50 + 10

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
        assert "9 km/h" in why(verdict)

    def test_an_unreadable_range_is_a_careful_one(self) -> None:
        story = Story(machine=MachineInfo(address="x")).warmed_up()
        assert story.ask(Verb.SPEED, 1500).applied == 1200
        assert story.ask(Verb.INCLINE, 20).result is Result.REJECTED

    def test_an_empty_incline_range_cannot_be_set(self) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=0, maximum=0, step=0))
        story = Story(machine=machine).warmed_up()
        assert rules(story.ask(Verb.INCLINE, 20)) == ("no_incline",)

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
        ("at", "setpoint"), [(0, 0), (-20, -20), (-23, -25), (-50, -50), (20, 20)]
    )
    def test_a_start_never_drives_downhill_unasked(self, at: int, setpoint: int) -> None:
        machine = replace(STRICT, incline_range=InclineRange(minimum=-50, maximum=150, step=5))
        story = Story(machine=machine, policy=replace(KNOWN, min_incline=-30)).stands()
        story.runs(incline=at)
        story.wait(10)
        assert (story.setpoint(Axis.INCLINE), story.inclines()) == (setpoint, [])

    def test_ranges_with_a_minimum_off_the_grid_are_met(self) -> None:
        machine = replace(STRICT, speed_range=SpeedRange(minimum=96, maximum=643, step=32))
        story = Story(machine=machine).warmed_up()
        story.ask(Verb.SPEED, 600)
        story.wait(80)
        assert story.speeds()[-1] == 576


class TestUnit:
    UNKNOWN = replace(KNOWN, unit_is_kmh=False)

    def test_until_it_is_known_limits_count_as_miles(self) -> None:
        story = Story(policy=self.UNKNOWN, metres=False).runs()
        verdict = story.ask(Verb.SPEED, 600)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 370)

    def test_distance_against_speed_settles_it(self) -> None:
        story = Story(policy=self.UNKNOWN).runs()
        for speed in (200, 300):
            story.ask(Verb.SPEED, speed)
            story.wait(90)
        assert len(story.heard("unit_confirmed")) == 1
        story.wait(220)
        assert story.ask(Verb.SPEED, 1000).result is Result.ACCEPTED

    def test_miles_stay_suspect(self) -> None:
        story = Story(policy=self.UNKNOWN).runs()
        story.ask(Verb.SPEED, 300)
        for _ in range(900):
            story.distance += story.speed / 360 * 0.609344
            story.wait(1)
        assert story.heard("unit_mph")
        assert not story.heard("unit_confirmed")


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
        assert accepted(story.ask(Verb.SPEED, 1300))  # it waits
        story.wait(8)
        assert story.ask(Verb.SPEED, 1300).result is Result.REJECTED
        assert story.decision.setpoint[Axis.SPEED] == held
        assert "stale" in story.decision.faults
        story.silent = False
        story.wait(60)
        assert story.decision.setpoint[Axis.SPEED] == held
        assert "stale" not in story.decision.faults

    def test_what_is_asked_in_a_short_silence_is_climbed_to_after_it(self) -> None:
        story = Story().warmed_up()
        story.silent = True
        story.wait(4)
        held = story.decision.setpoint[Axis.SPEED]
        assert accepted(story.ask(Verb.SPEED, 600))
        story.wait(3)
        assert story.decision.setpoint[Axis.SPEED] == held
        story.silent = False
        story.wait(60)
        assert story.decision.setpoint[Axis.SPEED] == 600

    def test_slower_passes_in_silence(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 500)
        story.wait(60)
        story.silent = True
        story.wait(5)
        assert accepted(story.ask(Verb.SPEED, 300))
        assert story.speeds()[-1] == 300


class TestCoolDown:
    def test_writes_each_step_of_the_machine_at_most_once(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1000)
        story.wait(120)
        since = story.now - story.began
        story.ask(Verb.FINISH)
        story.wait(299)
        assert story.setpoint(Axis.SPEED) == 400
        assert story.speeds(since) == list(range(990, 399, -10))
