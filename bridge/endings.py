"""Which commands have come to their end: by what the guard decided and the machine shows. Pure."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from bridge.guard import Decision
from bridge.guard.limits import Limit
from bridge.guard.texts import EVENTS, amount, on_the_clock
from bridge.machines.learned import LearnedAxis
from bridge.outcomes import Outcomes, Progress
from bridge.values import Axis, Belt, Outcome, Snapshot, Verb
from protocols.frozen import frozen
from protocols.ftms.control_point import Request, SetTargetIncline, SetTargetSpeed

_GIVEN_UP = frozenset({"unexpected_rise", "not_responding", "incline_stuck"})
"""Events after which a target is not to be expected, though it is still requested."""
_CHANGED = _GIVEN_UP | {
    *("console_slowed", "console_raised", "limited"),
    *("safety_key", "disobeyed", "cool_down_done", "control_taken", "control_denied"),
}
"""Events that say why something else is requested now; those of one axis name it."""


@dataclass(frozen=True, slots=True)
class Travel:
    """Where an axis that is not reported is taken to be: on its way since an order was answered."""

    start: float
    end: int
    since: float

    def at(self, now: float, machine: LearnedAxis) -> float:
        """The place at a time, for the slowest motor that this machine may have."""
        rise, fall = machine.rise_per_s.low, machine.fall_per_s.low
        gone = now - self.since
        if self.end >= self.start:
            return min(self.end, self.start + rise * gone)
        return max(self.end, self.start - fall * gone)


@frozen
class Moment:
    """What is known now; `step` is the machine's on an axis, in wire units."""

    decision: Decision
    snapshot: Snapshot
    step: Callable[[Axis], int]
    now: float
    clock: datetime

    def say(self, reasons: Iterable[Limit]) -> str:
        """The reasons in words, by the clock."""
        return "; ".join(on_the_clock(reason.text, self.clock) for reason in reasons)


class Endings:
    """Follows the open commands of one treadmill."""

    def __init__(self, outcomes: Outcomes) -> None:
        self._outcomes = outcomes
        self._travels: dict[Axis, Travel] = {}

    def written(self, request: Request, snapshot: Snapshot, now: float) -> None:
        """The machine answered an order with success."""
        match request:
            case SetTargetSpeed(value):
                axis = Axis.SPEED
            case SetTargetIncline(value):
                axis = Axis.INCLINE
            case _:
                return
        before = self._travels.get(axis)
        start = before.at(now, snapshot.learned.of(axis)) if before else 0.0
        self._travels[axis] = Travel(start, value, now)
        self._outcomes.refused([Verb(axis.value)], "")

    def follow(self, moment: Moment) -> Iterator[Outcome]:
        """See which commands have ended."""
        outcomes, decision = self._outcomes, moment.decision
        yield from outcomes.link(connected=moment.snapshot.connected)
        yield from outcomes.belt(moment.snapshot.belt)
        if decision.phase == "cool_down" and decision.setpoint.get(Axis.SPEED) is not None:
            outcomes.goes_on(Verb.FINISH, moment.now)
        for axis in Axis:
            applied = outcomes.applied(axis)
            if applied is None:
                continue
            progress = self._progress(moment, axis, applied)
            why = _why_given_up(decision, axis)
            if decision.requested.get(axis) not in {applied, progress.goal}:
                why = why or _why_changed(moment, axis, applied)
            if why:
                yield from outcomes.fail(why, [Verb(axis.value)])
            else:
                yield from outcomes.follow(axis, progress, moment.now)
        yield from outcomes.tick(moment.now, partial(_why_stuck, moment))

    def _progress(self, moment: Moment, axis: Axis, applied: int) -> Progress:
        snapshot = moment.snapshot
        machine, setpoint = snapshot.learned.of(axis), moment.decision.setpoint.get(axis)
        goal = applied
        if setpoint is not None and 0 <= applied - setpoint < (machine.grid or 0):
            goal = setpoint  # as near as this machine comes to it
        reading = _reading(snapshot, axis)
        if reading is not None and snapshot.sample is not None:
            shows = reading in machine.readings(goal, moment.step(axis))
            return Progress(goal, setpoint, reading, snapshot.sample.time, shows)
        travel = self._travels.get(axis)
        place = 0.0 if travel is None else travel.at(moment.now, machine)
        arrived = travel is not None and place == travel.end == goal
        return Progress(goal, setpoint, place, moment.now, arrived)


def _reading(snapshot: Snapshot, axis: Axis) -> int | None:
    if snapshot.sample is None:
        return None
    data = snapshot.sample.data
    return data.speed if axis is Axis.SPEED else data.incline


def _why_given_up(decision: Decision, axis: Axis) -> str:
    """Why a target will not be reached though it is still requested; empty where it may be."""
    return _told(decision, axis, _GIVEN_UP)


def _told(decision: Decision, axis: Axis, types: frozenset[str]) -> str:
    for event in decision.events:
        if event.type in types and event.details.get("axis", axis) == axis:
            return event.text
    return ""


def _why_changed(moment: Moment, axis: Axis, applied: int) -> str:
    """Why a target is not requested any more."""
    decision, belt = moment.decision, moment.snapshot.belt
    if text := _told(decision, axis, _CHANGED):
        return text
    if bounds := decision.limits.binding(axis, applied):
        return moment.say(bounds)
    request = decision.requested.get(axis)
    if request is not None:
        return _fault(decision) or f"{amount(axis, request)} was set at the console since"
    if decision.halt is not None or belt is Belt.STOPPING:
        return "the belt is being stopped"
    if belt is not Belt.RUNNING:
        return "the belt is not known to run any more"
    return _fault(decision) or "the belt was stopped or started meanwhile; send the request again"


def _fault(decision: Decision) -> str:
    """A fault that keeps targets from rising, in words; empty where there is none."""
    if "stale" in decision.faults:
        return "the treadmill sent no data"
    known = (EVENTS.get(fault, "{") for fault in decision.faults)
    return next((text for text in known if "{" not in text), "")


def _why_stuck(moment: Moment, axis: Axis) -> str:
    """Why a target that is still requested was not reached."""
    decision = moment.decision
    setpoint, request = decision.setpoint.get(axis), decision.requested.get(axis)
    if setpoint is not None and request is not None and setpoint < request:
        limits = decision.limits
        reasons: tuple[Limit, ...] = (*limits.holds, *limits.waiting(axis, request))
        if reasons:
            return moment.say(reasons)
    reading = _reading(moment.snapshot, axis)
    if reading is None:
        return f"the treadmill neither reports its {axis} nor answered the order"
    return f"the treadmill stays at {amount(axis, reading)}"
