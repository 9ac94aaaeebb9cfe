"""Meaning of a pad's statuses in their order."""

import pytest

from bridge.drivers.kingsmith.status import Follower, activity
from bridge.machines import PLAIN_EDGE, Edge, Profile, SpeedUnit
from bridge.values import Doing, Measurement
from bridge.values.status import MachineEvent, Started, Stopped
from protocols.kingsmith import BeltState, Button, Status

STANDS = Status()
COUNTS = Status(BeltState.STARTING)
RUNS = Status(BeltState.RUNNING, speed=250)
ENDS = Status(BeltState.STOPPED, speed=180)


def event_of(
    before: Status, after: Status, *, started: bool = False, stopped: bool = False
) -> MachineEvent | None:
    follower = Follower()
    follower.take(before, 1.0, started=False, stopped=False)
    return follower.take(after, 2.0, started=started, stopped=stopped).event


@pytest.mark.parametrize(
    ("belt", "doing"),
    [
        (BeltState.STOPPED, Doing.RESTING),
        (BeltState.STANDBY, Doing.RESTING),
        (BeltState.RUNNING, Doing.ACTIVE),
        (9, Doing.COUNTDOWN),
        (6, Doing.COUNTDOWN),
        (4, Doing.UNTOLD),
    ],
)
def test_pad_belt_state_maps_to_the_workout_state(belt: int, doing: Doing) -> None:
    assert activity(Status(belt)).doing is doing


def test_activity_is_reported_when_it_changes() -> None:
    follower = Follower()
    told = [
        follower.take(each, 1.0, started=False, stopped=False).activity
        for each in (STANDS, STANDS, COUNTS, RUNS, RUNS)
    ]
    assert [each and each.doing for each in told] == [
        Doing.RESTING,
        None,
        Doing.COUNTDOWN,
        Doing.ACTIVE,
        None,
    ]


def test_the_first_status_of_a_link_is_no_event() -> None:
    assert Follower().take(RUNS, 1.0, started=False, stopped=False).event is None


@pytest.mark.parametrize("after", [COUNTS, RUNS])
def test_start_without_an_order_is_a_start_at_the_remote(after: Status) -> None:
    assert event_of(STANDS, after) == Started(2.0)
    assert event_of(STANDS, after, started=True) is None
    assert event_of(STANDS, after, stopped=True) == Started(2.0)


def test_stop_without_an_order_is_a_stop_at_the_remote() -> None:
    assert event_of(RUNS, ENDS) == Stopped(2.0)
    assert event_of(RUNS, ENDS, stopped=True) is None
    assert event_of(RUNS, ENDS, started=True) == Stopped(2.0)


def test_stop_key_is_a_stop_while_the_belt_still_runs() -> None:
    pressed = Status(BeltState.RUNNING, speed=250, button=Button.STOP)
    assert event_of(RUNS, pressed) == Stopped(2.0)
    assert event_of(pressed, pressed) is None
    assert event_of(STANDS, Status(button=Button.STOP)) is None


def test_pad_transition_from_countdown_to_run_is_no_event() -> None:
    assert event_of(COUNTS, RUNS) is None


@pytest.mark.parametrize(
    ("edge", "speed"),
    [(PLAIN_EDGE, 250), (Edge(Profile(reported_speed_unit=SpeedUnit.MPH)), 402)],
)
def test_a_status_is_a_measurement_in_true_numbers(edge: Edge, speed: int) -> None:
    status = Status(BeltState.RUNNING, 250, elapsed=60, distance=40, steps=90)
    news = Follower().take(status, 1.0, started=False, stopped=False)
    assert news.measurement(edge) == Measurement(
        speed=speed, distance=40, elapsed=60, step_count=90
    )
