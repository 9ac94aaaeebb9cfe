"""A moving belt under the guard: an engine and a watch for each axis."""

import math
from dataclasses import dataclass, field, replace

from bridge.guard.axis import AxisState
from bridge.guard.console import MEMORY_S, NOTHING, ConsoleWatch, Finding
from bridge.guard.decision import Target
from bridge.guard.facts import Facts, Grid, Measured
from bridge.guard.journal import Journal
from bridge.guard.limits import Limits
from bridge.guard.respect import Respect
from bridge.guard.rules.response import Response
from bridge.guard.texts import Amount
from bridge.values import INCLINE, SPEED, Axis

START_GRACE_S = 3.0
"""A machine may jump to a speed of its own at a start: nothing is believed for this long."""
TELL_THEMSELVES = frozenset({"steep_incline", "cool_down"})
"""Rules with events of their own for the moment when they begin to bite."""
NO_RESPONSE = Response()
LEAST_FALL = 5
"""Half of the finest press at a console (0.05 km/h); a speed that falls by less only flickers."""
NEAR_ENOUGH = {SPEED: 50.0, INCLINE: 10.0}
"""Some machines know halves of a km/h only; a belt that is this near does respond."""


@dataclass(slots=True)
class Run:
    """What is asked of a running belt, and what it does by itself. Wire units, seconds."""

    axes: dict[Axis, AxisState]
    watches: dict[Axis, ConsoleWatch]
    journal: Journal
    respect: Respect
    asked: set[Axis] = field(default_factory=set)
    correct: set[Axis] = field(default_factory=set)
    alarmed: set[Axis] = field(default_factory=set)
    most: dict[Axis, float] = field(default_factory=dict)
    """The bound on each axis a moment ago."""
    responses: dict[Axis, Response] = field(default_factory=dict)

    @classmethod
    def started(
        cls,
        now: float,
        lowest: dict[Axis, int],
        incline: int | None,
        journal: Journal,
        respect: Respect,
    ) -> "Run":
        """Take over a belt that was seen to start: at `lowest`, whatever it does.

        That is the machine's slowest, and level or where a declined belt stands already; `incline`
        is where it is.
        """
        grace = now - MEMORY_S + START_GRACE_S
        watches: dict[Axis, ConsoleWatch] = {}
        axes = {a: AxisState(None, float(v), v) for a, v in lowest.items()}
        run = cls(axes, watches, journal, respect)
        for axis, value in lowest.items():
            at = incline if axis is INCLINE else None
            if at is not None and at > max(0, value):
                run.correct.add(axis)
            watches[axis] = ConsoleWatch(
                setpoints=((now, min(0, value)), (now, value)),
                low=value if at is None else at,
                writes=((grace, value),),
            )
        return run

    @classmethod
    def found(
        cls,
        now: float,
        at: dict[Axis, int],
        grids: dict[Axis, Grid],
        journal: Journal,
        respect: Respect,
    ) -> "Run":
        """Adopt a belt found moving: request, target and setpoint are what was measured."""
        return cls(
            {a: AxisState.adopted(v, grids[a]) for a, v in at.items()},
            {a: ConsoleWatch.begin(now, v) for a, v in at.items()},
            journal,
            respect,
        )

    def ask(self, axis: Axis, value: int, *, at_once: bool) -> None:
        """Take a request that the bounds have passed."""
        self.axes[axis] = self.axes[axis].ask(value, at_once=at_once)
        self.asked.add(axis)
        self.journal.mend(f"unexpected_rise_{axis}")

    def overrule(self, axis: Axis) -> None:
        """Let a newer request end a rise that is being judged: it is nobody's wish any more."""
        watch = self.watches[axis]
        if watch.rise is not None:
            self.watches[axis] = replace(watch, rise=replace(watch.rise, over=True))

    def cap(self) -> bool:
        """Let the requests fall to what is commanded now; True if one of them was higher."""
        before = self.axes
        self.axes = {axis: state.cap(state.written) for axis, state in before.items()}
        requests = ((state.request, state.written) for state in before.values())
        return any(request is not None and request > written for request, written in requests)

    def sample(self, axis: Axis, measured: int, grid: Grid, now: float, *, sound: bool) -> None:
        """Judge a new measurement; amid garbage (not `sound`) a rise is nobody's wish."""
        setpoint = self.axes[axis].written
        self.watches[axis], finding = self.watches[axis].sample(
            now,
            measured,
            setpoint,
            fall=max(grid.step, LEAST_FALL) if axis is SPEED else grid.step,
            tolerance=grid.tolerance(setpoint),
            most=grid.believable if sound else -math.inf,
            bound=self.most.get(axis, math.inf),
        )
        if finding is not NOTHING:
            self._act(axis, finding, measured, grid, now, told=setpoint)

    def respond(self, axis: Axis, measured: int, grid: Grid, now: float, patience_s: float) -> None:
        """Judge whether the belt does what it was told.

        Where the target waits for it, the request tells; where the incline cannot be set, it is
        told nothing, but is to be within the bounds.
        """
        state = self.axes[axis]
        target = state.shaped
        if state.led and state.request is not None:
            target = float(state.request)
        if target < measured <= self.watches[axis].told:
            return
        if not grid.settable:
            target = min(measured, self.most.get(axis, math.inf))
        before = self.responses.get(axis, NO_RESPONSE)
        tolerance = max(grid.tolerance(target), NEAR_ENOUGH[axis])
        after = before.judge(
            now, measured, target, tolerance=tolerance, step=grid.step, patience_s=patience_s
        )
        stays_above = after.failed and after.above and grid.settable
        if stays_above and self.watches[axis].may_correct(now):
            self.correct.add(axis)  # it may have been busy: what lowers is said again
        waits = after.failed and state.request is not None and state.request > state.written
        if waits:  # nothing rises by itself once it responds again
            self.axes[axis] = state.cap(state.written)
        if after is before and not waits:
            return
        self.responses[axis] = after
        fault = f"not_responding_{axis}"
        if not after.failed:
            self.journal.mend(fault)
            return
        self.journal.fault(fault)
        self.journal.disobeyed = True
        limit, stays = Amount(axis, grid.range.floor(target)), Amount(axis, measured)
        stuck = axis is INCLINE and after.above
        key = "incline_stuck" if stuck else "not_responding"
        self.journal.tell(key, axis, measured=stays, limit=limit)

    def status(self, axis: Axis, value: int, grid: Grid, now: float) -> None:
        """Judge a target that the machine names."""
        setpoint = self.axes[axis].written
        self.watches[axis], finding = self.watches[axis].status(
            now,
            value,
            setpoint,
            step=grid.step,
            tolerance=grid.tolerance(setpoint),
            most=grid.believable,
        )
        if finding is not NOTHING:
            self._act(axis, finding, value, grid, now)

    def _act(
        self,
        axis: Axis,
        finding: Finding,
        value: int,
        grid: Grid,
        now: float,
        *,
        told: float = -math.inf,
    ) -> None:
        state, watch, journal = self.axes[axis], self.watches[axis], self.journal
        if finding is Finding.SLOWED:
            # A request that is lower already stays; nothing waits to be written any more.
            asked = value if state.request is None else min(state.request, value)
            self.axes[axis] = replace(AxisState.adopted(value, grid), request=asked)
            self.correct.discard(axis)
            self.asked.discard(axis)
            tolerance = grid.tolerance(state.written)
            self.watches[axis] = watch.adopt(now, value, told=told, tolerance=tolerance)
            self.respect.slow(axis, value, now)
            journal.tell("console_slowed", axis, limit=Amount(axis, value))
            return
        corrects = watch.may_correct(now)
        if corrects:
            self.correct.add(axis)
        if finding is Finding.RAISED and watch.rise is not None:
            self.ask(axis, watch.rise.wish, at_once=False)
            self.respect.quicken(axis)
            journal.tell("console_raised", axis, limit=Amount(axis, watch.rise.wish))
        elif finding is Finding.UNEXPECTED:
            self.axes[axis] = state.cap(state.written)
            journal.fault(f"unexpected_rise_{axis}")
            limit, setpoint = Amount(axis, value), Amount(axis, state.written)
            journal.tell("unexpected_rise", axis, limit=limit, setpoint=setpoint)
        if not watch.alarming(now):
            self.alarmed.discard(axis)
        elif corrects or axis not in self.alarmed:  # told again with each correction from now on
            self.alarmed.add(axis)
            journal.disobeyed = True
            journal.tell("unexpected_rise_alarm", axis)

    def advance(
        self, facts: Facts, limits: Limits, measured: Measured, dt: float
    ) -> tuple[Target, ...]:
        """Move both engines on by `dt` seconds; returns what is to be written now."""
        policy = facts.policy
        targets: list[Target] = []
        for axis, grid in facts.grids.items():
            most = limits.most(axis)
            if not grid.settable:
                self.most[axis] = most
                continue
            if axis is SPEED:
                ramp, easing = policy.speed_ramp * facts.unit, policy.speed_easing
            else:
                ramp, easing = policy.incline_ramp, policy.incline_easing
            before = self.axes[axis]
            after = before.advance(
                dt,
                bound=most,
                wait=limits.waits_at(axis),
                ramp=0.0 if limits.holds else ramp,
                easing=easing,
                measured=measured[axis],
                grid=grid,
            )
            if after is not before:
                self.axes[axis] = after
                self._tell_limited(axis, before, after, limits)
            self.most[axis] = most
            if after is before and not (axis in self.asked or axis in self.correct):
                continue
            if after.written != before.written or self._restates(axis, before, after, grid):
                watch = self.watches[axis].wrote(facts.now, after.written, measured[axis])
            elif axis in self.correct:
                watch = self.watches[axis].corrected(facts.now, after.written)
            else:
                continue
            self.watches[axis] = watch
            lowers = after.written < before.written or axis in self.correct
            asked = axis in self.asked
            targets.append(Target(axis, after.written, reduction=lowers, asked=asked))
            self.asked.discard(axis)
        self.correct.clear()
        return tuple(targets)

    def _restates(self, axis: Axis, before: AxisState, after: AxisState, grid: Grid) -> bool:
        """Whether the same setpoint is written once more.

        A person asked for it again, or a bound cut off what the machine does by itself, which
        then differs from the setpoint by less than a step or lies beyond the range.
        """
        wanted = axis in self.asked or after.request != before.request
        return (
            wanted
            and after.request is not None
            and grid.range.minimum <= after.request <= after.shaped
        )

    def _tell_limited(
        self, axis: Axis, before: AxisState, after: AxisState, limits: Limits
    ) -> None:
        if before.request is None or after.request is None or after.request >= before.request:
            return
        last = self.most.get(axis)
        bound = limits.lowest(axis)[0]
        came_down = last is not None and before.request <= last
        if not (came_down and bound.rule in TELL_THEMSELVES):
            limit = Amount(axis, after.request)
            self.journal.tell("limited", axis, limit=limit, why=bound.text)
