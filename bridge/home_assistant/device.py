"""The discovery message of one treadmill: the device and all its entities."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version

from bridge.home_assistant.controls import controls, people
from bridge.home_assistant.entity import Entity, Setting
from bridge.home_assistant.insights import guard, happenings, link
from bridge.home_assistant.plan import plan
from bridge.home_assistant.readings import last_session, measures, readings
from bridge.home_assistant.workout import workout
from bridge.values import MachineInfo

ORIGIN = "treadmill-bridge"


def announce(
    setting: Setting, machine: MachineInfo | None, seen: frozenset[str] = frozenset()
) -> dict[str, object]:
    """Return the discovery message, with the abbreviated keys of Home Assistant's manual.

    Args:
        setting: the configuration's part.
        machine: what is known of the machine; None if it was never seen.
        seen: keys of the state that the machine has filled.
    """
    treadmill, topics = setting.treadmill, setting.topics
    return {
        "dev": _device(setting, machine),
        "o": {"name": ORIGIN, "sw_version": version("treadmill-bridge")},
        "availability": [
            {"topic": topics.bridge_availability},
            {"topic": topics.availability(treadmill)},
        ],
        "availability_mode": "all",
        "cmps": {
            entity.key: entity.component(setting) for entity in _entities(setting, machine, seen)
        },
    }


def merge(
    new: Mapping[str, object], old: Mapping[str, object], *, machine_known: bool
) -> dict[str, object]:
    """Return the message to publish after `old` was published.

    Omitting an entity does not remove it: it must stay in the message without options, for good,
    because Home Assistant may be away now. Until the machine is seen, entities that depend on it
    stay unchanged.
    """
    components = dict(_components(new))
    for key, was in _components(old).items():
        if key in components or not isinstance(was, Mapping) or "p" not in was:
            continue
        gone = {"p": was["p"]}
        components[key] = gone if machine_known else dict(was)
    device = _mapping(new, "dev")
    if not machine_known:
        device = {**_mapping(old, "dev"), **device}
    return {**new, "dev": device, "cmps": components}


def ours(document: object) -> bool:
    """True if a discovery message came from a bridge like this one."""
    return isinstance(document, Mapping) and any(
        _mapping(document, key).get("name") == ORIGIN for key in ("o", "origin")
    )


def _entities(
    setting: Setting, machine: MachineInfo | None, seen: frozenset[str]
) -> Iterator[Entity]:
    yield from readings(setting, machine, seen)
    yield from controls(setting, machine)
    yield from guard(setting, incline=measures(machine, seen, "incline_percent"))
    yield from people(setting)
    yield from workout(setting)
    yield from plan(setting)
    yield from last_session(setting)
    yield from happenings(setting)
    yield from link(setting)


def _device(setting: Setting, machine: MachineInfo | None) -> dict[str, object]:
    device: dict[str, object] = {
        "identifiers": [f"treadmill_bridge_{setting.treadmill}"],
        "name": setting.title,
    }
    if machine is not None:
        details = {
            "manufacturer": machine.maker,
            "model": machine.model or machine.name,
            "sw_version": machine.firmware,
        }
        device |= {key: text for key, text in details.items() if text}
    return device


def _mapping(document: Mapping[str, object], key: str) -> Mapping[str, object]:
    inner = document.get(key)
    return inner if isinstance(inner, Mapping) else {}


def _components(document: Mapping[str, object]) -> Mapping[str, object]:
    return _mapping(document, "cmps")
