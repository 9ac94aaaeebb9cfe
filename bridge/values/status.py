"""What a machine reports to have happened, as values, whatever protocol it speaks.

Plain and pure, so that the guard may know them. `time` is monotonic, in seconds.
"""

from dataclasses import dataclass

from bridge.values import Axis


@dataclass(frozen=True, slots=True)
class TargetChanged:
    """A target has a new value (wire units): by the console, another client, or as our echo."""

    time: float
    axis: Axis
    value: int


@dataclass(frozen=True, slots=True)
class Stopped:
    """A person stopped the belt."""

    time: float


@dataclass(frozen=True, slots=True)
class Paused:
    """A person paused the belt."""

    time: float


@dataclass(frozen=True, slots=True)
class SafetyKey:
    """The safety key was pulled."""

    time: float


@dataclass(frozen=True, slots=True)
class Started:
    """A person started the belt, or went on after a pause."""

    time: float


@dataclass(frozen=True, slots=True)
class ControlLost:
    """The machine has taken control away from this bridge."""

    time: float


@dataclass(frozen=True, slots=True)
class MachineReset:
    """The machine was reset: its targets and times are zero."""

    time: float


MachineEvent = TargetChanged | Stopped | Paused | SafetyKey | Started | ControlLost | MachineReset
