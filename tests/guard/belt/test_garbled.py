"""A machine that talks nonsense is not believed about anything that would make the belt faster."""

from bridge.values import (
    Belt,
    Measurement,
    Result,
    Verb,
)
from tests.guard.proof.actions import QUICK
from tests.guard.proof.story import Story
from tests.rigs.wording import rules


def walking() -> Story:
    """A walk at 2.5 km/h, asked for and reached, with nothing written for a while."""
    story = Story(policy=QUICK).runs().wait(20)
    story.ask(Verb.SPEED, 250)
    story.wait(20)
    assert story.speed == 250
    return story


def found() -> Story:
    """A belt that runs at 3 km/h when the bridge comes."""
    story = Story(policy=QUICK, belt=Belt.UNKNOWN)
    return story.runs(300)


def test_less_and_stop_are_accepted_and_more_is_refused() -> None:
    story = walking().garble()
    assert rules(story.ask(Verb.SPEED, 300)) == ("garbled",)
    assert story.ask(Verb.SPEED, 200).result is Result.ACCEPTED
    assert story.ask(Verb.STOP).result is Result.ACCEPTED


def test_one_sample_of_noise_is_no_speed_to_slow_down_from() -> None:
    story = found().wait(1)
    story.garbled = Measurement(speed=1200)
    story.wait(1)
    assert story.ask(Verb.SPEED, 800).result is Result.REJECTED
    assert story.ask(Verb.SPEED, 250).result is Result.ACCEPTED
    assert max(story.speeds()) == 250
