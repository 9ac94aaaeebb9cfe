"""The learned machine: how one treadmill moves, reads and answers, as far as observation has shown.

Plain values, made by `bridge.tracking.learning.learner` and read by the guard. Wire units
(0.01 km/h, 0.1 %) and seconds. The starting figures are wide on purpose; observation narrows them.
"""

from dataclasses import dataclass, field
from enum import StrEnum

STALE_HOLD_S, STALE_FAULT_S = 3.0, 10.0
"""Seconds without a sample after which nothing may rise, and after which that is a fault."""
LATEST_HOLD_S, LATEST_FAULT_S = 7.0, 13.0
"""The same on any machine, however slowly it reports."""


@dataclass(frozen=True, slots=True)
class Interval:
    """All values from `low` to `high`, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


class Echo(StrEnum):
    """How the machine's statuses answer a target that the bridge wrote."""

    UNKNOWN = "unknown"
    NEVER = "never"
    """Three writes in a row stayed without a status: every status is a press."""
    EACH = "each"
    """Each write comes back once."""


class UnitVerdict(StrEnum):
    """Which unit a number of the machine is in, as far as it was compared."""

    UNKNOWN = "unknown"
    KMH = "km/h"
    MPH = "mph"


@dataclass(frozen=True, slots=True)
class LearnedAxis:
    """One axis of one machine, in wire units and seconds.

    A machine that stands steady at a target reads `gain · target + offset`, give or take `spread`
    and, for each unit of distance from `pivot`, `doubt`: the gain is the less certain the farther
    from the targets that were observed. `spread` is None until any were; then a tolerance of two
    steps, 5 %, `least_tolerance` or the step of the reports holds.
    """

    lag_s: Interval
    """From a write to the first reading that shows it: radio, machine and report together."""
    rise_per_s: Interval
    """The machine's own acceleration."""
    fall_per_s: Interval
    """The machine's own deceleration."""
    press: float
    """What counts as a gesture: half a km/h or half a percent."""
    least_tolerance: float
    """The least that a reading may differ from a target before anything was learned."""
    noise: float
    """Readings of a steady belt lie within this of their mean."""
    resolution: float
    """The step of the reported values."""
    droop: float = 0.03
    """The part of its speed that the belt may lose under a runner's step."""
    overshoot: float = 0.05
    """The part of a target that a belt may exceed it by for some seconds after a raise."""
    gain: float = 1.0
    offset: float = 0.0
    spread: float | None = None
    doubt: float = 0.0
    """How far the gain may be off."""
    pivot: float = 0.0
    """The mean of the targets that were observed."""
    rounding: float = 0.0
    """Where all targets were read as told, the most that others may be rounded down by.

    Then no band is wider than that, or than at the start. 0: readings differ, so bands are as wide
    as what was observed leaves possible.
    """
    grid: int | None = None
    """The step that the machine rounds targets to; None where that is what its range says."""

    def tolerance(self, target: float, step: float) -> float:
        """How far a steady reading may lie from `centre(target)`."""
        band, centre = self.readings(target, step), self.centre(target)
        return max(band.high - centre, centre - band.low)

    def centre(self, target: float) -> float:
        """The reading to expect of a machine that stands steady at `target`."""
        return self.gain * target + self.offset

    def readings(self, target: float, step: float) -> Interval:
        """All readings of a machine that stands steady at `target`."""
        least = max(self._least(step), 0.05 * abs(target))
        if self.spread is None:
            return Interval(target - least, target + least)
        centre, reach = self.centre(target), self.spread + self.doubt * abs(target - self.pivot)
        low, high = centre - reach, centre + reach
        if self.rounding:
            low = max(low, target - max(least, self.rounding + self.noise))
            high = max(low, min(high, target + max(least, self.rounding / 2 + self.noise)))
        return Interval(low, high)

    def highest_target(self, reading: float, step: float) -> float:
        """The highest target at which this machine, standing steady, could show `reading`."""
        least = self._least(step)
        if self.rounding:
            least = max(least, self.rounding + self.noise)
        by_start = max(reading + least, reading / 0.95)
        if self.spread is None:
            return by_start
        # reading ≥ gain · target + offset − spread − doubt · |target − pivot|
        beyond = reading - (self.centre(self.pivot) - self.spread)
        slope = self.gain - self.doubt if beyond >= 0 else self.gain + self.doubt
        most = self.pivot + beyond / slope
        return min(most, by_start) if self.rounding else most

    def _least(self, step: float) -> float:
        return max(2.0 * step, self.least_tolerance, self.resolution)

    def target_of(self, reading: float) -> float:
        """The target that `reading` belongs to, never above the reading itself."""
        return min(reading, (reading - self.offset) / self.gain)

    def overshoot_of(self, target: float) -> float:
        """How far a belt may exceed `target` for some seconds after a raise."""
        return max(self.press, self.overshoot * abs(target))

    def fall_of_a_press(self, reading: float) -> float:
        """The least fall that a runner's step, noise and rounding cannot explain."""
        return self.press + self.droop * abs(reading) + self.noise + self.resolution


