"""The intervals of a phase as a workout, and what the plan's ceilings leave of one."""

from dataclasses import replace

import pytest

from bridge.guard import Past, Policy
from bridge.plans.library import NAME, with_plan
from bridge.plans.progress import Progress, State
from bridge.plans.reading import find
from bridge.plans.status import PlanStatus
from bridge.plans.workout import workout_of
from bridge.values import SPEED
from bridge.workouts.dry_run import dry_run
from bridge.workouts.library import EMPTY, Library
from bridge.workouts.model import Kind, check, flat
from bridge.workouts.person import Runner
from bridge.workouts.plan import plan
from tests.plans.diary import PLAN

RETURN = find("return-to-run")
POLICY = Policy(unit_is_kmh=True)


def test_intervals_of_a_phase_are_the_steps_of_its_workout() -> None:
    workout = workout_of(RETURN, Progress())
    assert workout is not None
    steps = flat(check(workout).parts)
    assert workout.name == "Return to run: Walk 2 min, run 3 min, 1 mile"
    assert [(step.text, step.duration_s) for step in steps[:3]] == [
        ("Walk", 300), ("Walk", 120), ("Run", 180),
    ]  # fmt: skip
    assert [step.kind for step in steps[:3]] == [Kind.WARM_UP, Kind.REST, Kind.WORK]
    assert len(steps) == 7
    assert {step.incline for step in steps} == {0.0}


def test_every_phase_of_every_built_in_plan_makes_a_workout() -> None:
    for name in ("couch-to-5k", "intermittent-walking", "return-to-run", "walking-first"):
        built_in = find(name)
        for phase in range(len(built_in.phases)):
            workout = workout_of(built_in, Progress(phase=phase))
            assert workout is not None
            assert check(workout).format == "plan"


def test_plan_without_intervals_or_with_an_end_makes_no_workout() -> None:
    assert workout_of(PLAN, Progress()) is None
    assert workout_of(RETURN, Progress(state=State.ENDED)) is None


class TestLibrary:
    STATUS = PlanStatus(RETURN, Progress(), None)

    def test_todays_plan_workout_is_listed_in_the_library(self) -> None:
        library = with_plan(EMPTY, self.STATUS)
        assert list(library.workouts) == [NAME]
        assert library.find("Plan") is not None

    def test_workout_file_with_the_name_of_the_plan_wins(self) -> None:
        workout = workout_of(RETURN, Progress(phase=1))
        assert workout is not None
        mine = Library({"PLAN": workout}, {})
        assert with_plan(mine, self.STATUS) is mine

    def test_library_without_a_plan_is_unchanged(self) -> None:
        assert with_plan(EMPTY, None) is EMPTY
        assert with_plan(EMPTY, PlanStatus(PLAN, Progress(), None)) is EMPTY


@pytest.mark.unmeasured
def test_workout_speed_is_limited_by_the_plan_phase() -> None:
    workout = workout_of(RETURN, Progress(phase=5))  # it runs at 9 km/h
    assert workout is not None
    planned = plan(workout, Runner())
    past = replace(Past.nobody(), plan=RETURN.ceilings(0))
    run = dry_run(planned, POLICY, past=past)
    reached = max(step.reached[SPEED] for step in run.steps)
    assert reached == 800
    assert "plan: at most 8 km/h" in run.steps[-1].text
    assert run.ending == "Here the guard's own cool-down begins, and ends the workout."
    assert run.metres == pytest.approx(2000, abs=20)
    free = dry_run(planned, POLICY, past=Past.nobody())
    assert max(step.reached[SPEED] for step in free.steps) == 900
