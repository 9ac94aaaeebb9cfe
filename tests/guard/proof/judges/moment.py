"""The input of a judge of one axis about a decision. Wire units, monotonic seconds."""

from dataclasses import dataclass

from bridge.guard import Decision, Verdict
from bridge.machines.learned import LearnedMachine
from bridge.values import Axis, Command, Result, Sample
from protocols.ftms.control_point import (
    SetTargetIncline,
    SetTargetSpeed,
    decode_request,
    encode_request,
)
from tests.guard.proof.ledger import Steps


@dataclass(frozen=True)
class Moment:
    """New input of a decision, about one axis."""

    now: float
    since: float
    """Time of the previous decision."""
    dt: float
    before: Decision
    after: Decision
    readings: list[int]
    """Readings of new samples; `measured` is the newest."""
    measured: int | None
    named: list[int]
    """Targets that the machine named."""
    asked: list[tuple[Command, Verdict]]
    steps: Steps
    learned: LearnedMachine
    ramp: float
    easing: float
    fresh: bool
    lost: bool
    """True if there was no sample for so long that it is a fault."""
    garbled: bool
    others: bool
    """True while what the belt does may be another app's doing."""
    scale: float
    """Reading for each unit of the target: 1.61 while targets may be miles."""
    runs: bool
    """True of a belt that is known to run, and is not being stopped."""
    resumed: bool
    """True if a cool-down was ended since the last decision."""

    @property
    def applied(self) -> list[int]:
        """The requests that passed."""
        passed = [v.applied for _, v in self.asked if v.result is not Result.REJECTED]
        return [value for value in passed if value is not None]


def measured(sample: Sample | None, axis: Axis) -> int | None:
    """The speed or incline of a sample."""
    if sample is None:
        return None
    return sample.data.speed if axis is Axis.SPEED else sample.data.incline


def decoded(axis: Axis, value: int) -> int:
    """Return a setpoint as a machine decodes it from its bytes."""
    request = SetTargetSpeed(value) if axis is Axis.SPEED else SetTargetIncline(value)
    match decode_request(encode_request(request)):
        case SetTargetSpeed(read) | SetTargetIncline(read):
            return read
        case other:
            message = f"{other} is no target"
            raise AssertionError(message)
