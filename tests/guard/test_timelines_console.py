"""Stories of a belt under guard: hands at the console, and what is none.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

import pytest

from bridge.status import TargetChanged
from bridge.values import Axis, Result, Verb
from tests.guard.story import Story, accepted


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

    @pytest.mark.parametrize("program", [False, True])
    @pytest.mark.parametrize(
        ("axis", "pressed", "twice_above", "asked"),
        [(Axis.SPEED, 1400, 2.25, 600), (Axis.INCLINE, 120, 3.25, 0)],
    )
    def test_what_is_asked_after_it_is_what_counts(
        self, axis: Axis, pressed: int, twice_above: float, asked: int, program: bool
    ) -> None:
        story = self.running()
        story.press(axis, pressed)
        story.obeys = False
        story.wait(twice_above)
        assert accepted(story.ask(Verb(axis), asked, program=program))
        story.wait(0.75)
        story.obeys = True
        story.press(axis, asked).wait(30)
        assert story.decision.requested[axis] == story.decision.setpoint[axis] == asked
        assert not story.heard("console_raised")
        assert not story.heard("unexpected_rise")

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
        assert len(story.heard("unexpected_rise_alarm")) == 3  # and with each of the seldom ones
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
