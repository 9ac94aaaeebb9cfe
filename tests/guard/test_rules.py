"""Each rule at its edges. Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds."""

import itertools
from dataclasses import replace

import pytest

from bridge.guard import Past, Policy, SteepTier
from bridge.guard.axis import AxisState
from bridge.guard.cool_down import CoolDown
from bridge.guard.facts import (
    UNREADABLE_INCLINE,
    UNREADABLE_SPEED,
    Facts,
    Grid,
    incline_grid,
    speed_grid,
)
from bridge.guard.limits import Bound, Hold, Limit, Limits
from bridge.guard.policy import MPH
from bridge.guard.rules import limits
from bridge.guard.session import Session
from bridge.guard.settling import Settling
from bridge.guard.steep import Steep, SteepWatch
from bridge.guard.texts import EVENTS, TEXTS, amount, duration
from bridge.guard.unit import Unit, UnitCheck
from bridge.values import Axis, MachineInfo
from protocols.ftms.feature import Feature, FitnessMachineFeature, Target
from protocols.ftms.ranges import InclineRange, SpeedRange
from tests.guard.story import STRICT

FACTS = Facts(
    now=1000.0,
    policy=Policy(),
    grids={Axis.SPEED: speed_grid(STRICT), Axis.INCLINE: incline_grid(STRICT, 0)},
    settled=True,
    age=0.5,
    fresh=True,
    garbled=False,
    unit_known=True,
    warm_up_left=0.0,
    steep=(),
    cool_down=None,
)
"""A warm runner on a machine that is known."""


class TestEnvelope:
    def test_a_warm_runner_has_the_machine_s_range_within_the_owner_s(self) -> None:
        found = limits(FACTS)
        assert (found.most(Axis.SPEED), found.most(Axis.INCLINE)) == (1600, 150)
        assert not found.holds

    @pytest.mark.parametrize(("owner", "machine", "most"), [(900, 1600, 900), (1600, 900, 900)])
    def test_the_lower_one_counts(self, owner: int, machine: int, most: int) -> None:
        grid = Grid(SpeedRange(80, machine, 10), told=True, settable=True)
        grids = {**FACTS.grids, Axis.SPEED: grid}
        facts = replace(FACTS, policy=Policy(max_speed=owner), grids=grids)
        assert limits(facts).most(Axis.SPEED) == most

    def test_a_range_that_is_a_guess_may_be_in_miles(self) -> None:
        grids = {**FACTS.grids, Axis.SPEED: speed_grid(None)}
        facts = replace(FACTS, grids=grids, unit_known=False)
        assert limits(facts).most(Axis.SPEED) == pytest.approx(1200 / MPH)

    @pytest.mark.parametrize(
        ("told", "usable"),
        [
            (None, UNREADABLE_SPEED),
            (SpeedRange(0, 0, 0), UNREADABLE_SPEED),
            (SpeedRange(900, 80, 10), UNREADABLE_SPEED),
            (SpeedRange(0, 1600, 10), SpeedRange(100, 1600, 10)),
            (SpeedRange(0, 60, 10), SpeedRange(60, 60, 10)),
            (SpeedRange(80, 80, 0), SpeedRange(80, 80, 0)),
        ],
    )
    def test_a_speed_range_that_makes_no_sense_is_not_taken(
        self, told: SpeedRange | None, usable: SpeedRange
    ) -> None:
        assert speed_grid(replace(STRICT, speed_range=told)).range == usable

    @pytest.mark.parametrize(
        ("told", "least", "usable", "settable"),
        [
            (InclineRange(0, 150, 5), 0, InclineRange(0, 150, 5), True),
            (InclineRange(0, 0, 0), 0, InclineRange(0, 0, 0), False),
            (InclineRange(-30, 150, 5), 0, InclineRange(0, 150, 5), True),
            (InclineRange(-30, 150, 5), -100, InclineRange(-30, 150, 5), True),
            (InclineRange(-30, 150, 20), 0, InclineRange(10, 150, 20), True),
            (InclineRange(-30, 150, 0), -7, InclineRange(-7, 150, 0), True),
            (InclineRange(-60, -10, 10), 0, InclineRange(0, -10, 10), False),
        ],
    )
    def test_inclines_begin_at_the_owner_s_least_on_the_machine_s_grid(
        self, told: InclineRange, least: int, usable: InclineRange, settable: bool
    ) -> None:
        grid = incline_grid(replace(STRICT, incline_range=told), least)
        assert (grid.range, grid.settable) == (usable, settable)

    @pytest.mark.parametrize(("target", "settable"), [(Target.INCLINATION, True), (0, False)])
    def test_an_incline_without_a_range_needs_the_feature(
        self, target: int, settable: bool
    ) -> None:
        features = FitnessMachineFeature(Feature(0), Target(target))
        grid = incline_grid(MachineInfo(address="x", features=features), 0)
        assert (grid.range, grid.settable) == (UNREADABLE_INCLINE, settable)

    @pytest.mark.parametrize(("setpoint", "apart"), [(0, 20), (400, 20), (800, 40), (-800, 40)])
    def test_two_steps_or_five_percent_are_no_deviation(self, setpoint: int, apart: float) -> None:
        assert FACTS.grids[Axis.SPEED].tolerance(setpoint) == apart


