"""Plan of the active person: questions, answers and progress."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from bridge.clock import on_the_wall
from bridge.guard import Verdict
from bridge.guard.decision import ACCEPTED
from bridge.history.history import History
from bridge.plans.model import PainRule, Plan
from bridge.plans.progress import (
    JOIN_S,
    Progress,
    Ran,
    State,
    confirm,
    end_session,
    fitted,
    report,
    restart,
    step_back,
    today,
)
from bridge.plans.status import QUESTION, PlanAction, PlanStatus
from bridge.values import Event, Reason, Value
from bridge.values.effort import Effort
from bridge.values.plan import Ceilings, Day

CARRY_S = 300.0
"""Seconds between writes of a rest in progress."""


@dataclass(frozen=True, slots=True)
class Enrolment:
    """A plan that a person follows, and the phase at which they began, counted from 0."""

    plan: Plan
    start: int = 0


@dataclass(slots=True)
class PlanBook:
    """Progress of one person in the history. New events collect in `events`.

    `enrolments` are those of the whole household. Times are monotonic seconds.
    """

    history: History
    person: str
    enrolments: Mapping[str, Enrolment]
    events: list[Event] = field(default_factory=list)
    _carried: float = float("-inf")

    @property
    def _enrolment(self) -> Enrolment | None:
        return self.enrolments.get(self.person)

    @property
    def status(self) -> PlanStatus | None:
        """Position of the person; None without a plan."""
        enrolled = self._enrolment
        if enrolled is None:
            return None
        progress = self._progress(enrolled)
        return PlanStatus(enrolled.plan, progress, today(enrolled.plan, progress))

    @property
    def ceilings(self) -> Ceilings | None:
        """Ceilings of a session that begins now; None without a plan."""
        status = self.status
        return None if status is None else status.ceilings

    def within(self, before: Ceilings | None) -> Ceilings | None:
        """Return lower ceilings for a session in progress; None without a change.

        A new rest day or phase applies from the next session.
        """
        enrolled = self._enrolment
        if enrolled is None:
            return None
        progress = self._progress(enrolled)
        if progress.state is State.FINISHED:
            return None
        if progress.state is State.ENDED:
            return enrolled.plan.ceilings(progress.phase, Day.ENDED)
        ceilings = enrolled.plan.ceilings(progress.phase)
        return ceilings if before is None or ceilings.phase <= before.phase else None

    def _progress(self, enrolled: Enrolment) -> Progress:
        plan = enrolled.plan
        progress = self.history.progress_in(self.person, plan.key, enrolled.start)
        return fitted(plan, progress)

    def _keep(self, enrolled: Enrolment, before: Progress, after: Progress) -> None:
        if after == before:
            return
        self.history.keep_progress(self.person, enrolled.plan.key, after)
        self.events += _news(enrolled.plan, before, after)

    # --- sessions and reports

    def end_session(
        self, name: str, effort: Effort, ceilings: Ceilings | None, utc: datetime
    ) -> None:
        """Take a finished session, with its ceilings."""
        enrolled = self._enrolment
        if enrolled is None or ceilings is None:
            return
        before = self._progress(enrolled)
        after = end_session(enrolled.plan, before, Ran(name, effort, ceilings, on_the_wall(utc)))
        self._keep(enrolled, before, after)
        load, outing = after.load, after.outing
        if load is None or outing is None or load.ago_s > 0 or before.outing == outing:
            return
        if before.load and before.load.counts and before.load.ago_s >= JOIN_S:
            self._report("plan_unanswered", enrolled, after)
        if not load.counts:
            case = "rest" if outing.day is Day.CONFIRMED else "pain" if outing.spoiled else ""
            self._report("plan_uncounted", enrolled, after, case)

    def report(self, severity: int, *, under_way: bool) -> None:
        """Take a pain of 0 to 10, which answers the open question."""
        enrolled = self._enrolment
        if enrolled is not None:
            before = self._progress(enrolled)
            after = report(enrolled.plan, before, severity, under_way=under_way)
            self._keep(enrolled, before, after)

    def confirm(self) -> None:
        """Record a run on this rest day."""
        enrolled = self._enrolment
        if enrolled is not None:
            before = self._progress(enrolled)
            self._keep(enrolled, before, confirm(before))

    def command(self, word: PlanAction) -> Verdict:
        """Apply a command about the plan."""
        enrolled = self._enrolment
        if enrolled is None:
            return Verdict.rejected(Reason("no_plan"))
        before = self._progress(enrolled)
        match word:
            case PlanAction.CONFIRM:
                if before.state is not State.ACTIVE or before.rest_left_s <= 0:
                    return Verdict.rejected(Reason("no_rest_day"))
                after = confirm(before)
            case PlanAction.BACK:
                if before.state is not State.ACTIVE:
                    return Verdict.rejected(Reason("plan_over"))
                after = step_back(before)
            case _:
                after = restart(before)
        self._keep(enrolled, before, after)
        return ACCEPTED

    def refuses_answer(self) -> Verdict | None:
        """Return why an answer is refused now; None if a question is open."""
        status = self.status
        if status is None:
            return Verdict.rejected(Reason("no_plan"))
        return None if status.progress.question else Verdict.rejected(Reason("no_question"))

    @property
    def pain(self) -> PainRule:
        """Effect of pain on the plan."""
        enrolled = self._enrolment
        return PainRule() if enrolled is None else enrolled.plan.pain

    def take_events(self) -> list[Event]:
        """Return and clear the events since the last call."""
        events, self.events = self.events, []
        return events

    # --- time

    def follow(self, now: float) -> None:
        """Raise due questions, and store the elapsed time."""
        enrolled = self._enrolment
        if enrolled is None:
            return
        if now - self._carried >= CARRY_S:
            self._carried = now
            self.history.carry_progress(self.person, enrolled.plan.key)
        before = self._progress(enrolled)
        question = before.question
        if question is not None and question is not before.asked:
            self._keep(enrolled, before, before.with_question(question))
            text = enrolled.plan.question or QUESTION
            self._report("plan_question", enrolled, before, question, text=text)

    def _report(
        self, kind: str, enrolled: Enrolment, progress: Progress, case: str = "", **more: Value
    ) -> None:
        self.events.append(_event(kind, enrolled.plan, progress, case, **more))


def _news(plan: Plan, before: Progress, after: Progress) -> Iterator[Event]:
    """Yield the events of changed progress."""
    if after.state is not before.state:
        kind = {
            State.ACTIVE: "plan_restarted",
            State.FINISHED: "plan_finished",
            State.ENDED: "plan_pain_ended",
        }[after.state]
        yield _event(kind, plan, after)
    elif after.phase > before.phase:
        yield _event("plan_next", plan, after)
    elif after.phase < before.phase or after.done < before.done:
        yield _event("plan_back", plan, after)
    elif after.done > before.done:
        yield _event("plan_counted", plan, after)
    elif _spoiled(before, after):
        yield _event("plan_held", plan, after)
    if after.confirmed and not before.confirmed:
        yield _event("plan_confirmed", plan, after)


def _spoiled(before: Progress, after: Progress) -> bool:
    """True if pain keeps a session from counting."""
    if after.spoiled and not before.spoiled:
        return True
    if before.load is None or after.load is None or before.outing is None:
        return False
    same = after.outing is not None and after.outing.last == before.outing.last
    return same and before.load.counts and not after.load.counts


def _event(kind: str, plan: Plan, progress: Progress, case: str = "", **more: Value) -> Event:
    phase = plan.phases[progress.phase]
    values: dict[str, Value] = {
        "plan": plan.name,
        "phase": f"{progress.phase + 1} of {len(plan.phases)}",
        "name": phase.name,
        "session": f"{min(progress.done + 1, phase.sessions)} of {phase.sessions}",
        **more,
    }
    return Event(kind, values=tuple(values.items()), case=case)
