"""Lag, acceleration and deceleration, from belts that stood still and were told to move. Pure."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

from bridge.machines.learned import LearnedAxis
from bridge.tracking.learning.knowledge import Span

CALM_S = 3.0
"""A belt whose readings were alike for this long stands still, whatever its speed."""
CALM_FRAMES = 3
MOST = 100
MUTE_S = 15.0
"""A change of target that does not show for this long is too small to be seen."""
LOST_FRAMES = 2.5
"""A longer silence just before a belt is seen to move hides when it began."""
JITTER_S = 0.15
"""How late a frame may be, against the one before."""
MIDDLE = (0.15, 0.85)
"""The part of the way on which a motor moves at its own speed."""
THERE = 0.9
"""The part of the way after which a belt has arrived, whatever its gain."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What one change of target showed; None where it did not."""

    lag: Span | None = None
    rise: Span | None = None
    fall: Span | None = None


NOTHING_SEEN = Seen()


@dataclass(slots=True)
class _Change:
    """Targets told since the belt stood still."""

    low: float
    high: float
    """Its readings until then."""
    told: float
    """What it was told before."""
    sign: int
    goals: list[tuple[float, int]]
    ours: bool
    """True if the first of them was a write of ours, not a press."""
    track: list[tuple[float, int]] = field(default_factory=list)
    """Its readings from the last one before it was seen to move."""

    @property
    def blur(self) -> float:
        return self.high - self.low

    def gone(self, value: float) -> float:
        """How far a reading lies beyond those of the belt that stood still."""
        return value - self.high if self.sign > 0 else self.low - value

    @property
    def way(self) -> float:
        return abs(self.goals[-1][1] - self.told)

    @property
    def alone(self) -> float:
        """How far the belt has gone when it can only be moving to the last target."""
        return abs(self.goals[-2][1] - self.told) if len(self.goals) > 1 else 0.0


class Motion:
    """Watches one axis. Monotonic seconds, wire units.

    `long` is the least change of which the speed of motion is measured.
    """

    def __init__(self, long: float) -> None:
        self._long = long
        self._told: float | None = None
        self._change: _Change | None = None
        self._readings: deque[tuple[float, int]] = deque()
        self._from = 0.0
        self._frame_s = 1.0

    def spoil(self, lag_s: float, now: float) -> None:
        """Something else moves the belt; it shows within `lag_s`."""
        self._told = self._change = None
        self._readings.clear()
        self._from = now + lag_s

    def told(self, target: int, axis: LearnedAxis, now: float, *, ours: bool) -> None:
        """A write of ours, or a press that a status named."""
        before, change, self._told = self._told, self._change, target
        if target == before:
            return
        if change is not None:
            if (target - change.goals[-1][1]) * change.sign < 0:
                self._end()  # which of them it follows is not known
                self._from = now + axis.lag_s.high
            else:
                change.goals.append((now, target))
            return
        if not self._is_calm(axis, now):
            self._from = max(self._from, now + axis.lag_s.high)
            self._readings.clear()
            return
        values = [value for _, value in self._readings]
        told = sum(values) / len(values) if before is None else before
        if target != told:
            sign = 1 if target > told else -1
            self._change = _Change(
                min(values), max(values), told, sign, [(now, target)], ours, [self._readings[-1]]
            )

    def _is_calm(self, axis: LearnedAxis, now: float) -> bool:
        readings = self._readings
        if len(readings) < CALM_FRAMES:
            return False
        step_s = axis.resolution / min(axis.rise_per_s.low, axis.fall_per_s.low)
        return now - readings[0][0] >= max(CALM_S, CALM_FRAMES * self._frame_s, step_s)

    def sample(self, value: int, axis: LearnedAxis, frame_s: float, now: float) -> Seen:
        """A reading; what it completes."""
        self._frame_s = frame_s
        change = self._change
        if change is None:
            self._follow(value, axis, now)
            return NOTHING_SEEN
        before = change.track[-1][0]
        if len(change.track) == 1 and change.gone(value) <= max(
            axis.resolution / 2, change.blur / 2
        ):
            change.track = [(now, value)]
            if now - change.goals[-1][0] > MUTE_S:
                self._end()
            return NOTHING_SEEN
        change.track.append((now, value))
        lag = None
        if len(change.track) == 2 and change.ours and now - before <= LOST_FRAMES * frame_s:
            lag = self._lag(change, axis, before, now)
        if change.gone(value) < THERE * change.way - change.blur / 2:
            if now - change.goals[-1][0] > 4 * MUTE_S:
                self._end()
            return NOTHING_SEEN if lag is None else Seen(lag)
        speed = self._speed(change, axis)
        self._end()
        return Seen(lag, speed if change.sign > 0 else None, speed if change.sign < 0 else None)

    def _end(self) -> None:
        self._change = None
        self._readings.clear()

    def _follow(self, value: int, axis: LearnedAxis, now: float) -> None:
        """Keep the readings of a belt that stands still."""
        readings = self._readings
        if now < self._from:
            return
        readings.append((now, value))
        most = 2 * axis.noise + axis.resolution
        values = [each for _, each in readings]
        while max(values) - min(values) > most:
            readings.popleft()
            values.pop(0)
        while len(readings) > MOST:
            readings.popleft()

    def _lag(self, change: _Change, axis: LearnedAxis, before: float, now: float) -> Span:
        first, last = change.goals[0], change.goals[-1]
        step = abs(first[1] - change.told)
        exact = len(change.goals) == 1 and step > axis.resolution + change.blur
        return Span(max(0.0, before - last[0]), now - first[0], exact)

    def _speed(self, change: _Change, axis: LearnedAxis) -> Span | None:
        """The speed of the motion that is over; a span that is not exact is the least it can be."""
        alone, way, track = change.alone, change.way, change.track
        if way < self._long:
            return None
        blur = change.blur + axis.resolution
        least = (change.gone(track[-1][1]) - blur) / (track[-1][0] - track[0][0])
        if way - alone >= self._long:
            low, high = (alone + part * (way - alone) for part in MIDDLE)
            moves = [
                (now, value)
                for (_, last), (now, value) in pairwise(track)
                if value != last and low <= change.gone(value) <= high
            ]
            steps = sum(1 for now, _ in track if moves and moves[0][0] <= now <= moves[-1][0])
            if len(moves) > 1:
                gone, took = abs(moves[-1][1] - moves[0][1]), moves[-1][0] - moves[0][0]
                blurred = JITTER_S if steps == len(moves) else self._frame_s
                if gone >= 2 * blur and took > 2 * blurred:
                    return Span((gone - blur) / (took + blurred), (gone + blur) / (took - blurred))
        return Span(least, least, exact=False) if least > 0 else None
