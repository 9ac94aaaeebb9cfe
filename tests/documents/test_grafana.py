"""The ready files for Telegraf and Grafana name what the contract has."""

import json
import re
import tomllib
from dataclasses import fields
from pathlib import Path
from typing import Any

from bridge.contract.payloads import AxisBound, EventPayload, Payload, StatePayload, Steep

FOLDER = Path(__file__).parents[2] / "docs" / "grafana"
TELEGRAF = tomllib.loads((FOLDER / "telegraf.conf").read_text())
DASHBOARD = json.loads((FOLDER / "treadmills.json").read_text())
STATE, GUARD, EVENT = TELEGRAF["inputs"]["mqtt_consumer"]


def fields_of(consumer: dict[str, Any]) -> set[str]:
    """Columns that Telegraf writes for one topic."""
    (parser,) = consumer["json_v2"]
    objects = {key for each in parser.get("object", []) for key in each["included_keys"]}
    named = {each.get("rename", each["path"]) for each in parser.get("field", [])}
    tags = {each["path"] for each in parser.get("tag", [])}
    return objects | named | tags


def names(payload: type[Payload]) -> set[str]:
    """Keys of a payload."""
    return {field.name for field in fields(payload)}


def test_telegraf_reads_keys_of_the_contract() -> None:
    (state,) = STATE["json_v2"]
    paths = {each["path"] for each in GUARD["json_v2"][0]["field"]}

    assert set(state["object"][0]["included_keys"]) <= names(StatePayload)
    assert fields_of(EVENT) <= names(EventPayload)
    assert paths == {"bounds.speed.max", "bounds.incline.max", "steep.left_s"}
    assert "max" in names(AxisBound)
    assert "left_s" in names(Steep)


def test_grafana_queries_only_columns_that_telegraf_writes() -> None:
    written = {each["name_override"]: fields_of(each) for each in (STATE, GUARD, EVENT)}
    asked = [
        (re.search(r'FROM "(\w+)"', target["query"]), re.findall(r'"(\w+)"', target["query"]))
        for panel in DASHBOARD["panels"]
        for target in panel.get("targets", [])
    ]

    assert len(asked) == 10
    for table, names in asked:
        assert table is not None
        assert set(names) - {table[1], "treadmill"} <= written[table[1]]
