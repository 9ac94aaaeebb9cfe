"""One governor for every source of commands: from requests and measurements to setpoints."""

from bridge.guard import texts
from bridge.guard.cool_down import CoolDown
from bridge.guard.decision import Decision, SteepReport, Target, Verdict
from bridge.guard.facts import Facts, Grid, incline_grid, speed_grid
from bridge.guard.halting import Halting
from bridge.guard.limits import Limits
from bridge.guard.past import Baseline, Past
from bridge.guard.policy import Policy, stricter
from bridge.guard.rules import limits as ask_rules
from bridge.guard.run import Run
from bridge.guard.session import Session
from bridge.guard.settling import Settling
from bridge.guard.steep import SteepWatch
from bridge.guard.unit import Unit, UnitCheck
from bridge.status import ControlLost, SafetyKey, Started, StatusEvent, TargetChanged
from bridge.values import Axis, Belt, Command, Event, Halt, Result, Sample, Snapshot, Verb

CONSOLE_RESPECT_S = 30.0
"""How long the console's slower speed stands against requests from elsewhere."""
START_PATIENCE_S = 15.0
"""How long a start may take to show: a second one would stop a machine that toggles."""
READ_FRESH_S = 3.0
GARBLED_S = 3.0
"""After a value that cannot be true, nothing is believed for this long."""
GARBLED_FAULT_S = 60.0
"""For this long it is a fault that is told, and told but once."""
MAX_DT_S = 1.0
"""A longer step of time was not observed, and counts as no more than this."""
NO_LIMITS = Limits((), ())


