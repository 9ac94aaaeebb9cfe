"""Stories of a belt under guard: how a belt is started, stopped, finished and lost.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

from dataclasses import replace

import pytest

from bridge.status import ControlLost, SafetyKey, Started
from bridge.values import Axis, Belt, Halt, Result, Verb
from tests.guard.story import KNOWN, Story, accepted


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
