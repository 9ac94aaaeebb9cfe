"""What readings show: steady, settled, or not where the belt was told to be.

Speeds in 0.01 km/h, seconds.
"""

import math
from collections.abc import Iterable
from dataclasses import replace

import pytest

from bridge.guard.engine.response import Obeying, Response
from bridge.guard.engine.settling import Settling
from bridge.guard.engine.steadiness import Steadiness
from bridge.machines.learned import UNLEARNED_SPEED, Interval, LearnedAxis

SLACK = 15.0
NOISE = 3.0
BAND = Interval(580.0, 620.0)
AXIS = replace(
    UNLEARNED_SPEED,
    lag_s=Interval(0.0, 1.0),
    rise_per_s=Interval(10.0, 50.0),
    fall_per_s=Interval(5.0, 50.0),
    resolution=10.0,
)
"""One report step is due after 1 s upwards or 2 s downwards."""


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


def test_mean_is_that_of_the_readings_since_the_last_change() -> None:
    still = Steadiness(800, 100.0)
    still.add(800, 100.0, SLACK)
    still.add(810, 101.0, SLACK)
    assert still.mean == 805
    still.restart(800, 102.0)
    still.add(810, 102.0, SLACK)
    assert (still.mean, still.lasted(103.0)) == (810, 1)


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
def test_belt_has_settled_when_it_no_longer_rises(readings: list[int], second: float) -> None:
    assert settled_at(readings) == second


@pytest.mark.parametrize(("resolution", "second"), [(10.0, 2.0), (60.0, 6.0), (200.0, 15.0)])
def test_belt_that_starts_may_rise_while_its_coarse_readings_stay_the_same(
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
def test_statuses_that_move_as_a_belt_does_may_name_its_current_speed(
    after: float, value: int, passes: bool
) -> None:
    settling = Settling(began=100.0)  # the belt changes by 0.5 km/h per s, a reading by 0.2
    assert not settling.passes(300, 100.0, AXIS)
    assert settling.passes(value, 100.0 + after, AXIS) is passes


@pytest.mark.parametrize(("rise", "fall"), [(50.0, 20.0), (20.0, 50.0)])
def test_current_speed_may_change_as_fast_as_the_belt_rises_or_falls_at_most(
    rise: float, fall: float
) -> None:
    axis = replace(AXIS, rise_per_s=Interval(5.0, rise), fall_per_s=Interval(5.0, fall))
    settling = Settling(began=100.0)
    for second, value in enumerate((300, 370, 300)):
        assert settling.passes(value, 100.0 + second, axis) is (second > 0)


@pytest.mark.parametrize(("named", "found"), [(50, 100), (51, 51), (120, 100)])
def test_status_within_a_step_below_a_coarse_reading_is_the_target_of_a_found_belt(
    named: int, found: int
) -> None:
    coarse = replace(AXIS, resolution=50.0)
    settling = Settling(began=100.0)
    settling.passes(named, 100.0, coarse)
    assert settling.found_at(100, coarse) == found


def judged(course: Iterable[float], expected: Interval = BAND) -> list[bool]:
    """Return second by second whether the belt failed to respond."""
    response, failed = Response(), []
    for second, measured in enumerate(course):
        before = response.failed
        obeying = Obeying(600, BAND, expected)
        changed = response.judge(1000.0 + second, measured, obeying, AXIS, 8.0)
        assert changed is (response.failed is not before)
        failed.append(response.failed)
    return failed


class TestResponse:
    @pytest.mark.parametrize(("measured", "fails_after"), [(500, 9), (579, 9), (700, 10)])
    def test_belt_fails_8_s_after_the_slowest_belt_would_have_shown_one_report_step(
        self, measured: float, fails_after: int
    ) -> None:
        assert judged([measured] * 20) == [s >= fails_after for s in range(20)]

    @pytest.mark.parametrize("measured", [580, 600, 620])
    def test_belt_within_the_band_responds(self, measured: float) -> None:
        assert not Response().failed
        assert not any(judged([measured] * 40))

    def test_failure_is_over_once_the_belt_makes_progress_or_arrives(self) -> None:
        assert judged([500] * 10 + [510])[-2:] == [True, False]
        assert judged([500] * 10 + [600, 500])[-3:] == [True, False, False]

    def test_belt_far_from_its_setpoint_has_30_s_however_late_it_may_be(self) -> None:
        assert judged([500] * 35, Interval(400.0, 620.0)) == [s >= 30 for s in range(35)]

    def test_patience_begins_anew_after_a_reading_of_a_belt_on_its_way(self) -> None:
        response, way = Response(), Interval(400.0, 620.0)
        for second in range(16):
            expected = way if second == 5 else BAND
            response.judge(
                1000.0 + second, 500, 600, AXIS, band=BAND, expected=expected, patience_s=8.0
            )
            assert response.failed is (second == 15)

    @pytest.mark.parametrize("way", [-1, 1], ids=["below", "above"])
    @pytest.mark.parametrize(
        ("off", "further", "seconds", "fails"),
        [
            (100, 0, 25, True),
            (100, 100, 25, True),
            (100, -80, 25, False),
            (90, 0, 25, False),
            (100, 0, 26, False),
        ],
        ids=["same", "setpoint further away", "setpoint closer", "belt that moved", "30 s over"],
    )
    def test_band_that_learning_widens_does_not_end_the_30_s(
        self, off: int, further: int, seconds: int, way: int, *, fails: bool
    ) -> None:
        response, wide = Response(), Interval(450.0, 750.0)
        course = [(100, 0, BAND)] * 5 + [(off, further, wide)] * seconds
        for second, (away, moved, band) in enumerate([*course, *[(100, 200, BAND)] * 6]):
            shown, told = 600 + way * away, 600 - way * moved
            response.judge(
                1000.0 + second, shown, told, AXIS, band=band, expected=band, patience_s=8.0
            )
        assert response.failed is fails

    def test_slowest_machine_has_30_s_to_respond(self) -> None:
        slow, response = replace(AXIS, rise_per_s=Interval(0.1, 50.0)), Response()
        for second in range(31):
            response.judge(float(second), 500, Obeying(600, BAND, BAND), slow, 8.0)
            assert response.failed is (second == 30)


@pytest.mark.parametrize(
    ("since", "above", "stuck"),
    [(None, False, False), (100.0, False, True), (100.25, False, False), (100.0, True, False)],
)
def test_belt_is_stuck_4_s_after_any_that_obeys_would_be_faster(
    since: float | None, *, above: bool, stuck: bool
) -> None:
    assert Response(since=since, above=above).is_stuck(104.0) is stuck
