"""Sensors for measurements, and for the last session.

They are metric: Home Assistant converts them itself for people who use miles.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bridge.home_assistant.entity import (
    Entity,
    Presence,
    Setting,
    one_of,
    scaled,
    value,
    whole,
)
from bridge.values import Belt, MachineInfo

EXPIRES_S = 60
"""Seconds after which a value expires; the state is repeated every 10 s."""

_FEATURES = {
    "incline_percent": "inclination",
    "distance_m": "total_distance",
    "elapsed_s": "elapsed_time",
    "elevation_gain_m": "elevation_gain",
    "energy_kcal": "expended_energy",
    "heart_rate_bpm": "heart_rate",
    "cadence_spm": "cadence",
    "step_count": "step_count",
    "power_w": "power_measurement",
}
MEASURED = frozenset(_FEATURES)
"""Keys of the state that only some machines fill."""

StateClass = Literal["measurement", "total_increasing"]


@dataclass(frozen=True, slots=True)
class _Reading:
    """A number that a machine may measure: its key, and its presentation."""

    name: str
    key: str
    template: str
    unit: str
    kind: StateClass = "measurement"
    device_class: str | None = None
    digits: int = 0
    icon: str | None = None
    usual: bool = True

    def entity(self, topic: str) -> Entity:
        options: dict[str, object] = {
            "state_topic": topic,
            "value_template": self.template,
            "unit_of_measurement": self.unit,
            "state_class": self.kind,
            "suggested_display_precision": self.digits,
            "expire_after": EXPIRES_S,
        }
        if self.device_class:
            options["device_class"] = self.device_class
        if self.icon:
            options["icon"] = self.icon
        if not self.usual:
            options["enabled_by_default"] = False
        return Entity("sensor", self.name, options)


def readings(
    setting: Setting, machine: MachineInfo | None, seen: frozenset[str]
) -> Iterator[Entity]:
    """Yield sensors that the machine declares, or has been seen to fill."""
    topic = setting.topics.state(setting.treadmill)
    yield _belt(topic)
    yield _running(topic)
    yield _phase(topic)
    yield _fresh(topic)
    yield _speed("Speed", "speed_kmh").entity(topic)
    yield _written(_speed("Written speed", "target_speed_kmh", usual=False), topic)
    for reading in _catalogue():
        if measures(machine, seen, reading.key):
            yield reading.entity(topic)
    if measures(machine, seen, "incline_percent"):
        yield _written(_incline("Written incline", "target_incline_percent", usual=False), topic)


def measures(machine: MachineInfo | None, seen: frozenset[str], key: str) -> bool:
    """True if the machine declares this key of the state, or has filled it."""
    measured = machine.features.measures if machine and machine.features else ()
    return key in seen or _FEATURES[key] in measured


def _speed(name: str, key: str, *, usual: bool = True) -> _Reading:
    template = scaled(key, 1, 1)
    return _Reading(name, key, template, "km/h", device_class="speed", digits=1, usual=usual)


def _incline(name: str, key: str, *, usual: bool = True) -> _Reading:
    icon = "mdi:slope-uphill"
    return _Reading(name, key, scaled(key, 1, 1), "%", digits=1, icon=icon, usual=usual)


def _written(reading: _Reading, topic: str) -> Entity:
    entity = reading.entity(topic)
    return Entity("sensor", entity.name, {**entity.options, "entity_category": "diagnostic"})


def _catalogue() -> Iterator[_Reading]:
    yield _incline("Incline", "incline_percent")
    yield _Reading(
        "Distance",
        "distance_m",
        scaled("distance_m", 0.001, 2),
        "km",
        "total_increasing",
        "distance",
        digits=2,
    )
    minutes = "{% set v = value_json.elapsed_s %}{{ None if v is none else v // 60 }}"
    yield _Reading("Time", "elapsed_s", minutes, "min", "total_increasing", "duration")
    yield _Reading(
        "Climb",
        "elevation_gain_m",
        scaled("elevation_gain_m", 1, 0),
        "m",
        "total_increasing",
        "distance",
        icon="mdi:elevation-rise",
    )
    yield _Reading(
        "Energy", "energy_kcal", value("energy_kcal"), "kcal", "total_increasing", "energy"
    )
    yield _Reading(
        "Heart rate", "heart_rate_bpm", value("heart_rate_bpm"), "bpm", icon="mdi:heart-pulse"
    )
    yield _Reading(
        "Cadence",
        "cadence_spm",
        whole("cadence_spm", 2),
        "spm",
        icon="mdi:shoe-print",
        usual=False,
    )
    yield _Reading(
        "Steps",
        "step_count",
        whole("step_count", 10),
        "steps",
        "total_increasing",
        icon="mdi:shoe-print",
        usual=False,
    )
    yield _Reading("Power", "power_w", whole("power_w", 10), "W", device_class="power", usual=False)


# --- what the belt does --------------------------------------------------------------------------


def _belt(topic: str) -> Entity:
    # Without `unknown`, which Home Assistant reserves.
    words = [belt.value for belt in Belt if belt is not Belt.UNKNOWN]
    options = {
        "state_topic": topic,
        "value_template": one_of("belt", words),
        "device_class": "enum",
        "options": words,
        "icon": "mdi:run-fast",
    }
    return Entity("sensor", "Belt", options)


def _running(topic: str) -> Entity:
    template = (
        "{% set v = value_json.belt %}{{ None if v == 'unknown' else "
        "'OFF' if v in ['idle', 'paused'] else 'ON' }}"
    )
    options = {"state_topic": topic, "value_template": template, "device_class": "running"}
    return Entity("binary_sensor", "Running", options)


def _phase(topic: str) -> Entity:
    words = ["warm_up", "active", "cool_down"]
    options = {
        "state_topic": topic,
        "value_template": one_of("phase", words),
        "device_class": "enum",
        "options": words,
        "icon": "mdi:timeline-clock",
    }
    return Entity("sensor", "Phase", options)


def _fresh(topic: str) -> Entity:
    options = {
        "state_topic": topic,
        "value_template": "{{ 'ON' if value_json.fresh else 'OFF' }}",
        "entity_category": "diagnostic",
        "enabled_by_default": False,
        "icon": "mdi:access-point",
    }
    return Entity("binary_sensor", "Fresh data", options)


# --- the session that is over --------------------------------------------------------------------


def last_session(setting: Setting) -> Iterator[Entity]:
    """Yield sensors for the last session; they are available while the machine is off."""
    topic = setting.topics.session(setting.treadmill)
    needs: Presence = "bridge"
    common: dict[str, object] = {"state_topic": topic}
    yield Entity(
        "sensor",
        "Last session",
        {
            **common,
            "value_template": value("end"),
            "device_class": "timestamp",
            "json_attributes_topic": topic,
        },
        needs,
    )
    yield Entity(
        "sensor",
        "Last session distance",
        {
            **common,
            "value_template": scaled("distance_m", 0.001, 2),
            "device_class": "distance",
            "unit_of_measurement": "km",
            "suggested_display_precision": 2,
        },
        needs,
    )
    yield Entity(
        "sensor",
        "Last session time",
        {
            **common,
            "value_template": scaled("moving_s", 1 / 60, 1),
            "device_class": "duration",
            "unit_of_measurement": "min",
            "suggested_display_precision": 0,
        },
        needs,
    )
