"""The configuration: a TOML file, the environment and flags, in that order; the last wins.

What is wrong is told in one readable line per problem, and all of it at once. What is allowed but
not wise comes as warnings.
"""

from bridge.config.dashboard import Dashboard
from bridge.config.errors import ConfigError
from bridge.config.guard import PROFILES, Guard, Slower, SteepTier
from bridge.config.home_assistant import HomeAssistant
from bridge.config.loading import DEFAULT_PATH, load
from bridge.config.machine import Machine
from bridge.config.mqtt import Mqtt
from bridge.config.people import DEFAULT_PERSON, Person, Shoes
from bridge.config.reload import taken_over
from bridge.config.root import Bluetooth, Config
from bridge.config.sensors import Sensor
from bridge.config.treadmill import Treadmill
from bridge.config.workouts import Workouts

__all__ = [
    "DEFAULT_PATH",
    "DEFAULT_PERSON",
    "PROFILES",
    "Bluetooth",
    "Config",
    "ConfigError",
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
    "load",
    "taken_over",
]
