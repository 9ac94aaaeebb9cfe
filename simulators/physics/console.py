"""Buttons of the machine's console by name, for scripts and keyboards."""

from collections.abc import Callable, Mapping
from typing import Final

from simulators.physics.machine import Machine, Phase

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
"""Each returns True if the machine obeyed."""


def refusal(machine: Machine, button: str) -> str:
    """Return why a button had no effect, as a clause. Call it right after the press.

    Raises:
        KeyError: unknown button.
    """
    known = {
        "start": "the belt is started already",
        "stop": "the belt is stopped already",
        "pause": "only a started belt can be paused",
        "pull the safety key": "it is pulled already",
        "insert the safety key": "it is in its place already",
    }
    if not machine.key_inserted and button not in {"stop", "pause", "pull the safety key"}:
        return "the safety key is pulled; insert it first"
    if button in known:
        return known[button]
    if machine.phase is Phase.IDLE and button == "speed down":
        return "the belt is stopped"
    speed, incline = machine.spec.speed, machine.spec.incline
    # A press beyond the range has no effect.
    return {
        "speed up": f"{speed.maximum / 100:g} is its highest speed",
        "speed down": f"{speed.minimum / 100:g} is its lowest speed; stop stops the belt",
        "incline up": f"{incline.maximum / 10:g} % is its steepest incline",
        "incline down": f"{incline.minimum / 10:g} % is its lowest incline",
    }[button]
