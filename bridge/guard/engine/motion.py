"""Presses that only the readings show: falls and rises that the expected belt does not explain."""

import math
from collections import deque
from dataclasses import dataclass, field

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.expected import Expected
from bridge.guard.engine.gesture import LONGEST_S, STEP, URGENT, Gesture, Press
from bridge.guard.facts import Facts
from bridge.machines.learned import Echo, LearnedAxis
from bridge.values import Axis

FALL_S = 5.0
"""Window in seconds whose highest reading is the reference for a fall."""
APART_S = 0.5
"""Minimum distance in seconds between two samples that confirm each other."""
LASTING_S = 3.0
"""Seconds that a rise without a status, or a small fall, must last before it is a request."""


@dataclass(slots=True)
class Motion:
    """Readings of one axis of a running belt. Wire units, monotonic seconds."""

    axis: Axis
    passed: int = 0
    """Last status taken for the current speed of a rising belt, and not for a press."""
    floor: float = math.inf
    """Lowest reading down to the setpoint since it was raised; reference for a press up."""
    _readings: deque[tuple[float, int]] = field(default_factory=deque)
    _level: float = -math.inf
    """Highest reading up to the setpoint that no write lowered since; reference for a fall."""
    _held: float = -math.inf
    """Reading of the setpoint before a lowering that the belt has not followed yet."""
    _below: Gesture | None = None
    _fell: bool = False
    """True if one reading fell by the size of a press; the second reading confirms it."""
    _rise: Gesture | None = None

    @property
    def rises(self) -> bool:
        """True while a rise may be a press."""
        return self._rise is not None

    @property
    def falls(self) -> bool:
        """True while low readings may be a press."""
        return self._below is not None

    @property
    def heard(self) -> float:
        """Time of the newest kept reading."""
        return self._readings[-1][0] if self._readings else -math.inf

    def is_steady(self, noise: float) -> bool:
        """Return True if the kept readings differ by no more than `noise`."""
        seen = [reading for _, reading in self._readings]
        return len(seen) > 1 and max(seen) - min(seen) <= noise

    def climbs(self, axis: LearnedAxis) -> bool:
        """Return True if the newest reading is the highest kept one, well above the lowest."""
        seen = [reading for _, reading in self._readings]
        return bool(seen) and max(seen) - axis.noise <= seen[-1] > min(seen) + axis.slack

    def begin(self, measured: float) -> None:
        """Take the reading of a belt that has settled as the reference."""
        self._level = self.floor = measured

    def wrote(self, value: int, before: float, axis: LearnedAxis) -> None:
        """Take a write of ours; the machine may refuse it and go on to the setpoint `before`."""
        self._level, self.floor = min(self._level, value), max(self.floor, value)
        held = max(self._held, axis.centre(before))
        self.passed, self._held = 0, held if value < held else -math.inf

    def restart(self, level: float = -math.inf) -> None:
        """Drop all readings: the console changed the setpoint; a slowed belt is at `level`."""
        self._readings.clear()
        self._level, self.floor = level, math.inf
        self._below = self._rise = None
        self.passed, self._held = 0, -math.inf

    def forget_rise(self) -> bool:
        """Drop a rise for a newer request; return True if the belt was rising by itself."""
        rose, self._rise, self.floor = self._rise is not None, None, math.inf
        return rose

    def keep(self, now: float, measured: int) -> None:
        """Keep a reading while it may be the reference for a fall."""
        while self._readings and now - self._readings[0][0] > FALL_S:
            self._readings.popleft()
        self._readings.append((now, measured))

    def sample(
        self,
        measured: int,
        state: AxisState,
        expected: Expected,
        facts: Facts,
        bound: float,
        *,
        gesture: Gesture | None,
    ) -> Press | None:
        """Judge a reading; `bound` is the highest allowed value, `gesture` the one in progress."""
        now, axis, setpoint = facts.now, facts.learned.of(self.axis), state.written
        self.keep(now, measured)
        peak, centre = max(m for _, m in self._readings), axis.centre(setpoint)
        level = self._level if now > expected.falls else min(self._level, expected.low)
        level = self._level = max(level, min(measured, centre))
        slack, drop = axis.slack, peak - axis.fall_of_a_press(peak)
        if measured <= max(drop, centre + slack):
            self._held = -math.inf
        floor = self.floor = max(self._held, min(self.floor, max(measured, centre)))
        if gesture is not None and not gesture.up:
            return self._go_on(gesture, measured, setpoint, expected, facts)
        unnamed = facts.learned.names_current or facts.learned.echo is Echo.NEVER
        if gesture and unnamed and not gesture.named and measured > gesture.last + axis.resolution:
            gesture.last, gesture.changed = measured, now
        told = expected.in_force(now, axis)[1]
        # No write of ours moves a belt that has been above its setpoint for longer than it takes.
        way_s = axis.lag_s.high + max(0.0, peak - axis.centre(told)) / axis.fall_per_s.low
        stays = expected.setpoints[-1][0] + way_s < now - FALL_S
        holding = stays or peak <= axis.highest(told, axis.resolution)
        fell = holding and expected.falls < now - FALL_S and measured <= drop
        # With slow frames, the peak is outside the window when the second sample comes.
        again = self._fell and self._below is not None and measured <= self._below.last + slack
        self._fell = fell = fell or again
        # Until its rounding is known, a belt short of its setpoint may be where it comes to rest.
        least = axis.readings(setpoint, facts.grids[self.axis].step).low
        below = measured < expected.low and (axis.spread is not None or level >= least)
        fell = fell or (below and measured <= level - axis.blur)
        # The belt had reached its setpoint and has left it.
        if measured < setpoint and (fell or (below and expected.low <= level)):
            return self._fall(now, measured, axis, APART_S if fell else LASTING_S)
        if self._below is not None and measured > self._below.last - slack:
            self._below = None
        # A reading up to the setpoint requests no increase, even on a machine that reads low.
        if measured <= max(expected.high, setpoint) or measured < floor + slack:
            self._rise = None
            return None
        return self._climb(measured, setpoint, facts, bound, min(bound, state.ceiling))

    def _fall(self, now: float, measured: int, axis: LearnedAxis, lasting_s: float) -> Press | None:
        if self._below is None:
            self._below = Gesture(now, now, measured, up=False, last=measured)
        elif now - self._below.began >= lasting_s:
            return Press(int(axis.target_of(measured)), up=False, named=False)
        return None

    def _go_on(
        self, gesture: Gesture, measured: int, setpoint: int, expected: Expected, facts: Facts
    ) -> Press | None:
        """Continue a gesture downwards while the belt falls."""
        if measured >= gesture.last:  # no further fall
            return None
        gesture.last, gesture.changed = measured, facts.now
        # On its way to the named value.
        if measured >= gesture.floor or (gesture.named and measured >= expected.low):
            return None
        value = int(facts.learned.of(self.axis).target_of(measured))
        return Press(value, up=False, named=False) if value < min(gesture.value, setpoint) else None

    def _climb(
        self, measured: int, setpoint: int, facts: Facts, bound: float, most: float
    ) -> Press | None:
        now, axis, rise = facts.now, facts.learned.of(self.axis), self._rise
        if rise is None:
            self._rise = Gesture(now, now, measured, up=True, last=measured)
            return None
        if abs(measured - rise.last) > axis.resolution:
            rise.changed, rise.last = now, measured
        lasted = now - rise.began
        over = rise.is_quiet(facts) or lasted >= max(LONGEST_S, 2 * facts.learned.frame_s)
        urgent = measured > min(bound + axis.overshoot_of(bound), setpoint + URGENT * axis.press)
        value = int(axis.target_of(measured))
        # Follow a held key while no write is needed.
        over = over or setpoint + STEP * axis.press < value <= most
        if lasted >= (APART_S if urgent else LASTING_S) and (over or urgent):
            self._rise = None
            return Press(min(value, self.passed or value), up=True, named=False)
        return None
