"""Lag, acceleration and deceleration, between steady stretches. Pure."""

from dataclasses import dataclass

from bridge.tracking.knowledge import Span

FASTEST = 300.0
"""At 3 km/h per s a belt shows a threshold soon after it began to move."""
INSTANT_S = 0.05


@dataclass(frozen=True, slots=True)
class Seen:
    """What one change of target showed; None where it did not."""

    lag: Span | None = None
    rise: Span | None = None
    fall: Span | None = None


NOTHING_SEEN = Seen()


@dataclass(slots=True)
class _Change:
    """Targets written since the belt was steady."""

    still: float
    sign: int
    first: float
    last: float
    step: int
    target: int
    writes: int = 1
    departed: float | None = None
    quarter: tuple[float, float] | None = None
    done: bool = False


class Motion:
    """Watches one axis. Monotonic seconds, wire units.

    `long` is the least change of which the speed of motion is measured.
    """

    def __init__(self, long: float) -> None:
        self._long = long
        self._still: tuple[float, int] | None = None
        self._change: _Change | None = None
        self._heard: float | None = None
        self._frame = 1.0

    def steady(self, mean: float, target: int) -> None:
        """The belt stands where it was told to be."""
        self._still, self._change = (mean, target), None

    def spoil(self) -> None:
        """Something else moves the belt."""
        self._still = self._change = None

    def wrote(self, target: int, now: float) -> None:
        """A write of ours."""
        if self._still is None:
            return
        mean, before = self._still
        change = self._change
        sign = (target > before) - (target < before)
        if change is None:
            if sign:
                self._change = _Change(mean, sign, now, now, abs(target - before), target)
        elif sign != change.sign or (target - change.target) * sign < 0:
            self.spoil()
        elif target != change.target:
            change.target, change.last = target, now
            change.writes += 1

    def sample(self, value: int, threshold: float, now: float) -> Seen:
        """A reading; what it completes. Less than `threshold` is no motion."""
        before, self._heard = self._heard, now
        if before is not None:
            self._frame = now - before
        change = self._change
        if change is None or change.done or before is None:
            return NOTHING_SEEN
        gone = (value - change.still) * change.sign
        if change.departed is None:
            if gone <= threshold:
                return NOTHING_SEEN
            change.departed = now
            return Seen(lag=self._lag(change, threshold, before, now))
        return self._speed(change, gone, now)

    def _lag(self, change: _Change, threshold: float, before: float, now: float) -> Span:
        low = max(0.0, before - change.last - threshold / FASTEST)
        exact = change.writes == 1 and change.step > 1.5 * threshold
        return Span(low, now - change.first, exact)

    def _speed(self, change: _Change, gone: float, now: float) -> Seen:
        way = abs(change.target - change.still)
        if way < self._long:
            return NOTHING_SEEN
        if change.quarter is None and gone >= 0.25 * way:
            change.quarter = (now, gone)
        if gone < 0.75 * way or change.quarter is None:
            return NOTHING_SEEN
        change.done = True
        began, had = change.quarter
        took = now - began
        if change.writes > 1:  # the ramp's speed: the machine's own is at least that
            since = now - (change.departed or began)
            span = Span(least := gone / (since + self._frame), least, exact=False)
        elif took <= 0:
            return NOTHING_SEEN
        else:
            speed = (gone - had) / (took + self._frame)
            span = Span(speed, (gone - had) / max(INSTANT_S, took - self._frame))
        return Seen(rise=span) if change.sign > 0 else Seen(fall=span)
