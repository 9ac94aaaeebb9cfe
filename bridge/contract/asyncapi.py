"""The MQTT contract as an AsyncAPI 3 document, generated from its models. Pure.

`make docs` writes it to `docs/asyncapi.yaml`; a test compares the file with this.
"""

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from pydantic import BaseModel, TypeAdapter
from pydantic.json_schema import models_json_schema

from bridge.contract.commands import (
    BeltCommand,
    Choice,
    InclineCommand,
    PainCleared,
    PainReport,
    PlanAnswer,
    PlanCommand,
    SpeedCommand,
    WorkoutChoice,
    WorkoutCommand,
)
from bridge.contract.events import EVENT_TYPES, RULES
from bridge.contract.examples import EXAMPLES
from bridge.contract.link import (
    LinkPayload,
)
from bridge.contract.message import MAX_TEXT
from bridge.contract.parser import MAX_INCLINE, MAX_SPEED
from bridge.contract.payloads import (
    EventPayload,
    GuardPayload,
    OutcomePayload,
    Payload,
    SessionPayload,
    StatePayload,
)
from bridge.contract.plan import PlanPayload
from bridge.contract.topics import Topics, discovery_topic
from bridge.contract.workout import WorkoutPayload, WorkoutsPayload
from bridge.plans.model import WORST

CONTRACT = "1"
TREADMILL = "{treadmill}"
_REFERENCE = "#/components/schemas/{model}"

_WORDS = {"type": "string", "enum": ["online", "offline"]}
_NAME = {"type": "string", "minLength": 1, "maxLength": MAX_TEXT}


_SECOND: Mapping[type[BaseModel | Payload], str] = {
    PainCleared: "Clear",
    WorkoutCommand: "Command",
    PlanCommand: "Command",
}
"""Name of the second kind of object on a topic."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A topic: its content, direction, and delivery."""

    key: str
    address: str
    action: Literal["send", "receive"]
    title: str
    messages: tuple[type[BaseModel | Payload] | Mapping[str, object], ...]
    qos: int = 1
    retain: bool = False

    def message(self, place: int) -> str:
        """Return the name of one of its messages: the model's, or a plain value."""
        if len(self.messages) == 1:
            return self.key
        kind = self.messages[place]
        if not isinstance(kind, type):
            return f"{self.key}Plain"
        return f"{self.key}{_SECOND.get(kind, 'Json')}"


def channels() -> Sequence[Channel]:
    """Return every topic of the contract."""
    topics = Topics()
    at = TREADMILL
    speed = {"type": "number", "minimum": 0, "maximum": MAX_SPEED / 100}
    incline = {"type": "number", "minimum": -MAX_INCLINE / 10, "maximum": MAX_INCLINE / 10}
    severity = {"type": "integer", "minimum": 0, "maximum": WORST}
    words = BeltCommand.model_json_schema()["properties"]["command"]["enum"]
    return (
        Channel("bridgeAvailability", topics.bridge_availability, "send",
                "Whether the bridge runs; `offline` is also its will", (_WORDS,), retain=True),
        Channel("echo", topics.echo, "send",
                "The bridge's echo to itself each second, to measure the broker's delay",
                ({"type": "string"},), qos=0),
        Channel("availability", topics.availability(at), "send",
                "Whether the Bluetooth link to the machine is up", (_WORDS,), retain=True),
        Channel("state", topics.state(at), "send", "The present state of the treadmill",
                (StatePayload,), qos=0, retain=True),
        Channel("guard", topics.guard(at), "send", "What is allowed now, and why",
                (GuardPayload,), retain=True),
        Channel("link", topics.link(at), "send", "The machine, and its control state",
                (LinkPayload,), retain=True),
        Channel("event", topics.event(at), "send", "An event of interest to people",
                (EventPayload,)),
        Channel("session", topics.session(at), "send", "The last finished session",
                (SessionPayload,), retain=True),
        Channel("workout", topics.workout(at), "send", "The chosen workout, and its progress",
                (WorkoutPayload,), retain=True),
        Channel("plan", topics.plan(at), "send", "The training plan, its progress and question",
                (PlanPayload,), retain=True),
        Channel("workouts", topics.workouts(at), "send", "The available workouts",
                (WorkoutsPayload,), retain=True),
        Channel("outcome", topics.outcome(at), "send", "The outcome of a command",
                (OutcomePayload,)),
        Channel("setSpeed", topics.set(at, "speed"), "receive",
                "A target speed: a number in km/h, or JSON", (speed, SpeedCommand)),
        Channel("setIncline", topics.set(at, "incline"), "receive",
                "A target incline: a number in percent, or JSON", (incline, InclineCommand)),
        Channel("setBelt", topics.set(at, "belt"), "receive",
                "A command for the belt or the link, or JSON",
                ({"type": "string", "enum": words}, BeltCommand)),
        Channel("setPain", topics.set(at, "pain"), "receive",
                "A report of pain, or the end of the rest after one", (PainReport, PainCleared)),
        Channel("setPerson", topics.set(at, "person"), "receive",
                "Who runs: a configured name, plain or as JSON", (_NAME, Choice)),
        Channel("setShoes", topics.set(at, "shoes"), "receive",
                "The shoes: a configured name, plain or as JSON", (_NAME, Choice)),
        Channel("setWorkout", topics.set(at, "workout"), "receive",
                "A workout by its name, plain or as JSON, or a command for its player",
                (_NAME, WorkoutChoice, WorkoutCommand)),
        Channel("setPlan", topics.set(at, "plan"), "receive",
                "The answer to the plan's question, plain or as JSON, or a command for the plan",
                (severity, PlanAnswer, PlanCommand)),
        Channel("discovery", discovery_topic("homeassistant", at), "send",
                "Home Assistant's device-based discovery",
                ({"type": "object"},), retain=True),
    )  # fmt: skip


