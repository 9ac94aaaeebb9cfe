"""A person's progress in a plan: sessions, answers about pain, and rest days. Pure.

A session counts if a phase required it, it was long enough, and the person answered twice that the
pain was low: after the session, and the next morning. Without an answer there is no progress. All
times are certain seconds ago, so that neither clock changes nor restarts shorten a rest.
"""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum

from bridge.plans.model import Phase, Plan
from bridge.values.effort import COUNTS_S, Effort
from bridge.values.plan import Ceilings, Day

DAY_S = 86_400.0
NIGHT_S = 8 * 3600.0
"""Minimum seconds from a session to the next morning, and from the last whole rest day to the end.
"""
MORNING = time(6)
"""Time of day from which the morning question is asked."""
JOIN_S = 3600.0
"""Seconds within which a restarted belt continues the same session."""
BROKEN_OFF_S = 600.0
"""Seconds after an incomplete session before the question about pain."""
LEAST_LEFT_S, LEAST_LEFT_M = 60.0, 100.0
"""A session with less than this left is complete."""
REACHED = 0.9
"""Share of a session's length required for it to count."""


class State(StrEnum):
    """ACTIVE: sessions remain. FINISHED: all are done. ENDED: pain ended the plan."""

    ACTIVE = "active"
    FINISHED = "finished"
    ENDED = "ended"


class Question(StrEnum):
    """When the person is asked about pain."""

    AFTER = "after"
    MORNING = "morning"


@dataclass(frozen=True, slots=True)
class Load:
    """The last session that requires rest, `ago_s` seconds ago.

    The rest lasts `rest_s`. The questions open after `after_s` and `morning_s`. `counts` is True if
    the session may still become progress. `after` and `morning` are the answers, 0 to 10.
    """

    ago_s: float
    rest_s: float
    morning_s: float
    counts: bool
    after_s: float = 0.0
    after: int | None = None
    morning: int | None = None

    @property
    def question(self) -> Question | None:
        """The question open now; None without one."""
        if self.after is None:
            return Question.AFTER if self.ago_s >= self.after_s else None
        if self.morning is None and self.ago_s >= self.morning_s:
            return Question.MORNING
        return None

    @property
    def rest_left_s(self) -> float:
        """Remaining rest in seconds."""
        return max(0.0, self.rest_s - self.ago_s)

    def answered(self, severity: int) -> "Load":
        """Return a copy with the open question answered."""
        match self.question:
            case Question.AFTER:
                return replace(self, after=severity)
            case Question.MORNING:
                return replace(self, morning=severity)
            case _:
                return self


@dataclass(frozen=True, slots=True)
class Outing:
    """A group of sessions with less than `JOIN_S` between them.

    `last` names the newest of them, which ended `ago_s` seconds ago. `spoiled`: too much pain.
    """

    ago_s: float
    done: Effort
    day: Day
    last: str
    spoiled: bool = False


@dataclass(frozen=True, slots=True)
class Progress:
    """A person's place in a plan: `phase` from 0, and the number of its sessions done.

    `confirmed`: a run on a rest day. `spoiled`: too much pain in the present session. `moved_back`:
    pain since the last session has already moved the plan back. `asked`: the question asked last.
    """

    phase: int = 0
    done: int = 0
    state: State = State.ACTIVE
    load: Load | None = None
    outing: Outing | None = None
    confirmed: bool = False
    spoiled: bool = False
    moved_back: bool = False
    asked: Question | None = None

    def aged(self, seconds: float | None) -> "Progress":
        """Return the progress after so many seconds; None if unknown, so no time passes."""
        seconds = max(0.0, seconds or 0.0)
        load, outing = self.load, self.outing
        return replace(
            self,
            load=load and replace(load, ago_s=load.ago_s + seconds),
            outing=outing and replace(outing, ago_s=outing.ago_s + seconds),
        )

    @property
    def question(self) -> Question | None:
        """The question open now; None once the plan is over."""
        if self.load is None or self.state is not State.ACTIVE:
            return None
        return self.load.question

    def with_question(self, question: Question) -> "Progress":
        """Return a copy after the question was asked."""
        return replace(self, asked=question)

    @property
    def waits(self) -> bool:
        """True while the passing of time matters: a rest, a question, or a session to continue."""
        load, outing = self.load, self.outing
        joins = outing is not None and outing.ago_s < JOIN_S
        return joins or (load is not None and load.ago_s < max(load.rest_s, load.morning_s))

    @property
    def rest_left_s(self) -> float:
        """Seconds until the rest day is over; 0 without one."""
        return self.load.rest_left_s if self.load else 0.0


@dataclass(frozen=True, slots=True)
class Ran:
    """A finished session: its name, effort, ceilings, and end (local time)."""

    name: str
    effort: Effort
    ceilings: Ceilings
    ended: datetime


def fitted(plan: Plan, progress: Progress) -> Progress:
    """Adjust the progress to a changed plan file, which may have fewer phases or sessions."""
    last = len(plan.phases) - 1
    if progress.phase > last:
        return replace(progress, phase=last, done=0)
    return replace(progress, done=min(progress.done, plan.phases[progress.phase].sessions - 1))


def today(plan: Plan, progress: Progress) -> Ceilings | None:
    """Return the ceilings of a session that begins now; None once the plan is finished."""
    if progress.state is State.FINISHED:
        return None
    if progress.state is State.ENDED:
        return plan.ceilings(0, Day.ENDED)
    ceilings, outing = plan.ceilings(progress.phase), progress.outing
    if outing is not None and outing.ago_s < JOIN_S and not outing.spoiled:
        remainder = _remainder(ceilings, outing)
        if remainder is not None:
            return remainder
    if progress.rest_left_s <= 0:
        return ceilings
    day = Day.CONFIRMED if progress.confirmed else Day.REST
    return replace(ceilings, day=day, opens_s=progress.rest_left_s)


