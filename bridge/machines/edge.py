"""Conversion between a machine's numbers and the bridge's; nothing else converts.

The bridge uses only 0.01 km/h and 0.1 %. Measurements are rounded to the nearest. Ranges are
narrowed to the values inside. Targets are rounded *down* to the machine's grid, so that a
conversion never exceeds the guard's setpoint: a step in miles counts as the nearest 0.01 km/h, as a
request for it does. Without a conversion, values pass unchanged: 8.20
km/h is 820 in both directions.
"""

from bisect import bisect_right
from dataclasses import dataclass, replace
from itertools import pairwise
from math import ceil, floor
from typing import Final

from bridge.machines.profile import PLAIN, Profile, SpeedUnit
from protocols.ranges import InclineRange, Range, SpeedRange
from protocols.units import MPH

USUAL_STEP: Final = 10
"""0.1 km/h or 0.1 mph: step of a machine that reports its range in the other unit."""
_TOLERANCE: Final = 1e-6


class MilesRange(SpeedRange):
    """Speeds of a machine with steps in miles, each to the nearest 0.01 km/h."""

    __slots__ = ()

    def floor(self, value: float) -> int:
        """Return the machine's fastest step not above `value`; see `Range.floor`."""
        if not value >= self.minimum:
            return self.minimum
        least, step = _in_miles(self.minimum), floor(self.step / MPH)
        miles = _in_miles(floor(min(value, self.maximum)))
        return round((least + (miles - least) // step * step) * MPH)


@dataclass(frozen=True, slots=True)
class Edge:
    """One machine: its profile, and its reported ranges in its own numbers."""

    profile: Profile = PLAIN
    told_speed: SpeedRange | None = None
    told_incline: InclineRange | None = None

    # --- ranges

    @property
    def speed_range(self) -> SpeedRange | None:
        """Settable speeds in 0.01 km/h; None if the machine reports no range."""
        grid = self._speed_grid()
        if grid is None or self.profile.target_speed_unit is not SpeedUnit.MPH:
            return grid
        low, high = (round(limit * MPH) for limit in (grid.minimum, grid.maximum))
        return MilesRange(low, high, ceil(max(1, grid.step) * MPH))

    def _speed_grid(self) -> SpeedRange | None:
        """Targets that the machine takes, in their own unit; None if unknown."""
        profile = self.profile
        unit = profile.target_speed_unit or SpeedUnit.KMH
        told, told_unit = self.told_speed, profile.range_speed_unit or SpeedUnit.KMH
        if told is not None and profile.speed_step is not None:
            told = replace(told, step=profile.speed_step)
        if profile.speed_range is not None:
            told, told_unit = profile.speed_range, SpeedUnit.KMH
        if told is None or told_unit is unit:
            return told
        low, high = _inward(told, MPH if told_unit is SpeedUnit.MPH else 1 / MPH)
        return SpeedRange(
            ceil(low / USUAL_STEP) * USUAL_STEP, high // USUAL_STEP * USUAL_STEP, USUAL_STEP
        )

    @property
    def incline_range(self) -> InclineRange | None:
        """Settable inclines in 0.1 %; None if the machine reports no range."""
        profile = self.profile
        told = profile.incline_range
        if told is None and profile.incline_table:
            true = [true for _, true in profile.incline_table]
            step = min((b - a for a, b in pairwise(true)), default=1)
            told = InclineRange(true[0], true[-1], step)
        elif told is None and self.told_incline is not None:
            told = self.told_incline
            if profile.incline_scale != 1:
                scale = profile.incline_scale
                low, high = _inward(told, scale)
                told = InclineRange(low, high, max(1, ceil(told.step * scale - _TOLERANCE)))
        if told is not None and profile.incline_step is not None:
            told = replace(told, step=profile.incline_step)
        return told

    # --- from the machine

    def reported_speed(self, speed: int) -> int:
        """Convert a reported speed to 0.01 km/h."""
        if self.profile.reported_speed_unit is SpeedUnit.MPH:
            return round(speed * MPH)
        return speed

    def reported_incline(self, number: int) -> int | None:
        """Convert a reported incline to 0.1 %; None if the number is meaningless."""
        profile = self.profile
        if not profile.incline_reported:
            return None
        if profile.incline_table or profile.incline_scale != 1 or profile.incline_offset:
            return self.incline(number) + profile.incline_offset
        return number

    def target_speed(self, speed: int) -> int:
        """Convert a target speed from a status to 0.01 km/h."""
        unit = self.profile.named_speed_unit or self.profile.target_speed_unit
        return round(speed * MPH) if unit is SpeedUnit.MPH else speed

    def incline(self, number: int) -> int:
        """Convert an incline from a report or status to 0.1 %."""
        table = self.profile.incline_table
        if not table:
            return round(number * self.profile.incline_scale)
        at = bisect_right(table, number, key=lambda row: row[0])
        if at == 0 or at == len(table):
            return table[min(at, len(table) - 1)][1]
        (low, true_low), (high, true_high) = table[at - 1], table[at]
        return true_low + round((true_high - true_low) * (number - low) / (high - low))

    # --- to the machine

    def speed_order(self, speed: int) -> int:
        """Convert a target speed to the machine's number, rounded down."""
        if self.profile.target_speed_unit is not SpeedUnit.MPH:
            return speed
        wanted = _in_miles(speed)
        grid = self._speed_grid()
        if grid is None:
            return wanted // USUAL_STEP * USUAL_STEP
        return wanted if wanted < grid.minimum else grid.floor(wanted)

    def incline_order(self, incline: int) -> int:
        """Convert a target incline to the machine's number, rounded down."""
        table = self.profile.incline_table
        if table:
            known = [number for number, true in table if true <= incline]
            return known[-1] if known else table[0][0]
        scale = self.profile.incline_scale
        if scale == 1:
            return incline
        wanted = floor(incline / scale + _TOLERANCE)
        told = self.told_incline
        if told is None or wanted < told.minimum:
            return wanted
        return told.floor(wanted)


def _in_miles(speed: int) -> int:
    """Return the largest speed in 0.01 mph that is not above `speed`, to the nearest 0.01 km/h."""
    return floor((speed + 0.5) / MPH)


def _inward(told: Range, factor: float) -> tuple[int, int]:
    """Return minimum and maximum of a range in another unit, both inside the reported one."""
    return (
        ceil(told.minimum * factor - _TOLERANCE),
        floor(told.maximum * factor + _TOLERANCE),
    )


PLAIN_EDGE: Final = Edge()
"""Edge without any conversion."""
