"""Time on steep inclines. Inclines in 0.1 %, times in seconds."""

from dataclasses import replace
from typing import Any

import pytest

from bridge.guard import Past, Policy, SteepTier
from bridge.guard.journal import Journal
from bridge.guard.limits import Bound
from bridge.guard.rules import limits
from bridge.guard.rules.steep import KEPT_S, MOST_CLIMBS, Climbs, Steep, SteepWatch, steep
from bridge.values import Axis
from tests.guard.rules.moment import FACTS
from tests.rigs.wording import text_of

TIER = SteepTier(threshold=100, budget_s=60.0, window_s=180.0, then=50)
SPENT = Steep.of(TIER, Past(), FACTS.now)


def left(exposure: Steep, now: float) -> float:
    """Seconds of the budget left."""
    return exposure.left(exposure.used(now))


class TestSteep:
    def climbed(self, seconds: int, since: float = 1000.0) -> Steep:
        exposure = Steep(TIER)
        for second in range(seconds + 1):
            exposure = exposure.observe(since + second, steep=second < seconds)
        return exposure

    def test_only_what_is_closed_bounds(self) -> None:
        assert limits(replace(FACTS, steep=(Steep(TIER),))).most(Axis.INCLINE) == 150
        closed = (SPENT, Steep(TIER))
        assert limits(replace(FACTS, steep=closed)).most(Axis.INCLINE) == 50

    @pytest.mark.parametrize(
        ("exposure", "case"),
        [
            (replace(Steep.of(TIER, Past(), FACTS.now), assumed=False), ""),
            (SPENT, "assumed"),
        ],
        ids=["it was used up", "it is taken to be"],
    )
    def test_it_is_said_what_is_known_and_what_is_not(self, exposure: Steep, case: str) -> None:
        (bound,) = steep(replace(FACTS, steep=(exposure,)))
        assert isinstance(bound, Bound)
        assert bound.case == case
        assert (bound.value, bound.reason.ends_s) == (50, 150)

    def test_nobody_has_climbed_yet(self) -> None:
        nothing = Steep(TIER, (), None, was_steep=False, closed=False, warned=False)
        assert Steep(TIER).past(1000.0) == nothing

    def test_every_second_counts_once(self) -> None:
        assert self.climbed(40).spans == ((1000.0, 1040.0),)
        assert self.climbed(40).used(1040.0) == 40
        assert left(self.climbed(40), 1040.0) == 20

    def test_what_leaves_the_window_is_free_again(self) -> None:
        exposure = self.climbed(40)
        assert exposure.used(1180.0) == 40
        assert exposure.used(1200.0) == 20
        later = exposure.observe(1300.0, steep=False)
        assert later.used(1300.0) == 0
        assert not later.spans

    def test_a_climb_is_kept_until_all_of_it_has_left_the_window(self) -> None:
        assert self.climbed(40).observe(1219.9, steep=False).spans == ((1000.0, 1040.0),)
        assert not self.climbed(40).observe(1220.0, steep=False).spans

    def test_of_two_climbs_only_the_older_has_left_it(self) -> None:
        both = Steep(TIER, ((1000.0, 1020.0), (1100.0, 1110.0)), 1110.0)
        assert both.observe(1199.9, steep=False).spans == both.spans
        assert both.observe(1200.0, steep=False).spans == both.spans[1:]
        assert both.observe(1285.0, steep=False).used(1285.0) == 5
        assert not both.observe(1290.0, steep=False).observe(1290.0, steep=False).spans

    def test_a_second_climb_that_goes_on_is_one(self) -> None:
        both = Steep(TIER, ((1000.0, 1020.0), (1100.0, 1110.0)), 1110.0, was_steep=True)
        assert both.observe(1111.0, steep=True).spans == ((1000.0, 1020.0), (1100.0, 1111.0))

    def test_time_that_runs_backwards_gives_nothing_back(self) -> None:
        both = Steep(TIER, ((1000.0, 1020.0), (1100.0, 1110.0)), 1110.0, was_steep=True)
        assert both.observe(1105.0, steep=True).spans == both.spans

    def test_nothing_is_left_while_it_is_closed_nor_beyond_its_budget(self) -> None:
        assert left(replace(self.climbed(10), closed=True), 1010.0) == 0
        assert left(self.climbed(70), 1070.0) == 0

    @pytest.mark.parametrize(("leaving", "closes"), [(2.0, 58), (4.0, 56), (100.0, 54)])
    def test_it_closes_in_time_to_leave_by_at_most_a_tenth(
        self, leaving: float, closes: int
    ) -> None:
        assert not self.climbed(closes - 1).judge(1000.0 + closes - 1, leaving).closed
        assert self.climbed(closes).judge(1000.0 + closes, leaving).closed

    def test_it_opens_when_half_is_free(self) -> None:
        exposure = replace(self.climbed(60), closed=True)
        assert exposure.opens_in(1060.0) == 150.0
        assert exposure.judge(1209.9, 0.0).closed
        assert not exposure.judge(1210.0, 0.0).closed

    def test_once_open_again_it_will_warn_again(self) -> None:
        exposure = replace(self.climbed(60), closed=True, warned=True)
        assert not exposure.judge(1210.0, 0.0).warned

    def test_and_what_is_known_from_then_on_is_known(self) -> None:
        assumed = Steep.of(TIER, Past(), 1000.0).observe(1001.0, steep=False)
        assert assumed.judge(1149.0, 0.0).assumed
        assert not assumed.judge(1150.0, 0.0).assumed

    def test_half_free_it_opens_now(self) -> None:
        assert replace(self.climbed(30), closed=True).opens_in(1030.0) == 0

    def test_it_says_when_even_over_two_climbs(self) -> None:
        exposure = replace(self.climbed(20), closed=True)
        for second in range(41):
            exposure = exposure.observe(1050.0 + second, steep=second < 40)
        opens = exposure.opens_in(1090.0)
        assert exposure.used(1090.0 + opens) == pytest.approx(30.0)

    @pytest.mark.parametrize(
        ("spans", "opens"),
        [
            (((1000.0, 1030.5),), 90.5),
            (((1000.0, 1030.0), (1050.0, 1080.0)), 120.0),
            (((1000.0, 1020.0), (1050.0, 1070.5)), 100.5),
            (((800.0, 930.0), (1050.0, 1070.0)), 10.0),
        ],
    )
    def test_no_later_than_half_is_free(
        self, spans: tuple[tuple[float, float], ...], opens: float
    ) -> None:
        exposure = Steep(TIER, spans, 1090.0, closed=True)
        assert exposure.opens_in(1090.0) == opens
        assert not exposure.judge(1090.0 + opens, 0.0).closed

    def test_a_climb_that_nobody_saw_the_end_of_goes_on(self) -> None:
        exposure = Steep(TIER).observe(1000.0, steep=True)
        assert exposure.used(1050.0) == 50
        assert exposure.observe(1050.0, steep=False).used(1050.0) == 50

    def test_a_climb_that_nobody_saw_the_beginning_of_counts_from_when_somebody_looked(
        self,
    ) -> None:
        exposure = Steep(TIER).observe(1000.0, steep=False).observe(1050.0, steep=True)
        assert exposure.used(1050.0) == 50

    @pytest.mark.parametrize(("gap", "used"), [(3.0, 0.0), (3.25, 3.25)])
    def test_a_gap_of_three_seconds_hides_no_climb(self, gap: float, used: float) -> None:
        exposure = Steep(TIER).observe(1000.0, steep=False).observe(1000.0 + gap, steep=True)
        assert exposure.used(1000.0 + gap) == used


