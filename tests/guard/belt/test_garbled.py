"""A machine that talks nonsense is not believed about anything that would make the belt faster."""

from bridge.values import (
    Axis,
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


def test_nothing_rises_for_three_seconds_after_garbage() -> None:
    story = walking()
    story.ask(Verb.SPEED, 800)
    story.wait(2).garble()
    before = story.setpoint(Axis.SPEED)
    story.wait(3)
    assert story.setpoint(Axis.SPEED) == before
    story.wait(5)
    assert story.setpoint(Axis.SPEED) > before


def test_less_and_stop_are_accepted_and_more_is_refused() -> None:
    story = walking().garble()
    assert rules(story.ask(Verb.SPEED, 300)) == ("garbled",)
    assert story.ask(Verb.SPEED, 200).result is Result.ACCEPTED
    assert story.ask(Verb.STOP).result is Result.ACCEPTED


def test_samples_amid_garbage_are_no_request() -> None:
    story = walking()
    story.garbled = Measurement(speed=900)
    story.garble().wait(3)
    story.garbled = None
    story.wait(10)
    assert not story.heard("console_raised")
    assert story.decision.requested[Axis.SPEED] == 250
    assert max(story.speeds()) == 250


def test_belt_found_moving_amid_garbage_is_not_adopted() -> None:
    story = found()
    for _ in range(20):
        story.garble().wait(1)
    assert not story.heard("adopted")
    assert not story.written
    assert story.wait(8).heard("adopted")


def test_one_sample_of_noise_is_no_speed_to_slow_down_from() -> None:
    story = found().wait(1)
    story.garbled = Measurement(speed=1200)
    story.wait(1)
    assert story.ask(Verb.SPEED, 800).result is Result.REJECTED
    assert story.ask(Verb.SPEED, 250).result is Result.ACCEPTED
    assert max(story.speeds()) == 250
