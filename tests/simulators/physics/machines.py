"""Machines at work, for the tests of the model."""

from dataclasses import dataclass
from typing import Any

import pytest

from simulators.physics.machine import Happening, Machine, Phase
from simulators.physics.programme import Programme
from simulators.physics.spec import MachineSpec

RUNS = "start, 3, speed 600, 30"
"""A session at 6 km/h, half a minute after the countdown."""


@dataclass(frozen=True, slots=True)
class Between:
    """Equal to every number between two others."""

    low: float
    high: float

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | float) and self.low < other < self.high

    __hash__ = None  # type: ignore[assignment]


def near(number: float) -> Any:
    return pytest.approx(number, abs=0.01)


def after(
    timeline: str,
    machine: Machine | None = None,
    *,
    spec: MachineSpec | None = None,
    programme: Programme | None = None,
) -> Machine:
    """Play a timeline, parted by commas, and return its machine.

    A number is a pause in seconds, `speed 600` and `incline 50` are targets, and `play` begins
    the programme. Other words are methods of the machine or of its runner. `refused` comes before
    what the machine must refuse.
    """
    machine = machine or Machine(spec)
    for step in timeline.split(", "):
        words = step.removeprefix("refused ").split()
        match words:
            case ["play"]:
                assert programme is not None
                obeyed = machine.play(programme)
            case ["speed", value]:
                obeyed = machine.set_speed(int(value))
            case ["incline", value]:
                obeyed = machine.set_incline(int(value))
            case ["step_on" | "step_off" as name]:
                getattr(machine.runner, name)()
                obeyed = True
            case [number] if number[0].isdecimal():
                machine.advance(float(number))
                obeyed = True
            case _:
                obeyed = getattr(machine, words[0])()
        assert obeyed is not step.startswith("refused "), step
    return machine


def check(machine: Machine, expected: dict[str, object]) -> None:
    """Compare attributes of a machine."""
    assert {name: getattr(machine, name) for name in expected} == expected


def started(spec: MachineSpec | None = None) -> Machine:
    """Just out of the countdown."""
    machine = after("start", spec=spec)
    machine.advance(machine.spec.countdown)
    assert machine.phase is Phase.RUNNING
    return machine


def running(speed: int, spec: MachineSpec | None = None) -> Machine:
    """At a steady speed, in 0.01 km/h."""
    machine = after(f"speed {speed}, 30", started(spec))
    assert machine.true_speed_kmh == near(speed / 100)
    return machine


def happenings_of(machine: Machine) -> list[Happening]:
    happenings: list[Happening] = []
    machine.listen(happenings.append)
    return happenings
