"""The ceilings of a plan. Times in seconds, ways in metres, speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.guard import Guard, Past, Policy
from bridge.guard.limits import Bound
from bridge.guard.rules.plan import plan
from bridge.values import INCLINE, SPEED, Command, Halt, Result, Verb
from bridge.values.effort import Effort
from bridge.values.plan import Ceilings, Day
from tests.guard.play import play
from tests.guard.proof.guard_rig import KNOWN, GuardRig
from tests.guard.rules.moment import FACTS
from tests.rigs.wording import rules, text_of, why

PHASE = Ceilings(2, 6, "Walk 2, run 3", speed=800, incline=10, time_s=600.0, distance_m=2000.0)
QUICK = replace(KNOWN, warm_up_s=0.0, cool_down_s=20.0)


def bounds(ceilings: Ceilings | None, *, unit_known: bool = True) -> dict[object, float]:
    found = list(plan(replace(FACTS, plan=ceilings, unit_known=unit_known)))
    assert all(isinstance(each, Bound) and each.rule == "plan" for each in found)
    return {each.axis: each.value for each in found if isinstance(each, Bound)}


@pytest.mark.parametrize(
    ("time_s", "distance_m", "speed", "found"),
    [
        (540.0, 1000.0, 720, ("time_s", 600.0, 60.0)),
        (540.0, 1900.0, 720, ("distance_m", 2000.0, 50.0)),
        (540.0, 1900.0, 0, ("time_s", 600.0, 60.0)),  # a belt that stands reaches no distance
        (540.0, 2000.0, 0, ("distance_m", 2000.0, 0.0)),
        (540.0, 2100.0, 720, ("distance_m", 2000.0, 0.0)),
        (700.0, 1000.0, 720, ("time_s", 600.0, 0.0)),
    ],
)
def test_plan_session_ends_at_the_first_reached_ceiling(
    time_s: float, distance_m: float, speed: int, found: tuple[str, float, float]
) -> None:
    assert PHASE.left(Effort(time_s, distance_m), speed) == found


def test_plan_without_lengths_ends_no_session() -> None:
    endless = replace(PHASE, time_s=None, distance_m=None)
    assert endless.left(Effort(700.0, 2100.0), 720) is None


class TestBounds:
    def test_axis_without_a_plan_ceiling_has_no_bound(self) -> None:
        assert bounds(replace(PHASE, speed=None)) == {INCLINE: 10}
        assert bounds(replace(PHASE, incline=None)) == {SPEED: 800}

    def test_plan_speed_counts_as_mph_in_an_unknown_unit(self) -> None:
        assert bounds(PHASE, unit_known=False)[SPEED] == pytest.approx(800 / 1.609344)

    @pytest.mark.parametrize("day", [Day.REST, Day.ENDED])
    def test_rest_day_or_ended_plan_allows_only_a_walk(self, day: Day) -> None:
        policy = Policy()
        there = {SPEED: policy.rest_speed, INCLINE: 10}
        assert bounds(replace(PHASE, day=day)) == there
        free = replace(PHASE, day=day, speed=None, incline=None)
        assert bounds(free) == {SPEED: policy.rest_speed, INCLINE: policy.rest_incline}
        assert bounds(replace(PHASE, day=day, speed=450))[SPEED] == 450

    @pytest.mark.parametrize(
        ("day", "text"),
        [
            (Day.RUN, "Phase 2 of 6 of your plan (Walk 2, run 3): at most 8 km/h."),
            (
                Day.CONFIRMED,
                "Phase 2 of 6 of your plan (Walk 2, run 3), on a rest day: at most 8 km/h. The "
                "session does not count.",
            ),
            (
                Day.REST,
                "Rest day of your plan, phase 2 of 6 (Walk 2, run 3): at most 6 km/h in this "
                "session. A run has to be confirmed before the start.",
            ),
            (
                Day.ENDED,
                "Pain ended your plan: at most 6 km/h. Restart the plan once a professional "
                "agrees.",
            ),
        ],
    )
    def test_bound_of_a_plan_names_its_phase_and_reason(self, day: Day, text: str) -> None:
        bound = next(iter(plan(replace(FACTS, plan=replace(PHASE, day=day)))))
        assert text_of(bound.reason) == text


def rig_of(ceilings: Ceilings | None, policy: Policy = QUICK) -> GuardRig:
    return GuardRig(policy=policy, past=replace(Past.nobody(), plan=ceilings))


def running(ceilings: Ceilings | None, policy: Policy = QUICK) -> GuardRig:
    return play(rig_of(ceilings, policy), "runs")


class TestOnTheBelt:
    def test_a_request_above_the_ceiling_is_limited_by_the_plan(self) -> None:
        rig = running(PHASE)
        verdict = rig.ask(Verb.SPEED, 1200)
        assert verdict.result is Result.LIMITED
        assert verdict.applied == 800
        assert rules(verdict) == ("plan",)
        rig.wait(120)
        assert rig.speed == 800

    def test_a_session_ends_after_its_time_in_an_announced_cool_down(self) -> None:
        rig = play(running(replace(PHASE, distance_m=None, time_s=120.0)), "speed 500")
        began = rig.now
        while not rig.heard("plan_finish"):
            rig.wait(1)
        assert rig.now - began == pytest.approx(90, abs=3)
        assert text_of(rig.heard("plan_finish")[0]).startswith(
            "Phase 2 of 6 of your plan (Walk 2, run 3) ends a session after 2 min. "
            "Its cool-down begins at "
        )
        rig.wait(32)
        assert rig.heard("cool_down")
        rig.wait(25)
        assert [halt for _, halt in rig.halts][:1] == [Halt.STOP]
        assert len(rig.heard("plan_finish")) == 1

    def test_kill_before_the_plan_finish_delays_but_does_not_cancel_it(self) -> None:
        rig = play(running(replace(PHASE, time_s=120.0)), "speed 500")
        while not rig.heard("plan_finish"):
            rig.wait(1)
        rig.guard = Guard(rig.policy, rig.now, rig.guard.past(rig.now))
        rig.wait(32)
        assert rig.heard("cool_down")

    def test_length_of_a_session_on_an_observed_belt_is_reported_once(self) -> None:
        policy = replace(QUICK, may_control=False)
        rig = running(replace(PHASE, distance_m=None, time_s=120.0), policy)
        rig.target[SPEED] = 500.0
        rig.wait(110)
        assert not rig.heard("plan_length")
        rig.wait(60)
        assert [text_of(event) for event in rig.heard("plan_length")] == [
            "This session has lasted 2 min, as long as phase 2 of 6 of your plan (Walk 2, run 3) "
            "allows. End it here."
        ]
        assert not rig.heard("plan_finish")

    def test_a_ceiling_never_rises_during_a_session(self) -> None:
        rig = running(PHASE)
        rig.guard.person.follow_plan(replace(PHASE, speed=1000, phase=3), rig.now)
        assert rig.ask(Verb.SPEED, 1200).applied == 800
        rig.guard.person.follow_plan(None, rig.now)
        assert rig.ask(Verb.SPEED, 1200).applied == 800
        rig.stands().wait(2)
        rig.guard.person.follow_plan(replace(PHASE, speed=1000, phase=3), rig.now)
        rig.runs()
        assert rig.ask(Verb.SPEED, 1200).applied == 1000

    def test_plan_assigned_during_a_session_applies_at_once(self) -> None:
        rig = running(None)
        rig.guard.person.follow_plan(PHASE, rig.now)
        assert rig.ask(Verb.SPEED, 1200).applied == 800

    def test_kill_does_not_raise_the_ceilings_of_a_session(self) -> None:
        rig = play(running(PHASE), "5")
        past = replace(rig.guard.past(rig.now), plan=replace(PHASE, speed=1500))
        rig.guard = Guard(rig.policy, rig.now, past)
        rig.wait(5)
        assert rig.ask(Verb.SPEED, 1200).applied == 800


def start(rig: GuardRig, *, confirm: bool = False, verb: Verb = Verb.START) -> object:
    command = Command("1", verb, "test", rig.now, confirm=confirm)
    return rig.guard.submit(command, rig.snapshot, rig.now)


class TestRestDay:
    REST = replace(PHASE, day=Day.REST, opens_s=3600.0)

    @pytest.mark.unmeasured
    def test_start_on_a_rest_day_needs_a_confirmation_and_names_its_end(self) -> None:
        rig = play(rig_of(self.REST), "600")
        verdict = rig.ask(Verb.START)
        assert verdict.result is Result.REJECTED
        assert verdict.reasons[0].ends_s == pytest.approx(3000, abs=1)
        assert rules(verdict) == ("plan_rest",)
        assert why(verdict).endswith("Confirm the start to run anyway; the session does not count.")

    def test_start_of_an_ended_plan_needs_a_confirmation_and_allows_a_walk(self) -> None:
        rig = rig_of(replace(PHASE, day=Day.ENDED))
        verdict = rig.ask(Verb.START)
        assert why(verdict) == (
            "Pain ended your plan. Confirm the start to walk anyway, or restart the plan once a "
            "professional agrees."
        )
        start(rig, confirm=True)
        rig.runs()
        assert rig.ask(Verb.SPEED, 1200).applied == QUICK.rest_speed

    def test_session_in_progress_is_resumed_on_a_rest_day_without_a_confirmation(self) -> None:
        rig = play(running(PHASE), "5, belt paused")
        rig.target[SPEED] = 0.0
        rig.wait(20)
        rig.guard.person.follow_plan(self.REST, rig.now)
        assert rig.ask(Verb.RESUME).result is Result.ACCEPTED


def test_rest_day_of_a_plan_is_over_once_its_time_has_passed() -> None:
    resting = replace(PHASE, opens_s=10.0)
    assert [resting.aged(seconds).opens_s for seconds in (0.0, 4.0, 20.0)] == [10.0, 6.0, 0.0]


@pytest.mark.parametrize(
    ("now", "before", "day"),
    [
        (Day.RUN, Day.CONFIRMED, Day.CONFIRMED),
        (Day.RUN, Day.REST, Day.REST),
        (Day.REST, Day.RUN, Day.REST),
        (Day.ENDED, Day.CONFIRMED, Day.ENDED),
    ],
)
def test_session_keeps_its_kind_of_day_unless_the_new_one_is_stricter(
    now: Day, before: Day, day: Day
) -> None:
    assert replace(PHASE, day=now).within(replace(PHASE, day=before)).day is day
