"""What the parts of one run share at one moment."""

from bridge.guard.facts import Grid
from bridge.guard.journal import Journal
from bridge.guard.person.respect import Respect
from bridge.guard.policy import Policy
from bridge.machines.learned import LearnedMachine, UnitVerdict
from bridge.values import INCLINE, Axis
from protocols.frozen import frozen
from protocols.units import MPH


@frozen
class Moment:
    """The present (monotonic seconds), the machine, and where things are told."""

    now: float
    grids: dict[Axis, Grid]
    learned: LearnedMachine
    policy: Policy
    unit_known: bool
    others: bool
    """True while another app controls the machine."""
    journal: Journal
    respect: Respect
    gone: frozenset[Axis] = frozenset()
    """What was reported on this link and is not any more."""

    @property
    def targets_known(self) -> bool:
        """True if it is known in which unit the machine takes its targets."""
        return self.unit_known or self.learned.targets is not UnitVerdict.UNKNOWN

    def ramp(self, axis: Axis) -> float:
        """Return the ramp in wire units per second: less while the machine may count miles."""
        if axis is INCLINE:
            return self.policy.incline_ramp
        return self.policy.speed_ramp / (1.0 if self.unit_known else MPH)
