"""The summary of a session: what it adds up, and what it never invents."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bridge.history.session_log import SessionLog
from bridge.values import (
    Belt,
    Measurement,
    Sample,
)

BEGAN = datetime(2030, 1, 1, 18, tzinfo=UTC)
ENDED = BEGAN + timedelta(minutes=10)


@pytest.fixture
def session() -> SessionLog:
    return SessionLog(BEGAN)


def at(time: float, speed: int | None = 720, **known: Any) -> Sample:
    return Sample(time, Measurement(speed=speed, **known))


def test_session_lasts_from_its_start_to_its_end(session: SessionLog) -> None:
    summary = session.close(ENDED)

    assert (summary.start, summary.end) == (BEGAN, ENDED)


def test_session_without_samples_has_no_measures(session: SessionLog) -> None:
    summary = session.close(ENDED)

    assert (summary.moving_s, summary.distance_m, summary.max_speed) == (0, 0, 0)
    assert summary.elevation_gain_m is None
    assert summary.energy_kcal is None
    assert summary.max_incline is None
    assert summary.mean_heart_rate is None
    assert summary.max_heart_rate is None


def test_time_and_distance_are_added_up_while_the_belt_runs(session: SessionLog) -> None:
    for second in range(11):
        session.add(at(second), Belt.RUNNING)  # 7.2 km/h are 2 m in a second

    summary = session.close(ENDED)

    assert summary.moving_s == pytest.approx(10)
    assert summary.distance_m == pytest.approx(20)


def test_a_gap_in_the_samples_counts_for_nothing(session: SessionLog) -> None:
    for second in (0, 1, 2, 60, 61):
        session.add(at(second), Belt.RUNNING)

    assert session.close(ENDED).moving_s == pytest.approx(3)


@pytest.mark.parametrize("belt", [Belt.STARTING, Belt.PAUSED, Belt.STOPPING, Belt.UNKNOWN])
def test_only_samples_of_a_running_belt_count(session: SessionLog, belt: Belt) -> None:
    for second in range(5):
        session.add(at(second, heart_rate=100), belt)

    summary = session.close(ENDED)

    assert (summary.moving_s, summary.max_speed, summary.max_heart_rate) == (0, 0, None)


def test_distance_is_that_of_the_machine_if_it_reports_one(session: SessionLog) -> None:
    for second, metres in enumerate((500, 502, 505)):
        session.add(at(second, distance=metres), Belt.RUNNING)

    assert session.close(ENDED).distance_m == 5


def test_a_counter_that_falls_was_reset_and_goes_on(session: SessionLog) -> None:
    for second, metres in enumerate((500, 510, 3, 8)):
        session.add(at(second, distance=metres), Belt.RUNNING)

    assert session.close(ENDED).distance_m == 10 + 3 + 5


def test_a_counter_that_is_missing_now_and_then_goes_on(session: SessionLog) -> None:
    session.add(at(0, energy=10), Belt.RUNNING)
    session.add(at(1), Belt.RUNNING)
    session.add(at(2, energy=12), Belt.RUNNING)

    assert session.close(ENDED).energy_kcal == 2


def test_climbed_metres_come_from_tenths(session: SessionLog) -> None:
    session.add(at(0, elevation_gain=5), Belt.RUNNING)
    session.add(at(1, elevation_gain=42), Belt.RUNNING)

    assert session.close(ENDED).elevation_gain_m == pytest.approx(3.7)


def test_highest_values_of_a_session_are_kept(session: SessionLog) -> None:
    rows = ((600, -20, 90), (900, -10, 150), (800, -30, 120))
    for second, (speed, incline, rate) in enumerate(rows):
        session.add(at(second, speed, incline=incline, heart_rate=rate), Belt.RUNNING)

    summary = session.close(ENDED)

    assert (summary.max_speed, summary.max_incline, summary.max_heart_rate) == (900, -10, 150)
    assert summary.mean_heart_rate == pytest.approx(120)


def test_a_heart_rate_of_zero_is_no_heart_rate(session: SessionLog) -> None:
    session.add(at(0, heart_rate=0), Belt.RUNNING)
    session.add(at(1, heart_rate=100), Belt.RUNNING)

    assert session.close(ENDED).mean_heart_rate == 100


def test_record_without_speed_adds_no_distance(session: SessionLog) -> None:
    session.add(at(0, None, distance=5), Belt.RUNNING)
    session.add(at(1, None, distance=7), Belt.RUNNING)

    summary = session.close(ENDED)

    assert (summary.moving_s, summary.distance_m) == (0, 2)
