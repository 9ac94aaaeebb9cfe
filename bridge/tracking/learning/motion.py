"""Lag, acceleration and deceleration, from changes of target on a steady belt. Pure."""

from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

from bridge.machines.learned import LearnedAxis
from bridge.tracking.learning.knowledge import Span

CALM_S = 3.0
"""Seconds of equal readings after which a belt is steady, at any speed."""
CALM_FRAMES = 3
MOST = 100
MUTE_S = 15.0
"""Seconds after which a change of target without effect is too small to be seen."""
LOST_FRAMES = 2.5
"""Frames of silence before the first motion that hide when it began."""
JITTER_S = 0.15
"""Largest delay of a frame relative to the previous one, in seconds."""
MIDDLE = (0.15, 0.85)
"""Part of the way in which a motor runs at its own rate."""
THERE = 0.9
"""Part of the way after which a belt has arrived, at any gain."""


@dataclass(frozen=True, slots=True)
class Seen:
    """Observations from one change of target; None where there is none."""

    lag: Span | None = None
    rise: Span | None = None
    fall: Span | None = None


NOTHING_SEEN = Seen()


@dataclass(slots=True)
class _Change:
    """Targets since the belt was steady."""

    low: float
    high: float
    """Highest reading of the steady belt."""
    told: float
    """Previous target."""
    up: bool
    goals: list[tuple[float, float]]
    """Targets with their times, from the previous one on."""
    ours: bool
    """True if the first target was a write of ours, not a press."""
    track: list[tuple[float, int]] = field(default_factory=list)
    """Readings from the last one before the first motion."""

    @property
    def blur(self) -> float:
        return self.high - self.low

    def gone(self, value: float) -> float:
        """Return how far a reading is beyond those of the steady belt."""
        return value - self.high if self.up else self.low - value

    @property
    def way(self) -> float:
        return abs(self.goals[-1][1] - self.told)

    @property
    def alone(self) -> float:
        """Return how far the belt went when it could only be moving to the last target."""
        return abs(self.goals[-2][1] - self.told)


class Motion:
    """Motion of one axis. Monotonic seconds, wire units.

    `long` is the smallest change from which the rate of motion is measured.
    """

    def __init__(self, long: float) -> None:
        self._long = long
        self._told: float | None = None
        self._change: _Change | None = None
        self._readings: deque[tuple[float, int]] = deque(maxlen=MOST)
        self._from = float("-inf")

    def spoil(self, lag_s: float, now: float) -> None:
        """Discard the change: something else moves the belt; it shows within `lag_s`."""
        self._told = self._change = None
        self._readings.clear()
        self._from = now + lag_s

    def commanded(
        self, target: int, axis: LearnedAxis, frame_s: float, now: float, *, ours: bool
    ) -> None:
        """Record a target: a write of ours, or a press that a status named."""
        before, change, self._told = self._told, self._change, target
        if target == before:
            return
        if change is not None:
            if (target > change.goals[-1][1]) is not change.up:
                self._end()  # unknown which of them it follows
                self._from = now + axis.lag_s.high
            else:
                change.goals.append((now, target))
            return
        if not self._is_calm(axis, frame_s, now):
            self._from = max(self._from, now + axis.lag_s.high)
            self._readings.clear()
            return
        values = [value for _, value in self._readings]
        told = sum(values) / len(values) if before is None else before
        if target != told:
            self._change = _Change(
                min(values),
                max(values),
                told,
                target > told,
                [(now, told), (now, target)],
                ours,
                [self._readings[-1]],
            )

    def _is_calm(self, axis: LearnedAxis, frame_s: float, now: float) -> bool:
        readings = self._readings
        if len(readings) < CALM_FRAMES:
            return False
        return now - readings[0][0] >= max(CALM_S, CALM_FRAMES * frame_s, axis.longest_step_s)

    def sample(self, value: int, axis: LearnedAxis, frame_s: float, now: float) -> Seen:
        """Take a reading; return the observations that it completes."""
        change = self._change
        if change is None:
            self._follow(value, axis, now)
            return NOTHING_SEEN
        if len(change.track) == 1 and change.gone(value) <= max(
            axis.resolution / 2, change.blur / 2
        ):
            change.track = [(now, value)]
            if now - change.goals[-1][0] > MUTE_S:
                self._end()
            return NOTHING_SEEN
        change.track.append((now, value))
        lag = None
        before = change.track[0][0]
        if len(change.track) == 2 and change.ours and now - before <= LOST_FRAMES * frame_s:
            lag = self._lag(change, axis, before, now)
        if change.gone(value) < THERE * change.way - change.blur / 2:
            if now - change.goals[-1][0] > 4 * MUTE_S:
                self._end()
            return NOTHING_SEEN if lag is None else Seen(lag)
        speed = self._speed(change, axis, frame_s)
        self._end()
        return Seen(lag, speed if change.up else None, None if change.up else speed)

    def _end(self) -> None:
        self._change = None
        self._readings.clear()

    def _follow(self, value: int, axis: LearnedAxis, now: float) -> None:
        """Keep the readings of a steady belt."""
        readings = self._readings
        if now < self._from:
            return
        readings.append((now, value))
        most = 2 * axis.noise + axis.resolution
        while max(v for _, v in readings) - min(v for _, v in readings) > most:
            readings.popleft()

    def _lag(self, change: _Change, axis: LearnedAxis, before: float, now: float) -> Span:
        first, last = change.goals[1], change.goals[-1]
        step = abs(first[1] - change.told)
        exact = first is last and step > axis.resolution + change.blur
        return Span(max(0.0, before - last[0]), now - first[0], exact)

    def _speed(self, change: _Change, axis: LearnedAxis, frame_s: float) -> Span | None:
        """Return the rate of a finished motion; a span that is not exact is a lower limit."""
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
            if moves:
                steps = sum(1 for now, _ in track if moves[0][0] <= now <= moves[-1][0])
                gone, took = abs(moves[-1][1] - moves[0][1]), moves[-1][0] - moves[0][0]
                blurred = JITTER_S if steps == len(moves) else frame_s
                if gone >= 2 * blur and took > 2 * blurred:
                    return Span((gone - blur) / (took + blurred), (gone + blur) / (took - blurred))
        return Span(least, least, exact=False) if least > 0 else None
