"""Home Assistant's MQTT discovery of the treadmills. Pure.

One retained message describes the device with all its entities (device-based discovery, Home
Assistant 2024.11 and later). `docs/home-assistant.md` lists them for people.
"""

from bridge.home_assistant.device import announce, merge, ours
from bridge.home_assistant.entity import Setting, SpeedUnit
from bridge.home_assistant.readings import MEASURED

__all__ = [
    "MEASURED",
    "Setting",
    "SpeedUnit",
    "announce",
    "merge",
    "ours",
]
