"""A person: rest, limits and sessions. Times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Past, Policy, SteepTier
from bridge.guard.journal import Journal
from bridge.guard.person.person import Person
from bridge.guard.person.session import Session
from bridge.guard.rules.cool_down import CoolDown
from bridge.values import Axis
from bridge.values.effort import Baseline, Effort
from bridge.values.plan import Ceilings

AT = 1000.0
POLICY = Policy(rest_s=100.0, warm_up_s=0.0)


def person(policy: Policy = POLICY, past: Past | None = None) -> tuple[Person, Journal]:
    """Return a person without a past, and the journal of their events."""
    journal = Journal()
    return Person(policy, past or Past.nobody(), AT, journal), journal


def event_types(journal: Journal) -> list[str]:
    """Types of the events."""
    return [event.type for event in journal.events]


class TestRest:
    def test_rest_in_progress_continues(self) -> None:
        someone, _ = person(past=Past(rest_left_s=0.5))
        assert someone.rest_left(AT) == 0.5
        assert someone.lift_rest(AT)

    @pytest.mark.parametrize(("severity", "rests"), [(1.9, False), (2.0, True), (9.0, True)])
    def test_rest_begins_at_the_configured_severity(self, severity: float, rests: bool) -> None:
        someone, _ = person(replace(POLICY, rest_severity=2.0))
        assert someone.report_pain(severity, AT) is rests
        assert someone.rest_left(AT) == (100 if rests else 0)

    @pytest.mark.parametrize(("lasts", "rests"), [(0.0, False), (0.5, True)])
    def test_rest_duration_of_zero_disables_the_rest(self, lasts: float, rests: bool) -> None:
        someone, _ = person(replace(POLICY, rest_s=lasts))
        assert someone.report_pain(10, AT) is rests

    def test_shorter_rest_does_not_shorten_a_longer_one(self) -> None:
        someone, _ = person(past=Past(rest_left_s=500.0))
        assert someone.report_pain(5, AT)
        assert someone.rest_left(AT) == 500
        assert someone.report_pain(5, AT + 450)
        assert someone.rest_left(AT + 450) == 100

    def test_end_of_a_rest_is_reported_on_time_and_once(self) -> None:
        someone, journal = person()
        someone.report_pain(5, AT)
        someone.follow_rest(AT + 99.75)
        assert not event_types(journal)
        someone.follow_rest(AT + 100)
        assert event_types(journal) == ["rest_over"]
        someone.follow_rest(AT + 101)
        assert event_types(journal) == ["rest_over"]

    def test_rest_that_has_just_ended_cannot_be_lifted(self) -> None:
        someone, _ = person()
        someone.report_pain(5, AT)
        assert someone.rest_left(AT + 101) == 0
        assert not someone.lift_rest(AT + 100)
        assert someone.rest_left(AT + 101) == 0


class TestPast:
    @pytest.mark.parametrize("told", [0, 60])
    def test_unobserved_deck_is_assumed_at_its_last_target(self, told: int) -> None:
        someone, _ = person()
        assert someone.past(AT, told).climbs.incline == told


class TestLimits:
    @pytest.mark.parametrize(("known", "left"), [(Past.nobody(), 300), (Past(), 0)])
    def test_new_steep_tier_counts_unknown_time_as_used(self, known: Past, left: float) -> None:
        someone, _ = person(past=known)
        tier = SteepTier(threshold=60, budget_s=300.0, window_s=900.0, then=40)
        someone.tighten(replace(POLICY, steep=(*POLICY.steep, tier)), AT)
        assert [each.left(each.used(AT)) for each in someone.steep.exposures] == [2 * left, left]


class TestSession:
    @pytest.mark.parametrize(("away", "over"), [(3600.0, False), (3600.25, True)])
    def test_session_is_over_after_an_hour_without_motion(self, away: float, over: bool) -> None:
        someone, journal = person()
        someone.session = Session(moved=AT)
        someone.end_old_session(AT + away)
        assert (someone.session is None) is over
        assert ("session_ended" in event_types(journal)) is over

    def test_unmeasured_speed_adds_no_distance_and_unmeasured_incline_no_climb(self) -> None:
        someone, _ = person()
        session = Session()
        someone.moved(session, AT, 10.0, {Axis.SPEED: None, Axis.INCLINE: 50})
        assert session.effort == Effort(10.0, 0.0, 0.0)
        someone.moved(session, AT, 10.0, {Axis.SPEED: 360, Axis.INCLINE: None})
        assert session.effort == Effort(20.0, 10.0, 0.0)


class TestPlan:
    SESSION = Session(
        told=frozenset({"no_baseline"}),
        plan=Ceilings(1, 1, "", speed=None, incline=None, time_s=120.0, distance_m=None),
    )

    def test_person_without_a_plan_has_no_rest_day(self) -> None:
        someone, _ = person()
        assert someone.plan_left(AT) == 0

    def test_rest_day_is_kept_in_the_past(self) -> None:
        someone, _ = person()
        someone.follow_plan(Ceilings(1, 1, "", opens_s=100.0), AT)
        plan = someone.past(AT + 60.0).plan
        assert plan is not None
        assert plan.opens_s == someone.plan_left(AT + 60.0) == 40

    @pytest.mark.parametrize(
        ("time_s", "events"), [(119.5, []), (120.0, ["plan_length"]), (121.0, ["plan_length"])]
    )
    def test_reached_plan_length_on_an_observed_belt_is_reported_once(
        self, time_s: float, events: list[str]
    ) -> None:
        someone, journal = person()
        session = replace(self.SESSION, effort=Effort(time_s))
        for _ in range(2):
            someone.moved(session, AT, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0}, observed=True)
        assert event_types(journal) == events

    @pytest.mark.parametrize(
        ("time_s", "finishes"), [(89.75, None), (90.0, AT + 30), (100.0, AT + 20)]
    )
    def test_end_of_a_plan_session_is_announced_30_s_before(
        self, time_s: float, finishes: float | None
    ) -> None:
        someone, journal = person()
        session = replace(self.SESSION, effort=Effort(time_s))
        someone.moved(session, AT, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        assert session.finish_at == finishes
        assert event_types(journal) == ["plan_finish"] * (finishes is not None)


class TestGradualExcess:
    """Enforced: the session ends half a minute after the first excess was reported."""

    BASELINE = Baseline(Effort(time_s=1000.0, distance_m=2000.0, climb_m=100.0))
    ENFORCED = replace(POLICY, gradual_enforced=True)

    def after(
        self, effort: Effort, now: float = AT, policy: Policy = ENFORCED
    ) -> tuple[Person, Session, Journal]:
        someone, journal = person(policy, replace(Past.nobody(), baseline=self.BASELINE))
        session = Session(effort=effort)
        someone.moved(session, now, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        return someone, session, journal

    def test_second_gradual_excess_during_the_cool_down_is_only_reported(self) -> None:
        someone, session, journal = self.after(Effort(1101.0, 0.0, 0.0))
        session.cool_down = CoolDown.begin(POLICY, AT + 30, 1.0, {Axis.SPEED: 800, Axis.INCLINE: 0})
        session.effort = Effort(1101.0, 2201.0, 0.0)
        someone.moved(session, AT + 40, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        assert [event.type for event in journal.events] == ["gradual_finish", "gradual"]

    def test_second_excess_announces_the_time_left_and_never_less_than_zero(self) -> None:
        someone, session, journal = self.after(Effort(1101.0, 0.0, 0.0))
        session.effort = Effort(1101.0, 2201.0, 0.0)
        someone.moved(session, AT + 10, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        session.effort = Effort(1101.0, 2201.0, 111.0)
        someone.moved(session, AT + 31, 0.0, {Axis.SPEED: 300, Axis.INCLINE: 0})
        assert [event.ends_s for event in journal.events] == [30, 20, 0]
        assert session.finish_at == AT + 30
