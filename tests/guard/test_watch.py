"""What the watch of one axis makes of samples and statuses, at its edges.

Speeds in 0.01 km/h, times in seconds. The belt runs at 8 km/h, and 0.4 km/h is the tolerance.
"""

import math
from dataclasses import replace

import pytest

from bridge.guard.console import ConsoleWatch, Finding, Rise

TOLERANCE = 40.0
MOST = 1680.0
LONG_AGO = 40.0


def steady(setpoint: int = 800) -> ConsoleWatch:
    """A watch at the time 100, whose belt has been at its setpoint for a minute."""
    return ConsoleWatch.begin(LONG_AGO, setpoint)


def seen(
    watch: ConsoleWatch,
    now: float,
    *speeds: int,
    setpoint: int = 800,
    most: float = MOST,
    bound: float = math.inf,
) -> tuple[ConsoleWatch, Finding]:
    """What the last of some samples shows, one each second."""
    finding = Finding.NOTHING
    for seconds, speed in enumerate(speeds):
        watch, finding = watch.sample(
            now + seconds, speed, setpoint, fall=10, tolerance=TOLERANCE, most=most, bound=bound
        )
    return watch, finding


def named(
    watch: ConsoleWatch, now: float, speed: int, *, setpoint: int = 800, most: float = MOST
) -> tuple[ConsoleWatch, Finding]:
    """What a status that names a target shows."""
    return watch.status(now, speed, setpoint, step=10, tolerance=TOLERANCE, most=most)


class TestBegin:
    def test_it_knows_one_setpoint_and_nothing_else(self) -> None:
        assert ConsoleWatch.begin(7.0, 800) == ConsoleWatch(
            setpoints=((7.0, 800),),
            low=800,
            writes=(),
            last=None,
            falling=False,
            below=0,
            rise=None,
            corrections=(),
            level=800,
            told=-math.inf,
        )


class TestWrites:
    def test_it_is_in_force_and_the_belt_is_where_it_was_measured(self) -> None:
        watch = replace(steady(), below=2, told=900.0).wrote(100, 500, 790)
        assert watch == replace(
            steady(),
            setpoints=((LONG_AGO, 800), (100, 500)),
            writes=((100, 500),),
            low=790,
            level=500,
        )

    def test_a_belt_that_is_not_measured_stays_where_it_was(self) -> None:
        assert replace(steady(), low=760).wrote(100, 500, None).low == 760

    def test_the_setpoint_in_force_eight_seconds_ago_still_counts(self) -> None:
        watch = steady().wrote(100, 500, 500)
        assert watch.wrote(107.75, 600, 500).setpoints == (
            (LONG_AGO, 800),
            (100, 500),
            (107.75, 600),
        )
        assert watch.wrote(108, 600, 500).setpoints == ((100, 500), (108, 600))

    def test_all_that_is_older_does_not(self) -> None:
        watch = steady().wrote(100, 500, 500)
        later = replace(watch, setpoints=((50, 1), (60, 2), *watch.setpoints))
        assert later.wrote(120, 600, 500).setpoints == ((100, 500), (120, 600))

    def test_they_are_known_for_less_than_eight_seconds(self) -> None:
        watch = steady().wrote(100, 500, 500)
        assert watch.wrote(107.75, 600, 500).writes == ((100, 500), (107.75, 600))
        assert watch.wrote(108, 600, 500).writes == ((108, 600),)

    @pytest.mark.parametrize(("after", "quiet"), [(7.75, False), (8, True)])
    def test_eight_seconds_after_the_last_it_is_quiet(self, after: float, quiet: bool) -> None:
        assert steady().wrote(100, 500, 500).quiet(100 + after) is quiet


