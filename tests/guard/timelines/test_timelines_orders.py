"""Stories of a belt under guard: how a belt is started, stopped, finished and lost.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

from dataclasses import replace

import pytest

from bridge.machines import Quirk
from bridge.values import Axis, Belt, Halt, Result, Verb
from bridge.values.status import ControlLost, Paused, SafetyKey, Started, Stopped
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import KNOWN, STRICT, Story, accepted
from tests.rigs.wording import rules, text_of, why


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
        assert story.speeds() == []
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
        assert story.speed == 300

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

    def test_an_incline_left_over_is_lowered_to_the_warm_up_s(self) -> None:
        story = Story()
        story.incline = 60
        story.runs(incline=60).wait(20)
        assert story.incline == 20
        assert not story.heard("console_raised")


class TestHalt:
    @pytest.mark.parametrize(("verb", "halt"), [(Verb.STOP, Halt.STOP), (Verb.PAUSE, Halt.PAUSE)])
    def test_it_is_the_next_thing_written(self, verb: Verb, halt: Halt) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1200)
        story.wait(7)
        writes = len(story.written)
        assert accepted(story.ask(verb))
        assert story.halts == [(story.now, halt)]
        story.belt = Belt.STOPPING
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
        assert story.ask(Verb.INCLINE, 10).result is Result.REJECTED
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

    def test_belt_started_at_the_console_before_it_stood_is_guarded(self) -> None:
        """A status says that it stops, and another, long after the halt, that it was started."""
        story = running(1000, acceleration=50.0)
        story.ask(Verb.STOP)
        story.belt = Belt.STOPPING
        story.says(Stopped(story.now)).wait(9)
        story.belt = Belt.RUNNING
        story.says(Started(story.now)).wait(15)
        assert len(story.halts) == 1
        assert story.decision.setpoint[Axis.SPEED] is not None

    @pytest.mark.parametrize("status", [None, Started], ids=["motion", "a start alone"])
    def test_belt_that_runs_again_before_it_stood_ignores_the_stop(
        self, status: type[Started] | None
    ) -> None:
        story = running(1000, acceleration=50.0)
        story.ask(Verb.STOP)
        story.belt = Belt.STOPPING
        story.wait(9)
        story.belt = Belt.RUNNING
        if status:
            story.says(status(story.now))
        story.target[Axis.SPEED] = 1000.0
        story.obeys = False
        story.wait(7)
        assert len(story.halts) >= 4
        assert story.heard("stop_ignored")

    def test_start_at_the_console_after_a_stop_in_the_countdown_runs(self) -> None:
        story = Story(policy=QUICK).wait(2)
        story.ask(Verb.START)
        story.belt = Belt.STARTING
        story.wait(1).ask(Verb.STOP)
        story.says(Stopped(story.now)).stands().wait(3)
        halts = len(story.halts)
        story.belt = Belt.STARTING
        story.says(Started(story.now)).wait(3)
        story.runs().wait(20)
        assert len(story.halts) == halts
        assert story.speed == 80
        assert not story.heard("stop_ignored")

    def test_start_at_the_console_after_a_pause_runs_though_the_speed_field_is_frozen(
        self,
    ) -> None:
        story = running(500)
        story.ask(Verb.PAUSE)
        story.obeys = False
        story.says(Paused(story.now)).wait(4)
        story.belt = Belt.PAUSED  # its counters stand still
        story.wait(6)
        halts = len(story.halts)
        assert not story.heard("stop_ignored")
        story.belt = Belt.RUNNING
        story.says(Started(story.now)).wait(20)
        assert len(story.halts) == halts
        assert story.speed == 500

    def test_stop_of_a_standing_belt_that_reports_a_speed_is_written_once(self) -> None:
        story = Story(policy=QUICK)
        story.speed = 100.0
        story.wait(2).ask(Verb.STOP)
        story.wait(20)
        assert len(story.halts) == 1
        assert not story.heard("stop_ignored")
        assert story.decision.phase is None

    def test_toggle_that_starts_at_a_repeated_stop_is_stopped_by_the_next(self) -> None:
        """It stops late, so that the repeated stop starts it again."""
        story = running(800, acceleration=100.0)
        story.ask(Verb.STOP)
        story.wait(1)
        assert len(story.halts) == 2
        story.says(Started(story.now)).wait(7)
        assert len(story.halts) == 2
        story.wait(1.5)
        assert len(story.halts) == 3
        story.belt = Belt.STOPPING
        story.wait(9)
        assert len(story.halts) == 3


class TestIgnoredStop:
    def test_lowest_speed_is_written_between_the_stops(self) -> None:
        story = running(800)
        story.ask(Verb.STOP)
        began, before = story.now, len(story.written)
        story.wait(5)
        assert len(story.written) == before
        story.wait(25)
        assert {target.value for _, target in story.written[before:]} == {80}
        stops = {when for when, _ in story.halts if when >= began}
        assert stops.isdisjoint(when for when, _ in story.written[before:])
        assert story.speed == 80
        assert story.setpoint(Axis.SPEED) == 80
        assert "stop_ignored" in story.decision.faults

    def test_request_to_lower_is_accepted_and_written(self) -> None:
        story = running(800)
        story.ask(Verb.STOP)
        story.wait(2)
        assert accepted(story.ask(Verb.SPEED, 400, late=True))
        assert story.decision.requested[Axis.SPEED] == 400
        assert story.speeds()[-1] == 400
        assert story.ask(Verb.SPEED, 900).result is Result.REJECTED
        assert story.ask(Verb.SPEED, 10).result is Result.REJECTED
        story.wait(2)
        assert story.speed < 700

    def test_request_above_the_lowest_speed_that_is_written_already_is_limited(self) -> None:
        story = running(800)
        story.ask(Verb.STOP)
        story.wait(7)
        verdict = story.ask(Verb.SPEED, 400)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 80)
        assert rules(verdict) == ("halting",)

    def test_incline_may_be_lowered_too(self) -> None:
        story = running(800)
        story.ask(Verb.INCLINE, 50)
        story.wait(20).ask(Verb.STOP)
        assert accepted(story.ask(Verb.INCLINE, 20))
        assert story.ask(Verb.INCLINE, 60).result is Result.REJECTED
        assert story.inclines()[-1] == 20


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

    def test_resume_ends_it_where_the_belt_is(self) -> None:
        story = Story(policy=replace(KNOWN, allow_remote_start=False)).warmed_up()
        story.ask(Verb.SPEED, 1000)
        story.wait(120).ask(Verb.FINISH)
        story.wait(60)
        pace, writes = story.setpoint(Axis.SPEED), len(story.written)
        assert accepted(story.ask(Verb.RESUME))
        assert story.decision.phase == "active"
        story.wait(400)
        assert len(story.written) == writes
        assert story.decision.requested[Axis.SPEED] == pace
        assert not [*story.starts, *story.halts]
        assert accepted(story.ask(Verb.SPEED, 1000))

    def test_resume_does_not_end_one_that_the_limits_on_the_session_demand(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        session = story.guard._belt.person.session
        assert session is not None
        session.finish_at = story.now
        assert rules(story.ask(Verb.RESUME)) == ("finish_enforced",)
        assert story.decision.phase == "cool_down"

    def test_standing_belt_has_nothing_to_finish(self) -> None:
        assert Story().ask(Verb.FINISH).result is Result.REJECTED


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
            assert rules(story.ask(verb, 500)) == ("not_connected",)

    def test_an_observer_refuses_everything(self) -> None:
        story = Story(policy=replace(KNOWN, may_control=False)).runs().wait(1)
        for verb in (Verb.START, Verb.STOP, Verb.SPEED):
            assert rules(story.ask(verb, 500)) == ("observe_only",)
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

    @pytest.mark.parametrize("fault", ["control_taken", "unexpected_rise_speed"])
    def test_program_neither_raises_nor_clears_what_only_a_person_may(self, fault: str) -> None:
        story = running(600)
        story.guard._journal.fault(fault)
        refused = story.ask(Verb.SPEED, 800, program=True)
        assert refused.result is Result.REJECTED
        assert "nly a person" in why(refused)
        assert accepted(story.ask(Verb.SPEED, 500, program=True))
        if fault == "control_taken":
            assert fault in story.decision.faults
        assert accepted(story.ask(Verb.SPEED, 800))
        assert fault not in story.decision.faults

    def test_another_app_is_in_control_until_a_person_asks_here(self) -> None:
        story = running(600)
        others = story.guard._orders.others_in_control
        assert not others(story.now)
        story.says(ControlLost(story.now)).wait(1)
        assert others(story.now)
        story.ask(Verb.SPEED, 500, program=True)
        assert others(story.now)
        story.guard.control_given()
        story.wait(31)
        assert not others(story.now)
        story.says(ControlLost(story.now)).ask(Verb.SPEED, 500)
        assert not others(story.now)


class TestObserved:
    """A machine, or an axis of it, that cannot be commanded."""

    def on(self, quirk: Quirk) -> Story:
        """A runner on a machine with this quirk."""
        return Story(policy=QUICK, machine=replace(STRICT, quirks=(quirk,)))

    @pytest.mark.parametrize("quirk", [Quirk.NO_CONTROL_POINT, Quirk.NO_ANSWERS])
    def test_machine_that_takes_no_orders_is_given_none(self, quirk: Quirk) -> None:
        story = self.on(quirk)
        assert rules(story.ask(Verb.START)) == ("watched_only",)
        story.runs(1500, incline=80).wait(60)
        for verb in (Verb.SPEED, Verb.INCLINE, Verb.FINISH, Verb.RESUME):
            assert rules(story.ask(verb, 100)) == ("watched_only",)
        assert not [*story.written, *story.starts, *story.decision.faults]
        assert {event.type for event in story.events} <= {
            "session_started",
            "warm_up_over",
            "steep_warning",
            "steep_closed",
            "unit_confirmed",
            "no_baseline",
        }

    def test_stop_is_rejected_only_where_there_is_no_control_point(self) -> None:
        story = self.on(Quirk.NO_CONTROL_POINT).runs(500).wait(2)
        assert "Stop it at its console" in why(story.ask(Verb.STOP))
        assert not story.wait(10).halts
        story = self.on(Quirk.NO_ANSWERS).runs(500).wait(2)
        assert accepted(story.ask(Verb.STOP))
        assert story.wait(2).halts

    def test_machine_that_refuses_everything_is_still_told_to_stop(self) -> None:
        story = self.on(Quirk.REFUSES_EVERYTHING).runs(500).wait(2)
        assert rules(story.ask(Verb.SPEED, 300)) == ("refuses_everything",)
        assert accepted(story.ask(Verb.PAUSE))
        assert story.halts

    def test_speed_that_only_the_console_sets_is_rejected_and_the_incline_goes(self) -> None:
        story = self.on(Quirk.NO_SPEED_CONTROL).runs(500).wait(20)
        assert rules(story.ask(Verb.SPEED, 300)) == ("no_speed",)
        assert accepted(story.ask(Verb.INCLINE, 20))
        assert story.wait(20).incline == 20

    def test_finish_asks_the_person_to_slow_down_and_stops_at_its_end(self) -> None:
        story = self.on(Quirk.NO_SPEED_CONTROL).runs(500).wait(20)
        story.ask(Verb.INCLINE, 40)
        assert accepted(story.wait(20).ask(Verb.FINISH))
        (said,) = story.heard("cool_down")
        assert "slow down to 4 km/h over 8 s at the console" in text_of(said)
        story.wait(8.25)
        assert story.inclines()[-1] == 0
        assert story.halts[0][1] is Halt.STOP
