"""A plan on a treadmill: its published state and its commands."""

from dataclasses import replace

import pytest

from bridge.history.history import History
from bridge.people.people import Household
from bridge.people.plans import Enrolment, PlanBook
from bridge.plans.model import Interval
from bridge.values import Axis, Event, Result, Verb
from bridge.values.effort import Effort
from bridge.workouts.states import State as Playing
from tests.plans.diary import PLAN
from tests.rigs.people_rig import history, texts
from tests.rigs.treadmill_rig import POLICY, TreadmillRig, treadmill_rig
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time

WARM = replace(POLICY, warm_up_s=0.0, cool_down_s=10.0)
WITH_PLAN = Household({"Ann": WARM, "Ben": WARM}, {}, {}, plans={"Ann": Enrolment(PLAN)})
RUNNER = Household({"Ann": WARM}, {}, {}, plans={"Ann": Enrolment(PLAN, 1)})


def published(rig: TreadmillRig) -> dict[str, object]:
    newest: dict[str, object] = rig.on("plan")[-1]
    return newest


class TestOnTheTreadmill:
    async def test_plan_of_the_person_on_the_belt_is_published(self) -> None:
        async with treadmill_rig(household=WITH_PLAN) as rig:
            await rig.connect()
            assert published(rig) == {
                "name": "test", "title": "Test", "person": "Ann", "state": "active",
                "text": "Test: phase 1 of 3 (Walk), session 1 of 2", "phase": 1, "phases": 3,
                "phase_name": "Walk", "session": 1, "sessions": 2, "day": "run",
                "rest_until": None, "max_speed_kmh": 6.0, "max_incline_percent": 0.0,
                "session_s": 1200, "session_m": None, "question": None, "question_text": None,
            }  # fmt: skip
            await rig.play("person name=Ben, 2")
            assert published(rig)["state"] == "none"
            assert published(rig)["person"] == "Ben"
            assert len(rig.on("plan")) == 2, "it is published when it changes"

    async def test_request_above_the_phase_is_limited_with_the_name_of_the_phase(self) -> None:
        async with treadmill_rig(household=WITH_PLAN) as rig:
            await rig.play("runs, speed 900, 1")
            assert rig.results("speed") == [Result.LIMITED]
            assert rig.reasons("speed") == "Phase 1 of 3 of your plan (Walk): at most 6 km/h."
            assert rig.on("guard")[-1]["bounds"]["speed"]["max"] == 6

    @pytest.mark.unmeasured
    async def test_session_that_was_too_short_raises_no_question_yet(self) -> None:
        async with treadmill_rig(household=RUNNER) as rig:
            await rig.play("runs, speed 800, 330, stop, 4")
            assert rig.on("session")
            assert texts(rig.events, "plan_uncounted") == [
                "The session was too short to count for your plan. Start again within an hour to "
                "go on with it."
            ]
            assert published(rig)["question"] is None, "it may go on"
            assert published(rig)["session_m"] is not None
            await rig.play("silence 150, plan severity=0 as early, 1")
            assert rig.results("early") == [Result.REJECTED]

    async def test_start_on_a_rest_day_needs_a_confirmation(self) -> None:
        kept = history()
        rest(kept)
        async with treadmill_rig(household=WITH_PLAN, history=kept) as rig:
            await rig.connect()
            assert published(rig)["day"] == "rest"
            assert str(published(rig)["rest_until"]).startswith("2030-01-0")
            await rig.play("start as first, 2")
            assert rig.results("first") == [Result.REJECTED]
            await rig.play("plan command=confirm, 2")
            assert rig.results("plan") == [Result.ACCEPTED, Result.CONFIRMED]
            assert published(rig)["day"] == "confirmed"
            await rig.play("start as second, 3")
            assert rig.machine.speed == 80

    async def test_answer_to_the_question_is_confirmed_and_reported(self) -> None:
        kept = history()
        rest(kept)
        async with treadmill_rig(household=WITH_PLAN, history=kept) as rig:
            await rig.connect()
            assert published(rig)["question"] == "after"
            assert published(rig)["question_text"] == (
                "How much does it hurt, from 0 (not at all) to 10?"
            )
            await rig.play("plan severity=3 place=knee, 2")
            assert rig.results("plan") == [Result.ACCEPTED, Result.CONFIRMED]
            assert published(rig)["question"] is None
            assert texts(rig.events, "pain") == ["Noted: knee hurts, 3 of 10."]
            assert texts(rig.events, "plan_held") == [
                "Because of the pain the session does not count for your plan."
            ]

    async def test_late_command_for_the_plan_is_refused(self) -> None:
        async with treadmill_rig(household=WITH_PLAN) as rig:
            await rig.connect()
            rig.request_late(Verb.PLAN, command="back")
            await rig.live(1)
            assert rig.results("late-plan") == [Result.REJECTED]

    async def test_command_for_a_plan_is_refused_without_one(self) -> None:
        async with treadmill_rig() as rig:
            await rig.play("plan command=back, plan severity=0 as answer, silence 1")
            for identity in ("plan", "answer"):
                assert "You follow no plan." in rig.reasons(identity)

    async def test_todays_plan_intervals_can_be_played_as_a_workout(self) -> None:
        phase = replace(PLAN.phases[1], intervals=(Interval(60, 60, 3, 4.0, 12.0),))
        plan = replace(PLAN, phases=(PLAN.phases[0], phase))
        household = replace(RUNNER, plans={"Ann": Enrolment(plan, 1)})
        async with treadmill_rig(household=household) as rig:
            await rig.play("runs, workout name=plan, 10")
            assert rig.on("workout")[-1]["state"] == Playing.RUNNING
            assert rig.on("workout")[-1]["name"] == "plan"
            await rig.live(130)
            assert max(rig.machine.ordered(Axis.SPEED)) == 800  # type: ignore[type-var]
            assert any(
                reason["rule"] == "plan" for said in rig.on("workout") for reason in said["why"]
            )

    @pytest.mark.unmeasured
    async def test_changed_plan_tightens_at_once_and_loosens_only_at_rest(self) -> None:
        async with treadmill_rig(household=RUNNER) as rig:
            await rig.play("runs, speed 800, 60")
            slow = replace(PLAN, phases=(PLAN.phases[0], replace(PLAN.phases[1], speed_kmh=7.0)))
            household = replace(RUNNER, plans={"Ann": Enrolment(slow, 1)})
            rig.treadmill.configure(household, config_changed())
            await rig.live(15)
            assert rig.machine.speed == 700
            rig.treadmill.configure(replace(RUNNER, plans={}), config_changed())
            await rig.live(2)
            assert published(rig)["state"] == "none"
            await rig.play("speed 900 as more, 1")
            assert rig.results("more") == [Result.LIMITED]


def config_changed() -> Event:
    return Event("config_changed", values=(("restart", ()),))


def rest(kept: History) -> None:
    """A session has just ended that counts."""
    book = PlanBook(kept, "Ann", WITH_PLAN.plans)
    ceilings = PLAN.ceilings(0)
    book.end_session("earlier", Effort(1200.0, 2000.0), ceilings, LoopClock().utc())