UNLEARNED_SPEED = LearnedAxis(
    lag_s=Interval(0.0, 6.0),
    rise_per_s=Interval(5.0, 300.0),
    fall_per_s=Interval(5.0, 300.0),
    press=50.0,
    least_tolerance=30.0,
    noise=10.0,
    resolution=10.0,
)
"""0.05 to 3 km/h per s; 0.3 km/h."""

UNLEARNED_INCLINE = LearnedAxis(
    lag_s=Interval(0.0, 6.0),
    rise_per_s=Interval(0.5, 10.0),
    fall_per_s=Interval(0.5, 10.0),
    press=5.0,
    least_tolerance=10.0,
    noise=1.0,
    resolution=5.0,
    droop=0.0,
)
"""0.05 to 1 % per s; 1 %."""


@dataclass(frozen=True, slots=True)
class LearnedMachine:
    """What is known of one machine beyond what it declares; kept per address."""

    speed: LearnedAxis = UNLEARNED_SPEED
    incline: LearnedAxis = UNLEARNED_INCLINE
    frame_s: float = 1.0
    """Seconds between two samples."""
    echo: Echo = Echo.UNKNOWN
    echo_s: float = 8.0
    """The longest time seen from a write to its echo."""
    names_current: bool | None = None
    """True if its target statuses name the current speed; None while that is not known."""
    sessions: int = 0
    """Sessions in which it was observed."""
    reports: UnitVerdict = UnitVerdict.UNKNOWN
    """The unit of reported speeds, by distance against speed."""
    targets: UnitVerdict = UnitVerdict.UNKNOWN
    """The unit of targets, by what is measured at two steady setpoints."""
    miles_suspected: bool = False
    """True if the newest steady setpoint read 1.61 times what was told, and no second one yet."""
    soonest_s: float = 0.0
    """No echo comes sooner after its write; what names the same by then is a press."""

    hold_s: float = field(init=False)
    """Seconds without a sample after which the data are stale."""
    fault_s: float = field(init=False)
    """Seconds without a sample after which that is a fault."""

    def __post_init__(self) -> None:
        hold_s = min(LATEST_HOLD_S, max(STALE_HOLD_S, 2 * self.frame_s + 0.5))
        fault_s = min(LATEST_FAULT_S, max(STALE_FAULT_S, 4 * self.frame_s + 1.0))
        object.__setattr__(self, "hold_s", hold_s)
        object.__setattr__(self, "fault_s", fault_s)

    def of(self, axis: str) -> LearnedAxis:
        """The learned figures of `speed` or `incline`."""
        return self.speed if axis == "speed" else self.incline

    @property
    def speaks_kmh(self) -> bool:
        """True if the numbers inside the bridge are verified km/h, both reports and targets.

        Targets that were found to be in miles are converted from then on, so they count as well.
        """
        return self.reports is UnitVerdict.KMH and self.targets is not UnitVerdict.UNKNOWN


UNLEARNED = LearnedMachine()
