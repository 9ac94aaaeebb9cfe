"""docs/mqtt.md names every key, event, topic, value and rule of the code."""

from pathlib import Path

import pytest

from bridge.contract import link
from bridge.contract import payloads as contract
from bridge.contract.events import EVENT_TYPES, RULES
from bridge.contract.plan import PlanPayload
from bridge.contract.topics import SETTABLE, Topics
from bridge.values import Belt, Control, Result, Verb

MANUAL = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text("utf-8")
PAYLOADS = (
    *(contract.StatePayload, contract.GuardPayload, contract.Steep, contract.AxisBound),
    *(link.LinkPayload, link.Machine, link.Ranges, link.Range),
    *(link.Learned, link.LearnedAxisPayload),
    *(contract.EventPayload, contract.SessionPayload, contract.OutcomePayload),
    PlanPayload,
)


@pytest.mark.parametrize("payload", PAYLOADS)
def test_every_key_is_in_the_manual(payload: type[contract.Payload]) -> None:
    missing = [key for key in payload.__dataclass_fields__ if f"`{key}`" not in MANUAL]
    assert missing == []


@pytest.mark.parametrize("kind", EVENT_TYPES[:-1])
def test_every_event_is_in_the_manual(kind: str) -> None:
    assert f"`{kind}`" in MANUAL


def test_every_topic_is_in_the_manual() -> None:
    topics = Topics()
    names = ("availability", "state", "guard", "link", "event", "session", "plan", "outcome")
    known = [getattr(topics, name)("<id>") for name in names]
    known += [topics.set("<id>", kind) for kind in SETTABLE]
    known += [topics.bridge_availability, topics.echo]
    assert [topic for topic in known if f"`{topic}`" not in MANUAL] == []


@pytest.mark.parametrize("word", [*Belt, *Control, *Result, *Verb])
def test_every_value_of_a_contract_enum_is_in_the_manual(word: str) -> None:
    assert f"`{word}`" in MANUAL or f'"{word}"' in MANUAL or f"set/{word}`" in MANUAL


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_is_in_the_manual(rule: str) -> None:
    assert f"`{rule}`" in MANUAL
