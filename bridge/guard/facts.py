"""What the rules may know: one frozen view of the moment."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from bridge.guard.policy import Policy
from bridge.machines import Quirk
from bridge.values import INCLINATION, INCLINE, SPEED, Axis, MachineInfo, Sample
from protocols.frozen import frozen
from protocols.ranges import InclineRange, SpeedRange
from protocols.units import MPH

if TYPE_CHECKING:
    from bridge.guard.rules.cool_down import CoolDown
    from bridge.guard.rules.heart_rate import Heart
    from bridge.guard.rules.plan import Ceilings
    from bridge.guard.rules.steep import Steep

UNREADABLE_SPEED = SpeedRange(minimum=100, maximum=1200, step=10)
"""Taken where the machine does not tell its range: up to 12 km/h."""
UNREADABLE_INCLINE = InclineRange(minimum=0, maximum=100, step=5)
"""Taken where the machine does not tell its range: up to 10 %."""


@dataclass(frozen=True, slots=True)
class Grid:
    """The setpoints a machine takes on one axis, and whether it told them itself."""

    range: SpeedRange | InclineRange
    told: bool
    settable: bool
    lowest: int | None = None
    """The machine's own minimum, which may lie below what the owner allows; None: the range's."""
    fine: int = 0
    """The machine's step as it tells it: values below the range are rounded to that."""
    step: int = field(init=False)
    """The machine's step in wire units, at least 1."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "step", max(1, self.range.step))
        object.__setattr__(self, "fine", self.fine or self.step)

    def believes(self, value: float) -> bool:
        """Return True if a person can have set this: it is not far below the machine's range."""
        lowest = self.range.minimum if self.lowest is None else self.lowest
        return value >= min(lowest, 0) - self.step

    def coarser(self, step: int | None) -> "Grid":
        """The same with a coarser step that was learned, where all of its targets are on this."""
        low = self.range.minimum
        if step is None or step <= self.step or step % self.step or low % self.step:
            return self
        coarse = replace(self.range, minimum=-(-low // step) * step, step=step)
        return replace(self, range=coarse, fine=self.step)

    def floor(self, value: float) -> int:
        """Return the machine's largest step not above `value`, below the range too.

        A belt may stand below the lowest request that is allowed: by the console, or because the
        owner changed that while it ran. It is not raised at a stroke.
        """
        least = self.range.minimum
        if value < least:
            below = least - math.ceil((least - value) / self.fine) * self.fine
            # A speed of 0 would be a stop, and a lower one is none.
            return max(below, 1) if isinstance(self.range, SpeedRange) else below
        return self.range.floor(value)


def why_observed(machine: MachineInfo | None, axis: Axis | None = None) -> str | None:
    """Return the reason why a machine, or one axis of it, can only be observed.

    None if it takes orders, or may take them.
    """
    quirks = machine.quirks if machine else ()
    if Quirk.NO_CONTROL_POINT in quirks or Quirk.NO_ANSWERS in quirks:
        return "watched_only"
    if Quirk.REFUSES_EVERYTHING in quirks:
        return "refuses_everything"
    return "no_speed" if axis is SPEED and Quirk.NO_SPEED_CONTROL in quirks else None


def speed_grid(machine: MachineInfo | None) -> Grid:
    """The speeds a machine takes; a careful guess where it does not say."""
    settable = why_observed(machine, SPEED) is None
    told = machine.speed_range if machine else None
    if told is not None and told.maximum > 0 and told.minimum <= told.maximum:
        if told.minimum == 0:  # that is a stop, and no speed to be asked of a machine
            told = replace(told, minimum=min(UNREADABLE_SPEED.minimum, told.maximum))
        return Grid(told, told=True, settable=settable)
    return Grid(UNREADABLE_SPEED, told=False, settable=settable)


def incline_grid(machine: MachineInfo | None, least: int) -> Grid:
    """The inclines a machine takes, from the owner's `least` (0.1 %) upwards.

    There are none where its range is empty (0 to 0 is common) or all of it lies below.
    """
    takes_orders = why_observed(machine) is None
    told = machine.incline_range if machine else None
    if told is not None:
        lowest = told.minimum
        steps = max(0, math.ceil((least - lowest) / max(1, told.step)))
        told = replace(told, minimum=told.minimum + steps * max(1, told.step))
        settable = takes_orders and told.minimum < told.maximum
        return Grid(told, told=True, settable=settable, lowest=lowest)
    features = machine.features if machine else None
    offered = features is not None and INCLINATION in features.settable
    return Grid(UNREADABLE_INCLINE, told=False, settable=takes_orders and offered)


Measured = dict[Axis, int | None]


def measured(sample: Sample | None) -> Measured:
    """What a sample says of each axis (wire units); None where it says nothing."""
    if sample is None:
        return {SPEED: None, INCLINE: None}
    return {SPEED: sample.data.speed, INCLINE: sample.data.incline}


def present(values: Measured) -> dict[Axis, int]:
    """Only what was measured."""
    return {axis: value for axis, value in values.items() if value is not None}


@frozen
class Facts:
    """One moment, as the rules see it. Wire units and seconds."""

    now: float
    policy: Policy
    grids: dict[Axis, Grid]
    settled: bool
    age: float
    fresh: bool
    garbled: bool
    """Whether the machine sent what cannot be true a moment ago."""
    unit_known: bool
    warm_up_left: float
    steep: "tuple[Steep, ...]"
    cool_down: "CoolDown | None"
    heart: "Heart"
    rest_left: float = 0.0
    plan: "Ceilings | None" = None
    """The ceilings of the person's plan; None without a plan."""
    speed: int | None = None
    """Measured."""
    incline: int | None = None
    """Measured, or else what it was last known to be."""
    wanted_incline: int | None = None
    """What a person asked for."""

    def lowest(self, axis: Axis) -> int:
        """The lowest setpoint that may be asked on an axis."""
        least, step = self.grids[axis].range.minimum, self.grids[axis].step
        if axis is INCLINE:  # a changed minimum counts at once, though the belt may stand below it
            least += max(0, math.ceil((self.policy.min_incline - least) / step)) * step
        return least

    @property
    def unit(self) -> float:
        """What a limit in km/h is worth in the machine's unit: less while that may be miles."""
        return 1.0 if self.unit_known else 1.0 / MPH
