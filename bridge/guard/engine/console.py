"""The console: telling a person's press from the machine's echo, lag, droop and noise.

A status names a press unless it is an echo of a write. Without statuses a press shows as a fall or
a rise that the expected belt does not explain. One gesture may be many presses; it is one event.
All tolerances are the learned machine's.
"""

import math
from collections import deque
from dataclasses import dataclass, field

from bridge.guard.engine.expected import Expected
from bridge.guard.engine.moment import Moment
from bridge.machines.learned import Echo, LearnedAxis
from bridge.values import Axis
from protocols.frozen import frozen

FALL_S = 5.0
"""A fall is measured against the highest reading of this long."""
APART_S = 0.5
"""Two samples that confirm each other are at least this far apart."""
LASTING_S = 3.0
"""A rise without a status has lasted this long before it is a request."""
QUIET_S = 1.5
"""A gesture is over when nothing more was pressed for this long, or for 1.5 frames."""
LONGEST_S = 4.0
"""A rise is judged after this long, or after 2 frames, though it goes on."""
DOUBT_S = 2.0
"""A status that may be an echo counts as a press unless a later echo follows within this time."""
TURN_S = 2.0
"""A write may wait for its turn at the control point for this long."""


@frozen
class Press:
    """What the person at the console wants of one axis, in wire units.

    `named` is True where a status says so, `up` where it is more than the setpoint. A press that is
    not `certain` may be an echo: nothing rises until that is known.
    """

    value: int
    up: bool
    named: bool
    certain: bool = True


@dataclass(slots=True)
class Gesture:
    """Presses that belong together, in wire units and monotonic seconds."""

    began: float
    changed: float
    value: int
    up: bool
    samples: int = 1
    last: float = 0.0
    """The reading of the last change."""


