"""Meaning of a machine's target statuses: echo, current speed or press. Pure."""

from dataclasses import dataclass, field
from math import gcd

from bridge.machines.learned import Echo
from bridge.machines.rounding import ON_STEP, STEPS
from bridge.tracking.learning.averages import median
from bridge.tracking.learning.knowledge import Knowledge
from bridge.tracking.learning.rounding import LATEST_S, Rounding
from bridge.values import INCLINE, SPEED, Axis
from bridge.values.status import TargetChanged

NEVER = 3
"""Consecutive writes without an echo that show a machine that never echoes."""
EACH = 2
"""Echoes that show a machine that echoes each write, if nothing was known."""
EACH_AFTER_ALL = 3
"""Echoes that show the same on a machine that seemed never to echo."""
QUIET_S = 8.0
"""A machine that reports its current speed is silent this long only at a steady speed."""
SILENT = 100
"""A machine that reports its current speed sends statuses of a change by 1 km/h (wire units)."""
LEAP = 150
"""No belt changes by 1.5 km/h before the first status of its current speed."""
FOLLOWED = 3
"""This many statuses on the way and one at the target show that they are current speeds."""
FASTEST = 300
"""No belt changes by more than 3 km/h (wire units) in a second."""
FEW, WAYS = 2, 3
"""With closely spaced writes: this many statuses on each of this many changes show it too."""
SKIPPED, SOON_S = 2, 0.75
"""No target passes over this many writes in so many seconds: they are at least 0.5 s apart."""
SAME = 5
"""So many statuses in a row on the way to a target, each equal to the newest reading, show it for
good, even on a machine that also names its targets."""
NEAR = 60
"""Largest distance of such a status from the reading: 0.6 km/h."""
FINE = {SPEED: 10, INCLINE: 5}
"""Echoes that need a step as small as this are not rounded to a coarser one."""
ROUNDED = 3
"""Different echoes that differ from their writes and fit one step."""
MOST = 32
"""Writes that may wait for an echo: those of a ramp in `LATEST_S`, two a second and some more."""
MANY = 8
"""Number of echoes from which the fastest one bounds the time to an echo."""
EXACT = 5
"""Number of latest exact echoes that have no coarse step in common on a machine without one."""
STARTS = 2
"""Different speeds too slow for a target that show the current speed of a starting belt."""
RAMP_S = 30.0
"""Seconds after a write in which the belt may be on its way to the target."""
PRESSED_S = 2.0
"""Seconds after a press in which a status may name another press."""


