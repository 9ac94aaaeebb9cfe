"""The learned machine: how one treadmill moves, reads and answers, as observed so far.

Plain values, made by `bridge.tracking.learning.learner` and read by the guard. Wire units (0.01
km/h, 0.1 %) and seconds. The starting figures are wide on purpose; observation narrows them.
"""

import math
from dataclasses import dataclass, field
from enum import StrEnum

STALE_HOLD_S, STALE_FAULT_S = 3.0, 10.0
"""Seconds without a sample until the hold, and until the fault."""
LATEST_HOLD_S, LATEST_FAULT_S = 7.0, 13.0
"""Upper limits of both on a machine that reports slowly."""

LATER_S = 1.0
"""Seconds by which an echo may take longer than any before."""
PROMPT_S = 1.5
"""Largest difference in seconds of the times to an echo that pace and radio explain."""
TOLERATED_STEPS = 2
"""Steps by which a belt may read off its target before anything was learned."""


@dataclass(frozen=True, slots=True)
class Interval:
    """All values from `low` to `high`, both included."""

    low: float
    high: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high


class Echo(StrEnum):
    """Status behaviour of the machine after a write of the bridge."""

    UNKNOWN = "unknown"
    NEVER = "never"
    """Three consecutive writes had no status: every status is a press."""
    EACH = "each"
    """Each write is echoed once."""


class UnitVerdict(StrEnum):
    """Unit of a number of the machine, as far as comparisons showed it."""

    UNKNOWN = "unknown"
    KMH = "km/h"
    MPH = "mph"


@dataclass(frozen=True, slots=True)
class LearnedAxis:
    """One axis of one machine, in wire units and seconds.

    A machine steady at a target reads `gain · target + offset` within `spread`, plus `doubt` per
    unit of distance from `pivot`. The gain is less certain far from the observed targets. `spread`
    is None before the first observation. Until then the tolerance is two steps, 5 %,
    `least_tolerance` or the step of the reports, whichever is largest.
    """

    lag_s: Interval
    """Time from a write to the first reading that shows it: radio, machine and report together."""
    rise_per_s: Interval
    """Acceleration of the machine."""
    fall_per_s: Interval
    """Deceleration of the machine."""
    press: float
    """Size of a gesture: 0.5 km/h or 0.5 %."""
    least_tolerance: float
    """Smallest tolerance of a reading before anything was learned."""
    coarsest: float
    """Coarsest step to which a machine rounds its targets."""
    noise: float
    """Largest distance of a steady belt's readings from their mean."""
    resolution: float
    """Step of the reported values."""
    droop: float = 0.03
    """Fraction of its speed that the belt may lose under a runner's step."""
    overshoot: float = 0.05
    """Fraction of a target by which a belt may exceed it for some seconds after a raise."""
    gain: float = 1.0
    offset: float = 0.0
    spread: float | None = None
    doubt: float = 0.0
    """Uncertainty of the gain."""
    pivot: float = 0.0
    """Mean of the observed targets."""
    rounding: float = 0.0
    """Largest rounding down of a target, where all observed targets were read exactly.

    No band is then wider than that or than at the start. 0: readings differ, so bands are as wide
    as the observations leave possible.
    """
    grid: int | None = None
    """Rounding step of targets; None if the machine's range gives it."""
    off: Interval = Interval(-math.inf, math.inf)
    """Possible differences of an echo from its write, within one step of `grid`."""

    @property
    def slack(self) -> float:
        """Largest distance of a reading from the mean of a steady belt: noise and one step."""
        return self.noise + self.resolution

    @property
    def blur(self) -> float:
        """Largest difference of two readings of a steady belt: the noise of both, and one step."""
        return self.slack + self.noise

    @property
    def longest_step_s(self) -> float:
        """Longest time in seconds for which the steps of the reports hide that the belt moves."""
        return self.resolution / min(self.rise_per_s.low, self.fall_per_s.low)

    def tolerance(self, target: float, step: float) -> float:
        """Return the tolerance of a steady reading around `centre(target)`."""
        band, centre = self.readings(target, step), self.centre(target)
        return max(band.high - centre, centre - band.low)

    def centre(self, target: float) -> float:
        """Return the expected reading of a machine steady at `target`."""
        return self.gain * target + self.offset

    def readings(self, target: float, step: float) -> Interval:
        """Return all possible readings of a machine steady at `target`."""
        least = max(self._least(step), 0.05 * abs(target))
        if self.spread is None:
            return Interval(target - least, target + least)
        centre, reach = self.centre(target), self.spread + self.doubt * abs(target - self.pivot)
        low, high = centre - reach, centre + reach
        if self.rounding:
            low = max(low, target - max(least, self.rounding + self.noise))
            high = max(low, min(high, target + max(least, self.rounding / 2 + self.noise)))
        return Interval(low, high)

    def highest(self, target: float, step: float) -> float:
        """Return the highest reading of a belt that obeys: it may read its target exactly."""
        return max(target, self.readings(target, step).high)

    def highest_target(self, reading: float, step: float) -> float:
        """Return the highest target at which a steady machine could show `reading`."""
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

    def next_coarse(self, reading: float) -> float:
        """Return the target at which a machine of the coarsest step leaves `reading`.

        It may stand on a step and read up to one report step below it.
        """
        most = reading + max(self.noise, self.resolution)
        return self.coarsest * (math.floor(most / self.coarsest) + 1)

    def _least(self, step: float) -> float:
        return max(TOLERATED_STEPS * max(step, self.resolution), self.least_tolerance)

    def target_of(self, reading: float) -> float:
        """Return the target that belongs to `reading`, never above the reading itself.

        A belt stands on the machine's grid only, so its target is the nearest step.
        """
        step, target = self.grid or 1, (reading - self.offset) / self.gain
        nearest = step * round(target / step)
        return nearest if target <= nearest <= reading else min(reading, target)

    def found_at(self, reading: float) -> float:
        """Return the target of a belt that is found at `reading`, as exactly as reports show."""
        return min(reading, self.target_of(reading) + self.resolution / 2)

    def overshoot_of(self, target: float) -> float:
        """Return how far a belt may exceed `target` for some seconds after a raise."""
        return max(self.press, self.overshoot * abs(target))

    def fall_of_a_press(self, reading: float) -> float:
        """Return the smallest fall that a runner's step, noise and rounding cannot explain."""
        return self.press + self.droop * abs(reading) + self.noise + self.resolution


