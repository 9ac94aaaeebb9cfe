"""A belt is steady after readings without a change. Speeds in 0.01 km/h, seconds."""

import pytest

from bridge.guard.engine.steadiness import Steadiness

SLACK = 15.0


@pytest.mark.parametrize(
    ("readings", "steady"),
    [
        ([(0.0, 800), (2.0, 800)], False),
        ([(0.0, 800), (1.0, 800), (1.75, 800)], False),
        ([(0.0, 800), (1.0, 800), (2.0, 800)], True),
        ([(0.0, 800), (1.0, 815), (2.0, 785)], True),
        ([(0.0, 800), (1.0, 816), (2.0, 816), (3.0, 816)], True),
        ([(0.0, 800), (1.0, 816), (1.5, 816), (2.75, 816)], False),
    ],
    ids=["too few", "too short", "enough", "within slack", "after a change", "short of it"],
)
def test_belt_is_steady_after_two_seconds_and_three_samples_without_a_change(
    readings: list[tuple[float, int]], steady: bool
) -> None:
    still = Steadiness(800, 100.0)
    for second, measured in readings:
        still.add(measured, 100.0 + second, SLACK)
    assert still.is_steady(100.0 + readings[-1][0]) is steady


def test_steady_mean_covers_the_readings_since_the_last_change() -> None:
    still = Steadiness(800, 100.0)
    still.add(800, 100.0, SLACK)
    still.add(810, 101.0, SLACK)
    assert still.mean == 805
    still.restart(800, 102.0)
    still.add(810, 102.0, SLACK)
    assert (still.mean, still.lasted(103.0)) == (810, 1)