class TestWarmUp:
    def test_until_its_last_moment(self) -> None:
        facts = replace(FACTS, warm_up_left=0.1)
        assert limits(facts).most(Axis.SPEED) == 600
        assert limits(facts).most(Axis.INCLINE) == 20

    def test_in_miles_where_nobody_knows(self) -> None:
        facts = replace(FACTS, warm_up_left=1.0, unit_known=False)
        assert limits(facts).most(Axis.SPEED) == pytest.approx(600 / MPH)

    @pytest.mark.parametrize(("rest", "left"), [(600.0, 200.0), (600.1, 300.0)])
    def test_a_rest_of_more_than_ten_minutes_takes_it_back(self, rest: float, left: float) -> None:
        session, policy = Session(), Policy()
        session.move(policy, 1000.0, 100.0)
        assert session.warm_up_left(policy, 1000.0 + rest) == left

    def test_it_ends_once_and_again_after_a_rest(self) -> None:
        session, policy = Session(), Policy()
        assert [session.move(policy, 1000.0 + t, 150.0) for t in (0, 1, 2)] == [False, True, False]
        assert [session.move(policy, 1700.0 + t, 150.0) for t in (0, 1, 2)] == [False, True, False]

    def test_none_at_all_ends_without_a_word(self) -> None:
        assert not Session().move(Policy(warm_up_s=0.0), 1000.0, 1.0)


class TestHolds:
    def test_stale_data(self) -> None:
        assert [h.rule for h in limits(replace(FACTS, fresh=False, age=4.0)).holds] == ["stale"]

    def test_data_that_never_came(self) -> None:
        (hold,) = limits(replace(FACTS, fresh=False, age=float("inf"))).holds
        assert "a while" in hold.text

    def test_a_belt_that_has_not_settled(self) -> None:
        assert [h.rule for h in limits(replace(FACTS, settled=False)).holds] == ["settling"]


