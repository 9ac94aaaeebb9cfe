"""Console presses, told apart from echoes, lag, droop and noise.

A status names a press unless it echoes a write. Presses without a status are found by `Motion`. A
gesture may hold many presses and is one event.
"""

import math
from dataclasses import dataclass, field

from bridge.guard.engine.expected import CROSSING_S
from bridge.guard.engine.gesture import LONGEST_S, QUIET_S, STEP, Gesture, Press
from bridge.guard.engine.motion import Motion
from bridge.guard.facts import Facts
from bridge.machines.learned import Echo
from bridge.machines.rounding import is_named, rounds
from bridge.values import INCLINE, SPEED, Axis

DOUBT_S = 2.0
"""A possible echo counts as a press unless a later echo follows within this many seconds."""


@dataclass(slots=True)
class Console:
    """Console state of one axis of a running belt. Wire units, monotonic seconds."""

    axis: Axis
    motion: Motion = field(init=False)
    outstanding: list[tuple[float, int]] = field(default_factory=list)
    """Writes that may still be echoed, with the times of sending, oldest first."""
    recent: list[tuple[float, int]] = field(default_factory=list)
    """Writes that may have crossed a press, echoed or not."""
    gesture: Gesture | None = None
    """Gesture in progress; reported once, at its end."""
    _over: Gesture | None = None
    """Previous gesture, kept while writes from before its end may be echoed."""
    undone: bool = False
    """True once a write of ours was seen to undo a press."""
    _named: tuple[float, int] = -math.inf, 0
    """Time and value of the last reported target: a press changes it, a rounded echo may not."""
    _doubt: tuple[float, Press, float, int] | None = None
    """A press in doubt: its time, the press, and the time and value of the write it may echo."""

    def __post_init__(self) -> None:
        self.motion = Motion(self.axis)

    def sending(self, value: int, facts: Facts) -> None:
        """Record a target that is being written now."""
        self._expire(facts)
        self.outstanding.append((facts.now, value))
        self.recent.append((facts.now, value))

    def _expire(self, facts: Facts) -> None:
        """Drop the writes that are too old to be echoed."""
        oldest = facts.now - facts.learned.latest_s
        self.outstanding = [w for w in self.outstanding if w[0] >= oldest]
        arrived = [w for w in self.recent if w[0] < oldest]
        self._named = max([self._named, *arrived[-1:]])
        self.recent = self.recent[len(arrived) :]
        if self._over is not None and self._over.changed < oldest:
            self._over = None

    def begin(self, value: int, measured: float) -> None:
        """Take the current speed or incline as the last reported target."""
        self._named = -math.inf, value
        self.motion.begin(measured)

    def may_cross(self, facts: Facts) -> bool:
        """Return True if a write may reach the machine after a press made now."""
        self._expire(facts)
        return bool(self.outstanding) or facts.learned.echo is not Echo.EACH

    @property
    def in_gesture(self) -> bool:
        """True while a gesture may be in progress."""
        return bool(self.gesture or self._doubt or self.motion.rises)

    @property
    def is_busy(self) -> bool:
        """True in a gesture, and while low readings may begin one."""
        return self.in_gesture or self.motion.falls

    @property
    def holds(self) -> bool:
        """True while a status is in doubt; nothing rises meanwhile."""
        return self._doubt is not None

    # --- statuses

    def status(
        self, value: int, setpoint: int, measured: float | None, low: float, facts: Facts
    ) -> Press | None:
        """Judge a reported target; `low` is the lowest expected reading."""
        speaks = self.axis is SPEED and facts.learned.names_current is True
        match = None if speaks else self._echoes(value, facts)
        (named_at, before), self._named = self._named, (facts.now, value)
        if speaks and value < before:
            self._still_slows(facts.now)
        if match is not None:
            return self._answered(value, setpoint, match, facts)
        if setpoint <= value < before and self._is_sure_fall(value, before, setpoint, facts):
            return Press(value, up=False, named=True)
        if value == setpoint:
            return None
        gesture = None if speaks else self.gesture or self._over
        if gesture is not None and gesture.up is (value > setpoint):
            gesture = None
        if gesture is not None and self._is_undone(value, before, gesture, facts):
            return None
        falls = self._doubt is not None or (self.gesture is not None and not self.gesture.up)
        self._doubt = None  # what rises afterwards was not pressed down
        if self._is_current(value, setpoint, measured, low, facts):
            self.motion.passed = value
            return None
        writes, named = (self._writes(v, facts.now, facts) for v in (value, before))
        # In a climb echoes never fall: a second fall proves a press, whichever of them it is.
        falls = falls and value < before and max(writes, default=0) < min(named, default=-math.inf)
        # A press up may have been taken for an echo that is still to come; a current speed is none.
        unsure = facts.learned.echo is Echo.UNKNOWN and value < setpoint and not (speaks or falls)
        ended = facts.now if unsure else -math.inf
        if gesture is not None and gesture.up:
            ended = max(ended, gesture.changed) if value <= before else math.inf
        if min(writes, default=math.inf) <= ended:
            return self._doubtful(value, (max(writes, default=-math.inf), value), facts)
        # In a gesture upwards. One press above a write of ours may be a press up from that write.
        rises = self.gesture is not None and self.gesture.up
        ours = max((setpoint, *(written for _, written in self.recent)))
        eases = rises and ours + 2 * facts.learned.of(self.axis).press < value < before
        # The setpoint of a belt that nothing has set on this link is its reading, or less. It may
        # read less than its target.
        axis, found = facts.learned.of(self.axis), not self.recent and named_at == -math.inf
        reads = measured if found and measured is not None else math.inf
        lowers = axis.centre(value) + axis.slack < reads <= value
        return Press(value, up=value > setpoint and not lowers, named=True, eases=eases)

    def _still_slows(self, now: float) -> None:
        """Continue a gesture downwards: the named current speed falls, and not by a write of ours.

        Between two steps of the machine, no such speed is a further press.
        """
        gesture = self.gesture
        if gesture and not gesture.up and all(at <= gesture.began for at, _ in self.recent):
            gesture.changed = now

    def _doubtful(self, value: int, write: tuple[float, int], facts: Facts) -> Press:
        """Keep a press that may echo this write; a later status decides."""
        self._doubt = facts.now, Press(value, up=False, named=True), *write
        return Press(value, up=False, named=True, certain=False)

    def _is_sure_rise(self, value: int, named: int, facts: Facts) -> bool:
        """Return True for a press up on a machine that our writes have not reached yet.

        Its target was the last `named` one, or a write that may have arrived since.
        """
        soonest_s = min(facts.learned.soonest_s, facts.learned.of(self.axis).lag_s.low)
        arrived = [w for at, w in self.recent if facts.now - at >= soonest_s]
        return value > max([named, *arrived])

    def _is_sure_fall(self, value: int, named: int, setpoint: int, facts: Facts) -> bool:
        """Return True for a press down from the last `named` target, not below the setpoint.

        No write can have arrived after that.
        """
        learned = facts.learned
        lowered = None if self.gesture is None or self.gesture.up else self.gesture.value
        if learned.names_current is not False or (lowered is not None and value >= lowered):
            return False
        if self.outstanding:  # a machine that echoes at once would have named it before
            return learned.is_prompt
        ours = learned.echo is Echo.EACH and bool(self._writes(named, facts.now, facts))
        return lowered is not None or (ours and value > setpoint)

    def _answered(
        self, value: int, setpoint: int, match: tuple[int, int], facts: Facts
    ) -> Press | None:
        """Judge a status that equals an outstanding write.

        Echoes come in order. One that skips an older write, or comes from a machine about which
        nothing is learned yet, may be a press of one step down. A later echo decides.
        """
        index, newer = match
        (at, written), doubt = self.outstanding[index], self._doubt
        each = facts.learned.echo is Echo.EACH
        unsure = newer > 0 and value < setpoint and not (each and index == 0)
        if doubt is not None or not unsure or not each:
            self.outstanding = self.outstanding[index + 1 :]
        self._doubt = None
        if doubt is not None and at < doubt[2]:  # a later echo of an older write proves a press
            return doubt[1] if value != doubt[1].value else None
        if doubt is None:
            return self._doubtful(value, (at, written), facts) if unsure else None
        # Rounding keeps the order of echoes: those of a climb never fall.
        falls = unsure and value < doubt[1].value and written > doubt[3]
        return Press(value, up=False, named=True) if falls else None

    def _echoes(self, value: int, facts: Facts) -> tuple[int, int] | None:
        """Return the outstanding write that `value` echoes and how many are newer; None if none."""
        self._expire(facts)
        if facts.learned.echo is Echo.NEVER:
            return None
        axis, waiting = facts.learned.of(self.axis), self.outstanding
        last, known = len(waiting) - 1, axis.grid is not None
        each, again = facts.learned.echo is Echo.EACH, value == self._named[1]
        # The first writes of a climb may be rounded to the target that the machine has already.
        far = (1 + (each and again)) * axis.press
        fits = [
            index
            for index, (at, written) in enumerate(waiting)
            if facts.now - at >= facts.learned.soonest_s
            and self._fits(value, written, axis.press if index == last else 1.0, facts, far)
        ]
        if not fits:
            return None
        index = next((i for i in fits if known or again or value == waiting[i][1]), fits[0])
        newer = last - (fits[-1] if again and not each else index)
        return index, max(newer, int(not (known or again) and value < waiting[index][1]))

    def _is_undone(self, value: int, named: int, gesture: Gesture, facts: Facts) -> bool:
        """Return True if `value` runs against a gesture without being a press against it.

        Either our write undid a press and is written again when the gesture ends, or the next press
        continues from the undone value.
        """
        goes_on, learned = gesture is self.gesture, facts.learned.of(self.axis)
        each, writes = facts.learned.echo is Echo.EACH, self._writes(value, gesture.changed, facts)
        if gesture.up:
            more = self._is_sure_rise(value, named, facts)
        else:
            since = facts.now - facts.learned.latest_s if each else -math.inf
            oldest = max(since, gesture.began - max(CROSSING_S, learned.lag_s.high))
            late = (w for at, w in self.recent if oldest <= at <= gesture.changed)
            highest = max(late, default=-math.inf)
            most = named if each and value <= named + learned.press else highest
            more = goes_on and value <= most and (each or not writes)
        if more:
            gesture.changed = facts.now
        found = more or (bool(writes) and (goes_on or not gesture.up))
        self.undone = found and goes_on and not (more and gesture.up)
        return found

    def _writes(self, value: int, until: float, facts: Facts) -> list[float]:
        """Return the times of the writes up to `until` that a status may show, oldest first."""
        return [at for at, w in self.recent if at <= until and self._fits(value, w, 1.0, facts)]

    def _fits(self, value: int, written: int, near: float, facts: Facts, far: float = 0) -> bool:
        """Return True if `value` may be a write: within `near`, or by some step within `far`."""
        # A machine that never echoes names what is pressed, and no write rounded to its grid.
        axis, grid, off = facts.learned.of(self.axis), facts.grids[self.axis], abs(value - written)
        if facts.learned.echo is not Echo.NEVER and axis.grid is not None:
            return is_named(written, value, axis.grid, grid.fine) and value - written in axis.off
        return off < near or (off < far and rounds(self.axis, written, value, grid.range.minimum))

    def _is_current(
        self, value: int, setpoint: int, measured: float | None, low: float, facts: Facts
    ) -> bool:
        """Return True if the status reports the speed of a belt on its way to the setpoint."""
        learned, axis = facts.learned, facts.learned.of(self.axis)
        slower = value < setpoint and self.gesture is not None and not self.gesture.up  # further
        if slower or self.axis is INCLINE or learned.names_current is False or measured is None:
            return False
        # Its readings may be higher than the speed that it names.
        least, most = min(setpoint, axis.target_of(min(measured, low))), max(measured, setpoint)
        least -= axis.noise if self.motion.is_steady(axis.noise) else axis.slack
        between = least <= value <= most + axis.slack
        if learned.names_current:
            return between or value > setpoint  # only the readings show the end of a rise
        # Not learned yet: only upwards, and as far as a machine may round its target or overshoot.
        return between and setpoint < value < most + STEP * axis.press

    def doubted(self, now: float) -> Press | None:
        """Return the press in doubt if no later echo and no rise followed in time."""
        if self._doubt is None or now - self._doubt[0] < DOUBT_S:
            return None
        press, self._doubt = self._doubt[1], None
        return press if self._named[1] <= press.value else None

    # --- gestures

    def pressed(self, press: Press, measured: float | None, facts: Facts) -> None:
        """Begin or continue a gesture; the press holds its total so far."""
        now, value, up, gesture = facts.now, press.value, press.up, self.gesture
        named = press.named and facts.learned.names_current is False
        last = value if measured is None else measured
        if press.named and facts.learned.names_current:  # coarser readings show no further fall
            last = min(last, value - facts.learned.of(self.axis).resolution)
        began = now if gesture is None or gesture.up is not up else gesture.began
        floor = value if press.named and not facts.learned.names_current else math.inf
        self.gesture = Gesture(began, now, value, up, last, named, floor)
        # No status confirmed it, but the target is at least this.
        if up and value > max([self._named, *self.recent[-1:]])[1]:
            self._named = now, value
        # Without a status, the belt is where it was slowed to.
        self.motion.restart(-math.inf if up or press.named else last)

    def ended(self, facts: Facts) -> Gesture | None:
        """Return a gesture once, when it is over: the belt neither rises nor falls any further."""
        gesture, axis = self.gesture, facts.learned.of(self.axis)
        if gesture is None or (gesture.up and not gesture.named and self.motion.rises):
            return None
        hidden_s = 0.0
        if not (gesture.up or gesture.named):
            # Steps of the reports, or lost frames, may hide that the belt still falls.
            step_s = axis.resolution / axis.fall_per_s.low + facts.learned.frame_s
            is_lost = self.motion.heard <= gesture.changed
            hidden_s = LONGEST_S if is_lost else min(LONGEST_S, step_s)
        if not gesture.is_quiet(facts, max(QUIET_S, hidden_s)):
            return None
        self._over, self.gesture = gesture, None
        return gesture
