"""State of one belt under guard across links, starts, halts and sessions."""

from dataclasses import replace

from bridge.guard.belt.deck import Deck
from bridge.guard.belt.machine import MachineWatch, fault_after, is_fresh
from bridge.guard.belt.orders import BeltOrders
from bridge.guard.engine.run import Run
from bridge.guard.facts import Facts, measured
from bridge.guard.journal import Ending, Journal
from bridge.guard.limits import Limits
from bridge.guard.person.past import Past
from bridge.guard.person.person import Person
from bridge.guard.person.session import Session
from bridge.guard.rules.cool_down import CoolDown
from bridge.guard.rules.heart_rate import NOT_HEARD
from bridge.guard.slowed import SLOWED_S
from bridge.values import INCLINE, SPEED, Axis, Belt, Halt, Sample, Snapshot
from bridge.values.grid import Grid, why_observed
from bridge.values.policy import Policy

# Looked up once: see `bridge.values.SPEED`.
RUNNING = Belt.RUNNING
NOT_RESPONDING = tuple(f"not_responding_{axis}" for axis in Axis)
ENDS_AT_REST = (*NOT_RESPONDING, *(f"unexpected_rise_{axis}" for axis in Axis))
"""Faults that clear when the belt stands: the next run needs new requests."""


class GuardedBelt:
    """Belt state derived from successive snapshots. Times are monotonic seconds.

    `run` is set while the belt runs under guard.
    """

    def __init__(
        self, policy: Policy, past: Past, now: float, orders: BeltOrders, journal: Journal
    ) -> None:
        self.person = Person(policy, past, now, journal)
        self.deck = Deck(past)
        self._slowed = {each.axis: each.turned(now) for each in past.slowed}
        self.run: Run | None = None
        self.heart = NOT_HEARD
        self.state = Belt.UNKNOWN
        self.measured = measured(None)
        """Measured value of each axis at the last `update`."""
        self._orders = orders
        self._journal = journal
        self.machine = MachineWatch(journal)
        self._sample: Sample | None = None
        self._connected = False
        self.fresh = False
        """True if the data were recent enough to raise a setpoint at the last `update`."""
        self._stood = False
        self._raised = False
        """True if the lowest incline was raised and the belt has not been checked since."""

    @property
    def policy(self) -> Policy:
        """Limits in force."""
        return self.person.policy

    @property
    def commanded_incline(self) -> int | None:
        """Last commanded incline (0.1 %); None if the belt is not under guard."""
        return self.run.axes[INCLINE].state.written if self.run else None

    @property
    def _settles(self) -> bool:
        """True while the setpoint of the incline only follows the reading."""
        return self.run is not None and self.run.axes[INCLINE].settling is not None

    def grids(self, snapshot: Snapshot) -> dict[Axis, Grid]:
        """Return the settable values of each axis. Read-only.

        A belt commanded below the owner's lowest incline climbs to it step by step, by the ramp.
        """
        least, told = self.policy.min_incline, self.commanded_incline
        return self.machine.grids(snapshot, least if told is None else min(least, told))

    def past(self, now: float) -> Past:
        """Return what to store about the active person and this belt."""
        told = self.commanded_incline or 0
        if self._settles:
            told = max(told, self.deck.told)
        past = self.person.past(now, told)
        held = (each for each in self._slowed.values() if now - each.at < SLOWED_S)
        slowed = tuple(each.turned(now) for each in held)
        return replace(past, incline=self.deck.incline, slowed=slowed)

    def change(self, policy: Policy, past: Past, now: float) -> None:
        """Make another person the active one; the belt keeps its incline and console holds."""
        self.person.end_session()
        self.person, self.heart = Person(policy, past, now, self._journal), NOT_HEARD
        self.deck = Deck(past, self.deck.at)

    def is_deserted(self, now: float) -> bool:
        """Return True if the belt is out of reach and has not moved for a warm-up pause."""
        session = self.person.session
        moved = session.moved if session else None
        rested = moved is None or now - moved > self.policy.warm_up_pause_s
        return not self._connected and rested

    def facts(self, snapshot: Snapshot, now: float) -> Facts:
        """Return the facts of this moment."""
        person, policy, run = self.person, self.policy, self.run
        session, sample = person.session, snapshot.sample
        speed, incline = self.measured[SPEED], self.measured[INCLINE]
        return Facts(
            now=now,
            policy=policy,
            grids=self.grids(snapshot),
            learned=snapshot.learned,
            unit_known=self.machine.knows_unit(policy, snapshot),
            others=self._orders.others_in_control(now),
            gone=sample.gone if sample else frozenset(),
            settled=run is None or run.settled,
            fresh=self.fresh,
            garbled=self.machine.is_garbled(now),
            warm_up_left=person.warm_up.left(policy, now),
            steep=person.steep.exposures,
            cool_down=person.cool_down,
            rest_left=person.rest_left(now),
            plan=session.plan if session else person.plan,
            heart=self.heart,
            speed=speed,
            incline=self.deck.incline if incline is None else incline,
            wanted_incline=run.axes[INCLINE].state.request if run else None,
        )

    def halt(self, kind: Halt, now: float) -> None:
        """Stop or pause the belt."""
        self._orders.halt(kind, now, self.measured[SPEED])
        self.run = None

    def cool_down(self, session: Session, snapshot: Snapshot, now: float) -> None:
        """Begin the cool-down of the session: ease to a walk, then stop."""
        facts = self.facts(snapshot, now)
        session.cool_down = CoolDown.begin(self.policy, now, facts.unit, self._here(facts))
        self._report_cool_down(session.cool_down, facts)

    def _report_cool_down(self, cool_down: CoolDown, facts: Facts) -> None:
        walk, left = cool_down.end[SPEED], cool_down.left(facts.now)
        case = "" if facts.grids[SPEED].settable else "advice"
        self._journal.report("cool_down", SPEED, limit=walk, ends_s=left, case=case, left=left)

    def configure(self, policy: Policy, now: float) -> None:
        """Apply changed limits for the same person: tighter ones now, looser ones at standstill."""
        before = self.policy.min_incline
        self.person.tighten(policy, now)
        self._raised = self._raised or self.policy.min_incline > before

    def follow_lowest_incline(self, facts: Facts, limits: Limits) -> None:
        """Request a raised lowest incline if a running belt was commanded below it."""
        raised, self._raised = self._raised, False
        if not raised or self.run is None or not facts.grids[INCLINE].settable:
            return
        run, lowest = self.run.axes[INCLINE], facts.lowest(INCLINE)
        if run.state.least < lowest <= limits.most(INCLINE):
            run.take_request(lowest, at_once=False)
            self._journal.report("lowest_incline", INCLINE, limit=lowest)

    # --- snapshots

    def update(self, snapshot: Snapshot, now: float, dt: float) -> None:
        """Process a snapshot; `dt` is the observed time in seconds since the previous one."""
        self.follow_link(snapshot)
        sample = snapshot.sample
        is_new = sample is not self._sample
        if is_new:
            self._sample, self.measured = sample, measured(sample)
        self.fresh = is_fresh(snapshot, self.policy, now)
        self._follow_staleness(snapshot, now)
        self._follow_belt(snapshot, now)
        self._follow_session(snapshot, now, dt if self.fresh else 0.0)
        self.person.follow_rest(now)
        self._follow_steep(snapshot, now, dt)
        self.machine.follow_garbage(snapshot, now)
        if is_new and sample is not None:
            self._follow_sample(sample, snapshot, now)
        self._follow_silence(now)
        self._follow_disobedience(now)

    def follow_link(self, snapshot: Snapshot) -> None:
        """Start anew on a new link, and forget what a lost one left."""
        if snapshot.connected is self._connected:
            return
        # A new link starts clean: no earlier target, start or stop is sent over it.
        self._connected = snapshot.connected
        if snapshot.connected:
            self._journal.mend("link_lost")
        elif not (self.state.stands or self.state is Belt.UNKNOWN):
            self._journal.fault("link_lost")
        self.state = Belt.UNKNOWN
        self._stood = False
        self.run = None
        self._orders.forget()
        self._journal.mend("control_taken", "control_denied", "stale", *NOT_RESPONDING)

    def _follow_belt(self, snapshot: Snapshot, now: float) -> None:
        before, belt = self.state, snapshot.belt
        self.state = belt
        if belt is not before:
            self.person.end_old_session(now)
        if belt is RUNNING:
            self._follow_running(snapshot, now)
            return
        self.heart = self.heart.at_rest()
        # Silence ends no run; a halt cleared it, and keeps the fault that led to it.
        if self.run is not None and belt is not Belt.UNKNOWN:
            self.run = None
            self._journal.mend(*NOT_RESPONDING)
        if belt.stands:
            self._stood = True
            self._journal.mend(*ENDS_AT_REST)
            if self._orders.stood(now, belt):
                self.person.end_session()
            if not self._orders.awaits_start(now):  # `stood` ends one that was stopped
                self.person.loosen(now)
        elif belt is not Belt.STARTING:
            self._stood = False

    def _follow_running(self, snapshot: Snapshot, now: float) -> None:
        if self.person.session is None:
            self.person.begin_session(now)
            self.deck.told = 0
        stood, self._stood = self._stood, False
        awaited = self._orders.awaits_start(now)
        self._orders.started()
        speed, incline = self.measured[SPEED], self.measured[INCLINE]
        # Already under guard, being halted, or no speed yet to adopt.
        if self.run or self._orders.halting or speed is None:
            return
        # A belt that is only observed gets no setpoints and no corrections.
        if self._only_observes(snapshot):
            return
        self._journal.mend(*NOT_RESPONDING)  # these faults belong to the previous run
        incline = self.deck.adopted if incline is None else incline
        least = self.grids(snapshot)[SPEED].range.minimum
        at = {SPEED: speed or least, INCLINE: incline or 0}  # 0 is not a valid speed setpoint
        facts, slowed = self.facts(snapshot, now), self._slowed
        self.run = Run.begin(at, facts, self._journal, slowed, started=stood or awaited)

    def _only_observes(self, snapshot: Snapshot) -> bool:
        return not self.policy.may_control or why_observed(snapshot.machine) == "watched_only"

    def _here(self, facts: Facts) -> dict[Axis, float]:
        """Return the measured values, else the setpoints, else the last known, else the lowest."""
        last = self.run.setpoints if self.run else {INCLINE: self.deck.incline}
        found = {axis: float(facts.lowest(axis)) for axis in Axis}
        for values in (last, self.measured):
            found |= {axis: value for axis, value in values.items() if value is not None}
        return found

    def _follow_session(self, snapshot: Snapshot, now: float, dt: float) -> None:
        session = self.person.session
        if session is None:
            return
        belt = snapshot.belt
        if belt is Belt.IDLE:
            self.person.end_session()
        elif belt.stands:
            session.pause(dt)
        elif self.measured[SPEED] and dt > 0 and belt is not Belt.UNKNOWN:
            observed = self._only_observes(snapshot)
            self.person.moved(session, now, dt, self.measured, observed=observed)
        # A halt has ended the run and takes precedence. A silent belt may be fast: no stop comes.
        if self.run is None or belt is not RUNNING:
            return
        if session.cool_down is None and session.must_finish(now):
            self.cool_down(session, snapshot, now)
        cool_down = session.cool_down
        if cool_down and cool_down.left(now) <= 0 and self._walks(self.run, cool_down, snapshot):
            self._journal.report("cool_down_done", ends=Ending.CHANGED)
            self.halt(Halt.STOP, now)

    def _walks(self, run: Run, cool_down: CoolDown, snapshot: Snapshot) -> bool:
        """Return True if the cool-down has lowered the speed setpoint to the walk.

        After a lost link the belt may still be fast. If the speed is not settable, the person slows
        the belt, and the stop is sent all the same.
        """
        grid = self.grids(snapshot)[SPEED]
        walk = max(cool_down.end[SPEED], grid.range.minimum)
        return not grid.settable or run.axes[SPEED].state.written <= walk

    def _follow_steep(self, snapshot: Snapshot, now: float, dt: float) -> None:
        person, policy, deck = self.person, self.policy, self.deck
        told, grid = self.commanded_incline, self.grids(snapshot)[INCLINE]
        climb: int | None = None
        if self.fresh and snapshot.belt is not Belt.UNKNOWN:
            here, machine = self.measured[INCLINE], snapshot.learned.incline
            climb = deck.follow(here, told, machine, grid.step, dt, settled=not self._settles)
            climb = 0 if snapshot.belt.stands else climb
        advice = not (grid.settable and policy.may_control)
        person.steep = person.steep.follow(
            policy, now, climb, self._journal, last=deck.incline, told=told, advice=advice
        )

    def _follow_staleness(self, snapshot: Snapshot, now: float) -> None:
        if self.fresh:
            if self._journal.mend("stale"):
                self._journal.report("fresh")
        elif self.run and (
            snapshot.belt is Belt.UNKNOWN or snapshot.age(now) > fault_after(snapshot, self.policy)
        ):
            self._journal.fault("stale", again=self.run.cap(), age=snapshot.age(now))

    def _follow_sample(self, sample: Sample, snapshot: Snapshot, now: float) -> None:
        if snapshot.belt is RUNNING:
            self.machine.follow_unit(snapshot)
            if self.run is not None and not self.machine.is_garbled(now):
                facts = self.facts(snapshot, now)
                self.run.sample(self.measured, facts)
                self._report_settled(self.run, facts)
        self._follow_heart(sample, now)

    def _follow_heart(self, sample: Sample, now: float) -> None:
        policy, before, here = self.policy, self.heart, None
        if self.run is not None:
            speed, written = sample.data.speed, self.run.axes[SPEED].state.written
            here = float(written if speed is None else min(speed, written))
        heart = self.heart = before.with_sample(policy, now, sample.data.heart_rate, here)
        ceiling = policy.heart_rate_ceiling
        if ceiling is not None and heart.slowed is not None and before.slowed is None:
            self._journal.report(
                "heart_rate_high",
                rate=heart.rate,
                ceiling=ceiling,
                time=policy.heart_rate_s,
                step=policy.heart_rate_step,
                every=policy.heart_rate_every_s,
            )

    def _follow_silence(self, now: float) -> None:
        """Report a lost heart rate signal; nothing rises until a new request."""
        if self.policy.heart_rate_ceiling is None or self.run is None:
            return
        if not self.heart.is_lost(now):
            self._journal.mend("heart_rate_lost")
        else:  # lowers requests made at the console too
            self._journal.fault("heart_rate_lost", again=self.run.cap())

    def _report_settled(self, run: Run, facts: Facts) -> None:
        """Report once the speed at which a belt found moving has settled."""
        if not run.found or not run.settled:
            return
        run.found = False
        self._orders.key_pulled = False  # a belt that runs steadily has its key in
        self._journal.report("adopted", SPEED, limit=run.axes[SPEED].state.written)
        cool_down = self.person.cool_down
        if cool_down is not None and cool_down.left(facts.now) > 0:
            # A cool-down continues across links and restarts.
            self._report_cool_down(cool_down, facts)

    def _follow_disobedience(self, now: float) -> None:
        disobeyed, self._journal.disobeyed = self._journal.disobeyed, False
        if disobeyed and self.run is not None and self.policy.stop_on_disobey:
            self._journal.report("disobeyed", ends=Ending.CHANGED)
            self.halt(Halt.STOP, now)