UNLEARNED_SPEED = LearnedAxis(
    lag_s=Interval(0.0, 6.0),
    rise_per_s=Interval(5.0, 300.0),
    fall_per_s=Interval(5.0, 300.0),
    press=50.0,
    least_tolerance=30.0,
    coarsest=100.0,
    noise=10.0,
    resolution=10.0,
)
"""0.05 to 3 km/h per s; 0.3 km/h; 1 km/h."""

UNLEARNED_INCLINE = LearnedAxis(
    lag_s=Interval(0.0, 6.0),
    rise_per_s=Interval(0.5, 10.0),
    fall_per_s=Interval(0.5, 10.0),
    press=5.0,
    least_tolerance=10.0,
    coarsest=10.0,
    noise=1.0,
    resolution=5.0,
    droop=0.0,
)
"""0.05 to 1 % per s; 1 %; 1 %."""


@dataclass(frozen=True, slots=True)
class LearnedMachine:
    """Model of one machine beyond its declarations; kept per address."""

    speed: LearnedAxis = UNLEARNED_SPEED
    incline: LearnedAxis = UNLEARNED_INCLINE
    frame_s: float = 1.0
    """Seconds between two samples."""
    echo: Echo = Echo.UNKNOWN
    echo_s: float = 8.0
    """Longest time from a write to its echo so far."""
    names_current: bool | None = None
    """True if its target statuses name the current speed; None while unknown."""
    sessions: int = 0
    """Number of observed sessions."""
    reports: UnitVerdict = UnitVerdict.UNKNOWN
    """Unit of reported speeds, from distance against speed."""
    targets: UnitVerdict = UnitVerdict.UNKNOWN
    """Unit of targets, from readings at two steady setpoints."""
    miles_suspected: bool = False
    """True after one steady setpoint that read 1.61 times its value, until a second one."""
    soonest_s: float = 0.0
    """Shortest time from a write to its echo; an equal status before that is a press."""
    latest_s: float = field(init=False)
    """Longest time from a write to its echo; an equal status after that is a press."""
    is_prompt: bool = field(init=False)
    """True if it echoes a write at once: its statuses then come in the order of its targets."""

    hold_s: float = field(init=False)
    """Seconds without a sample until the data are stale and nothing rises."""
    fault_s: float = field(init=False)
    """Seconds without a sample until the fault."""

    def __post_init__(self) -> None:
        hold_s = min(LATEST_HOLD_S, max(STALE_HOLD_S, 2 * self.frame_s + 0.5))
        fault_s = min(LATEST_FAULT_S, max(STALE_FAULT_S, 4 * self.frame_s + 1.0))
        prompt = self.echo is Echo.EACH and 0 < self.soonest_s >= self.echo_s - PROMPT_S
        object.__setattr__(self, "latest_s", self.echo_s + LATER_S)
        object.__setattr__(self, "is_prompt", prompt)
        object.__setattr__(self, "hold_s", hold_s)
        object.__setattr__(self, "fault_s", fault_s)

    def of(self, axis: str) -> LearnedAxis:
        """Return the figures of `speed` or `incline`."""
        return self.speed if axis == "speed" else self.incline

    @property
    def speaks_kmh(self) -> bool:
        """True if reports and targets inside the bridge are confirmed km/h.

        Targets found to be in miles are converted from then on, so they count as well.
        """
        return self.reports is UnitVerdict.KMH and self.targets is not UnitVerdict.UNKNOWN


UNLEARNED = LearnedMachine()
