"""A belt that was seen to start or found moving, until its own value is known."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.expected import Expected
from bridge.guard.engine.presses import take_start
from bridge.guard.engine.reports import report_changed
from bridge.guard.engine.steadiness import STEADY_S
from bridge.guard.facts import Facts
from bridge.machines.learned import LearnedAxis

if TYPE_CHECKING:
    from bridge.guard.engine.axis_run import AxisRun

SETTLING_S = 15.0
"""Seconds after which a belt that does not settle is adopted as it is."""
SERIES_S = 1.0
"""Longest time in seconds between two statuses of a changing current speed."""


@dataclass(slots=True)
class Settling:
    """A belt that was seen to start or found moving; without a request. Wire units, seconds."""

    began: float
    most: float = math.inf
    """Value above which the belt is eased."""
    samples: int = 0
    sure: bool = False
    """False while the newest reading may be garbage: the first one, and a rise right after it."""
    last: float = math.inf
    """Previous reading."""
    rise: float = 0.0
    """Rise from the reading before it."""
    top: float = -math.inf
    """Highest reading, as of the last rise by more than the noise."""
    rose: float = 0.0
    """Time of that rise."""
    pace: float = 0.0
    """Seconds between the last two rises."""
    _named: tuple[float, float] = -math.inf, -math.inf
    """Time and value of the last status."""

    @property
    def started(self) -> bool:
        """True if the belt was seen to start."""
        return self.most < math.inf

    def take(self, measured: int, noise: float, now: float) -> int:
        """Take a reading; return the last one carried on by its rise if that is lower."""
        taken = int(min(measured, self.last + self.rise))
        self.sure = self.samples > 1 or measured <= self.last < math.inf
        self.rise = max(0.0, measured - self.last)
        if measured > self.top + noise:
            self.pace = now - self.rose if self.samples else 0.0
            self.top, self.rose = measured, now
        self.samples, self.last = self.samples + 1, measured
        return taken

    def passes(self, value: int, now: float, learned: LearnedAxis) -> bool:
        """Take a status; return True if the belt may have come from the last one to this value.

        A machine that names its current speed does so again as long as that changes.
        """
        (at, last), self._named = self._named, (now, value)
        fastest = max(learned.rise_per_s.high, learned.fall_per_s.high)
        dt = now - at
        return dt <= SERIES_S and abs(value - last) <= fastest * dt + learned.slack

    def found_at(self, measured: int, learned: LearnedAxis) -> float:
        """Return the target of a belt that is found at `measured`.

        A status is finer than a coarse reading that may be that value, rounded up.
        """
        found, (_, named) = learned.found_at(measured), self._named
        return min(found, named) if named > measured - learned.resolution else found

    def is_over(self, now: float, learned: LearnedAxis, *, steady: bool) -> bool:
        """Return True once the reading is the belt's own speed.

        Coarse readings of a rising belt stay the same for a while. A belt that started may return
        to its old speed, however long that takes.
        """
        began, same_s = self.began, max(STEADY_S, 2 * self.pace)
        if self.started:
            began, same_s = self.rose, max(same_s, learned.resolution / learned.rise_per_s.low)
        return (steady and now - self.rose >= same_s) or now - began >= SETTLING_S


def explains(run: "AxisRun", settling: Settling, value: int, facts: Facts) -> bool:
    """Return True if the belt's settling explains a status; adopt the target of a starting belt."""
    starts, names = settling.started, facts.learned.names_current
    learned = facts.learned.of(run.axis)
    least, most = float(run.state.written), settling.most
    if starts and names is not False:
        # A belt that starts may name its current speed, which does not fall.
        least = 0 if names else min(least, settling.top - learned.slack)
        most = math.inf if settling.passes(value, facts.now, learned) else most
    unwritten = starts and names is False and run.wrote == -math.inf
    if unwritten and learned.resolution > facts.grids[run.axis].step:
        least -= learned.resolution - 1  # named more finely than it is read
    explained = least <= value <= most
    if explained and unwritten:
        take_start(run, value, facts)
    return explained


def settle(run: "AxisRun", settling: Settling, measured: int, facts: Facts) -> None:
    """Adopt the belt's own value up to the point from which it must be eased."""
    now, grid, newest = facts.now, facts.grids[run.axis], measured
    learned, most = facts.learned.of(run.axis), min(settling.most, run.bound)
    measured = settling.take(newest, learned.noise, now)
    # Follow the reading until the guard has to write.
    if measured <= most or run.wrote == -math.inf:
        found = settling.found_at(measured, learned)
        # A starting belt is on its way to the machine's minimum.
        value = grid.floor(max(found, grid.range.minimum) if settling.started else found)
        ceiling = min(float(value), most)
        run.state = AxisState.at(value, ceiling=ceiling)
        run.told = grid.taken(value)
        run.expected = Expected.at(now, value, measured, learned, told=False)
    over = settling.is_over(now, learned, steady=run.still.is_steady(now))
    # Not settled yet, or still being eased to the highest allowed start.
    if not over or run.state.shaped > settling.most:
        return
    run.settling = None
    run.anchor = run.state.written
    run.console.begin(run.state.written, newest)
    if not settling.started:
        run.state = replace(run.state, request=run.state.written)
        # Above the range or not yet eased: write the setpoint.
        run.correct = measured > run.state.written + grid.step and not facts.others
        if run.wrote > -math.inf:  # it was eased to a bound
            why = run.limits.lowest(run.axis)[0].reason
            report_changed(run, "limited", run.state.written, why)
