"""Final outcomes of commands, from the guard's decisions and the machine's data. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial

from bridge.guard import Decision
from bridge.guard.facts import measured
from bridge.guard.journal import Ending
from bridge.guard.limits import Limit
from bridge.machines.learned import LearnedAxis
from bridge.treadmill.outcomes import Outcomes, Progress
from bridge.values import Axis, Belt, Order, Outcome, Reason, SetTarget, Snapshot, Verb
from bridge.values.grid import why_observed

_KEEP_DOWN = frozenset(
    {"stale", "garbled", "heart_rate_lost", "control_taken", "control_denied", "link_lost"}
)
"""Faults after which nothing rises without a new request."""


@dataclass(frozen=True, slots=True)
class Travel:
    """Estimated position of an axis that is not reported, moving since an order was answered."""

    start: float
    end: int
    since: float

    def at(self, now: float, machine: LearnedAxis) -> float:
        """Return the position at a time, for the slowest possible motor of this machine."""
        rise, fall = machine.rise_per_s.low, machine.fall_per_s.low
        gone = now - self.since
        if self.end >= self.start:
            return min(self.end, self.start + rise * gone)
        return max(self.end, self.start - fall * gone)


@dataclass(frozen=True, slots=True)
class Nearest:
    """How near an axis has come to a target, and since when it has come no nearer by a step."""

    goal: int
    distance: int
    since: float


@dataclass(frozen=True, slots=True)
class Moment:
    """State of one moment; `step` is the machine's step on an axis, in wire units."""

    decision: Decision
    snapshot: Snapshot
    step: Callable[[Axis], int]
    now: float


class Endings:
    """Follows the open commands of one treadmill."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self._travels: dict[Axis, Travel] = {}
        self._nearest: dict[Axis, Nearest] = {}

    def written(self, order: Order, snapshot: Snapshot, now: float) -> None:
        """Record an order that the machine answered with success."""
        if not isinstance(order, SetTarget):
            return
        axis = order.axis
        before = self._travels.get(axis)
        start = before.at(now, snapshot.learned.of(axis)) if before else 0.0
        self._travels[axis] = Travel(start, order.value, now)
        self._outcomes.refused([Verb(axis.value)], None)

    def follow(self, moment: Moment) -> Iterator[Outcome]:
        """Yield the outcomes of the commands that ended."""
        outcomes, decision = self._outcomes, moment.decision
        yield from outcomes.link(connected=moment.snapshot.connected)
        yield from outcomes.belt(moment.snapshot.belt)
        if not outcomes.open:
            return
        if decision.phase == "cool_down" and decision.setpoint.get(Axis.SPEED) is not None:
            outcomes.goes_on(Verb.FINISH, moment.now)
        for axis in Axis:
            applied = outcomes.applied(axis)
            if applied is None:
                continue
            progress = self._progress(moment, axis, applied)
            why = _told(decision, axis, given_up=True)
            if not why and decision.requested.get(axis) not in {applied, progress.goal}:
                why = _why_changed(moment, axis, applied)
            if why:
                yield from outcomes.fail(why[0], [Verb(axis.value)], *why[1:])
            else:
                yield from outcomes.follow(axis, progress, moment.now)
        yield from outcomes.tick(moment.now, partial(_why_stuck, moment))

    def _progress(self, moment: Moment, axis: Axis, applied: int) -> Progress:
        snapshot = moment.snapshot
        machine, setpoint = snapshot.learned.of(axis), moment.decision.setpoint.get(axis)
        goal = applied
        if setpoint is not None and 0 <= applied - setpoint < (machine.grid or 0):
            goal = setpoint  # as near as this machine can get
        reading = measured(snapshot.sample)[axis]
        if reading is not None and snapshot.sample is not None:
            step = moment.step(axis)
            arrived = self._has_arrived(axis, abs(goal - reading), goal, moment)
            learned = machine.spread is not None
            if not learned:  # its rounding moves a reading by less than one report step
                machine = replace(machine, resolution=(machine.resolution - 1) / 2)
            shows = (learned or arrived) and reading in machine.readings(goal, step)
            return Progress(goal, setpoint, reading, snapshot.sample.time, shows)
        travel = self._travels.get(axis)
        place = 0.0 if travel is None else travel.at(moment.now, machine)
        arrived = travel is not None and place == travel.end == goal
        return Progress(goal, setpoint, place, moment.now, arrived)

    def _has_arrived(self, axis: Axis, distance: int, goal: int, moment: Moment) -> bool:
        """Return True if a reading is that of the target, or has come no nearer for the lag.

        Without that, 0 % would show 1 % on a machine whose tolerance is not learned yet.
        """
        step, last = moment.step(axis), self._nearest.get(axis)
        if last is None or last.goal != goal or distance <= last.distance - step:
            self._nearest[axis] = last = Nearest(goal, distance, moment.now)
        lag_s = moment.snapshot.learned.of(axis).lag_s.high
        return distance < step or moment.now - last.since > lag_s


def _told(decision: Decision, axis: Axis, *, given_up: bool) -> tuple[Reason, ...]:
    """Return why the guard ended or gave up the request on an axis; empty if it did not."""
    for ended in decision.ended:
        if given_up and ended.ending is not Ending.GIVEN_UP:
            continue
        if ended.axis in {None, axis}:
            return (ended.reason,)
    return ()


def _why_changed(moment: Moment, axis: Axis, applied: int) -> tuple[Reason, ...]:
    """Return why a target is no longer requested."""
    decision, belt = moment.decision, moment.snapshot.belt
    if told := _told(decision, axis, given_up=False):
        return told
    if bounds := decision.limits.binding(axis, applied):
        return tuple(bound.reason for bound in bounds)
    request = decision.requested.get(axis)
    if request is not None:
        return _fault(decision) or (Reason("console_set", axis, request),)
    if decision.halt is not None or belt is Belt.STOPPING:
        return (Reason("belt_stopping"),)
    if belt is not Belt.RUNNING:
        return (Reason("belt_not_running"),)
    if observed := why_observed(moment.snapshot.machine, axis):
        return (Reason(observed),)
    return _fault(decision) or (Reason("belt_restarted"),)


def _fault(decision: Decision) -> tuple[Reason, ...]:
    """Return the first fault that prevents a rise; empty without one."""
    return tuple(Reason(fault) for fault in decision.faults if fault in _KEEP_DOWN)[:1]


def _why_stuck(moment: Moment, axis: Axis) -> tuple[Reason, ...]:
    """Return why a target that is still requested was not reached."""
    decision = moment.decision
    setpoint, request = decision.setpoint.get(axis), decision.requested.get(axis)
    if setpoint is not None and request is not None and setpoint < request:
        limits = decision.limits
        limiting: tuple[Limit, ...] = (*limits.holding(axis), *limits.waiting(axis, request))
        if limiting:
            return tuple(limit.reason for limit in limiting)
    reading = measured(moment.snapshot.sample)[axis]
    if reading is None:
        return (Reason("not_reached", axis, case="unseen"),)
    return (Reason("not_reached", axis, values=(("measured", reading),)),)
