"""Events that a machine reports, as values independent of its protocol.

Plain and pure, so that the guard may import them. `time` is monotonic, in seconds.
"""

from dataclasses import dataclass

from bridge.values import Axis


@dataclass(frozen=True, slots=True)
class TargetChanged:
    """A target changed (wire units): by the console, by another client, or as an echo of ours."""

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
    """A person started or resumed the belt."""

    time: float


@dataclass(frozen=True, slots=True)
class ControlLost:
    """The machine revoked this bridge's control."""

    time: float


@dataclass(frozen=True, slots=True)
class MachineReset:
    """The machine was reset: targets and times are zero."""

    time: float


MachineEvent = TargetChanged | Stopped | Paused | SafetyKey | Started | ControlLost | MachineReset
