"""Detection of machines whose statuses name the current speed instead of the target. Pure."""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.machines.learned import Interval
from bridge.machines.rounding import ON_STEP
from bridge.tracking.learning.averages import median
from bridge.values.status import TargetChanged

QUIET_S = 8.0
"""A machine that reports its current speed is silent this long only at a steady speed."""
SILENT = 100
"""A machine that reports its current speed sends statuses of a change by 1 km/h (wire units)."""
LEAP = 150
"""No belt changes by 1.5 km/h before the first status of its current speed."""
LEAPS = 2
"""So many leaps show that statuses name targets."""
FOLLOWED = 3
"""This many statuses on the way and one at the target show that they are current speeds."""
FASTEST = 300
"""No belt changes by more than 3 km/h (wire units) in a second."""
FEW, WAYS = 2, 3
"""With closely spaced writes: this many statuses on each of this many changes show it too."""
SKIPPED, SOON_S = 2, 0.75
"""No target passes over this many writes in so many seconds: they are at least 0.5 s apart."""
PAUSE_S = 2.0
"""Silence in seconds that no key held down leaves."""
AHEAD = 2
"""So many times a belt that passed a status before the next one came, which no target allows."""
SAME = 5
"""So many statuses in a row on the way to a target, each equal to the newest reading, show it for
good, even on a machine that also names its targets."""
COARSEST = 100
"""Coarsest step to which a machine rounds a target: 1 km/h."""
NEAR = 60
"""Largest distance of such a status from the reading: 0.6 km/h."""
STARTS = 2
"""Different speeds too slow for a target that show the current speed of a starting belt."""
RAMP_S = 30.0
"""Seconds after a write in which the belt may be on its way to the target."""

Readings = Callable[[int], Interval]
"""Return all possible readings of a belt steady at a target."""


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
        self._leaps = self._ways = self._skips = self._same = self._ahead = 0
        self._answered = float("-inf")
        """Time of the newest write that a status named."""
        self._gap_s = float("inf")
        """Seconds between the last two statuses."""
        self._answers = False
        """True if the last status named a write."""
        self._told: int | None = None
        self._way: tuple[float, int, int] | None = None
        """Time of the last target, written or named, the last speed on the way to it, and it."""
        self._last: TargetChanged | None = None
        self._reading: int | None = None
        self._shown: int | None = None
        """Reading at the time of the last status; None if that named a write."""
        self._beyond: int | None = None
        """Reading of a belt that has passed the value of the last status since then."""
        self._span: tuple[int, int] | None = None
        """Lowest and highest speed of the belt since it has sent no status for long."""

    def sample(self, speed: int, now: float, readings: Readings, *, runs: bool = True) -> None:
        """Take a reading; a value counts if two readings in a row have reached it.

        A machine that seems to name its current speed may be silent while it starts or stops.
        """
        before, self._reading = self._reading, speed
        self._pass(speed, now, readings)
        quiet = self._last is None or now - self._last.time >= QUIET_S
        seems = self._ways or self._skips or self._ahead
        if not quiet or (seems and not runs):
            self._span = None
        elif before:
            low, high = self._span or (max(before, speed), min(before, speed))
            low, high = min(low, max(before, speed)), max(high, min(before, speed))
            self._span = low, high
            if high - low >= SILENT and self.names_current is None:
                self.names_current = False

    def _pass(self, speed: int, now: float, readings: Readings) -> None:
        """Note a belt that passes the value of the last status instead of stopping there."""
        last, shown = self._last, self._shown
        if last is None or shown is None or now - last.time > SOON_S:
            return
        band = readings(last.value)
        if shown < band.low <= band.high < speed or speed < band.low <= band.high < shown:
            self._beyond = speed

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
        self._last, self._shown = event, None  # which ends the silence of a belt at rest
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
        self._count_ahead(value, speed, last, dt, written=written)
        far = last is not None and abs(value - last.value) > FASTEST * dt + NEAR
        if far or (speed and dt >= QUIET_S and abs(value - speed) >= LEAP):
            self._leapt()
        self._count_skips(value, last, dt, rounded=rounded)
        self._gap_s = dt
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
            self._count_way(value, speed, whole=len(change.passed) == FEW)
        elif _is_between(change.target, begin, value) and abs(value - change.target) < COARSEST:
            # The machine may round the target to this value.
            self._count_way(value, speed, whole=len(change.passed) == 1 and dt <= SOON_S)
            self._change = None
        else:
            self._change, self._ways = None, 0

    def _count_ahead(
        self, value: int, speed: int | None, last: TargetChanged | None, dt: float, *, written: bool
    ) -> None:
        """Take a status; the belt may have passed the last one on its way to this one.

        No belt passes its target before another one is named. An echo may come late.
        """
        beyond, self._beyond = self._beyond, None
        self._shown = None if written else speed
        if written or beyond is None or last is None or dt > SOON_S:
            return
        if beyond == value or _is_between(beyond, last.value, value):
            self._ahead += 1
            if self._ahead >= AHEAD:
                self.names_current, self._leaps = True, 0

    def _count_way(self, value: int, speed: int | None, *, whole: bool) -> None:
        """Count a change on which enough statuses named the speed of the belt."""
        near = speed is not None and abs(value - speed) <= NEAR
        self._ways += whole and near
        if self._ways >= WAYS and self.names_current is None:
            self.names_current = True

    def _leapt(self) -> None:
        """Count a status that is too far away for any belt."""
        self._leaps += 1
        if self._leaps >= LEAPS:
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

    def _count_skips(
        self, value: int, last: TargetChanged | None, dt: float, *, rounded: bool
    ) -> None:
        """Take a status `dt` seconds after the last one, which may skip writes.

        A belt that rounds its targets passes over some whenever it moves on, after a pause also
        beyond the newest one, if it rounds up. After a press the echoes of the skipped writes still
        follow. A rounded echo in between skips nothing.
        """
        named = [at for at, written in self._written if abs(written - value) <= ON_STEP]
        next_to, self._answers = self._answers, bool(named)
        answered = next((at for at in named if at > self._answered), None)
        if last is None or not self._written:
            return
        newest, target = self._written[-1]
        since = [at for at, _ in self._written if at > self._answered]
        skipped = len(since if answered is None else [at for at in since if at < answered])
        if answered is None:
            beyond = _is_between(target, last.value, value) and abs(value - target) < COARSEST
            if named and not (beyond or _is_between(value, last.value, target)):
                self._skips = 0
            if named or rounded or not beyond or self._gap_s < PAUSE_S:
                return
        self._answered = newest if answered is None else answered
        self._skips += next_to and dt <= SOON_S and skipped >= SKIPPED
        if self._skips >= WAYS and self.names_current is None:
            self.names_current = True


def _is_between(value: int, one: int, other: int) -> bool:
    return min(one, other) < value < max(one, other)
