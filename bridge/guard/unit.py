"""Whether the machine speaks km/h: its distance, always in metres, against its speed over time."""

from dataclasses import dataclass, replace
from enum import Enum

from bridge.guard.policy import MPH

DISTANCE_M = 200
"""Long enough that machines which count in tens of metres are within 5 %."""
GAP_S = 3.0


class Unit(Enum):
    """What the comparison has shown."""

    UNKNOWN = "unknown"
    KMH = "kmh"
    MPH = "mph"


@dataclass(frozen=True, slots=True)
class UnitCheck:
    """A running comparison: metres reported and metres that the reported speed makes."""

    unit: Unit = Unit.UNKNOWN
    time: float | None = None
    speed: int = 0
    first_m: int = 0
    integral_m: float = 0.0

    def add(self, now: float, speed: int | None, distance: int | None) -> "UnitCheck":
        """Take one sample (0.01 km/h, metres); a gap or a counter that falls starts anew."""
        if self.unit is Unit.KMH:
            return self
        if speed is None or distance is None:
            return self if self.time is None else replace(self, time=None)
        run = distance - self.first_m
        if self.time is None or not 0 <= now - self.time <= GAP_S or run < 0:
            return UnitCheck(self.unit, now, speed, distance)
        integral = self.integral_m + (self.speed + speed) / 2 / 360 * (now - self.time)
        if run < DISTANCE_M and integral < DISTANCE_M * MPH:
            return replace(self, time=now, speed=speed, integral_m=integral)
        ratio = run / integral if integral else float("inf")
        unit: Unit = self.unit
        if 0.9 <= ratio <= 1.1:
            unit = Unit.KMH
        elif 0.95 <= ratio / MPH <= 1.05:
            unit = Unit.MPH
        return UnitCheck(unit, now, speed, distance)
