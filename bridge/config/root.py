"""The whole configuration, and the checks across its sections."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, Final, Self

from pydantic import AfterValidator, Field, PrivateAttr, model_validator

from bridge.config.invalid import not_one_of
from bridge.config.section import Boolean, PathName, Section, agreed, subsection
from bridge.config.sections.dashboard import Dashboard
from bridge.config.sections.guard import PROFILES, Guard, unwise
from bridge.config.sections.history import History
from bridge.config.sections.home_assistant import HomeAssistant
from bridge.config.sections.mqtt import Mqtt
from bridge.config.sections.people import Person, Shoes
from bridge.config.sections.sensors import Sensor
from bridge.config.sections.treadmill import Treadmill
from bridge.config.sections.workouts import Workouts
from bridge.names import OWN
from bridge.plans.model import Plan, PlanError
from bridge.values import Units

SYSTEM: Final = "system"
_BARE: Final = ("android-emulator", "android-netsim", "hci-socket", "pty", "vhci")
_TRANSPORTS: Final = (
    *("file", "pyusb", "serial", "tcp-client", "tcp-server", "udp", "unix", "unix-client"),
    *("unix-server", "usb", "ws-client", "ws-server", *_BARE),
)
"""Bumble's transports; the `_BARE` ones need nothing after their name."""


def _is_radio(radio: str) -> str:
    """Refuse a misspelt radio now: opening it would fail much later, on every attempt."""
    if re.fullmatch(r"hci[0-9]{1,3}", radio):
        message = f'{radio!r} is an adapter; leave radio out, and write adapter = "{radio}"'
        raise ValueError(message)
    kind, _, rest = radio.partition(":")
    if radio != SYSTEM and kind not in _TRANSPORTS:
        raise ValueError(not_one_of(radio if rest else kind, (SYSTEM, *sorted(_TRANSPORTS))))
    if kind in _TRANSPORTS and not (rest or kind in _BARE):
        message = f"{radio!r} is incomplete; write it as tcp-client:127.0.0.1:7300 or usb:0"
        raise ValueError(message)
    if kind == "tcp-client" and not re.fullmatch(r".+:[0-9]{1,5}", rest):
        message = f"{radio!r} has no port; write it as tcp-client:127.0.0.1:7300"
        raise ValueError(message)
    return radio


class Bluetooth(Section):
    """`[bluetooth]`: `system`, or a bumble transport (`tcp-client:127.0.0.1:7300`, `usb:0`, …).

    `adapter` is one of the system's adapters; empty means the first that is switched on.
    """

    radio: Annotated[str, AfterValidator(_is_radio)] = SYSTEM
    adapter: Annotated[
        str, Field(pattern=r"^(hci[0-9]{1,3})?$", description="an adapter such as hci1")
    ] = ""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        if self.adapter and self.radio != SYSTEM:
            problems.append('adapter works only with radio = "system"; leave out one of the two')
        return agreed(self, problems)


