"""Controls the heart rate within a band, by speed or incline. Pure.

It lowers freely and raises slowly: a heart takes minutes to respond, and the first minutes of its
rise say nothing about the gain (Wang and Hunt, PLOS ONE 2023 18(10) e0292310).
"""

from dataclasses import dataclass, field

RAISE_EVERY_S, RAISE_KMH = 20.0, 0.1
"""The largest raise, and the seconds between two."""
QUIET_S = 180.0
"""Seconds at the start of a step in which nothing rises."""
LOWER_EVERY_S = 5.0
_MOST_LOWER_KMH = 1.0
_FILTER_S = 8.0
"""Time constant of the low-pass on the heart rate, in seconds."""
_SLOPE_S = 20.0
"""Time constant of the low-pass on its slope, in seconds."""
_AHEAD_S = 40.0
"""Seconds of extrapolation of the heart rate by its slope."""
_BPM_PER_KMH = 10.0
"""Assumed final change of the heart rate per km/h."""
_GAP_S = 5.0
"""Gap in seconds after which the slope is reset."""
PERCENT_PER_KMH = 2.5
"""Incline equivalent to one km/h, by ACSM at 8 to 9 km/h."""


@dataclass(slots=True)
class HeartControl:
    """Control of one step.

    Args:
        band: beats per minute.
        now: start of the step, in monotonic seconds.
        may_rise: False in a warm-up and a cool-down.
    """

    band: tuple[float, float]
    now: float
    may_rise: bool = True
    _mean: float | None = None
    _slope: float = 0.0
    _last: float = field(default=float("-inf"))
    _moved: float = field(default=float("-inf"))

    def change(self, bpm: int | None, now: float) -> float:
        """Return the change of speed now, in km/h; mostly 0."""
        if bpm is None:
            self._mean, self._slope = None, 0.0
            return 0.0
        dt, self._last = now - self._last, now
        if self._mean is None or not 0 < dt <= _GAP_S:
            self._mean = float(bpm) if self._mean is None else self._mean
            return 0.0
        before = self._mean
        self._mean += (bpm - self._mean) * dt / (_FILTER_S + dt)
        slope = (self._mean - before) / dt
        self._slope += (slope - self._slope) * dt / (_SLOPE_S + dt)
        low, high = self.band
        middle = (low + high) / 2
        foreseen = self._mean + max(self._slope * _AHEAD_S, -5.0)
        since = now - self._moved
        over = max(self._mean, foreseen) - middle
        room = (high - low) / 4
        if over > room and since >= LOWER_EVERY_S:
            self._moved = now
            return -min(_MOST_LOWER_KMH, over / _BPM_PER_KMH * 0.35)
        under = middle - max(self._mean, self._mean + self._slope * _AHEAD_S)
        quiet = now - self.now < QUIET_S or not self.may_rise
        if under > min(room, 2.0) and not quiet and since >= RAISE_EVERY_S:
            self._moved = now
            return min(RAISE_KMH, under / _BPM_PER_KMH)
        return 0.0
