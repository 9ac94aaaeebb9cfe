"""What a judge of one axis is told of a decision. Wire units, monotonic seconds."""

from dataclasses import dataclass

from bridge.guard import Decision, Verdict
from bridge.machines.learned import LearnedMachine
from bridge.values import Command, Result
from tests.guard.proof.ledger import Steps


@dataclass(frozen=True)
class Moment:
    """What is new at a decision, about one axis."""

    now: float
    dt: float
    before: Decision
    after: Decision
    readings: list[int]
    """Those of new samples; `measured` is what the newest sample says."""
    measured: int | None
    named: list[int]
    """Targets that the machine named."""
    asked: list[tuple[Command, Verdict]]
    steps: Steps
    learned: LearnedMachine
    ramp: float
    easing: float
    fresh: bool
    garbled: bool
    others: bool
    """True while what the belt does may be another app's doing."""
    runs: bool
    """True of a belt that is known to run, and is not being stopped."""

    @property
    def applied(self) -> list[int]:
        """The requests that passed."""
        passed = [v.applied for _, v in self.asked if v.result is not Result.REJECTED]
        return [value for value in passed if value is not None]
