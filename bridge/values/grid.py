"""Setpoints that a machine takes on each axis, for all who send or show targets."""

import math
from dataclasses import dataclass, field, replace

from bridge.machines import Quirk
from bridge.values import INCLINATION, SPEED, Axis, MachineInfo
from protocols.ranges import InclineRange, SpeedRange

UNREADABLE_SPEED = SpeedRange(minimum=100, maximum=1200, step=10)
"""Assumed where the machine does not report its range: up to 12 km/h."""
UNREADABLE_INCLINE = InclineRange(minimum=0, maximum=100, step=5)
"""Assumed where the machine does not report its range: up to 10 %."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Setpoints that a machine takes on one axis, and whether it reported that range itself."""

    range: SpeedRange | InclineRange
    told: bool
    settable: bool
    lowest: int | None = None
    """The machine's own minimum, which may be below the owner's; None: that of the range."""
    fine: int = 0
    """The machine's own step, used for values below the range; 0 if it is the range's."""
    step: int = field(init=False)
    """Step of the machine in wire units, at least 1."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "step", max(1, self.range.step))
        object.__setattr__(self, "fine", self.fine or self.step)

    def __hash__(self) -> int:
        # A part is enough, and cheaper: the guard looks grids up at every decision.
        return hash((self.range.minimum, self.range.maximum, self.step))

    def believes(self, value: float) -> bool:
        """Return True if a person can have set this: it is not far below the machine's range."""
        return value >= min(self.own_minimum, 0) - self.step

    def taken(self, target: int) -> int:
        """Return what the machine makes of a target: nothing below its own minimum, if known."""
        return max(target, self.own_minimum) if self.told else target

    @property
    def own_minimum(self) -> int:
        """The machine's own minimum, which may be between two of its steps."""
        return self.range.minimum if self.lowest is None else self.lowest

    def coarser(self, step: int | None) -> "Grid":
        """Return the grid with a learned coarser step, if it is a multiple of the declared."""
        low = self.range.minimum
        # A step off the declared grid would round to values that the machine refuses.
        if step is None or step <= self.step or step % self.step or low % self.step:
            return self
        coarse = replace(self.range, minimum=-(-low // step) * step, step=step)
        return replace(self, range=coarse, fine=self.step, lowest=self.own_minimum)

    def floor(self, value: float) -> int:
        """Return the machine's largest step not above `value`, also below the range.

        A belt may be below the lowest allowed request, set at the console or before the owner
        changed the limit. It is not raised in one step.
        """
        least = self.range.minimum
        if value < least:
            below = least - math.ceil((least - value) / self.fine) * self.fine
            # 0 km/h would mean stop, and negative speeds do not exist.
            return max(below, 1) if isinstance(self.range, SpeedRange) else below
        return self.range.floor(value)


def why_observed(machine: MachineInfo | None, axis: Axis | None = None) -> str | None:
    """Return the reason why a machine, or one axis of it, can only be observed.

    None if it takes targets, or may take them.
    """
    quirks = machine.quirks if machine else ()
    if Quirk.NO_CONTROL_POINT in quirks or Quirk.NO_ANSWERS in quirks:
        return "watched_only"
    if Quirk.REFUSES_EVERYTHING in quirks:
        return "refuses_everything"
    return "no_speed" if axis is SPEED and Quirk.NO_SPEED_CONTROL in quirks else None


def speed_grid(machine: MachineInfo | None) -> Grid:
    """Return the speeds that a machine takes; a cautious default if it reports no range."""
    settable = why_observed(machine, SPEED) is None
    told = machine.speed_range if machine else None
    if told is not None and told.maximum > 0 and told.minimum <= told.maximum:
        if told.minimum == 0:  # 0 means stop and is not a speed setpoint
            told = replace(told, minimum=min(UNREADABLE_SPEED.minimum, told.maximum))
        return Grid(told, told=True, settable=settable)
    return Grid(UNREADABLE_SPEED, told=False, settable=settable)


def incline_grid(machine: MachineInfo | None, least: int) -> Grid:
    """Return the inclines that a machine takes, from the owner's `least` (0.1 %) upwards.

    No incline is settable if the range is empty (0 to 0 is common) or entirely below `least`.
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
