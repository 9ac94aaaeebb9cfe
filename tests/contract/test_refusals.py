"""Messages that the parser refuses, and the texts of its refusals."""

import json

import pytest

from bridge.contract.message import MAX_BYTES
from bridge.contract.parser import Refusal
from bridge.contract.topics import SETTABLE
from bridge.values import Reason
from tests.contract.parsing import read, refused


@pytest.mark.parametrize(
    "payload",
    [
        "11", "-1", "2.5", "forward", "[1]", "null", "{}", '{"severity": "2"}', "true", "",
        '{"severity": 2, "command": "back"}', '{"command": "back", "place": "knee"}',
        '{"command": 7}', '{"place": "knee"}', '{"severity": "back"}', '{"command": "forward"}',
        '{"severity": 11}', '{"severity": 2, "command": 7}',
    ],
)  # fmt: skip
def test_plan_payload_that_is_neither_answer_nor_command_is_refused(payload: str) -> None:
    assert refused("plan", payload).startswith(
        "The message is neither an answer to the plan nor a command for it. Send a pain of 0 to 10"
    )


@pytest.mark.parametrize(
    "payload",
    [
        '{"value": NaN, "id": "n", "source": "app"}',
        '{"id": "n", "source": "app", "value": }',
        '{"id": "n", "id": "m", "source": "app"}',
        '{"id" : "\\u006e", "source":"app", "value": 8' + " " * MAX_BYTES + "}",
        b'{"id": "n", "source": "app", "value": \xff}',
    ],
)
def test_refusal_of_a_broken_message_has_the_id_and_source_of_its_sender(
    payload: str | bytes,
) -> None:
    refusal = read("speed", payload)
    assert isinstance(refusal, Refusal)
    assert (refusal.id, refusal.source) == ("n", "app")


@pytest.mark.parametrize("payload", ['{"id": "", ', '{"id": "\\ud800", ', '{"id": "\\x", ', '{"id'])
def test_refusal_of_a_message_without_a_valid_id_gets_a_generated_one(payload: str) -> None:
    assert read("speed", payload).id == "own"


@pytest.mark.parametrize(
    ("unit", "requested"), [("mph", 8.05), ("km/h", 5.0), ("knots", 5.0), (None, 5.0)]
)
def test_refused_speed_is_published_in_kmh(unit: str | None, requested: float) -> None:
    refusal = read("speed", json.dumps({"value": 5, "unit": unit, "time": "2020-01-01T00:00:00Z"}))
    assert isinstance(refusal, Refusal)
    assert refusal.requested == requested


