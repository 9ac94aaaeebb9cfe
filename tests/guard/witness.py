"""A story that is watched: after each decision it asserts what must hold whatever happened.

The witness judges by what went into the guard and what came out of it, and by the design's words,
never by the guard's own state. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math
from dataclasses import dataclass, field

from bridge.guard import Decision, Verdict
from bridge.guard.facts import Grid, incline_grid, speed_grid
from bridge.guard.texts import amount, say
from bridge.status import StatusEvent, TargetChanged
from bridge.values import Axis, Belt, Command, Halt, Result, Sample, Verb
from protocols.ftms.control_point import (
    SetTargetIncline,
    SetTargetSpeed,
    decode_request,
    encode_request,
)
from tests.guard.conftest import COUNTS
from tests.guard.console import GARBLED_S, Console, Moment
from tests.guard.ledger import Steps, inclines, speeds
from tests.guard.story import Story

GLOBAL_NAMES = frozenset(
    {
        "steep_closed",
        "stale",
        "control_taken",
        "control_denied",
        "heart_rate_lost",
        "adopted",
        "cool_down",
    }
)
"""Events that name why requests fell, whatever the axis."""
START_SHOWS_S = 15.0
"""How long a start may take to show."""
AXIS_NAMES = frozenset(
    {"limited", "console_slowed", "unexpected_rise", "not_responding", "incline_stuck"}
)
REPEAT_S, ALARM_S = 1.0, 5.0
OBEYS = 20
"""A belt that lost more than 0.2 km/h obeys."""
HALTS = {Verb.STOP: Halt.STOP, Verb.PAUSE: Halt.PAUSE}
AXES = {Verb.SPEED: Axis.SPEED, Verb.INCLINE: Axis.INCLINE}


@dataclass
class Witnessed(Story):
    """A story whose every decision is judged."""

    consoles: dict[Axis, Console] = field(default_factory=lambda: {a: Console(a) for a in Axis})
    named: list[tuple[Axis, int]] = field(default_factory=list)
    """Targets that the machine named since the last decision."""
    seen_sample: Sample | None = None
    glimpsed: Sample | None = None
    """What there was when a target was asked for last."""
    judged: int = 0
    """Verdicts that have been looked at."""
    halted: bool = False
    halt_written: bool = False
    halt_at: float | None = None
    """When the halt that is under way was written last."""
    halted_at: float = -math.inf
    """When it was first."""
    fastest: float = 0.0
    """The speed of the belt then."""
    eased: bool = False
    """Whether the belt seemed to obey since."""
    may_halt: bool = False
    """Whether a halt that was asked has yet to bring the belt to a stand."""
    start_asked: float = -math.inf
    start_sent: float = -math.inf
    seen_belt: Belt = Belt.UNKNOWN
    seen_time: float = 0.0
    climbed: dict[Axis, float] = field(default_factory=lambda: dict.fromkeys(Axis, 0.0))
    """The integral of the ramp over the time in which something might rise, for each axis."""
    slack: dict[Axis, float] = field(default_factory=dict)
    """The least of setpoint − integral since the run began, for each axis."""

    def says(self, event: StatusEvent) -> Story:
        self._note(event)
        return super().says(event)

    def _note(self, event: StatusEvent) -> None:
        if isinstance(event, TargetChanged):
            self.named.append((event.axis, event.value))

    def is_watched_anew(self, later: float | None = None) -> None:
        """Another guard begins, which knows of this one what outlives it.

        To the new one all was `later` than it was, by so many seconds; None: it knows nothing.
        """
        self.decision = Decision()
        self.halted = self.halt_written = self.may_halt = False
        self.halt_at = None
        self.start_sent = self.start_asked = -math.inf
        self.judged = len(self.verdicts)
        self.seen_belt, self.seen_time = Belt.UNKNOWN, self.now
        self.seen_sample = self.glimpsed = None
        self.consoles = {
            axis: Console(axis) if later is None else console.again(later)
            for axis, console in self.consoles.items()
        }

    def _answered(self, command: Command, verdict: Verdict) -> None:
        super()._answered(command, verdict)
        if command.verb in AXES:
            self.glimpsed = self.sample

    # --- what comes out

    def _decide(self) -> Decision:
        before = self.decision
        decision = super()._decide()
        for axis, console in self.consoles.items():
            console.judge(self._moment(axis, before), self._steps(axis))
        asked, halt, starts = self._take_verdicts()
        if not self.connected:  # nothing that was asked outlives the link
            halt, starts = None, False
        self._follow_halt(decision, halt)
        self._judge_halt(decision)
        self._judge_orders(decision, halt, starts)
        for axis, grid in self.grids.items():
            self._judge_axis(axis, grid, before, decision, asked)
        assert all(event.text.strip() for event in decision.events)
        self.seen_belt, self.seen_time = self.snapshot.belt, self.now
        self.seen_sample, self.glimpsed, self.named = self.sample, None, []
        return decision

    def _moment(self, axis: Axis, before: Decision) -> Moment:
        noise = self.snapshot.garbled
        is_new = self.sample is not self.seen_sample
        missed = self.glimpsed not in (None, self.sample, self.seen_sample)
        return Moment(
            self.now,
            before,
            self.decision,
            _measured(self.sample, axis) if is_new else None,
            _present(_measured(self.glimpsed, axis)) if missed else [],
            [value for of, value in self.named if of is axis],
            [
                (command, verdict)
                for command, verdict in self.verdicts[self.judged :]
                if AXES.get(command.verb) is axis
            ],
            garbled=noise is not None and self.now - noise <= GARBLED_S,
            runs=self.snapshot.belt is Belt.RUNNING,
            moves=self.connected and not self.snapshot.belt.stands,
            stands=self.snapshot.belt.stands,
        )

    def _steps(self, axis: Axis) -> Steps:
        if axis is Axis.SPEED:
            return speeds(self.machine)
        return inclines(self.machine, self.policy.min_incline)

    @property
    def grids(self) -> dict[Axis, Grid]:
        return {
            Axis.SPEED: speed_grid(self.machine),
            Axis.INCLINE: incline_grid(self.machine, self.policy.min_incline),
        }

    def _take_verdicts(self) -> tuple[dict[Axis, int], Halt | None, bool]:
        """Judge the answers since the last decision; what was asked, halted, started by them."""
        asked: dict[Axis, int] = {}
        halt: Halt | None = None
        starts = False
        for command, verdict in self.verdicts[self.judged :]:
            passed = verdict.result is not Result.REJECTED
            assert passed or verdict.reasons, "a refusal says why"
            assert verdict.result is not Result.LIMITED or verdict.reasons
            if command.verb in HALTS:
                assert passed or verdict.reasons[0] in (say("not_connected"), say("observe_only"))
                if passed and halt is not Halt.STOP:  # which goes ahead of a pause
                    halt = HALTS[command.verb]
                starts = starts and not passed
            if command.verb in {Verb.START, Verb.RESUME} and passed:
                assert self.policy.allow_remote_start
                assert not command.late
                waited = command.received - self.start_asked
                assert waited > START_SHOWS_S, "no second start while the first may yet show"
                self.start_asked, starts = command.received, True
            if command.verb in AXES and passed:
                axis = AXES[command.verb]
                assert verdict.applied is not None
                assert command.value is not None
                assert verdict.applied <= command.value, "the guard only lowers"
                step = self.grids[axis].step
                named = bool(verdict.reasons)
                assert named or verdict.applied > command.value - step, "a lowering names its rule"
                asked[axis] = verdict.applied
        self.judged = len(self.verdicts)
        return asked, halt, starts

    def _follow_halt(self, decision: Decision, halt: Halt | None) -> None:
        belt = self.snapshot.belt
        started = belt is Belt.RUNNING and self.seen_belt in {Belt.STOPPING, Belt.STARTING}
        if not self.connected or (self.halt_written and (belt.stands or started)):
            self.halted = False
        if decision.start:
            self.start_sent = self.now
        elif self.start_sent < self.start_asked:
            self.start_asked = -math.inf  # it was taken back
        # A start that was sent shortly before it may have yet to show.
        stays = belt.stands and self.now - self.start_sent > START_SHOWS_S
        if belt is Belt.RUNNING:
            self.start_sent = self.start_asked = -math.inf
        if not self.connected:
            self.start_asked = -math.inf
        if not self.connected or (self.halt_written and stays):
            self.may_halt = False
        finished = any(event.type in {"cool_down_done", "disobeyed"} for event in decision.events)
        if halt is not None or finished:
            assert decision.halt is (halt or Halt.STOP), "a halt is the next thing written"
            self.halted = self.halt_written = self.may_halt = True

    def _judge_halt(self, decision: Decision) -> None:
        """It is written again each second, as long as the belt seems not to have heard of it."""
        speed = _measured(self.sample, Axis.SPEED)
        if not self.halted:
            self.halt_at = None
            return
        if self.halt_at is None:
            before = (self.seen_sample, self.glimpsed, self.sample)
            known = [v for sample in before for v in _present(_measured(sample, Axis.SPEED))]
            self.fastest, self.eased = max(known, default=0), False
            self.halted_at = self.now
        slower = speed is None or speed == 0 or speed < self.fastest - OBEYS
        self.eased = self.eased or slower or self.snapshot.belt is not Belt.RUNNING
        if decision.halt:
            self.halt_at = self.now
        elif self.halt_at is not None and not self.eased:
            COUNTS["looks at a belt that goes on after a halt"] += 1
            assert self.now - self.halt_at < REPEAT_S, "a halt is repeated until the belt slows"
        if self.now - self.halted_at > ALARM_S and not self.eased:
            assert "stop_ignored" in decision.faults, "it is said that it is not obeyed"

    def _judge_orders(self, decision: Decision, halt: Halt | None, starts: bool) -> None:
        snapshot = self.snapshot
        orders = decision.targets or decision.halt or decision.start
        assert not orders or (snapshot.connected and self.policy.may_control)
        assert decision.halt is None or not (decision.targets or decision.start)
        assert not (self.halted and decision.targets), "no target after a halt"
        asked = self.halted or self.may_halt or snapshot.belt.stands
        assert decision.halt is None or asked, "no halt unasked"
        if decision.start:
            assert starts, "never started unasked"
            assert snapshot.belt.stands, "never started while it moves"
        assert not decision.targets or snapshot.belt is Belt.RUNNING
        for target in decision.targets:
            grid = self.grids[target.axis]
            assert grid.settable
            assert grid.range.minimum <= target.value <= grid.range.maximum
            assert (target.value - grid.range.minimum) % grid.step == 0
            least = 1 if target.axis is Axis.SPEED else self.policy.min_incline
            assert target.value >= least
            assert target.value == decision.setpoint[target.axis], "s is what is written"
            assert decoded(target.axis, target.value) == target.value

    def _judge_axis(
        self, axis: Axis, grid: Grid, before: Decision, after: Decision, asked: dict[Axis, int]
    ) -> None:
        was, now = before.setpoint.get(axis), after.setpoint[axis]
        ramp = self.policy.speed_ramp if axis is Axis.SPEED else self.policy.incline_ramp
        events = {event.type for event in after.events if event.details.get("axis") == axis}
        if now is None:
            self.slack.pop(axis, None)
            return
        if not after.limits.holds:
            self.climbed[axis] += ramp * min(1.0, self.now - self.seen_time)
        risen = now - self.climbed[axis]
        if was is None:
            self.slack[axis] = risen
            return
        self._judge_request(axis, before, after, asked, events)
        request = after.requested[axis]
        if now > was:
            assert request is not None, "nothing rises that nobody asked for"
            assert now <= request
            assert self._fresh, "stale data gives no headroom"
            noise = -math.inf if self.noise is None else self.noise
            assert self.now - noise > GARBLED_S, "nonsense gives no headroom"
            assert _measured(self.sample, axis) is not None, "missing data gives no headroom"
        self.slack[axis] = min(self.slack[axis], risen)
        assert risen <= self.slack[axis] + grid.step + 1e-6, "no faster than r"
        top = min(after.limits.most(axis), now if request is None else request)
        if grid.settable and now > max(top, grid.range.minimum):
            easing = self.policy.speed_easing if axis is Axis.SPEED else self.policy.incline_easing
            dt = min(1.0, self.now - self.seen_time)
            assert now <= was, "above the bound only while it falls"
            assert now <= was + grid.step - easing * dt + 1e-6, "it falls at the easing"

    def _judge_request(
        self,
        axis: Axis,
        before: Decision,
        after: Decision,
        asked: dict[Axis, int],
        events: set[str],
    ) -> None:
        old, new = before.requested[axis], after.requested[axis]
        setpoint = before.setpoint[axis]
        assert setpoint is not None
        if new is not None and new > (setpoint if old is None else old):
            sources: list[float] = [asked[axis]] if axis in asked else []
            if "console_raised" in events:
                return  # how far is for the console's judge to say
            if "console_slowed" in events and old is None:
                sources.append(setpoint)
            assert new <= max(sources, default=-0x10000), "a request rises only by a person"
        if old is not None and new is not None and new < old and axis not in asked:
            everywhere = {event.type for event in after.events}
            slope = after.phase == "cool_down" and "console_raised" not in events
            as_wished = any(
                event.type == "console_raised" and event.details["limit"] == amount(axis, new)
                for event in after.events
            )
            named = events & AXIS_NAMES or everywhere & GLOBAL_NAMES
            assert named or slope or as_wished, "a lowering names its rule"

    @property
    def _fresh(self) -> bool:
        hold = max(self.policy.stale_hold_s, 3.0)  # these machines report each second
        return self.sample is not None and self.now - self.sample.time <= hold


def _measured(sample: Sample | None, axis: Axis) -> int | None:
    if sample is None:
        return None
    return sample.data.speed if axis is Axis.SPEED else sample.data.incline


def _present(value: int | None) -> list[int]:
    return [] if value is None else [value]


def decoded(axis: Axis, value: int) -> int:
    """What a machine reads from the bytes of a setpoint."""
    request = SetTargetSpeed(value) if axis is Axis.SPEED else SetTargetIncline(value)
    match decode_request(encode_request(request)):
        case SetTargetSpeed(read) | SetTargetIncline(read):
            return read
        case other:
            message = f"{other} is no target"
            raise AssertionError(message)