class TestSamples:
    def test_what_is_the_same_as_before_changes_nothing(self) -> None:
        watch, _ = seen(steady(), 100, 800)
        again, finding = seen(watch, 101, 800)
        assert again is watch
        assert finding is Finding.NOTHING

    def test_the_lowest_since_the_last_write_is_kept(self) -> None:
        watch, _ = seen(steady(), 100, 790, 770, 780)
        assert (watch.low, watch.last) == (770, 780)

    @pytest.mark.parametrize(
        ("speeds", "falling"),
        [((700,), False), ((800, 790), True), ((790, 790), False), ((790, 795), False)],
    )
    def test_a_belt_falls_that_is_lower_than_a_sample_ago(
        self, speeds: tuple[int, ...], falling: bool
    ) -> None:
        assert seen(steady(), 100, *speeds)[0].falling is falling

    def test_a_belt_far_above_falls_too(self) -> None:
        watch, finding = seen(steady(), 100, 1000, 990)
        assert (watch.falling, watch.last, finding) == (True, 990, Finding.RISING)

    @pytest.mark.parametrize(("speed", "finding"), [(840, Finding.NOTHING), (841, Finding.RISING)])
    def test_it_rises_above_the_tolerance(self, speed: int, finding: Finding) -> None:
        assert seen(steady(), 100, speed)[1] is finding

    @pytest.mark.parametrize(
        ("now", "finding"), [(107.75, Finding.NOTHING), (108, Finding.UNEXPECTED)]
    )
    def test_from_a_setpoint_it_has_eight_seconds_to_fall(
        self, now: float, finding: Finding
    ) -> None:
        watch = steady().wrote(100, 400, 400)
        watch = replace(watch, writes=((now, 400),))
        assert seen(watch, now, 800, setpoint=400)[1] is finding

    @pytest.mark.parametrize(("now", "below"), [(107.75, 0), (108, 1)])
    def test_from_a_setpoint_it_has_eight_seconds_to_climb(self, now: float, below: int) -> None:
        watch = steady(400).wrote(100, 800, 400)
        assert seen(watch, now, 390)[0].below == below

    def test_a_belt_that_is_already_where_it_is_told_to_be_next_falls_from_there(self) -> None:
        watch, _ = seen(steady(700), 100, 710, setpoint=700)
        assert watch.level == 700
        watch, _ = seen(watch.wrote(101, 710, 710), 101, 710, setpoint=710)
        assert watch.level == 710

    def test_a_rise_is_over_once_the_belt_stays_back_for_long_enough(self) -> None:
        watch, _ = seen(steady(), 100, 900, 900, 900, *[800] * 3)
        assert watch.rise is not None
        assert seen(watch, 106, 800)[0].rise is None

    def test_a_belt_that_fell_to_where_it_stays_falls_no_more(self) -> None:
        watch, _ = seen(steady(), 100, 810, 800)
        assert watch.falling
        assert not seen(watch, 102, 800)[0].falling

    @pytest.mark.parametrize(("speed", "below"), [(700, 0), (691, 0), (690, 1)])
    def test_what_does_not_fall_was_slowed_by_nobody(self, speed: int, below: int) -> None:
        watch, _ = seen(steady(700), 100, 700, setpoint=700)
        watch = watch.wrote(101, 800, 700)
        assert seen(watch, 109, speed)[0].below == below

    def test_it_falls_from_the_most_that_it_was_at_and_was_commanded(self) -> None:
        watch, _ = seen(steady(), 100, 830, 770, 755, 755, 745)
        assert (watch.level, watch.below) == (800, 3)
        assert watch.wrote(110, 900, 745).level == 800
        assert watch.wrote(110, 700, 745).level == 700

    def test_a_hand_that_slows_it_soon_after_a_climb_is_found_out_when_that_is_over(self) -> None:
        watch, _ = seen(steady(300), 100, 300, setpoint=300)
        watch, _ = seen(watch.wrote(101, 800, 300), 102, 500, 800)
        watch, finding = seen(watch, 104, *[500] * 5)
        assert (watch.below, finding) == (0, Finding.NOTHING)
        assert seen(watch, 109, 500, 500, 500)[1] is Finding.SLOWED

    def test_a_belt_that_lags_far_behind_and_goes_on_was_slowed_by_nobody(self) -> None:
        watch = steady(300).wrote(100, 800, 300)
        assert seen(watch, 101, *range(310, 610, 10))[0].below == 0

    def test_each_setpoint_in_between_counts(self) -> None:
        watch = steady().wrote(101, 300, 800).wrote(102, 900, 800).wrote(103, 600, 600)
        watch = replace(watch, low=0)
        assert seen(watch, 104, 940, setpoint=600)[1] is Finding.NOTHING
        assert seen(watch, 104, 941, setpoint=600)[1] is not Finding.NOTHING
        assert seen(watch, 104, 260, setpoint=600)[0].below == 0
        assert seen(watch, 104, 259, setpoint=600)[0].below == 1

    def test_a_belt_on_its_way_down_from_above_has_not_risen(self) -> None:
        watch = replace(steady(), low=1000)
        assert seen(watch, 100, 1040)[1] is Finding.NOTHING
        assert seen(watch, 100, 1041)[1] is Finding.RISING

    def test_one_sample_that_is_not_below_begins_the_count_again(self) -> None:
        assert seen(steady(), 100, 700, 700, 800, 700, 700)[1] is Finding.NOTHING
        assert seen(steady(), 100, 700, 700, 900, 700, 700)[1] is Finding.NOTHING
        assert seen(steady(), 100, 700, 700, 800, 700, 700, 700)[1] is Finding.SLOWED

    @pytest.mark.parametrize(
        ("bound", "speed", "finding"),
        [
            (math.inf, 940, Finding.NOTHING),
            (math.inf, 941, Finding.RISING),
            (850.0, 890, Finding.NOTHING),
            (850.0, 891, Finding.RISING),
        ],
    )
    def test_up_to_what_it_was_told_and_is_allowed_it_only_recovers(
        self, bound: float, speed: int, finding: Finding
    ) -> None:
        """It was taken for slowed, which a heavy step may have been."""
        assert seen(replace(steady(), told=900.0), 100, speed, bound=bound)[1] is finding


