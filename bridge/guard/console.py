"""Telling the runner's hand at the console from the machine's lag and from its faults.

A runner who slows the belt is obeyed at once. A belt that got faster is set back at once, and what
was asked becomes a request, climbed to gently, only where it is believable: it lasts or was
announced, it does not follow a write of ours, and it is no mix-up of miles and kilometres.
"""

import math
from dataclasses import replace
from enum import Enum, auto

from bridge.guard.policy import MPH
from protocols.frozen import frozen

MEMORY_S = 8.0
"""How long a setpoint is remembered: a machine may lag by this much."""
LASTING = 3
"""Samples that make a deviation more than noise."""
BURST_S = 5.0
"""One press follows another: a rise is watched this long from its beginning."""
PATIENCE_S = 2.0
"""Between two corrections the machine gets this long to answer."""
CORRECTIONS = 3
CORRECTIONS_WINDOW_S = 30.0
SLOW_CORRECTION_S = 10.0


class Finding(Enum):
    """What a sample or status shows beyond what was commanded."""

    NOTHING = auto()
    SLOWED = auto()
    RISING = auto()
    RAISED = auto()
    UNEXPECTED = auto()


NOTHING = Finding.NOTHING  # looked up once: see `bridge.values.SPEED`


@frozen
class Rise:
    """A rise above the setpoint that is going on. Wire units, seconds."""

    began: float
    believable: bool
    highest: int
    samples: int = 0
    named: int | None = None
    believed: bool = False
    over: bool = False

    @property
    def wish(self) -> int:
        """What the runner seems to want."""
        return self.named if self.named is not None else self.highest


@frozen
class ConsoleWatch:
    """One axis: setpoints in force, our writes, the lowest measured since the last of them."""

    setpoints: tuple[tuple[float, int], ...]
    low: float
    writes: tuple[tuple[float, int], ...] = ()
    last: float | None = None
    falling: bool = False
    below: int = 0
    rise: Rise | None = None
    corrections: tuple[float, ...] = ()
    level: float = -math.inf
    """The most that was measured, and commanded, since it was commanded less: a hand makes the belt
    fall from there, and one that does not follow a climb, or lags, does not fall."""
    told: float = -math.inf
    """What the machine may still be set to, though its belt was taken for slowed: a heavy step
    slows a belt too, and its way back up is no rise."""

    @classmethod
    def begin(cls, now: float, value: int) -> "ConsoleWatch":
        """Start with a belt that is at `value`, whatever it was before."""
        return cls(((now, value),), value, level=value)

    def adopt(self, now: float, value: int, *, told: float, tolerance: float) -> "ConsoleWatch":
        """Start again from what the console did; our writes stay known, so that echoes are.

        A status names the target while the belt has yet to slow: until then it has not risen.
        Without one (`told` is what the machine was set to) it may have been no hand at all, if it
        lost no more than twice the tolerance.
        """
        low = value if self.last is None else max(value, self.last)
        told = max(told, self.told)
        return replace(
            ConsoleWatch.begin(now, value),
            low=low,
            last=self.last,
            writes=self.writes,
            told=told if told - value <= 2 * tolerance else -math.inf,
        )

    def wrote(self, now: float, value: int, measured: float | None) -> "ConsoleWatch":
        """Record a setpoint of ours."""
        setpoints = (*self.setpoints, (now, value))
        start = now - MEMORY_S
        # The one in force at the edge of the memory still counts.
        while setpoints[1][0] <= start:
            setpoints = setpoints[1:]
        writes = (*(w for w in self.writes if w[0] > start), (now, value))
        low = self.low if measured is None else measured
        return ConsoleWatch(
            setpoints,
            low,
            writes,
            self.last,
            self.falling,
            0,
            self.rise,
            self.corrections,
            min(self.level, value),
        )

    def _in_force(self, now: float) -> tuple[int, int]:
        """The lowest and the highest setpoint of late."""
        start = now - MEMORY_S
        lowest = highest = self.setpoints[-1][1]
        for began, value in reversed(self.setpoints):
            if value < lowest:
                lowest = value
            elif value > highest:
                highest = value
            if began <= start:  # what was before had ended by then
                break
        return lowest, highest

    def _is_echo(self, now: float, value: int, step: int) -> bool:
        return any(t > now - MEMORY_S and abs(v - value) <= step for t, v in self.writes)

    def quiet(self, now: float) -> bool:
        """Whether nothing of ours was written within the memory."""
        return not any(t > now - MEMORY_S for t, _ in self.writes)

    def sample(
        self,
        now: float,
        measured: int,
        setpoint: int,
        *,
        fall: int,
        tolerance: float,
        most: float,
        bound: float = math.inf,
    ) -> tuple["ConsoleWatch", Finding]:
        """Judge one measured value.

        Above `most` it can be nobody's wish, and above `bound` not even what was allowed before;
        a belt that lost less than `fall` was slowed by nobody.
        """
        if self._keeps(measured, setpoint):
            return self, NOTHING
        falling = self.last is not None and measured < self.last
        lowest, highest = self._in_force(now)
        if measured > max(highest, self.low, min(self.told, bound)) + tolerance:
            watch = replace(self, last=measured, falling=falling)
            return _rising(watch, now, measured, setpoint, named=None, most=most)
        level = max(self.level, float(min(measured, setpoint)))
        fell = measured < lowest - tolerance and measured <= level - fall
        below = self.below + 1 if fell else 0
        low = min(self.low, measured)
        new = (float(measured), falling, below, low, level)
        if new == (self.last, self.falling, self.below, self.low, self.level):
            watch = self
        else:
            watch = ConsoleWatch(  # at every step of a climb, where `replace` takes its time
                self.setpoints,
                low,
                self.writes,
                measured,
                falling,
                below,
                self.rise,
                self.corrections,
                level,
                self.told,
            )
        if below >= LASTING:
            return watch, Finding.SLOWED
        return _ending(watch, now)

    def _keeps(self, measured: int, setpoint: int) -> bool:
        """Whether the belt stays where it was told to be: mostly it does, and all is known."""
        there = measured == setpoint == self.last == self.level
        return there and self.rise is None and not self.falling

    def status(
        self, now: float, value: int, setpoint: int, *, step: int, tolerance: float, most: float
    ) -> tuple["ConsoleWatch", Finding]:
        """Judge a target that the machine names in its status; see `sample`."""
        if self._is_echo(now, value, step) or setpoint <= value <= self.told:
            return self, NOTHING
        if value < setpoint:
            return self, Finding.SLOWED
        if value > setpoint + tolerance:
            return _rising(self, now, value, setpoint, named=value, most=most)
        return self, NOTHING

    def may_correct(self, now: float) -> bool:
        """Whether the setpoint may be written again: at once, then patiently, then seldom."""
        if self.falling:
            return False
        if not self.corrections:
            return True
        wait = SLOW_CORRECTION_S if self.alarming(now) else PATIENCE_S
        return now - self.corrections[-1] >= wait

    def corrected(self, now: float, setpoint: int) -> "ConsoleWatch":
        """Record that the setpoint was written again."""
        recent = tuple(t for t in self.corrections if t > now - CORRECTIONS_WINDOW_S)
        # What was lowest stays: a belt that does not fall back is still rising.
        watch = self.wrote(now, setpoint, self.low)
        return replace(watch, corrections=(*recent, now))

    def alarming(self, now: float) -> bool:
        """Whether corrections do not help."""
        return sum(t > now - CORRECTIONS_WINDOW_S for t in self.corrections) >= CORRECTIONS


