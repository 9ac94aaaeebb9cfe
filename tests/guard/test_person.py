"""Who runs: their rest, their limits and their sessions. Times in seconds."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from bridge.guard import Past, Policy, SteepTier
from bridge.guard.cool_down import CoolDown
from bridge.guard.journal import Journal
from bridge.guard.past import Baseline, Effort, SessionPast
from bridge.guard.person import Person
from bridge.guard.session import Session
from bridge.guard.texts import event_on_the_clock
from bridge.values import Axis

AT = 1000.0
POLICY = Policy(rest_s=100.0, warm_up_s=0.0)


def person(policy: Policy = POLICY, past: Past | None = None) -> tuple[Person, Journal]:
    """Somebody without a past, and what is told of them."""
    journal = Journal()
    return Person(policy, past or Past.nobody(), AT, journal), journal


def told(journal: Journal) -> list[str]:
    """What happened, by name."""
    return [event.type for event in journal.events]


class TestRest:
    def test_nobody_rests_unasked(self) -> None:
        someone, journal = person()
        assert someone.rest_left(AT) == 0
        someone.follow_rest(AT)
        assert not someone.lift_rest(AT)
        assert not told(journal)

    def test_one_that_was_under_way_goes_on(self) -> None:
        someone, _ = person(past=Past(rest_left_s=0.5))
        assert someone.rest_left(AT) == 0.5
        assert someone.lift_rest(AT)

    def test_one_that_was_over_is_not_told_again(self) -> None:
        someone, journal = person(past=Past(rest_left_s=0.0))
        someone.follow_rest(AT)
        assert not told(journal)

    @pytest.mark.parametrize(("severity", "rests"), [(1.9, False), (2.0, True), (9.0, True)])
    def test_it_begins_at_the_severity_the_owner_named(self, severity: float, rests: bool) -> None:
        someone, _ = person(replace(POLICY, rest_severity=2.0))
        assert someone.report_pain(severity, AT) is rests
        assert someone.rest_left(AT) == (100 if rests else 0)

    @pytest.mark.parametrize(("lasts", "rests"), [(0.0, False), (0.5, True)])
    def test_an_owner_may_want_none_at_all(self, lasts: float, rests: bool) -> None:
        someone, _ = person(replace(POLICY, rest_s=lasts))
        assert someone.report_pain(10, AT) is rests

    def test_a_shorter_one_does_not_end_a_longer_one_sooner(self) -> None:
        someone, _ = person(past=Past(rest_left_s=500.0))
        assert someone.report_pain(5, AT)
        assert someone.rest_left(AT) == 500
        assert someone.report_pain(5, AT + 450)
        assert someone.rest_left(AT + 450) == 100

    def test_its_end_is_told_when_it_comes_and_once(self) -> None:
        someone, journal = person()
        someone.report_pain(5, AT)
        someone.follow_rest(AT + 99.75)
        assert not told(journal)
        someone.follow_rest(AT + 100)
        assert told(journal) == ["rest_over"]
        someone.follow_rest(AT + 101)
        assert told(journal) == ["rest_over"]

    def test_one_that_has_just_ended_cannot_be_lifted(self) -> None:
        someone, _ = person()
        someone.report_pain(5, AT)
        assert someone.rest_left(AT + 101) == 0
        assert not someone.lift_rest(AT + 100)
        assert someone.rest_left(AT + 101) == 0

    def test_a_lifted_one_is_gone_and_its_end_is_no_news(self) -> None:
        someone, journal = person()
        someone.report_pain(5, AT)
        assert someone.lift_rest(AT + 1)
        assert someone.rest_left(AT + 1) == 0
        someone.follow_rest(AT + 100)
        assert not told(journal)


class TestLimits:
    def test_the_same_ones_keep_the_steep_time_as_it_is(self) -> None:
        someone, _ = person()
        before = someone.steep
        someone.tighten(POLICY, AT)
        assert someone.steep is before

    def test_what_is_looser_waits_and_comes_once(self) -> None:
        someone, _ = person()
        looser = replace(POLICY, max_speed=POLICY.max_speed + 100)
        someone.tighten(looser, AT)
        assert someone.policy == POLICY
        someone.loosen(AT)
        assert someone.policy == looser
        before = someone.steep
        someone.loosen(AT)
        assert someone.steep is before

    def test_a_new_tier_with_no_past_of_its_own_counts_as_used_up(self) -> None:
        someone, _ = person()
        tier = SteepTier(threshold=60, budget_s=300.0, window_s=900.0, then=40)
        someone.tighten(replace(POLICY, steep=(*POLICY.steep, tier)), AT)
        assert [exposure.left(AT) for exposure in someone.steep.exposures] == [600, 0]


class TestSession:
    def test_it_begins_and_ends_once(self) -> None:
        someone, journal = person()
        someone.end_session()
        someone.begin_session(1000.0)
        someone.begin_session(1000.0)
        someone.end_session()
        someone.end_session()
        assert told(journal) == ["session_started", "session_ended"]

    def test_one_that_another_process_began_goes_on_unannounced(self) -> None:
        someone, journal = person(past=Past(session=SessionPast(moved_ago_s=50.0)))
        someone.begin_session(1000.0)
        assert someone.session is not None
        assert someone.session.moved == AT - 50
        assert not told(journal)

    @pytest.mark.parametrize(("away", "over"), [(3600.0, False), (3600.25, True)])
    def test_it_is_over_when_nobody_has_seen_the_belt_move_for_an_hour(
        self, away: float, over: bool
    ) -> None:
        someone, journal = person()
        someone.session = Session(moved=AT)
        someone.end_old_session(AT + away)
        assert (someone.session is None) is over
        assert ("session_ended" in told(journal)) is over

    def test_what_is_not_measured_is_no_way_and_no_climb(self) -> None:
        someone, _ = person()
        session = Session()
        someone.moved(session, AT, 10.0, {Axis.SPEED: None, Axis.INCLINE: 50})
        assert session.effort == Effort(10.0, 0.0, 0.0)
        someone.moved(session, AT, 10.0, {Axis.SPEED: 360, Axis.INCLINE: None})
        assert session.effort == Effort(20.0, 10.0, 0.0)


class TestTooMuch:
    """Enforced: the session ends half a minute after the first measure was told."""

    BASELINE = Baseline(Effort(time_s=1000.0, distance_m=2000.0, climb_m=100.0))
    ENFORCED = replace(POLICY, gradual_enforced=True)

    def after(
        self, effort: Effort, now: float = AT, policy: Policy = ENFORCED
    ) -> tuple[Person, Session, Journal]:
        someone, journal = person(policy, replace(Past.nobody(), baseline=self.BASELINE))
        session = Session(effort=effort)
        someone.moved(session, now, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        return someone, session, journal

    def test_just_a_tenth_more_is_not(self) -> None:
        _, session, journal = self.after(Effort(1100.0, 2200.0, 110.0))
        assert session.finish_at is None
        assert not told(journal)

    @pytest.mark.parametrize(
        ("effort", "text"),
        [
            (Effort(1101.0, 0.0, 0.0), "The time of this session: 18 min 21 s."),
            (Effort(0.0, 2201.4, 0.0), "The distance of this session: 2201 m."),
            (Effort(0.0, 0.0, 110.6), "The climb of this session: 111 m."),
        ],
    )
    def test_each_measure_is_named_with_what_was_done(self, effort: Effort, text: str) -> None:
        _, session, journal = self.after(effort)
        (event,) = journal.events
        assert event.text.startswith(text)
        assert event.text.endswith("the cool-down begins in 30 s.")
        assert session.finish_at == AT + 30

    def test_an_observer_ends_nothing_and_says_so(self) -> None:
        observer = replace(self.ENFORCED, may_control=False)
        _, session, journal = self.after(Effort(1101.0, 0.0, 0.0), policy=observer)
        assert [event.type for event in journal.events] == ["gradual"]
        assert session.finish_at is None

    def test_once_the_cool_down_has_begun_a_second_measure_is_advice(self) -> None:
        someone, session, journal = self.after(Effort(1101.0, 0.0, 0.0))
        session.cool_down = CoolDown.begin(POLICY, AT + 30, 1.0, {Axis.SPEED: 800, Axis.INCLINE: 0})
        session.effort = Effort(1101.0, 2201.0, 0.0)
        someone.moved(session, AT + 40, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        assert [event.type for event in journal.events] == ["gradual_finish", "gradual"]

    def test_a_second_measure_says_what_is_left_and_never_less_than_nothing(self) -> None:
        someone, session, journal = self.after(Effort(1101.0, 0.0, 0.0))
        session.effort = Effort(1101.0, 2201.0, 0.0)
        someone.moved(session, AT + 10, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        session.effort = Effort(1101.0, 2201.0, 111.0)
        someone.moved(session, AT + 31, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        begins = [event.text.rpartition("begins ")[2] for event in journal.events]
        assert begins == ["in 30 s.", "in 20 s.", "in 0 s."]
        clock = datetime(2026, 1, 15, 18, 30, tzinfo=UTC)
        assert event_on_the_clock(journal.events[2], clock).text.endswith("begins at 18:30:00.")
        assert session.finish_at == AT + 30

    def test_it_is_told_in_percent_of_what_is_usual(self) -> None:
        _, _, journal = self.after(Effort(0.0, 2201.0, 0.0))
        assert "over 110 % of your longest of late (2000 m)" in journal.events[0].text
