"""A belt that is not where it was told to be. Speeds in 0.01 km/h, seconds."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from bridge.guard.engine.readings import Response
from bridge.machines.learned import UNLEARNED_SPEED, Interval

BAND = Interval(580.0, 620.0)
AXIS = replace(
    UNLEARNED_SPEED,
    lag_s=Interval(0.0, 1.0),
    rise_per_s=Interval(10.0, 50.0),
    fall_per_s=Interval(5.0, 50.0),
    resolution=10.0,
)
"""One report step is due after 1 s of lag and 1 s upwards or 2 s downwards."""


def judged(course: Iterable[float], band: Interval = BAND) -> list[bool]:
    """Return second by second whether the belt failed to respond."""
    response, failed = Response(), []
    for second, measured in enumerate(course):
        before = response.failed
        changed = response.judge(1000.0 + second, measured, band, AXIS, 8.0)
        assert changed is (response.failed is not before)
        failed.append(response.failed)
    return failed


class TestResponse:
    @pytest.mark.parametrize(("measured", "fails_after"), [(500, 10), (579, 10), (700, 11)])
    def test_belt_fails_8_s_after_the_slowest_belt_would_have_shown_one_report_step(
        self, measured: float, fails_after: int
    ) -> None:
        assert judged([measured] * 20) == [s >= fails_after for s in range(20)]

    @pytest.mark.parametrize("measured", [580, 600, 620])
    def test_belt_within_the_band_responds(self, measured: float) -> None:
        assert not Response().failed
        assert not any(judged([measured] * 40))

    @pytest.mark.parametrize(("by", "fails"), [(9, True), (10, False)])
    def test_one_report_step_is_progress_and_less_is_not(self, by: int, fails: bool) -> None:
        assert judged([500] * 9 + [500 + by] * 8)[-1] is fails
        assert judged([700] * 10 + [700 - by] * 8)[-1] is fails

    @pytest.mark.parametrize("by", [-20, 0.1])
    def test_belt_that_goes_the_wrong_way_or_creeps_makes_no_progress(self, by: float) -> None:
        assert judged([500 + by * s for s in range(20)])[-1]

    def test_belt_on_the_other_side_begins_anew(self) -> None:
        assert not any(judged([500] * 9 + [700] * 10))

    def test_failure_is_over_once_the_belt_makes_progress_or_arrives(self) -> None:
        assert judged([500] * 11 + [510])[-2:] == [True, False]
        assert judged([500] * 11 + [600, 500])[-3:] == [True, False, False]

    def test_slowest_machine_has_30_s_to_respond(self) -> None:
        slow, response = replace(AXIS, rise_per_s=Interval(0.1, 50.0)), Response()
        for second in range(31):
            response.judge(float(second), 500, BAND, slow, 8.0)
            assert response.failed is (second == 30)
