"""Entities for the guard's limits and reasons, the link, and events."""

import json
from collections.abc import Iterator

from bridge.contract.events import EVENT_TYPES, OTHER
from bridge.home_assistant.entity import (
    LONGEST_STATE,
    Entity,
    Setting,
    one_of,
    scaled,
    value,
    whole,
)
from bridge.values import Control, Result


def guard(setting: Setting, *, incline: bool) -> Iterator[Entity]:
    """Yield entities for the guard's limits with reasons, its budgets, and faults."""
    topic = setting.topics.guard(setting.treadmill)
    common: dict[str, object] = {"state_topic": topic}
    yield Entity(
        "sensor",
        "Speed limit",
        {
            **common,
            "value_template": scaled("bounds.speed.max", 1, 1),
            "device_class": "speed",
            "unit_of_measurement": "km/h",
            "suggested_display_precision": 1,
        },
    )
    yield _reasons(topic, "Speed limit reason", "bounds.speed.reasons")
    if incline:
        yield Entity(
            "sensor",
            "Incline limit",
            {
                **common,
                "value_template": scaled("bounds.incline.max", 1, 1),
                "unit_of_measurement": "%",
                "suggested_display_precision": 1,
                "icon": "mdi:slope-uphill",
            },
        )
        yield _reasons(topic, "Incline limit reason", "bounds.incline.reasons")
    if incline and setting.policy.steep:
        yield _seconds(topic, "Steep time left", "steep.left_s", "mdi:timer-sand")
        yield _seconds(topic, "Steep opens in", "steep.opens_s", "mdi:lock-clock", usual=False)
    if setting.policy.warm_up_s:
        yield _seconds(topic, "Warm up left", "warm_up_left_s", "mdi:sun-thermometer-outline")
    yield Entity(
        "sensor",
        "Resting until",
        {
            **common,
            "value_template": value("resting_until"),
            "device_class": "timestamp",
            "icon": "mdi:bed-clock",
        },
        "bridge",
    )
    yield Entity(
        "binary_sensor",
        "Problem",
        {
            **common,
            "value_template": "{{ 'ON' if value_json.faults else 'OFF' }}",
            "json_attributes_topic": topic,
            "json_attributes_template": "{{ {'faults': value_json.faults} | to_json }}",
            "device_class": "problem",
        },
        "bridge",
    )
    yield Entity(
        "sensor",
        "Profile",
        {
            **common,
            "value_template": value("profile"),
            "entity_category": "diagnostic",
            "icon": "mdi:shield-account",
        },
        "bridge",
    )


def _reasons(topic: str, name: str, path: str) -> Entity:
    # Rules have stable names; sentences may change.
    sentences = f"value_json.{path} | map(attribute='text') | join(' ')"
    rules = f"value_json.{path} | map(attribute='rule') | list"
    options = {
        "state_topic": topic,
        "value_template": f"{{{{ ({sentences})[:{LONGEST_STATE}] or 'nothing' }}}}",
        "json_attributes_topic": topic,
        "json_attributes_template": f"{{{{ {{'rules': {rules}}} | to_json }}}}",
        "icon": "mdi:shield-check",
    }
    return Entity("sensor", name, options)


def _seconds(topic: str, name: str, path: str, icon: str, *, usual: bool = True) -> Entity:
    options: dict[str, object] = {
        "state_topic": topic,
        "value_template": whole(path, 10, "ceil"),
        "device_class": "duration",
        "unit_of_measurement": "s",
        "suggested_display_precision": 0,
        "icon": icon,
    }
    if not usual:
        options["enabled_by_default"] = False
    return Entity("sensor", name, options)


def link(setting: Setting) -> Iterator[Entity]:
    """Yield entities for the link; they are available while the bridge is."""
    topic = setting.topics.link(setting.treadmill)
    words = [control.value for control in Control]
    common: dict[str, object] = {"state_topic": topic, "entity_category": "diagnostic"}
    yield Entity(
        "binary_sensor",
        "Connected",
        {
            **common,
            "value_template": "{{ 'ON' if value_json.connected else 'OFF' }}",
            "device_class": "connectivity",
        },
        "bridge",
    )
    yield Entity(
        "sensor",
        "Connection",
        {
            **common,
            "value_template": (
                f"{{{{ value_json.reason.text[:{LONGEST_STATE}]"
                " if value_json.reason else 'connected' }}"
            ),
            "icon": "mdi:bluetooth-connect",
        },
        "bridge",
    )
    yield Entity(
        "sensor",
        "Control",
        {
            **common,
            "value_template": one_of("control", words),
            "device_class": "enum",
            "options": words,
            "icon": "mdi:gamepad-variant",
        },
        "bridge",
    )
    yield Entity(
        "sensor",
        "Signal",
        {
            **common,
            "value_template": value("rssi"),
            "device_class": "signal_strength",
            "unit_of_measurement": "dBm",
            "state_class": "measurement",
            "suggested_display_precision": 0,
            "enabled_by_default": False,
        },
        "bridge",
    )
    quirks = "{{ (value_json.quirks | sort | join(', '))[:255] or 'none' }}"
    yield Entity(
        "sensor",
        "Quirks",
        {
            **common,
            "value_template": quirks,
            "enabled_by_default": False,
            "icon": "mdi:head-question",
        },
        "bridge",
    )


def happenings(setting: Setting) -> Iterator[Entity]:
    """Yield entities for events and outcomes."""
    topics, treadmill = setting.topics, setting.treadmill
    known = f"value_json.type if value_json.type in {json.dumps(EVENT_TYPES)} else '{OTHER}'"
    yield _event("Event", topics.event(treadmill), known, EVENT_TYPES, icon="mdi:bell-outline")
    results = tuple(result.value for result in Result)
    icon = "mdi:message-reply-text"
    yield _event("Outcome", topics.outcome(treadmill), "value_json.outcome", results, icon=icon)


def _event(name: str, topic: str, kind: str, types: tuple[str, ...], *, icon: str) -> Entity:
    """An event entity, with `event_type` as Home Assistant requires, and all other keys."""
    options = {
        "state_topic": topic,
        "value_template": f"{{{{ dict(value_json, event_type={kind}) | to_json }}}}",
        "event_types": list(types),
        "icon": icon,
    }
    return Entity("event", name, options, "bridge")