def _is_unit_mixup(value: float, setpoint: float) -> bool:
    """Whether a value is the setpoint taken as miles (within 3 %)."""
    return setpoint > 0 and abs(value / setpoint / MPH - 1) < 0.03


def _rising(
    watch: ConsoleWatch,
    now: float,
    value: int,
    setpoint: int,
    *,
    named: int | None,
    most: float,
) -> tuple[ConsoleWatch, Finding]:
    rise = watch.rise
    pressed_again = named is not None and rise is not None and now - rise.began > BURST_S
    if rise is None or (pressed_again and not rise.over):
        rise = Rise(now, believable=watch.quiet(now), highest=value)
    if rise.over:
        return watch, Finding.RISING
    again = named is not None and named != rise.named
    rise = replace(
        rise,
        believable=rise.believable and value <= most and not _is_unit_mixup(value, setpoint),
        samples=rise.samples + (named is None),
        highest=max(rise.highest, value),
        named=named if named is not None else rise.named,
    )
    if not rise.believable:
        return replace(watch, rise=replace(rise, over=True), below=0), Finding.UNEXPECTED
    asked = rise.samples >= LASTING or rise.named is not None
    news = asked and (not rise.believed or again)
    if rise.believed and now - rise.began > BURST_S:
        # Long believed and still above: the corrections go on, the request stays.
        return replace(watch, below=0), Finding.RISING
    rise = replace(rise, believed=asked)
    return replace(watch, rise=rise, below=0), Finding.RAISED if news else Finding.RISING


def _ending(watch: ConsoleWatch, now: float) -> tuple[ConsoleWatch, Finding]:
    """Within bounds again: a rise that nobody can be believed to have asked for was a fault."""
    if watch.rise is None or (watch.rise.believed and now - watch.rise.began <= BURST_S):
        return watch, NOTHING
    faulty = not watch.rise.believed and not watch.rise.over
    return replace(watch, rise=None), Finding.UNEXPECTED if faulty else NOTHING
