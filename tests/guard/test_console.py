"""Presses at the console, lag and faults. Speeds in 0.01 km/h, inclines in 0.1 %."""

from dataclasses import replace

import pytest

from bridge.values import Axis, Belt, Verb
from bridge.values.status import TargetChanged
from protocols.ranges import SpeedRange
from tests.guard.play import play
from tests.guard.proof.actions import QUICK, running
from tests.guard.proof.story import STRICT, Story
from tests.rigs.wording import text_of


class TestSlower:
    def test_belt_that_does_not_follow_a_climb_was_not_slowed_at_the_console(self) -> None:
        story = play(running(speed=200), "deaf, speed 400, 60")
        assert not story.heard("console_slowed")
        assert story.decision.faults == ("not_responding_speed",)
        assert story.decision.requested[Axis.SPEED] == story.setpoint(Axis.SPEED)

    def test_slower_then_faster_press_is_reached_from_below(self) -> None:
        story = running()
        before = len(story.written)
        for value in (300, 1000):
            event = TargetChanged(story.now, Axis.SPEED, value)
            story.guard.observe(event, story.snapshot, story.now)
        story.wait(0.25)
        assert story.decision.requested[Axis.SPEED] == 1000
        assert story.written[before][1].value <= 1000
        story.wait(60)
        assert story.heard("console_raised")
        assert story.speeds()[-1] == 1000

    def test_slow_fall_after_a_slower_press_is_no_rise(self) -> None:
        """The status names the target at once; the belt takes ten seconds to get there."""
        story = running(acceleration=50.0)
        writes = len(story.written)
        play(story, "press speed 300, names speed 300, 40")
        assert story.speed == 300
        assert story.decision.requested[Axis.SPEED] == 300
        assert len(story.written) == writes
        assert not story.heard("console_raised")
        assert not story.heard("unexpected_rise")

    def test_belt_slowed_to_zero_at_the_console_gets_no_further_write(self) -> None:
        story = running()
        writes = len(story.written)
        story.acceleration = 50.0
        play(story, "press speed 0, 16")
        assert story.speed == 0
        assert len(story.written) == writes


class TestFaster:
    def test_each_unexpected_rise_that_drops_a_request_is_reported(self) -> None:
        story = play(running(), "names speed 65535, 1, press speed 1300, 5")
        assert story.decision.requested[Axis.SPEED] != story.setpoint(Axis.SPEED)
        said = len(story.heard("unexpected_rise"))
        story.says(TargetChanged(story.now, Axis.SPEED, 65535))
        assert story.decision.requested[Axis.SPEED] == story.setpoint(Axis.SPEED)
        assert len(story.heard("unexpected_rise")) == said + 1

    @pytest.mark.parametrize("aloud", [False, True])
    def test_belt_above_the_assumed_range_is_slowed_to_its_end(self, *, aloud: bool) -> None:
        story = Story(policy=QUICK, machine=replace(STRICT, speed_range=None)).runs(100).wait(8)
        story.ask(Verb.SPEED, 1100)
        story.wait(40).press(Axis.SPEED, 3000)
        pressed = story.now - story.began
        if aloud:
            story.says(TargetChanged(story.now, Axis.SPEED, 3000))
        story.wait(4)
        assert 1200 in story.speeds(pressed)
        assert story.wait(10).speed == 1200
        assert "does not report its range" in text_of(story.heard("limited")[-1])

    def test_starting_belt_set_by_another_app_is_followed(self) -> None:
        story = Story(policy=replace(QUICK, warm_up_s=0.0)).runs().wait(1)
        story.refuses("control_taken")
        story.press(Axis.SPEED, 440).says(TargetChanged(story.now, Axis.SPEED, 440))
        assert story.decision.requested[Axis.SPEED] == story.setpoint(Axis.SPEED) == 440
        assert not story.wait(8).heard("limited")
        assert not story.written

    @pytest.mark.parametrize("taken", [False, True])
    def test_correction_is_never_below_the_lowest_speed_of_the_machine(
        self, *, taken: bool
    ) -> None:
        machine = replace(STRICT, speed_range=SpeedRange(minimum=100, maximum=1600, step=10))
        story = play(Story(policy=QUICK, machine=machine).runs(80).wait(8), "finish")
        assert story.decision.limits.most(Axis.SPEED) == 80
        if taken:
            story.refuses("control_taken")
        story.says(TargetChanged(story.now, Axis.SPEED, 400))
        assert set(story.wait(4).speeds()) == {100}

    def test_belt_set_below_the_lowest_speed_by_another_app_gets_no_write(self) -> None:
        machine = replace(STRICT, speed_range=SpeedRange(minimum=100, maximum=1600, step=10))
        story = play(Story(policy=QUICK, machine=machine).runs(80).wait(8), "finish")
        story.refuses("control_taken")
        story.says(TargetChanged(story.now, Axis.SPEED, 90))
        assert story.wait(4).speeds() == []

    def test_press_after_a_slower_ramp_was_configured_uses_its_allowance(self) -> None:
        story = running(500)
        slow = replace(story.policy, speed_ramp=20.0)
        story.guard.configure(slow, story.now)
        story.press(Axis.SPEED, 700).says(TargetChanged(story.now, Axis.SPEED, 700))
        allowance = 150  # 5 s of ramp and 0.5 km/h
        assert story.speeds()[-1] == 500 + allowance

    def test_press_above_a_bound_is_limited_and_reported(self) -> None:
        story = play(running(), "finish, names speed 1000")
        assert "Cool-down" in text_of(story.wait(2).heard("limited")[-1])


class TestFound:
    """A belt found moving: request, target and setpoint are what was measured."""

    def found(self, speed: float, incline: float = 0.0, **story: object) -> Story:
        told = Story(policy=replace(QUICK, warm_up_s=0.0, max_speed=800), **story)  # type: ignore[arg-type]
        play(told, "off, 1")
        told.belt, told.speed, told.incline = Belt.RUNNING, speed, incline
        told.target = {Axis.SPEED: speed, Axis.INCLINE: incline}
        told.connected = True
        return told

    def test_lower_request_need_not_wait_until_a_found_belt_has_settled(self) -> None:
        story = play(self.found(700).wait(1), "speed 720=rejected, speed 400=accepted")
        assert story.speeds() == [400]


class TestRepeatedRequest:
    @pytest.mark.parametrize("times", [1, 2])
    def test_lost_control_is_reported_with_each_request_that_it_ends(self, times: int) -> None:
        story = running()
        for _ in range(times):
            play(story, "speed 1000, taken")
            assert story.decision.requested[Axis.SPEED] == 800
            story.wait(20)
        assert len(story.heard("control_taken")) == times

    def test_target_named_at_rest_or_by_a_stop_is_no_request(self) -> None:
        story = running()
        before = story.decision.requested
        story.says(TargetChanged(story.now, Axis.SPEED, 0))
        assert story.decision.requested == before
        play(story, "stands, names speed 1200, runs, 20")
        assert story.decision.requested[Axis.SPEED] is None
