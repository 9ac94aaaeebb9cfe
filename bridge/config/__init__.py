"""The configuration: a TOML file, then the environment, then flags; the last one wins.

Errors are collected and reported together, one readable line each. Values that are allowed but
unwise are warnings.
"""

import os

# pydantic looks for plugins in the metadata of every installed package when the first model is
# made. The bridge has none, and each start and 1 MB of memory would pay for the search.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

from bridge.config.errors import ConfigError, ConfigFileError
from bridge.config.loading import DEFAULT_PATH, load, validated
from bridge.config.reload import taken_over
from bridge.config.root import Bluetooth, Config
from bridge.config.sections.dashboard import Dashboard
from bridge.config.sections.guard import PROFILES, Guard, Slower, SteepTier
from bridge.config.sections.home_assistant import HomeAssistant
from bridge.config.sections.machine import Machine
from bridge.config.sections.mqtt import Mqtt, host_and_port
from bridge.config.sections.people import DEFAULT_PERSON, Person, Shoes
from bridge.config.sections.sensors import Sensor
from bridge.config.sections.treadmill import Treadmill
from bridge.config.sections.workouts import Workouts

__all__ = [
    "DEFAULT_PATH",
    "DEFAULT_PERSON",
    "PROFILES",
    "Bluetooth",
    "Config",
    "ConfigError",
    "ConfigFileError",
    "Dashboard",
    "Guard",
    "HomeAssistant",
    "Machine",
    "Mqtt",
    "Person",
    "Sensor",
    "Shoes",
    "Slower",
    "SteepTier",
    "Treadmill",
    "Workouts",
    "host_and_port",
    "load",
    "taken_over",
    "validated",
]
