"""Entities for a workout: choice, progress and buttons."""

import json
from collections.abc import Iterator

from bridge.home_assistant.entity import (
    LONGEST_STATE,
    Entity,
    Setting,
    one_of,
    order,
    order_with,
    value,
)
from bridge.values import Verb
from bridge.workouts.library import NONE
from bridge.workouts.states import PlayerAction, State

_BUTTONS = (
    ("Workout pause", PlayerAction.PAUSE, "mdi:pause-circle-outline"),
    ("Workout resume", PlayerAction.RESUME, "mdi:play-circle-outline"),
    ("Workout skip", PlayerAction.SKIP, "mdi:skip-next"),
    ("Workout back", PlayerAction.BACK, "mdi:skip-previous"),
    ("Workout end", PlayerAction.END, "mdi:stop-circle-outline"),
    ("Workout lift cap", PlayerAction.LIFT_CAP, "mdi:arrow-collapse-up"),
)


def workout(setting: Setting) -> Iterator[Entity]:
    """Yield entities for workouts, if there are any."""
    policy, topics, treadmill = setting.policy, setting.topics, setting.treadmill
    if not setting.workouts or not policy.may_control:
        return
    state, command_topic = topics.workout(treadmill), topics.set(treadmill, Verb.WORKOUT)
    names = [NONE, *setting.workouts]
    options = {
        "state_topic": state,
        "value_template": one_of("name", names, json.dumps(NONE)),
        "command_topic": command_topic,
        "command_template": order_with("name", "value"),
        "options": names,
        "icon": "mdi:playlist-play",
    }
    yield Entity("select", "Workout", options, "bridge")
    states = ["none", *State]
    yield Entity(
        "sensor",
        "Workout state",
        {
            "state_topic": state,
            "value_template": one_of("state", states),
            "device_class": "enum",
            "options": states,
        },
        "bridge",
    )
    for name, key, icon in (
        ("Workout step", "text", "mdi:format-list-numbered"),
        ("Workout next", "next", "mdi:skip-next-outline"),
        ("Workout preview", "preview.summary", "mdi:eye-outline"),
    ):
        yield Entity("sensor", name, {**_text(state, key), "icon": icon}, "bridge")
    yield Entity(
        "sensor",
        "Workout step left",
        {
            "state_topic": state,
            "value_template": value("remaining_s"),
            "device_class": "duration",
            "unit_of_measurement": "s",
            "suggested_display_precision": 0,
        },
        "bridge",
    )
    for name, word, icon in _BUTTONS:
        press = {"command_topic": command_topic, "payload_press": order(command=word), "icon": icon}
        yield Entity("button", name, press, "bridge")


def _text(topic: str, path: str) -> dict[str, object]:
    """Return a text template, cut to the maximum of a state; unknown if empty."""
    root, dot, key = path.partition(".")
    template = f"{{% set v = value_json.{root} %}}"
    return {
        "state_topic": topic,
        "value_template": f"{template}{{{{ v{dot}{key}[:{LONGEST_STATE}] if v else None }}}}",
    }
