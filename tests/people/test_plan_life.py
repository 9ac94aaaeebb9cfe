"""A plan of six phases lived through in virtual months: pain, restarts, kills and clocks."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from bridge.plans.progress import State
from bridge.plans.reading import find
from bridge.values import Belt, Result, Verb
from bridge.values.plan import Day
from tests.people.plan_life import DAY, HOUR, Life, short
from tests.rigs.effort import effort
from tests.rigs.wording import rules, text_of

SIX = short(find("return-to-run"), 120.0)
"""The built-in plan with sessions of 120 m, so that months take seconds."""
CEILINGS = [800, 800, 900, 900, 1000, 1000]


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    place = tmp_path / "state"
    place.mkdir()
    life = Life(SIX, place)
    yield life
    life.close()


def good(life: Life) -> Life:
    """A session without pain, and the days until the next."""
    return life.run().says(0).wait(DAY).says(1).wait(DAY)


@pytest.mark.unmeasured
def test_plan_of_six_phases_can_be_completed_despite_a_setback_by_pain(life: Life) -> None:
    for phase, ceiling in enumerate(CEILINGS, 1):
        assert life.where == (phase, 0)
        for _ in range(2):
            assert life.day() is Day.RUN
            good(life)
            assert max(life.most) == ceiling
            assert life.incline == 0
        if phase == 2:  # pain 3 holds
            life.run().says(3).wait(DAY).says(0).wait(DAY)
            assert life.where == (3, 0)
            good(life)
            assert life.where == (3, 1)
            # Pain 5 moves back.
            life.run().says(0).wait(DAY).says(5)
            assert life.where == (2, 0)
            life.wait(DAY)
            for _ in range(2):
                good(life)
            assert life.where == (3, 0)
    assert life.state is State.FINISHED
    assert [event.type for event in life.events if event.type.startswith("plan_")].count(
        "plan_next"
    ) == 6
    life.run(60)
    assert max(life.most) == 1600, "the plan limits nothing any more"


@pytest.mark.unmeasured
def test_pain_of_7_ends_the_plan_and_begins_a_rest(life: Life) -> None:
    for _ in range(2):
        good(life)
    life.run().says(7)
    assert life.state is State.ENDED
    assert life.people.guard.past(life.computer.now()).rest_left_s == pytest.approx(2 * DAY)
    assert len(life.heard("plan_pain_ended")) == len(life.heard("rest")) == 1
    life.wait(3 * DAY)
    assert rules(life.ask(Verb.START)) == ("plan_ended",)
    life.run(60)
    assert max(life.most) == 600, "a walk is all there is"
    assert life.ask(Verb.PLAN, command="back").result is Result.REJECTED
    assert life.ask(Verb.PLAN, command="restart").result is Result.ACCEPTED
    assert life.where == (1, 0)
    life.wait(60)
    good(life)
    assert life.where == (1, 1)


def test_pain_in_the_middle_of_a_session_lowers_its_ceilings_at_once(life: Life) -> None:
    for _ in range(4):
        good(life)
    assert life.where == (3, 0)
    life.begin()
    for _ in range(25):
        life.on()
    assert life.speed == 900
    life.ask(Verb.PAIN, place="knee", severity=5)
    assert life.where == (2, 0)
    for _ in range(10):
        life.on()
    assert life.speed == 600, "the rest after a pain"
    life.ask(Verb.PAIN, clear=True)
    for _ in range(10):
        life.on()
    assert life.speed == 800
    assert life.most[-1] == 800


def test_plan_answer_below_the_ending_severity_begins_no_rest(life: Life) -> None:
    life.run().says(4)
    assert life.people.guard.past(life.computer.now()).rest_left_s == 0
    assert not life.heard("rest")
    assert len(life.heard("plan_held")) == 1


def test_pain_report_answers_the_plan_question_and_begins_a_rest(life: Life) -> None:
    life.run()
    life.ask(Verb.PAIN, place="knee", severity=2)
    assert life.people.guard.past(life.computer.now()).rest_left_s > 0
    assert life.people.plan is not None
    assert life.people.plan.progress.question is None


def test_plan_answer_without_a_pending_question_is_refused(life: Life) -> None:
    assert rules(life.ask(Verb.PLAN, severity=0)) == ("no_question",)
    assert rules(life.ask(Verb.PLAN, command="confirm")) == ("no_rest_day",)


@pytest.mark.unmeasured
def test_each_plan_question_is_published_once_despite_restarts(life: Life) -> None:
    life.run()
    life.restart()
    life.wait(60).says(0).wait(DAY)
    life.restart()
    life.wait(HOUR)
    assert [text_of(event) for event in life.heard("plan_question")] == [
        "Your plan asks after the session: How much does it hurt, from 0 to 10? Count swelling "
        "and stiffness as pain.",
        "Your plan asks the morning after: How much does it hurt, from 0 to 10? Count swelling "
        "and stiffness as pain.",
    ]


def test_run_on_a_rest_day_needs_confirmation_and_does_not_count(life: Life) -> None:
    life.run().says(0).wait(DAY).says(0)
    assert life.where == (1, 1)
    assert rules(life.ask(Verb.START)) == ("plan_rest",)
    life.run(confirm=True)
    assert max(life.most) == 800
    assert len(life.heard("plan_confirmed")) == len(life.heard("plan_uncounted")) == 1
    life.wait(20 * HOUR).says(0)
    life.wait(60).says(0)
    assert life.where == (1, 1)
    assert life.day() is Day.REST, "it asks for a rest of its own"


def test_confirmed_run_on_a_rest_day_may_start_at_the_console(life: Life) -> None:
    life.run().wait(DAY)
    assert life.ask(Verb.PLAN, command="confirm").result is Result.ACCEPTED
    life.run()
    assert max(life.most) == 800


@pytest.mark.unmeasured
def test_belt_started_at_the_console_on_a_rest_day_is_limited_to_a_walk(life: Life) -> None:
    life.run().says(0).wait(DAY)
    life.run(300)
    assert max(life.most) == 600
    life.says(0)
    assert life.where == (1, 1), "the walk is none of the plan's"


@pytest.mark.unmeasured
def test_start_within_an_hour_continues_the_session(tmp_path: Path) -> None:
    life = Life(short(SIX, 400.0), tmp_path)
    life.run(120).wait(HOUR / 4)
    assert life.day() is Day.RUN
    life.run()
    assert life.metres == pytest.approx(430, abs=30)
    life.says(0).wait(DAY).says(0)
    assert life.where == (1, 1)
    life.close()


@pytest.mark.unmeasured
def test_unanswered_question_is_reported_and_gives_no_progress(life: Life) -> None:
    life.run().wait(2 * DAY).run()
    assert life.where == (1, 0)
    assert len(life.heard("plan_unanswered")) == 1


@pytest.mark.unmeasured
def test_changed_wall_clock_does_not_shorten_a_rest(life: Life) -> None:
    life.run().says(0)
    life.computer.wall += timedelta(days=3)
    life.wait(60)
    assert life.day() is Day.REST
    assert rules(life.ask(Verb.PLAN, severity=0)) == ("no_question",)
    life.restart()
    life.wait(60)
    assert life.day() is Day.REST


@pytest.mark.unmeasured
def test_boot_with_an_unsynchronised_clock_only_stops_the_plan_time(life: Life) -> None:
    life.run().says(0).wait(6 * HOUR)
    life.computer.vouched = False
    life.off(5 * DAY)
    life.wait(60)
    assert life.day() is Day.REST
    assert life.where == (1, 0)
    life.wait(28 * HOUR)
    assert life.day() is Day.RUN, "what passed before the boot was written down"


@pytest.mark.unmeasured
def test_rest_of_a_plan_elapses_without_a_synchronised_clock(life: Life) -> None:
    life.computer.vouched = False
    life.run().says(0).wait(60)
    life.off(5 * DAY)
    life.wait(20 * HOUR)
    life.off(5 * DAY)
    assert life.wait(60).day() is Day.REST
    assert life.wait(15 * HOUR).day() is Day.RUN


@pytest.mark.unmeasured
def test_boot_with_late_clock_synchronisation_counts_the_time_off(life: Life) -> None:
    life.run().says(0).wait(60)
    life.computer.vouched = False
    life.off(5 * DAY)
    assert life.wait(60).day() is Day.REST
    life.computer.vouched = True
    assert life.wait(60).day() is Day.RUN


@pytest.mark.unmeasured
def test_kill_during_a_session_raises_no_plan_ceiling(life: Life) -> None:
    life.run().says(0).wait(DAY).says(0)
    life.begin()
    for _ in range(60):
        life.on()
    assert life.most[-1] == 600
    assert life.file.wait_written(60)
    life.killed()
    life.most = []
    for _ in range(300):
        life.on()
    assert max(life.most) == 600, "the rest day goes on for this session"


def test_kill_at_the_end_of_a_session_keeps_the_rest_day(life: Life) -> None:
    life.run()
    assert life.file.wait_written(60)
    life.killed()
    life.wait(2 * HOUR)
    assert life.day() is Day.REST


@pytest.mark.unmeasured
@pytest.mark.parametrize("seed", range(effort(2, 9)))
def test_kill_at_any_moment_gives_no_plan_progress(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)  # noqa: S311
    place = tmp_path / "state"
    place.mkdir()
    life = Life(SIX, place)
    for sessions in range(1, 7):
        life.begin()
        for _ in range(dice.randrange(5, 100)):
            life.on()
        if dice.random() < 0.7:
            life.killed()
        while life.belt is Belt.RUNNING:
            life.on()
        life.wait(5)
        if dice.random() < 0.5:
            life.killed()
            life.wait(5)
        for wait in (11 * 60, DAY):
            life.wait(wait)
            if life.people.plan is not None and life.people.plan.progress.question:
                life.says(0)
            if dice.random() < 0.3:
                life.killed()
                life.wait(5)
        life.wait(DAY)
        assert life.total <= sessions
    life.close()


def test_a_lost_history_begins_at_the_first_phase_with_a_rest(life: Life) -> None:
    for _ in range(2):
        good(life)
    life.restart(ruined=True)
    life.wait(60)
    assert life.where == (1, 0)
    assert life.day() is Day.REST
    assert life.wait(1.5 * DAY).day() is Day.RUN
