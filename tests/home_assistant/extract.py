"""Prints what Home Assistant's own MQTT integration takes, as JSON. Runs in its environment.

    .venv-ha/bin/python tests/home_assistant/extract.py > tests/home_assistant/schema.json

The ordinary tests hold the discovery message to this without Home Assistant; the ones that run it
hold this to the package.
"""

import importlib
import json
import sys
from enum import StrEnum
from typing import Any

import voluptuous as vol
from homeassistant.components.binary_sensor import BinarySensorDeviceClass
from homeassistant.components.button import ButtonDeviceClass
from homeassistant.components.mqtt import schemas
from homeassistant.components.number import NumberDeviceClass
from homeassistant.components.number.const import DEVICE_CLASS_UNITS as NUMBER_UNITS
from homeassistant.components.sensor.const import (
    DEVICE_CLASS_STATE_CLASSES,
    DEVICE_CLASS_UNITS,
    SensorDeviceClass,
    SensorStateClass,
)
from homeassistant.const import EntityCategory, __version__

PLATFORMS = ("binary_sensor", "button", "event", "number", "select", "sensor", "text")


def schemas_in(validator: Any) -> list[dict[Any, Any]]:
    """The dictionaries of keys inside a validator."""
    if isinstance(validator, vol.Schema):
        return schemas_in(validator.schema)
    if isinstance(validator, dict):
        return [validator]
    inner = getattr(validator, "validators", ())
    return [found for one in inner for found in schemas_in(one)]


def keys(validator: Any) -> dict[str, list[str]]:
    """Required and optional keys."""
    found = [key for schema in schemas_in(validator) for key in schema]
    return {
        "required": sorted({str(key) for key in found if isinstance(key, vol.Required)}),
        "optional": sorted({str(key) for key in found if not isinstance(key, vol.Required)}),
    }


def units(by_class: dict[Any, Any]) -> dict[str, list[str]]:
    """The units of each device class."""
    return {str(c): sorted(str(u) for u in of) for c, of in by_class.items()}


def words(kind: type[StrEnum]) -> list[str]:
    """The values of an enumeration."""
    return sorted(str(member) for member in kind)


def platform(name: str) -> dict[str, list[str]]:
    """The keys of one platform's entities."""
    module = importlib.import_module(f"homeassistant.components.mqtt.{name}")
    return keys(module.DISCOVERY_SCHEMA)


json.dump(
    {
        "home_assistant": __version__,
        "device_message": keys(schemas.DEVICE_DISCOVERY_SCHEMA),
        "device": keys(schemas.MQTT_ENTITY_DEVICE_INFO_SCHEMA),
        "origin": keys(schemas.MQTT_ORIGIN_INFO_SCHEMA),
        "shared": sorted(schemas.SHARED_OPTIONS),
        "platforms": {name: platform(name) for name in PLATFORMS},
        "entity_categories": words(EntityCategory),
        "device_classes": {
            "binary_sensor": words(BinarySensorDeviceClass),
            "button": words(ButtonDeviceClass),
            "number": words(NumberDeviceClass),
            "sensor": words(SensorDeviceClass),
        },
        "state_classes": words(SensorStateClass),
        "units": {"sensor": units(DEVICE_CLASS_UNITS), "number": units(NUMBER_UNITS)},
        "state_classes_of": {
            str(c): sorted(str(s) for s in of) for c, of in DEVICE_CLASS_STATE_CLASSES.items()
        },
    },
    sys.stdout,
    indent=1,
    sort_keys=True,
    ensure_ascii=False,
)
sys.stdout.write("\n")
