"""The guard for every source of commands: requests and measurements in, setpoints out."""

from bridge.guard.belt.belt import GuardedBelt
from bridge.guard.belt.orders import BeltOrders
from bridge.guard.decision import ACCEPTED, Decision, SteepReport, Target, Verdict
from bridge.guard.engine.axis import MAX_DT_S
from bridge.guard.facts import Facts
from bridge.guard.journal import Ending, Journal
from bridge.guard.limits import NO_LIMITS
from bridge.guard.person.past import Past
from bridge.guard.person.person import Person
from bridge.guard.requests import answer, refuse, refuse_rise
from bridge.guard.rules import limits as ask_rules
from bridge.guard.rules.steep import Steep
from bridge.machines import Quirk
from bridge.values import (
    HALTS,
    INCLINE,
    SPEED,
    Axis,
    Belt,
    Command,
    Halt,
    Reason,
    Result,
    SetTarget,
    Snapshot,
    Verb,
    status,
)
from bridge.values.grid import why_observed
from bridge.values.policy import Policy


class Guard:
    """Deterministic and free of I/O: equal calls with equal times give equal answers.

    Call `observe` for each status of the machine, `submit` for each command, and `decide` after
    either of them and a few times a second. Times are monotonic seconds.

    Args:
        policy: the limits.
        now: the current time.
        past: the state stored by an earlier guard for this person. None if it is unknown: then the
            steep budgets count as used up, and the warm-up starts anew.
    """

    def __init__(self, policy: Policy, now: float, past: Past | None = None) -> None:
        self._journal = Journal()
        self._orders = BeltOrders(self._journal)
        self._belt = GuardedBelt(policy, past or Past(), now, self._orders, self._journal)
        self._decided = now

    # --- people and stored state

    @property
    def person(self) -> Person:
        """The active person, whose pain, rest and plan are reported there."""
        return self._belt.person

    def past(self, now: float) -> Past:
        """Return what to store about the active person, for another guard to continue from."""
        return self._belt.past(now)

    def change(self, policy: Policy, past: Past | None, now: float) -> Verdict:
        """Switch to another person; only while the belt stands or is out of reach and deserted.

        Store `past(now)` of the previous person first: everything in progress ends here.
        """
        # The belt is about to move for the current person.
        if self._orders.awaits_start(now):
            return Verdict.rejected(Reason("starting"))
        if not (self._belt.state.stands or self._belt.is_deserted(now)):
            return Verdict.rejected(Reason("belt_moves"))
        self._belt.change(policy, past or Past(), now)
        return ACCEPTED

    def configure(self, policy: Policy, now: float) -> None:
        """Apply changed limits for the same person: tighter ones now, looser ones at standstill."""
        self._belt.configure(policy, now)

    # --- commands

    def submit(self, command: Command, snapshot: Snapshot, now: float) -> Verdict:
        """Answer a command at once; an accepted one takes effect in the next `decide`."""
        if (why := _why_not(command.verb, snapshot, self._belt.policy)) is not None:
            return Verdict.rejected(Reason(why))
        self._belt.update(snapshot, now, 0.0)
        match command.verb:
            case Verb.STOP | Verb.PAUSE:
                self._belt.halt(Halt(command.verb.value), now)
                return ACCEPTED
            case Verb.SPEED | Verb.INCLINE:
                return self._submit_target(command, snapshot, now)
            case Verb.FINISH:
                return self._submit_finish(snapshot, now)
            case Verb.START | Verb.RESUME:
                return self._submit_start(command, snapshot, now)
            case _:
                return Verdict.rejected(Reason("not_a_motion"))

    def _submit_start(self, command: Command, snapshot: Snapshot, now: float) -> Verdict:
        person, run, session = self.person, self._belt.run, self.person.session
        if command.verb is Verb.RESUME and run and session and session.cool_down:
            # A late command may only lower, and this one ends the lowering.
            if command.late:
                return Verdict.rejected(Reason("late"))
            # An enforced end of the session cannot be resumed.
            if session.must_finish(now):
                return Verdict.rejected(Reason("finish_enforced"))
            session.cool_down = None
            run.cap()
            return ACCEPTED
        fresh, policy = self._belt.fresh, person.policy
        reason = self._orders.refuse_start(command, policy, snapshot, now, fresh=fresh)
        if reason is not None:
            return Verdict.rejected(Reason(reason))
        # After a reported pain, a start needs a confirmation.
        if (rest_left := person.rest_left(now)) > 0 and not command.confirm:
            return Verdict.rejected(Reason("resting", ends_s=rest_left))
        if (refusal := self._refuse_by_plan(command, now)) is not None:
            return refusal
        self._orders.start(now)
        return ACCEPTED

    def _refuse_by_plan(self, command: Command, now: float) -> Verdict | None:
        """Return the refusal of a start that the plan allows only with confirmation.

        This is so on a rest day, and after pain ended the plan. None if the start is allowed.
        """
        person = self._belt.person
        plan, left = person.plan, person.plan_left(now)
        if plan is None or not plan.walks or person.session is not None:
            return None
        if command.confirm:
            person.follow_plan(plan.confirmed(), now)
            return None
        reason = Reason(f"plan_{plan.day}", ends_s=left or None, values=plan.values)
        return Verdict.rejected(reason)

    def _submit_finish(self, snapshot: Snapshot, now: float) -> Verdict:
        session = self._belt.person.session
        if snapshot.belt is not Belt.RUNNING or session is None or self._orders.halting:
            return Verdict.rejected(Reason("nothing_to_finish"))
        if session.cool_down is None:
            self._belt.cool_down(session, snapshot, now)
        return ACCEPTED

    def _submit_target(self, command: Command, snapshot: Snapshot, now: float) -> Verdict:
        axis = SPEED if command.verb is Verb.SPEED else INCLINE
        belt, value = self._belt, command.value
        if value is None:
            return Verdict.rejected(Reason("no_value"))
        if not belt.grids(snapshot)[axis].settable:
            return Verdict.rejected(Reason("no_incline"))
        run = belt.run
        if run is None and self._orders.halting is None:
            why = {Belt.RUNNING: "unsettled", Belt.PAUSED: "paused"}
            return Verdict.rejected(Reason(why.get(belt.state, "not_running")))
        facts = belt.facts(snapshot, now)
        limits = ask_rules(facts)
        refusal = refuse(axis, value, facts)
        if run is not None:
            taken = self._orders.taken
            refusal = refusal or refuse_rise(
                command, value, run.axes[axis], limits, now, taken=taken
            )
        if refusal is not None:
            return refusal
        applied = facts.grids[axis].range.floor(min(value, limits.most(axis)))
        lowered: int | None = applied
        if run is not None:
            run.axes[axis].take_request(applied, at_once=not command.program)
        else:  # during a halt, a request that lowers a belt which does not stop is still written
            here = facts.speed if axis is SPEED else facts.incline
            lowered = self._orders.lower(axis, applied, here, snapshot.belt)
        if lowered is None:
            return Verdict.rejected(Reason("halting"))
        if not command.program:
            self._journal.mend("control_taken")
            self._orders.control_wanted()
        if lowered < applied:  # during an ignored stop the guard itself commands the lowest speed
            return Verdict(Result.LIMITED, lowered, (Reason("halting"),))
        return answer(axis, value, lowered, limits)

    def step(self, axis: Axis, snapshot: Snapshot) -> int:
        """Return the machine's step on an axis, in wire units."""
        return self._belt.grids(snapshot)[axis].step

    # --- statuses of the machine

    def observe(self, event: status.MachineEvent, snapshot: Snapshot, now: float) -> None:
        """Process a status of the machine."""
        self._belt.follow_link(snapshot)  # it may be the first news of a new link
        match event:
            case status.SafetyKey():
                self._orders.pull_key()
                self._belt.run = None
                self._journal.report("safety_key", ends=Ending.CHANGED)
            case status.Stopped() | status.Paused():
                self._orders.stop_seen()
            case status.Started():
                if self._orders.start_seen(now, lag_s=snapshot.learned.speed.lag_s.high):
                    self._belt.person.end_session()
            case status.ControlLost():
                self.control_refused("control_taken")
            case status.TargetChanged(axis=axis, value=value):
                run, running = self._belt.run, snapshot.belt in {Belt.RUNNING, Belt.UNKNOWN}
                settable = self._belt.grids(snapshot)[axis].settable
                if run and running and settable and (value > 0 or axis is INCLINE):
                    run.axes[axis].status(value, self._belt.facts(snapshot, now))

    def sending(self, order: SetTarget, snapshot: Snapshot, now: float) -> None:
        """Record that a target is being written; until then it may be replaced."""
        if (run := self._belt.run) is not None:
            run.axes[order.axis].sending(order.value, self._belt.facts(snapshot, now))

    def start_failed(self, before: float = float("inf")) -> None:
        """Record that a start, asked `before` a time, was refused or withdrawn unwritten."""
        self._orders.drop_start(before)

    def control_refused(self, fault: str) -> None:
        """Record that writes do not reach the belt: nothing rises until a new request."""
        run = self._belt.run
        self._orders.control_refused()
        lowered = run is not None and run.cap()
        self._journal.fault(fault, again=lowered, ends=Ending.CHANGED)
        if fault == "control_denied":
            self._journal.disobeyed = True

    def control_given(self) -> None:
        """Record that the machine accepts commands again."""
        self._journal.mend("control_taken", "control_denied")
        self._orders.control_given(self._decided)

    # --- time

    def decide(self, snapshot: Snapshot, now: float) -> Decision:
        """Return what to write now, with its bounds, reasons and events."""
        dt = min(now - self._decided, MAX_DT_S)
        self._decided = max(now, self._decided)
        self._belt.update(snapshot, now, dt)
        facts = self._belt.facts(snapshot, now)
        limits = ask_rules(facts)
        self._belt.follow_lowest_incline(facts, limits)
        halt = self._orders.halt_due(
            now,
            snapshot.belt,
            facts.speed if facts.fresh else None,  # an old reading shows nothing
            lag_s=snapshot.learned.speed.lag_s.high,
            still=facts.fresh and snapshot.counters_stand,
        )
        start = self._orders.start_due(snapshot.belt)
        targets: tuple[Target, ...] = ()
        run = self._belt.run
        if run is None:
            if halt is None:
                targets = self._orders.targets(now, snapshot.belt, facts.grids[SPEED])
        elif snapshot.belt is Belt.RUNNING:  # a silent belt may stand: no target is written
            targets = run.advance(limits, self._belt.measured, facts, dt)
        events, ended = self._journal.drain()
        return Decision(
            halt=halt,
            start=start,
            targets=targets,
            limits=limits if snapshot.connected else NO_LIMITS,
            events=events,
            ended=ended,
            faults=tuple(sorted(self._journal.faults)),
            phase=self._phase(facts),
            warm_up_left_s=facts.warm_up_left,
            rest_left_s=facts.rest_left,
            steep=tuple([_report(exposure, now) for exposure in facts.steep]),
            requested=run.requests if run else self._orders.setpoint,
            setpoint=run.setpoints if run else self._orders.setpoint,
            console_only=frozenset([a for a, grid in facts.grids.items() if not grid.settable]),
            gestures=run.gestures if run else frozenset(),
        )

    def _phase(self, facts: Facts) -> str | None:
        if self._belt.person.session is None:
            return None
        if facts.cool_down is not None:
            return "cool_down"
        return "warm_up" if facts.warm_up_left > 0 else "active"


def _report(exposure: Steep, now: float) -> SteepReport:
    used = exposure.used(now)
    opens = exposure.opens_in(now) if exposure.closed else None
    return SteepReport(used, exposure.left(used), opens)


def _why_not(verb: Verb, snapshot: Snapshot, policy: Policy) -> str | None:
    """Return why a machine cannot be commanded; None if it can."""
    machine = snapshot.machine
    if not policy.may_control:
        return "observe_only"
    if not snapshot.connected:
        return "not_connected"
    if verb in HALTS:  # written to every machine with a control point
        without = machine is not None and Quirk.NO_CONTROL_POINT in machine.quirks
        return "watched_only" if without else None
    return why_observed(machine, SPEED if verb is Verb.SPEED else None)
