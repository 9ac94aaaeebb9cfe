"""docs/mqtt.md names every key, event, topic, value and rule of the code."""

import re
from pathlib import Path

from bridge.contract import link
from bridge.contract import payloads as contract
from bridge.contract.events import EVENT_TYPES, RULES
from bridge.contract.plan import PlanPayload
from bridge.values import Belt, Control, Result, Verb

MANUAL = (Path(__file__).parents[2] / "docs" / "mqtt.md").read_text("utf-8")
PAYLOADS = (
    *(contract.StatePayload, contract.GuardPayload, contract.Steep, contract.AxisBound),
    *(link.LinkPayload, link.Machine, link.Ranges, link.Range),
    *(link.Learned, link.LearnedAxisPayload),
    *(contract.EventPayload, contract.SessionPayload, contract.OutcomePayload),
    PlanPayload,
)


def test_every_key_is_in_the_manual() -> None:
    keys = {key for payload in PAYLOADS for key in payload.__dataclass_fields__}
    assert {key for key in keys if f"`{key}`" not in MANUAL} == set()


def test_table_of_events_in_the_manual_lists_every_type_and_no_other() -> None:
    table = MANUAL.split("| type | when |")[1].split("\n\n")[0]
    listed = [row.split(" | ")[0] for row in table.splitlines() if row.startswith("| `")]
    assert sorted(re.findall(r"`(\w+)`", "".join(listed))) == list(EVENT_TYPES[:-1])


def test_every_value_of_a_contract_enum_is_in_the_manual() -> None:
    values = (*Belt, *Control, *Result, *Verb)
    forms = "`{}`", '"{}"', "set/{}`"
    assert [v for v in values if not any(form.format(v) in MANUAL for form in forms)] == []


def test_every_rule_is_in_the_manual() -> None:
    assert [rule for rule in RULES if f"`{rule}`" not in MANUAL] == []
