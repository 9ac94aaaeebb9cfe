"""Detection of kilometres or miles: of reports by distance, of targets by readings. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from bridge.machines.learned import STALE_HOLD_S, UnitVerdict
from protocols.units import MPH

DISTANCE_M = 100
RESOLUTIONS = 10
"""Distance steps in a comparison, so that one step is at most 10 % of it."""
GAP_S = STALE_HOLD_S
STILL_M = 25
"""Metres of motion at a standing distance that mean an empty belt, as some machines count it (quirk
D11). Miles would then look like kilometres."""
TWICE = 2
"""Consecutive comparisons that overrule an earlier verdict: the console's unit was switched."""

APART = 100
"""Two setpoints at least 1 km/h apart (wire units) tell a factor from an offset."""
SLOW = 100
"""Below 1 km/h a report step is too large a part of the speed."""
FACTORS = {1.0: (0.85, 1.15), MPH: (1.56, 1.66), 1 / MPH: (0.60, 0.645)}
"""Reading ÷ target: a machine in the same unit may be 10 % off, the others only by rounding."""

Seen = tuple[int, float]
"""A target and its reading."""


@dataclass(frozen=True, slots=True)
class DistanceCheck:
    """A running comparison of the reported distance with the integral of the reported speed.

    It begins and ends where the distance changes, to limit the error of its resolution.
    """

    verdict: UnitVerdict = UnitVerdict.UNKNOWN
    against: int = 0
    """Consecutive comparisons that contradict the verdict."""
    time: float | None = None
    speed: int = 0
    first_m: int | None = None
    last_m: int = 0
    integral_m: float = 0.0
    still_m: float = 0.0
    step_m: int = 1000
    """Smallest change of the distance so far."""
    began: float = 0.0
    """Time at which the comparison began."""

    def add(
        self,
        now: float,
        speed: int | None,
        distance: int | None,
        gap_s: float = GAP_S,
        step: float = 0.0,
    ) -> "DistanceCheck":
        """Take one sample (converted 0.01 km/h, metres); a gap restarts the comparison.

        `step` is the step of the reported speed.
        """
        if speed is None or distance is None:
            return self
        before, run = self.time, distance - self.last_m
        if before is None or not 0 <= now - before <= gap_s or run < 0:
            return self._anew(now, speed, distance)
        driven = (self.speed + speed) / 2 / 360 * (now - before)
        if run == 0:
            still = self.still_m + driven
            far = max(STILL_M, 1.5 * self.step_m if self.step_m < 1000 else 0)
            return (
                self._anew(now, speed, distance)
                if still > far
                else self._on(now, speed, distance, driven, still_m=still)
            )
        if self.first_m is None:
            return self._anew(now, speed, distance, first_m=distance)
        following = self._on(now, speed, distance, driven, step_m=min(self.step_m, run))
        enough = max(DISTANCE_M, RESOLUTIONS * following.step_m)
        if distance - self.first_m < enough and following.integral_m < enough * MPH:
            return following
        return following._judged(step)  # noqa: SLF001 - same class

    def _on(
        self,
        now: float,
        speed: int,
        distance: int,
        driven: float,
        *,
        still_m: float = 0.0,
        step_m: int | None = None,
    ) -> "DistanceCheck":
        return DistanceCheck(
            self.verdict,
            self.against,
            now,
            speed,
            self.first_m,
            distance,
            self.integral_m + driven,
            still_m,
            self.step_m if step_m is None else step_m,
            self.began,
        )

    def _anew(
        self, now: float, speed: int, distance: int, first_m: int | None = None
    ) -> "DistanceCheck":
        return DistanceCheck(
            self.verdict, self.against, now, speed, first_m, distance, 0.0, 0.0, self.step_m, now
        )

    def _judged(self, step: float) -> "DistanceCheck":
        """Judge the comparison; a unit is found only if rounding cannot hide the other one."""
        time, way = self.time or 0.0, self.last_m - (self.first_m or 0)
        rounded = step / 360 * (time - self.began)
        low, high = self.integral_m - rounded / 2, self.integral_m + rounded
        found = UnitVerdict.UNKNOWN
        if 0.9 * low <= way <= 1.1 * high and way < 0.95 * MPH * low:
            found = UnitVerdict.KMH
        elif 0.95 * MPH * low <= way <= 1.05 * MPH * high and way > 1.1 * high:
            found = UnitVerdict.MPH
        verdict, against = self.verdict, 0
        if found is not UnitVerdict.UNKNOWN and found is not verdict:
            against = self.against + 1
            if verdict is UnitVerdict.UNKNOWN or against >= TWICE:
                verdict, against = found, 0
        return DistanceCheck(
            verdict,
            against,
            self.time,
            self.speed,
            self.last_m,
            self.last_m,
            step_m=self.step_m,
            began=time,
        )


def factor(points: Iterable[tuple[int, float]], step: float = 0.0) -> float | None:
    """Return reading ÷ target if two steady setpoints agree: 1, 1.609 or 0.621; else None.

    If the reports are too coarse for that: 1 if rounding cannot hide any other.

    Args:
        points: targets and their readings, in wire units.
        step: step of the reports, which round down or to the nearest.
    """
    fast = [(target, shown) for target, shown in points if target >= SLOW]
    for one, other in combinations(fast, 2):
        if abs(one[0] - other[0]) < APART:
            continue
        found = [each for each in FACTORS if _is_possible(each, one, other, 0.0)]
        found = found or [each for each in FACTORS if _is_possible(each, one, other, step)]
        if len(found) == 1 and (found == [1.0] or _is_possible(found[0], one, other, 0.0)):
            return found[0]
    return None


def _is_possible(each: float, one: Seen, other: Seen, step: float) -> bool:
    least, most = FACTORS[each]
    alike = all(
        shown + step >= least * told and shown - step / 2 <= most * told
        for told, shown in (one, other)
    )
    way, blur = (one[1] - other[1]) / (one[0] - other[0]), 1.5 * step / abs(one[0] - other[0])
    return alike and 0.6 * each - blur <= way <= 1.5 * each + blur
