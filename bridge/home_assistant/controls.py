"""Entities that a person can set or press."""

import math
from collections.abc import Iterator

from bridge.contract.message import MAX_TEXT
from bridge.home_assistant.entity import (
    LONGEST_STATE,
    Entity,
    Presence,
    Setting,
    one_of,
    order,
    order_with,
)
from bridge.values import Axis, MachineInfo, Verb
from bridge.values.grid import Grid, incline_grid, speed_grid, why_observed

_PAIN = r"^.*\S +(10|[0-9])$"
"""A place and a severity: `lower back 3`."""


def controls(setting: Setting, machine: MachineInfo | None) -> Iterator[Entity]:
    """Yield numbers and buttons for the belt, as far as this machine supports them."""
    policy = setting.policy
    if policy.may_control and (machine is None or machine.can_control):
        if machine is not None:
            yield from _targets(setting, machine)
        if policy.allow_remote_start:
            yield _button(setting, "Start", Verb.START, "mdi:play")
            yield _button(setting, "Resume", Verb.RESUME, "mdi:play-pause")
            confirmed = order(command=Verb.START, confirm=True)
            name, icon = "Start despite rest", "mdi:alert-octagon-outline"
            yield _press(setting, name, "belt", confirmed, icon=icon, needs="rest")
        yield _button(setting, "Pause", Verb.PAUSE, "mdi:pause")
        yield _button(setting, "Stop", Verb.STOP, "mdi:stop")
        yield _button(setting, "Finish", Verb.FINISH, "mdi:flag-checkered")
    yield _button(setting, "Release", Verb.RELEASE, "mdi:bluetooth-off")
    yield _button(setting, "Connect", Verb.CONNECT, "mdi:bluetooth-connect", "bridge")


def people(setting: Setting) -> Iterator[Entity]:
    """Yield entities for person, shoes and pain, which do not need the machine."""
    topics, treadmill = setting.topics, setting.treadmill
    for name, key, names, icon in (
        ("Person", Verb.PERSON, setting.people, "mdi:account"),
        ("Shoes", Verb.SHOES, setting.shoes, "mdi:shoe-sneaker"),
    ):
        if names:
            options = {
                "state_topic": topics.state(treadmill),
                "value_template": one_of(key, names),
                "command_topic": topics.set(treadmill, key),
                "command_template": order_with("name", "value"),
                "options": list(names),
                "icon": icon,
            }
            yield Entity("select", name, options, "bridge")
    yield Entity("text", "Report pain", _pain(setting), "bridge")
    clear = order(clear=True)
    yield _press(setting, "Lift rest", "pain", clear, icon="mdi:bandage", needs="rest")


def _pain(setting: Setting) -> dict[str, object]:
    place = "value.rstrip().rsplit(' ', 1)[0].strip()"
    severity = "value.rstrip().rsplit(' ', 1)[1] | int"
    return {
        "command_topic": setting.topics.set(setting.treadmill, Verb.PAIN),
        "command_template": order_with("place", place).replace(
            ', "source"', f', "severity": {severity}, "source"', 1
        ),
        "pattern": _PAIN,
        "min": 3,
        "max": min(LONGEST_STATE, MAX_TEXT + len(" 10")),
        "icon": "mdi:emoticon-sad-outline",
    }


# --- targets -------------------------------------------------------------------------------------


def _targets(setting: Setting, machine: MachineInfo) -> Iterator[Entity]:
    policy = setting.policy
    speed, incline = speed_grid(machine), incline_grid(machine, policy.min_incline)
    limits = _limits(speed, policy.max_speed, 100, setting.per_kmh)
    if limits is not None and why_observed(machine, Axis.SPEED) != "no_speed":
        options = {"device_class": "speed", "unit_of_measurement": setting.speed_unit}
        yield _target(setting, Axis.SPEED, limits, options)
    limits = _limits(incline, policy.max_incline, 10, 1) if incline.settable else None
    if limits is not None:
        options = {"unit_of_measurement": "%", "icon": "mdi:slope-uphill"}
        yield _target(setting, Axis.INCLINE, limits, options)


def _limits(grid: Grid, most: int, scale: int, factor: float) -> tuple[float, float, float] | None:
    """Return minimum, maximum and step for people; None if there is nothing to choose."""
    top = min(grid.range.maximum, most)
    if factor == 1:
        low, high, step = grid.range.minimum / scale, top / scale, grid.step / scale
    else:  # in tenths of the other unit, rounded inwards
        low = math.ceil(grid.range.minimum / scale * factor * 10) / 10
        high = math.floor(top / scale * factor * 10) / 10
        step = max(0.1, round(grid.step / scale * factor, 1))
    return (low, high, step) if low < high else None


def _target(
    setting: Setting, axis: Axis, limits: tuple[float, float, float], options: dict[str, str]
) -> Entity:
    low, high, step = limits
    speed = axis is Axis.SPEED
    key = "requested_speed_kmh" if speed else "requested_incline_percent"
    # The belt's setting at connection, or after a console press, may be outside the range.
    template = (
        f"{{% set v = value_json.{key} %}}{{{{ None if v is none else "
        f"([{low}, (v * {setting.per_kmh if speed else 1:.10g}) | round(2), {high}] | sort)[1] }}}}"
    )
    return Entity(
        "number",
        f"Target {axis}",
        {
            "state_topic": setting.topics.state(setting.treadmill),
            "value_template": template,
            "command_topic": setting.topics.set(setting.treadmill, axis),
            "command_template": order_with(
                "value", "value", unit=setting.speed_unit if speed else "%"
            ),
            "min": low,
            "max": high,
            "step": step,
            "mode": "slider",
            **options,
        },
    )


# --- buttons -------------------------------------------------------------------------------------


def _button(
    setting: Setting, name: str, verb: Verb, icon: str, needs: Presence = "machine"
) -> Entity:
    return _press(setting, name, "belt", order(command=verb), icon=icon, needs=needs)


def _press(
    setting: Setting, name: str, kind: str, payload: str, *, icon: str, needs: Presence
) -> Entity:
    options = {
        "command_topic": setting.topics.set(setting.treadmill, kind),
        "payload_press": payload,
        "icon": icon,
    }
    return Entity("button", name, options, needs)
