"""Steady stretches: readings of a belt that has reached its setpoint. Pure."""

from collections import deque
from dataclasses import dataclass

from bridge.tracking.learning.averages import mean, median

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
    far: float
    """A change of target by this much moves every obeying belt: none rounds coarser."""


SPEED_KIND = Kind(drift=15.0, wobble=100.0, small=20.0, far=100.0)
INCLINE_KIND = Kind(drift=1.5, wobble=20.0, small=3.0, far=10.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """At least 10 s in which a belt was steady after a write."""

    target: int
    mean: float
    middle: float
    """Median, which a runner's steps hardly move."""
    low: int
    high: int
    peak: int | None
    """Highest reading since a write that raised the target; None after a lowering."""
    ours: bool = True
    """True if the bridge wrote the target, False if it was pressed at the console."""

    @property
    def noise(self) -> float:
        """Largest excess of a reading over the median; below it, a runner's step shows too."""
        return self.high - self.middle

    @property
    def wander(self) -> float:
        """Largest distance of a reading from the mean."""
        return max(self.high - self.mean, self.mean - self.low)

    @property
    def droop(self) -> float:
        """Fraction of the median by which readings fell below it, beyond noise.

        At a slow walk, the noise of a few readings is a large part of it.
        """
        fell = (self.middle - self.low) - self.noise
        return max(0.0, fell / max(self.middle, SLOW))


class Steadiness:
    """Detector of the first steady stretch after each write. Monotonic seconds, wire units."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._target: int | None = None
        self._ours = True
        self._ways: tuple[int, ...] = ()
        self._told: int | None = None
        self._origin: int | None = None
        self._rest: tuple[int, float] | None = None
        """Previous target, and its steady reading."""
        self._peak: int | None = None
        self._from = 0.0
        self._window: deque[tuple[float, int]] = deque()
        self._last: int | None = None
        self._heard = 0.0
        self._changed = 0.0
        self._step = 0
        self._pace = 0.0

    @property
    def target(self) -> int | None:
        """Target whose stretch is pending."""
        return self._target

    def commanded(self, target: int, lag_s: float, now: float, *, ours: bool) -> None:
        """Record a write or a named press; `lag_s` is the longest time until it shows."""
        if target == self._target:
            return  # a repeated write: the stretch continues
        before = (self._told, self._last)
        if self._rest is None and self._last is not None:
            self._rest = (self._last if self._told is None else self._told, self._last)
        self._ways = tuple(target - value for value in before if value is not None)
        if self._told is None or abs(target - self._told) >= self._kind.small:
            self._from = now + lag_s
        else:  # a step of a ramp whose beginning was waited for
            self._from = max(self._from, now)
        self._target, self._origin, self._peak = target, self._last, None
        self._ours = ours
        self._told = target
        self._window.clear()
        self._pace, self._step = 0.0, 0

    def spoil(self) -> None:
        """Stop until the next write: something else moves the belt."""
        self._target = self._told = self._rest = None
        self._window.clear()

    def sample(self, value: int, now: float) -> Stretch | None:
        """Take a reading; return the stretch that it completes, once after each write."""
        last, heard = self._last, self._heard
        self._last, self._heard = value, now
        if last is not None and value != last:
            self._follow_step(value - last, now)
        target = self._target
        if target is None:
            return None
        self._follow_way(value, target, now)
        if now - heard > GAP_S:
            self._window.clear()
        if now < self._from:
            return None
        self._window.append((now, value))
        need = max(STEADY_S, 2 * self._pace)
        while self._window[-1][0] - self._window[0][0] >= need and len(self._window) >= SAMPLES:
            if self._is_steady():
                return self._take(target)
            self._window.popleft()
        return None

    def _follow_step(self, step: int, now: float) -> None:
        """Measure how long a coarse reading of a moving belt stays the same."""
        if step * self._step > 0:
            self._pace = min(PACE_S, now - self._changed)
        self._step, self._changed = step, now

    def _follow_way(self, value: int, target: int, now: float) -> None:
        """Check if the belt has come most of its way, so that no lag can hide the motion.

        Its way is from its position or, in any unit, from one target to the next.
        """
        origin = self._origin
        if origin is None:
            return
        if target > origin and (self._peak is None or value > self._peak):
            self._peak = value
        if now < self._from and any(
            (value - origin) / way >= 0.5 for way in self._ways if abs(way) >= self._kind.small
        ):
            self._from = now

    def _is_steady(self) -> bool:
        values = [value for _, value in self._window]
        if max(values) - min(values) > self._kind.wobble or self._ignores(mean(values)):
            return False
        half = len(values) // 2
        first, second = values[:half], values[half:]
        low, high = min(second), max(second)
        slack = max(self._kind.drift, (high - low) / 2)
        if min(first) < low - slack or max(first) > high + slack:
            return False  # the end of its way
        return abs(mean(first) - mean(second)) <= self._kind.drift

    def _ignores(self, mean: float) -> bool:
        """Return True if the belt stays where it was although its target is far away."""
        if self._rest is None or self._target is None:
            return False
        told, shown = self._rest
        way = self._target - told
        return abs(way) >= self._kind.far and (mean - shown) / way < LEAST_WAY

    def _take(self, target: int) -> Stretch:
        values = [value for _, value in self._window]
        values = values[len(values) // 4 :]  # earlier values may still belong to the motion
        stretch = Stretch(
            target, mean(values), median(values), min(values), max(values), self._peak, self._ours
        )
        self._target = None
        if self._rest is None or abs(stretch.mean - self._rest[1]) > self._kind.drift:
            self._rest = target, stretch.mean
        self._window.clear()
        return stretch