class TestStatuses:
    @pytest.mark.parametrize(
        ("after", "value", "finding"),
        [
            (7.75, 700, Finding.NOTHING),
            (7.75, 690, Finding.NOTHING),
            (7.75, 710, Finding.NOTHING),
            (7.75, 689, Finding.SLOWED),
            (7.75, 711, Finding.SLOWED),
            (8.0, 700, Finding.SLOWED),
        ],
    )
    def test_an_echo_is_within_a_step_of_what_was_written_within_eight_seconds(
        self, after: float, value: int, finding: Finding
    ) -> None:
        watch = replace(steady(), writes=((100, 700),))
        assert named(watch, 100 + after, value) == (watch, finding)

    @pytest.mark.parametrize(
        ("value", "finding"),
        [
            (799, Finding.SLOWED),
            (800, Finding.NOTHING),
            (840, Finding.NOTHING),
            (841, Finding.RAISED),
        ],
    )
    def test_less_is_obeyed_and_more_than_the_tolerance_is_a_wish(
        self, value: int, finding: Finding
    ) -> None:
        assert named(steady(), 100, value)[1] is finding

    @pytest.mark.parametrize(
        ("value", "finding"),
        [
            (799, Finding.SLOWED),
            (800, Finding.NOTHING),
            (950, Finding.NOTHING),
            (951, Finding.RAISED),
        ],
    )
    def test_up_to_what_it_was_told_nothing_is_new(self, value: int, finding: Finding) -> None:
        watch = replace(steady(), told=950.0)
        after, found = named(watch, 100, value)
        assert found is finding
        assert (after is watch) is (finding is not Finding.RAISED)


