"""Courses that keep to the contract, and that judges and oracle must therefore accept.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from dataclasses import replace

import pytest

from bridge.values import INCLINE, SPEED, MachineInfo
from bridge.values.effort import Effort
from protocols.ranges import InclineRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK
from tests.guard.proof.guard_rig import STRICT
from tests.guard.proof.judged_rig import JudgedRig
from tests.guard.proof.proven import Earlier, Proven

pytestmark = pytest.mark.unmeasured


def judged(machine: MachineInfo = STRICT, speed_ramp: float = 50.0) -> JudgedRig:
    """A warm runner whose every decision is judged."""
    policy = replace(QUICK, warm_up_s=0.0, steep=(), speed_ramp=speed_ramp)
    return play(JudgedRig(policy=policy, machine=machine), "runs 80, 8")


class TestRequests:
    def test_late_command_may_lower_a_request_that_nothing_was_decided_on(self) -> None:
        rig = play(judged(), "speed 800 undecided, speed 400 late=accepted")
        assert rig.decision.requested[SPEED] == 400

    def test_late_command_may_not_raise_a_request_that_was_just_lowered(self) -> None:
        play(judged(), "speed 800, 5, speed 300 undecided, speed 400 late=late")

    def test_rise_at_the_console_below_the_next_step_ends_a_slower_press(self) -> None:
        rig = judged(replace(STRICT, incline_range=InclineRange(0, 240, 40)))
        play(rig, "incline 80, 40, incline 40, 30, press incline 0, names incline 0, 12")
        play(rig, "incline 80=console, press incline 35, 8")
        assert rig.setpoint(INCLINE) == 0
        play(rig, "incline 80=accepted")

    def test_resume_during_a_press_that_is_eased_requests_what_it_is_eased_to(self) -> None:
        rig = play(judged(speed_ramp=20.0), "speed 260, 20, press speed 660, 2, finish, 1")
        assert (rig.decision.requested[SPEED], rig.setpoint(SPEED)) == (450, 530)
        play(rig, "resume, 6")
        assert rig.decision.requested[SPEED] == rig.heard("limited")[-1].limit == 410


class TestBounds:
    def test_press_before_a_lower_bound_takes_effect_is_adopted_and_then_eased(self) -> None:
        rig = play(judged(), "speed 300, 12, finish undecided, press speed 440, names speed 440")
        assert (rig.decision.limits.most(SPEED), rig.setpoint(SPEED)) == (300, 440)
        play(rig, "0.25")
        assert rig.speeds()[-1] == 410

    def test_rise_beyond_a_bound_but_below_the_next_step_requests_the_bound(self) -> None:
        policy = replace(QUICK, warm_up_s=30.0, steep=())
        machine = replace(STRICT, incline_range=InclineRange(40, 240, 40))
        rig = play(JudgedRig(policy=policy, machine=machine), "runs 80 40, 32, incline 80, 40")
        play(rig, "incline 40, 60, stands, 30, runs 80 40, 1, press incline 72, 8")
        assert rig.decision.requested[INCLINE] == rig.heard("limited")[-1].limit == 20

    def test_belt_found_moving_and_slowed_at_once_keeps_the_allowance_of_a_press(self) -> None:
        rig = play(judged(), "incline 20, 8, off, 1, on, 0.25, press incline 8, names incline 8, 5")
        play(rig, "press incline 60, 4")
        assert rig.setpoint(INCLINE) == 5 + 30


class TestOthers:
    def test_belt_that_another_app_sets_far_above_a_recent_write_is_followed(self) -> None:
        rig = play(judged(), "speed 200, 3.5, taken, runs 727, 2")
        assert (rig.setpoint(SPEED), rig.speeds()[-1]) == (720, 200)


class TestEndOfASession:
    def test_announced_cool_down_does_not_begin_while_a_stop_is_ignored(self) -> None:
        policy = replace(QUICK, warm_up_s=0.0, steep=(), gradual_enforced=True)
        rig = Proven(policy=policy, earlier=Earlier(today=Effort(600.0, 400.0, 9.0)))
        play(rig, "runs 80, 8, speed 1600, incline 100")
        while not rig.heard("gradual_finish"):
            rig.wait(1)
        play(rig, "deaf, stop, 40")
        assert "stop_ignored" in rig.decision.faults
        assert not rig.heard("cool_down")
