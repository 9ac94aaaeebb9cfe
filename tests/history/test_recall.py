"""From stored exposure to the past of a guard: never less than really happened."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge.guard import Guard, Policy, SteepTier
from bridge.guard.person.past import Past
from bridge.guard.person.session import Session as UnderWay
from bridge.guard.person.session import WarmUp
from bridge.guard.rules.cool_down import CoolDown
from bridge.guard.rules.steep import Climbs, Steep
from bridge.history.recall import DAY_S, aged, baseline, joined
from bridge.history.store.rows import Session
from bridge.values import Axis
from bridge.values.effort import Effort

TIER = SteepTier(threshold=100, budget_s=600.0, window_s=1800.0, then=50)
POLICY = Policy(steep=(TIER,))
Span = tuple[float, float]


def used(past: Past) -> float:
    """Seconds of the budget that a guard with this past counts as used."""
    guard = Guard(POLICY, 0.0, past)
    (tier,) = guard.past(0.0).steep
    return sum(began - ended for began, ended in tier.spans)


def steep(*spans: Span, seen: float | None = 0.0, was: bool = False) -> Past:
    return Past((Steep(TIER, spans, seen, was),))


class TestAged:
    def test_known_time_ages_every_span(self) -> None:
        past = aged(steep((100.0, 50.0), seen=50.0), 10)
        assert past.steep[0].spans == ((110.0, 60.0),)
        assert past.steep[0].seen == 60

    def test_unknown_time_drains_no_steep_window(self) -> None:
        past = aged(steep((1700.0, 1200.0)), None)
        assert past.steep[0].spans == ((1700.0, 1200.0),)

    def test_unknown_time_after_a_steep_moment_counts_as_steep(self) -> None:
        assert used(aged(steep((10.0, 0.0), was=True), None)) >= TIER.budget_s

    def test_unknown_time_before_a_steep_moment_exceeds_the_window(self) -> None:
        past = aged(steep((10.0, 0.0), was=False), None)
        (tier,) = past.steep
        assert tier.seen is not None
        assert tier.seen > TIER.window_s

    def test_unknown_time_ends_the_warm_up(self) -> None:
        past = aged(Past(warm_up=WarmUp(400.0, 1.0)), None)
        assert past.warm_up.moved is not None
        assert past.warm_up.moved > POLICY.warm_up_pause_s

    def test_unknown_time_ends_a_cool_down(self) -> None:
        walk = {Axis.SPEED: 400.0, Axis.INCLINE: 0.0}
        slope = CoolDown(10.0, 300.0, {Axis.SPEED: 1000.0, Axis.INCLINE: 0.0}, walk)
        past = aged(Past(session=UnderWay(cool_down=slope)), None)
        assert past.session is not None
        assert past.session.cool_down is not None
        assert past.session.cool_down.began > slope.duration_s


SPANS = st.lists(
    st.tuples(st.integers(0, 1700), st.integers(1, 100)).map(lambda p: (p[0] + p[1], p[0])),
    max_size=6,
)


class TestJoined:
    @given(mine=SPANS, theirs=SPANS)
    def test_steep_second_on_two_treadmills_counts_once(
        self, mine: list[Span], theirs: list[Span]
    ) -> None:
        past = joined(steep(*mine), [steep(*theirs)])
        seconds = {
            second for began, ended in [*mine, *theirs] for second in range(int(ended), int(began))
        }
        (tier,) = past.steep
        assert sum(began - ended for began, ended in tier.spans) == len(seconds)
        assert list(tier.spans) == sorted(tier.spans, reverse=True)

    def test_unseen_steep_time_on_another_treadmill_counts(self) -> None:
        past = joined(steep(), [steep((50.0, 20.0), seen=20.0, was=True)])
        assert past.steep[0].spans == ((50.0, 0.0),)
        assert not past.steep[0].was_steep

    def test_tier_closed_on_one_treadmill_is_closed_on_all(self) -> None:
        other = Past((replace(steep((600.0, 0.0)).steep[0], closed=True),))
        assert joined(Past.nobody(), [other]).steep[0].closed

    def test_tier_of_another_treadmill_only_is_kept(self) -> None:
        other = replace(TIER, threshold=80)
        both = joined(steep((5.0, 0.0)), [Past((Steep(other, ((9.0, 0.0),)),))])
        assert {tier.tier for tier in both.steep} == {TIER, other}


def session(days_ago: float, time_s: float, metres: float = 0.0, climb: float = 0.0) -> Session:
    end = -days_ago * DAY_S
    return Session(
        f"{days_ago}", "den", "Anna", None, end - time_s, end, time_s, metres, None, None, 0.0,
        None, None, None, time_s, metres, climb,
    )  # fmt: skip


class TestClimbs:
    """The inclines that a tier is counted from which is configured later."""

    def test_unknown_time_counts_at_the_incline_seen_last(self) -> None:
        climbs = Climbs(((500.0, 400.0, 60),), 600.0, 5.0, 80)
        past = aged(Past(climbs=climbs), None).climbs
        assert past.spans == ((500.0, 400.0, 60), (DAY_S, 0.0, 80))
        assert (past.known_from, past.seen) == (600.0, DAY_S)

    def test_unknown_time_after_a_level_moment_adds_no_climb(self) -> None:
        climbs = Climbs(((500.0, 400.0, 60),), 600.0)
        assert aged(Past(climbs=climbs), None).climbs == climbs

    def test_climbs_and_unknown_time_of_other_treadmills_count(self) -> None:
        mine = Past(climbs=Climbs(((90.0, 60.0, 60),), 1000.0, 3.0, 0))
        theirs = Past(climbs=Climbs(((500.0, 400.0, 80),), 600.0, 5.0, 70))
        level = Past(climbs=Climbs(((300.0, 200.0, 50),), 800.0, 5.0, 0))
        joint = joined(mine, [theirs, level]).climbs
        assert joint.at_least(60) == ((500.0, 400.0), (90.0, 60.0), (5.0, 0.0))
        assert joint.at_least(50)[1] == (300.0, 200.0)
        assert (joint.known_from, joint.seen, joint.incline) == (600.0, 3.0, 0)


class TestBaseline:
    def test_baseline_is_the_most_of_each_measure_in_30_days(self) -> None:
        sessions = [session(29, 1800, 3000, 10), session(2, 1200, 4000, 5), session(31, 9000)]
        known = baseline(sessions, 0.0)
        assert known is not None
        assert (known.most, known.recent) == (Effort(1800, 4000, 10), True)

    def test_baseline_without_recent_runs_is_half_the_most_of_180_days(self) -> None:
        known = baseline([session(31, 3600, 8000, 20), session(181, 9000)], 0.0)
        assert known is not None
        assert (known.most, known.recent) == (Effort(1800, 4000, 10), False)

    @pytest.mark.parametrize("sessions", [[], [session(1, 200)], [session(200, 3600)]])
    def test_baseline_is_missing_without_runs_in_180_days(self, sessions: list[Session]) -> None:
        assert baseline(sessions, 0.0) is None

    def test_baseline_ignores_imported_and_unfinished_sessions(self) -> None:
        known = session(2, 1200, 3000, 5)
        others = [
            replace(session(1, 7200, 20_000, 50), source="import"),
            replace(session(0, 7200, 20_000, 50), finished=False),
        ]
        assert baseline([known, *others], 0.0) == baseline([known], 0.0)
        assert baseline(others, 0.0) is None
