"""The machine's console by the names of its buttons, for scripts and keyboards."""

from collections.abc import Callable, Mapping
from typing import Final

from simulators.physics.machine import Machine

BUTTONS: Final[Mapping[str, Callable[[Machine], bool]]] = {
    "start": Machine.start,
    "stop": Machine.stop,
    "pause": Machine.pause,
    "speed up": Machine.speed_up,
    "speed down": Machine.speed_down,
    "incline up": Machine.incline_up,
    "incline down": Machine.incline_down,
    "pull the safety key": Machine.pull_safety_key,
    "insert the safety key": Machine.insert_safety_key,
}
"""Each answers whether the machine did it."""
