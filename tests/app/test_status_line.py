"""One treadmill in one line for people."""

import pytest

from bridge.app.status_line import status_of
from bridge.guard import Decision
from bridge.values import RELEASED, Belt, Measurement, Sample, Snapshot, Units


def running(speed: int | None = 600, belt: Belt = Belt.RUNNING) -> Snapshot:
    return Snapshot(connected=True, belt=belt, sample=Sample(1.0, Measurement(speed=speed)))


@pytest.mark.parametrize(
    ("snapshot", "decision", "line"),
    [
        (
            running(),
            Decision(phase="warm_up", warm_up_left_s=190),
            "Basement: running 6.0 km/h, warm-up 3:10 left",
        ),
        (running(850), Decision(phase="active"), "Basement: running 8.5 km/h"),
        (running(300), Decision(phase="cool_down"), "Basement: running 3.0 km/h, cooling down"),
        (running(None), Decision(), "Basement: running"),
        (running(0, Belt.IDLE), Decision(), "Basement: idle"),
        (running(0, Belt.PAUSED), Decision(), "Basement: paused"),
        (running(600), Decision(faults=("stale",)), "Basement: running 6.0 km/h (stale)"),
        (Snapshot(connected=True), Decision(), "Basement: connected, belt state not known yet"),
        (Snapshot(), Decision(), "Basement: not connected."),
    ],
)
def test_status_line_shows_belt_state_and_speed(
    snapshot: Snapshot, decision: Decision, line: str
) -> None:
    assert status_of("basement", snapshot, decision, None) == line


def test_status_line_shows_the_reason_for_a_missing_link() -> None:
    line = status_of("home-gym", Snapshot(), Decision(), RELEASED)
    assert line == f"Home gym: not connected. {RELEASED.text}"


def test_status_line_shows_the_speed_in_the_owners_unit() -> None:
    line = status_of("basement", running(), Decision(), None, Units.MPH)
    assert line == "Basement: running 3.7 mph"
