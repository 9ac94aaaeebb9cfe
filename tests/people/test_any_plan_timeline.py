"""No ceiling of a plan rises during a session, despite any events."""

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.plans.model import Phase, Plan
from bridge.values import Belt, Verb
from bridge.values.plan import Ceilings
from tests.people.plan_life import DAY, HOUR, Life

PLAN = Plan(
    key="quick",
    name="Quick",
    phases=tuple(
        Phase(f"{kmh:g}", 1, days, speed_kmh=kmh, incline_percent=kmh - 6, distance_m=300.0)
        for kmh, days in ((6.0, 1), (8.0, 0), (10.0, 1), (12.0, 0))
    ),
)
MEASURES = ("speed", "incline", "time_s", "distance_m")

IN_A_SESSION = st.one_of(
    st.tuples(st.just("runs"), st.sampled_from([5, 30, 90])),
    st.tuples(st.just("hurts"), st.sampled_from([0, 1, 3, 5, 7])),
    st.tuples(st.just("answers"), st.sampled_from([0, 0, 4, 6])),
    st.tuples(st.just("says"), st.sampled_from(["confirm", "back", "restart"])),
    st.tuples(st.just("clock"), st.sampled_from([-5, 5])),
    st.tuples(st.just("restarts"), st.just(0)),
)
BETWEEN = st.sampled_from(
    [
        ("waits", HOUR / 3), ("waits", 9 * HOUR), ("waits", DAY), ("waits", 2 * DAY),
        ("answers", 0), ("answers", 0), ("answers", 5), ("says", "confirm"), ("says", "restart"),
        ("lifts", 0), ("restarts", 0), ("clock", 3),
    ]
)  # fmt: skip
TIMELINE = st.lists(
    st.tuples(st.lists(IN_A_SESSION, max_size=5), st.lists(BETWEEN, max_size=5)), max_size=4
)


class Watched(Life):
    """A life that is looked at in each second."""

    before: Ceilings | None = None

    def look(self) -> None:
        """Compare the ceilings of the session with those it had a moment ago."""
        session = self.people.guard.past(self.computer.now()).session
        plan = None if session is None else session.plan
        before, self.before = self.before, plan
        if plan is None or before is None:
            return
        for measure in MEASURES:
            now, then = getattr(plan, measure), getattr(before, measure)
            assert now is not None or then is None
            assert then is None or now is None or now <= then
        assert plan.walks or not before.walks

    def does(self, kind: str, value: object) -> None:
        """Let one thing happen."""
        match kind, value:
            case "runs", int(seconds):
                for _ in range(seconds):
                    if self.belt is Belt.RUNNING:
                        self.on()
                        self.look()
                        self.bound()
            case "hurts", int(severity):
                self.ask(Verb.PAIN, place="knee", severity=severity)
            case "answers", int(severity):
                self.ask(Verb.PLAN, severity=severity)
            case "says", str(word):
                self.ask(Verb.PLAN, command=word)
            case "lifts", _:
                self.ask(Verb.PAIN, clear=True)
            case "clock", int(days):
                self.computer.wall += timedelta(days=days)
            case "restarts", _:
                self.restart()
            case _, float(seconds):
                self.wait(seconds)

    def bound(self) -> None:
        """The belt's bound is never above the session's ceiling."""
        plan = self.before
        if plan is not None and plan.speed is not None and self.most:
            assert self.most[-1] <= (min(plan.speed, 600) if plan.walks else plan.speed)


@pytest.mark.unmeasured
@given(TIMELINE)
@settings(max_examples=25, deadline=None)
def test_no_ceiling_rises_during_a_session(
    timeline: list[tuple[list[tuple[str, object]], list[tuple[str, object]]]],
) -> None:
    life = Watched(PLAN, None)
    for within, between in timeline:
        life.begin()
        life.before = None
        life.look()
        for kind, value in within:
            life.does(kind, value)
            if life.belt is Belt.RUNNING:
                life.tick()
                life.look()
        life.belt, life.speed = Belt.IDLE, 0
        life.tick()
        life.tick()
        for kind, value in between:
            life.does(kind, value)
