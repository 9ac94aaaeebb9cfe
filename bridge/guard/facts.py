"""Facts: the frozen view of one moment that the engine and the rules may read."""

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from bridge.guard.limits import Bound
from bridge.machines.learned import LearnedMachine, UnitVerdict
from bridge.values import INCLINE, SPEED, Axis, Sample, Values
from bridge.values.grid import Grid
from bridge.values.plan import Ceilings
from bridge.values.policy import Policy
from protocols.frozen import frozen
from protocols.units import MPH

if TYPE_CHECKING:
    from bridge.guard.rules.cool_down import CoolDown
    from bridge.guard.rules.heart_rate import Heart
    from bridge.guard.rules.steep import Steep

LEAD_S = 5.0
"""Seconds of ramp by which the target may lead the belt, and a press may exceed the setpoint."""

Measured = dict[Axis, int | None]


def measured(sample: Sample | None) -> Measured:
    """Return the value that a sample reports on each axis (wire units); None if it reports none."""
    if sample is None:
        return {SPEED: None, INCLINE: None}
    return {SPEED: sample.data.speed, INCLINE: sample.data.incline}


@frozen
class Facts:
    """Machine, belt and person at one moment. Wire units and monotonic seconds."""

    now: float
    policy: Policy
    grids: dict[Axis, Grid]
    learned: LearnedMachine
    unit_known: bool
    others: bool
    """True while another app controls the machine."""
    gone: frozenset[Axis]
    """Axes that were reported on this link and are missing now."""
    settled: bool
    fresh: bool
    garbled: bool
    """True if the machine sent an impossible value within the last seconds."""
    warm_up_left: float
    steep: "tuple[Steep, ...]"
    cool_down: "CoolDown | None"
    heart: "Heart"
    rest_left: float
    plan: Ceilings | None = None
    """Ceilings of the person's plan; None without a plan."""
    speed: int | None = None
    """Measured speed; None without a reading."""
    incline: int | None = None
    """Measured incline, or else the last known one."""
    wanted_incline: int | None = None
    """Requested incline; None without a request."""

    @property
    def targets_known(self) -> bool:
        """True if the unit of targets was observed. A declared one may be wrong."""
        return self.learned.targets is not UnitVerdict.UNKNOWN

    def ramp(self, axis: Axis) -> float:
        """Return the ramp in wire units per second; lower while the unit may be miles."""
        policy = self.policy
        return policy.incline_ramp if axis is INCLINE else policy.speed_ramp * self.unit

    def lead(self, axis: Axis) -> float:
        """Return how far the target may lead the belt."""
        step = max(self.grids[axis].step, self.learned.of(axis).grid or 0.0)
        return self.ramp(axis) * LEAD_S + step

    def allowance(self, axis: Axis) -> float:
        """Return how far a press may take the setpoint beyond the ramp: at least the next step."""
        allowance = self.ramp(axis) * LEAD_S + self.learned.of(axis).press
        return max(allowance, self.grids[axis].step)

    def lowest(self, axis: Axis) -> int:
        """Return the lowest setpoint that may be requested on an axis."""
        least, step = self.grids[axis].range.minimum, self.grids[axis].step
        if axis is INCLINE:  # a changed minimum counts at once, although the belt may be below it
            least += max(0, math.ceil((self.policy.min_incline - least) / step)) * step
        return least

    def bounds(
        self,
        rule: str,
        speed: int | None,
        incline: int | None,
        case: str = "",
        *,
        ends_s: float | None = None,
        values: Values = (),
    ) -> Iterator[Bound]:
        """Bound both axes by a rule, in wire units; None leaves an axis without a bound."""
        if speed is not None:
            yield Bound(SPEED, speed * self.unit, rule, case, ends_s, values)
        if incline is not None:
            yield Bound(INCLINE, float(incline), rule, case, ends_s, values)

    @property
    def unit(self) -> float:
        """Factor from km/h to the machine's unit: below 1 while that unit may be miles."""
        return 1.0 if self.unit_known else 1.0 / MPH
