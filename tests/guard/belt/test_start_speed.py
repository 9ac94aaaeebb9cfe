"""A belt that is asked for a speed while it starts. Speeds in 0.01 km/h."""

from bridge.values import SPEED, Belt, Verb
from tests.guard.proof.actions import QUICK
from tests.guard.proof.story import Story


def test_nothing_below_the_range_is_written_to_a_belt_that_is_asked_while_it_starts() -> None:
    story = Story(policy=QUICK, acceleration=20.0).wait(4)
    story.belt, story.target[SPEED] = Belt.RUNNING, 80.0
    story.wait(3)
    assert 0 < story.speed < 80
    story.ask(Verb.SPEED, 150)
    story.wait(30)
    assert min(story.speeds()) >= 80
    assert story.speeds()[-1] == 150
