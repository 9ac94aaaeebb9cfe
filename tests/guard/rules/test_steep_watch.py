"""The watch over time on steep inclines, sample by sample. Inclines in 0.1 %, times in seconds."""

import pytest

from bridge.guard import Past, Policy, SteepTier
from bridge.guard.journal import Journal
from bridge.guard.rules.steep import SteepWatch
from tests.guard.rules.moment import TIER, left, watched
from tests.rigs.wording import text_of


class TestWatch:
    @pytest.mark.parametrize(("budget", "left"), [(60.0, 20.0), (600.0, 30.0)])
    def test_steep_warning_comes_30_s_or_a_third_of_the_budget_early(
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
    def test_steep_tier_closes_early_by_the_reaction_and_lowering_time(
        self, incline: int, closes: float
    ) -> None:
        """Two seconds, and one for each half of a percent above the threshold."""
        watch, policy, journal = watched(SteepTier(100, 600.0, 1800.0, 50))
        second = 0.0
        while not watch.exposures[0].closed:
            second += 0.5
            watch = watch.follow(policy, 1000.0 + second, incline, journal)
        assert second == closes + 0.5  # the first half second is not counted

    @pytest.mark.parametrize(
        ("incline", "second", "closed"),
        [(None, 57.9, False), (None, 58.0, True), (0, 59.9, False), (0, 60.0, True)],
    )
    def test_tier_closes_early_by_the_reaction_time_unless_the_belt_is_level(
        self, incline: int | None, second: float, closed: bool
    ) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 120, journal)
        watch = watch.follow(policy, 1000.0 + second, incline, journal)
        assert watch.exposures[0].closed is closed

    @pytest.mark.parametrize(("told", "counts"), [(None, False), (99, False), (100, True)])
    def test_unseen_incline_counts_as_its_setpoint(self, told: int | None, counts: bool) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 0, journal, told=120)
        watch = watch.follow(policy, 1001.0, 0, journal, told=120)
        assert watch.exposures[0].used(1001.0) == 0
        watch = watch.follow(policy, 1005.0, None, journal, told=told, last=0)
        assert watch.exposures[0].used(1005.0) == (4.0 if counts else 0.0)
        assert watch.climbs.incline == (told or 0)
        assert not watch.exposures[0].closed
        watch = watch.follow(policy, 1059.0, None, journal, told=told, last=0)
        assert watch.exposures[0].closed is counts

    @pytest.mark.parametrize(("last", "told"), [(120, 100), (100, 120), (120, None)])
    def test_lowering_time_counts_from_the_steeper_of_incline_and_setpoint(
        self, last: int, told: int | None
    ) -> None:
        watch, policy, journal = watched()
        watch = watch.follow(policy, 1000.0, 100, journal)
        for second, closed in ((53.9, False), (54.0, True)):
            watch = watch.follow(policy, 1000.0 + second, None, journal, last=last, told=told)
            assert watch.exposures[0].closed is closed

    def test_steep_warning_is_not_repeated_at_the_same_budget(self) -> None:
        watch, policy, journal = watched()
        for second, incline in ((0, 120), (40, 120), (40, 0), (41, 0), (42, 120), (43, 120)):
            watch = watch.follow(policy, 1000.0 + second, incline, journal)
        assert [event.type for event in journal.events] == ["steep_warning"]

    def test_steep_tier_that_was_used_up_before_is_not_reported(self) -> None:
        policy, journal = Policy(steep=(TIER,)), Journal()
        watch = SteepWatch.begin(policy, 1000.0, Past())
        assert left(watch.exposures[0], 1000.0) == 0
        watch.follow(policy, 1000.25, 0, journal)
        assert not journal.events
