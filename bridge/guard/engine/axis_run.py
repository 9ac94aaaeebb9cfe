"""One axis of a running belt: requests, console presses, writes and the response of the belt."""

import math
from dataclasses import dataclass, field, replace
from typing import Self

from bridge.guard.decision import Target
from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.console import DOUBT_S, Console
from bridge.guard.engine.expected import CROSSING_S, Expected
from bridge.guard.engine.presses import CREEP_S, ease_other, take_press, undo_press
from bridge.guard.engine.reports import report_gesture, report_limited
from bridge.guard.engine.response import Response, respond
from bridge.guard.engine.settling import Settling, explains, settle
from bridge.guard.engine.steadiness import MEAN_S, Steadiness
from bridge.guard.engine.unit import UnitWatch, follow_unit, is_answer_in_km, verify_unit
from bridge.guard.facts import Facts
from bridge.guard.journal import Ending, Journal
from bridge.guard.limits import NO_LIMITS, Limits
from bridge.guard.slowed import Slowed
from bridge.machines.learned import LearnedAxis, LearnedMachine
from bridge.values import INCLINE, SPEED, Axis, Reason

OPEN_LOOP = 0.5
"""0.05 % per s: motion that the contract assumes of an incline that is never reported."""
ANCHOR_S = 20.0
"""A setpoint that the belt held for this many seconds is confirmed as the anchor."""


