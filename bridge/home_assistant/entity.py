"""A Home Assistant entity, and the templates for its values."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bridge.contract.topics import Topics
from bridge.values.policy import Policy
from protocols.units import MPH

SpeedUnit = Literal["km/h", "mph"]

SOURCE = "home-assistant"
"""Source of all commands from Home Assistant."""

LONGEST_STATE = 255
"""Maximum characters of a Home Assistant state."""


@dataclass(frozen=True, slots=True)
class Setting:
    """The configuration's part of a treadmill's entities.

    `speed_unit` is the unit of targets: Home Assistant converts sensors by itself, but not numbers.
    `people`, `shoes` and `workouts` are the configured names; without any there is nothing to
    choose. `plans`: True if a person follows one.
    """

    treadmill: str
    topics: Topics
    policy: Policy
    speed_unit: SpeedUnit = "km/h"
    people: tuple[str, ...] = ()
    shoes: tuple[str, ...] = ()
    workouts: tuple[str, ...] = ()
    plans: bool = False

    @property
    def title(self) -> str:
        """The device's name: `home` becomes `Home treadmill`."""
        words = re.sub(r"[-_]+", " ", self.treadmill).strip() or self.treadmill
        title = words[:1].upper() + words[1:]
        return title if "treadmill" in title.casefold() else f"{title} treadmill"

    @property
    def slug(self) -> str:
        """Prefix of its entities' ids after their kind: `home_treadmill`."""
        return re.sub(r"[^a-z0-9]+", "_", self.title.casefold()).strip("_")

    @property
    def per_kmh(self) -> float:
        """One km/h in the unit of targets."""
        return 1 / MPH if self.speed_unit == "mph" else 1.0


Presence = Literal["bridge", "machine", "rest", "question", "rest_day"]
"""What an entity needs: the bridge; also the machine, a rest, a plan's question or rest day."""
_WHILE = {
    "rest": (Topics.guard, "value_json.resting_until"),
    "question": (Topics.plan, "value_json.question"),
    "rest_day": (Topics.plan, "value_json.day == 'rest'"),
}
"""Topic and condition of a presence, besides the bridge's availability."""


@dataclass(frozen=True, slots=True)
class Entity:
    """An entity: its kind, its English name, and its options in Home Assistant's terms."""

    platform: str
    name: str
    options: Mapping[str, object] = field(default_factory=dict)
    needs: Presence = "machine"

    @property
    def key(self) -> str:
        """The name in ids; it never changes, because people's automations use it."""
        return self.name.lower().replace(" ", "_")

    def component(self, setting: Setting) -> dict[str, object]:
        """Return the entity's part of the discovery message."""
        topics, treadmill = setting.topics, setting.treadmill
        component: dict[str, object] = {
            "p": self.platform,
            "name": self.name,
            "unique_id": f"treadmill_bridge_{treadmill}_{self.key}",
            "default_entity_id": f"{self.platform}.{setting.slug}_{self.key}",
            **self.options,
        }
        if self.platform == "event" or "command_topic" in self.options:
            component["qos"] = 1
        if self.needs != "machine":  # which the device as a whole already requires
            there: list[dict[str, str]] = [{"topic": topics.bridge_availability}]
            if self.needs in _WHILE:
                topic, condition = _WHILE[self.needs]
                template = f"{{{{ 'online' if {condition} else 'offline' }}}}"
                there.append({"topic": topic(topics, treadmill), "value_template": template})
            component["availability"] = there
        return component


def value(path: str) -> str:
    """Template for a plain value; null is shown as unknown."""
    return f"{{{{ value_json.{path} }}}}"


def scaled(path: str, factor: float, digits: int) -> str:
    """Template for a converted number, rounded because each change is stored on disk."""
    times = "" if factor == 1 else f" * {factor:.10g}"
    return (
        f"{{% set v = value_json.{path} %}}"
        f"{{{{ None if v is none else (v{times}) | round({digits}) }}}}"
    )


def whole(path: str, unit: int, method: Literal["floor", "ceil"] = "floor") -> str:
    """Template for a number in whole multiples of `unit`, so that it changes less often."""
    return (
        f"{{% set v = value_json.{path} %}}"
        f"{{{{ None if v is none else ((v / {unit}) | round(0, '{method}') * {unit}) | int }}}}"
    )


def one_of(path: str, words: Collection[str], otherwise: str = "None") -> str:
    """Template for a value from a list: any other would be a warning in the log."""
    known = json.dumps(sorted(words), ensure_ascii=False)
    return f"{{% set v = value_json.{path} %}}{{{{ v if v in {known} else {otherwise} }}}}"


def order(**keys: object) -> str:
    """Return a command as JSON, with its source."""
    return json.dumps({**keys, "source": SOURCE}, ensure_ascii=False)


def order_with(key: str, expression: str, **keys: object) -> str:
    """Return a template for a command in which the person's choice is `key`."""
    fixed = "".join(f", {json.dumps(k)}: {json.dumps(v)}" for k, v in keys.items())
    return (
        f"{{{{ {{{json.dumps(key)}: {expression}{fixed}, "
        f'"source": {json.dumps(SOURCE)}}} | to_json }}}}'
    )
