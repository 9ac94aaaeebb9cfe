"""Commands that the page may send."""

import json
from typing import Any

import pytest

from bridge.dashboard.web.commands import BadCommandError, Pace, read


def body(kind: str = "speed", values: Any = None, **more: Any) -> bytes:
    document = {
        "treadmill": "den", "kind": kind, "values": {"value": 6} if values is None else values,
        "id": "tap-1",
    }  # fmt: skip
    return json.dumps({**document, **more}).encode()


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("speed", {"value": 6.5}),
        ("speed", {"value": 0}),
        ("speed", {"value": 6.5, "unit": "km/h"}),
        ("speed", {"value": 5.1, "unit": "mph"}),
        ("incline", {"value": -2}),
        ("belt", {"command": "stop"}),
        ("belt", {"command": "start", "confirm": True}),
        ("pain", {"place": "knee", "severity": 2}),
        ("pain", {"clear": True}),
        ("person", {"name": "Ann"}),
        ("shoes", {"name": "trail"}),
        ("workout", {"name": "Four hills"}),
        ("workout", {"command": "lift_cap"}),
        ("plan", {"severity": 0}),
        ("plan", {"command": "confirm"}),
    ],
)
def test_a_command_of_the_contract_passes_with_source_and_time(
    kind: str, values: dict[str, Any]
) -> None:
    command = read(body(kind, values))

    assert json.loads(command.payload(1_893_499_200.25)) == {
        **values, "id": "tap-1", "source": "dashboard", "time": "2030-01-01T12:00:00.250+00:00",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("speed", {"value": "6"}),
        ("speed", {"value": True}),
        ("speed", {"value": 31}),
        ("speed", {"value": -1}),
        ("speed", {"value": 19, "unit": "mph"}),
        ("speed", {"value": 6, "unit": "knots"}),
        ("speed", {"value": 6, "unit": ["mph"]}),
        ("speed", {"unit": "mph"}),
        ("incline", {"value": 6, "unit": "mph"}),
        ("speed", {}),
        ("belt", {"command": "explode"}),
        ("belt", {"command": ["stop"]}),
        ("belt", {"command": "start", "confirm": "yes"}),
        ("belt", {"command": "stop", "id": "other"}),
        ("speed", {"value": 10**400}),
        ("speed", {"value": -(10**400)}),
        ("pain", {"place": " ", "severity": 2}),
        ("pain", {"place": "\ud800", "severity": 2}),
        ("person", {"name": "\ud800"}),
        ("workout", {"name": "a\0b"}),
        ("pain", {"place": "knee", "severity": 11}),
        ("pain", {"place": "knee", "severity": True}),
        ("pain", {"clear": False}),
        ("person", {"name": "x" * 129}),
        ("person", {"name": 5}),
        ("workout", {"command": "stop"}),
        ("workout", {"command": ["skip"]}),
        ("workout", {"name": "Four hills", "command": "start"}),
        ("plan", {"severity": 11}),
        ("plan", {"severity": True}),
        ("plan", {"command": "restart"}),
        ("availability", {}),
        ("../state", {"value": 1}),
    ],
)
def test_invalid_commands_of_the_page_are_refused(kind: str, values: dict[str, Any]) -> None:
    with pytest.raises(BadCommandError, match="this is not a command"):
        read(body(kind, values))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"[" * 5000,
        b"[]",
        body(id="a b"),
        body(id="x" * 65),
        body(more=1),
        body(values=[]),
        body(treadmill=5),
    ],
)
def test_page_command_without_its_four_keys_is_refused(data: bytes) -> None:
    with pytest.raises(BadCommandError, match="a command is JSON"):
        read(data)


@pytest.mark.parametrize("number", [b"NaN", b"Infinity", b"-Infinity", b"1e999"])
def test_speed_that_is_not_a_finite_number_is_refused(number: bytes) -> None:
    with pytest.raises(BadCommandError):
        read(b'{"treadmill": "den", "kind": "speed", "values": {"value": %b}, "id": "a"}' % number)


@pytest.mark.parametrize(("word", "urgent"), [("stop", True), ("pause", True), ("finish", False)])
def test_only_stop_and_pause_are_urgent(word: str, urgent: bool) -> None:
    assert read(body("belt", {"command": word})).urgent is urgent
    assert not read(body()).urgent


def test_page_commands_are_rate_limited_after_a_burst() -> None:
    pace = Pace(per_s=2, burst=3)

    assert [pace.passes(10.0) for _ in range(4)] == [True, True, True, False]
    assert [pace.passes(10.5), pace.passes(10.6)] == [True, False]
