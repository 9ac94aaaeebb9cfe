"""Presses at the console, lag and faults. Speeds in 0.01 km/h, inclines in 0.1 %."""

from dataclasses import replace

import pytest

from bridge.values import Axis, Belt, Verb
from bridge.values.status import TargetChanged
from protocols.ranges import SpeedRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.guard_rig import STRICT, GuardRig
from tests.rigs.wording import text_of


class TestSlower:
    def test_belt_that_does_not_follow_a_climb_was_not_slowed_at_the_console(self) -> None:
        rig = play(running(speed=200), "deaf, speed 400, 60")
        assert not rig.heard("console_slowed")
        assert rig.decision.faults == ("not_responding_speed",)
        assert rig.decision.requested[Axis.SPEED] == rig.setpoint(Axis.SPEED)

    def test_slower_then_faster_press_is_reached_from_below(self) -> None:
        rig = running()
        before = len(rig.written)
        for value in (300, 1000):
            event = TargetChanged(rig.now, Axis.SPEED, value)
            rig.guard.observe(event, rig.snapshot, rig.now)
        rig.wait(0.25)
        assert rig.decision.requested[Axis.SPEED] == 1000
        assert rig.written[before][1].value <= 1000
        rig.wait(60)
        assert rig.heard("console_raised")
        assert rig.speeds()[-1] == 1000

    def test_slow_fall_after_a_slower_press_is_no_rise(self) -> None:
        """The status names the target at once; the belt takes ten seconds to get there."""
        rig = running(acceleration=50.0)
        writes = len(rig.written)
        play(rig, "press speed 300, names speed 300, 40")
        assert rig.speed == 300
        assert rig.decision.requested[Axis.SPEED] == 300
        assert len(rig.written) == writes
        assert not rig.heard("console_raised")
        assert not rig.heard("unexpected_rise")

    def test_belt_slowed_to_zero_at_the_console_gets_no_further_write(self) -> None:
        rig = running()
        writes = len(rig.written)
        rig.acceleration = 50.0
        play(rig, "press speed 0, 16")
        assert rig.speed == 0
        assert len(rig.written) == writes


class TestFaster:
    def test_each_unexpected_rise_that_drops_a_request_is_reported(self) -> None:
        rig = play(running(), "names speed 65535, 1, press speed 1300, 5")
        assert rig.decision.requested[Axis.SPEED] != rig.setpoint(Axis.SPEED)
        said = len(rig.heard("unexpected_rise"))
        rig.says(TargetChanged(rig.now, Axis.SPEED, 65535))
        assert rig.decision.requested[Axis.SPEED] == rig.setpoint(Axis.SPEED)
        assert len(rig.heard("unexpected_rise")) == said + 1

    @pytest.mark.parametrize("aloud", [False, True])
    def test_belt_above_the_assumed_range_is_slowed_to_its_end(self, *, aloud: bool) -> None:
        rig = GuardRig(policy=QUICK, machine=replace(STRICT, speed_range=None)).runs(100).wait(8)
        rig.ask(Verb.SPEED, 1100)
        rig.wait(40).press(Axis.SPEED, 3000)
        pressed = rig.now - rig.began
        if aloud:
            rig.says(TargetChanged(rig.now, Axis.SPEED, 3000))
        rig.wait(4)
        assert 1200 in rig.speeds(pressed)
        assert rig.wait(10).speed == 1200
        assert "does not report its range" in text_of(rig.heard("limited")[-1])

    def test_starting_belt_set_by_another_app_is_followed(self) -> None:
        rig = GuardRig(policy=replace(QUICK, warm_up_s=0.0)).runs().wait(1)
        rig.refuses("control_taken")
        rig.press(Axis.SPEED, 440).says(TargetChanged(rig.now, Axis.SPEED, 440))
        assert rig.decision.requested[Axis.SPEED] == rig.setpoint(Axis.SPEED) == 440
        assert not rig.wait(8).heard("limited")
        assert not rig.written

    @pytest.mark.parametrize("taken", [False, True])
    def test_correction_is_never_below_the_lowest_speed_of_the_machine(
        self, *, taken: bool
    ) -> None:
        machine = replace(STRICT, speed_range=SpeedRange(minimum=100, maximum=1600, step=10))
        rig = play(GuardRig(policy=QUICK, machine=machine).runs(80).wait(8), "finish")
        assert rig.decision.limits.most(Axis.SPEED) == 80
        if taken:
            rig.refuses("control_taken")
        rig.says(TargetChanged(rig.now, Axis.SPEED, 400))
        assert set(rig.wait(4).speeds()) == {100}

    def test_belt_set_below_the_lowest_speed_by_another_app_gets_no_write(self) -> None:
        machine = replace(STRICT, speed_range=SpeedRange(minimum=100, maximum=1600, step=10))
        rig = play(GuardRig(policy=QUICK, machine=machine).runs(80).wait(8), "finish")
        rig.refuses("control_taken")
        rig.says(TargetChanged(rig.now, Axis.SPEED, 90))
        assert rig.wait(4).speeds() == []

    def test_press_after_a_slower_ramp_was_configured_uses_its_allowance(self) -> None:
        rig = running(500)
        slow = replace(rig.policy, speed_ramp=20.0)
        rig.guard.configure(slow, rig.now)
        rig.press(Axis.SPEED, 700).says(TargetChanged(rig.now, Axis.SPEED, 700))
        allowance = 150  # 5 s of ramp and 0.5 km/h
        assert rig.speeds()[-1] == 500 + allowance

    def test_press_above_a_bound_is_limited_and_reported(self) -> None:
        rig = play(running(), "finish, names speed 1000")
        assert "Cool-down" in text_of(rig.wait(2).heard("limited")[-1])


class TestFound:
    """A belt found moving: request, target and setpoint are what was measured."""

    def found(self, speed: float, incline: float = 0.0, **options: object) -> GuardRig:
        told = GuardRig(policy=replace(QUICK, warm_up_s=0.0, max_speed=800), **options)  # type: ignore[arg-type]
        play(told, "off, 1")
        told.belt, told.speed, told.incline = Belt.RUNNING, speed, incline
        told.target = {Axis.SPEED: speed, Axis.INCLINE: incline}
        told.connected = True
        return told

    def test_lower_request_need_not_wait_until_a_found_belt_has_settled(self) -> None:
        rig = play(self.found(700).wait(1), "speed 720=rejected, speed 400=accepted")
        assert rig.speeds() == [400]


class TestRepeatedRequest:
    @pytest.mark.parametrize("times", [1, 2])
    def test_lost_control_is_reported_with_each_request_that_it_ends(self, times: int) -> None:
        rig = running()
        for _ in range(times):
            play(rig, "speed 1000, taken")
            assert rig.decision.requested[Axis.SPEED] == 800
            rig.wait(20)
        assert len(rig.heard("control_taken")) == times

    def test_target_named_at_rest_or_by_a_stop_is_no_request(self) -> None:
        rig = running()
        before = rig.decision.requested
        rig.says(TargetChanged(rig.now, Axis.SPEED, 0))
        assert rig.decision.requested == before
        play(rig, "stands, names speed 1200, runs, 20")
        assert rig.decision.requested[Axis.SPEED] is None