@dataclass(slots=True)
class Console:
    """One axis of a running belt. Wire units, monotonic seconds."""

    axis: Axis
    outstanding: list[tuple[float, int]] = field(default_factory=list)
    """Writes that may still be echoed, the oldest first."""
    recent: list[tuple[float, int]] = field(default_factory=list)
    """Writes that may have crossed a press, echoed or not."""
    gesture: Gesture | None = None
    """What is being pressed; it is told once, at its end."""
    _exact: int = 0
    """The greatest step that all echoes are multiples of, while they are what was written."""
    _named: int | None = None
    """The target that the machine named last: a press changes it, a rounded echo may not."""
    _readings: deque[tuple[float, int]] = field(default_factory=deque)
    _level: float = float("-inf")
    """The highest reading up to the setpoint since that was lowered: a hand makes a belt fall."""
    _floor: float = float("inf")
    """The lowest reading down to the setpoint since that was raised: a hand makes a belt rise."""
    _below: Gesture | None = None
    _rise: Gesture | None = None
    _doubt: tuple[float, Press] | None = None

    def wrote(self, value: int, moment: Moment) -> None:
        """Take a write of ours."""
        self._expire(moment)
        self.outstanding.append((moment.now, value))
        self.recent.append((moment.now, value))
        self._level, self._floor = min(self._level, value), max(self._floor, value)

    def _expire(self, moment: Moment) -> None:
        """Forget the writes that are too old to be echoed."""
        oldest = moment.now - moment.learned.echo_s - TURN_S
        self.outstanding = [w for w in self.outstanding if w[0] >= oldest]
        self.recent = [w for w in self.recent if w[0] >= oldest]

    def begin(self, value: int) -> None:
        """Take the machine's own speed, or where its deck stands, for what it named last."""
        self._named = value

    def may_cross(self, moment: Moment) -> bool:
        """Return True if a write may reach the machine after what was pressed there now."""
        self._expire(moment)
        return bool(self.outstanding) or moment.learned.echo is not Echo.EACH

    def restart(self) -> None:
        """Forget readings and gestures upwards: the setpoint is another one by the console."""
        self._readings.clear()
        self._level, self._floor = float("-inf"), float("inf")
        self._below = self._rise = None

    def forget_rise(self) -> bool:
        """Let a newer request count; return True if the belt was rising by itself."""
        rose, self._rise, self._floor = self._rise is not None, None, float("inf")
        return rose

    def is_busy(self) -> bool:
        """Return True while a person is pressing keys, or may be."""
        return bool(self.gesture or self._rise or self._doubt or self._below)

    @property
    def holds(self) -> bool:
        """True while a status is in doubt: nothing is raised meanwhile."""
        return self._doubt is not None

    # --- statuses

    def status(
        self, value: int, setpoint: int, measured: float | None, moment: Moment
    ) -> Press | None:
        """Judge a target that the machine names."""
        learned = moment.learned
        newer = self._echoes(value, moment)
        self._named = value
        if newer == 0:
            self._doubt = None
            return None
        if newer is not None:
            if value >= setpoint or learned.echo is Echo.EACH:
                self._doubt = None
                return None
            # An older write's echo or a press of one step down: a later echo will tell.
            if self._doubt is not None:
                self._doubt = None
                return None
            self._doubt = moment.now, Press(value, up=False, named=True)
            return Press(value, up=False, named=True, certain=False)
        if value == setpoint or self._crosses(value, setpoint):
            return None
        if self._is_current(value, setpoint, measured, moment):
            return None
        self._doubt = None
        return Press(value, up=value > setpoint, named=True)

    def _echoes(self, value: int, moment: Moment) -> int | None:
        """Return how many writes are outstanding after the one that `value` echoes; None if none.

        Echoes come in the order of the writes, so the earlier ones are outstanding no more.
        """
        self._expire(moment)
        if moment.learned.echo is Echo.NEVER:
            return None
        axis, waiting = moment.learned.of(self.axis), self.outstanding
        step = moment.grids[self.axis].step
        known = axis.grid is not None or 0 < self._exact <= step
        near = float(axis.grid or step)
        last = len(waiting) - 1
        for index, (at, written) in enumerate(waiting):
            if moment.now - at < moment.learned.soonest_s:
                break
            if not known:
                near = axis.press if index == last else 1.0
            if abs(value - written) < near:
                self.outstanding = waiting[index + 1 :]
                self._exact = math.gcd(self._exact, value) if value == written else 0
                rounds = not known and value < written and value != self._named
                return max(last - index, int(rounds))
        return None

    def _crosses(self, value: int, setpoint: int) -> bool:
        """Return True for a write of ours that undid a press; its end writes the press again."""
        gesture = self.gesture
        if gesture is None or (value > setpoint) is gesture.up:
            return False
        return any(value == written and at <= gesture.changed for at, written in self.recent)

    def _is_current(
        self, value: int, setpoint: int, measured: float | None, moment: Moment
    ) -> bool:
        """Return True where the status names the speed of a belt on its way to the setpoint."""
        learned, axis = moment.learned, moment.learned.of(self.axis)
        if learned.names_current is False or measured is None:
            return False
        slack = axis.noise + axis.resolution
        between = min(measured, setpoint) - slack <= value <= max(measured, setpoint) + slack
        if learned.names_current:
            return between or value > setpoint  # a rise shows its end only in the readings
        # Not known yet: only upwards, where the reading will show a real press as well.
        return between and value > setpoint

    def doubted(self, now: float) -> Press | None:
        """Return the press in doubt once no later echo followed it."""
        if self._doubt is None or now - self._doubt[0] < DOUBT_S:
            return None
        press, self._doubt = self._doubt[1], None
        return press

    # --- samples

    def keep(self, now: float, measured: int) -> None:
        """Keep a reading for as long as a fall is measured against it."""
        readings = self._readings
        while readings and now - readings[0][0] > FALL_S:
            readings.popleft()
        readings.append((now, measured))

    def sample(
        self, measured: int, setpoint: int, expected: Expected, moment: Moment, *, bound: float
    ) -> Press | None:
        """Judge one reading against the expected belt; `bound` is the most that is allowed."""
        now, axis = moment.now, moment.learned.of(self.axis)
        self.keep(now, measured)
        peak = max(m for _, m in self._readings)
        level = self._level = max(self._level, min(measured, axis.centre(setpoint)))
        floor = self._floor = min(self._floor, max(measured, axis.centre(setpoint)))
        slack = axis.noise + axis.resolution
        if self.gesture is not None and not self.gesture.up:
            return self._go_on(self.gesture, measured, setpoint, moment)
        told = expected.in_force(now, axis)[1]
        holding = peak <= axis.readings(told, axis.resolution).high
        fall = axis.fall_of_a_press(peak) + expected.lowered(now, axis, FALL_S)
        fell = holding and measured <= peak - fall
        fell = fell or (measured < expected.low and measured <= level - slack)
        if fell and measured < setpoint:
            return self._fall(now, measured, axis)
        if self._below is not None and measured > self._below.last - slack:
            self._below = None
        if measured <= expected.high or measured < floor + slack:
            self._rise = None
            return None
        return self._climb(measured, setpoint, moment, bound)

    def _fall(self, now: float, measured: int, axis: LearnedAxis) -> Press | None:
        first = self._below
        if first is None:
            self._below = Gesture(now, now, measured, up=False, last=measured)
            return None
        if now - first.began < APART_S:
            return None
        return Press(int(axis.target_of(measured)), up=False, named=False)

    def _go_on(
        self, gesture: Gesture, measured: int, setpoint: int, moment: Moment
    ) -> Press | None:
        """Follow a gesture downwards for as long as the belt falls."""
        if measured >= gesture.last:
            return None
        gesture.last, gesture.changed = measured, moment.now
        value = int(moment.learned.of(self.axis).target_of(measured))
        return Press(value, up=False, named=False) if value < min(gesture.value, setpoint) else None

    def _climb(self, measured: int, setpoint: int, moment: Moment, bound: float) -> Press | None:
        now, learned, axis = moment.now, moment.learned, moment.learned.of(self.axis)
        rise = self._rise
        if rise is None:
            self._rise = Gesture(now, now, measured, up=True, last=measured)
            return None
        rise.samples += 1
        if abs(measured - rise.last) > axis.resolution:
            rise.changed, rise.last = now, measured
        lasted = now - rise.began
        quiet = now - rise.changed >= max(QUIET_S, 1.5 * learned.frame_s)
        over = quiet or lasted >= max(LONGEST_S, 2 * learned.frame_s)
        urgent = measured > bound + axis.overshoot_of(bound) or (
            measured - setpoint > 6 * axis.press
        )
        if lasted >= (APART_S if urgent else LASTING_S) and (over or urgent):
            self._rise = None
            return Press(int(axis.target_of(measured)), up=True, named=False)
        return None

    # --- gestures

    def pressed(self, value: int, measured: float | None, moment: Moment, *, up: bool) -> None:
        """Begin a gesture, or go on with it: `value` is what it comes to so far."""
        last = value if measured is None else measured
        gesture = self.gesture
        if gesture is None or gesture.up is not up:
            self.gesture = Gesture(moment.now, moment.now, value, up=up, last=last)
        else:
            gesture.value, gesture.changed, gesture.last = value, moment.now, last
        self.restart()

    def ended(self, moment: Moment) -> Gesture | None:
        """Return a gesture once, when it is over."""
        gesture = self.gesture
        quiet = max(QUIET_S, 1.5 * moment.learned.frame_s)
        if gesture is None or moment.now - gesture.changed < quiet:
            return None
        self.gesture = None
        return gesture
