"""A moving belt under the guard: an engine and a watch for each axis."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from bridge.guard import texts
from bridge.guard.axis import AxisState
from bridge.guard.console import MEMORY_S, ConsoleWatch, Finding
from bridge.guard.decision import Target
from bridge.guard.facts import Facts, Grid
from bridge.guard.limits import Limits
from bridge.values import Axis

START_GRACE_S = 3.0
"""A machine may jump to a speed of its own at a start: nothing is believed for this long."""
TELL_THEMSELVES = frozenset({"steep_incline", "cool_down"})
"""Rules with events of their own for the moment when they begin to bite."""

Tell = Callable[..., None]


@dataclass(slots=True)
class Run:
    """What is asked of a running belt, and what it does by itself. Wire units, seconds."""

    axes: dict[Axis, AxisState]
    watches: dict[Axis, ConsoleWatch]
    tell: Tell
    faults: set[str]
    asked: set[Axis] = field(default_factory=set)
    correct: set[Axis] = field(default_factory=set)
    alarmed: set[Axis] = field(default_factory=set)
    slowed: dict[Axis, tuple[float, int]] = field(default_factory=dict)
    """When the console last slowed an axis, and to what."""
    most: dict[Axis, float] = field(default_factory=dict)
    """The bound on each axis a moment ago."""

    @classmethod
    def started(
        cls,
        now: float,
        lowest: dict[Axis, int],
        measured: dict[Axis, int | None],
        tell: Tell,
        faults: set[str],
    ) -> "Run":
        """Take over a belt that was seen to start: at `lowest`, whatever it does.

        That is the machine's slowest, and level or where a declined belt stands already.
        """
        grace = now - MEMORY_S + START_GRACE_S
        watches: dict[Axis, ConsoleWatch] = {}
        run = cls(
            {a: AxisState(None, float(v), v) for a, v in lowest.items()}, watches, tell, faults
        )
        for axis, value in lowest.items():
            at = measured[axis] if axis is Axis.INCLINE else None
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
        cls, now: float, at: dict[Axis, int], grids: dict[Axis, Grid], tell: Tell, faults: set[str]
    ) -> "Run":
        """Adopt a belt found moving: request, target and setpoint are what was measured."""
        return cls(
            {a: AxisState.adopted(v, grids[a]) for a, v in at.items()},
            {a: ConsoleWatch.begin(now, v) for a, v in at.items()},
            tell,
            faults,
        )

    def ask(self, axis: Axis, value: int, *, at_once: bool) -> None:
        """Take a request that the bounds have passed."""
        self.axes[axis] = self.axes[axis].ask(value, at_once=at_once)
        self.asked.add(axis)
        self.faults.discard(f"unexpected_rise_{axis}")

    def cap(self) -> bool:
        """Let the requests fall to what is commanded now; True if one of them was higher."""
        before = self.axes
        self.axes = {axis: state.cap(state.written) for axis, state in before.items()}
        return any((state.request or 0) > state.written for state in before.values())

    def sample(self, axis: Axis, measured: int, grid: Grid, now: float, *, sound: bool) -> None:
        """Judge a new measurement; amid garbage (not `sound`) a rise is nobody's wish."""
        setpoint = self.axes[axis].written
        self.watches[axis], finding = self.watches[axis].sample(
            now,
            measured,
            setpoint,
            tolerance=grid.tolerance(setpoint),
            most=grid.believable if sound else -math.inf,
        )
        self._act(axis, finding, measured, grid, now)

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
        self._act(axis, finding, value, grid, now)

    def _act(self, axis: Axis, finding: Finding, value: int, grid: Grid, now: float) -> None:
        state, watch = self.axes[axis], self.watches[axis]
        if finding is Finding.NOTHING:
            return
        if finding is Finding.SLOWED:
            # A request that is lower already stays; nothing waits to be written any more.
            asked = value if state.request is None else min(state.request, value)
            self.axes[axis] = replace(AxisState.adopted(value, grid), request=asked)
            self.correct.discard(axis)
            self.asked.discard(axis)
            self.watches[axis] = watch.adopt(now, value)
            self.slowed[axis] = (now, value)
            self.tell("console_slowed", axis, limit=texts.amount(axis, value))
            return
        if watch.may_correct(now):
            self.correct.add(axis)
        if finding is Finding.RAISED and watch.rise is not None:
            self.ask(axis, watch.rise.wish, at_once=False)
            self.tell("console_raised", axis, limit=texts.amount(axis, watch.rise.wish))
        elif finding is Finding.UNEXPECTED:
            self.axes[axis] = state.cap(state.written)
            self.faults.add(f"unexpected_rise_{axis}")
            self.tell(
                "unexpected_rise",
                axis,
                limit=texts.amount(axis, value),
                setpoint=texts.amount(axis, state.written),
            )
        if not watch.alarming(now):
            self.alarmed.discard(axis)
        elif axis not in self.alarmed:
            self.alarmed.add(axis)
            self.tell("unexpected_rise_alarm", axis)

    def advance(
        self, facts: Facts, limits: Limits, measured: dict[Axis, int | None], dt: float
    ) -> tuple[Target, ...]:
        """Move both engines on by `dt` seconds; returns what is to be written now."""
        policy = facts.policy
        pace = {
            Axis.SPEED: (policy.speed_ramp * facts.unit, policy.speed_easing),
            Axis.INCLINE: (policy.incline_ramp, policy.incline_easing),
        }
        targets = []
        for axis, grid in facts.grids.items():
            if not grid.settable:
                continue
            ramp, easing = pace[axis]
            before = self.axes[axis]
            after = before.advance(
                dt,
                bound=limits.most(axis),
                ramp=0.0 if limits.holds else ramp,
                easing=easing,
                measured=measured[axis],
                grid=grid,
            )
            self.axes[axis] = after
            self._tell_limited(axis, before, after, limits)
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
        last, self.most[axis] = self.most.get(axis), limits.most(axis)
        if before.request is None or after.request is None or after.request >= before.request:
            return
        bound = limits.lowest(axis)[0]
        came_down = last is not None and before.request <= last
        if not (came_down and bound.rule in TELL_THEMSELVES):
            self.tell("limited", axis, limit=texts.amount(axis, after.request), why=bound.text)
