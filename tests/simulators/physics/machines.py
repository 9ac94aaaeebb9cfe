"""Machines at work, for the tests of the model."""

import pytest

from simulators.physics.machine import Happening, Machine, Phase
from simulators.physics.spec import MachineSpec


def started(spec: MachineSpec | None = None) -> Machine:
    """Just out of the countdown."""
    machine = Machine(spec)
    assert machine.start()
    machine.advance(machine.spec.countdown)
    assert machine.phase is Phase.RUNNING
    return machine


def running(speed: int, spec: MachineSpec | None = None) -> Machine:
    """At a steady speed, in 0.01 km/h."""
    machine = started(spec)
    assert machine.set_speed(speed)
    machine.advance(30)
    assert machine.true_speed_kmh == pytest.approx(speed / 100, abs=0.01)
    return machine


def heard(machine: Machine) -> list[Happening]:
    happenings: list[Happening] = []
    machine.listen(happenings.append)
    return happenings


def phase(machine: Machine) -> Phase:
    return machine.phase
