"""The dashboard's board, fed with messages of the contract."""

import json
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import pytest

from bridge.contract.topics import Topics
from bridge.dashboard.board import EVENTS, MAX_TREADMILLS, QUIET_S, Board
from bridge.dashboard.mailbox import Message
from bridge.dashboard.trace import LIMIT, Point, Trace

NOON = datetime(2030, 1, 1, 12, tzinfo=UTC)
STATE = {
    "time": "2030-01-01T12:00:00.000Z", "belt": "running", "phase": "active", "fresh": True,
    "speed_kmh": 6.2, "incline_percent": 1.5, "heart_rate_bpm": 131, "elapsed_s": 0,
    "requested_speed_kmh": 7.0, "requested_incline_percent": None,
}  # fmt: skip


class Desk:
    """A board, and the time."""

    def __init__(self) -> None:
        self.board = Board(Topics("treadmills"))
        self.now = 100.0
        self.wall = NOON.timestamp()

    def take(self, topic: str, payload: Any, *, retained: bool = False) -> list[dict[str, Any]]:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        told = self.board.take(topic, data, retained=retained, now=self.now, wall=self.wall)
        return [read(each) for each in told]

    def state(self, **values: Any) -> list[dict[str, Any]]:
        return self.take("treadmills/den/state", {**STATE, **values})


def read(message: Message) -> dict[str, Any]:
    text = message.text.decode()
    assert text.startswith("data: ")
    assert text.endswith("\n\n")
    document: dict[str, Any] = json.loads(text.removeprefix("data: "))
    return document


def test_no_topic_of_commands_is_subscribed_to() -> None:
    topics = Board(Topics("home/mills")).subscriptions()

    assert "home/mills/+/state" in topics
    assert Topics("home/mills").echo in topics
    assert not any("/set" in topic or "#" in topic for topic in topics)


def test_availability_of_bridge_and_treadmill_is_passed_on() -> None:
    desk = Desk()

    assert desk.take("treadmills/bridge/availability", b"online") == [
        {"kind": "bridge", "treadmill": None, "data": True}
    ]
    assert desk.take("treadmills/den/availability", b"online") == [
        {"kind": "available", "treadmill": "den", "data": True}
    ]
    assert desk.take("treadmills/den/availability", b"offline")[0]["data"] is False
    assert (desk.board.bridge, desk.board.treadmills["den"].available) == (True, False)


@pytest.mark.parametrize("reason", ["at most 6 km/h", {"rule": "warm_up", "text": "at most 6"}])
def test_reasons_reach_the_page_unchanged(reason: Any) -> None:
    guard = {"bounds": {"speed": {"max": 6.0, "reasons": [reason]}}}

    (told,) = Desk().take("treadmills/den/guard", guard)

    assert told == {"kind": "guard", "treadmill": "den", "data": guard}


def test_moving_belt_adds_trace_points_with_request_and_bound() -> None:
    desk = Desk()
    desk.take("treadmills/den/guard", {"bounds": {"speed": {"max": 8.0}, "incline": {"max": 2}}})
    desk.state()
    desk.now += 1
    told = desk.state(speed_kmh=6.4)

    assert [each["kind"] for each in told] == ["state", "point"]
    assert told[1]["data"] == [1.0, 6.4, 7.0, 8.0, 1.5, None, 2, 131]
    known = desk.board.everything(desk.now)["den"]
    assert known["trace"]["speed"] == [6.2, 6.4]
    assert known["age_s"] == 0


def test_trace_continues_across_a_pause_and_restarts_after_a_stop() -> None:
    desk = Desk()
    kinds = []
    for belt in ("running", "paused", "running", "idle", "idle", "starting"):
        desk.now += 1
        kinds.append([each["kind"] for each in desk.state(belt=belt)])

    assert kinds == [
        ["state", "trace", "point"],
        ["state", "point"],
        ["state", "point"],
        ["state"],
        ["state"],
        ["state", "trace", "point"],
    ]