@dataclass(slots=True)
class AxisRun:
    """One axis. Wire units, monotonic seconds."""

    axis: Axis
    state: AxisState
    expected: Expected
    console: Console
    still: Steadiness
    unit: UnitWatch
    journal: Journal
    slowed: dict[Axis, Slowed]
    """Last lowering of each axis at the console, on any link."""
    anchor: float
    """Last value from a command, from a status, or held by the belt for 20 s."""
    told: int
    """Last target that the machine received, from the console or from the bridge."""
    base: tuple[int, int]
    """Request and `told` at the start of a gesture upwards."""
    open_loop: float
    """Estimated position of an incline that was never reported."""
    crept: tuple[float, int] | None = None
    """Time and reading at which rises without a status reached their limit above the anchor."""
    response: Response = field(default_factory=Response)
    settling: Settling | None = None
    limits: Limits = NO_LIMITS
    """Limits of the last decision."""
    cut: Reason | None = None
    """Reason that limited a press; reported at the end of the gesture."""
    asked: bool = False
    """True if a command has not been written yet."""
    correct: bool = False
    """True if the setpoint must be written again."""
    restate: bool = False
    """True if a write may have undone a press: the setpoint is written once when it ends."""
    beyond: bool = False
    """True while a gesture exceeds the allowance: the setpoint is written again when it ends."""
    wrote: float = -math.inf
    """Time of the last setpoint write."""
    over: float = 0.0
    """Excess of the measured value over the bound when the setpoint equals the bound."""
    measured: int | None = None
    lower: int = 0
    """The lower of the last two readings: one may be garbage."""
    bounded: float = -math.inf
    """Time at which easing another app's belt to its bound last began."""
    eases: bool = False
    """True while it is."""
    quiet: LearnedMachine | None = None
    """Set while a repeated reading can change nothing, which is most of the time."""

    @classmethod
    def at(
        cls, axis: Axis, value: int, facts: Facts, journal: Journal, slowed: dict[Axis, Slowed]
    ) -> Self:
        """Begin with an axis at `value`; write nothing."""
        learned = facts.learned.of(axis)
        setpoint = facts.grids[axis].floor(learned.found_at(value))
        told = facts.grids[axis].taken(setpoint)
        return cls(
            axis,
            AxisState.at(setpoint),
            Expected.at(facts.now, setpoint, value, learned, told=False),
            Console(axis),
            Steadiness(value, facts.now),
            UnitWatch(facts.learned.targets),
            journal,
            slowed,
            setpoint,
            told,
            (setpoint, told),
            value,
        )

    @property
    def bound(self) -> float:
        """Lowest bound of the last decision."""
        return self.limits.most(self.axis)

    @property
    def is_busy(self) -> bool:
        """True while a gesture may be in progress; nothing is learned then."""
        return self.settling is not None or self.console.in_gesture

    def reading(self, default: int) -> int:
        """Return the newest reading, or `default` before the first."""
        return default if self.measured is None else self.measured

    # --- requests

    def take_request(self, value: int, *, at_once: bool) -> None:
        """Take a request that is already within the bounds."""
        self.state = self.state.with_request(value, at_once=at_once)
        self.settling, self.asked, self.over = None, True, 0.0
        self.unit.suspected = False
        self.settle_anchor(value)
        if self.console.motion.forget_rise() and self.measured is not None:
            self.expected = replace(self.expected, high=max(self.expected.high, self.measured))
        if at_once:  # made by a person, not by a program
            self.journal.mend(f"unexpected_rise_{self.axis}")

    def settle_anchor(self, value: float) -> None:
        """Confirm `value` as the anchor from which creeping is counted."""
        self.anchor, self.crept = value, None

    def cap(self) -> bool:
        """Lower the request to the setpoint; return True if it was higher."""
        if self.settling is not None:
            return False  # there is no request to lower, and the reading may be old
        state = self.state
        # A rise that still waits for its write is dropped; easing another app's belt goes on.
        if not self.eases:
            state = replace(state, shaped=min(state.shaped, state.written))
        most = min(state.written, math.floor(state.ceiling))  # while it is eased to the ceiling
        self.state = state.cap(most)
        return state.request is not None and state.request > most

    # --- statuses and readings

    def status(self, value: int, facts: Facts) -> None:
        """Judge a reported target; while the belt settles, it may be its current speed."""
        settling, expected, now = self.settling, self.expected, facts.now
        learned = facts.learned.of(self.axis)
        # No person can have set this, or the machine answers a write.
        if not facts.grids[self.axis].believes(value) or is_answer_in_km(self, value, facts):
            return
        if settling is not None and explains(self, settling, value, facts):
            return
        # A belt that nothing written moves names no speed below the setpoints in force.
        low: float = expected.in_force(now, learned)[0]
        climbs = expected.raised > -math.inf and self.console.motion.climbs(learned)
        if climbs or now <= max(expected.falls, self.wrote + learned.lag_s.high):
            low = expected.moved(now, learned, facts.grids[self.axis].step).low
        press = self.console.status(value, self.state.written, self.measured, low, facts)
        if press is not None:
            take_press(self, press, facts)
        elif self.console.undone:
            undo_press(self, value, facts)

    def sending(self, value: int, facts: Facts) -> None:
        """Record that a target is being written now."""
        taken = facts.grids[self.axis].taken(value)
        self.console.sending(taken, facts)
        # It was withdrawn too late: a press came between.
        self.restate = self.restate or (self.console.gesture is not None and taken != self.told)

    def sample(self, measured: int, facts: Facts) -> None:
        """Judge a reading."""
        now, learned = facts.now, facts.learned.of(self.axis)
        step = facts.grids[self.axis].step
        before, self.measured = self.measured, measured
        self.lower = min(measured, before or 0)
        self._keep_still(measured, facts, learned)
        if self.quiet is facts.learned and measured == before:
            self.console.motion.keep(now, measured)
            return
        if self.settling is not None:
            settle(self, self.settling, measured, facts)
            return
        last, self.quiet = self.expected, None
        self.expected = self.expected.moved(now, learned, step)
        if self.axis is SPEED:
            follow_unit(self, measured, facts)
        if not self.unit.verified:
            verify_unit(self, measured, facts)
        press = None
        if self.unit.verified or facts.others or measured <= self.expected.high:
            press = self.console.motion.sample(
                measured, self.state, self.expected, facts, self.bound, gesture=self.console.gesture
            )
        # A belt that ignores corrections rises by itself.
        ignored = self.response.failed and self.response.above
        if press is not None and not (press.up and ignored):
            take_press(self, press, facts)
            return
        if self.expected.low <= measured <= self.expected.high:
            since = self.still.since if self.still.is_steady(now) else None
            self.expected = self.expected.seen(measured, learned, step, since)
        respond(self, measured, facts, learned)
        known = self.unit.verified and (facts.unit_known or self.axis is INCLINE)
        rests = known and self.response.left is None and not self.console.is_busy
        if rests and self.expected.rests(last, learned):
            self.quiet = facts.learned

    def _keep_still(self, measured: int, facts: Facts, learned: LearnedAxis) -> None:
        """Track how long the belt has been steady, and act on it."""
        now, slack, still = facts.now, learned.slack, self.still
        still.add(measured, now, slack)
        # A belt that comes down to its limit obeys: one that creeps does not fall.
        obeys = self.crept is not None and measured <= self.crept[1] - learned.blur
        if still.lasted(now) >= (CREEP_S if obeys else ANCHOR_S) and self.wrote > -math.inf:
            self.settle_anchor(self.state.written)
        if still.lasted(now) < MEAN_S or facts.others:
            return
        setpoint, bound, mean = self.state.written, self.bound, still.mean
        if setpoint > bound or mean - bound <= slack:
            return
        # Corrected only within this machine's tolerance; beyond it, `respond` judges the belt.
        if mean <= learned.readings(setpoint, facts.grids[self.axis].step).high:
            self.over = max(self.over, setpoint - bound + (mean - bound))
            still.restart(measured, now)

    def settle_unseen(self, *, settable: bool) -> None:
        """Adopt the last known position of an axis whose readings will not be judged."""
        if self.settling is not None:
            self.settling = None
            self.state = replace(self.state, request=self.state.written if settable else None)

    def refuse(self, value: float) -> None:
        """Write the setpoint again: this value cannot be a person's request."""
        lowered = self.cap()
        if self.settling is not None and self.settling.started:
            self.settling = None  # the setpoint follows no rise from here
        self.correct = True
        self.console.motion.restart()
        fault, limit, ends = "unexpected_rise", self.state.least, Ending.GIVEN_UP
        self.journal.fault(fault, self.axis, again=lowered, limit=limit, ends=ends, measured=value)

    # --- time

    def advance(
        self, limits: Limits, measured: int | None, facts: Facts, dt: float
    ) -> Target | None:
        """Advance by `dt` seconds; return the target to write now, or None."""
        axis, grid, policy = self.axis, facts.grids[self.axis], facts.policy
        bound, last, self.limits = limits.most(axis), self.limits, limits
        learned = facts.learned.of(axis)
        if facts.others and measured is not None:
            ease_other(self, self.lower - learned.slack, facts)
        if measured is not None and self._rests(bound, facts, dt):
            return None
        if (press := self.console.doubted(facts.now)) is not None:  # the target may be lower by now
            take_press(self, replace(press, value=min(press.value, self.told)), facts)
            # The press was made when the doubt began: writes since then may have undone it.
            late_s = DOUBT_S + max(CROSSING_S, learned.lag_s.high)
            late = facts.now - self.wrote < late_s and not facts.others
            self.restate = self.restate or (late and self.console.may_cross(facts))
        if (gesture := self.console.ended(facts)) is not None:
            report_gesture(self, gesture)
            self.cut = None
            self.correct |= (self.restate or self.beyond) and not facts.others
            self.restate = self.beyond = False
        if self.settling is not None and not self.settling.sure:
            return None  # easing from one wrong high reading would speed up a slower belt
        held = bool(limits.holding(axis)) or self.console.holds or facts.others
        before, over = self.state, self.over
        # A belt that reads no more than its bound needs no lower setpoint.
        if measured is not None and measured <= bound:
            over = min(over, max(0.0, bound - before.shaped))
        after = before.advance(
            dt,
            bound=bound if self.settling is None else min(bound, self.settling.most),
            over=over,
            wait=limits.waits_at(axis),
            ramp=0.0 if held else facts.ramp(axis),
            easing=policy.speed_easing if axis is SPEED else policy.incline_easing,
            allowance=facts.allowance(self.axis),
            reach=self._reach(measured, facts, dt),
            grid=grid,
        )
        self.state = after
        report_limited(self, before, last.most(axis))
        target = self._write(before, after, facts, learned)
        self.eases = self.eases and after.shaped > bound
        return target

    def _rests(self, bound: float, facts: Facts, dt: float) -> bool:
        """Return True if `dt` seconds can change nothing, which is the usual case."""
        state, grid = self.state, facts.grids[self.axis]
        full = dt == 0 or state.ceiling == state.written + facts.allowance(self.axis)
        waits = self.asked or self.correct or self.eases or self.settling is not None
        news = waits or self.console.is_busy
        return full and not news and state.rests(bound - self.over, grid)

    def _reach(self, measured: int | None, facts: Facts, dt: float) -> float:
        """Return the highest target that the belt can follow now; NaN if there is none."""
        axis, step = facts.learned.of(self.axis), facts.grids[self.axis].step
        if measured is not None:
            reach = axis.highest_target(measured, step) + facts.lead(self.axis)
            stuck = axis.spread is None and self.response.is_stuck(facts.now)
            return max(reach, axis.next_coarse(measured)) if stuck else reach
        if self.axis is SPEED:  # which every machine reports
            return math.nan
        way = self.state.written - self.open_loop
        self.open_loop += math.copysign(min(abs(way), OPEN_LOOP * dt), way)
        return self.open_loop + facts.lead(self.axis)

    def _write(
        self, before: AxisState, after: AxisState, facts: Facts, learned: LearnedAxis
    ) -> Target | None:
        # A belt that got a request while starting is still below the machine's minimum.
        least = facts.grids[self.axis].range.minimum
        settable = after.written >= least
        # Another app's belt is lowered to its bound, or to a request that is lower still.
        request, lowers = after.request, after.written < before.written
        less = lowers and request is not None and request <= self.bound - 1
        allowed = settable and (self.eases or less or not facts.others)
        changed = after.written != before.written and allowed
        asked = self.asked and after.request is not None and after.request <= after.shaped
        # A belt that reads no more than the machine's minimum cannot be sent below it.
        correct = self.correct and (settable or self.reading(least) > least)
        if not (changed or asked or correct):
            return None
        reduction = lowers or self.correct or self.eases
        target = Target(self.axis, after.written, reduction=reduction, asked=self.asked)
        self.asked = self.correct = self.restate = False
        self.quiet = None
        self.wrote, self.told = facts.now, facts.grids[self.axis].taken(after.written)
        known = learned.spread is not None
        if self.axis is SPEED:
            # The same setpoint again moves no belt that takes the declared unit.
            repeated = facts.unit_known and after.written == before.written
            known = facts.targets_known or (repeated and self.unit.verified)
        here = self.reading(before.written)
        steady = self.axis is SPEED or self.still.is_steady(facts.now)
        self.unit.wrote(before.written, after.written, here, verified=known, steady=steady)
        self.console.motion.wrote(self.told, before.written, learned)
        bias = self.expected.bias if self.axis is INCLINE and not known else 0.0
        self.expected = self.expected.wrote(
            facts.now, after.written, learned, bias=bias, measured=here
        )
        self.still.restart(self.still.at, facts.now)
        return target