def watched(tier: SteepTier = TIER, **policy: Any) -> tuple[SteepWatch, Policy, Journal]:
    """A new watch, its policy, and what it will tell."""
    limits = Policy(steep=(tier,), **policy)
    return SteepWatch.begin(limits, 1000.0, Past.nobody()), limits, Journal()


class TestWatch:
    @pytest.mark.parametrize(("incline", "counts"), [(99, False), (100, True)])
    def test_the_threshold_itself_is_steep(self, incline: int, counts: bool) -> None:
        watch = SteepWatch.begin(Policy(steep=(TIER,)), 1000.0, Past.nobody())
        watch = watch.follow(Policy(), 1000.0, incline, Journal())
        watch = watch.follow(Policy(), 1001.0, incline, Journal())
        assert (watch.exposures[0].used(1001.0) == 1) is counts

    def test_unknown_inclines_are_no_rest(self) -> None:
        watch, journal = SteepWatch.begin(Policy(steep=(TIER,)), 1000.0, Past.nobody()), Journal()
        watch = watch.follow(Policy(), 1000.0, 120, journal)
        watch.follow(Policy(), 1080.0, None, journal)
        assert [event.type for event in journal.events] == ["steep_closed"]

    def test_the_warning_comes_again_after_a_rest(self) -> None:
        policy = Policy(steep=(TIER,), steep_warning_s=30.0)
        watch, journal = SteepWatch.begin(policy, 1000.0, Past.nobody()), Journal()
        for second in range(400):
            climb = 120 if second < 45 or second > 300 else 0
            watch = watch.follow(policy, 1000.0 + second, climb, journal)
        told = [event.type for event in journal.events]
        assert told == ["steep_warning", "steep_warning", "steep_closed"]

    @pytest.mark.parametrize(("budget", "left"), [(60.0, 20.0), (600.0, 30.0)])
    def test_it_warns_30_s_before_but_at_most_a_third_of_the_budget(
        self, budget: float, left: float
    ) -> None:
        policy = Policy(steep=(SteepTier(100, budget, 3 * budget, 50),))
        watch, journal = SteepWatch.begin(policy, 1000.0, Past.nobody()), Journal()
        second = 0
        while not journal.events:
            watch = watch.follow(policy, 1000.0 + second, 120, journal)
            second += 1
        assert second - 1 == budget - left
        assert text_of(journal.events[0]) == (
            f"Steep incline ends in {left:g} s. Then at most 5 % is allowed."
        )

    @pytest.mark.parametrize(("incline", "closes"), [(100, 598.0), (120, 594.0), (150, 588.0)])
    def test_it_closes_early_by_a_reaction_and_the_way_down(
        self, incline: int, closes: float
    ) -> None:
        """Two seconds, and one for each half of a percent above the threshold."""
        watch, policy, journal = watched(SteepTier(100, 600.0, 1800.0, 50))
        second = 0.0
        while not watch.exposures[0].closed:
            second += 0.5
            watch = watch.follow(policy, 1000.0 + second, incline, journal)
        assert second == closes + 0.5  # the first half second was nobody's climb

    @pytest.mark.parametrize(("second", "closed"), [(57.9, False), (58.0, True)])
    def test_where_nobody_can_tell_the_incline_any_more_the_reaction_is_kept_back(
        self, second: float, closed: bool
    ) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 120, journal)
        watch = watch.follow(policy, 1000.0 + second, None, journal)
        assert watch.exposures[0].closed is closed

    @pytest.mark.parametrize(
        ("last", "closes"),
        [(120, 54.0), (100, 58.0), (90, 58.0)],  # 1 s for each 0.5 % above 10 %, and 2 s
    )
    def test_and_the_way_down_from_where_it_was_last_known(self, last: int, closes: float) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 120, journal)
        for second, closed in ((closes - 0.1, False), (closes, True)):
            watch = watch.follow(policy, 1000.0 + second, None, journal, last=last)
            assert watch.exposures[0].closed is closed

    @pytest.mark.parametrize(("told", "counts"), [(99, False), (100, True)])
    def test_what_nobody_can_see_is_as_steep_as_it_was_told_to_be(
        self, told: int, counts: bool
    ) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 0, journal, told=120)
        watch = watch.follow(policy, 1001.0, 0, journal, told=120)
        assert watch.exposures[0].used(1001.0) == 0
        watch = watch.follow(policy, 1005.0, None, journal, told=told, last=0)
        assert watch.exposures[0].used(1005.0) == (4.0 if counts else 0.0)
        assert not watch.exposures[0].closed
        watch = watch.follow(policy, 1059.0, None, journal, told=told, last=0)
        assert watch.exposures[0].closed is counts

    @pytest.mark.parametrize(("last", "told"), [(120, 100), (100, 120), (120, None)])
    def test_the_way_down_is_from_the_steeper_of_where_it_was_and_was_told_to_be(
        self, last: int, told: int | None
    ) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 100, journal)
        for second, closed in ((53.9, False), (54.0, True)):
            watch = watch.follow(policy, 1000.0 + second, None, journal, last=last, told=told)
            assert watch.exposures[0].closed is closed

    def test_on_the_level_again_just_in_time_it_stays_open(self) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 100, journal)
        watch = watch.follow(policy, 1057.0, 100, journal)
        watch = watch.follow(policy, 1059.5, 0, journal)
        assert not watch.exposures[0].closed
        assert left(watch.exposures[0], 1059.5) == 0.5

    def test_on_the_level_again_too_late_it_closes_all_the_same(self) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 100, journal)
        watch = watch.follow(policy, 1060.5, 0, journal)
        assert watch.exposures[0].closed

    def test_a_warning_given_is_not_given_again_for_standing_still_at_it(self) -> None:
        watch, policy, journal = watched()
        for second, incline in ((0, 120), (40, 120), (40, 0), (41, 0), (42, 120), (43, 120)):
            watch = watch.follow(policy, 1000.0 + second, incline, journal)
        assert [event.type for event in journal.events] == ["steep_warning"]

    def test_on_the_level_nobody_is_warned(self) -> None:
        watch, policy, journal = watched()
        for second, incline in ((0, 120), (39, 120), (41, 0), (50, 0)):
            watch = watch.follow(policy, 1000.0 + second, incline, journal)
        assert not journal.events

    def test_what_was_used_up_before_is_no_news(self) -> None:
        policy, journal = Policy(steep=(TIER,)), Journal()
        watch = SteepWatch.begin(policy, 1000.0, Past())
        assert left(watch.exposures[0], 1000.0) == 0
        watch.follow(policy, 1000.25, 0, journal)
        assert not journal.events

    def test_its_end_and_its_return_are_told(self) -> None:
        watch, policy, journal = watched()
        for second in range(260):
            watch = watch.follow(policy, 1000.0 + second, 120 if second < 60 else 0, journal)
        assert [event.type for event in journal.events] == [
            "steep_warning",
            "steep_closed",
            "steep_open",
        ]
        closed = journal.events[1]
        assert (closed.limit, closed.ends_s) == (50, 150)