@pytest.mark.parametrize(
    ("kind", "payload", "reason"),
    [
        ("speed", "", "not JSON"),
        ("speed", "fast", "not JSON"),
        ("speed", "8,2", "a number such as 8.2"),
        ("speed", "+8", "not JSON"),
        ("speed", "1_0", "not JSON"),
        ("speed", "8 km/h", "not JSON"),
        ("speed", '{"value": 8', "not JSON"),
        ("speed", "[" * 4000, "not JSON"),
        ("speed", "NaN", "NaN, which is not a number. Send a number such as 8.2"),
        ("speed", '{"value": NaN}', "NaN, which is not a number"),
        ("speed", "Infinity", "Infinity, which is not a number"),
        ("speed", '{"value": -Infinity}', "-Infinity, which is not a number"),
        ("speed", "1e400", "out of range"),
        ("speed", "1e999999999", "out of range"),
        ("speed", "1e99999999999999999999", "out of range"),
        ("speed", "1e-999999999", "Send 0 to stop"),
        ("speed", "0.001", "Send 0 to stop"),
        ("speed", "-1", "out of range"),
        ("speed", "655.36", "out of range"),
        ("speed", '{"value": 500, "unit": "mph"}', "out of range"),
        ("speed", "true", "Send a number"),
        ("speed", '{"value": true}', "must be a number"),
        ("speed", '{"value": "8"}', "must be a number"),
        ("speed", '{"value": null}', "must be a number"),
        ("speed", "{}", "must be a number"),
        ("speed", "[8]", "Send a number"),
        ("speed", "null", "Send a number"),
        ("speed", '{"value": 8, "unit": "m/s"}', "km/h, mph"),
        ("speed", '{"value": 8, "unit": 1}', "km/h, mph"),
        ("speed", '{"value": 8, "units": "mph"}', "'units' is unknown"),
        ("incline", "NaN", "NaN, which is not a number. Send a number such as 2.5"),
        ("speed", '{"value": 8, "value": 9}', "twice"),
        ("speed", '{"value": 8, "id": 5}', "id must be text"),
        ("speed", '{"value": 8, "id": ""}', "id must be text"),
        ("speed", json.dumps({"value": 8, "id": "x" * 129}), "id must be text"),
        ("speed", '{"value": 8, "source": "\\ud800"}', "source must be text"),
        ("speed", b"\xff8", "in UTF-8"),
        ("speed", "8" + " " * MAX_BYTES, "at most 4096"),
        ("incline", '{"value": 2, "unit": "km/h"}', "%, percent"),
        ("incline", "4000", "out of range"),
        ("incline", "-4000", "out of range"),
        ("incline", "false", "Send a number"),
        ("belt", "faster", "start, pause"),
        ("belt", "", "start, pause"),
        ("belt", "5", "Send one of the words"),
        ("belt", '{"command": "faster"}', "start, pause"),
        ("belt", '{"command": "start"', "not JSON"),
        ("belt", '{"command": "start", "confirm": 1}', "true or false"),
        ("belt", b"\xffstart", "in UTF-8"),
        ("pain", "3", "severity"),
        ("pain", "knee", "not JSON"),
        ("pain", '{"place": "knee"}', "0 to 10"),
        ("pain", '{"place": "knee", "severity": 11}', "0 to 10"),
        ("pain", '{"place": "knee", "severity": 2.5}', "0 to 10"),
        ("pain", '{"place": "knee", "severity": true}', "0 to 10"),
        ("pain", '{"severity": 3}', "name a place"),
        ("pain", '{"clear": false}', "name a place"),
        ("pain", '{"clear": true, "place": "knee", "severity": 2}', "not both"),
        ("person", "", "no name"),
        ("person", "A\x00", "no name"),
        ("person", '{"name": 5}', "no name"),
        ("person", '{"name": "Ada"', "not JSON"),
        ("shoes", b"\xff", "in UTF-8"),
        ("shoes", "x" * 129, "no name"),
        ("speeed", "8", "Use one of: speed, incline, belt"),
    ],
)
def test_command_that_cannot_be_carried_out_is_refused_with_advice(
    kind: str, payload: str | bytes, reason: str
) -> None:
    assert reason in refused(kind, payload)


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("speed", "8"),
        ("speed", "0"),
        ("belt", "start"),
        ("belt", "stop"),
        ("belt", '{"command": "pause"}'),
        ("person", "Ada"),
    ],
)
def test_retained_command_is_refused_whatever_its_content(kind: str, payload: str) -> None:
    assert "retained" in refused(kind, payload, retained=True)


@pytest.mark.parametrize(("kind", "payload"), [("speed", "8"), ("belt", "start"), ("person", "A")])
def test_a_message_that_has_expired_is_refused(kind: str, payload: str) -> None:
    assert "expired" in refused(kind, payload, expired=True)


@pytest.mark.parametrize(
    ("time", "reason"),
    [
        ("2026-01-31T11:59:54.9Z", "6 s old"),
        ("2026-01-31T12:00:05.1Z", "6 s ahead"),
        ("2026-01-31T12:00:30Z", "30 s ahead"),
        ("2026-01-31T12:00:00+01:00", "1 h old"),
        ("2026-01-31T12:00:00", "with its zone"),
        ("yesterday", "ISO 8601"),
        (1769860800, "ISO 8601"),
        (True, "ISO 8601"),
        ({}, "ISO 8601"),
        ("0001-01-01T00:00:00+23:59", "old"),
        ("9999-12-31T23:59:59-23:59", "ahead"),
    ],
)
@pytest.mark.parametrize(
    ("kind", "rest"),
    [
        ("speed", {"value": 8}),
        ("belt", {"command": "start"}),
        ("pain", {"clear": True}),
        ("person", {"name": "Ada"}),
    ],
)
def test_command_with_a_past_or_future_time_is_refused(
    kind: str, rest: dict[str, object], time: object, reason: str
) -> None:
    assert reason in refused(kind, json.dumps({**rest, "time": time}))


def test_refusal_keeps_id_command_source_and_value() -> None:
    refusal = read("speed", '{"value": 8, "unit": "knots", "id": "a", "source": "app"}')
    assert isinstance(refusal, Refusal)
    assert (refusal.id, refusal.command, refusal.source) == ("a", "speed", "app")
    assert refusal.requested == 8.0
    assert read("nonsense", "8") == Refusal(
        id="own",
        command="unknown",
        source="mqtt",
        reason=Reason("unknown_topic", values=(("known", SETTABLE),)),
        requested=8.0,
    )
