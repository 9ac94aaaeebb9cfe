"""The published description, the models, the code that reads commands, and the manual agree."""

import json
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from pydantic import TypeAdapter

from bridge.contract import payloads as contract
from bridge.contract.asyncapi import channels, document
from bridge.contract.events import EVENT_TYPES
from bridge.contract.examples import EXAMPLES
from bridge.contract.link import LinkPayload
from bridge.contract.message import Circumstances
from bridge.contract.parser import parse
from bridge.contract.topics import SETTABLE, Topics
from bridge.values import Command

pytestmark = pytest.mark.unmeasured

ROOT = Path(__file__).parents[2]
MANUAL = (ROOT / "docs" / "mqtt.md").read_text("utf-8")
DOCUMENT = document()
NOW = datetime(2026, 1, 31, 18, 4, 5, tzinfo=UTC)
AROUND = Circumstances(0.0, NOW, "id")
SENT: dict[str, type[contract.Payload]] = {
    "state": contract.StatePayload,
    "guard": contract.GuardPayload,
    "link": LinkPayload,
    "event": contract.EventPayload,
    "session": contract.SessionPayload,
    "outcome": contract.OutcomePayload,
}
RECEIVED = {channel.address.rpartition("/")[2]: channel for channel in channels()
            if channel.action == "receive"}  # fmt: skip


def messages_of(key: str) -> list[str]:
    return list(DOCUMENT["channels"][key]["messages"])


def validator(message: str) -> Draft202012Validator:
    payload = DOCUMENT["components"]["messages"][message]["payload"]
    return Draft202012Validator({**payload, "components": DOCUMENT["components"]})


def bytes_of(message: str, payload: object) -> bytes:
    plain = DOCUMENT["components"]["messages"][message]["contentType"] == "text/plain"
    return (str(payload) if plain else json.dumps(payload)).encode()


def references(node: object) -> Iterator[str]:
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "$ref":
                yield value
            else:
                yield from references(value)
    elif isinstance(node, list):
        for value in node:
            yield from references(value)


def test_asyncapi_file_is_up_to_date_with_the_models() -> None:
    sys.path.insert(0, str(ROOT / "scripts"))
    try:
        import asyncapi  # noqa: PLC0415 - it is a script and no module
    finally:
        sys.path.pop(0)
    written = asyncapi.TARGET.read_text("utf-8")
    assert written == asyncapi.text(), "docs/asyncapi.yaml is out of date; run `make docs`"


def test_every_topic_of_the_contract_is_described_and_in_the_manual() -> None:
    addresses = {channel["address"] for channel in DOCUMENT["channels"].values()}
    topics, at = Topics(), "{treadmill}"
    names = (
        "availability", "state", "guard", "link", "event", "session", "workout", "workouts",
        "plan", "outcome",
    )  # fmt: skip
    known = {getattr(topics, name)(at) for name in names}
    known |= {topics.set(at, kind) for kind in SETTABLE}
    known |= {topics.bridge_availability, topics.echo, "homeassistant/device/{treadmill}/config"}
    assert addresses == known
    missing = [a for a in addresses if f"`{a.replace('{treadmill}', '<id>')}`" not in MANUAL]
    assert missing == []


def test_each_channel_has_one_operation_with_its_retain_flag() -> None:
    operations = DOCUMENT["operations"].values()
    served = sorted(operation["channel"]["$ref"] for operation in operations)
    assert served == sorted(f"#/channels/{key}" for key in DOCUMENT["channels"])
    retained = {
        operation["channel"]["$ref"].rpartition("/")[2]
        for operation in operations
        if operation["bindings"]["mqtt"]["retain"]
    }
    assert retained == {
        "bridgeAvailability", "availability", "state", "guard", "link", "session", "workout",
        "workouts", "plan", "discovery",
    }  # fmt: skip


def test_every_reference_of_the_asyncapi_document_resolves() -> None:
    for reference in references(DOCUMENT):
        node: Any = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]
        assert node


@pytest.mark.parametrize("message", sorted(DOCUMENT["components"]["messages"]))
def test_the_example_of_a_message_fits_its_schema(message: str) -> None:
    assert list(validator(message).iter_errors(EXAMPLES[message])) == []


@pytest.mark.parametrize("key", SENT)
def test_each_sent_example_round_trips_through_its_model(key: str) -> None:
    example = EXAMPLES[key]
    assert json.loads(TypeAdapter(SENT[key]).validate_python(example).encode()) == example
    properties = DOCUMENT["components"]["schemas"][SENT[key].__name__]["properties"]
    assert properties.keys() == example.keys()


def test_asyncapi_document_names_every_event_type() -> None:
    told = DOCUMENT["components"]["schemas"]["EventPayload"]["properties"]["type"]["description"]
    assert [kind for kind in EVENT_TYPES[:-1] if kind not in told] == []


@pytest.mark.parametrize("kind", SETTABLE)
def test_each_command_example_parses_as_a_command(kind: str) -> None:
    for message in messages_of(RECEIVED[kind].key):
        content = parse(kind, bytes_of(message, EXAMPLES[message]), AROUND)
        assert isinstance(content, Command), content


@pytest.mark.parametrize("kind", SETTABLE)
def test_every_key_of_a_command_is_in_the_manual(kind: str) -> None:
    for message in messages_of(RECEIVED[kind].key):
        reference = DOCUMENT["components"]["messages"][message]["payload"].get("$ref")
        if reference:
            schema = DOCUMENT["components"]["schemas"][reference.rpartition("/")[2]]
            keys = [k for k in schema["properties"] if f"`{k}`" not in MANUAL]
            assert [k for k in keys if f'"{k}"' not in MANUAL] == []


VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(["", " ", "km/h", "mph", "%", "percent", "start", "stop", "home", "x" * 129]),
    st.sampled_from([-1, 0, 0.5, 3, 8.5, 10, 11, 400, 655.35, 656, -3276.6, 3276.7, [], {}]),
)
KEYS = ("id", "source", "value", "unit", "command", "confirm", "place", "severity", "clear", "name")
OBJECTS = st.dictionaries(st.sampled_from([*KEYS, "else"]), VALUES, max_size=5)


def means_halt(kind: str, said: dict[str, Any]) -> bool:
    """True for a stop: it passes despite other errors, by rules tested elsewhere."""
    return kind in {"belt", "speed", "incline"} and (
        said.get("command") in ("stop", "pause")
        or (kind == "speed" and said.get("value") == 0 and said.get("value") is not False)
    )


@pytest.mark.parametrize("kind", SETTABLE)
@given(said=OBJECTS)
def test_schema_and_parser_accept_the_same_payloads(kind: str, said: dict[str, Any]) -> None:
    if means_halt(kind, said):
        return
    # Miles reach the end of the wire sooner.
    if said.get("unit") == "mph" and said.get("value") == 655.35:
        return
    schemas = [validator(message) for message in messages_of(RECEIVED[kind].key)]
    fits = any(schema.is_valid(said) for schema in schemas)
    content = parse(kind, json.dumps(said).encode(), AROUND)
    assert isinstance(content, Command) is fits, content


@pytest.mark.parametrize("kind", ["speed", "incline"])
@given(number=st.one_of(st.integers(-40_000, 40_000).map(lambda n: n / 10), st.booleans()))
def test_schema_and_parser_accept_the_same_bare_numbers(kind: str, number: float) -> None:
    fits = validator(messages_of(RECEIVED[kind].key)[0]).is_valid(number)
    content = parse(kind, json.dumps(number).encode(), AROUND)
    assert isinstance(content, Command) is fits, content
