"""The people of one treadmill: active person, limits, shoes, exposure and rest.

Exposure, rest and shoes belong to one person. They survive links, processes and computers; see
`bridge.history`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from bridge.guard import Decision, Guard, Policy, Verdict
from bridge.guard.decision import ACCEPTED
from bridge.history.history import WORN_KM, History, session_id
from bridge.history.session_log import SessionLog
from bridge.people.listener import Listener
from bridge.people.plans import Enrolment, PlanBook
from bridge.plans.status import PlanAction, PlanStatus
from bridge.values import Belt, Command, Event, Reason, Result, Value, Verb, Who
from bridge.values.effort import Effort
from bridge.values.plan import Ceilings
from bridge.workouts.person import NOBODY, Runner

KEEP_S = 4.5
"""Longest time in seconds between writes of exposure while the belt moves; with disk latency, 5 s.
Samples are written every 4 s, and the exposure with them."""
LOOK_S = 10.0
"""Seconds between checks for a synchronised clock."""
DAILY_S = 86_400.0
"""Seconds between reloads of a past: the baseline of a session changes by the day."""
CARRY_S = 300.0
"""Seconds between writes of a rest in progress."""
PLAN_S = 1.0
"""Seconds between checks of a plan: the end of a rest day, or a question."""
MANY = 2
"""More pain reports than this within 30 days lead to the advice to see a professional."""
WORST = 10
"""Highest severity of pain."""

_OF_A_SESSION = frozenset({"session_started", "session_ended"})


@dataclass(frozen=True, slots=True)
class Household:
    """People of a treadmill: the limits of each by name, the first one by default.

    `usual` maps each person to their usual shoes. `shoes` maps all pairs to the metres before
    counting began. `cues` is True if hints are enabled. `runners` holds the data for workouts,
    `plans` the enrolments.
    """

    policies: Mapping[str, Policy]
    usual: Mapping[str, str]
    shoes: Mapping[str, float]
    cues: bool = True
    runners: Mapping[str, Runner] = field(default_factory=dict)
    plans: Mapping[str, Enrolment] = field(default_factory=dict)

    @property
    def first(self) -> str:
        """Default person."""
        return next(iter(self.policies))


class People:
    """Keeps one treadmill's guard and the history of its active person in step.

    `guard` is the guard of the active person, `session` their session so far.
    """

    def __init__(
        self, treadmill: str, household: Household, history: History, listener: Listener, now: float
    ) -> None:
        self._treadmill = treadmill
        self._household = household
        self._history = history
        self._listener = listener
        runner = history.runner(treadmill)
        self.person = household.first
        if runner is not None and runner in household.policies:
            self.person = runner
        self._book = PlanBook(history, self.person, household.plans)
        past = replace(history.past(treadmill, self.person), plan=self._book.ceilings)
        self.guard = Guard(self._policy, now, past)
        self.session = history.session(treadmill, self.person)
        self._walked = self.session.distance_m if self.session else 0.0
        self._effort: Effort | None = past.session.effort if past.session else None
        self._ceilings: Ceilings | None = past.session.plan if past.session else None
        self.plan: PlanStatus | None = self._book.status
        """Position of the person in their plan; None without one."""
        self._planned = now
        self._belt = Belt.UNKNOWN
        self._kept = self._looked = self._carried = self._recalled = now
        self._trouble: str | None = None
        self._told_lost = False
        self._remember()

    def _remember(self) -> None:
        """Record the state that the past was recalled from, to detect changes."""
        self._certain = self._history.is_certain(self._treadmill, self.person)
        self._elsewhere = self._history.elsewhere(self._treadmill, self.person)
        self._rests = self._history.rests(self.person)

    @property
    def who(self) -> Who:
        """Active person, shoes, and the profile in force."""
        return Who(self.person, self._shoes, self.guard.person.policy.name)

    @property
    def faults(self) -> tuple[str, ...]:
        """Faults of the history."""
        return ("memory",) if self._history.trouble or self._history.lost else ()

    @property
    def cues(self) -> bool:
        """True if hints are enabled."""
        return self._household.cues

    @property
    def policy(self) -> Policy:
        """Configured limits of the active person."""
        return self._policy

    @property
    def runner(self) -> Runner:
        """Data of the active person for workouts."""
        return self._household.runners.get(self.person, NOBODY)

    @property
    def _policy(self) -> Policy:
        return self._policy_of(self.person)

    def _policy_of(self, person: str) -> Policy:
        policies = self._household.policies
        return policies.get(person) or policies[self._household.first]

    @property
    def _shoes(self) -> str | None:
        pairs = self._household.shoes
        worn = self._history.shoes(self.person)
        if worn not in pairs:
            worn = self._household.usual.get(self.person)
        if worn is None and len(pairs) == 1:
            worn = next(iter(pairs))
        return worn

    # --- commands about people

    def submit(self, command: Command, now: float, utc: datetime) -> Verdict:
        """Answer a command about the person, not the belt; of late ones, only a pain report."""
        details = command.details
        if command.late and "severity" not in details:
            return Verdict.rejected(Reason("late"))
        match command.verb, details.get("severity"):
            case Verb.PERSON, _:
                return self._choose(str(details["name"]), now, utc)
            case Verb.SHOES, _:
                return self._put_on(str(details["name"]))
            case Verb.PLAN, int(severity):
                return self._answer(str(details.get("place", "plan")), severity, now)
            case Verb.PLAN, _:
                return self._command_plan(PlanAction(str(details["command"])), now)
            case _, int(severity):
                self._hurt(str(details["place"]), severity, now)
            case _:
                self._recover(now)
        return ACCEPTED

    def _choose(self, name: str, now: float, utc: datetime) -> Verdict:
        person = _find(name, self._household.policies)
        if person is None:
            return Verdict.rejected(_unknown("unknown_person", name, self._household.policies))
        if person == self.person:
            return ACCEPTED
        leaving = replace(self.guard.past(now), session=None)
        verdict = self._recall(person, now)
        if verdict.result is not Result.ACCEPTED:
            return Verdict.rejected(Reason("person_waits", values=(("why", verdict.reasons[0]),)))
        self._finish(utc)
        self._history.keep(self._treadmill, self.person, leaving, None)
        self.person = self._book.person = person
        self._history.set_runner(self._treadmill, person)
        self._remember()
        self._report("person", person=person)
        self._follow_plan(now)
        return verdict

    def _recall(self, person: str, now: float) -> Verdict:
        """Switch the guard to a person, with their stored past."""
        book = PlanBook(self._history, person, self._household.plans)
        past = replace(self._history.past(self._treadmill, person), plan=book.ceilings)
        self._recalled = now
        return self.guard.change(self._policy_of(person), past, now)

    def _put_on(self, name: str) -> Verdict:
        shoes = _find(name, self._household.shoes)
        if shoes is None:
            return Verdict.rejected(_unknown("unknown_shoes", name, self._household.shoes))
        if shoes != self._shoes:
            self._count_way()
            self._history.set_shoes(self.person, shoes)
            self._report("shoes", person=self.person, shoes=shoes)
        return ACCEPTED

    def _hurt(self, place: str, severity: int, now: float, *, rests: bool = True) -> None:
        times = self._history.report_pain(self.person, place, severity)
        self._report("pain", place=place, severity=severity)
        if rests and self.guard.person.report_pain(severity, now):
            left = self.guard.past(now).rest_left_s
            self._write_rest(left)
            self._listener.on_event(Event("rest", ends_s=left))
        if severity > 0 and times > MANY:
            self._report("see_professional", times=times)
        self._report_to_plan(severity, now)

    def _recover(self, now: float) -> None:
        resting = self.guard.person.lift_rest(now)
        self._write_rest(0.0)
        if resting:
            self._report("rest_lifted")

    def _write_rest(self, left_s: float) -> None:
        self._history.rest(self.person, left_s)
        self._rests = self._history.rests(self.person)

    # --- plan

    def judged(self, command: Command, verdict: Verdict, now: float) -> None:
        """Process the guard's verdict: a confirmed start on a rest day counts as a run."""
        started = command.verb is Verb.START and verdict.result is Result.ACCEPTED
        if started and command.confirm:
            self._book.confirm()
            self._follow_plan(now)

    def _answer(self, place: str, severity: int, now: float) -> Verdict:
        """Take the answer to the plan's question; a rest begins only if the pain ends the plan."""
        refusal = self._book.refuses_answer()
        if refusal is not None:
            return refusal
        rule = self._book.pain
        if severity >= rule.hold:
            self._hurt(place, severity, now, rests=severity >= rule.end)
        else:
            self._history.report_pain(self.person, place, severity)
            self._report("pain", place=place, severity=severity)
            self._report_to_plan(severity, now)
        return ACCEPTED

    def _report_to_plan(self, severity: int, now: float) -> None:
        self._book.report(severity, under_way=self.session is not None)
        self._follow_plan(now)

    def _command_plan(self, word: PlanAction, now: float) -> Verdict:
        verdict = self._book.command(word)
        self._follow_plan(now)
        return verdict

    def _follow_plan(self, now: float) -> None:
        """Pass the plan's ceilings to the guard; during a session only lower ones."""
        self._planned = now
        self._book.follow(now)
        self.plan = self._book.status
        if self.session is None:
            self.guard.person.follow_plan(self._book.ceilings, now)
        else:
            session = self.guard.past(now).session
            lower = self._book.within(session.plan if session else None)
            if lower is not None:
                self.guard.person.follow_plan(lower, now)
        for event in self._book.take_events():
            self._listener.on_event(event)

    # --- configuration

    def configure(self, household: Household, now: float) -> None:
        """Apply a changed household: tighter limits now, looser ones at standstill."""
        self._household = household
        self._book.enrolments = household.plans
        self.guard.configure(self._policy, now)
        self._follow_plan(now)

    # --- time

    def follow(self, decision: Decision, belt: Belt, now: float, utc: datetime) -> None:
        """Store what must survive a restart."""
        self._watch_memory()
        self._watch_rest(now)
        under_way, changed = self.session is not None, False
        for event in decision.events:
            changed = changed or event.type in _OF_A_SESSION
            if event.type == "session_started":
                self.session, self._walked = SessionLog(utc), 0.0
            elif event.type == "session_ended":
                self._finish(utc)
        if changed or (self.plan is not None and now - self._planned >= PLAN_S):
            self._follow_plan(now)
        if changed and self.session is not None:  # one that began as another ended
            self.guard.person.follow_plan(self._book.ceilings, now)
        before, self._belt = self._belt, belt
        due = now - self._kept >= KEEP_S and not belt.stands
        if (under_way or self.session is not None) and (
            due or decision.events or belt is not before
        ):
            self.keep(now)
        elif self.session is None and (belt.stands or belt is Belt.UNKNOWN):
            self._watch_others(now, utc)

    def keep(self, now: float) -> None:
        """Store the complete state of the person now."""
        self._kept = now
        past = self.guard.past(now)
        if past.session is not None:
            self._effort, self._ceilings = past.session.effort, past.session.plan
        self._count_way()
        self._history.keep(self._treadmill, self.person, past, self.session)

    def _finish(self, utc: datetime) -> None:
        session = self.session
        if session is None:
            return
        self._count_way()
        summary, who = session.close(utc), self.who
        if self._effort is not None:  # first, so that a kill loses no rest
            name = session_id(self._treadmill, session.start)
            self._book.end_session(name, self._effort, self._ceilings, utc)
        self._history.finish(self._treadmill, who.person, who.shoes, summary, self._effort)
        self.session, self._effort, self._ceilings, self._walked = None, None, None, 0.0
        self._listener.finished(summary, who)

    def _count_way(self) -> None:
        """Add the distance of the belt to the shoes in use."""
        session, shoes = self.session, self._shoes
        if session is None:
            return
        metres, self._walked = session.distance_m - self._walked, session.distance_m
        if shoes is None or metres <= 0:
            return
        start = self._household.shoes.get(shoes, 0.0)
        mark = self._history.walk(shoes, metres, start)
        if mark is not None:
            gone, case = start + self._history.gone(shoes), "replace" if mark >= WORN_KM else ""
            self._report("shoes_worn", case, shoes=shoes, mark=mark * 1000, gone=gone)

    def _watch_memory(self) -> None:
        self._history.catch_up()
        lost, trouble = self._history.lost, self._history.trouble
        if lost and not self._told_lost:
            self._told_lost = True
            self._report("memory_lost", trouble=lost)
        if trouble and not self._trouble:
            self._report("memory", trouble=trouble)
        elif self._trouble and not trouble:
            self._report("memory_back")
        self._trouble = trouble

    def _watch_rest(self, now: float) -> None:
        """Apply a rest that the same person began or ended on another treadmill."""
        if now - self._carried >= CARRY_S:
            self._carried = now
            self._history.carry_rest(self.person)
        rests = self._history.rests(self.person)
        if rests == self._rests:
            return
        self._rests = rests
        if self._history.rest_left(self.person) > 0:
            self.guard.person.report_pain(WORST, now)
        else:
            self.guard.person.lift_rest(now)

    def _watch_others(self, now: float, utc: datetime) -> None:
        """At rest: drop people who are no longer configured, and reload improved pasts."""
        if self.person not in self._household.policies:
            self._choose(self._household.first, now, utc)
            return
        surer = False
        if not self._certain and now - self._looked >= LOOK_S:
            self._looked = now
            surer = self._history.is_certain(self._treadmill, self.person)
        elsewhere = self._history.elsewhere(self._treadmill, self.person)
        old = self._certain and now - self._recalled >= DAILY_S
        news = surer or old or elsewhere != self._elsewhere
        if news and self._recall(self.person, now).result is Result.ACCEPTED:
            self._remember()

    def _report(self, kind: str, case: str = "", **values: Value) -> None:
        self._listener.on_event(Event(kind, values=tuple(values.items()), case=case))


def _unknown(rule: str, name: str, known: Iterable[str]) -> Reason:
    names = tuple(known)
    case = "" if names else "none"
    return Reason(rule, values=(("name", name), ("known", names)), case=case)


def _find(name: str, known: Iterable[str]) -> str | None:
    """Return the configured spelling of a name; None if it is unknown."""
    return next((each for each in known if each.casefold() == name.casefold()), None)