def test_trace_of_a_running_session_starts_at_the_machine_time() -> None:
    told = Desk().state(elapsed_s=90)

    assert told[2]["data"][0] == 90


def test_retained_state_does_not_count_as_current() -> None:
    desk = Desk()

    told = desk.take("treadmills/den/state", STATE, retained=True)

    assert [each["kind"] for each in told] == ["state"]
    assert desk.board.ages(desk.now) == {"den": None}


def test_board_counts_events_and_keeps_the_newest_for_later_viewers() -> None:
    desk = Desk()
    for number in range(EVENTS + 3):
        desk.take("treadmills/den/event", {"type": "limited", "text": str(number)})
    desk.take("treadmills/den/outcome", {"id": "a", "outcome": "confirmed"})

    events = desk.board.everything(desk.now)["den"]["events"]
    assert [event["text"] for event in events] == [str(n) for n in range(3, EVENTS + 3)]
    assert desk.board.event_types == {"limited": EVENTS + 3}
    assert desk.board.outcomes == {"confirmed": 1}


@pytest.mark.parametrize(
    ("topic", "payload"),
    [
        ("treadmills/den/state", b"{"),
        ("treadmills/den/state", b"[1]"),
        ("treadmills/den/state", b'{"speed_kmh": NaN}'),
        ("treadmills/den/state", b'{"a": ' + b"[" * 100_000),
        ("treadmills/den/state", b'{"a": "' + b"x" * (64 << 10) + b'"}'),
        ("treadmills/den/unheard", b"{}"),
        ("treadmills/bridge/state", b"{}"),
    ],
)
def test_board_ignores_messages_outside_of_the_contract(topic: str, payload: bytes) -> None:
    assert Desk().take(topic, payload) == []


def test_board_keeps_a_bounded_number_of_treadmills() -> None:
    desk = Desk()
    for number in range(MAX_TREADMILLS + 5):
        desk.take(f"treadmills/t{number}/availability", b"online")
        desk.take(f"treadmills/u{number}/state", STATE)

    assert len(desk.board.treadmills) == MAX_TREADMILLS


def test_bridge_counts_as_quiet_once_its_echo_is_missing() -> None:
    desk = Desk()
    assert not desk.board.quiet(desk.now)

    desk.take(Topics("treadmills").echo, b"who 1 2 den", retained=True)
    assert not desk.board.quiet(desk.now + 60)
    desk.take(Topics("treadmills").echo, b"who 1 2 den")

    assert not desk.board.quiet(desk.now + QUIET_S)
    assert desk.board.quiet(desk.now + QUIET_S + 0.1)
    desk.board.lose()
    assert not desk.board.quiet(desk.now + 60)


def test_clock_difference_is_taken_from_the_least_delayed_message() -> None:
    desk = Desk()
    desk.wall += 62
    desk.state()
    desk.wall -= 1.5
    desk.state()
    assert desk.board.skew_s == 60.5

    desk.state(time="rubbish")
    assert desk.board.skew_s == 60.5
    desk.board.lose()
    assert desk.board.skew_s == 0


def test_small_difference_of_clocks_is_ignored() -> None:
    desk = Desk()
    desk.wall += 1.9
    desk.state()

    assert desk.board.skew_s == 0


class TestTrace:
    def test_board_is_empty_at_first(self) -> None:
        assert Trace(0).columns() == {field: [] for field in Point._fields}

    def test_trace_omits_points_that_are_too_close_in_time(self) -> None:
        trace = Trace(0)

        assert [trace.add(Point(t)) for t in (0, 0.2, 0.6, 1.0, 1.6)] == [
            True, False, True, False, True,
        ]  # fmt: skip

    def test_trace_of_a_long_session_is_thinned_evenly(self) -> None:
        trace = Trace(0)
        for second in range(3 * LIMIT):
            trace.add(Point(float(second), speed=second / 100))

        times: Any = trace.columns()["t"]
        assert len(times) <= LIMIT
        assert (times[0], times[-1]) == (0, pytest.approx(3 * LIMIT, abs=5))
        assert {b - a for a, b in pairwise(times)} == {4.0}
