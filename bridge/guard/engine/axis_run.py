"""One axis of a running belt: requests, presses at the console, writes, and whether it obeys."""

import math
from dataclasses import dataclass, field, replace
from typing import Self

from bridge.guard.decision import Target
from bridge.guard.engine.axis import LEAD_S, AxisState
from bridge.guard.engine.console import Console
from bridge.guard.engine.expected import Expected
from bridge.guard.engine.moment import Moment
from bridge.guard.engine.presses import CROSSING_S, OTHERS_S, take_press, take_start, undo_press
from bridge.guard.engine.response import Response
from bridge.guard.engine.settling import Settling
from bridge.guard.engine.steadiness import MEAN_S, Steadiness
from bridge.guard.engine.telling import (
    tell_eased,
    tell_gesture,
    tell_limited,
    tell_rise,
    tell_unresponsive,
)
from bridge.guard.engine.unit import UnitWatch, follow_unit, verify_unit
from bridge.guard.limits import NO_LIMITS, Limits
from bridge.machines.learned import Interval, LearnedAxis, LearnedMachine
from bridge.values import INCLINE, SPEED, Axis, Reason
from protocols.units import MPH

OPEN_LOOP = 0.5
"""0.05 % per s: how an incline that is never reported is taken to move."""
ANCHOR_S = 20.0
"""A setpoint that the belt held for this long is sure."""
AGAIN_S = 10.0
"""A belt that does not respond is told again after this long."""


