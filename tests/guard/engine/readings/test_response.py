"""A belt that stays away from its setpoint does not respond. Speeds in 0.01 km/h, seconds."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from bridge.guard.engine.response import Obeying, Response
from bridge.machines.learned import Interval
from tests.guard.engine.readings.machine import AXIS

BAND = Interval(580.0, 620.0)


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
    def test_belt_fails_to_respond_8_s_after_one_report_step_was_due(
        self, measured: float, fails_after: int
    ) -> None:
        assert judged([measured] * 20) == [s >= fails_after for s in range(20)]

    @pytest.mark.parametrize("measured", [580, 600, 620])
    def test_belt_within_the_expected_band_counts_as_responding(self, measured: float) -> None:
        assert not Response().failed
        assert not any(judged([measured] * 40))

    def test_response_failure_ends_when_the_belt_progresses_or_arrives(self) -> None:
        assert judged([500] * 10 + [510])[-2:] == [True, False]
        assert judged([500] * 10 + [600, 500])[-3:] == [True, False, False]

    def test_response_fails_after_30_s_far_from_the_setpoint_at_the_latest(self) -> None:
        assert judged([500] * 35, Interval(400.0, 620.0)) == [s >= 30 for s in range(35)]

    def test_response_time_restarts_when_the_belt_is_on_its_way(self) -> None:
        response, way = Response(), Interval(400.0, 620.0)
        for second in range(16):
            expected = way if second == 5 else BAND
            response.judge(1000.0 + second, 500, Obeying(600, BAND, expected), AXIS, 8.0)
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
    def test_wider_learned_band_does_not_extend_the_30_s_to_respond(
        self, off: int, further: int, seconds: int, way: int, *, fails: bool
    ) -> None:
        response, wide = Response(), Interval(450.0, 750.0)
        course = [(100, 0, BAND)] * 5 + [(off, further, wide)] * seconds
        for second, (away, moved, band) in enumerate([*course, *[(100, 200, BAND)] * 6]):
            shown, told = 600 + way * away, 600 - way * moved
            obeying = Obeying(told, band, band)
            response.judge(1000.0 + second, shown, obeying, AXIS, 8.0)
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
def test_belt_is_stuck_4_s_after_the_slowest_obedient_belt_would_be_faster(
    since: float | None, *, above: bool, stuck: bool
) -> None:
    assert Response(since=since, above=above).is_stuck(104.0) is stuck
