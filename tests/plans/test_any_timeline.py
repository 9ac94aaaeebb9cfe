"""No timeline of sessions, pains, silences and clock changes is faster than the plan allows.

The judge knows the true time, which the plan never sees, and keeps books of its own.
"""

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.history.store.moment import Moment, elapsed
from bridge.plans.progress import (
    NIGHT_S,
    REACHED,
    Progress,
    Ran,
    State,
    confirm,
    end_session,
    report,
    restart,
    step_back,
    today,
)
from bridge.values.effort import Effort
from tests.plans.diary import DAY, EVENING, HOUR, PLAN
from tests.rigs.effort import effort


@dataclass
class Session:
    """A session as it was: its end, the rest that it needs, and the answers about it.

    `part` is how much of its phase's length was done, with what came less than an hour before.
    """

    ended: float
    rest_days: int
    part: float
    answers: list[float] = field(default_factory=list)
    hurt: bool = False


@dataclass
class Life:
    """A person, a computer whose clock may be wrong, and the truth in seconds."""

    truth: float = 0.0
    wrong_by: float = 0.0
    boot: int = 0
    synchronised: bool = True
    progress: Progress = field(default_factory=Progress)
    sessions: list[Session] = field(default_factory=list)
    counted: Session | None = None
    hurting: bool = False
    """Too much pain in the session under way."""

    def __post_init__(self) -> None:
        self.kept_at = self._moment()

    def _moment(self) -> Moment:
        wall = self.truth + self.wrong_by
        return Moment(f"boot {self.boot}", self.truth, wall, self.synchronised)

    @property
    def total(self) -> int:
        """Number of sessions that the plan has counted."""
        phases = PLAN.phases
        if self.progress.state is State.FINISHED:
            return sum(phase.sessions for phase in phases)
        done = sum(phase.sessions for phase in phases[: self.progress.phase])
        return done + self.progress.done

    def take(self, kind: str, value: float) -> None:
        """Let one thing happen, and judge what became of it."""
        # What was written down is all that is known: a kill between any two steps takes nothing.
        self.progress = self.progress.aged(elapsed(self.kept_at, self._moment()))
        self.kept_at, before = self._moment(), self.total
        match kind:
            case "run":
                self._run(value)
            case "hurts":
                self.hurting = value >= PLAN.pain.hold
                self.progress = report(PLAN, self.progress, int(value), under_way=True)
                self._run(1.0)
            case "says":
                self._say(int(value))
            case "waits":
                self.truth += value
            case "clock":
                self.wrong_by, self.synchronised = self.wrong_by + value, False
            case "boot":
                self.boot, self.synchronised = self.boot + 1, bool(value)
                self.wrong_by = 0.0 if value else self.wrong_by
            case "back":
                self.progress = step_back(self.progress)
            case "restart":
                self.progress = restart(self.progress)
            case _:
                self.progress = confirm(self.progress)
        if self.total > before:
            assert self.total == before + 1
            assert kind == "says"
            self._judge()

    def _run(self, part: float) -> None:
        ceilings = today(PLAN, self.progress)
        if ceilings is None:
            return
        hurt, self.hurting = self.hurting, False
        length = PLAN.phases[self.progress.phase]
        done = Effort((length.time_s or 900.0) * part, (length.distance_m or 2500.0) * part)
        if ceilings.time_s is not None:  # the guard ends it there
            done = replace(done, time_s=min(done.time_s, ceilings.time_s))
        began = self.truth
        self.truth += done.time_s
        self.progress = self.progress.aged(done.time_s)
        self.kept_at = self._moment()
        ended = EVENING + timedelta(seconds=self.truth + self.wrong_by)
        ran = Ran(f"at {self.truth}", done, ceilings, ended)
        self.progress = end_session(PLAN, self.progress, ran)
        if ceilings.walks:
            return
        newest = self.sessions[-1] if self.sessions else None
        if newest is not None and began - newest.ended < HOUR:
            part, hurt = part + newest.part, hurt or newest.hurt
        self.sessions.append(Session(self.truth, length.rest_days, part, hurt=hurt))

    def _say(self, severity: int) -> None:
        if self.sessions:
            newest = self.sessions[-1]
            newest.answers.append(self.truth)
            newest.hurt |= severity >= PLAN.pain.hold
        self.progress = report(PLAN, self.progress, severity, under_way=False)

    def _judge(self) -> None:
        answered = [each for each in self.sessions if each.answers]
        session, before = answered[-1], self.counted
        assert len(session.answers) >= 2
        assert session.part >= REACHED
        assert session.answers[-1] - session.ended >= NIGHT_S
        assert not session.hurt
        if before is not None:
            assert session is not before
            assert session.ended - before.ended >= before.rest_days * DAY + NIGHT_S
        self.counted = session


STEP = st.one_of(
    st.tuples(st.just("run"), st.sampled_from([0.05, 0.3, 0.5, 0.95, 1.0])),
    st.tuples(st.just("hurts"), st.sampled_from([2, 3, 4, 5, 7])),
    st.tuples(st.just("says"), st.sampled_from([0, 0, 0, 0, 1, 2, 3, 4, 5, 7])),
    st.tuples(st.just("waits"), st.sampled_from([60.0, HOUR / 2, 4 * HOUR, 9 * HOUR, DAY])),
    st.tuples(st.just("clock"), st.sampled_from([-3 * DAY, -HOUR, HOUR, 3.5 * HOUR, 3 * DAY])),
    st.tuples(st.just("boot"), st.sampled_from([0.0, 1.0])),
    st.tuples(st.sampled_from(["confirm", "confirm", "back", "restart"]), st.just(0.0)),
)


@st.composite
def eager(draw: st.DrawFn) -> list[tuple[str, float]]:
    """Steps that lead to progress, or nearly, so that some can be judged."""
    steps = [("confirm", 0.0)] if draw(st.booleans()) else []
    kind = draw(st.sampled_from([("run", 1.0), ("run", 0.5), ("hurts", 3.0)]))
    steps += [kind, ("says", 0.0)]
    steps.append(("waits", draw(st.sampled_from([10 * HOUR, 24 * HOUR, 26 * HOUR]))))
    steps.append(("says", 0.0))
    steps.append(("waits", draw(st.sampled_from([60.0, HOUR, 4 * HOUR, 24 * HOUR]))))
    return steps


TIMELINE = st.lists(st.one_of(st.lists(STEP, max_size=4), eager(), eager()), max_size=12)


@pytest.mark.unmeasured
@given(TIMELINE)
@settings(max_examples=effort(100, 400))
def test_generated_timeline_makes_no_faster_progress_than_the_plan_allows(
    timeline: list[list[tuple[str, float]]],
) -> None:
    life = Life()
    for steps in timeline:
        for kind, value in steps:
            life.take(kind, value)


def test_regular_sessions_complete_the_plan() -> None:
    life = Life()
    for _ in range(5):
        for kind, value in (
            ("run", 1.0), ("says", 0.0), ("waits", DAY), ("says", 0.0), ("waits", DAY)
        ):  # fmt: skip
            life.take(kind, value)
    assert life.progress.state is State.FINISHED