class TestCoolDown:
    SLOPE = CoolDown.begin(Policy(), 1000.0, 1.0, {Axis.SPEED: 1000.0, Axis.INCLINE: 60.0})

    @pytest.mark.parametrize(
        ("after", "speed", "incline"),
        [(-5, 1000, 60), (0, 1000, 60), (150, 700, 30), (300, 400, 0), (999, 400, 0)],
    )
    def test_it_is_a_straight_slope(self, after: float, speed: float, incline: float) -> None:
        facts = replace(FACTS, now=1000.0 + after, cool_down=self.SLOPE)
        assert limits(facts).most(Axis.SPEED) == speed
        assert limits(facts).most(Axis.INCLINE) == incline

    def test_it_never_ends_above_where_it_began(self) -> None:
        slow = CoolDown.begin(Policy(), 1000.0, 1.0, {Axis.SPEED: 300.0, Axis.INCLINE: -10.0})
        assert (slow.end[Axis.SPEED], slow.end[Axis.INCLINE]) == (300, -10)

    def test_it_may_take_no_time(self) -> None:
        none = replace(self.SLOPE, duration_s=0.0)
        assert none.most(Axis.SPEED, 1000.0) == 400

    def test_its_walk_may_be_in_miles(self) -> None:
        here = {Axis.SPEED: 1000.0, Axis.INCLINE: 0.0}
        slope = CoolDown.begin(Policy(), 1000.0, 1 / MPH, here)
        assert slope.end[Axis.SPEED] == pytest.approx(400 / MPH)


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
        watch, _ = watch.follow(Policy(), 1000.0, incline)
        watch, _ = watch.follow(Policy(), 1001.0, incline)
        assert (watch.exposures[0].used(1001.0) == 1) is counts

    def test_unknown_inclines_are_no_rest(self) -> None:
        watch = SteepWatch.begin(Policy(steep=(TIER,)), 1000.0, Past.nobody())
        watch, _ = watch.follow(Policy(), 1000.0, 120)
        watch, news = watch.follow(Policy(), 1080.0, None)
        assert [kind for kind, _ in news] == ["steep_closed"]

    def test_the_warning_comes_again_after_a_rest(self) -> None:
        policy = Policy(steep=(TIER,), steep_warning_s=30.0)
        watch = SteepWatch.begin(policy, 1000.0, Past.nobody())
        told = []
        for second in range(400):
            climb = 120 if second < 45 or second > 300 else 0
            watch, news = watch.follow(policy, 1000.0 + second, climb)
            told += [kind for kind, _ in news]
        assert told == ["steep_warning", "steep_warning", "steep_closed"]