class Config(Section):
    """The root of the configuration."""

    state_dir: PathName | None = None
    units: Units = Units.KMH
    cues: Boolean = True
    mqtt: Mqtt = subsection()
    home_assistant: HomeAssistant = subsection()
    dashboard: Dashboard = subsection()
    bluetooth: Bluetooth = subsection()
    guard: Guard = subsection()
    history: History = subsection()
    workouts: Workouts = subsection()
    treadmills: tuple[Treadmill, ...] = ()
    people: tuple[Person, ...] = ()
    shoes: tuple[Shoes, ...] = ()
    sensors: Annotated[tuple[Sensor, ...], Field(max_length=8)] = ()
    _plans: dict[str, Plan] = PrivateAttr(default_factory=dict)
    """Plans by person, read from their files with the configuration."""

    @model_validator(mode="after")
    def _fits(self) -> Self:
        problems = []
        for key in ("id", "address", "name"):
            values = [getattr(treadmill, key) for treadmill in self.treadmills]
            if key == "address":  # in either case it is the same machine
                values = [value and value.upper() for value in values]
            twice = {v for v in values if v is not None and values.count(v) > 1}
            problems += [f"two treadmills have the same {key} {value!r}" for value in sorted(twice)]
        if len(self.treadmills) > 1 and any(not (t.address or t.name) for t in self.treadmills):
            problems.append("with several treadmills, each needs an address or a name")
        problems += [*self._people_problems(), *self._sensor_problems(), *self._guard_problems()]
        problems += [*self._read_plans(), *self._topic_problems()]
        return agreed(self, problems)

    def _topic_problems(self) -> Iterator[str]:
        """Refuse a birth topic that would take a command or an echo away from the bridge."""
        birth, base = self.home_assistant.birth_topic, self.mqtt.base_topic
        below = birth.removeprefix(f"{base}/")
        if birth.partition("/")[0] == OWN or (below != birth and "/" in below):
            yield f"home_assistant.birth_topic: {birth!r} is one of the bridge's own topics"

    def _people_problems(self) -> Iterator[str]:
        for kind, named in (("people", self.people), ("pairs of shoes", self.shoes)):
            for name in _twice(each.name for each in named):
                yield f"two {kind} have the same name {name!r}"
        pairs = {pair.name for pair in self.shoes}
        for person in self.people:
            if person.shoes is not None and person.shoes not in pairs:
                yield f"the shoes {person.shoes!r} of {person.name!r} are not in [[shoes]]"

    def _read_plans(self) -> Iterator[str]:
        for person in self.people:
            for choice in person.plan:
                try:
                    self._plans[person.name] = choice.read(self.state_directory() / "plans")
                except PlanError as error:
                    yield f"plan of {person.name!r}: {error}"

    def _sensor_problems(self) -> Iterator[str]:
        known = {treadmill.id for treadmill in self.treadmills}
        for sensor in self.sensors:
            if sensor.treadmill is None and len(known) > 1:
                yield "with several treadmills, each of [[sensors]] needs the key treadmill"
            elif sensor.treadmill is not None and sensor.treadmill not in known:
                yield f"the treadmill {sensor.treadmill!r} of a sensor is not in [[treadmills]]"
        only = self.treadmills[0].id if len(known) == 1 else None
        worn = Counter(sensor.treadmill or only for sensor in self.sensors)
        for name in sorted(name for name in known if worn[name] > 1):
            yield f"the treadmill {name!r} has {worn[name]} straps in [[sensors]]; keep one"

    def _guard_problems(self) -> Iterator[str]:
        common = self.guard.model_fields_set
        if not self.treadmills:
            yield from (
                f"guard: {conflict}" for conflict in self.guard.conflicts(common, self.units)
            )
        for treadmill in self.treadmills:
            own = common | treadmill.guard.model_fields_set
            shared = self.guard_of(treadmill).conflicts(own, self.units)
            yield from (f"guard of {treadmill.id!r}: {conflict}" for conflict in shared)
            for person in self.people:
                # A person's warm-up may be above the maximum of one of the treadmills.
                given = person.guard.model_fields_set
                theirs = self.guard_of(treadmill, person).conflicts(given, self.units)
                for conflict in theirs:
                    if conflict not in shared:
                        yield f"guard of {treadmill.id!r} for {person.name!r}: {conflict}"

    def guard_of(self, treadmill: Treadmill, person: Person | None = None) -> Guard:
        """Return the limits of one person on one treadmill.

        The treadmill's keys override those of `[guard]`, and these override the profile, whichever
        of the two names it. A person's own keys and profile override all of them. One exception: of
        the treadmill's and the person's machine limits the stricter one applies.
        """
        theirs = person.guard if person else Guard.model_construct()
        common, machine, own = _given(self.guard), _given(treadmill.guard), _given(theirs)
        shared = {**common, **machine}
        profile = str(own.get("profile", shared.get("profile", "gentle")))
        if "profile" in own:
            shared = {key: value for key, value in shared.items() if key not in _SET_BY_PROFILES}
        for key in _OF_THE_MACHINE & own.keys() & machine.keys():
            stricter = max if key.startswith("min_") else min
            own[key] = stricter(getattr(theirs, key), getattr(treadmill.guard, key))
        return Guard.model_construct(**{**PROFILES[profile], **shared, **own})

    def plan_of(self, person: str) -> Plan | None:
        """Return the plan that a person follows; None without one."""
        return self._plans.get(person)

    def state_directory(self, env: Mapping[str, str] | None = None) -> Path:
        """Return the directory for persistent state.

        It is `state_dir`, else the directory from systemd, else the user's own.
        """
        env = os.environ if env is None else env
        if self.state_dir is not None:
            return self.state_dir.expanduser()
        if given := env.get("STATE_DIRECTORY"):
            return Path(given.split(":")[0])
        home = env.get("XDG_STATE_HOME") or _home() / ".local" / "state"
        return Path(home) / "treadmill-bridge"

    def workouts_directory(self, env: Mapping[str, str] | None = None) -> Path:
        """Return the folder of workouts.

        It is `workouts.directory`, else `workouts` in the state directory.
        """
        named = self.workouts.directory
        return self.state_directory(env) / "workouts" if named is None else named.expanduser()

    def warnings(self) -> list[str]:
        """Return values that are allowed but unwise, one sentence each."""
        return [
            *self.mqtt.warnings(),
            *unwise(self.guard, "guard", self.units),
            *(
                warning
                for treadmill in self.treadmills
                for warning in unwise(treadmill.guard, f"guard of {treadmill.id!r}", self.units)
            ),
            *(
                warning
                for person in self.people
                for warning in unwise(person.guard, f"guard of {person.name!r}", self.units)
            ),
        ]


def _home() -> Path:
    """Return the user's home directory; / for a user without one, as in many containers."""
    try:
        return Path.home()
    except RuntimeError:
        return Path("/")


_OF_THE_MACHINE = frozenset({"max_speed_kmh", "max_incline_percent", "min_incline_percent"})
"""Limits that belong to a treadmill, whoever uses it."""
_SET_BY_PROFILES = frozenset(key for values in PROFILES.values() for key in values)


def _twice(names: Iterable[str]) -> list[str]:
    """Return names that occur more than once; upper and lower case are equal."""
    counted = Counter(name.casefold() for name in names)
    return sorted(name for name, times in counted.items() if times > 1)


def _given(guard: Guard) -> dict[str, Any]:
    return {key: getattr(guard, key) for key in guard.model_fields_set}
