"""What Home Assistant is told, so that the treadmill appears there by itself. Pure.

One retained message describes the device with all its entities (device-based discovery, Home
Assistant 2024.11 and later). `docs/home-assistant.md` lists them for people.
"""

from bridge.mqtt.discovery.device import announce, discovery_topic, merge, ours
from bridge.mqtt.discovery.entity import Setting, SpeedUnit
from bridge.mqtt.discovery.insights import EVENT_TYPES
from bridge.mqtt.discovery.readings import MEASURED

__all__ = [
    "EVENT_TYPES",
    "MEASURED",
    "Setting",
    "SpeedUnit",
    "announce",
    "discovery_topic",
    "merge",
    "ours",
]
