"""The step of the reports, learned from distinct readings. Speeds in 0.01 km/h."""

from collections.abc import Callable

import pytest

from bridge.machines.learned import UNLEARNED_INCLINE, UNLEARNED_SPEED, UnitVerdict
from bridge.tracking.learning.figures import INCLINE_LIMITS, resolution_of
from bridge.tracking.learning.learner import Learner
from bridge.values import (
    Measurement,
)
from tests.tracking.belt import MACHINE, Physics, Ride, floor, nearest


@pytest.mark.parametrize(
    ("values", "step"),
    [((), 5), ((20,), 10), ((20, 25), 5), ((20, 21), 1), ((20, 21, 24), 1), ((-10, 10), 10)],
)
def test_incline_report_step_is_the_coarsest_common_step_of_all_readings(
    values: tuple[int, ...], step: float
) -> None:
    assert resolution_of(values, UNLEARNED_INCLINE.resolution, INCLINE_LIMITS) == step


@pytest.mark.parametrize("way", [nearest, floor])
def test_interval_of_a_new_machine_allows_for_its_coarse_reports(
    way: Callable[[float], Callable[[float], float]],
) -> None:
    ride = Ride(Physics(reports=way(100)))
    ride.climb(370).run(3)
    figures = ride.figures
    assert figures.spread is None
    assert figures.resolution == 100
    for target in range(100, 1000, 10):
        assert ride.shows(target) in figures.readings(target, 10)
        assert figures.highest_target(ride.shows(target), 10) >= target
    assert figures.fall_of_a_press(370) > UNLEARNED_SPEED.fall_of_a_press(370) + 80


def test_report_step_becomes_finer_with_the_first_finer_reading() -> None:
    learner = Learner()
    learner.connected(MACHINE, None)
    learner.sample(Measurement(speed=500), 0.0)
    assert learner.learned.speed.resolution == 100
    learner.sample(Measurement(speed=490), 1.0)
    assert learner.learned.speed.resolution == 10


def driven(
    shown: int, true: float, others: tuple[int, ...] = (), seconds: int = 900
) -> UnitVerdict:
    """The unit of reports that show one speed while the distance grows by another."""
    learner = Learner()
    learner.connected(MACHINE, None)
    for second, value in enumerate(others):
        learner.sample(Measurement(speed=value), float(second - len(others)))
    for second in range(seconds):
        data = Measurement(speed=shown, distance=int(true / 360 * second))
        learner.sample(data, float(second))
    return learner.learned.reports


@pytest.mark.unmeasured
@pytest.mark.parametrize(
    ("shown", "true", "unit"),
    [
        (100, 165, UnitVerdict.UNKNOWN),  # 1.65 km/h rounded down, or a mile an hour
        (200, 290, UnitVerdict.UNKNOWN),
        (300, 390, UnitVerdict.UNKNOWN),
        (300, 350, UnitVerdict.KMH),
        (400, 370, UnitVerdict.KMH),
        (400, 660, UnitVerdict.MPH),
        (500, 900, UnitVerdict.MPH),  # 5.6 mph rounded down
    ],
)
def test_rounded_speeds_give_a_verdict_only_if_it_excludes_the_other_unit(
    shown: int, true: float, unit: UnitVerdict
) -> None:
    assert driven(shown, true, (100, 200, 300)) is unit