class TestRise:
    def test_of_a_sample_it_is_remembered_when_it_began_and_how_far_it_went(self) -> None:
        watch, finding = seen(steady(), 100, 900, 950, setpoint=800)
        assert finding is Finding.RISING
        assert watch.rise == Rise(100, believable=True, samples=2, highest=950)
        assert watch.below == 0

    def test_three_samples_are_a_wish_for_the_highest(self) -> None:
        watch, finding = seen(steady(), 100, 900, 950, 940)
        assert finding is Finding.RAISED
        assert watch.rise == Rise(100, believable=True, samples=3, highest=950, believed=True)
        assert watch.rise.wish == 950

    def test_downhill_it_is_a_wish_for_less_of_a_decline_and_not_for_level(self) -> None:
        watch, finding = ConsoleWatch.begin(LONG_AGO, -30), Finding.NOTHING
        for now in (100, 101, 102):
            watch, finding = watch.sample(now, -10, -30, fall=5, tolerance=10.0, most=150.0)
        assert finding is Finding.RAISED
        assert watch.rise is not None
        assert watch.rise.wish == -10

    def test_what_a_status_names_is_the_wish_however_fast_the_belt_is(self) -> None:
        watch, finding = named(steady(), 100, 1000)
        assert finding is Finding.RAISED
        assert watch.rise == Rise(
            100, believable=True, samples=0, highest=1000, named=1000, believed=True
        )
        watch, finding = seen(watch, 101, 1100)
        assert finding is Finding.RISING
        assert watch.rise == Rise(
            100, believable=True, samples=1, highest=1100, named=1000, believed=True
        )
        assert watch.rise.wish == 1000

    def test_the_same_named_twice_is_one_wish_and_another_is_another(self) -> None:
        watch, _ = named(steady(), 100, 1000)
        watch, finding = named(watch, 101, 1000)
        assert finding is Finding.RISING
        assert named(watch, 102, 1100)[1] is Finding.RAISED

    @pytest.mark.parametrize(("after", "began"), [(5.0, 100), (5.25, 105.25)])
    def test_who_presses_after_five_seconds_begins_anew(self, after: float, began: float) -> None:
        watch, _ = named(steady(), 100, 900)
        watch, finding = named(watch, 100 + after, 1000)
        assert finding is Finding.RAISED
        assert watch.rise is not None
        assert watch.rise.began == began

    @pytest.mark.parametrize(("after", "samples"), [(5.0, 4), (5.25, 3)])
    def test_what_is_still_above_after_five_seconds_changes_the_wish_no_more(
        self, after: float, samples: int
    ) -> None:
        watch, _ = seen(steady(), 100, 900, 900, 900)
        watch, finding = seen(replace(watch, below=1), 100 + after, 1000)
        assert finding is Finding.RISING
        assert watch.rise is not None
        assert (watch.rise.samples, watch.below) == (samples, 0)

    @pytest.mark.parametrize(
        ("speed", "finding"), [(1680, Finding.RISING), (1681, Finding.UNEXPECTED)]
    )
    def test_beyond_the_machine_s_range_it_is_a_fault(self, speed: int, finding: Finding) -> None:
        assert seen(steady(), 100, speed)[1] is finding

    @pytest.mark.parametrize(
        ("value", "finding"),
        [
            (1248, Finding.RAISED),
            (1249, Finding.UNEXPECTED),
            (1326, Finding.UNEXPECTED),
            (1327, Finding.RAISED),
        ],
    )
    def test_kilometres_taken_for_miles_are_a_fault(self, value: int, finding: Finding) -> None:
        """800 times 1.609 is 1287; three percent of it are 39."""
        assert named(steady(), 100, value)[1] is finding

    @pytest.mark.parametrize(
        ("after", "finding"), [(7.75, Finding.UNEXPECTED), (8.0, Finding.RISING)]
    )
    def test_within_eight_seconds_of_a_write_it_is_a_fault(
        self, after: float, finding: Finding
    ) -> None:
        watch = steady().wrote(100, 800, 800)
        assert seen(watch, 100 + after, 1000)[1] is finding

    def test_a_fault_is_told_once_and_is_no_wish_however_long_it_lasts(self) -> None:
        watch, finding = seen(replace(steady(), below=2), 100, 1700)
        assert finding is Finding.UNEXPECTED
        assert watch.rise == Rise(100, believable=False, samples=1, highest=1700, over=True)
        assert watch.below == 0
        for now in (101, 110):
            again, finding = seen(watch, now, 1700)
            assert finding is Finding.RISING
            assert again.rise == watch.rise
        assert named(watch, 110, 1000) == (watch, Finding.RISING)


