"""The console: telling a person's press from the machine's echo, lag, droop and noise.

A status names a press unless it is an echo of a write. Without statuses a press shows as a fall or
a rise that the expected belt does not explain. One gesture may be many presses; it is one event.
All tolerances are the learned machine's.
"""

import math
from collections import deque
from dataclasses import dataclass, field
from itertools import pairwise

from bridge.guard.engine.expected import Expected
from bridge.guard.engine.moment import Moment
from bridge.machines.learned import Echo, LearnedAxis
from bridge.values import INCLINE, SPEED, Axis
from protocols.frozen import frozen

FALL_S = 5.0
"""A fall is measured against the highest reading of this long."""
APART_S = 0.5
"""Two samples that confirm each other are at least this far apart."""
LASTING_S = 3.0
"""A rise without a status has lasted this long before it is a request, and so has a small fall."""
QUIET_S = 1.5
"""A gesture is over when nothing more was pressed for this long, or for 1.5 frames."""
LONGEST_S = 4.0
"""A rise is judged after this long, or after 2 frames, though it goes on."""
DOUBT_S = 2.0
"""A status that may be an echo counts as a press unless a later echo follows within this time."""
SENT_S = 1.0
"""A write that no other one replaced for this long was sent, one of the other axis first."""
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
    last: float
    """The reading of the last change."""
    named: bool = False
    """True if a status names the value, so that readings near it show nothing new."""


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
    _over: Gesture | None = None
    """The gesture before, while echoes of writes from before its end may come."""
    undone: bool = False
    """True once a write of ours was seen to undo a press."""
    _exact: int = 0
    """The greatest step that all echoes are multiples of, while they are what was written."""
    _named: tuple[float, int] = float("-inf"), 0
    """The target that the machine named last: a press changes it, a rounded echo may not."""
    _readings: deque[tuple[float, int]] = field(default_factory=deque)
    _level: float = float("-inf")
    """The highest reading up to the setpoint since that was lowered: a hand makes a belt fall."""
    _floor: float = float("inf")
    """The lowest reading down to the setpoint since that was raised: a hand makes a belt rise."""
    _below: Gesture | None = None
    _fell: bool = False
    """True once a reading fell by as much as a press does, until the second one confirms it."""
    _rise: Gesture | None = None
    _doubt: tuple[float, Press, float] | None = None
    """Since when a press is in doubt, and when what it may echo was written."""
    _passed: int = 0
    """The highest status that was taken for the speed of a rising belt; a rise is no more."""

    def wrote(self, value: int, moment: Moment) -> None:
        """Take a write of ours."""
        self._expire(moment)
        self.outstanding.append((moment.now, value))
        self.recent.append((moment.now, value))
        self._level, self._floor = min(self._level, value), max(self._floor, value)
        self._passed = 0

    def _expire(self, moment: Moment) -> None:
        """Forget the writes that are too old to be echoed."""
        oldest = moment.now - moment.learned.echo_s - TURN_S
        self.outstanding = [w for w in self.outstanding if w[0] >= oldest]
        if self.recent and self.recent[0][0] < oldest:
            arrived = [w for w in self.recent if w[0] < oldest]
            self._named = max(self._named, arrived[-1])
            self.recent = self.recent[len(arrived) :]
        if self._over is not None and self._over.changed < oldest:
            self._over = None

    def begin(self, value: int, measured: float) -> None:
        """Take the machine's own speed, or where its deck stands, for what it named last."""
        self._named = float("-inf"), value
        self._level = self._floor = measured

    def may_cross(self, moment: Moment) -> bool:
        """Return True if a write may reach the machine after what was pressed there now."""
        self._expire(moment)
        return bool(self.outstanding) or moment.learned.echo is not Echo.EACH

    def restart(self) -> None:
        """Forget readings and gestures upwards: the setpoint is another one by the console."""
        self._readings.clear()
        self._level, self._floor = float("-inf"), float("inf")
        self._below = self._rise = None
        self._passed = 0

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
        self, value: int, setpoint: int, measured: float | None, lowest: int, moment: Moment
    ) -> Press | None:
        """Judge a target that the machine names; `lowest` is the least it may be following."""
        speaks = self.axis is SPEED and moment.learned.names_current is True
        match = None if speaks else self._echoes(value, moment)
        before, self._named = self._named[1], (moment.now, value)
        if match is not None:
            return self._answered(value, setpoint, match, moment)
        if value == setpoint:
            return None
        gesture = None if speaks else self.gesture or self._over
        if gesture is not None and gesture.up is (value > setpoint):
            gesture = None
        if gesture is not None and self._is_undone(value, before, gesture, moment):
            return None
        if self._is_current(value, setpoint, measured, lowest, moment):
            self._passed = max(self._passed, value)
            return None
        self._doubt = None
        written = gesture is not None and self._was_written(value, gesture.changed)
        if gesture is not None and gesture.up and (value > before or written):
            at = max((at for at, written in self.recent if written == value), default=-math.inf)
            return self._doubtful(value, at, moment)
        return Press(value, up=value > setpoint, named=True)

    def _doubtful(self, value: int, at: float, moment: Moment) -> Press:
        """Return a press that may be a write `at` some time: a later status will tell."""
        self._doubt = moment.now, Press(value, up=False, named=True), at
        return Press(value, up=False, named=True, certain=False)

    def _is_sure_rise(self, value: int, named: int, moment: Moment) -> bool:
        """Return True for a key pressed up on a machine that writes of ours have yet to reach.

        Its target was what it `named` before, or a write that may have arrived since.
        """
        axis = moment.learned.of(self.axis)
        soonest = min(moment.learned.soonest_s, axis.lag_s.low)
        arrived = (w for at, w in self.recent if moment.now - at >= soonest)
        return value > max(arrived, default=named) and value > named

    def _answered(
        self, value: int, setpoint: int, match: tuple[int, int], moment: Moment
    ) -> Press | None:
        """Judge a status that names a write which is still outstanding.

        Echoes come in order. One that leaves out an older write, or of a machine of which nothing
        is known yet, may be a press of one step down: a later echo will tell.
        """
        index, newer = match
        at, doubt = self.outstanding[index][0], self._doubt
        each = moment.learned.echo is Echo.EACH
        unsure = newer > 0 and value < setpoint and not (each and self._is_next(index))
        if doubt is not None or not unsure or not each:
            self.outstanding = self.outstanding[index + 1 :]
        self._doubt = None
        if doubt is not None:  # an older echo than this one shows that it was a press
            return doubt[1] if at < doubt[2] else None
        return self._doubtful(value, at, moment) if unsure else None

    def _is_next(self, index: int) -> bool:
        """Return True unless an older write was sent for sure, and not replaced by the next."""
        older = self.outstanding[: index + 1]
        return all(later - at < SENT_S for (at, _), (later, _) in pairwise(older))

    def _echoes(self, value: int, moment: Moment) -> tuple[int, int] | None:
        """Return which outstanding write `value` echoes, and how many are newer; None if none."""
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
                self._exact = math.gcd(self._exact, value) if value == written else 0
                rounds = not known and value < written and value != self._named[1]
                return index, max(last - index, int(rounds))
        return None

    def _is_undone(self, value: int, named: int, gesture: Gesture, moment: Moment) -> bool:
        """Return True for what is against a gesture, but no press against it.

        It is a write of ours that undid a press, which the end of the gesture writes again, or a
        key that is pressed on from there.
        """
        goes_on, learned = gesture is self.gesture, moment.learned.of(self.axis)
        echo, each = self._was_written(value, gesture.changed), moment.learned.echo is Echo.EACH
        if gesture.up:
            more = self._is_sure_rise(value, named, moment)
        else:
            oldest = gesture.began - max(TURN_S, learned.lag_s.high)
            late = (w for at, w in self.recent if oldest <= at <= gesture.changed)
            most = named if each else max(late, default=0)
            more = goes_on and value <= most and (each or not echo)
        if more:
            gesture.changed = moment.now
        found = more or (echo and (goes_on or not gesture.up))
        self.undone = found and goes_on and not (more and gesture.up)
        return found

    def _was_written(self, value: int, until: float) -> bool:
        return any(value == written and at <= until for at, written in self.recent)

    def _is_current(
        self, value: int, setpoint: int, measured: float | None, lowest: int, moment: Moment
    ) -> bool:
        """Return True where the status names the speed of a belt on its way to the setpoint."""
        learned, axis = moment.learned, moment.learned.of(self.axis)
        if self.axis is INCLINE or learned.names_current is False or measured is None:
            return False
        slack = axis.noise + axis.resolution
        least, most = min(measured, setpoint, lowest) - slack, max(measured, setpoint) + slack
        between = least <= value <= most
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
        self,
        measured: int,
        setpoint: int,
        expected: Expected,
        moment: Moment,
        *,
        bound: float,
        ceiling: float = -math.inf,
    ) -> Press | None:
        """Judge one reading against the expected belt.

        `bound` is the most that is allowed, `ceiling` what the console may take over at once.
        """
        now, axis = moment.now, moment.learned.of(self.axis)
        self.keep(now, measured)
        peak = max(m for _, m in self._readings)
        level = self._level = max(self._level, min(measured, axis.centre(setpoint)))
        floor = self._floor = min(self._floor, max(measured, axis.centre(setpoint)))
        slack = axis.noise + axis.resolution
        if self.gesture is not None and not self.gesture.up:
            return self._go_on(self.gesture, measured, setpoint, expected, moment)
        told = expected.in_force(now, axis)[1]
        holding = peak <= axis.readings(told, axis.resolution).high
        holding = holding and expected.falls < now - FALL_S
        fell = holding and measured <= peak - axis.fall_of_a_press(peak)
        below = measured < expected.low
        fell = fell or (below and measured <= level - slack)
        # Where frames are seldom, the second sample comes when the peak is older than that.
        first = self._below
        self._fell = fell = fell or (self._fell and first is not None and measured <= first.last)
        # A belt that was where it was told to be, and is no more.
        if measured < setpoint and (fell or (below and expected.low <= level)):
            return self._fall(now, measured, axis, APART_S if fell else LASTING_S)
        if self._below is not None and measured > self._below.last - slack:
            self._below = None
        # A reading up to the setpoint asks for no more than what was told already, however low the
        # machine usually reads.
        if measured <= max(expected.high, setpoint) or measured < floor + slack:
            self._rise = None
            return None
        return self._climb(measured, setpoint, moment, bound, min(bound, ceiling))

    def _fall(self, now: float, measured: int, axis: LearnedAxis, lasting_s: float) -> Press | None:
        first = self._below
        if first is None:
            self._below = Gesture(now, now, measured, up=False, last=measured)
        if first is None or now - first.began < lasting_s:
            return None
        return Press(int(axis.target_of(measured)), up=False, named=False)

    def _go_on(
        self, gesture: Gesture, measured: int, setpoint: int, expected: Expected, moment: Moment
    ) -> Press | None:
        """Follow a gesture downwards for as long as the belt falls."""
        if measured >= gesture.last:
            return None
        gesture.last, gesture.changed = measured, moment.now
        if gesture.named and measured >= expected.low:
            return None
        value = int(moment.learned.of(self.axis).target_of(measured))
        return Press(value, up=False, named=False) if value < min(gesture.value, setpoint) else None

    def _climb(
        self, measured: int, setpoint: int, moment: Moment, bound: float, most: float
    ) -> Press | None:
        now, learned, axis = moment.now, moment.learned, moment.learned.of(self.axis)
        rise = self._rise
        if rise is None:
            self._rise = Gesture(now, now, measured, up=True, last=measured)
            return None
        if abs(measured - rise.last) > axis.resolution:
            rise.changed, rise.last = now, measured
        lasted = now - rise.began
        quiet = now - rise.changed >= max(QUIET_S, 1.5 * learned.frame_s)
        over = quiet or lasted >= max(LONGEST_S, 2 * learned.frame_s)
        urgent = measured > bound + axis.overshoot_of(bound) or (
            measured - setpoint > 6 * axis.press
        )
        value = int(axis.target_of(measured))
        # A key that is held down is followed for as long as nothing need be written.
        over = over or setpoint + 2 * axis.press < value <= most
        if lasted >= (APART_S if urgent else LASTING_S) and (over or urgent):
            self._rise = None
            return Press(min(value, self._passed or value), up=True, named=False)
        return None

    # --- gestures

    def pressed(self, press: Press, measured: float | None, moment: Moment) -> None:
        """Begin a gesture, or go on with it: the press is what it comes to so far."""
        now, value, up, gesture = moment.now, press.value, press.up, self.gesture
        named = press.named and moment.learned.names_current is False
        last = value if measured is None else measured
        began = now if gesture is None or gesture.up is not up else gesture.began
        self.gesture = Gesture(began, now, value, up, last, named)
        if up and value > self._named[1]:  # no status said so, but the target is no lower
            self._named = now, value
        self.restart()

    def ended(self, moment: Moment) -> Gesture | None:
        """Return a gesture once, when it is over."""
        gesture = self.gesture
        quiet = max(QUIET_S, 1.5 * moment.learned.frame_s)
        if gesture is None or moment.now - gesture.changed < quiet:
            return None
        self.gesture, self._over = None, gesture
        return gesture