@dataclass(slots=True)
class AxisRun:
    """One axis. Wire units, monotonic seconds."""

    axis: Axis
    state: AxisState
    expected: Expected
    console: Console
    still: Steadiness
    unit: UnitWatch
    anchor: float
    """The last value that a command asked, a status named, or the belt held for 20 s."""
    crept: float | None = None
    """When rises without a status had taken the belt as far above the anchor as they may."""
    response: Response = field(default_factory=Response)
    settling: Settling | None = None
    bound: float = math.inf
    """The lowest bound of the last decision."""
    limits: Limits = NO_LIMITS
    """What the rules said at the last decision."""
    cut: Reason | None = None
    """What a press was cut off by, to be told at its end."""
    asked: bool = False
    """True if a command has not been written yet."""
    correct: bool = False
    """True if the setpoint is to be written again."""
    restate: bool = False
    """True if a write may have undone a press: the setpoint is written once, at its end."""
    beyond: bool = False
    """True while a gesture goes beyond the allowance: the setpoint is written again at its end."""
    told: int = 0
    """The target that the machine heard last, from the console or from here."""
    base: tuple[int, int] = 0, 0
    """The request and `told` when a gesture upwards began."""
    wrote: float = -math.inf
    """When a setpoint was written last."""
    over: float = 0.0
    """How much more than a bound the belt shows when it is told the bound."""
    measured: float | None = None
    quiet: LearnedMachine | None = None
    """Set while the same reading again can show nothing new: most of the time."""
    open_loop: float = 0.0
    """Where an incline that was never reported is taken to be."""

    @classmethod
    def at(cls, axis: Axis, value: int, moment: Moment, request: int | None = None) -> Self:
        """Begin with an axis that is at `value`; nothing is written."""
        learned, setpoint = moment.learned.of(axis), moment.grids[axis].floor(value)
        return cls(
            axis,
            AxisState.at(setpoint, request),
            Expected.at(moment.now, setpoint, value, learned),
            Console(axis),
            Steadiness(value, moment.now),
            UnitWatch(moment.learned.targets),
            setpoint,
            told=setpoint,
            open_loop=value,
        )

    @classmethod
    def settle(cls, axis: Axis, value: int, moment: Moment, *, most: float = math.inf) -> Self:
        """Begin with an axis whose own speed or incline is not known yet."""
        run = cls.at(axis, value, moment)
        run.settling = Settling(moment.now, most)
        return run

    @property
    def is_busy(self) -> bool:
        """True while keys are being pressed, or may be; nothing is learned then."""
        return self.settling is not None or self.console.is_busy()

    # --- requests

    def ask(self, value: int, moment: Moment, *, at_once: bool) -> None:
        """Take a request that the bounds have passed."""
        self.state = self.state.ask(value, at_once=at_once)
        self.settling = None
        self.asked = True
        self.over = 0.0
        self.unit.suspected = False
        self.settle_anchor(value)
        if self.console.forget_rise() and self.measured is not None:
            self.expected = replace(self.expected, high=max(self.expected.high, self.measured))
        if at_once:  # by a person, and no program
            moment.journal.mend(f"unexpected_rise_{self.axis}")

    def settle_anchor(self, value: float) -> None:
        """Take `value` for sure: what creeps is counted from there."""
        self.anchor, self.crept = value, None

    def cap(self) -> bool:
        """Lower the request to the setpoint; return True if it was higher."""
        before = self.state
        if self.settling is not None and before.request is None:
            return False  # where it is now may be an old reading, and nobody asked for that
        self.state = before.cap(before.written)
        return before.request is not None and before.request > before.written

    # --- what the machine says

    def status(self, value: int, moment: Moment) -> None:
        """Judge a target that the machine names; while it settles it may name its own speed."""
        settling = self.settling
        if not moment.grids[self.axis].believes(value):
            return
        if settling is not None:
            starts, targets = settling.started, moment.learned.names_current is False
            least = 0 if starts and not targets else self.state.written
            if least <= value <= settling.most:
                if starts and targets and self.wrote == -math.inf:
                    take_start(self, value, moment)
                return
        lowest, _ = self.expected.in_force(moment.now, moment.learned.of(self.axis))
        press = self.console.status(value, self.state.written, self.measured, lowest, moment)
        if press is not None:
            take_press(self, press, moment)
        elif self.console.undone:
            undo_press(self, value, moment)

    def sample(self, measured: int, moment: Moment) -> None:
        """Judge a reading."""
        now, learned = moment.now, moment.learned.of(self.axis)
        step = moment.grids[self.axis].step
        before, self.measured = self.measured, measured
        self._keep_still(measured, moment, learned)
        if self.quiet is moment.learned and measured == before:
            self.console.keep(now, measured)
            return
        if self.settling is not None:
            self._settle(measured, moment, self.settling)
            return
        last, self.quiet = self.expected, None
        self.expected = self.expected.moved(now, learned, step)
        if self.axis is SPEED:
            follow_unit(self, measured, moment)
        if not self.unit.verified:
            verify_unit(self, measured, moment)
        press = None
        if self.unit.verified or measured <= self.expected.high:
            state = self.state
            press = self.console.sample(
                measured,
                state.written,
                self.expected,
                moment,
                bound=self.bound,
                ceiling=state.ceiling,
            )
        if press is not None:
            take_press(self, press, moment)
            return
        if self.expected.low <= measured <= self.expected.high:
            self.expected = self.expected.seen(measured, learned, step)
        self._respond(measured, moment, learned)
        known = self.unit.verified and (moment.unit_known or self.axis is INCLINE)
        rests = known and self.response.since is None and not self.console.is_busy()
        if rests and self.expected.rests(last, learned):
            self.quiet = moment.learned

    def _keep_still(self, measured: int, moment: Moment, learned: LearnedAxis) -> None:
        """Follow how long the belt has been steady, and what follows from that."""
        now, slack, still = moment.now, learned.noise + learned.resolution, self.still
        still.add(measured, now, slack)
        if still.lasted(now) >= ANCHOR_S and self.wrote > -math.inf:
            self.settle_anchor(self.state.written)
        setpoint = self.state.written
        if still.lasted(now) >= MEAN_S and setpoint <= self.bound < math.inf and not moment.others:
            excess = still.mean - self.bound
            step = moment.grids[self.axis].step
            # A belt that shows more than this machine may does not respond.
            if excess > slack and still.mean <= learned.readings(setpoint, step).high:
                self.over = max(self.over, setpoint - self.bound + excess)
                still.restart(measured, now)

    def _settle(self, measured: int, moment: Moment, settling: Settling) -> None:
        """Take over what the belt does by itself, as far as it need not be eased."""
        now, grid, newest = moment.now, moment.grids[self.axis], measured
        measured, most = settling.take(newest), min(settling.most, self.bound)
        if measured <= most or self.wrote == -math.inf:
            # A belt that starts is on its way to the slowest that the machine runs.
            least = grid.range.minimum if settling.started else measured
            value = grid.floor(max(measured, least))
            ceiling = min(float(value), most)
            self.state = AxisState.at(value, self.state.request, ceiling=ceiling)
            self.told = value
            self.expected = Expected.at(now, value, measured, moment.learned.of(self.axis))
        over = settling.is_over(now, steady=self.still.is_steady(now))
        if not over or self.state.shaped > settling.most:
            return
        self.settling = None
        self.anchor = self.state.written
        self.console.begin(self.state.written, newest)
        self.console.keep(now, newest)
        if not settling.started:
            self.state = replace(self.state, request=self.state.written)
            # A belt beyond the range, or one that was not eased yet, is told its setpoint.
            self.correct = measured > self.state.written + grid.step and not moment.others
            if self.wrote > -math.inf:  # it was eased to a bound
                tell_eased(self.axis, self.state, self.limits, moment.journal)

    def settle_unseen(self, *, settable: bool) -> None:
        """Take an axis that no reading will be judged of for where it was last known to be."""
        if self.settling is not None:
            self.settling = None
            request = self.state.written if settable else None
            self.state = replace(self.state, request=request)

    def refuse(self, value: float, moment: Moment) -> None:
        """Write the setpoint again: no person can have asked for this."""
        axis = self.axis
        lowered = self.cap()
        self.correct = True
        self.console.restart()
        news = moment.journal.fault(f"unexpected_rise_{axis}")
        if lowered or news:
            tell_rise(axis, value, self.state, moment.journal)

    def allowance(self, moment: Moment) -> float:
        """Return how far a press may take the setpoint beyond the ramp."""
        return moment.ramp(self.axis) * LEAD_S + moment.learned.of(self.axis).press

    # --- whether it obeys

    def _respond(self, measured: int, moment: Moment, learned: LearnedAxis) -> None:
        axis, grid = self.axis, moment.grids[self.axis]
        setpoint = self.state.written
        band = learned.readings(setpoint, grid.step)
        beyond = self.bound + learned.noise + learned.resolution
        allowed = min(setpoint + self.allowance(moment), beyond)
        # A belt that shows its setpoint obeys, however low it usually reads.
        top = max(band.high, setpoint, allowed, self.expected.high)
        if not self.unit.verified and self.unit.followed(setpoint, measured):  # it may be in miles
            top = max(top, learned.readings(setpoint * MPH, grid.step).high)
        band = Interval(min(band.low, self.expected.low) - learned.droop * setpoint, top)
        fault = f"not_responding_{axis}"
        changed = self.response.judge(moment.now, measured, band, learned, moment.policy.response_s)
        response = self.response
        if response.above and response.since is not None and not self.console.is_busy():
            wait = AGAIN_S if response.failed else max(CROSSING_S, learned.lag_s.high)
            wait = OTHERS_S if moment.others else wait
            self.correct = self.correct or moment.now - self.wrote >= wait
        if not changed or moment.others:
            return
        if not response.failed:
            moment.journal.mend(fault)
            return
        creeps = response.above and self.anchor < setpoint
        if creeps:
            self.state = self.state.cap(grid.floor(self.anchor))
        self.cap()
        runaway = response.above and axis is SPEED and (creeps or measured > self.bound)
        tell_unresponsive(axis, fault, moment.journal, measured, setpoint, runaway=runaway)

    # --- time

    def advance(
        self, limits: Limits, measured: int | None, moment: Moment, dt: float
    ) -> Target | None:
        """Move on by `dt` seconds; return what is to be written now."""
        axis, grid, policy = self.axis, moment.grids[self.axis], moment.policy
        bound, last = limits.most(axis), self.bound
        self.bound, self.limits = bound, limits
        if measured is not None and self._rests(bound, moment, dt):
            return None
        learned = moment.learned.of(axis)
        if (press := self.console.doubted(moment.now)) is not None:
            take_press(self, press, moment)
        if (gesture := self.console.ended(moment)) is not None:
            tell_gesture(axis, gesture, self.state, self.cut, moment.journal)
            self.cut = None
            again = (self.restate or self.beyond) and not moment.others
            self.correct = self.correct or again
            self.restate = self.beyond = False
        if self.settling is not None and self.settling.samples < 2:
            return None  # to a slower belt what one wrong reading is eased to would be a rise
        held = bool(limits.holds) or self.console.holds or moment.others
        ramp = moment.ramp(self.axis)
        lead = ramp * LEAD_S + max(grid.step, learned.grid or 0.0)
        before = self.state
        after = before.advance(
            dt,
            bound=bound if self.settling is None else min(bound, self.settling.most),
            over=self.over,
            wait=limits.waits_at(axis),
            ramp=0.0 if held else ramp,
            easing=policy.speed_easing if axis is SPEED else policy.incline_easing,
            allowance=self._allowed(moment),
            reach=self._reach(measured, moment, dt) + lead,
            grid=grid,
        )
        self.state = after
        tell_limited(axis, before, after, limits, moment.journal, last=last)
        return self._write(before, after, moment, learned)

    def _allowed(self, moment: Moment) -> float:
        """Return the allowance; on a coarse grid the next step must be within it."""
        return max(self.allowance(moment), moment.grids[self.axis].step)

    def _rests(self, bound: float, moment: Moment, dt: float) -> bool:
        """Return True where nothing can change by `dt` seconds: most of the time."""
        state, grid = self.state, moment.grids[self.axis]
        full = dt == 0 or state.ceiling == state.written + self._allowed(moment)
        news = self.asked or self.correct or self.settling is not None or self.console.is_busy()
        return full and not news and state.rests(bound - self.over, grid)

    def _reach(self, measured: int | None, moment: Moment, dt: float) -> float:
        """Return the highest target that a belt as measured could stand at; NaN is none."""
        if measured is not None:
            step = moment.grids[self.axis].step
            return moment.learned.of(self.axis).highest_target(measured, step)
        if self.axis is SPEED or self.axis in moment.gone:
            return math.nan  # it was reported, and is gone
        way = self.state.written - self.open_loop
        self.open_loop += math.copysign(min(abs(way), OPEN_LOOP * dt), way)
        return self.open_loop

    def _write(
        self, before: AxisState, after: AxisState, moment: Moment, learned: LearnedAxis
    ) -> Target | None:
        # A belt that was asked while it starts is still below what the machine takes.
        settable = after.written >= moment.grids[self.axis].range.minimum
        changed = after.written != before.written and settable and not moment.others
        asked = self.asked and after.request is not None and after.request <= after.shaped
        if not (changed or asked or self.correct):
            return None
        lowers = after.written < before.written or self.correct
        target = Target(self.axis, after.written, reduction=lowers, asked=self.asked)
        self.asked = self.correct = self.restate = False
        self.quiet = None
        self.wrote, self.told = moment.now, after.written
        measured = before.written if self.measured is None else self.measured
        known = moment.targets_known or self.axis is INCLINE
        self.unit.wrote(before.written, after.written, measured, verified=known)
        self.console.wrote(after.written, moment)
        self.expected = self.expected.wrote(moment.now, after.written, learned)
        self.still.restart(self.still.at, moment.now)
        return target
