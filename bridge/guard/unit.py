"""Whether the machine speaks km/h: its distance, always in metres, against its speed over time."""

from dataclasses import replace
from enum import Enum

from bridge.guard.policy import MPH
from protocols.frozen import frozen

DISTANCE_M = 200
"""Long enough that machines which count in tens of metres are within 5 %."""
GAP_S = 3.0
STILL_M = 25
"""A belt that runs this far while its distance stands still has nobody on it, as some machines
count it (quirk D11): miles would look like kilometres. Known machines jump by 10 m at most.
"""


class Unit(Enum):
    """What the comparison has shown."""

    UNKNOWN = "unknown"
    KMH = "kmh"
    MPH = "mph"


@frozen
class UnitCheck:
    """A running comparison: metres reported and metres that the reported speed makes."""

    unit: Unit = Unit.UNKNOWN
    time: float | None = None
    speed: int = 0
    first_m: int = 0
    last_m: int = 0
    integral_m: float = 0.0
    still_m: float = 0.0

    def add(self, now: float, speed: int | None, distance: int | None) -> "UnitCheck":
        """Take one sample (0.01 km/h, metres); what breaks off starts anew."""
        if self.unit is Unit.KMH:
            return self
        if speed is None or distance is None:
            return self if self.time is None else replace(self, time=None)
        run = distance - self.first_m
        if self.time is None or not 0 <= now - self.time <= GAP_S or run < 0:
            return _anew(self.unit, now, speed, distance)
        driven = (self.speed + speed) / 2 / 360 * (now - self.time)
        integral = self.integral_m + driven
        still = self.still_m + driven if distance == self.last_m else 0.0
        if still > STILL_M:
            return _anew(self.unit, now, speed, distance)
        if run < DISTANCE_M and integral < DISTANCE_M * MPH:
            return UnitCheck(self.unit, now, speed, self.first_m, distance, integral, still)
        ratio = run / integral if integral else float("inf")
        unit: Unit = self.unit
        if 0.9 <= ratio <= 1.1:
            unit = Unit.KMH
        elif 0.95 <= ratio / MPH <= 1.05:
            unit = Unit.MPH
        return _anew(unit, now, speed, distance)


def _anew(unit: Unit, now: float, speed: int, distance: int) -> UnitCheck:
    return UnitCheck(unit, now, speed, first_m=distance, last_m=distance)