class TestUnit:
    def ran(self, share: float, metres: int = 500, speed: int = 720) -> UnitCheck:
        check = UnitCheck()
        for second in range(metres * 360 // speed):
            # The counter may have begun long before.
            check = check.add(1000.0 + second, speed, 5000 + int(share * second * speed / 360))
        return check

    @pytest.mark.parametrize(
        ("share", "unit"),
        [
            (1.0, Unit.KMH),
            (0.95, Unit.KMH),
            (MPH, Unit.MPH),
            (1.3, Unit.UNKNOWN),
            (0.5, Unit.UNKNOWN),
            (0.0, Unit.UNKNOWN),
        ],
    )
    def test_metres_against_speed_tell(self, share: float, unit: Unit) -> None:
        assert self.ran(share).unit is unit

    def test_a_short_way_tells_nothing(self) -> None:
        assert self.ran(1.0, metres=190).unit is Unit.UNKNOWN

    def test_a_distance_without_any_speed_tells_nothing(self) -> None:
        check = UnitCheck().add(1000.0, 0, 0).add(1001.0, 0, 300)
        assert check.unit is Unit.UNKNOWN

    @pytest.mark.parametrize(("speed", "distance"), [(None, 100), (720, None)])
    def test_a_gap_begins_anew(self, speed: int | None, distance: int | None) -> None:
        check = UnitCheck()
        for second in range(400):
            gap = second % 50 == 0
            way = second * 2
            check = check.add(1000.0 + second, speed if gap else 720, distance if gap else way)
        assert check.unit is Unit.UNKNOWN

    def test_so_do_a_pause_and_a_counter_that_falls(self) -> None:
        slow, back = UnitCheck(), UnitCheck()
        for second in range(200):
            slow = slow.add(1000.0 + 4 * second, 720, 8 * second)
            back = back.add(1000.0 + second, 720, 2 * (second % 50))
        assert slow.unit is Unit.UNKNOWN
        assert back.unit is Unit.UNKNOWN


class TestLimits:
    BOUNDS: tuple[Limit, ...] = (
        Bound(Axis.SPEED, 600.0, "warm_up", "a"),
        Bound(Axis.SPEED, 900.0, "envelope", "b"),
        Bound(Axis.SPEED, 600.0, "rest", "c"),
        Hold("stale", "d"),
        Hold("settling", "e"),
    )

    def test_their_order_does_not_matter(self) -> None:
        answers = {Limits.of(order) for order in itertools.permutations(self.BOUNDS)}
        assert len(answers) == 1

    def test_the_lowest_counts_and_all_that_cut_are_named(self) -> None:
        found = Limits.of(self.BOUNDS)
        assert found.most(Axis.SPEED) == 600
        assert [b.rule for b in found.lowest(Axis.SPEED)] == ["rest", "warm_up"]
        assert [b.rule for b in found.binding(Axis.SPEED, 700)] == ["rest", "warm_up"]
        assert [b.rule for b in found.binding(Axis.SPEED, 600)] == []

    def test_what_no_rule_bounds_is_not_bound(self) -> None:
        assert Limits.of(()).most(Axis.INCLINE) == float("inf")


class TestEngine:
    GRID = FACTS.grids[Axis.SPEED]

    def test_nobody_asked_so_nothing_rises(self) -> None:
        state = AxisState(None, 500.0, 500).advance(
            1.0, bound=1600.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
        )
        assert state == AxisState(None, 500.0, 500)

    def test_a_bound_lowers_what_nobody_asked_too(self) -> None:
        state = AxisState(None, 500.0, 500).advance(
            1.0, bound=450.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
        )
        assert (state.request, state.written) == (None, 450)

    def test_below_the_machine_s_least_there_is_nothing(self) -> None:
        state = AxisState(500, 500.0, 500)
        for _ in range(9):
            state = state.advance(
                1.0, bound=30.0, ramp=10.0, easing=100.0, measured=500.0, grid=self.GRID
            )
        assert (state.request, state.written) == (30, 80)


class TestGarbled:
    def test_nothing_rises_on_the_word_of_who_talks_nonsense(self) -> None:
        assert [h.rule for h in limits(replace(FACTS, garbled=True)).holds] == ["garbled"]


class TestWords:
    @pytest.mark.parametrize(
        ("axis", "value", "text"),
        [
            (Axis.SPEED, 820, "8.2 km/h"),
            (Axis.SPEED, 805, "8.05 km/h"),
            (Axis.SPEED, 1000, "10 km/h"),
            (Axis.INCLINE, 50, "5 %"),
            (Axis.INCLINE, -15, "-1.5 %"),
        ],
    )
    def test_amounts(self, axis: Axis, value: float, text: str) -> None:
        assert amount(axis, value) == text

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (-3, "0 s"),
            (45, "45 s"),
            (600, "10 min"),
            (150, "2 min 30 s"),
            (float("inf"), "a while"),
        ],
    )
    def test_times(self, seconds: float, text: str) -> None:
        assert duration(seconds) == text

    def test_every_sentence_is_one(self) -> None:
        assert all(text.endswith(".") for text in EVENTS.values())
        assert not any(text.endswith(".") for text in TEXTS.values())


class TestSettling:
    GRIDS = {  # noqa: RUF012 - a constant of this story
        Axis.SPEED: Grid(SpeedRange(80, 1600, 10), told=True, settable=True),
        Axis.INCLINE: Grid(InclineRange(0, 150, 5), told=True, settable=True),
    }

    def test_a_belt_that_never_settles_is_taken_at_its_lowest(self) -> None:
        settling = Settling()
        taken = [settling.add({Axis.SPEED: 200 + 100 * n}, self.GRIDS) for n in range(10)]
        assert taken == [False] * 9 + [True]
        assert settling.at == {Axis.SPEED: 200}
