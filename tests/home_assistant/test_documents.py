"""The dashboard and the blueprints speak of what there is, and the manual of all of it."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bridge.contract.events import EVENT_TYPES
from bridge.contract.message import Circumstances
from bridge.contract.parser import parse
from bridge.contract.topics import Topics
from bridge.values import Command, Verb
from tests.home_assistant.announcement import NOW, components
from tests.home_assistant.templates import render

DOCS = Path(__file__).parents[2] / "docs"
MANUAL = (DOCS / "home-assistant.md").read_text("utf-8")
DASHBOARD = (DOCS / "home-assistant" / "dashboard.yaml").read_text("utf-8")
BLUEPRINTS = sorted((DOCS / "home-assistant" / "blueprints").glob("*.yaml"))


class _Loader(yaml.SafeLoader):
    """YAML with Home Assistant's inputs."""


def _input(loader: yaml.SafeLoader, node: yaml.ScalarNode) -> dict[str, object]:
    return {"input": loader.construct_scalar(node)}


_Loader.add_constructor("!input", _input)


def blueprint(path: Path) -> dict[str, Any]:
    return dict(yaml.load(path.read_text("utf-8"), _Loader))  # noqa: S506 - a safe loader


def inputs_in(node: object) -> set[str]:
    if isinstance(node, dict):
        if node.keys() == {"input"} and isinstance(node["input"], str):
            return {node["input"]}
        return set().union(*map(inputs_in, node.values()))
    if isinstance(node, list):
        return set().union(*map(inputs_in, node)) if node else set()
    return set()


def announced() -> set[str]:
    return {f"{c['p']}.home_treadmill_{key}" for key, c in components().items()}


def test_example_dashboard_names_only_announced_entities() -> None:
    named = set(re.findall(r"\b[a-z_]+\.home_treadmill_[a-z_]+\b", DASHBOARD))
    assert named
    assert named - announced() == set()
    assert yaml.safe_load(DASHBOARD)["views"]


def test_example_dashboard_has_no_entity_that_is_disabled_by_default() -> None:
    off = {
        f"{c['p']}.home_treadmill_{key}"
        for key, c in components().items()
        if not c.get("enabled_by_default", True)
    }
    assert not [entity for entity in off if re.search(rf"{entity}\b", DASHBOARD)]


def test_every_entity_is_in_the_manual() -> None:
    missing = [key for key in components() if f"_{key}`" not in MANUAL]
    assert missing == []


@pytest.mark.parametrize("path", BLUEPRINTS, ids=lambda path: path.stem)
def test_blueprint_uses_exactly_its_declared_inputs(path: Path) -> None:
    document = blueprint(path)
    asked = document["blueprint"]["input"].keys()
    body = {key: part for key, part in document.items() if key != "blueprint"}
    assert inputs_in(body) == asked
    parts = document["blueprint"]["input"].values()
    assert all(part["name"] and part["selector"] for part in parts)


def test_manual_names_each_of_the_three_blueprints() -> None:
    assert len(BLUEPRINTS) == 3
    assert [path.name for path in BLUEPRINTS if path.name not in MANUAL] == []


def test_spoken_warnings_are_existing_event_types() -> None:
    document = blueprint(next(path for path in BLUEPRINTS if path.stem == "announce-warnings"))
    kinds = document["blueprint"]["input"]["kinds"]["default"]
    assert set(kinds) <= set(EVENT_TYPES)


def test_doorbell_blueprint_sends_its_request_as_a_program() -> None:
    document = blueprint(next(path for path in BLUEPRINTS if "doorbell" in path.stem))
    asked = document["actions"][0]["data"]["payload"].replace("slow_kmh | float", "3.0")
    around = Circumstances(0.0, NOW, "id", programs=frozenset({"automation"}))
    command = parse("speed", render(asked).encode(), around)
    assert isinstance(command, Command)
    assert (command.verb, command.value, command.program) == (Verb.SPEED, 300, True)
    topic = render(
        document["actions"][0]["data"]["topic"]
        .replace("base_topic", "'treadmills'")
        .replace("treadmill }}", "'home' }}")
    )
    assert topic == Topics().set("home", "speed")


@pytest.mark.parametrize(
    ("action", "reply", "severity"),
    [
        ("TREADMILL_NO_PAIN", "", 0),
        ("REPLY", " 4 ", 4),
        ("REPLY", "10", 10),
        ("REPLY", "a lot", None),
        ("REPLY", "", None),
    ],
)
def test_pain_blueprint_sends_the_phone_answer_to_the_plan(
    action: str, reply: str, severity: int | None
) -> None:
    document = blueprint(next(path for path in BLUEPRINTS if path.stem == "ask-about-pain"))
    kind = document["conditions"][0]["value_template"]
    assert any(f"'{event}'" in kind for event in EVENT_TYPES)
    published = document["actions"][-1]["data"]
    payload = (
        published["payload"]
        .replace("wait.trigger.event.data.action", json.dumps(action))
        .replace("wait.trigger.event.data.reply_text", json.dumps(reply))
    )
    command = parse("plan", render(payload).encode(), Circumstances(0.0, NOW, "id"))
    told = command.details.get("severity") if isinstance(command, Command) else None
    assert told == severity
    topic = published["topic"].replace("base_topic", "'treadmills'")
    assert render(topic.replace("treadmill }}", "'home' }}")) == Topics().set("home", "plan")
