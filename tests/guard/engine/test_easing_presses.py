"""Presses that lower the console's own target while it is still above the setpoint."""

from bridge.values import SPEED, Verb
from bridge.values.status import TargetChanged
from tests.guard.proof.story import Story


def running() -> Story:
    story = Story().warmed_up()
    story.ask(Verb.SPEED, 500)
    return story.wait(60)


def names(story: Story, *values: int) -> Story:
    """Name targets of the console in one gesture, on a belt that has not followed yet."""
    for value in values:
        story.says(TargetChanged(story.now, SPEED, value))
        story.wait(0.25)
    return story


def test_last_of_falling_targets_is_the_request() -> None:
    story = names(running(), 1200, 1100, 1000)
    assert story.decision.requested[SPEED] == 1000
    assert story.setpoint(SPEED) <= 600
