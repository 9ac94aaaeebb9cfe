"""Entities for a training plan: progress, question and answer."""

from collections.abc import Iterator

from bridge.home_assistant.entity import LONGEST_STATE, Entity, Setting, one_of, order, order_with
from bridge.plans.model import WORST
from bridge.plans.status import PlanAction
from bridge.values import Verb
from bridge.values.plan import Day


def plan(setting: Setting) -> Iterator[Entity]:
    """Yield entities for plans, if a person follows one; they do not need the machine."""
    if not setting.plans:
        return
    topics, treadmill = setting.topics, setting.treadmill
    state, asked = topics.plan(treadmill), topics.set(treadmill, Verb.PLAN)
    for name, key, icon in (
        ("Plan", "text", "mdi:calendar-check"),
        ("Plan question", "question_text", "mdi:help-circle-outline"),
    ):
        options = {
            "state_topic": state,
            "value_template": (
                f"{{% set v = value_json.{key} %}}{{{{ v[:{LONGEST_STATE}] if v else 'none' }}}}"
            ),
            "icon": icon,
        }
        yield Entity("sensor", name, options, "bridge")
    days = ["none", *Day]
    yield Entity(
        "sensor",
        "Plan day",
        {
            "state_topic": state,
            "value_template": one_of("day", days, "'none'"),
            "device_class": "enum",
            "options": days,
        },
        "bridge",
    )
    yield Entity(
        "sensor",
        "Plan rests until",
        {
            "state_topic": state,
            "value_template": "{{ value_json.rest_until }}",
            "device_class": "timestamp",
        },
        "bridge",
    )
    yield Entity(
        "number",
        "Plan answer",
        {
            # Reset to unknown by each message, so that the same answer can be given twice.
            "state_topic": state,
            "value_template": "{{ None }}",
            "command_topic": asked,
            "command_template": order_with("severity", "value | int"),
            "min": 0,
            "max": WORST,
            "step": 1,
            "mode": "box",  # a slider would send intermediate values
            "icon": "mdi:emoticon-outline",
        },
        "question",
    )
    none = {"command_topic": asked, "payload_press": order(severity=0)}
    icon = "mdi:emoticon-happy-outline"
    yield Entity("button", "Plan no pain", {**none, "icon": icon}, "question")
    for name, word, icon in (
        ("Plan back", PlanAction.BACK, "mdi:skip-previous"),
        ("Plan restart", PlanAction.RESTART, "mdi:restart"),
        ("Plan confirm run", PlanAction.CONFIRM, "mdi:alert-octagon-outline"),
    ):
        press = {"command_topic": asked, "payload_press": order(command=word), "icon": icon}
        yield Entity("button", name, press, "rest_day" if word is PlanAction.CONFIRM else "bridge")
