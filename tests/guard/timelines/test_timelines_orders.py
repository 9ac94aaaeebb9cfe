"""Stories of a belt under guard: how a belt is started, stopped, finished and lost.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

from dataclasses import replace

import pytest

from bridge.values import Axis, Belt, Halt, Result, Verb
from bridge.values.status import Paused, SafetyKey, Started, Stopped, TargetChanged
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import KNOWN, Story, accepted
from tests.rigs.wording import rules


class TestStart:
    def test_remote_start_is_rejected_unless_it_is_allowed(self) -> None:
        story = Story(policy=replace(KNOWN, allow_remote_start=False))
        assert story.ask(Verb.START).result is Result.REJECTED
        assert not story.starts

    def test_start_is_written_once_and_the_belt_runs_at_its_lowest_speed(self) -> None:
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

    def test_machine_that_resumes_its_old_speed_is_slowed_to_the_setpoint(self) -> None:
        story = Story().wait(2)
        story.ask(Verb.RESUME)
        story.stands(Belt.PAUSED)
        assert accepted(story.ask(Verb.RESUME))
        story.runs(900)
        story.wait(20)
        assert story.speed == 300

    def test_start_after_a_pulled_safety_key_needs_a_start_at_the_console_first(self) -> None:
        story = Story().warmed_up()
        story.says(SafetyKey(story.now)).stands().wait(2)
        assert story.ask(Verb.START).result is Result.REJECTED
        story.says(Started(story.now)).runs().wait(5)
        story.stands().wait(1)
        assert accepted(story.ask(Verb.START))

    def test_incline_of_an_earlier_run_is_lowered_to_the_warm_up_limit(self) -> None:
        story = Story()
        story.incline = 60
        story.runs(incline=60).wait(20)
        assert story.incline == 20
        assert not story.heard("console_raised")


class TestHalt:
    @pytest.mark.parametrize(("verb", "halt"), [(Verb.STOP, Halt.STOP), (Verb.PAUSE, Halt.PAUSE)])
    def test_halt_is_the_next_write(self, verb: Verb, halt: Halt) -> None:
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1200)
        story.wait(7)
        writes = len(story.written)
        assert accepted(story.ask(verb))
        assert story.halts == [(story.now, halt)]
        story.belt = Belt.STOPPING
        story.wait(20)
        assert len(story.written) == writes

    def test_stop_is_repeated_every_second_until_the_belt_slows(self) -> None:
        story = Story().warmed_up()
        story.ask(Verb.STOP)
        story.wait(6)
        assert len(story.halts) == 7
        assert story.heard("stop_ignored")
        story.belt = Belt.STOPPING
        story.wait(5)
        assert len(story.halts) == 7

    def test_targets_after_a_stop_are_rejected_until_the_belt_is_started_again(self) -> None:
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

    def test_stop_is_accepted_late_with_stale_data_and_at_rest(self) -> None:
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
        assert len(story.heard("session_ended")) == 1

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
        assert not story.heard("session_ended")

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


class TestFinish:
    @pytest.mark.unmeasured
    def test_finish_slows_to_a_walk_and_then_stops(self) -> None:
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

    @pytest.mark.unmeasured
    @pytest.mark.parametrize(("pressed", "held"), [(550, 550), (900, 700)])
    def test_lower_of_the_cool_down_s_line_and_a_press_holds(self, pressed: int, held: int) -> None:
        """300 s from 10 to 4 km/h: 9.2 after 40 s, 7 half of the way, 5 after 250 s."""
        story = Story().warmed_up()
        story.ask(Verb.SPEED, 1000)
        story.wait(120).ask(Verb.FINISH)
        story.wait(40).press(Axis.SPEED, pressed)
        story.says(TargetChanged(story.now, Axis.SPEED, pressed))
        story.wait(110)
        assert story.speed == pytest.approx(held, abs=10)
        story.wait(100)
        assert story.speed == pytest.approx(500, abs=10)

    @pytest.mark.unmeasured
    def test_resume_ends_a_finish_at_the_current_speed(self) -> None:
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

    def test_resume_does_not_end_a_finish_that_a_session_limit_enforces(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        session = story.guard._belt.person.session
        assert session is not None
        session.finish_at = story.now
        assert rules(story.ask(Verb.RESUME)) == ("finish_enforced",)
        assert story.decision.phase == "cool_down"

    def test_late_resume_does_not_end_a_finish(self) -> None:
        story = running()
        story.ask(Verb.FINISH)
        assert rules(story.ask(Verb.RESUME, late=True)) == ("late",)
        assert story.decision.phase == "cool_down"
