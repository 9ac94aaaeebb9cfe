"""Small pure parts: topics, echoes, replies and payloads."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from bridge.contract.link import LinkPayload
from bridge.contract.message import REMEMBERED
from bridge.contract.parser import Refusal
from bridge.contract.payloads import EventPayload, OutcomePayload, StatePayload
from bridge.contract.topics import Target, Topics
from bridge.mqtt.echo import Echo
from bridge.mqtt.replies import Replies, Reply
from bridge.mqtt.transport import Message
from bridge.texts import Texts
from bridge.values import Axis, Command, Control, Event, MachineInfo, Outcome, Reason, Result, Verb

NOW = datetime(2026, 1, 31, 12, 0, 0, 123456, tzinfo=UTC)


def test_echo_topic_is_unique_and_outside_every_base_topic() -> None:
    bases = ["treadmills", "treadmills/gym", "gym", "echo/treadmills", "treadmill-bridge-2"]
    echoes = {Topics(base).echo for base in bases}
    assert len(echoes) == len(bases)
    assert not any(Topics(base).owns(echo) for base in bases for echo in echoes)


def test_topic_names_match_the_contract() -> None:
    topics = Topics("home/gym")
    assert topics.bridge_availability == "home/gym/bridge/availability"
    assert topics.echo == "treadmill-bridge/echo/home/gym"
    assert not topics.owns(topics.echo)
    assert [
        getattr(topics, name)("den")
        for name in ("availability", "state", "guard", "link", "event", "session", "outcome")
    ] == [
        "home/gym/den/availability",
        "home/gym/den/state",
        "home/gym/den/guard",
        "home/gym/den/link",
        "home/gym/den/event",
        "home/gym/den/session",
        "home/gym/den/outcome",
    ]
    assert topics.set("den", "speed") == "home/gym/den/set/speed"
    assert topics.commands("den") == "home/gym/den/set/#"


@pytest.mark.parametrize(
    ("topic", "target"),
    [
        ("treadmills/den/set/speed", Target("den", "speed")),
        ("treadmills/den/set/a/b", Target("den", "a/b")),
        ("treadmills/den/state", None),
        ("treadmills/a/b/set/speed", None),
        ("others/den/set/speed", None),
        ("treadmillsden/set/speed", None),
    ],
)
def test_command_topic_is_parsed(topic: str, target: Target | None) -> None:
    assert Topics().target(topic) == target


def test_age_of_an_echo_counts_from_its_sending() -> None:
    echo = Echo("me")
    assert echo.late(0.0)
    first, second = echo.send(0.0), echo.send(1.0)
    echo.received(second)
    assert not echo.late(4.0)
    assert echo.late(4.1)
    echo.received(first)  # an older one that comes later changes nothing
    assert not echo.late(4.0)
    echo.received(second)
    echo.received(b"me 77")
    assert echo.late(4.1)


def test_echo_of_a_lost_connection_is_ignored() -> None:
    echo = Echo("me")
    payload = echo.send(0.0)
    echo.reset()
    echo.received(payload)
    assert echo.late(0.0)


def test_number_of_pending_echoes_is_bounded() -> None:
    echo = Echo("me")
    first = echo.send(0.0)
    for _ in range(20):
        echo.send(0.0)
    echo.received(first)
    assert echo.late(0.0)


@pytest.mark.parametrize(
    "topic",
    [
        *("", "treadmills", "treadmills/x", "homeassistant/x", "$SYS/x", "a/+", "a/#", "a\0"),
        *("treadmill-bridge/echo/treadmills", "x" * 513),
    ],
)
def test_harmful_response_topic_is_not_allowed(topic: str) -> None:
    assert not Replies(Topics(), "homeassistant").allows(topic)


def test_response_topic_is_remembered_until_newer_ones_come() -> None:
    replies = Replies(Topics(), "homeassistant")
    asked = Message("", b"", response_topic="treadmills-app/answers", correlation=b"1")
    replies.remember("den", "first", asked)
    for number in range(REMEMBERED - 1):
        replies.remember("den", str(number), replace(asked, correlation=None))
    assert replies.find("den", "first") == (Reply("treadmills-app/answers", b"1"),)
    replies.remember("den", "one more", asked)
    assert not replies.find("den", "first")
    assert not replies.find("attic", "one more")


def test_repeated_id_keeps_the_reply_topic_of_its_first_sender() -> None:
    replies = Replies(Topics(), "homeassistant")
    for topic in ("first", "first", "second", "third"):
        replies.remember("den", "a", Message("", b"", response_topic=topic))
    assert replies.find("den", "a") == (Reply("first"), Reply("third"))


def sent(payload: bytes) -> dict[str, object]:
    document = json.loads(payload)
    assert isinstance(document, dict)
    return document


def test_payload_times_are_in_utc() -> None:
    local = NOW.astimezone(timezone(timedelta(hours=2)))
    assert sent(StatePayload(time=local).encode())["time"] == "2026-01-31T12:00:00.123Z"


def test_infinite_number_is_never_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        StatePayload(time=NOW, speed_kmh=float("inf")).encode()


def test_link_without_a_machine_has_every_key() -> None:
    nobody = LinkPayload.of(None, connected=False, control=Control.NONE)
    silent = LinkPayload.of(MachineInfo("x"), connected=False, control=Control.NONE)
    assert nobody == silent
    assert sent(nobody.encode())["ranges"] == {"speed_kmh": None, "incline_percent": None}


def test_event_payload_has_a_sentence_and_details() -> None:
    event = Event("stale", values=(("age", 10.0),))
    assert sent(EventPayload.of(event, NOW, Texts()).encode()) == {
        "type": "stale",
        "time": "2026-01-31T12:00:00.123Z",
        "text": "The treadmill has sent no data for 10 s. Nothing rises until you request it.",
        "details": {"age_s": 10.0},
    }


@pytest.mark.parametrize(
    ("verb", "applied", "told"),
    [(Verb.SPEED, 820, 8.2), (Verb.INCLINE, 25, 2.5), (Verb.STOP, None, None)],
)
def test_outcome_payload_has_the_applied_value(
    verb: Verb, applied: int | None, told: float | None
) -> None:
    command = Command(id="a", verb=verb, source="app", received=0.0, requested=9.0)
    outcome = Outcome(command, Result.LIMITED, applied, (Reason("range", Axis.SPEED, 820),))
    assert sent(OutcomePayload.of(outcome, NOW, Texts()).encode()) == {
        "id": "a",
        "command": verb,
        "requested": 9.0,
        "applied": told,
        "outcome": "limited",
        "reasons": [
            {
                "rule": "range",
                "text": "The machine's own limit is 8.2 km/h.",
                "limit": 8.2,
                "until": None,
            }
        ],
        "source": "app",
        "time": "2026-01-31T12:00:00.123Z",
    }


def test_refusal_is_published_as_a_rejected_outcome() -> None:
    payload = OutcomePayload.of(Refusal("a", "speed", "app", Reason("not_json"), 5.0), NOW, Texts())
    assert payload.outcome is Result.REJECTED
    assert (payload.reasons[0].rule, payload.requested, payload.applied) == ("not_json", 5.0, None)