class Echoes:
    """Echoes of one axis' writes. Monotonic seconds, wire units.

    One rounding step explains all echoes of a machine.
    """

    def __init__(self, axis: Axis, known: Knowledge, least: int) -> None:
        """Begin with stored knowledge."""
        self.echo, self.echo_s = known.echo, known.echo_s
        self.fastest_s = known.fastest_s
        """Shortest time to an echo; None before enough echoes."""
        self.pressed = float("-inf")
        """Time of the last console press."""
        self.rounding = Rounding(known.of(axis).off)
        self.least = least
        """Lowest target of the machine's range, which may be off its grid."""
        self._stored = known.of(axis).echoed
        """Rounding step of the echoes, known from earlier links."""
        self._all = self._grids = STEPS[axis]
        self._fine = FINE[axis]
        self._rounded: frozenset[tuple[int, int]] = frozenset()
        """Writes with their echoes that differed."""
        self._exact: tuple[int, ...] = ()
        """Consecutive echoes that equalled their writes."""
        self._waiting: list[tuple[float, int]] = []
        self._missed = 0
        self._times: tuple[float, ...] = ()
        self._took: list[float] = []
        """Seconds to each echo since a write remained without one."""

    def wrote(self, target: int, now: float) -> None:
        """Record a write of ours."""
        self._waiting = [*self._waiting, (now, target)][-MOST:]
        self.rounding.wrote(target, now)

    def tick(self, now: float) -> None:
        """Drop writes that remained without an echo; learn from a series of writes that ended."""
        self.rounding.tick(now, self._coarsest, self.least)
        while self._waiting and now - self._waiting[0][0] > LATEST_S:
            self._waiting.pop(0)
            self._missed += 1
            self._took, self._grids, self._rounded = [], self._all, frozenset()
            if self._missed >= NEVER:
                self.echo = Echo.NEVER

    def named(self, value: int, now: float) -> bool:
        """Take a target status; return True for an echo, which ends all writes up to its own."""
        self.tick(now)
        self.rounding.named(value)
        at, grids = self._of(value)
        if at is None:
            self.pressed = now
            return False
        # A press may name the value just written. That is no evidence of an echo.
        alone = now - self.pressed > PRESSED_S
        if alone or self.echo is Echo.EACH:
            self._learn(value, at, grids, now, alone=alone)
        self._waiting = self._waiting[at + 1 :]
        return True

    def _learn(
        self, value: int, at: int, grids: tuple[float, ...], now: float, *, alone: bool
    ) -> None:
        """Learn from the echo of a waiting write."""
        written, target = self._waiting[at]
        exact = abs(target - value) <= ON_STEP
        if self._stored is not None and value != self.least and not _is_on(value, self._stored):
            self._stored = None
        if not grids:
            self._rounded = frozenset()
        elif value != self.least and not exact:
            self._rounded |= {(target, value)}
        self._exact = (*self._exact, value)[-EXACT:] if exact else ()
        self._grids = grids or self._all
        took = now - written
        self._took = [*self._took, took][-EACH_AFTER_ALL:]
        if at == 0 and alone:
            self._times = (*self._times, took)[-MANY:]
            if len(self._times) >= MANY:
                known = took if self.fastest_s is None else self.fastest_s
                self.fastest_s = min(*self._times, known)
        self._missed = 0
        # A press that equals a write by chance is followed by writes without an echo.
        if len(self._took) >= (EACH_AFTER_ALL if self.echo is Echo.NEVER else EACH):
            self.echo = Echo.EACH
            self.echo_s = max(self.echo_s or 0.0, *self._took)

    def answered(self) -> None:
        """Take an answer in another unit, which is no echo although the machine may send some."""
        if self.echo is Echo.NEVER:
            self.echo = Echo.UNKNOWN

    @property
    def grid(self) -> int | None:
        """Rounding step of the echoes; None after only a few."""
        if 0 < gcd(*self._exact) <= self._fine:
            return gcd(*self._exact)
        # Several writes rounded to one value are evidence only where a single step explains them.
        seen = len(self._rounded if len(self._grids) == 1 else {v for _, v in self._rounded})
        if seen < ROUNDED or self.echo is not Echo.EACH:
            return self._stored
        # A few echoes may all be multiples of a coarser step by chance.
        return round(self._grids[0 if seen > ROUNDED + 1 else -1])

    @property
    def _coarsest(self) -> int | None:
        """Coarsest step that few rounded echoes leave possible; None if none is known."""
        grid = self.grid
        few = self.are_rounded and self._stored is None
        return max(grid or 0, round(self._grids[0])) if few else grid

    @property
    def are_rounded(self) -> bool:
        """True if the echoes are known to have a coarser step than targets usually have."""
        return (self.grid or 0) > self._fine

    def forget(self) -> None:
        """Drop waiting writes: a halt prevents their echoes."""
        self._waiting.clear()
        self.rounding.forget()

    def _of(self, value: int) -> tuple[int | None, tuple[float, ...]]:
        """Return the write that a status may echo, and the steps that may have rounded it."""
        near: tuple[int | None, tuple[float, ...]] = (None, ())
        for at, (_, target) in enumerate(self._waiting):
            away = abs(target - value)
            grids = tuple(g for g in self._grids if value == self.least or _is_on(value, g))
            if away <= ON_STEP:
                return at, grids
            grids = tuple(grid for grid in grids if away < grid)
            if near[0] is None and grids:  # echoes come in order
                near = at, grids
        return near


def _is_on(value: int, grid: float) -> bool:
    return abs(value - grid * round(value / grid)) <= ON_STEP


@dataclass(slots=True)
class _Change:
    """A change of target by writes of ours in one direction."""

    start: int
    """Speed before it."""
    first: float
    """Time of the first write."""
    began: float
    """Time of the newest write."""
    target: int
    jump: int
    """Least distance from the belt to that target at that time."""
    passed: list[int] = field(default_factory=list)
    """Speeds on the way that statuses named."""


