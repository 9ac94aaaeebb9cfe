"""A belt that starts or is found moving has settled. Speeds in 0.01 km/h, seconds."""

import math
from dataclasses import replace

import pytest

from bridge.guard.engine.settling import Settling
from bridge.machines.learned import Interval, LearnedAxis
from tests.guard.engine.readings.machine import AXIS

NOISE = 3.0


def settled_at(
    readings: list[int],
    *,
    steady_from: float = 0.0,
    most: float = math.inf,
    axis: LearnedAxis = AXIS,
) -> float | None:
    """Return the second of the first reading that counts as the belt's own speed."""
    settling = Settling(began=100.0, most=most)
    for second, reading in enumerate(readings):
        settling.take(reading, NOISE, 100.0 + second)
        if settling.is_over(100.0 + second, axis, steady=second >= steady_from):
            return float(second)
    return None


@pytest.mark.parametrize(
    ("readings", "second"),
    [
        pytest.param([80] * 10, 2.0, id="steady from the first reading"),
        pytest.param([77, *[80] * 9], 2.0, id="one report step within the noise"),
        pytest.param([70, *[80] * 9], 3.0, id="one rise and then steady"),
        pytest.param([80, 82, 80, 82, 80, 82], 2.0, id="flickering within the noise"),
        pytest.param([50, 50, 100, 100, *[150] * 9], 8.0, id="rising in coarse steps"),
        pytest.param([300, 200, 100, 100, 100], 2.0, id="falling: left to the steady readings"),
    ],
)
def test_starting_belt_has_settled_once_it_no_longer_rises(
    readings: list[int], second: float
) -> None:
    assert settled_at(readings) == second


@pytest.mark.parametrize(("resolution", "second"), [(10.0, 2.0), (60.0, 6.0), (200.0, 15.0)])
def test_coarse_reading_must_last_longer_before_a_start_counts_as_settled(
    resolution: float, second: float
) -> None:
    coarse = replace(AXIS, resolution=resolution)  # rises by 0.1 km/h per s or faster
    assert settled_at([100] * 20, most=300, axis=coarse) == second
    assert settled_at([100] * 20, axis=coarse) == 2.0


@pytest.mark.parametrize(
    ("after", "value", "passes"),
    [
        (1.0, 300, True),
        (1.0, 370, True),
        (1.0, 371, False),
        (1.0, 230, True),
        (1.0, 229, False),
        (0.5, 345, True),
        (0.5, 346, False),
        (1.25, 300, False),
    ],
)
def test_statuses_that_change_at_belt_rate_may_be_its_current_speed(
    after: float, value: int, passes: bool
) -> None:
    settling = Settling(began=100.0)  # the belt changes by 0.5 km/h per s, a reading by 0.2
    assert not settling.passes(300, 100.0, AXIS)
    assert settling.passes(value, 100.0 + after, AXIS) is passes


@pytest.mark.parametrize(("rise", "fall"), [(50.0, 20.0), (20.0, 50.0)])
def test_named_current_speed_changes_no_faster_than_the_belt(rise: float, fall: float) -> None:
    axis = replace(AXIS, rise_per_s=Interval(5.0, rise), fall_per_s=Interval(5.0, fall))
    settling = Settling(began=100.0)
    for second, value in enumerate((300, 370, 300)):
        assert settling.passes(value, 100.0 + second, axis) is (second > 0)


@pytest.mark.parametrize(("named", "found"), [(50, 100), (51, 51), (120, 100)])
def test_status_one_step_below_a_coarse_reading_is_the_found_target(named: int, found: int) -> None:
    coarse = replace(AXIS, resolution=50.0)
    settling = Settling(began=100.0)
    settling.passes(named, 100.0, coarse)
    assert settling.found_at(100, coarse) == found