class TestPast:
    """A tier goes on from the nearest of those that cannot have counted less."""

    def of(self, *known: Steep) -> Steep:
        return Steep.of(TIER, Past(steep=known), 1000.0)

    def test_all_of_it_is_kept(self) -> None:
        known = Steep(
            TIER, ((90.0, 60.0),), 5.0, was_steep=True, closed=True, warned=True, assumed=True
        )
        exposure = self.of(known)
        assert exposure.spans == ((910.0, 940.0),)
        assert (exposure.seen, exposure.was_steep) == (995.0, True)
        assert exposure.closed
        assert exposure.warned
        assert exposure.past(1000.0) == known

    @pytest.mark.parametrize(
        ("seen", "told", "steep"),
        [
            (False, None, False),
            (False, TIER.threshold - 1, False),
            (False, TIER.threshold, True),
            (True, None, True),
            (True, TIER.threshold - 1, True),
        ],
    )
    def test_from_now_on_it_is_where_it_was_seen_or_told_to_be_if_either_is_steep(
        self, seen: bool, told: int | None, steep: bool
    ) -> None:
        assert Steep(TIER).observe(1000.0, steep=seen).past(1000.0, told).was_steep is steep

    def test_a_tier_that_has_no_past_and_an_unknown_one_are_spent(self) -> None:
        exposure = Steep.of(TIER, Past(), 1000.0)
        assert (exposure.used(1000.0), exposure.closed, exposure.assumed) == (60, True, True)

    def test_a_tier_of_somebody_who_never_ran_is_free(self) -> None:
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
            (replace(TIER, window_s=1010.0), 40),
            (replace(TIER, window_s=2000.0), 90),
        ],
    )
    def test_what_is_known_counts_and_of_the_time_before_at_most_the_budget(
        self, tier: SteepTier, used: float
    ) -> None:
        exposure = Steep.of(tier, Past(climbs=self.KNOWN), 1000.0)
        assert exposure.used(1000.0) == used
        assert exposure.assumed is exposure.closed is (used == 90)
        assert (exposure.seen, exposure.was_steep, exposure.closing) == (995.0, False, False)

    def test_a_climb_that_is_seen_now_goes_on(self) -> None:
        past = Past(climbs=replace(self.KNOWN, incline=100))
        assert Steep.of(TIER, past, 1000.0).used(1000.0) == 35

    @pytest.mark.parametrize(("budget", "closes"), [(61.0, False), (59.0, True)])
    def test_a_change_opens_nothing_that_was_closed_before_half_of_it_is_free(
        self, budget: float, closes: bool
    ) -> None:
        closed = Steep(replace(TIER, then=60), closed=True)
        past = Past((closed,), climbs=self.KNOWN)
        exposure = Steep.of(replace(TIER, budget_s=budget), past, 1000.0)
        assert not exposure.closed
        assert exposure.past(1000.0).closed is closes
        judged = exposure.observe(1000.0, steep=False).judge(1000.0, 0.0)
        assert (judged.closed, judged.closing) == (closes, False)

    def test_a_stricter_tier_lowers_the_incline_and_says_so(self) -> None:
        """In the middle of a climb the limits are read again."""
        old = Policy(steep=(TIER,))
        watch, journal = SteepWatch.begin(old, 1000.0, Past.nobody()), Journal()
        for second in range(41):
            watch = watch.follow(old, 1000.0 + second, 90, journal)
        strict = replace(TIER, threshold=80, budget_s=30.0)
        past = Past(
            tuple(each.past(1040.0) for each in watch.exposures),
            climbs=watch.climbs.turned(1040.0),
        )
        new = Policy(steep=(TIER, strict))
        watch = SteepWatch.begin(new, 1040.0, past)
        assert [each.used(1040.0) for each in watch.exposures] == [0, 40]
        watch = watch.follow(new, 1040.25, 90, journal)
        assert [each.closed for each in watch.exposures] == [False, True]
        assert [event.type for event in journal.events] == ["steep_closed"]


