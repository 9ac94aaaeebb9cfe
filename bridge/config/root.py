"""The whole configuration, and what its sections must agree on."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from bridge.config.guard import PROFILES, Guard, unwise
from bridge.config.home_assistant import HomeAssistant
from bridge.config.mqtt import Mqtt
from bridge.config.section import Section, agreed
from bridge.config.treadmill import Treadmill


class Bluetooth(Section):
    """`[bluetooth]`: `system`, or a bumble transport (`tcp-client:127.0.0.1:7300`, `usb:0`, …)."""

    radio: Annotated[str, Field(min_length=1)] = "system"


class Config(Section):
    """All of it."""

    mqtt: Mqtt = Mqtt()
    home_assistant: HomeAssistant = HomeAssistant()
    bluetooth: Bluetooth = Bluetooth()
    guard: Guard = Guard()
    treadmills: tuple[Treadmill, ...] = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        for key in ("id", "address", "name"):
            values = [getattr(treadmill, key) for treadmill in self.treadmills]
            twice = {v for v in values if v is not None and values.count(v) > 1}
            problems += [f"two treadmills have the {key} {value!r}" for value in sorted(twice)]
        if len(self.treadmills) > 1 and any(not (t.address or t.name) for t in self.treadmills):
            problems.append("with more than one treadmill each needs an address or a name")
        for treadmill in self.treadmills:
            conflicts = self.guard_of(treadmill).conflicts()
            problems += [f"guard of {treadmill.id!r}: {conflict}" for conflict in conflicts]
        return agreed(self, problems)

    def guard_of(self, treadmill: Treadmill) -> Guard:
        """The limits of one treadmill: its own keys, else `[guard]`'s, else the profile's."""
        own, common = _given(treadmill.guard), _given(self.guard)
        profile = str(own.get("profile", common.get("profile", "gentle")))
        return Guard.model_validate({**PROFILES[profile], **common, **own})

    def warnings(self) -> list[str]:
        """What is allowed, but not wise: one sentence each."""
        return [
            *self.mqtt.warnings(),
            *unwise(self.guard, "guard"),
            *(
                warning
                for treadmill in self.treadmills
                for warning in unwise(treadmill.guard, f"guard of {treadmill.id!r}")
            ),
        ]


def _given(guard: Guard) -> dict[str, object]:
    return {key: getattr(guard, key) for key in guard.model_fields_set}