class CurrentSpeed:
    """Detector of statuses that name the current speed instead of the target.

    Current speeds pass through the values between two targets; targets leap ahead of the belt. Wire
    units, seconds.
    """

    def __init__(self, *, known: bool | None = None) -> None:
        self.names_current = known
        self._starts: frozenset[int] = frozenset()
        self._change: _Change | None = None
        self._written: list[tuple[float, int]] = []
        self._leaps = self._ways = self._skips = self._same = 0
        self._answered = float("-inf")
        """Time of the newest write that a status named."""
        self._answers = False
        """True if the last status named a write."""
        self._told: int | None = None
        self._way: tuple[float, int, int] | None = None
        """Time of the last target, written or named, the last speed on the way to it, and it."""
        self._last: TargetChanged | None = None
        self._reading: int | None = None
        self._span: tuple[int, int] | None = None
        """Lowest and highest speed of the belt since it has sent no status for long."""

    def sample(self, speed: int, now: float) -> None:
        """Take a reading; a value counts if two readings in a row have reached it."""
        before, self._reading = self._reading, speed
        if self._last is not None and now - self._last.time < QUIET_S:
            self._span = None
        elif before:
            low, high = self._span or (max(before, speed), min(before, speed))
            low, high = min(low, max(before, speed)), max(high, min(before, speed))
            self._span = low, high
            if high - low >= SILENT and self.names_current is None:
                self.names_current = False

    def wrote(self, target: int, speed: int, now: float) -> None:
        """Record a target speed of ours, and the speed of the belt at that time."""
        change, told, self._told = self._change, self._told, target
        # A reading may be seconds old: the belt may already be at its previous target.
        jump = min(abs(target - at) for at in (speed, told) if at is not None)
        if change is not None and change.target == median((change.start, change.target, target)):
            change.began, change.target, change.jump = now, target, jump
        else:
            self._change = _Change(speed, now, now, target, jump)
        # With a long lag, echoes may come after the next change has begun.
        self._written = [w for w in self._written if now - w[0] <= RAMP_S]
        self._written.append((now, target))
        self._way = now, speed, target

    def started(self, event: TargetChanged, least: int) -> None:
        """Take a speed status of a starting belt; below the `least` setpoint it is no target."""
        self._last = event  # which ends the silence of a belt at rest
        if 0 < event.value < least:
            self._starts |= {event.value}
            if len(self._starts) >= STARTS and self.names_current is None:
                self.names_current = True

    def forget(self) -> None:
        """Drop pending writes: something else moves the belt."""
        self._change = self._told = None

    def named(self, event: TargetChanged, speed: int | None, *, rounded: bool) -> None:
        """Take a status that names a target speed; `rounded`: an echo on a known coarse grid."""
        value, last, self._last = event.value, self._last, event
        written = rounded or any(abs(value - at) <= ON_STEP for _, at in self._written)
        if self._follows_readings(event, speed, written=written):
            self.names_current = True
            return  # leaps are echoes of writes, or presses
        dt = float("inf") if last is None else event.time - last.time
        far = last is not None and abs(value - last.value) > FASTEST * dt + NEAR
        if far or (speed and dt >= QUIET_S and abs(value - speed) >= LEAP):
            self._leapt()
        self._count_skips(value, dt)
        change = self._change
        if change is None:
            return
        # No belt turns on its way: a lower status was a press between two echoes of a climb.
        before = last.value if last is not None and last.time >= change.first else value
        turned = _is_between(before, value, change.target)
        if rounded:  # so were those before the grid was known
            change.passed.clear()
        begin = change.passed[-1] if change.passed else change.start
        if event.time - change.began > RAMP_S:
            self._change = None
        elif abs(value - change.target) <= ON_STEP:
            if change.jump > FASTEST * (event.time - change.began) + NEAR:
                self.names_current = False  # no motor can be there yet
            elif len(change.passed) >= FOLLOWED:
                self.names_current, self._leaps = True, 0
        elif written:
            return  # an echo, or the speed of a belt that follows the ramp
        elif _is_between(value, begin, change.target) and not turned:
            change.passed.append(value)
            near = speed is not None and abs(value - speed) <= NEAR
            self._ways += len(change.passed) == FEW and near
            if self._ways >= WAYS and self.names_current is None:
                self.names_current = True
        else:
            self._change, self._ways = None, 0

    def _leapt(self) -> None:
        """Count a status that is too far away for any belt."""
        self._leaps += 1
        if self._leaps >= EACH:
            self.names_current = False

    def _follows_readings(self, event: TargetChanged, speed: int | None, *, written: bool) -> bool:
        """Return True once enough statuses in a row have equalled the reading; echoes are none.

        A held key may name targets as fast as the belt moves, but none before the last one.
        """
        if self._same < SAME and not written:
            value, way = event.value, self._way
            same = speed is not None and abs(value - speed) <= ON_STEP
            if way and _is_between(value, *way[1:]) and event.time - way[0] <= RAMP_S:
                self._way = way[0], value, way[2]
                self._same = self._same + 1 if same else 0
            else:
                self._same = 0
                if speed is not None and not same:
                    self._way = event.time, speed, value
        return self._same == SAME

    def _count_skips(self, value: int, dt: float) -> None:
        """Take a status `dt` seconds after the last one, which may skip writes.

        A belt that rounds its targets passes over some whenever it moves on. After a press the
        echoes of the skipped writes still follow. A rounded echo in between skips nothing.
        """
        named = [at for at, written in self._written if abs(written - value) <= ON_STEP]
        next_to, self._answers = self._answers, bool(named)
        answered = next((at for at in named if at > self._answered), None)
        if answered is None:
            self._skips = 0 if named else self._skips
            return
        skipped = sum(self._answered < at < answered for at, _ in self._written)
        self._answered = answered
        self._skips += next_to and dt <= SOON_S and skipped >= SKIPPED
        if self._skips >= WAYS and self.names_current is None:
            self.names_current = True


def _is_between(value: int, one: int, other: int) -> bool:
    return min(one, other) < value < max(one, other)
