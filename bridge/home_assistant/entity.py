"""One entity of Home Assistant, and the templates that fill it."""

import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from bridge.contract.topics import Topics
from bridge.guard import Policy
from protocols.units import MPH

SpeedUnit = Literal["km/h", "mph"]

SOURCE = "home-assistant"
"""Who asks, in every command that comes from here."""

LONGEST_STATE = 255
"""Characters that a state of Home Assistant may have."""


@dataclass(frozen=True, slots=True)
class Setting:
    """What the configuration decides about a treadmill's entities.

    `speed_unit` is what targets are asked for in: Home Assistant converts sensors by itself, but no
    numbers. `people`, `shoes` and `workouts` are the known names; where there are none, nobody
    has to choose. `plans`: whether somebody follows one.
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
        """The device's name: `home` is the `Home treadmill`."""
        words = re.sub(r"[-_]+", " ", self.treadmill).strip() or self.treadmill
        title = words[:1].upper() + words[1:]
        return title if "treadmill" in title.casefold() else f"{title} treadmill"

    @property
    def slug(self) -> str:
        """How the ids of its entities begin after their kind: `home_treadmill`."""
        return re.sub(r"[^a-z0-9]+", "_", self.title.casefold()).strip("_")

    @property
    def per_kmh(self) -> float:
        """What one km/h is worth in the unit that targets are asked for in."""
        return 1 / MPH if self.speed_unit == "mph" else 1.0


Presence = Literal["bridge", "machine", "rest", "question", "rest_day"]
"""What has to be there: the bridge; the machine as well; a rest that is under way; a plan's open
question, or its rest day."""
_WHILE = {
    "rest": (Topics.guard, "value_json.resting_until"),
    "question": (Topics.plan, "value_json.question"),
    "rest_day": (Topics.plan, "value_json.day == 'rest'"),
}
"""Where a presence is told besides the bridge's own, and when it is."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One entity: its kind, its name in English, and its options as Home Assistant knows them."""

    platform: str
    name: str
    options: Mapping[str, object] = field(default_factory=dict)
    needs: Presence = "machine"

    @property
    def key(self) -> str:
        """The name as it stands in ids; it is for good, because people build on it."""
        return self.name.lower().replace(" ", "_")

    def component(self, setting: Setting) -> dict[str, object]:
        """The entity as it stands in the discovery message."""
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
        if self.needs != "machine":  # which is what the device as a whole says
            there: list[dict[str, str]] = [{"topic": topics.bridge_availability}]
            if self.needs in _WHILE:
                topic, condition = _WHILE[self.needs]
                template = f"{{{{ 'online' if {condition} else 'offline' }}}}"
                there.append({"topic": topic(topics, treadmill), "value_template": template})
            component["availability"] = there
        return component


def value(path: str) -> str:
    """A value as it is; null shows as unknown."""
    return f"{{{{ value_json.{path} }}}}"


def scaled(path: str, factor: float, digits: int) -> str:
    """A number in another unit, and no finer than it needs to be: each change costs a disk."""
    times = "" if factor == 1 else f" * {factor:.10g}"
    return (
        f"{{% set v = value_json.{path} %}}"
        f"{{{{ None if v is none else (v{times}) | round({digits}) }}}}"
    )


def whole(path: str, unit: int, method: Literal["floor", "ceil"] = "floor") -> str:
    """A number in whole multiples of `unit`: it changes the more seldom."""
    return (
        f"{{% set v = value_json.{path} %}}"
        f"{{{{ None if v is none else ((v / {unit}) | round(0, '{method}') * {unit}) | int }}}}"
    )


def one_of(path: str, words: Collection[str], otherwise: str = "None") -> str:
    """A word if it is one of these, because any other would be a warning in the log."""
    known = json.dumps(sorted(words), ensure_ascii=False)
    return f"{{% set v = value_json.{path} %}}{{{{ v if v in {known} else {otherwise} }}}}"


def order(**keys: object) -> str:
    """A command as JSON, with its source."""
    return json.dumps({**keys, "source": SOURCE}, ensure_ascii=False)


def order_with(key: str, expression: str, **keys: object) -> str:
    """A template for a command: what the person chose becomes `key`."""
    fixed = "".join(f", {json.dumps(k)}: {json.dumps(v)}" for k, v in keys.items())
    return (
        f"{{{{ {{{json.dumps(key)}: {expression}{fixed}, "
        f'"source": {json.dumps(SOURCE)}}} | to_json }}}}'
    )
