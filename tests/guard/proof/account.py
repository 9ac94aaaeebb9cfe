"""The known state of a belt and its people, and what the design allows them, from all input.

Whole histories are kept where the guard keeps sums, and added up anew each time. Nothing here comes
from `bridge.guard` but plain values. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from bridge.guard import Decision, Policy
from bridge.guard.rules.steep import Steep
from bridge.values import Axis, Belt, Sample, Snapshot
from tests.guard.proof.ledger import MILE, NEVER, Beats, Grids, Person, Sitting, Slope, Steps


@dataclass
class Account:
    """The input of one guard, and what follows from it."""

    policy: Policy
    now: float
    person: Person
    unit_known: bool = False
    decided_at: float = NEVER
    before: Decision = field(default_factory=Decision)
    """The newest decision: what is commanded."""
    stop_asked: bool = False
    stop_sent: bool = False
    """True if a halt was written since a stop was requested."""
    ended_by_hand: int = 0
    """Sessions that ended because the person changed, or was gone."""
    beats: Beats = field(default_factory=Beats)
    sample: Sample | None = None
    grids: Grids = field(default_factory=Grids)
    looser: Policy | None = None
    """Limits that count in full once the belt stands."""
    start_asked: float = NEVER
    """Time of an accepted start that may yet show."""
    belt: Belt = Belt.UNKNOWN
    stands: bool = False
    stop_given: bool = False
    """True if a cool-down ended on this link."""
    requested: bool = False
    """True if an incline was requested since the newest decision: it ends the settling."""
    moved: bool = False
    """True if the belt had moved for a while at the newest look."""
    news: list[str] = field(default_factory=list)
    """Events of steep budgets that are due."""

    # --- what goes in

    def restart(self, now: float, person: Person | None = None) -> None:
        """Another guard continues."""
        self.now = self.decided_at = now
        if person is None:
            self.person.told = self.told_last
        self.person = person or self.person
        self.person.comes_back()
        if self.person.sitting:
            self.person.sitting.ends = None  # it is announced anew, if it is to end
        self.stop_given = False
        self.unit_known = False
        self.beats, self.sample = Beats(), None
        self.stands, self.belt = False, Belt.UNKNOWN
        self.policy, self.looser = self.looser or self.policy, None
        self.before = Decision()
        self.stop_asked = self.stop_sent = False
        self.ended_by_hand = 0
        self.news = []

    @property
    def follows(self) -> bool:
        """True while the setpoint of the incline follows a belt that settles: it was never sent."""
        settles = any(hold.rule == "settling" for hold in self.before.limits.holds)
        return settles and Axis.INCLINE in self.before.gestures and not self.requested

    @property
    def told_last(self) -> int | None:
        """Return the last commanded incline, for a belt that is unobserved from now on."""
        setpoint = self.before.setpoint.get(Axis.INCLINE)
        if setpoint is None or not self.follows:
            return setpoint
        return max(setpoint, self.person.sent)

    def change(self, person: Person) -> None:
        """Another person steps on."""
        self.ended_by_hand += self.person.sitting is not None
        if self.person.incline is not None:
            person.deck = self.person.incline
        person.comes_back()
        self.person = person
        self.stop_asked = self.stop_sent = False
        self.beats = Beats()
        self.policy, self.looser = self.looser or self.policy, None

    def configure(self, policy: Policy, now: float) -> None:
        """Other limits: what is tighter counts at once."""
        old = self.policy
        self.looser = policy
        self.policy = replace(
            old,
            max_speed=min(old.max_speed, policy.max_speed),
            max_incline=min(old.max_incline, policy.max_incline),
            speed_ramp=min(old.speed_ramp, policy.speed_ramp),
            warm_up_speed=min(old.warm_up_speed, policy.warm_up_speed),
            rest_speed=min(old.rest_speed, policy.rest_speed),
            gradual_percent=min(old.gradual_percent, policy.gradual_percent),
            gradual_enforced=old.gradual_enforced or policy.gradual_enforced,
        )
        self._loosen(now)

    def _loosen(self, now: float) -> None:
        if self.looser and self.stands and now - self.start_asked > 15:
            self.policy, self.looser = self.looser, None

    def look(
        self,
        snapshot: Snapshot,
        now: float,
        dt: float = 0.0,
        *,
        governed: bool = True,
        told: int | None = None,
        taken: tuple[Steep, ...] = (),
    ) -> None:
        """Take note of what can be seen; `dt` of it was spent since the last decision.

        `governed`: True if the commanded value is the incline when no other source gives it.
        `told`: incline set at the console since the last decision.
        `taken`: what the guard stores of a belt that it took over since the last decision, for only
        the guard knows at which incline it did.
        """
        person, belt = self.person, snapshot.belt
        self.stands = snapshot.connected and belt.stands
        self._loosen(now)
        fresh = self.is_fresh(snapshot, now)
        speed, incline = self.measured(snapshot)
        self._sit(snapshot, now, dt if fresh else 0.0, speed, incline)
        told = self.before.setpoint.get(Axis.INCLINE) if told is None else told
        told = told if governed else None
        observed = fresh and belt is not Belt.UNKNOWN
        climb = self._climb(snapshot, incline, told, dt) if observed else None
        climb = 0 if belt.stands else climb
        person.counted = climb if observed and climb is not None else person.counted
        for tier in person.climbs:
            if observed and climb is not None:
                tier.look(now, steep=climb >= tier.tier.threshold)
            elif told is not None and told >= tier.tier.threshold:
                tier.look(now, steep=True)  # unobserved, but commanded there
            elif any(p.tier == tier.tier and p.was_steep and p.seen == 0 for p in taken):
                tier.look(now, steep=True)
            leaving = 0.0
            if tier.looks and tier.looks[-1][1]:
                unseen = [each for each in (person.incline, told) if each is not None]
                known = [climb] if observed and climb is not None else unseen
                above = max(known, default=0) - tier.tier.threshold
                leaving = 2.0 + max(0.0, above / self.policy.incline_easing)
            event = tier.judge(now, leaving, self.policy.steep_warning_s)
            self.news += [event] if event else []

    def _climb(
        self, snapshot: Snapshot, measured: int | None, told: int | None, dt: float
    ) -> int | None:
        """Return the incline that counts: the measured one, or else the commanded one."""
        person, ours = self.person, None if self.follows else told
        if person.told is not None and ours is not None and ours != person.told:
            person.sent = ours
        person.told = ours
        if measured is None:
            if told is not None:
                deck = told if person.deck is None else person.deck
                falls = snapshot.learned.incline.fall_per_s.low
                person.deck = max(told, deck - falls * dt)
            return None if told is None else person.incline
        person.deck = measured
        sent = max(person.sent, told or 0)
        step = self.steps(snapshot)[Axis.INCLINE].step
        near = snapshot.learned.incline.readings(sent, step)
        return sent if near.low <= measured < sent else measured

    def _sit(
        self, snapshot: Snapshot, now: float, dt: float, speed: int | None, incline: int | None
    ) -> None:
        """Follow the session; `dt` of it was observed."""
        person, belt = self.person, snapshot.belt
        if belt is not (self.belt if snapshot.connected else Belt.UNKNOWN):
            self.ended_by_hand += person.is_gone(now)
        self.belt = belt
        if person.sitting is None and belt is Belt.RUNNING:
            person.sitting, person.sent = Sitting(moves=[(now, 0.0)]), 0
        if belt is Belt.IDLE or (belt.stands and self.stop_sent):
            person.rises(now)
        elif belt.stands and person.sitting:  # a pause belongs to no notice and no cool-down
            if person.sitting.slope:
                person.sitting.slope.began += dt
            if person.sitting.ends is not None:
                person.sitting.ends += dt
        if belt.stands or not snapshot.connected:
            self.stop_asked = self.stop_sent = False
        known = not belt.stands and belt is not Belt.UNKNOWN
        self.moved = bool(known and speed and dt > 0)
        if person.sitting and self.moved:
            person.sitting.move(now, dt, speed or 0, incline or 0)
            person.walked.append((now, dt))

    def finish(self, snapshot: Snapshot, now: float, scale: float) -> Slope:
        """Begin a cool-down from where the belt is."""
        speed, incline = self.measured(snapshot)
        here = {Axis.SPEED: speed, Axis.INCLINE: incline}
        start: dict[Axis, float] = {}
        for axis, measured in here.items():
            commanded = self.before.setpoint.get(axis)
            lowest = self.steps(snapshot)[axis].lowest
            if axis is Axis.INCLINE and self.person.incline is not None:
                lowest = self.person.incline
            known = lowest if commanded is None else commanded
            start[axis] = float(known if measured is None else measured)
        walk = {
            Axis.SPEED: self.policy.cool_down_speed * scale,
            Axis.INCLINE: float(self.policy.cool_down_incline),
        }
        end = {axis: min(start[axis], walk[axis]) for axis in Axis}
        assert self.person.sitting is not None
        slope = Slope(now, self.policy.cool_down_s, start, end, walk)
        self.person.sitting.slope = slope
        return slope

    def is_fresh(self, snapshot: Snapshot, now: float) -> bool:
        """True if the newest report of the machine is recent enough."""
        if not snapshot.connected:
            return False
        hold = max(self.policy.stale_hold_s, min(7, max(3, 2 * snapshot.learned.frame_s + 0.5)))
        if snapshot.sample is not None and now - snapshot.sample.time <= hold:
            return True
        read = snapshot.read_time
        return snapshot.belt in {Belt.IDLE, Belt.PAUSED} and read is not None and now - read <= 3

    @staticmethod
    def measured(snapshot: Snapshot) -> tuple[int | None, int | None]:
        """Speed and incline."""
        if snapshot.sample is None:
            return None, None
        return snapshot.sample.data.speed, snapshot.sample.data.incline

    # --- what is allowed

    @property
    def scale(self) -> float:
        """Factor of a kilometre on a machine that may count miles."""
        return 1.0 if self.unit_known or self.policy.unit_is_kmh else 1 / MILE

    def steps(self, snapshot: Snapshot) -> dict[Axis, Steps]:
        """The machine's two axes."""
        return self.grids.of(snapshot.machine, snapshot.learned, self.policy.min_incline)

    def bounds(self, snapshot: Snapshot, now: float) -> Iterator[tuple[Axis, str, float]]:
        """Every bound of every rule."""
        policy, person = self.policy, self.person
        speed, incline = self.steps(snapshot).values()
        yield Axis.SPEED, "envelope", policy.max_speed * self.scale
        yield Axis.SPEED, "range", speed.highest * (1.0 if speed.told else self.scale)
        yield Axis.INCLINE, "envelope", float(policy.max_incline)
        if incline.settable:
            yield Axis.INCLINE, "range", float(incline.highest)
        if self.warm_up_left(now) > 0:
            yield Axis.SPEED, "warm_up", policy.warm_up_speed * self.scale
            yield Axis.INCLINE, "warm_up", float(policy.warm_up_incline)
        if person.rest_until > now:
            yield Axis.SPEED, "rest", policy.rest_speed * self.scale
            yield Axis.INCLINE, "rest", float(policy.rest_incline)
        if plan := person.plan:
            walk = (policy.rest_speed, policy.rest_incline) if plan.walks else (None, None)
            for axis, scale, planned, walked in zip(
                Axis, (self.scale, 1.0), (plan.speed, plan.incline), walk, strict=True
            ):
                ceilings = [each for each in (planned, walked) if each is not None]
                if ceilings:
                    yield axis, "plan", min(ceilings) * scale
        for climb in person.climbs:
            if climb.closed:
                yield Axis.INCLINE, "steep_incline", float(climb.tier.then)
        ceiling = policy.heart_rate_ceiling
        slowed = None if ceiling is None else self.beats.bound(policy, ceiling)
        if slowed is not None:
            yield Axis.SPEED, "heart_rate", max(slowed, float(speed.lowest))
        if person.sitting and person.sitting.slope:
            for axis in Axis:
                most, steps = person.sitting.slope.most(axis, now), self.steps(snapshot)[axis]
                yield axis, "cool_down", min(most, steps.floor(most)) if steps.settable else most

    def warm_up_left(self, now: float) -> float:
        """Remaining warm-up time."""
        return self.person.warm_up_left(self.policy, now)

    def holds(self, snapshot: Snapshot, now: float) -> set[str]:
        """The holds that depend on what went in alone."""
        found = set() if self.is_fresh(snapshot, now) else {"stale"}
        ceiling = self.policy.heart_rate_ceiling
        if ceiling is not None and self.beats.holds(ceiling, now):
            found.add("heart_rate")
        return found
