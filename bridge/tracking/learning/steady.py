"""Steady stretches: what a belt shows once it stands where it was told to be. Pure."""

from collections import deque
from dataclasses import dataclass
from statistics import fmean, median

STEADY_S = 10.0
SAMPLES = 4
GAP_S = 8.0
"""After a longer silence a stretch begins anew."""
PACE_S = 40.0
SLOW = 300.0
"""Below 3 km/h a runner's step is no part of the speed that could be told from noise."""
LEAST_WAY = 0.25
"""A belt that has not come this part of its way ignores the target, and teaches nothing."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What tells rest from motion on one axis, in wire units."""

    drift: float
    """The most that the means of the two halves of a steady stretch differ."""
    wobble: float
    """The most that its readings differ."""
    small: float
    """A change of target by less is no motion that could be waited for."""
    far: float
    """A change of target by this much moves every belt that obeys: none rounds coarser."""


SPEED_KIND = Kind(drift=15.0, wobble=100.0, small=20.0, far=100.0)
INCLINE_KIND = Kind(drift=1.5, wobble=20.0, small=3.0, far=10.0)


@dataclass(frozen=True, slots=True)
class Stretch:
    """At least 10 s in which a belt stood where a write had sent it."""

    target: int
    mean: float
    middle: float
    """The median, which a runner's steps hardly move."""
    low: int
    high: int
    peak: int | None
    """The highest reading since a write that raised the target; None after another one."""
    ours: bool = True
    """True if the target was written by the bridge, False if it was pressed at the console."""

    @property
    def noise(self) -> float:
        """The farthest that a reading lay above the median; below, a runner's step shows too."""
        return self.high - self.middle

    @property
    def wander(self) -> float:
        """The farthest that a reading lay from the mean."""
        return max(self.high - self.mean, self.mean - self.low)

    @property
    def droop(self) -> float:
        """The part of the median that readings fell below it, beyond what noise explains.

        At a slow walk the noise of a few readings is a large part of it.
        """
        fell = (self.middle - self.low) - self.noise
        return max(0.0, fell / max(self.middle, SLOW))


class Steadiness:
    """Waits for the first steady stretch after each write. Monotonic seconds, wire units."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind
        self._target: int | None = None
        self._ours = True
        self._ways: tuple[int, ...] = ()
        self._told: int | None = None
        self._origin: int | None = None
        self._rest: tuple[int, float] | None = None
        """A target, and what was shown there before the belt was sent on."""
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
        """The target whose stretch is waited for."""
        return self._target

    def told(self, target: int, lag_s: float, now: float, *, ours: bool) -> None:
        """A write of ours, or a named press; `lag_s` is the most that passes until it shows."""
        if target == self._target:
            return  # written again: what is seen of it counts on
        before = (self._told, self._last)
        if self._rest is None and self._last is not None:
            self._rest = (self._last if self._told is None else self._told, self._last)
        self._ways = tuple(target - value for value in before if value is not None)
        if self._told is None or abs(target - self._told) >= self._kind.small:
            self._from = now + lag_s
        else:  # a step of a ramp, whose beginning was waited for
            self._from = max(self._from, now)
        self._target, self._origin, self._peak = target, self._last, None
        self._ours = ours
        self._told = target
        self._window.clear()
        self._pace, self._step = 0.0, 0

    def spoil(self) -> None:
        """Something else moves the belt: nothing is learned until the next write."""
        self._target = self._told = self._rest = None
        self._window.clear()

    def sample(self, value: int, now: float) -> Stretch | None:
        """A reading; the stretch that it completes, once after each write."""
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
        """Measure how long a coarse reading of a moving belt stays as it is."""
        if step * self._step > 0:
            self._pace = min(PACE_S, now - self._changed)
        self._step, self._changed = step, now

    def _follow_way(self, value: int, target: int, now: float) -> None:
        """See if the belt has come most of its way: then no lag hides that it still will.

        Its way is from where it was or, in whatever unit, from one target to the next.
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
        if max(values) - min(values) > self._kind.wobble or self._ignores(fmean(values)):
            return False
        half = len(values) // 2
        first, second = values[:half], values[half:]
        low, high = min(second), max(second)
        slack = max(self._kind.drift, (high - low) / 2)
        if min(first) < low - slack or max(first) > high + slack:
            return False  # the end of its way
        return abs(fmean(first) - fmean(second)) <= self._kind.drift

    def _ignores(self, mean: float) -> bool:
        """Return True if the belt stays where it was though it was sent far from there."""
        if self._rest is None or self._target is None:
            return False
        told, shown = self._rest
        way = self._target - told
        return abs(way) >= self._kind.far and (mean - shown) / way < LEAST_WAY

    def _take(self, target: int) -> Stretch:
        values = [value for _, value in self._window]
        values = values[len(values) // 4 :]  # what is before may still be its way there
        stretch = Stretch(
            target, fmean(values), median(values), min(values), max(values), self._peak, self._ours
        )
        self._target = None
        if self._rest is None or abs(stretch.mean - self._rest[1]) > self._kind.drift:
            self._rest = target, stretch.mean
        self._window.clear()
        return stretch
