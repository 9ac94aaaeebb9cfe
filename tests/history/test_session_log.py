"""Summary of a session: sums, and no invented measures."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.history.session_log import SessionLog, Summary
from bridge.values import Belt, Measurement, Sample

BEGAN = datetime(2030, 1, 1, 18, tzinfo=UTC)
ENDED = BEGAN + timedelta(minutes=10)
Samples = list[tuple[float, dict[str, Any]]]
"""Seconds with their measurements; 7.2 km/h by default, which is 2 m a second."""


def summary_of(samples: Samples, belt: Belt = Belt.RUNNING) -> Summary:
    session = SessionLog(BEGAN)
    for time, known in samples:
        session.add(Sample(time, Measurement(**{"speed": 720, **known})), belt)
    return session.close(ENDED)


def each(name: str, *values: int) -> Samples:
    return [(second, {name: value}) for second, value in enumerate(values)]


CASES: dict[str, tuple[Samples, dict[str, object]]] = {
    "summary_lasts_from_start_to_end": ([], {"start": BEGAN, "end": ENDED}),
    "summary_without_samples_has_no_measures": (
        [],
        {
            "moving_s": 0,
            "distance_m": 0,
            "max_speed": 0,
            "elevation_gain_m": None,
            "energy_kcal": None,
            "max_incline": None,
            "mean_heart_rate": None,
            "max_heart_rate": None,
        },
    ),
    "time_and_distance_are_added_up": (
        [(second, {}) for second in range(11)],
        {"moving_s": pytest.approx(10), "distance_m": pytest.approx(20)},
    ),
    "gap_in_the_samples_does_not_count": (
        [(second, {}) for second in (0, 1, 2, 60, 61)],
        {"moving_s": pytest.approx(3)},
    ),
    "distance_of_the_machine_is_used_if_reported": (
        each("distance", 500, 502, 505),
        {"distance_m": 5},
    ),
    "counter_missing_for_one_sample_continues": (
        [(0, {"energy": 10}), (1, {}), (2, {"energy": 12})],
        {"energy_kcal": 2},
    ),
    "ascent_is_counted_in_tenths_of_a_metre": (
        each("elevation_gain", 5, 42),
        {"elevation_gain_m": pytest.approx(3.7)},
    ),
    "highest_values_are_kept": (
        [
            (0, {"speed": 600, "incline": -20, "heart_rate": 90}),
            (1, {"speed": 900, "incline": -10, "heart_rate": 150}),
            (2, {"speed": 800, "incline": -30, "heart_rate": 120}),
        ],
        {
            "max_speed": 900,
            "max_incline": -10,
            "max_heart_rate": 150,
            "mean_heart_rate": pytest.approx(120),
        },
    ),
    "record_without_speed_adds_no_time": (
        [(0, {"speed": None, "distance": 5}), (1, {"speed": None, "distance": 7})],
        {"moving_s": 0, "distance_m": 2},
    ),
}


@pytest.mark.parametrize(("samples", "expected"), CASES.values(), ids=CASES)
def test_session_summary_is_computed_from_its_samples(
    samples: Samples, expected: dict[str, object]
) -> None:
    summary = summary_of(samples)
    assert {name: getattr(summary, name) for name in expected} == expected


@pytest.mark.parametrize("belt", [Belt.STARTING, Belt.PAUSED, Belt.IDLE, Belt.UNKNOWN])
def test_only_samples_of_a_moving_belt_count(belt: Belt) -> None:
    summary = summary_of(each("heart_rate", *[100] * 5), belt)
    assert (summary.moving_s, summary.max_speed, summary.max_heart_rate) == (0, 0, None)


def test_belt_that_slows_after_a_stop_counts_until_it_stands() -> None:
    summary = summary_of(each("speed", 720, 360, 180, 0, 0), Belt.STOPPING)
    assert summary.moving_s == pytest.approx(2)


def test_falling_distance_counter_counts_as_reset() -> None:
    assert summary_of(each("distance", 500, 510, 3, 8)).distance_m == 10 + 3 + 5


def test_heart_rate_of_zero_does_not_count() -> None:
    assert summary_of(each("heart_rate", 0, 100)).mean_heart_rate == 100
