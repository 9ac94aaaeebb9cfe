"""Values that both axes of a run share at one moment."""

from bridge.guard.journal import Journal
from bridge.guard.person.respect import Respect
from bridge.guard.policy import Policy
from bridge.machines.learned import LearnedMachine, UnitVerdict
from bridge.values import INCLINE, Axis
from bridge.values.grid import Grid
from protocols.frozen import frozen
from protocols.units import MPH


@frozen
class Moment:
    """The time (monotonic seconds), the machine, the policy and the journal."""

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
    """Axes that were reported on this link and are missing now."""

    @property
    def targets_known(self) -> bool:
        """True if the unit of targets is known."""
        return self.unit_known or self.learned.targets is not UnitVerdict.UNKNOWN

    def ramp(self, axis: Axis) -> float:
        """Return the ramp in wire units per second; lower while the unit may be miles."""
        if axis is INCLINE:
            return self.policy.incline_ramp
        return self.policy.speed_ramp / (1.0 if self.unit_known else MPH)