class Guard:
    """Deterministic and free of I/O: the same calls with the same times give the same answers.

    Call `observe` for each status of the machine, `submit` for each command, and `decide` after
    either of them and a few times a second. Times are monotonic seconds.

    Args:
        policy: the limits.
        now: the present.
        past: what an earlier guard left behind for the person who runs; None if that is not known:
            then the steep budgets count as used up, and the warm-up is whole.
    """

    def __init__(self, policy: Policy, now: float, past: Past | None = None) -> None:
        self._policy = policy
        self._next_policy: Policy | None = None
        self._rest_until = float("-inf")
        self._take_past(past, now)
        self._unit = UnitCheck()
        self._decided = now
        self._sample: Sample | None = None
        self._belt = Belt.UNKNOWN
        self._connected = False
        self._stood = False
        self._settling: Settling | None = None
        self._run: Run | None = None
        self._halting: Halting | None = None
        self._start_wanted = False
        self._start_pending = False
        self._start_asked = float("-inf")
        self._key_pulled = False
        self._garbled = float("-inf")
        self._faults: set[str] = set()
        self._events: list[Event] = []

    # --- what outlives the process, and whose it is

    def past(self, now: float) -> Past:
        """What is to be stored of the person who runs, for another guard to go on with."""
        return Past(
            steep=tuple(exposure.past(now) for exposure in self._steep.exposures),
            incline=self._incline,
            session=self._session.past(now) if self._session else None,
            rest_left_s=max(0.0, self._rest_until - now),
            baseline=self._baseline,
        )

    def change(self, policy: Policy, past: Past | None, now: float) -> Verdict:
        """Guard another person from now on; only while the belt stands, or nobody can be on it.

        Take `past(now)` of the one before first: what is under way ends here.
        """
        if self._awaits_start(now):
            return _rejected("starting")
        if not (self._belt.stands or self._is_deserted(now)):
            return _rejected("belt_moves")
        self._end_session()
        self._policy, self._next_policy = policy, None
        self._take_past(past, now)
        return Verdict(Result.ACCEPTED)

    def configure(self, policy: Policy, now: float) -> None:
        """Take changed limits for the same person: the tighter ones at once, the rest at rest."""
        tighter = stricter(self._policy, policy)
        if tighter != self._policy:
            self._steep = SteepWatch.begin(tighter, now, self.past(now))
        self._policy, self._next_policy = tighter, policy
        self._loosen(now)

    def report_pain(self, severity: int, now: float) -> bool:
        """Take note of a pain, 0 to 10: from the policy's severity on a rest begins.

        Returns whether it did; one that is under way is never made shorter.
        """
        if severity < self._policy.rest_severity:
            return False
        self._rest_until = max(self._rest_until, now + self._policy.rest_s)
        return self._rest_until > now

    def lift_rest(self, now: float) -> bool:
        """End the rest, because the person says so; returns whether there was one."""
        resting = self._rest_until > now
        self._rest_until = float("-inf")
        return resting

    def _take_past(self, past: Past | None, now: float) -> None:
        self._steep = SteepWatch.begin(self._policy, now, past)
        session = past.session if past else None
        self._session: Session | None = Session.of(session, now) if session else None
        self._rest_until = now + past.rest_left_s if past else float("-inf")
        self._baseline = past.baseline if past else None
        self._incline = past.incline if past else None

    def _is_deserted(self, now: float) -> bool:
        """Whether nobody can be on a belt that is out of reach."""
        session = self._session
        moved = session.moved if session else None
        rested = moved is None or now - moved > self._policy.warm_up_pause_s
        return not self._connected and rested

    def _loosen(self, now: float) -> None:
        """Take looser limits over, once the belt is known to stand."""
        policy = self._next_policy
        if policy is None or not self._belt.stands or self._awaits_start(now):
            return
        self._steep = SteepWatch.begin(policy, now, self.past(now))
        self._policy, self._next_policy = policy, None

    # --- commands

    def submit(self, command: Command, snapshot: Snapshot, now: float) -> Verdict:
        """Answer a command at once; what was accepted shows in the next `decide`."""
        if not self._policy.may_control:
            return _rejected("observe_only")
        if not snapshot.connected:
            return _rejected("not_connected")
        self._follow_link(snapshot)
        match command.verb:
            case Verb.STOP:
                return self._halt(Halt.STOP, snapshot, now)
            case Verb.PAUSE:
                return self._halt(Halt.PAUSE, snapshot, now)
            case Verb.SPEED | Verb.INCLINE:
                return self._submit_target(command, snapshot, now)
            case Verb.FINISH:
                return self._submit_finish(snapshot, now)
            case Verb.START | Verb.RESUME:
                return self._submit_start(command, snapshot, now)
            case _:
                return _rejected("not_a_motion")

    def _halt(self, kind: Halt, snapshot: Snapshot, now: float) -> Verdict:
        going = self._halting
        speed = _measured(snapshot)[Axis.SPEED]
        self._halting = going.again(kind) if going else Halting(kind, now, speed)
        self._run = None
        self._settling = None
        self._start_wanted = False
        return Verdict(Result.ACCEPTED)

    def _submit_start(self, command: Command, snapshot: Snapshot, now: float) -> Verdict:
        halting = self._halting
        checks = (
            ("remote_start", self._policy.allow_remote_start),
            ("late", not command.late),
            ("safety_key", not self._key_pulled),
            ("belt_moves", snapshot.belt.stands),
            ("not_paused", command.verb is not Verb.RESUME or snapshot.belt is Belt.PAUSED),
            ("stale_at_rest", self._is_fresh(snapshot, now)),
            ("starting", not self._awaits_start(now)),
            ("halting", halting is None or halting.written is not None),
        )
        for reason, passed in checks:
            if not passed:
                return _rejected(reason)
        self._start_wanted = self._start_pending = True
        self._start_asked = now
        self._halting = None
        return Verdict(Result.ACCEPTED)

    def _awaits_start(self, now: float) -> bool:
        return self._start_pending and now - self._start_asked <= START_PATIENCE_S

    def _submit_finish(self, snapshot: Snapshot, now: float) -> Verdict:
        session = self._session
        if snapshot.belt is not Belt.RUNNING or session is None or self._halting:
            return _rejected("nothing_to_finish")
        if session.cool_down is None:
            facts = self._gather(snapshot, now)
            here = {axis: float(value) for axis, value in self._here(facts, snapshot).items()}
            session.cool_down = CoolDown.begin(self._policy, now, facts.unit, here)
            walk = session.cool_down.end[Axis.SPEED]
            self._tell(
                "cool_down",
                limit=texts.amount(Axis.SPEED, walk),
                left=texts.duration(self._policy.cool_down_s),
            )
        return Verdict(Result.ACCEPTED)

    def _submit_target(self, command: Command, snapshot: Snapshot, now: float) -> Verdict:
        axis = Axis.SPEED if command.verb is Verb.SPEED else Axis.INCLINE
        self._update(snapshot, now, 0.0)
        facts = self._gather(snapshot, now)
        value = command.value
        if value is None:
            return _rejected("no_value")
        refusal = self._refuse_target(axis, value, facts) or self._refuse_rise(
            axis, command, value, facts
        )
        if refusal is not None:
            return refusal
        limits = ask_rules(facts)
        applied = facts.grids[axis].range.floor(min(value, limits.most(axis)))
        run = self._run = self._run or self._take_over(facts, self._seen)
        run.ask(axis, applied, at_once=not command.program)
        self._faults.discard("control_taken")
        binding = limits.binding(axis, value)
        if binding:
            return Verdict(Result.LIMITED, applied, tuple(b.text for b in binding))
        return Verdict(Result.ACCEPTED, applied)

    def _refuse_target(self, axis: Axis, value: int, facts: Facts) -> Verdict | None:
        if self._halting:
            return _rejected("halting")
        if self._belt is not Belt.RUNNING:
            return _rejected("not_running")
        if not facts.grids[axis].settable:
            return _rejected("no_incline")
        if self._run is None and Axis.SPEED not in self._seen:
            return _rejected("unsettled")
        lowest = facts.lowest(axis)
        if value < lowest:
            key = "below_minimum" if axis is Axis.SPEED else "below_lowest"
            return _rejected(key, limit=texts.amount(axis, lowest))
        return None

    def _refuse_rise(
        self, axis: Axis, command: Command, value: int, facts: Facts
    ) -> Verdict | None:
        slowed_at, slowed_to = (
            self._run.slowed.get(axis, (float("-inf"), 0)) if self._run else (float("-inf"), 0)
        )
        respect = slowed_at + CONSOLE_RESPECT_S - facts.now
        if respect > 0 and value > slowed_to:
            return _rejected("console", left=texts.duration(respect))
        at = self._run.axes[axis].least if self._run else self._seen.get(axis)
        if at is not None and value <= at:
            return None
        if command.late:
            return _rejected("late")
        holds = ask_rules(facts).holds
        return Verdict(Result.REJECTED, None, (holds[0].text,)) if holds else None

    @property
    def _seen(self) -> dict[Axis, int]:
        """The lowest that a belt which has not settled was seen at: one sample may be noise."""
        return self._settling.lowest if self._settling else {}

    def step(self, axis: Axis, snapshot: Snapshot) -> int:
        """The machine's step on an axis, in wire units."""
        return self._grids(snapshot)[axis].step

    def _grids(self, snapshot: Snapshot) -> dict[Axis, Grid]:
        machine, least = snapshot.machine, self._policy.min_incline
        return {Axis.SPEED: speed_grid(machine), Axis.INCLINE: incline_grid(machine, least)}

    # --- what the machine says

    def observe(self, event: StatusEvent, snapshot: Snapshot, now: float) -> None:
        """Take a status of the machine."""
        match event:
            case SafetyKey():
                self._key_pulled = True
                self._run = None
                self._start_wanted = False
                self._tell("safety_key")
            case Started() if now - self._start_asked > START_PATIENCE_S:
                self._key_pulled = False
            case ControlLost():
                self.control_refused("control_taken")
            case TargetChanged(axis=axis, value=value):
                running = snapshot.belt is Belt.RUNNING
                if self._run and running and (value > 0 or axis is Axis.INCLINE):
                    grid = self._gather(snapshot, now).grids[axis]
                    self._run.status(axis, value, grid, now)
            case _:
                pass

    def control_refused(self, fault: str) -> None:
        """Take note that orders do not reach the belt: nothing rises until somebody asks."""
        lowered = self._run is not None and self._run.cap()
        if lowered or fault not in self._faults:
            self._faults.add(fault)
            self._tell(fault)

    # --- time

    def decide(self, snapshot: Snapshot, now: float) -> Decision:
        """Say what to do now, with the bounds, reasons and events that belong to it."""
        dt = min(max(now - self._decided, 0.0), MAX_DT_S)
        self._decided = max(now, self._decided)
        self._update(snapshot, now, dt)
        facts = self._gather(snapshot, now)
        limits = ask_rules(facts)
        halt = self._halt_due(snapshot, now)
        start = self._start_wanted and snapshot.belt.stands
        self._start_wanted = False
        targets: tuple[Target, ...] = ()
        if self._run is not None:
            targets = self._run.advance(facts, limits, _measured(snapshot), dt)
        events, self._events = tuple(self._events), []
        run = self._run
        return Decision(
            halt=halt,
            start=start,
            targets=targets,
            limits=limits if snapshot.connected else NO_LIMITS,
            events=events,
            faults=tuple(sorted(self._faults)),
            phase=self._phase(facts),
            warm_up_left_s=facts.warm_up_left,
            rest_left_s=max(0.0, self._rest_until - now),
            steep=tuple(
                SteepReport(e.used(now), e.left(now), e.opens_in(now) if e.closed else None)
                for e in self._steep.exposures
            ),
            requested={a: run.axes[a].request if run else None for a in Axis},
            setpoint={a: run.axes[a].written if run else None for a in Axis},
        )

    def _phase(self, facts: Facts) -> str | None:
        if self._session is None:
            return None
        if self._session.cool_down is not None:
            return "cool_down"
        return "warm_up" if facts.warm_up_left > 0 else "active"

    def _gather(self, snapshot: Snapshot, now: float) -> Facts:
        session = self._session
        left = session.warm_up_left(self._policy, now) if session else self._policy.warm_up_s
        return Facts(
            now=now,
            policy=self._policy,
            grids=self._grids(snapshot),
            settled=self._settling is None,
            age=snapshot.age(now),
            fresh=self._is_fresh(snapshot, now),
            garbled=now - self._garbled <= GARBLED_S,
            unit_known=self._knows_unit(snapshot),
            warm_up_left=left,
            steep=self._steep.exposures,
            cool_down=session.cool_down if session else None,
        )

    def _knows_unit(self, snapshot: Snapshot) -> bool:
        machine = snapshot.machine
        declared = machine is not None and machine.edge.profile.unit_known
        return self._policy.unit_is_kmh or declared or self._unit.unit is Unit.KMH

    def _is_fresh(self, snapshot: Snapshot, now: float) -> bool:
        if not snapshot.connected:
            return False
        if snapshot.age(now) <= self._policy.stale_hold_s:
            return True
        read = snapshot.read_time
        return snapshot.belt.stands and read is not None and now - read <= READ_FRESH_S

    # --- following the snapshot

    def _update(self, snapshot: Snapshot, now: float, dt: float) -> None:
        self._follow_link(snapshot)
        self._follow_belt(snapshot, now)
        fresh = self._is_fresh(snapshot, now)
        self._follow_session(snapshot, now, dt if fresh else 0.0)
        self._follow_steep(snapshot, now, fresh=fresh)
        self._follow_staleness(snapshot, now, fresh=fresh)
        self._follow_garbage(snapshot, now)
        sample, self._sample = self._sample, snapshot.sample
        if snapshot.sample is not None and snapshot.sample is not sample:
            self._follow_sample(snapshot.sample, snapshot, now)

    def _follow_link(self, snapshot: Snapshot) -> None:
        if snapshot.connected is self._connected:
            return
        # Nothing asked before outlives a link: no target, no start, no stop.
        self._connected = snapshot.connected
        self._belt = Belt.UNKNOWN
        self._stood = False
        self._run = self._settling = self._halting = None
        self._start_wanted = self._start_pending = False
        self._faults -= {"control_taken", "control_denied", "stop_ignored", "stale"}

    def _follow_belt(self, snapshot: Snapshot, now: float) -> None:
        before, belt = self._belt, snapshot.belt
        self._belt = belt
        if belt is Belt.RUNNING:
            resumed = before in {Belt.STOPPING, Belt.STARTING}
            self._follow_running(snapshot, now, resumed=resumed)
            return
        self._run = self._settling = None
        if belt.stands:
            self._stood = True
            self._loosen(now)
            if self._halting and self._halting.written is not None:
                if self._halting.kind is Halt.STOP:
                    self._end_session()
                self._halting = None
                self._faults.discard("stop_ignored")
        elif belt is not Belt.STARTING:
            self._stood = False

    def _follow_running(self, snapshot: Snapshot, now: float, *, resumed: bool) -> None:
        if self._session is None:
            self._session = Session()
            self._tell("session_started")
        if self._halting and self._halting.slowed and resumed:
            self._halting = None  # somebody started it again before it stood
        stood, self._stood = self._stood, False
        if self._run or self._settling or self._halting or not self._policy.may_control:
            return
        if not stood:
            self._settling = Settling()
            return
        facts = self._gather(snapshot, now)
        measured = _measured(snapshot)
        level = min(0, measured[Axis.INCLINE] or 0)  # nobody asked to go downhill
        lowest = {
            Axis.SPEED: facts.lowest(Axis.SPEED),
            Axis.INCLINE: facts.grids[Axis.INCLINE].range.floor(level),
        }
        self._run = Run.started(now, lowest, measured, self._tell, self._faults)
        if self._awaits_start(now):
            self._run.correct.add(Axis.SPEED)
        self._start_pending = False

    def _take_over(self, facts: Facts, settled: dict[Axis, int]) -> Run:
        self._settling = None
        at = {axis: settled.get(axis, facts.lowest(axis)) for axis in Axis}
        return Run.found(facts.now, at, facts.grids, self._tell, self._faults)

    def _here(self, facts: Facts, snapshot: Snapshot) -> dict[Axis, int]:
        """What is measured; else what is commanded; else what was last known; else the lowest."""
        run = self._run
        known = {a: run.axes[a].written if run else facts.lowest(a) for a in Axis}
        if run is None and self._incline is not None:
            known[Axis.INCLINE] = self._incline
        return known | _present(_measured(snapshot))

    def _end_session(self) -> None:
        if self._session is not None:
            self._baseline = Baseline.after(self._baseline, self._session.effort)
            self._session = None
            self._tell("session_ended")

    def _follow_session(self, snapshot: Snapshot, now: float, dt: float) -> None:
        session = self._session
        if session is None:
            return
        if snapshot.belt is Belt.IDLE:
            self._end_session()
            return
        measured = _measured(snapshot)
        speed, incline = measured[Axis.SPEED], measured[Axis.INCLINE] or 0
        moves = snapshot.belt is Belt.RUNNING and bool(speed)
        if moves and dt > 0:
            warm = session.move(self._policy, now, dt, speed=speed or 0, incline=incline)
            if warm:
                self._tell("warm_up_over")
        if snapshot.belt is Belt.RUNNING and self._halting is None and session.finishes(now):
            self._tell("cool_down_done")
            self._halt(Halt.STOP, snapshot, now)

    def _follow_steep(self, snapshot: Snapshot, now: float, *, fresh: bool) -> None:
        incline = _measured(snapshot)[Axis.INCLINE]
        if incline is None:
            incline = self._run.axes[Axis.INCLINE].written if self._run else None
        observed = fresh and snapshot.belt is not Belt.UNKNOWN
        if observed and incline is not None:
            self._incline = incline
        climb = 0 if snapshot.belt.stands else incline
        self._steep, news = self._steep.follow(self._policy, now, climb if observed else None)
        for key, words in news:
            self._tell(key, None, **words)

    def _follow_staleness(self, snapshot: Snapshot, now: float, *, fresh: bool) -> None:
        age = snapshot.age(now)
        if fresh:
            if "stale" in self._faults:
                self._faults.discard("stale")
                self._tell("fresh")
        elif self._run and age > self._policy.stale_fault_s:
            lowered = self._run.cap()
            if lowered or "stale" not in self._faults:
                self._faults.add("stale")
                self._tell("stale", age=texts.duration(age))

    def _follow_garbage(self, snapshot: Snapshot, now: float) -> None:
        if snapshot.garbled is not None:
            self._garbled = snapshot.garbled
        age = now - self._garbled
        if age <= GARBLED_S and "garbled" not in self._faults:
            self._faults.add("garbled")
            self._tell("garbled")
        elif age > GARBLED_FAULT_S:
            self._faults.discard("garbled")

    def _follow_sample(self, sample: Sample, snapshot: Snapshot, now: float) -> None:
        if snapshot.belt is not Belt.RUNNING:
            return
        before = self._unit.unit
        self._unit = self._unit.add(sample.time, sample.data.speed, sample.data.distance)
        if self._unit.unit is not before:
            self._tell("unit_confirmed" if self._unit.unit is Unit.KMH else "unit_mph")
        facts = self._gather(snapshot, now)
        if self._settling is not None:
            self._settle(sample, facts)
            return
        for axis, value in _measured(snapshot).items():
            if self._run is not None and value is not None:
                self._run.sample(axis, value, facts.grids[axis], now, sound=not facts.garbled)

    def _settle(self, sample: Sample, facts: Facts) -> None:
        """Watch a belt found moving, and adopt it; amid garbage it is found anew."""
        if facts.garbled or self._settling is None:
            self._settling = Settling()
        elif sample.data.speed is None:
            return
        elif self._settling.add(_present(_values(sample)), facts.grids):
            at = self._settling.at
            self._run = self._take_over(facts, at)
            self._key_pulled = False  # a belt that runs steadily has its key
            self._tell("adopted", limit=texts.amount(Axis.SPEED, at[Axis.SPEED]))

    def _halt_due(self, snapshot: Snapshot, now: float) -> Halt | None:
        halting = self._halting
        if halting is None:
            return None
        silent = snapshot.age(now) > self._policy.stale_hold_s
        speed = None if silent else _measured(snapshot)[Axis.SPEED]
        due = halting.due(now, snapshot.belt, speed)
        if halting.alarms(now):
            self._faults.add("stop_ignored")
            self._tell("stop_ignored")
        return halting.kind if due else None

    def _tell(self, key: str, axis: Axis | None = None, **words: str) -> None:
        named = {"axis": str(axis), **words} if axis else words
        self._events.append(Event(key, texts.tell(key, **named), dict(named)))


def _measured(snapshot: Snapshot) -> dict[Axis, int | None]:
    return dict.fromkeys(Axis) if snapshot.sample is None else _values(snapshot.sample)


def _values(sample: Sample) -> dict[Axis, int | None]:
    return {Axis.SPEED: sample.data.speed, Axis.INCLINE: sample.data.incline}


def _present(measured: dict[Axis, int | None]) -> dict[Axis, int]:
    return {axis: value for axis, value in measured.items() if value is not None}


def _rejected(key: str, **words: str) -> Verdict:
    return Verdict(Result.REJECTED, None, (texts.say(key, **words),))
