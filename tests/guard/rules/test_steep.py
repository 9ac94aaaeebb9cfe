"""The limit on time on steep inclines: budget, history and climbs. 0.1 %, seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Past, SteepTier
from bridge.guard.limits import Bound
from bridge.guard.rules.steep import Climbs, Spans, Steep, steep, without_overlap
from tests.guard.rules.moment import FACTS, TIER, judged, left

SPENT = Steep.of(TIER, Past(), FACTS.now)


class TestSteep:
    def climbed(self, seconds: int, since: float = 1000.0) -> Steep:
        exposure = Steep(TIER)
        for second in range(seconds + 1):
            exposure = exposure.observe(since + second, steep=second < seconds)
        return exposure

    @pytest.mark.parametrize(
        ("exposure", "case"),
        [
            (replace(Steep.of(TIER, Past(), FACTS.now), assumed=False), ""),
            (SPENT, "assumed"),
        ],
        ids=["it was used up", "it is taken to be"],
    )
    def test_steep_bound_shows_if_the_use_of_the_tier_is_assumed(
        self, exposure: Steep, case: str
    ) -> None:
        (bound,) = steep(replace(FACTS, steep=(exposure,)))
        assert isinstance(bound, Bound)
        assert bound.case == case
        assert (bound.value, bound.reason.ends_s, bound.announced) == (50, 150, True)

    def test_new_steep_tier_has_no_spans(self) -> None:
        nothing = Steep(TIER, (), None, was_steep=False, closed=False, warned=False)
        assert Steep(TIER).past(1000.0, told=0) == nothing

    def test_steep_time_that_leaves_the_window_is_free_again(self) -> None:
        exposure = self.climbed(40)
        assert (exposure.used(1180.0), left(exposure, 1180.0)) == (40, 20)
        assert (exposure.used(1200.0), left(exposure, 1200.0)) == (20, 40)
        later = exposure.observe(1300.0, steep=False)
        assert later.used(1300.0) == 0
        assert not later.spans

    def test_older_of_two_climbs_leaves_the_window_first(self) -> None:
        both = Steep(TIER, ((1000.0, 1020.0), (1100.0, 1110.0)), 1110.0)
        assert both.observe(1199.9, steep=False).spans == both.spans
        assert both.observe(1200.0, steep=False).spans == both.spans[1:]
        assert both.observe(1285.0, steep=False).used(1285.0) == 5
        assert not both.observe(1290.0, steep=False).observe(1290.0, steep=False).spans

    def test_climbs_before_the_window_use_no_budget(self) -> None:
        both = Steep(TIER, ((1000.0, 1020.0), (1100.0, 1110.0)), 1110.0)
        assert both.used(1300.0) == 0

    @pytest.mark.parametrize(
        ("spans", "merged"),
        [
            (((300.0, 200.0), (500.0, 400.0)), ((500.0, 400.0), (300.0, 200.0))),
            (
                ((500.0, 400.0), (300.0, 200.0), (200.0, 100.0)),
                ((500.0, 400.0), (300.0, 100.0)),
            ),
            (
                ((500.0, 400.0), (300.0, 100.0), (250.0, 200.0)),
                ((500.0, 400.0), (300.0, 100.0)),
            ),
        ],
        ids=["apart", "one after the other", "one within the other"],
    )
    def test_steep_time_in_two_overlapping_spans_counts_once(
        self, spans: Spans, merged: Spans
    ) -> None:
        assert without_overlap(spans) == merged

    def test_time_that_runs_backwards_frees_no_budget(self) -> None:
        both = Steep(TIER, ((1000.0, 1020.0), (1100.0, 1110.0)), 1110.0, was_steep=True)
        assert both.observe(1105.0, steep=True).spans == both.spans

    def test_reopened_steep_tier_warns_again(self) -> None:
        exposure = replace(self.climbed(60), closed=True, warned=True)
        assert not judged(exposure, 1210.0).warned

    def test_reopened_steep_tier_is_no_longer_assumed(self) -> None:
        assumed = Steep.of(TIER, Past(), 1000.0).observe(1001.0, steep=False)
        assert judged(assumed, 1149.0).assumed
        assert not judged(assumed, 1150.0).assumed

    def test_steep_tier_with_half_of_its_budget_free_opens_at_once(self) -> None:
        assert replace(self.climbed(30), closed=True).opens_in(1030.0) == 0

    @pytest.mark.parametrize(
        ("spans", "opens"),
        [
            (((1000.0, 1030.5),), 90.5),
            (((1000.0, 1030.0), (1050.0, 1080.0)), 120.0),
            (((1000.0, 1020.0), (1050.0, 1070.5)), 100.5),
            (((800.0, 930.0), (1050.0, 1070.0)), 10.0),
            (((1000.0, 1010.0), (1050.0, 1090.0)), 150.0),
        ],
    )
    def test_tier_opens_no_later_than_half_of_its_budget_is_free(
        self, spans: tuple[tuple[float, float], ...], opens: float
    ) -> None:
        exposure = Steep(TIER, spans, 1090.0, closed=True)
        assert exposure.opens_in(1090.0) == opens
        assert not judged(exposure, 1090.0 + opens).closed

    @pytest.mark.parametrize(("gap", "used"), [(3.0, 0.0), (3.25, 3.25)])
    def test_gap_above_3_s_before_a_steep_sample_counts_as_steep_time(
        self, gap: float, used: float
    ) -> None:
        exposure = Steep(TIER).observe(1000.0, steep=False).observe(1000.0 + gap, steep=True)
        assert exposure.used(1000.0 + gap) == used


class TestPast:
    """A tier continues from the nearest known tier that cannot have counted less."""

    def of(self, *known: Steep) -> Steep:
        return Steep.of(TIER, Past(steep=known), 1000.0)

    def test_steep_tier_with_an_unknown_past_has_no_budget_left(self) -> None:
        exposure = Steep.of(TIER, Past(), 1000.0)
        assert (exposure.used(1000.0), exposure.closed, exposure.assumed) == (60, True, True)

    def test_steep_budget_of_a_person_who_never_ran_is_unused(self) -> None:
        assert Steep.of(TIER, Past.nobody(), 1000.0) == Steep(TIER)


class TestChanged:
    """A tier with new numbers is counted from the inclines that were climbed."""

    KNOWN = Climbs(((150.0, 110.0, 80), (100.0, 80.0, 110), (70.0, 60.0, 100)), 1000.0, 5.0, 0)

    @pytest.mark.parametrize(
        ("tier", "used"),
        [
            (TIER, 30),
            (replace(TIER, threshold=110), 20),
            (replace(TIER, threshold=111), 0),
            (replace(TIER, threshold=80), 70),
            (replace(TIER, window_s=90.0), 20),
            (replace(TIER, window_s=1000.0), 30),
            (replace(TIER, window_s=1000.0, budget_s=30.0), 30),
            (replace(TIER, window_s=1010.0), 40),
            (replace(TIER, window_s=2000.0), 90),
        ],
    )
    def test_changed_tier_counts_known_climbs_and_at_most_its_budget_for_unknown_time(
        self, tier: SteepTier, used: float
    ) -> None:
        exposure = Steep.of(tier, Past(climbs=self.KNOWN), 1000.0)
        assert exposure.used(1000.0) == used
        assert exposure.assumed is exposure.closed is (used == 90)
        assert (exposure.seen, exposure.was_steep, exposure.closing) == (995.0, False, False)

    def test_climb_in_progress_continues_in_a_changed_tier(self) -> None:
        past = Past(climbs=replace(self.KNOWN, incline=100))
        assert Steep.of(TIER, past, 1000.0).used(1000.0) == 35

    @pytest.mark.parametrize(("budget", "closes"), [(61.0, False), (60.0, False), (59.0, True)])
    def test_closed_steep_tier_stays_closed_after_a_change_until_half_is_free(
        self, budget: float, closes: bool
    ) -> None:
        closed = Steep(replace(TIER, then=60), closed=True)
        past = Past((closed,), climbs=self.KNOWN)
        exposure = Steep.of(replace(TIER, budget_s=budget), past, 1000.0)
        assert not exposure.closed
        assert exposure.past(1000.0, told=0).closed is closes
        after = judged(exposure.observe(1000.0, steep=False), 1000.0)
        assert (after.closed, after.closing) == (closes, False)


class TestClimbs:
    """The inclines of a day, for tiers that are configured later."""

    def climbs(self, *inclines: int, known_from: float = 0.0) -> Climbs:
        climbs = Climbs(known_from=known_from).turned(1000.0)
        for second, incline in enumerate((*inclines, 0)):
            climbs = climbs.observe(1000.0 + second, incline)
        return climbs

    def test_climbs_omit_level_and_decline(self) -> None:
        assert not self.climbs(0, -30, 0).spans
        assert Climbs().observe(1000.0, -30).incline == 0

    def test_flickering_or_slowly_falling_climb_counts_as_the_steeper_incline(self) -> None:
        assert self.climbs(100, 99, 100, 96).spans == ((1000.0, 1004.0, 100),)

    def test_change_of_half_a_percent_or_any_rise_begins_a_span(self) -> None:
        spans = ((1000.0, 1001.0, 100), (1001.0, 1003.0, 95), (1003.0, 1004.0, 96))
        assert self.climbs(100, 95, 95, 96).spans == spans
        assert self.climbs(1).spans == ((1000.0, 1001.0, 1),)

    @pytest.mark.parametrize(("gap", "at"), [(3.0, 60), (3.25, 90)])
    def test_silence_counts_at_the_steeper_incline_of_its_two_ends(
        self, gap: float, at: int
    ) -> None:
        climbs = Climbs(seen=0.0, incline=60).turned(1000.0)
        assert climbs.observe(1000.0 + gap, 90).spans == ((1000.0, 1000.0 + gap, at),)

    def test_climbs_older_than_a_day_are_dropped(self) -> None:
        climbs = self.climbs(100, 0, 100, known_from=1e6)
        assert climbs.observe(1000.9 + 86_400, 0).spans == climbs.spans
        later = climbs.observe(1001.0 + 86_400, 0)
        assert later.spans == climbs.spans[1:]
        assert later.known_from == 1001.0

    def test_oldest_of_too_many_climbs_is_dropped(self) -> None:
        climbs = self.climbs(*(60 + 10 * (n % 2) for n in range(302)))
        assert len(climbs.spans) == 300
        assert climbs.known_from == 1002.0
