"""Stories of a belt under guard: hands at the console, and what is none.

Speeds in 0.01 km/h, inclines in 0.1 %.
"""

import pytest

from bridge.values import Axis, Verb
from tests.guard.play import play
from tests.guard.proof.story import Story, accepted


class TestConsole:
    def running(self) -> Story:
        story = play(Story().warmed_up(), "speed 800, 100")
        assert story.speed == 800
        return story

    def test_slower_press_is_obeyed_and_not_undone(self) -> None:
        story = self.running()
        writes = len(story.written)
        play(story, "press speed 500, 10")
        assert len(story.written) == writes
        assert story.heard("console_slowed")
        play(story, "speed 800=rejected, speed 400=accepted, 31, speed 600=accepted")

    @pytest.mark.parametrize("program", [False, True])
    @pytest.mark.parametrize(
        ("axis", "pressed", "twice_above", "asked"),
        [(Axis.SPEED, 1400, 2.25, 600), (Axis.INCLINE, 120, 3.25, 0)],
    )
    def test_request_after_a_press_replaces_it(
        self, axis: Axis, pressed: int, twice_above: float, asked: int, program: bool
    ) -> None:
        story = self.running()
        story.press(axis, pressed)
        play(story, f"deaf, {twice_above}")
        assert accepted(story.ask(Verb(axis), asked, program=program))
        play(story, "0.75, obeys")
        story.press(axis, asked).wait(30)
        assert story.decision.requested[axis] == story.decision.setpoint[axis] == asked
        assert not story.heard("console_raised")
        assert not story.heard("unexpected_rise")

    def test_faster_press_without_a_status_counts_once_it_lasts(self) -> None:
        story = play(self.running(), "deaf, press speed 1000, 3, obeys, 40")
        assert story.heard("console_raised")
        assert story.speed == 1000

    def test_slow_motion_of_a_machine_is_no_press(self) -> None:
        story = play(Story(acceleration=20).warmed_up(), "speed 1500, 160, speed 400, 90")
        assert story.speed == 400
        assert not story.heard("unexpected_rise")
        assert not story.heard("console_raised")
        assert not story.heard("console_slowed")
