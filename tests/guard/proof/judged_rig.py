"""A timeline whose every decision is checked against what must hold whatever happened.

It judges by what went into the guard and what came out of it, and by the design, never by the
guard's own state. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math
from dataclasses import dataclass, field, replace

from bridge.guard import Decision, Verdict
from bridge.machines.learned import UnitVerdict
from bridge.tracking.incline import MOST as MOST_INCLINE
from bridge.tracking.snapshot import MOST_SPEED
from bridge.values import Axis, Belt, Command, Halt, Result, Sample, Verb
from bridge.values.status import (
    ControlLost,
    MachineEvent,
    Paused,
    SafetyKey,
    Started,
    Stopped,
    TargetChanged,
)
from tests.guard.conftest import COUNTS
from tests.guard.proof.guard_rig import GuardRig
from tests.guard.proof.judges.axis import Judge
from tests.guard.proof.judges.moment import Moment, decoded, measured
from tests.guard.proof.ledger import MILE, NEAR, Grids, Steps, is_watched, speeds
from tests.guard.proof.orders import START_S, Starts, Stopping
from tests.rigs.wording import rules, text_of

GARBLED_S = 3.0
REPEAT_S, FALL_S, ALARM_S = 1.0, 2.0, 5.0
HALTS = {Verb.STOP: Halt.STOP, Verb.PAUSE: Halt.PAUSE}
UNTOLD = frozenset({"not_connected", "observe_only", "watched_only"})
"""Reasons why not even a stop passes."""
AXES = {Verb.SPEED: Axis.SPEED, Verb.INCLINE: Axis.INCLINE}


@dataclass
class JudgedRig(GuardRig):
    """A guard rig whose every decision is judged."""

    judges: dict[Axis, Judge] = field(default_factory=lambda: {a: Judge(a) for a in Axis})
    named: list[tuple[Axis, int]] = field(default_factory=list)
    """Targets that the machine named since the last decision."""
    readings: list[Sample] = field(default_factory=list)
    """Samples that the guard has taken since then."""
    seen: Sample | None = None
    deck: int | None = None
    """Last known incline."""
    judged: int = 0
    """Verdicts that have been looked at."""
    stopping: Stopping | None = None
    may_halt: bool = False
    """True until a requested stop has surely brought the belt to a standstill."""
    stood: float | None = None
    toggles: bool = False
    others_until: float = -math.inf
    less: dict[Axis, set[int]] = field(default_factory=lambda: {axis: set() for axis in Axis})
    """Accepted requests that lower the belt: they may be written during a stop."""
    starting: Starts = field(default_factory=Starts)
    resumed: bool = False
    """True if a cool-down was ended since the newest decision."""
    seen_time: float = 0.0
    grids: Grids = field(default_factory=Grids)

    def is_watched_anew(self, later: float | None = None) -> None:
        """Another guard begins, which knows of this one what outlives it.

        To the new one all was `later` than it was, by so many seconds; None: it knows nothing.
        """
        self.decision = Decision()
        self.stopping, self.may_halt, self.toggles = None, False, False
        self.starting, self.others_until, self.resumed = Starts(), -math.inf, False
        self.judged, self.seen, self.seen_time = len(self.verdicts), None, self.now
        self.judges = {
            axis: Judge(axis) if later is None else judge.again(later)
            for axis, judge in self.judges.items()
        }

    # --- what goes in

    def _measure(self) -> None:
        """Drop what no belt has, as the bridge does; such a speed counts as garbled."""
        garbled = self.garbled
        if garbled and garbled.speed is not None and garbled.speed > MOST_SPEED:
            self.noise = self.now
            return
        if garbled and garbled.incline is not None and abs(garbled.incline) > MOST_INCLINE:
            self.garbled = replace(garbled, incline=None)
        super()._measure()

    def says(self, event: MachineEvent) -> GuardRig:
        self._note(event)
        self.learner.status(event)
        return super().says(event)

    def _note(self, event: MachineEvent) -> None:
        stopping = self.stopping
        lag = self.learner.learned.speed.lag_s.high + FALL_S
        match event:
            case SafetyKey():
                self.starting.pull_key()
            case Started():
                self.starting.key_pulled = False
            case _:
                pass
        match event:
            case TargetChanged(axis=axis, value=value):
                if self.shown_belt is Belt.RUNNING and (value > 0 or axis is Axis.INCLINE):
                    self.named.append((axis, value))
            case ControlLost():
                self.others_until = math.inf
            case Stopped() | Paused() | SafetyKey() if stopping:
                stopping.said = stopping.said or stopping.written > -math.inf
            case Started() if stopping:
                answers = self.now - stopping.written <= lag
                self.toggles = self.toggles or (stopping.repeated and answers)
                if stopping.said and not answers:  # a person did
                    self.stopping = None
                stopping.said, stopping.start = False, None
            case _:
                pass

    def refuses(self, fault: str) -> None:
        super().refuses(fault)  # which decides on all that was before
        self.others_until = math.inf if self.connected else self.others_until

    def gives(self) -> None:
        self.others_until = min(self.others_until, self.now + 30.0)
        super().gives()

    def _glimpse(self) -> None:
        """The guard takes the newest sample, if that is new to it."""
        if self.sample is not self.seen and self.sample is not None:
            self.readings.append(self.sample)
            incline, told = self.sample.data.incline, self.decision.setpoint.get(Axis.INCLINE)
            sent = self.deck if told is None else max(told, self.deck or told)
            self.deck = sent if incline is None else incline
        self.seen = self.sample

    def _answered(self, command: Command, verdict: Verdict) -> None:
        super()._answered(command, verdict)
        passed = verdict.result is not Result.REJECTED
        self._follow_belt()
        if passed and command.verb in HALTS:
            self.starting.take_back()
        if passed and command.verb in {Verb.START, Verb.RESUME}:
            self._judge_start(command)
        if command.verb not in AXES:
            return
        self._glimpse()
        if not passed:
            return
        if not command.program:
            self.others_until = -math.inf
        axis = AXES[command.verb]
        here = self.deck if axis is Axis.INCLINE else measured(self.sample, axis)
        if verdict.applied is not None and here is not None and verdict.applied < here:
            self.less[axis].add(verdict.applied)  # also of a stop that is not decided on yet
        if self.stopping and verdict.applied is not None:
            assert here is not None
            assert verdict.applied < here, "during a stop only less is taken"

    def _judge_start(self, command: Command) -> None:
        """Judge a start that passed; a moving belt is only resumed from a cool-down."""
        if command.verb is Verb.RESUME and not self.shown_belt.stands:
            self.resumed = True
            return
        assert self.policy.allow_remote_start
        assert self.stopping is None, "never started before the stop is over"
        self.starting.take(command, self.shown_belt)

    # --- what comes out

    def _decide(self) -> Decision:
        before = self.decision
        decision = super()._decide()
        self._glimpse()
        asked, halt = self._take_verdicts()
        if not self.connected:  # no request outlives the link
            halt, self.others_until = None, -math.inf
        self._follow_halt(decision, halt)
        self._judge_halt(decision, halt)
        self._judge_orders(before, decision)
        moved = {axis: self._moment(axis, before, asked[axis]) for axis in Axis}
        for axis, judge in self.judges.items():
            judge.judge(moved[axis])
        self._judge_control(before, decision, asked)
        assert all(text_of(event) for event in decision.events)
        self.seen_time, self.named, self.readings, self.resumed = self.now, [], [], False
        return decision

    def _moment(self, axis: Axis, before: Decision, asked: list[tuple[Command, Verdict]]) -> Moment:
        learned, policy = self.learner.learned, self.policy
        known = policy.unit_is_kmh or learned.speaks_kmh
        # Reports are km/h then, and may show up to the limits as the owner wrote them.
        miles = not known and learned.reports is UnitVerdict.KMH
        speed = axis is Axis.SPEED
        readings = [measured(sample, axis) for sample in self.readings]
        present = [v for v in readings if v is not None and (v > 0 or not speed)]
        noise, ramp = self.noise, policy.speed_ramp / (1.0 if known else MILE)
        garbled = noise is not None and self.now - noise <= GARBLED_S
        return Moment(
            self.now,
            self.seen_time,
            min(1.0, self.now - self.seen_time),
            before,
            self.decision,
            [] if garbled else present,
            measured(self.sample, axis),
            [value for of, value in self.named if of is axis],
            asked,
            self.steps[axis],
            learned,
            ramp if speed else policy.incline_ramp,
            policy.speed_easing if speed else policy.incline_easing,
            fresh=self._fresh,
            lost=self._age > max(policy.stale_fault_s, learned.fault_s),
            garbled=garbled,
            others=self.now <= self.others_until,
            scale=MILE if speed and miles else 1.0,
            runs=self.shown_belt is Belt.RUNNING and self.stopping is None,
            resumed=self.resumed,
        )

    @property
    def _age(self) -> float:
        return math.inf if self.sample is None else self.now - self.sample.time

    @property
    def _fresh(self) -> bool:
        return self._age <= max(self.policy.stale_hold_s, self.learner.learned.hold_s)

    @property
    def steps(self) -> dict[Axis, Steps]:
        """Grid of each axis."""
        return self.grids.of(self.machine, self.learner.learned, self.policy.min_incline)

    def _take_verdicts(self) -> tuple[dict[Axis, list[tuple[Command, Verdict]]], Halt | None]:
        """Judge the answers since the last decision, and their requests and halts."""
        asked: dict[Axis, list[tuple[Command, Verdict]]] = {axis: [] for axis in Axis}
        halt: Halt | None = None
        for command, verdict in self.verdicts[self.judged :]:
            passed = verdict.result is not Result.REJECTED
            assert passed or verdict.reasons, "a refusal says why"
            assert verdict.result is not Result.LIMITED or verdict.reasons
            if command.verb in HALTS:
                assert passed or rules(verdict)[0] in UNTOLD
                if passed and halt is not Halt.STOP:  # which goes ahead of a pause
                    halt = HALTS[command.verb]
            if command.verb in AXES:
                asked[AXES[command.verb]].append((command, verdict))
            if command.verb in AXES and passed:
                assert verdict.applied is not None
                assert command.value is not None
                assert verdict.applied <= command.value, "the guard only lowers"
                step = self.steps[AXES[command.verb]].step
                named = bool(verdict.reasons)
                assert named or verdict.applied > command.value - step, "a lowering names its rule"
        self.judged = len(self.verdicts)
        return asked, halt

    # --- stops

    def _follow_belt(self) -> None:
        """A stop ends where the belt stands, a start where it runs; none outlives the link."""
        belt, stopping = self.shown_belt, self.stopping
        over = stopping is not None and stopping.ends(self.now, belt)
        if over or not self.connected:
            self.stopping = None
        if over or not self.connected or belt is Belt.RUNNING:
            self.starting.forget()
        if belt is Belt.RUNNING:
            self.starting.key_pulled = False

    def _follow_halt(self, decision: Decision, halt: Halt | None) -> None:
        """Follow a stop to its end: the belt stands, or a person starts it after it stood."""
        belt, stopping = self.shown_belt, self.stopping
        if stopping and belt is Belt.STARTING:
            stopping.start = self.now if stopping.start is None else stopping.start
        elif stopping and not belt.stands and measured(self.sample, Axis.SPEED):
            stopping.start = None
        assert not decision.start or self.starting.due, "never started unasked"
        assert not decision.start or belt.stands, "never started while it moves"
        if not decision.start:
            self.starting.take_back()
        self.starting.due = False
        self._follow_belt()
        self.stood = (self.now if self.stood is None else self.stood) if belt.stands else None
        stays = self.stood is not None and self.now - self.stood > START_S
        if not self.connected or stays:
            self.may_halt = False
        ended = any(event.type in {"cool_down_done", "disobeyed"} for event in decision.events)
        finished = ended and self.connected  # on a link that is lost nothing is written
        if halt is not None or finished:
            # A cool-down that ends by itself ends before a pause requested meanwhile.
            due = Halt.STOP if finished else halt
            assert decision.halt is due, "a halt is the next thing written"
            waits = self.now - self.starting.asked <= START_S
            start = self.starting.asked if waits else None
            start = self.now if belt is Belt.STARTING else start
            self.stopping = self.stopping or Stopping(self.now, start=start)
            self.may_halt = True

    def _judge_halt(self, decision: Decision, halt: Halt | None) -> None:
        """It is written again each second, as long as the belt seems not to have heard of it."""
        stopping, belt, now = self.stopping, self.shown_belt, self.now
        if stopping is None:
            assert self.may_halt or "stop_ignored" not in decision.faults, "it ends with its stop"
            return
        for sample in self.readings:
            speed = measured(sample, Axis.SPEED)
            if speed is not None:
                stopping.see(now, speed)
        newest = measured(self.sample, Axis.SPEED)
        if stopping.low == math.inf and newest is not None:
            stopping.see(stopping.asked, newest)
        unseen = newest is None or not self._fresh
        obeys = belt.stands or (newest == 0 and not unseen and belt is not Belt.UNKNOWN)
        if (obeys and belt is not Belt.STARTING) or (belt is Belt.STOPPING and unseen):
            stopping.fell = now
        if decision.halt:
            again = now - stopping.written
            assert halt or again >= REPEAT_S - NEAR, "no more often than each second"
            stopping.repeated = stopping.written > -math.inf
            stopping.written = now
        elif not self.toggles and not belt.stands and stopping.still(now, FALL_S):
            COUNTS["looks at a belt that goes on after a halt"] += 1
            assert now - stopping.written < REPEAT_S, "a halt is repeated until the belt slows"
        if stopping.still(now, ALARM_S + NEAR) and belt is not Belt.STARTING and not unseen:
            assert "stop_ignored" in decision.faults, "it is said that it is not obeyed"
        if "stop_ignored" in decision.faults:
            stopping.lower[Axis.SPEED].add(speeds(self.machine).lowest)

    def _judge_orders(self, before: Decision, decision: Decision) -> None:
        belt = self.shown_belt
        orders = decision.targets or decision.halt or decision.start
        assert not orders or (self.connected and self.policy.may_control)
        assert not orders or not is_watched(self.machine), "what is only observed is told nothing"
        assert decision.halt is None or not (decision.targets or decision.start)
        assert decision.halt is None or self.stopping or self.may_halt, "no halt unasked"
        assert not decision.targets or not (belt.stands or belt is Belt.STARTING)
        for target in decision.targets:
            steps = self.steps[target.axis]
            assert steps.settable
            assert target.value == decision.setpoint[target.axis], "s is what is written"
            assert decoded(target.axis, target.value) == target.value
            if self.stopping:
                lower = self.stopping.lower[target.axis] | self.less[target.axis]
                assert target.value in lower, "no target after a halt"
                continue
            assert belt is Belt.RUNNING or self.may_halt
            assert target.value <= steps.highest
            was = before.setpoint.get(target.axis)
            off = target.value == was or target.value < steps.lowest
            assert (target.value - steps.lowest) % steps.step == 0 or off
            assert target.value > 0 or target.axis is Axis.INCLINE
            # A belt that the console set below the range is not raised at a stroke.
            assert target.value >= steps.lowest or (was is not None and was < steps.lowest)

    def _judge_control(
        self,
        before: Decision,
        after: Decision,
        asked: dict[Axis, list[tuple[Command, Verdict]]],
    ) -> None:
        """Only a person takes control back."""
        answers = [answer for answers in asked.values() for answer in answers]
        passed = [c for c, v in answers if v.result is not Result.REJECTED]
        if self.others_until == math.inf and {"control_taken"} & set(before.faults):
            assert "control_taken" in after.faults, "only a person takes control back"
            assert not any(
                c.program and c.value is not None and c.value > _least(before, AXES[c.verb])
                for c in passed
            )


def _least(before: Decision, axis: Axis) -> float:
    known = (before.requested.get(axis), before.setpoint.get(axis))
    return max((value for value in known if value is not None), default=math.inf)
