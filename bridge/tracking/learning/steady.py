"""Steady stretches: readings of a belt that has reached its setpoint. Pure."""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field

from bridge.tracking.learning.averages import average, median

STEADY_S = 10.0
SAMPLES = 4
GAP_S = 8.0
"""Seconds of silence that restart a stretch."""
PACE_S = 40.0
SLOW = 300.0
"""Below 3 km/h a runner's step cannot be told from noise."""
LEAST_WAY = 0.25
"""A belt that has not come this part of its way ignores the target and is no evidence."""


@dataclass(frozen=True, slots=True)
class Kind:
    """Thresholds between rest and motion on one axis, in wire units."""

    drift: float
    """Largest difference between the means of the two halves of a steady stretch."""
    wobble: float
    """Largest difference between its readings."""
    small: float
    """A smaller change of target is no motion to wait for."""
    slowest: float
    """Slowest motion of a machine, per second."""
    coarsest: float
    """Coarsest step to which a machine rounds its targets, down or to the nearest."""

    def moves(self, before: float, target: float) -> bool:
        """Return True if this change of target moves every belt that obeys."""
        step = self.coarsest
        cells = ((before // step, target // step), (round(before / step), round(target / step)))
        return all(one != other for one, other in cells)


SPEED_KIND = Kind(drift=15.0, wobble=100.0, small=20.0, slowest=5.0, coarsest=100.0)
INCLINE_KIND = Kind(drift=1.5, wobble=20.0, small=3.0, slowest=0.5, coarsest=10.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """At least 10 s in which a belt was steady after a write."""

    target: int
    mean: float
    middle: float
    """Median, which a runner's steps hardly move."""
    low: int
    """Lowest reading that the belt returned from; a fall or a rise that lasts may be a press."""
    high: int
    peak: int | None
    """Highest reading since a write that raised the target; None after a lowering."""
    ours: bool
    """True if the bridge wrote the target, False if it was pressed at the console."""

    @property
    def noise(self) -> float:
        """Largest excess of a reading over the median; below it, a runner's step shows too."""
        return self.high - self.middle

    @property
    def wander(self) -> float:
        """Largest distance of a reading from the mean."""
        return max(self.high - self.mean, self.mean - self.low)

    def droop(self, resolution: float) -> float:
        """Return the fraction of the median by which readings fell below it, beyond noise.

        A fall by one report step, `resolution`, is rounding. At a slow walk, the noise of a few
        readings is a large part of the median.
        """
        fell = (self.middle - self.low) - self.noise
        return fell / max(self.middle, SLOW) if fell > resolution else 0.0


@dataclass(slots=True)
class _Wait:
    """The wait for a steady stretch after a write."""

    target: int
    ours: bool
    ways: tuple[int, ...]
    """From the previous target and from the belt's position."""
    origin: int | None
    since: float
    least_s: float
    """Seconds that a stretch must last at least."""
    need_s: float
    """Seconds that it must last after the newest step of the reading."""
    peak: int | None = None
    step: tuple[float, bool] | None = None
    """Time of the newest change of the reading; True if it rose."""
    window: deque[tuple[float, int]] = field(default_factory=deque)


class Steadiness:
    """Detector of the first steady stretch after each write. Monotonic seconds, wire units."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._wait: _Wait | None = None
        self._told: int | None = None
        self._rest: tuple[int, float] | None = None
        """Previous target, and its steady reading."""
        self._last: tuple[float, int] | None = None

    def commanded(
        self, target: int, lag_s: float, now: float, *, ours: bool, step_s: float
    ) -> None:
        """Record a write or a named press.

        `lag_s` is the longest time until it shows, `step_s` the longest time for which the steps of
        the reports may hide that the belt moves.
        """
        wait, told = self._wait, self._told
        if wait is not None and target == wait.target:
            if ours and not wait.ours:  # it may move a belt that follows presses in another unit
                wait.ours, wait.ways, wait.since = True, (), max(wait.since, now + lag_s)
                wait.window.clear()
            return  # repeated: the stretch continues
        last = None if self._last is None else self._last[1]
        if self._rest is None and last is not None:
            self._rest = (last if told is None else told, last)
        since = now + lag_s
        if told is not None and abs(target - told) < self._kind.small:
            # A step of a ramp whose beginning was waited for.
            since = now if wait is None else max(wait.since, now)
        ways = tuple(target - value for value in (told, last) if value is not None)
        least_s = max(STEADY_S, min(PACE_S, step_s))
        self._wait = _Wait(target, ours, ways, last, since, least_s, least_s)
        self._told = target

    def spoil(self) -> None:
        """Stop until the next write: something else moves the belt."""
        self._wait = self._told = self._rest = None

    def sample(self, value: int, now: float) -> Stretch | None:
        """Take a reading; return the stretch that it completes, once after each write."""
        last, self._last = self._last, (now, value)
        wait = self._wait
        if wait is None:
            return None
        if last is not None and value != last[1]:
            self._follow_step(wait, last[1], value, now)
        self._follow_way(wait, value, now)
        if last is not None and now - last[0] > GAP_S:
            wait.window.clear()
        if now < wait.since:
            return None
        wait.window.append((now, value))
        while wait.window[-1][0] - wait.window[0][0] >= wait.need_s and len(wait.window) >= SAMPLES:
            values = [value for _, value in wait.window]
            if self._is_steady(values) and not self._ignores(wait.target, average(values)):
                return self._take(wait, values)
            wait.window.popleft()
        return None

    def _follow_way(self, wait: _Wait, value: int, now: float) -> None:
        """Check if the belt has come most of its way, so that no lag can hide the motion.

        Its way is from its position or, in any unit, from one target to the next.
        """
        origin = wait.origin
        if origin is None:
            return
        if wait.target > origin:
            wait.peak = value if wait.peak is None else max(value, wait.peak)
        if any((value - origin) / way >= 0.5 for way in wait.ways if abs(way) >= self._kind.small):
            wait.since = min(wait.since, now)

    def _follow_step(self, wait: _Wait, last: int, value: int, now: float) -> None:
        """Measure how long a coarse reading of a moving belt stays the same.

        After the first step, far from its target, it may be that of the slowest motor.
        """
        step, rose = value - last, value > last
        coarse = value % self._kind.coarsest == 0 == step % self._kind.coarsest
        if wait.step is not None and wait.step[1] is rose:
            wait.need_s = max(wait.least_s, 2 * min(PACE_S, now - wait.step[0]))
        elif coarse and (wait.target - value) / step > 1:
            wait.need_s = 2 * min(PACE_S, abs(step) / self._kind.slowest)
        wait.step = now, rose

    def _is_steady(self, values: Sequence[int]) -> bool:
        if max(values) - min(values) > self._kind.wobble:
            return False
        half = len(values) // 2
        first, second = values[:half], values[half:]
        low, high = min(second), max(second)
        slack = max(self._kind.drift, (high - low) / 2)
        if min(first) < low - slack or max(first) > high + slack:
            return False  # the end of its way
        return abs(average(first) - average(second)) <= self._kind.drift

    def _ignores(self, target: int, mean: float) -> bool:
        """Return True if the belt stays where it was although its target is far away."""
        if self._rest is None:
            return False
        told, shown = self._rest
        way, gone = target - told, mean - shown
        stays = abs(gone) <= self._kind.drift and self._kind.moves(told, target)
        return stays or (abs(way) >= self._kind.coarsest and gone / way < LEAST_WAY)

    def _take(self, wait: _Wait, values: Sequence[int]) -> Stretch:
        values = values[len(values) // 4 :]  # earlier values may still belong to the motion
        mean, middle = average(values), median(values)
        self._wait = None
        if self._rest is None or abs(mean - self._rest[1]) > self._kind.drift:
            self._rest = wait.target, mean
        usual = [index for index, value in enumerate(values) if value >= middle]
        low = min(values[usual[0] : usual[-1] + 1])
        return Stretch(wait.target, mean, middle, low, max(values), wait.peak, wait.ours)
