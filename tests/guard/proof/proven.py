"""A judged timeline that the oracle follows, through kills, other people and changed limits."""

from dataclasses import dataclass, field, replace
from functools import partial

from bridge.guard import Decision, Guard, Past, Policy, Verdict
from bridge.guard.person.session import Session
from bridge.values import Axis, Command, Result
from bridge.values.effort import Effort
from bridge.values.plan import Ceilings
from tests.guard.conftest import COUNTS
from tests.guard.proof.judged_rig import JudgedRig
from tests.guard.proof.ledger import DAY_S, Person, Sitting, longest_of_late
from tests.guard.proof.oracle import Oracle


@dataclass(frozen=True)
class Earlier:
    """What somebody did before the timeline begins."""

    sessions: tuple[tuple[float, Effort], ...] = ()
    """Age in days and effort of each past session."""
    today: Effort | None = None
    """Effort so far of the session in progress."""


NOTHING_BEFORE = Earlier()
HOUR = Effort(3600.0, 9000.0, 90.0)
WALK = Effort(310.0, 400.0, 0.0)
EARLIER = (
    NOTHING_BEFORE,
    Earlier(((1.0, WALK),)),
    Earlier(((1.0, WALK), (8.0, HOUR)), today=Effort(3950.0, 9880.0, 98.0)),
    Earlier(((27.0, WALK), (40.0, HOUR)), today=Effort(335.0, 440.0, 15.0)),
    Earlier(((40.0, WALK), (150.0, HOUR)), today=Effort(1975.0, 4900.0, 45.0)),
    Earlier(((0.5, Effort(299.0, 2000.0, 99.0)), (181.0, HOUR)), today=Effort(600.0, 900.0, 9.0)),
)


@dataclass
class Proven(JudgedRig):
    """A timeline that the oracle follows."""

    oracle: Oracle = field(init=False)
    name: str = "Ada"
    others: dict[str, tuple[Person, Past, float]] = field(default_factory=dict)
    """People who are not on the belt, with their stored past and its time."""
    earlier: Earlier = NOTHING_BEFORE
    holds: bool = True
    """True if the newest decision was judged completely, and found right."""

    def __post_init__(self) -> None:
        person = Person.new(self.policy, self.now, known=self.past is not None)
        if self.past is not None:
            ago, today = self.earlier.sessions, self.earlier.today
            person.sessions = [(self.now - days * DAY_S, effort) for days, effort in ago]
            person.asked_at = self.now
            session = Session(effort=today) if today else None
            person.sitting = Sitting(effort=today) if today else None
            self.past = replace(self.past, session=session, baseline=person.baseline)
        self.oracle = Oracle(self.policy, self.now, person, decided_at=self.now)
        super().__post_init__()

    def _answered(self, command: Command, verdict: Verdict) -> None:
        super()._answered(command, verdict)
        self.oracle.start_asked = self.starting.awaited
        self.oracle.asked(command, verdict, self.snapshot, self.now)

    def refuses(self, fault: str) -> None:
        """The next order, or the next decision, comes after the stop of `on_disobey`."""
        super().refuses(fault)
        stops = fault == "control_denied" and self.policy.stop_on_disobey
        if stops and self.decision.setpoint[Axis.SPEED] is not None:
            self.oracle.halt_asked = True

    def _decide(self) -> Decision:
        self.holds = False
        named = any(axis is Axis.INCLINE for axis, _ in self.named) and not self._eases_another
        decision = super()._decide()
        self.oracle.start_asked = self.starting.awaited
        stopping, now = self.stopping is not None, self.now
        past = partial(self.guard.past, now)
        self.oracle.decided(self.snapshot, now, decision, past, stopping=stopping, named=named)
        self.policy, self.holds = self.oracle.policy, True
        COUNTS["decisions of these steps"] += 1
        return decision

    @property
    def _eases_another(self) -> bool:
        """True while the deck of another app is eased: what it names is not commanded yet."""
        before = self.decision
        told, bound = before.setpoint.get(Axis.INCLINE), before.limits.most(Axis.INCLINE)
        return self.now <= self.others_until and told is not None and told > bound

    def killed(self, away: float, claimed: float, *, known: bool) -> None:
        """The process ends; after `away` seconds, `claimed` of which are certain, it is back."""
        person = self.oracle.person
        past = self.guard.past(self.now).aged(claimed) if known else None
        told = self.oracle.told_last
        for climb in person.climbs:
            if told is not None and told >= climb.tier.threshold:
                climb.look(self.now, steep=True)  # unobserved from now on
        self.now += away
        if past is not None:
            past = replace(past, baseline=longest_of_late(person.sessions, self.now))
            person.asked_at = self.now
        self.policy = self.oracle.looser or self.policy
        self.guard = Guard(self.policy, self.now, past)
        for each in (person, *(other for other, _, _ in self.others.values())):
            each.later(away - claimed)
        self.others = {
            name: (person, stored, when + away - claimed)
            for name, (person, stored, when) in self.others.items()
        }
        unknown = None if known else Person.new(self.policy, self.now, known=False)
        self.oracle.restart(self.now, unknown)
        if self.connected and not self.silent:
            self._measure()  # no sample outlives the process
        self.is_watched_anew(away - claimed if known else None)
        self._decide()

    def steps_on(self, name: str) -> None:
        """Another person selects themselves."""
        stored = self.guard.past(self.now)
        new = (Person.new(self.policy, self.now, known=True), Past.nobody(), self.now)
        person, past, when = self.others.get(name, new)
        policy = self.oracle.looser or self.policy
        past = replace(past, baseline=longest_of_late(person.sessions, self.now))
        verdict = self.guard.change(policy, past.aged(self.now - when), self.now)
        if verdict.result is Result.REJECTED:
            assert verdict.reasons
            return
        assert self.decision.setpoint == dict.fromkeys(self.decision.setpoint), "only at a stand"
        self.others.pop(name, None)
        self.others[self.name] = (self.oracle.person, stored, self.now)
        self.name, person.asked_at = name, self.now
        self.oracle.change(person)
        self.policy = policy

    def configured(self, policy: Policy) -> None:
        """The owner changes the limits."""
        self.guard.configure(policy, self.now)
        self.oracle.configure(policy, self.now)
        self.policy = self.oracle.policy
        self._decide()

    def hurts(self, severity: float) -> None:
        """A pain is reported."""
        rests = self.guard.person.report_pain(severity, self.now)
        assert rests is (severity >= self.policy.rest_severity)
        if rests:
            until = self.now + self.policy.rest_s
            self.oracle.person.rest_until = max(self.oracle.person.rest_until, until)
        self._decide()

    def plans(self, plan: Ceilings | None) -> None:
        """A training plan is followed."""
        self.guard.person.follow_plan(plan, self.now)
        self.oracle.person.follow(plan)
        self._decide()

    def heals(self) -> None:
        """The rest is lifted."""
        rested = self.oracle.person.rest_until > self.now
        assert self.guard.person.lift_rest(self.now) is rested
        self.oracle.person.rest_until = float("-inf")
        self._decide()