def document() -> dict[str, Any]:
    """Return the whole document."""
    known = channels()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "treadmill-bridge",
            "version": CONTRACT,
            "description": (
                "The MQTT contract of treadmill-bridge; docs/mqtt.md tells it in words. Topics are "
                "those of the default base topic. Commands are never to be retained. Every key is "
                "always there, unknown is null; new keys may be added, so ignore those you do not "
                "know."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "localhost:1883",
                "protocol": "mqtt",
                "protocolVersion": "5.0",
                "description": "Your broker; 3.1.1 where it knows no 5.",
            }
        },
        "channels": {channel.key: _channel(channel) for channel in known},
        "operations": {f"{c.action}{c.key[:1].upper()}{c.key[1:]}": _operation(c) for c in known},
        "components": {
            "parameters": {
                "treadmill": {"description": "The treadmill's id in the configuration."}
            },
            "messages": {
                channel.message(place): _message(channel, place)
                for channel in known
                for place in range(len(channel.messages))
            },
            "schemas": _schemas(known),
        },
    }


def _channel(channel: Channel) -> dict[str, Any]:
    names = [channel.message(place) for place in range(len(channel.messages))]
    described: dict[str, Any] = {
        "address": channel.address,
        "title": channel.title,
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
    }
    if TREADMILL in channel.address:
        described["parameters"] = {"treadmill": {"$ref": "#/components/parameters/treadmill"}}
    return described


def _operation(channel: Channel) -> dict[str, Any]:
    mqtt = {"qos": channel.qos, "retain": channel.retain, "bindingVersion": "0.2.0"}
    described: dict[str, Any] = {
        "action": channel.action,
        "channel": {"$ref": f"#/channels/{channel.key}"},
        "summary": channel.title,
        "bindings": {"mqtt": mqtt},
    }
    if channel.action == "receive":
        described["reply"] = {"channel": {"$ref": "#/channels/outcome"}}
    return described


def _message(channel: Channel, place: int) -> dict[str, Any]:
    kind, name = channel.messages[place], channel.message(place)
    model = kind if isinstance(kind, type) else None
    payload: dict[str, object]
    if isinstance(kind, type):
        payload = {"$ref": _REFERENCE.format(model=kind.__name__)}
    else:
        payload = dict(kind)
    plain = payload.get("type") == "string"
    return {
        "name": name,
        "title": (model.__doc__ or "").partition("\n")[0] if model else channel.title,
        "contentType": "text/plain" if plain else "application/json",
        "payload": payload,
        "examples": [{"payload": EXAMPLES[name]}],
    }


def _schemas(known: Sequence[Channel]) -> dict[str, Any]:
    sent = _models(known, "send")
    received = _models(known, "receive")
    _, out = TypeAdapter.json_schemas(
        [(model.__name__, "serialization", TypeAdapter(model)) for model in sent],
        ref_template=_REFERENCE,
    )
    _, into = models_json_schema(
        [(model, "validation") for model in received if issubclass(model, BaseModel)],
        ref_template=_REFERENCE,
    )
    schemas: dict[str, Any] = {**out["$defs"], **into["$defs"]}
    for payload in Payload.__subclasses__():  # pydantic describes its own dataclasses only
        schemas[payload.__name__]["description"] = inspect.getdoc(payload)
    types = ", ".join(EVENT_TYPES[:-1])  # the last one stands for all unknown ones
    schemas["EventPayload"]["properties"]["type"]["description"] = f"One of {types}; more may come."
    rules = ", ".join(RULES)
    schemas["ReasonPayload"]["properties"]["rule"]["description"] = (
        f"One of {rules}; or an event's type. More may come."
    )
    return dict(sorted(schemas.items()))


def _models(known: Sequence[Channel], action: str) -> list[type[BaseModel | Payload]]:
    messages = [
        message for channel in known if channel.action == action for message in channel.messages
    ]
    return list(dict.fromkeys(message for message in messages if isinstance(message, type)))
