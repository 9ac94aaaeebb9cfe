"""Response of a belt to its setpoint: corrections, alarms and repeated writes."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from bridge.guard.engine.expected import CROSSING_S
from bridge.guard.engine.reports import report_unresponsive
from bridge.guard.facts import Facts
from bridge.machines.learned import Interval, LearnedAxis
from bridge.values import SPEED
from protocols.frozen import frozen

if TYPE_CHECKING:
    from bridge.guard.engine.axis_run import AxisRun

AGAIN_S = 10.0
"""Seconds between repeated writes to a belt that does not respond."""
STUCK_S = 4.0
"""A belt that can show its rounding has done so by now: half of the patience of 8 s."""
PATIENCE_S = 30.0
"""Upper limit of the patience in seconds, however slow the machine is."""


@frozen
class Obeying:
    """Readings of a belt that obeys its setpoint: when it is steady there, and on its way."""

    setpoint: int
    steady: Interval
    moving: Interval


@dataclass(slots=True)
class Response:
    """Response of one axis, in wire units and monotonic seconds.

    `left` is the time when the belt left the readings of its setpoint or last came closer by a
    report step; `at` is its reading then. `since` is the time from which no obeying belt can be
    there. `failed` is True once that took too long, `alarmed` once that was above the bound. `told`
    is the setpoint at the last reading outside them.
    """

    since: float | None = None
    at: float = 0.0
    above: bool = False
    failed: bool = False
    left: float | None = None
    told: int = 0
    alarmed: bool = False

    def is_stuck(self, now: float) -> bool:
        """Return True if the belt has been lower than any that obeys for `STUCK_S`."""
        return self.since is not None and not self.above and now - self.since >= STUCK_S

    def judge(
        self, now: float, measured: float, obeying: Obeying, learned: LearnedAxis, patience_s: float
    ) -> bool:
        """Judge a reading; return True if `failed` changed.

        Only motion of the belt is progress. The patience begins when an obeying belt would have
        shown one report step.
        """
        before, setpoint, steady = self.failed, obeying.setpoint, obeying.steady
        if measured in steady:
            nearer = setpoint > self.told if self.above else setpoint < self.told
            moved = nearer or abs(measured - self.at) >= learned.resolution
            # What was learned from a belt that stays where it is does not end its 30 s.
            if self.left is None or moved or now - self.left >= PATIENCE_S:
                self.left = None
            self.since, self.failed = None, False
            return before
        self.told = setpoint
        above = measured > steady.high
        gained = self.at - measured if above else measured - self.at
        # Progress, or a new deviation: the patience starts again.
        if self.left is None or above is not self.above or gained >= learned.resolution:
            self.left, self.at, self.above = now, measured, above
            self.since, self.failed = None, False
        if measured in obeying.moving:
            self.since = None
        elif self.since is None:
            self.since = now
        rate = learned.fall_per_s if above else learned.rise_per_s
        due = learned.resolution / rate.low + patience_s
        late = self.since is not None and now - self.since >= due
        self.failed = self.failed or late or now - self.left >= PATIENCE_S
        return self.failed is not before


def respond(run: "AxisRun", measured: int, facts: Facts, learned: LearnedAxis) -> None:
    """Judge whether the belt responds, and act on it."""
    axis, grid, setpoint = run.axis, facts.grids[run.axis], run.state.written
    band, droop = learned.readings(setpoint, grid.step), learned.droop * setpoint
    allowed = min(setpoint + facts.allowance(axis), run.bound + learned.slack)
    top = max(learned.highest(setpoint, grid.step) + run.expected.bias, allowed)
    if not run.unit.verified:
        top = max(top, run.unit.highest(axis, setpoint, measured, learned, grid.step))
    bottom = min(band.low - droop, setpoint)  # a belt that reads its setpoint obeys
    steady, low = Interval(bottom, top), run.expected.low - droop
    moving = Interval(min(steady.low, low), max(top, run.expected.high))
    obeying, response = Obeying(setpoint, steady, moving), run.response
    changed = response.judge(facts.now, measured, obeying, learned, facts.policy.response_s)
    if facts.others:  # no fault for another app's setpoint: the patience starts afterwards
        response.failed, response.since = response.failed and not changed, None
        response.left = response.left and facts.now
        return
    if response.above and response.since is not None and not run.console.is_busy:
        # A correction waits for the previous write to show; a bound that slides sends the next one.
        slides = any(bound.slides for bound in run.limits.lowest(axis))
        wait = AGAIN_S if response.failed or slides else max(CROSSING_S, learned.lag_s.high)
        run.correct = run.correct or facts.now - run.wrote >= wait
    if not response.failed:
        run.journal.mend(f"not_responding_{axis}")
        return
    # It crept up by itself: go back to the last confirmed value.
    if creeps := changed and response.above and run.anchor < setpoint:
        run.state = run.state.cap(grid.floor(run.anchor))
    runaway = response.above and axis is SPEED and (creeps or measured > run.bound)
    # A belt that does not slow may exceed a bound that falls later.
    if changed or (runaway and not response.alarmed):
        run.cap()
        response.alarmed = runaway
        report_unresponsive(run, measured, setpoint, runaway=runaway)