class TestClimbs:
    """The inclines of a day, for tiers that are configured later."""

    def climbs(self, *inclines: int, known_from: float = 0.0) -> Climbs:
        climbs = Climbs(known_from=known_from).turned(1000.0)
        for second, incline in enumerate((*inclines, 0)):
            climbs = climbs.observe(1000.0 + second, incline)
        return climbs

    def test_the_level_and_a_decline_are_not_kept(self) -> None:
        assert not self.climbs(0, -30, 0).spans

    def test_a_flicker_and_a_slow_fall_count_as_the_steeper(self) -> None:
        assert self.climbs(100, 99, 100, 96).spans == ((1000.0, 1004.0, 100),)

    def test_another_half_percent_or_any_rise_is_a_span_of_its_own(self) -> None:
        spans = ((1000.0, 1001.0, 100), (1001.0, 1002.0, 95), (1002.0, 1003.0, 96))
        assert self.climbs(100, 95, 96).spans == spans

    def test_a_pause_between_two_climbs_is_none(self) -> None:
        spans = ((1000.0, 1001.0, 100), (1002.0, 1003.0, 100))
        assert self.climbs(100, 0, 100).spans == spans

    @pytest.mark.parametrize(("gap", "at"), [(3.0, 60), (3.25, 90)])
    def test_a_silence_counts_as_the_steeper_of_its_ends(self, gap: float, at: int) -> None:
        climbs = Climbs(seen=0.0, incline=60).turned(1000.0)
        assert climbs.observe(1000.0 + gap, 90).spans == ((1000.0, 1000.0 + gap, at),)

    def test_an_unobserved_belt_is_where_it_was_told_to_be_if_that_is_steeper(self) -> None:
        seen = Climbs(seen=0.0, incline=60).turned(1000.0)
        assert seen.told(50) is seen
        assert seen.told(90).observe(1002.0, 0).spans == ((1000.0, 1002.0, 90),)
        assert [seen.told(told or 0).incline for told in (None, 50, 90)] == [60, 60, 90]

    def test_another_process_goes_on_with_them(self) -> None:
        past = Climbs(((150.0, 110.0, 80),), 1000.0, 5.0, 60)
        assert past.turned(2000.0).turned(2000.0) == past
        none = Climbs()
        assert none.turned(2000.0).turned(2000.0) == none

    def test_what_is_a_day_old_is_forgotten_and_not_known_any_more(self) -> None:
        climbs = self.climbs(100, known_from=1e6).observe(1001.0 + KEPT_S, 0)
        assert not climbs.spans
        assert climbs.known_from == 1001.0

    def test_of_too_many_spans_the_oldest_is_forgotten(self) -> None:
        climbs = self.climbs(*(60 + 10 * (n % 2) for n in range(MOST_CLIMBS + 2)))
        assert len(climbs.spans) == MOST_CLIMBS
        assert climbs.known_from == 1002.0

    def test_a_watch_keeps_what_it_sees_or_else_what_was_told(self) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 60, journal)
        watch = watch.follow(policy, 1001.0, None, journal)
        watch = watch.follow(policy, 1002.0, None, journal, told=90)
        watch = watch.follow(policy, 1003.0, 0, journal)
        assert watch.climbs.spans == ((1000.0, 1003.0, 90),)