def _remainder(ceilings: Ceilings, outing: Outing) -> Ceilings | None:
    """Return what is left of an interrupted session; None if too little is."""
    time_s, distance_m = ceilings.time_s, ceilings.distance_m
    if time_s is not None:
        time_s -= outing.done.time_s
    if distance_m is not None:
        distance_m -= outing.done.distance_m
    short = time_s is not None and time_s < LEAST_LEFT_S
    if short or (distance_m is not None and distance_m < LEAST_LEFT_M):
        return None
    return replace(ceilings, time_s=time_s, distance_m=distance_m, day=outing.day)


def end_session(plan: Plan, progress: Progress, ran: Ran) -> Progress:
    """Process a finished session. A walk on a rest day does not belong to the plan."""
    outing, ceilings = progress.outing, ran.ceilings
    if ceilings.walks or progress.state is not State.ACTIVE:
        return replace(progress, spoiled=False)
    if outing is not None and outing.last == ran.name:  # reported again after a restart
        return progress
    done, spoiled = ran.effort, progress.spoiled
    if outing is not None and outing.ago_s < JOIN_S:
        done = outing.done.plus(done.time_s, done.distance_m, done.climb_m)
        spoiled = spoiled or outing.spoiled
    outing = Outing(0.0, done, ceilings.day, ran.name, spoiled)
    progress = replace(progress, outing=outing, spoiled=False)
    phase = plan.phases[progress.phase]
    reached = _reached(phase, done)
    if done.time_s < COUNTS_S and not reached:
        return progress
    counts = reached and not spoiled
    counts = counts and ceilings.day is Day.RUN and ceilings.phase == progress.phase + 1
    over = _remainder(plan.ceilings(progress.phase), outing) is None
    load = Load(
        ago_s=0.0,
        rest_s=rest_after(ran.ended, phase.rest_days),
        morning_s=morning_after(ran.ended),
        counts=counts,
        after_s=0.0 if over else BROKEN_OFF_S,
    )
    return replace(progress, load=load, confirmed=False, moved_back=False, asked=None)


def _reached(phase: Phase, done: Effort) -> bool:
    """True if a session was long enough to count, by time or by distance."""
    time_s, distance_m = phase.time_s, phase.distance_m
    by_time = time_s is not None and done.time_s >= REACHED * time_s
    return by_time or (distance_m is not None and done.distance_m >= REACHED * distance_m)


def rest_after(ended: datetime, days: int) -> float:
    """Return the seconds of rest after a session: whole days, minus the last night."""
    ends = datetime.combine(ended.date() + timedelta(days=days + 1), time(0))
    gone = (ends - ended.replace(tzinfo=None)).total_seconds()
    return max(gone, days * DAY_S + NIGHT_S)


def morning_after(ended: datetime) -> float:
    """Return the seconds from the end of a session to the next morning."""
    local = ended.replace(tzinfo=None)
    morning = datetime.combine(local.date(), MORNING)
    if morning <= local:
        morning += timedelta(days=1)
    return max((morning - local).total_seconds(), NIGHT_S)


def report(plan: Plan, progress: Progress, severity: int, *, under_way: bool) -> Progress:
    """Process a pain of 0 to 10: the answer to the open question, if there is one.

    Args:
        plan: the plan.
        progress: the progress before.
        severity: how much it hurts.
        under_way: True during a session, which then does not count if it hurts too much.
    """
    if progress.state is not State.ACTIVE:
        return progress
    rule = plan.pain
    if severity >= rule.end:
        return replace(progress, phase=0, done=0, state=State.ENDED)
    load = progress.load and progress.load.answered(severity)
    if severity < rule.hold:
        return _counted(plan, replace(progress, load=load))
    outing = progress.outing
    progress = replace(
        progress,
        load=load and replace(load, counts=False),
        outing=outing and replace(outing, spoiled=True),
        spoiled=under_way or progress.spoiled,
    )
    if severity < rule.back or progress.moved_back:
        return progress
    return replace(step_back(progress), moved_back=True)


def _counted(plan: Plan, progress: Progress) -> Progress:
    """Count a session if both of its questions are answered."""
    load = progress.load
    if load is None or not load.counts or load.after is None or load.morning is None:
        return progress
    progress = replace(progress, load=replace(load, counts=False), done=progress.done + 1)
    if progress.done < plan.phases[progress.phase].sessions:
        return progress
    if progress.phase + 1 < len(plan.phases):
        return replace(progress, phase=progress.phase + 1, done=0)
    return replace(progress, state=State.FINISHED)


def step_back(progress: Progress) -> Progress:
    """Go back one phase, or to the start of the first; the last session does not count."""
    load = progress.load and replace(progress.load, counts=False)
    return replace(progress, phase=max(0, progress.phase - 1), done=0, load=load)


def confirm(progress: Progress) -> Progress:
    """Allow a run on this rest day, once."""
    return replace(progress, confirmed=True) if progress.rest_left_s > 0 else progress


def restart(progress: Progress) -> Progress:
    """Restart at the first phase; rest days from past runs stay."""
    return replace(step_back(progress), phase=0, done=0, state=State.ACTIVE, asked=None)


UNKNOWN_REST = Load(0.0, DAY_S + NIGHT_S, NIGHT_S, counts=False, after=0, morning=0)
"""Assumed after a loss of data: the person may have run just now."""


def begin(start: int, *, lost: bool = False) -> Progress:
    """Return the progress of a person who begins at a phase, counted from 0.

    `lost`: earlier data were lost; then they begin at the first phase, with a rest.
    """
    return Progress(load=UNKNOWN_REST) if lost else Progress(phase=start)
