"""Time on steep inclines. Inclines in 0.1 %, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard import Past, Policy, SteepTier
from bridge.guard.journal import Journal
from bridge.guard.rules import limits
from bridge.guard.steep import Steep, SteepWatch
from bridge.values import Axis
from tests.guard.rules.moment import FACTS

TIER = SteepTier(threshold=100, budget_s=60.0, window_s=180.0, then=50)


class TestSteep:
    def climbed(self, seconds: int, since: float = 1000.0) -> Steep:
        exposure = Steep(TIER)
        for second in range(seconds + 1):
            exposure = exposure.observe(since + second, steep=second < seconds)
        return exposure

    def test_only_what_is_closed_bounds(self) -> None:
        assert limits(replace(FACTS, steep=(Steep(TIER),))).most(Axis.INCLINE) == 150
        closed = (Steep.spent(TIER, FACTS.now), Steep(TIER))
        assert limits(replace(FACTS, steep=closed)).most(Axis.INCLINE) == 50

    def test_every_second_counts_once(self) -> None:
        assert self.climbed(40).used(1040.0) == 40
        assert self.climbed(40).left(1040.0) == 20

    def test_what_leaves_the_window_is_free_again(self) -> None:
        exposure = self.climbed(40)
        assert exposure.used(1180.0) == 40
        assert exposure.used(1200.0) == 20
        later = exposure.observe(1300.0, steep=False)
        assert later.used(1300.0) == 0
        assert not later.spans

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

    def test_it_says_when_even_over_two_climbs(self) -> None:
        exposure = replace(self.climbed(20), closed=True)
        for second in range(41):
            exposure = exposure.observe(1050.0 + second, steep=second < 40)
        opens = exposure.opens_in(1090.0)
        assert exposure.used(1090.0 + opens) == pytest.approx(30.0)

    def test_a_climb_that_nobody_saw_the_end_of_goes_on(self) -> None:
        exposure = Steep(TIER).observe(1000.0, steep=True)
        assert exposure.used(1050.0) == 50
        assert exposure.observe(1050.0, steep=False).used(1050.0) == 50

    def test_a_climb_that_nobody_saw_the_beginning_of_counts_from_when_somebody_looked(
        self,
    ) -> None:
        exposure = Steep(TIER).observe(1000.0, steep=False).observe(1050.0, steep=True)
        assert exposure.used(1050.0) == 50

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
        assert journal.events[0].text == f"Steep incline ends in {left:g} s: then at most 5 %."
