"""Detection of kilometres or miles: of reports by distance, of targets by readings. Pure."""

from dataclasses import dataclass, replace

from bridge.machines import SpeedUnit
from bridge.machines.learned import STALE_HOLD_S, UnitVerdict
from bridge.values import MachineInfo
from protocols.units import MPH

DISTANCE_M = 100
RESOLUTIONS = 10
"""Distance steps in a comparison, so that one step is at most 10 % of it."""
GAP_S = STALE_HOLD_S
STILL_M = 25
"""Metres of motion at a standing distance that mean an empty belt, as some machines count it (quirk
D11). Miles would then look like kilometres."""

APART = 100
"""Two setpoints at least 1 km/h apart (wire units) tell a factor from an offset."""
SLOW = 100
"""Below 1 km/h a report step is too large a part of the speed."""
FACTORS = {1.0: (0.85, 1.15), MPH: (1.56, 1.66), 1 / MPH: (0.60, 0.645)}
"""Reading ÷ target: a machine in the same unit may be 10 % off, the others only by rounding."""

ANSWERED = 3
"""Number of newest writes that a status may answer: two written a second, and the lag."""
MANY = 12
"""Number of newest writes that a late echo may equal."""
ANSWERS = 2
"""Different answers that show the unit of statuses."""
NEAR = 10
"""Largest distance of an answer from its write, in wire units: one step."""

Seen = tuple[int, float]
"""A target and its reading."""


@dataclass(frozen=True, slots=True)
class _Way:
    """Motion since a change of the distance."""

    began: float
    first_m: int
    integral_m: float


@dataclass(frozen=True, slots=True)
class DistanceCheck:
    """A running comparison of the reported distance with the integral of the reported speed.

    It begins and ends where the distance changes, to limit the error of its resolution.
    """

    verdict: UnitVerdict = UnitVerdict.UNKNOWN
    doubted: bool = False
    """True if the newest comparison contradicts the verdict: the console's unit was switched."""
    last: tuple[float, int, int] | None = None
    """Time, speed and distance of the newest sample."""
    way: _Way | None = None
    """The comparison; None until the distance changes."""
    still_m: float = 0.0
    step_m: int = 0
    """Smallest change of the distance so far; 0 before any."""

    def add(
        self, now: float, speed: int | None, distance: int | None, gap_s: float, step: float
    ) -> "DistanceCheck":
        """Take one sample (converted 0.01 km/h, metres); a gap restarts the comparison.

        `step` is the step of the reported speed.
        """
        if speed is None or distance is None:
            return self
        last = now, speed, distance
        anew = replace(self, last=last, way=None, still_m=0.0)
        begun = _Way(now, distance, 0.0)
        if self.last is None:
            return anew
        before, was, run = self.last[0], self.last[1], distance - self.last[2]
        if now - before > gap_s or run < 0:
            return anew
        driven = (was + speed) / 2 / 360 * (now - before)
        way = self.way and replace(self.way, integral_m=self.way.integral_m + driven)
        if run == 0:
            still_m = self.still_m + driven
            far = still_m > max(STILL_M, 1.5 * self.step_m)
            return anew if far else replace(self, last=last, way=way, still_m=still_m)
        if way is None:
            return replace(anew, way=begun)
        following = replace(anew, way=way, step_m=min(run, self.step_m or run))
        counted, enough = distance - way.first_m, max(DISTANCE_M, RESOLUTIONS * following.step_m)
        if counted < enough and way.integral_m < enough * MPH:
            return following
        # Rounding cannot hide the other unit.
        rounded = step / 360 * (now - way.began)
        found = _unit(counted, way.integral_m - rounded / 2, way.integral_m + rounded)
        return replace(following._judged(found), way=begun)  # noqa: SLF001

    def _judged(self, found: UnitVerdict) -> "DistanceCheck":
        if found in {UnitVerdict.UNKNOWN, self.verdict}:
            return replace(self, doubted=False)
        if self.verdict is UnitVerdict.UNKNOWN or self.doubted:
            return replace(self, verdict=found, doubted=False)
        return replace(self, doubted=True)


def _unit(counted: int, low: float, high: float) -> UnitVerdict:
    """Return the unit of a speed whose integral is between two limits, if only one fits."""
    kmh = 0.9 * low <= counted <= 1.1 * high
    mph = 0.95 * MPH * low <= counted <= 1.05 * MPH * high
    if kmh == mph:
        return UnitVerdict.UNKNOWN
    return UnitVerdict.KMH if kmh else UnitVerdict.MPH


@dataclass(slots=True)
class NamedUnit:
    """Detector of statuses in km/h, of a machine that takes miles. Wire units.

    While they count as miles, they name 1.61 times what was written.
    """

    kmh: bool = False
    _written: tuple[int, ...] = ()
    _answers: frozenset[int] = frozenset()

    def wrote(self, target: int) -> None:
        """Record a write of ours."""
        self._written = (*self._written, target)[-MANY:]

    def named(self, value: int) -> bool:
        """Take a target status; return True if it is an answer in km/h that counts as miles."""
        newest = self._written[-ANSWERED:]
        more, less = (
            any(abs(value - written * factor) <= NEAR for written in newest)
            for factor in (MPH, 1 / MPH)
        )
        if any(abs(value - written) <= NEAR for written in self._written):
            self._answers = frozenset()
        elif less if self.kmh else more:
            self._answers |= {value}
        if len(self._answers) >= ANSWERS:
            self.kmh, self._answers = not self.kmh, frozenset()
        return self.kmh and more


def in_units(machine: MachineInfo, *, miles: bool, names_kmh: bool) -> MachineInfo:
    """Return the machine with the learned units of its targets; the same if they are known."""
    edge, named = machine.edge, SpeedUnit.KMH if names_kmh else None
    profile = edge.profile
    if not miles and (
        profile.target_speed_unit is not SpeedUnit.MPH or profile.named_speed_unit is named
    ):
        return machine
    profile = replace(profile, target_speed_unit=SpeedUnit.MPH, named_speed_unit=named)
    edge = replace(edge, profile=profile)
    return replace(machine, edge=edge, speed_range=edge.speed_range or machine.speed_range)


def factor(one: Seen, other: Seen, step: float) -> float | None:
    """Return reading ÷ target if two steady setpoints agree: 1, 1.609 or 0.621; else None.

    If the reports are too coarse for that: 1 if rounding cannot hide any other. `step` is the step
    of the reports, in wire units, which round down or to the nearest.
    """
    if min(one[0], other[0]) < SLOW or abs(one[0] - other[0]) < APART:
        return None
    for exact in FACTORS:
        if _is_possible(exact, one, other, 0.0):
            return exact
    rounded = [each for each in FACTORS if _is_possible(each, one, other, step)]
    return 1.0 if rounded == [1.0] else None


def _is_possible(each: float, one: Seen, other: Seen, step: float) -> bool:
    least, most = FACTORS[each]
    alike = all(
        shown + step >= least * told and shown - step / 2 <= most * told
        for told, shown in (one, other)
    )
    way, blur = (one[1] - other[1]) / (one[0] - other[0]), 1.5 * step / abs(one[0] - other[0])
    return alike and 0.6 * each - blur <= way <= 1.5 * each + blur
