"""Progress in a plan: what counts, what pain does, and which rest follows."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bridge.plans.progress import (
    NIGHT_S,
    Progress,
    Question,
    Ran,
    State,
    begin,
    confirm,
    end_session,
    fitted,
    morning_after,
    report,
    rest_after,
    restart,
    step_back,
    today,
)
from bridge.values.effort import Effort
from bridge.values.plan import Day
from tests.plans.diary import DAY, HOUR, PLAN, Diary


class TestCounting:
    def test_session_counts_once_both_plan_questions_are_answered(self) -> None:
        diary = Diary().run()
        assert diary.asks() is Question.AFTER
        diary.says(2)
        assert diary.asks() is None
        assert diary.where == (1, 0)
        diary.wait(9 * HOUR)
        assert diary.asks() is None
        diary.wait(1 * HOUR)
        assert diary.asks() is Question.MORNING
        diary.says(1)
        assert diary.where == (1, 1)

    def test_finished_plan_has_no_bounds(self) -> None:
        diary = Diary()
        for _ in range(5):
            diary.good()
        assert diary.progress.state is State.FINISHED
        assert today(PLAN, diary.progress) is None
        assert diary.asks() is None
        assert diary.says(9).progress.state is State.FINISHED

    def test_session_without_both_answers_makes_no_progress(self) -> None:
        diary = Diary().run().wait(2 * DAY).run().says(0).wait(2 * DAY)
        assert diary.where == (1, 0)
        assert diary.asks() is Question.MORNING
        assert diary.run().says(0).wait(DAY).says(0).where == (1, 1)

    def test_answer_before_the_morning_does_not_answer_the_morning_question(self) -> None:
        assert Diary().run().says(0).wait(HOUR).says(0).wait(HOUR).says(0).where == (1, 0)

    @pytest.mark.parametrize(("part", "counts"), [(0.89, False), (0.9, True)])
    def test_session_counts_from_90_percent_of_its_planned_length(
        self, part: float, counts: bool
    ) -> None:
        diary = Diary().run(part).wait(12 * HOUR).says(0).says(0)
        assert diary.where == (1, int(counts))

    def test_short_session_still_needs_a_rest_and_answers(self) -> None:
        diary = Diary().run(0.5).wait(2 * HOUR)
        assert diary.day() is Day.REST
        assert diary.asks() is Question.AFTER

    def test_session_of_a_few_minutes_needs_no_rest_and_no_answers(self) -> None:
        diary = Diary().run(0.2).wait(2 * HOUR)
        assert diary.today == PLAN.ceilings(0)
        assert diary.asks() is None

    def test_session_of_another_phase_does_not_count(self) -> None:
        diary = Diary()
        ceilings = replace(diary.today, phase=2)
        ran = Ran("1", Effort(1200.0, 2000.0), ceilings, diary.clock)
        diary.progress = end_session(PLAN, diary.progress, ran)
        assert diary.wait(DAY).says(0).says(0).where == (1, 0)

    def test_session_that_is_reported_twice_counts_once(self) -> None:
        diary = Diary()
        ran = Ran("1", Effort(600.0, 0.0), diary.today, diary.clock)
        once = end_session(PLAN, diary.progress, ran)
        assert end_session(PLAN, once, ran) == once


class TestInterrupted:
    def test_belt_that_starts_again_within_an_hour_continues_the_session(self) -> None:
        diary = Diary().run(0.5).wait(0.5 * HOUR)
        assert diary.today.time_s == 600.0
        assert diary.day() is Day.RUN
        diary.run().says(0).wait(DAY).says(0)
        assert diary.where == (1, 1)

    def test_plan_question_waits_while_the_session_may_continue(self) -> None:
        diary = Diary().run(0.5)
        assert diary.asks() is None
        assert diary.wait(600).asks() is Question.AFTER

    def test_remainder_of_an_interrupted_session_is_counted_by_distance(self) -> None:
        diary = Diary(progress=Progress(phase=1)).run(0.6)
        assert diary.today.distance_m == pytest.approx(800.0)
        diary = Diary(progress=Progress(phase=1)).run(0.96)
        assert diary.day() is Day.REST

    def test_short_sessions_reduce_the_remainder_of_the_planned_session(self) -> None:
        diary = Diary().run(0.2).wait(60)
        assert diary.today.time_s == pytest.approx(960.0)
        diary.run(0.2).wait(60)
        assert diary.today.time_s == pytest.approx(768.0)

    def test_too_much_pain_ends_an_interrupted_session(self) -> None:
        diary = Diary().run(0.5).says(3)
        assert diary.day() is Day.REST

    def test_pain_in_the_first_part_keeps_the_session_from_counting(self) -> None:
        diary = Diary().run(0.2, hurts=3).wait(60)
        assert diary.today == PLAN.ceilings(0)
        diary.run().wait(DAY).says(0).says(0)
        assert diary.where == (1, 0)


class TestPain:
    def test_pain_of_2_lets_a_session_count(self) -> None:
        assert Diary().run().says(2).wait(DAY).says(2).where == (1, 1)

    @pytest.mark.parametrize("when", ["after", "morning", "session"])
    def test_pain_of_3_keeps_a_session_from_counting(self, when: str) -> None:
        diary = Diary().good()
        diary.run(hurts=3 if when == "session" else None)
        diary.says(3 if when == "after" else 0).wait(12 * HOUR)
        diary.says(3 if when == "morning" else 0)
        assert diary.where == (1, 1)
        assert diary.wait(DAY).good().where == (2, 0)

    @pytest.mark.parametrize("when", ["after", "morning", "session"])
    def test_pain_of_5_moves_the_plan_back(self, when: str) -> None:
        diary = Diary().good().good().good()
        assert diary.where == (2, 1)
        diary.run(hurts=5 if when == "session" else None)
        diary.says(5 if when == "after" else 0).wait(12 * HOUR)
        diary.says(5 if when == "morning" else 0)
        assert diary.where == (1, 0)

    def test_pain_moves_the_plan_back_once_per_session(self) -> None:
        diary = Diary(progress=Progress(phase=2)).run().says(5).wait(12 * HOUR).says(6)
        assert diary.where == (2, 0)

    def test_plan_moves_back_to_its_first_phase_at_most(self) -> None:
        assert Diary().good().run().says(5).where == (1, 0)

    def test_pain_of_7_ends_the_plan_and_allows_only_walks(self) -> None:
        diary = Diary(progress=Progress(phase=1)).run().says(7)
        assert diary.progress.state is State.ENDED
        assert diary.today == PLAN.ceilings(0, Day.ENDED)
        assert diary.asks() is None
        assert diary.run().wait(3 * DAY).says(0).today.day is Day.ENDED

    def test_pain_without_a_session_moves_the_plan_back_without_a_hold(self) -> None:
        assert Diary(progress=Progress(phase=1, done=1)).says(3).where == (2, 1)
        assert Diary(progress=Progress(phase=1, done=1)).says(5).where == (1, 0)

    def test_a_restarted_plan_begins_at_its_first_phase(self) -> None:
        diary = Diary(progress=Progress(phase=2)).run().says(8)
        diary.progress = restart(diary.progress)
        assert diary.progress.state is State.ACTIVE
        assert diary.day() is Day.REST, "what was run keeps its rest"
        assert diary.wait(2 * DAY).says(0).says(0).where == (1, 0)

    def test_step_back_discards_the_last_session(self) -> None:
        diary = Diary(progress=Progress(phase=1)).run()
        diary.progress = step_back(diary.progress)
        assert diary.wait(DAY).says(0).says(0).where == (1, 0)


class TestRest:
    def test_rest_day_ends_at_the_second_midnight(self) -> None:
        diary = Diary().run()
        assert diary.clock.hour == 20
        diary.wait(30 * HOUR)
        assert diary.day() is Day.REST
        diary.wait(2 * HOUR)
        assert diary.day() is Day.RUN

    @pytest.mark.parametrize(
        ("hour", "days", "hours"),
        [(7, 0, 17), (7, 1, 41), (23, 0, 8), (23, 1, 32), (20, 2, 56)],
    )
    def test_rest_lasts_the_given_days_and_a_night(self, hour: int, days: int, hours: int) -> None:
        ended = datetime(2026, 3, 2, hour, tzinfo=UTC)
        assert rest_after(ended, days) == hours * HOUR
        assert rest_after(ended, days) >= days * DAY + NIGHT_S

    @pytest.mark.parametrize(("hour", "hours"), [(20, 10), (7, 23), (23, 8), (2, 8), (6, 24)])
    def test_morning_question_is_due_at_the_next_6_am_after_a_night(
        self, hour: int, hours: int
    ) -> None:
        assert morning_after(datetime(2026, 3, 2, hour, tzinfo=UTC)) == hours * HOUR

    def test_plan_ceilings_show_the_remaining_rest(self) -> None:
        diary = Diary().run().wait(2 * HOUR)
        assert diary.today.opens_s == pytest.approx(diary.progress.rest_left_s)
        assert 25 * HOUR < diary.today.opens_s < 31 * HOUR

    def test_walk_on_a_rest_day_does_not_count_for_the_plan(self) -> None:
        diary = Diary().run().says(0).wait(12 * HOUR)
        before = diary.progress
        walked = replace(diary, progress=before).run(hurts=None)
        assert walked.progress.aged(0) == before.aged(1200.0)

    def test_confirmed_run_does_not_count_and_needs_its_own_rest_day(self) -> None:
        diary = Diary().run().says(0).wait(12 * HOUR).says(0)
        assert diary.where == (1, 1)
        diary.progress = confirm(diary.progress)
        assert diary.day() is Day.CONFIRMED
        assert diary.today.speed == 600
        diary.run()
        assert not diary.progress.confirmed
        assert diary.wait(20 * HOUR).today.day is Day.REST
        assert diary.says(0).says(0).where == (1, 1)

    def test_interrupted_confirmed_run_counts_only_for_its_first_session(self) -> None:
        diary = Diary().run().says(0).wait(12 * HOUR).says(0)
        diary.progress = confirm(diary.progress)
        diary.run(0.5).wait(600)
        assert diary.day() is Day.CONFIRMED
        assert diary.run().wait(DAY).says(0).says(0).where == (1, 1)

    def test_confirm_without_a_rest_day_changes_nothing(self) -> None:
        assert confirm(Progress()) == Progress()

    def test_unknown_elapsed_time_does_not_advance_the_plan(self) -> None:
        diary = Diary().run()
        assert diary.progress.aged(None) == diary.progress
        assert diary.progress.aged(-5.0) == diary.progress


class TestBeginning:
    def test_plan_may_begin_at_a_later_phase(self) -> None:
        assert begin(1) == Progress(phase=1)

    def test_lost_plan_progress_begins_with_a_rest_day(self) -> None:
        progress = begin(2, lost=True)
        assert progress.phase == 0
        lost = today(PLAN, progress)
        assert lost is not None
        assert lost.day is Day.REST
        assert progress.question is None
        rested = today(PLAN, progress.aged(timedelta(hours=32).total_seconds()))
        assert rested == PLAN.ceilings(0)

    def test_plan_that_lost_phases_continues_at_its_last_phase(self) -> None:
        short = replace(PLAN, phases=PLAN.phases[:2])
        assert fitted(short, Progress(phase=2)) == Progress(phase=1)
        assert fitted(short, Progress(phase=1, done=1)) == Progress(phase=1, done=1)
        fewer = replace(PLAN.phases[0], sessions=1)
        assert fitted(replace(PLAN, phases=(fewer,)), Progress(done=1)) == Progress()

    def test_pain_report_before_any_session_answers_no_question(self) -> None:
        assert report(PLAN, Progress(), 0, under_way=False) == Progress()