class TestEnd:
    def test_nobody_wanted_what_was_over_before_it_lasted(self) -> None:
        watch, finding = seen(steady(), 100, 900, 900, 800)
        assert finding is Finding.UNEXPECTED
        assert watch.rise is None

    def test_what_was_a_fault_already_is_none_again(self) -> None:
        watch, finding = seen(steady(), 100, 1700, 800)
        assert finding is Finding.NOTHING
        assert watch.rise is None

    @pytest.mark.parametrize(("after", "over"), [(5.0, False), (5.25, True)])
    def test_a_wish_is_watched_for_five_seconds(self, after: float, over: bool) -> None:
        watch, _ = named(steady(), 100, 900)
        watch, finding = seen(watch, 100 + after, 800)
        assert finding is Finding.NOTHING
        assert (watch.rise is None) is over


class TestCorrections:
    def test_the_first_is_made_at_once(self) -> None:
        assert steady().may_correct(100)

    def test_a_belt_that_falls_needs_none(self) -> None:
        assert not replace(steady(), falling=True).may_correct(100)

    @pytest.mark.parametrize(("after", "may"), [(1.75, False), (2.0, True)])
    def test_the_next_two_seconds_later(self, after: float, may: bool) -> None:
        watch = steady().corrected(90, 800).corrected(100, 800)
        assert watch.may_correct(100 + after) is may

    @pytest.mark.parametrize(("after", "may"), [(9.75, False), (10.0, True)])
    def test_after_three_in_thirty_seconds_every_ten(self, after: float, may: bool) -> None:
        watch = steady().corrected(96, 800).corrected(98, 800).corrected(100, 800)
        assert watch.may_correct(100 + after) is may

    @pytest.mark.parametrize(("now", "alarming"), [(125.75, True), (126, False)])
    def test_three_in_thirty_seconds_alarm(self, now: float, alarming: bool) -> None:
        watch = steady().corrected(96, 800).corrected(98, 800)
        assert not watch.alarming(99)
        assert watch.corrected(100, 800).alarming(now) is alarming

    def test_they_are_writes_that_leave_the_lowest_where_it_was(self) -> None:
        watch = replace(steady(), low=780).corrected(100, 810)
        assert watch == ConsoleWatch(
            setpoints=((LONG_AGO, 800), (100, 810)),
            low=780,
            writes=((100, 810),),
            corrections=(100,),
            level=800,
        )

    def test_those_of_thirty_seconds_ago_are_forgotten(self) -> None:
        watch = steady().corrected(70, 800)
        assert watch.corrected(99.75, 800).corrections == (70, 99.75)
        assert watch.corrected(100, 800).corrections == (100,)


class TestAdopt:
    """The console slowed the belt; from there all is watched again."""

    def adopted(
        self, watch: ConsoleWatch, value: int = 700, told: float = -math.inf
    ) -> ConsoleWatch:
        return watch.adopt(100, value, told=told, tolerance=TOLERANCE)

    def test_of_what_was_only_our_writes_and_the_last_sample_stay(self) -> None:
        watch = replace(
            steady(),
            last=650,
            writes=((99, 800),),
            falling=True,
            below=3,
            rise=Rise(98, believable=True, highest=900),
            corrections=(98,),
        )
        assert self.adopted(watch) == ConsoleWatch(
            setpoints=((100, 700),), low=700, writes=((99, 800),), last=650, level=700
        )

    @pytest.mark.parametrize(("last", "low"), [(None, 700), (790, 790), (600, 700)])
    def test_a_belt_that_has_yet_to_slow_has_not_risen(
        self, last: float | None, low: float
    ) -> None:
        assert self.adopted(replace(steady(), last=last)).low == low

    @pytest.mark.parametrize(("told", "kept"), [(780, 780), (781, -math.inf)])
    def test_what_it_was_told_is_remembered_if_it_lost_no_more_than_a_step_may_cost(
        self, told: float, kept: float
    ) -> None:
        assert self.adopted(steady(), told=told).told == kept
        assert self.adopted(replace(steady(), told=told)).told == kept
