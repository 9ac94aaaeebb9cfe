"""Timelines of a belt under guard: how a belt is started, stopped, finished and lost.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

from dataclasses import replace

import pytest

from bridge.values import Axis, Belt, Halt, Result, Verb
from bridge.values.status import Started
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.guard_rig import KNOWN, GuardRig, accepted
from tests.rigs.wording import rules


class TestStart:
    def test_remote_start_is_rejected_unless_it_is_allowed(self) -> None:
        rig = play(GuardRig(policy=replace(KNOWN, allow_remote_start=False)), "start=rejected")
        assert not rig.starts

    def test_start_is_written_once_and_the_belt_runs_at_its_lowest_speed(self) -> None:
        rig = play(GuardRig().wait(2), "start=accepted")
        assert len(rig.starts) == 1
        play(rig, "start=rejected, belt starting, 3, start=rejected, runs 80")
        assert rig.speeds() == []
        rig.wait(30)
        assert rig.speed == 80
        assert len(rig.starts) == 1

    def test_machine_that_resumes_at_its_old_speed_is_slowed_to_the_setpoint(self) -> None:
        rig = play(GuardRig().wait(2), "resume, stands paused, resume=accepted, runs 900, 20")
        assert rig.speed == 300

    def test_start_after_a_pulled_safety_key_needs_a_start_at_the_console_first(self) -> None:
        rig = play(GuardRig().warmed_up(), "key, stands, 2, start=rejected, started, runs, 5")
        play(rig, "stands, 1, start=accepted")

    def test_incline_of_an_earlier_run_is_lowered_to_the_warm_up_limit(self) -> None:
        rig = GuardRig()
        rig.incline = 60
        rig.runs(incline=60).wait(20)
        assert rig.incline == 20
        assert not rig.heard("console_raised")


class TestHalt:
    @pytest.mark.parametrize(("verb", "halt"), [(Verb.STOP, Halt.STOP), (Verb.PAUSE, Halt.PAUSE)])
    def test_halt_is_the_next_write(self, verb: Verb, halt: Halt) -> None:
        rig = play(GuardRig().warmed_up(), "speed 1200, 7")
        writes = len(rig.written)
        assert accepted(rig.ask(verb))
        assert rig.halts == [(rig.now, halt)]
        play(rig, "belt stopping, 20")
        assert len(rig.written) == writes

    def test_stop_is_repeated_every_second_until_the_belt_slows(self) -> None:
        rig = play(GuardRig().warmed_up(), "stop, 6")
        assert len(rig.halts) == 7
        assert rig.heard("stop_ignored")
        play(rig, "belt stopping, 5")
        assert len(rig.halts) == 7

    def test_targets_after_a_stop_are_rejected_until_the_belt_is_started_again(self) -> None:
        rig = play(GuardRig().warmed_up(), "stop, speed 300=rejected, incline 10=rejected")
        play(rig, "belt stopping, 2, speed 300=rejected, stands, 1, speed 300=rejected, runs, 1")
        play(rig, "speed 300=accepted")

    def test_stop_is_accepted_late_with_stale_data_and_at_rest(self) -> None:
        play(GuardRig().warmed_up(), "silent, 30, stop late=accepted")
        assert accepted(GuardRig().ask(Verb.STOP))

    def test_belt_restarted_at_the_console_before_a_standstill_is_guarded(self) -> None:
        """A status reports a stop, and another, long after the halt, a start."""
        rig = play(running(1000, acceleration=50.0), "stop, belt stopping, stopped, 9")
        play(rig, "belt running, started, 15")
        assert len(rig.halts) == 1
        assert rig.decision.setpoint[Axis.SPEED] is not None
        assert len(rig.heard("session_ended")) == 1

    @pytest.mark.parametrize("status", [None, Started], ids=["motion", "a start alone"])
    def test_belt_that_runs_on_without_a_standstill_ignores_the_stop(
        self, status: type[Started] | None
    ) -> None:
        rig = play(running(1000, acceleration=50.0), "stop, belt stopping, 9, belt running")
        if status:
            rig.says(status(rig.now))
        rig.target[Axis.SPEED] = 1000.0
        play(rig, "deaf, 7")
        assert len(rig.halts) >= 4
        assert rig.heard("stop_ignored")
        assert not rig.heard("session_ended")

    def test_start_at_the_console_after_a_stop_in_the_countdown_runs(self) -> None:
        rig = play(GuardRig(policy=QUICK).wait(2), "start, belt starting, 1, stop, stopped, stands")
        play(rig, "3")
        halts = len(rig.halts)
        play(rig, "belt starting, started, 3, runs, 20")
        assert len(rig.halts) == halts
        assert rig.speed == 80
        assert not rig.heard("stop_ignored")

    def test_start_at_the_console_after_a_pause_runs_though_the_speed_field_is_frozen(
        self,
    ) -> None:
        rig = play(running(500), "pause, deaf, paused, 4")
        rig.belt = Belt.PAUSED  # its counters stand still
        rig.wait(6)
        halts = len(rig.halts)
        assert not rig.heard("stop_ignored")
        play(rig, "belt running, started, 20")
        assert len(rig.halts) == halts
        assert rig.speed == 500


class TestIgnoredStop:
    def test_lowest_speed_is_written_between_the_stops(self) -> None:
        rig = play(running(800), "stop")
        began, before = rig.now, len(rig.written)
        rig.wait(5)
        assert len(rig.written) == before
        rig.wait(25)
        assert {target.value for _, target in rig.written[before:]} == {80}
        stops = {when for when, _ in rig.halts if when >= began}
        assert stops.isdisjoint(when for when, _ in rig.written[before:])
        assert rig.speed == 80
        assert rig.setpoint(Axis.SPEED) == 80
        assert "stop_ignored" in rig.decision.faults

    def test_request_to_lower_is_accepted_and_written(self) -> None:
        rig = play(running(800), "stop, 2, speed 400 late=accepted")
        assert rig.decision.requested[Axis.SPEED] == 400
        assert rig.speeds()[-1] == 400
        play(rig, "speed 900=rejected, speed 10=rejected, 2")
        assert rig.speed < 700

    def test_request_above_the_lowest_speed_that_is_written_already_is_limited(self) -> None:
        rig = play(running(800), "stop, 7")
        verdict = rig.ask(Verb.SPEED, 400)
        assert (verdict.result, verdict.applied) == (Result.LIMITED, 80)
        assert rules(verdict) == ("halting",)


class TestFinish:
    @pytest.mark.unmeasured
    def test_finish_slows_to_a_walk_and_then_stops(self) -> None:
        rig = play(GuardRig().warmed_up(), "speed 1000, incline 60, 130, finish=accepted")
        assert rig.decision.phase == "cool_down"
        rig.wait(150)
        assert 680 <= rig.speed <= 720
        assert not rig.halts
        rig.wait(149)
        assert rig.speed == pytest.approx(400, abs=10)
        assert rig.incline == pytest.approx(0, abs=5)
        rig.wait(3)
        assert rig.halts[0][1] is Halt.STOP

    @pytest.mark.unmeasured
    @pytest.mark.parametrize(("pressed", "held"), [(550, 550), (900, 700)])
    def test_cool_down_uses_the_lower_of_its_bound_and_a_press(
        self, pressed: int, held: int
    ) -> None:
        """300 s from 10 to 4 km/h: 9.2 after 40 s, 7 half of the way, 5 after 250 s."""
        rig = play(GuardRig().warmed_up(), f"speed 1000, 120, finish, 40, press speed {pressed}")
        play(rig, f"names speed {pressed}, 110")
        assert rig.speed == pytest.approx(held, abs=10)
        rig.wait(100)
        assert rig.speed == pytest.approx(500, abs=10)

    @pytest.mark.unmeasured
    def test_resume_ends_a_finish_at_the_current_speed(self) -> None:
        rig = GuardRig(policy=replace(KNOWN, allow_remote_start=False)).warmed_up()
        rig.ask(Verb.SPEED, 1000)
        rig.wait(120).ask(Verb.FINISH)
        rig.wait(60)
        pace, writes = rig.setpoint(Axis.SPEED), len(rig.written)
        assert accepted(rig.ask(Verb.RESUME))
        assert rig.decision.phase == "active"
        rig.wait(400)
        assert len(rig.written) == writes
        assert rig.decision.requested[Axis.SPEED] == pace
        assert not [*rig.starts, *rig.halts]
        assert accepted(rig.ask(Verb.SPEED, 1000))
