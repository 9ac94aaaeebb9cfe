"""Whether a machine speaks km/h. Speeds in 0.01 km/h, times in seconds."""

import pytest

from bridge.guard.policy import MPH
from bridge.guard.unit import Unit, UnitCheck


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

    @pytest.mark.parametrize(("share", "unit"), [(1.0, Unit.KMH), (MPH, Unit.MPH)])
    def test_a_distance_that_jumps_ten_metres_settles_it_all_the_same(
        self, share: float, unit: Unit
    ) -> None:
        check = UnitCheck()
        for second in range(400):
            way = int(share * second * 2) // 10 * 10
            check = check.add(1000.0 + second, 720, way)
        assert check.unit is unit

    def test_a_belt_with_nobody_on_it_settles_nothing(self) -> None:
        """Miles, and a runner who stands beside the belt for 38 % of the time."""
        check, way = UnitCheck(), 0.0
        for second in range(2000):
            way += 2 * MPH if second % 90 < 56 else 0.0
            check = check.add(1000.0 + second, 720, int(way))
            assert check.unit is not Unit.KMH

    def test_who_comes_back_settles_it(self) -> None:
        check, way = UnitCheck(), 0.0
        for second in range(400):
            way += 2 if second > 40 else 0
            check = check.add(1000.0 + second, 720, int(way))
        assert check.unit is Unit.KMH


class TestBoundaries:
    AT = 1000.0

    def so_far(
        self,
        *,
        unit: Unit = Unit.UNKNOWN,
        speed: int = 0,
        last_m: int = 0,
        integral_m: float = 0.0,
        still_m: float = 0.0,
    ) -> UnitCheck:
        """A comparison under way, since the counter was at 0."""
        return UnitCheck(unit, self.AT, speed, 0, last_m, integral_m, still_m)

    def test_nothing_was_compared_yet(self) -> None:
        nothing = UnitCheck(Unit.UNKNOWN, None, 0, 0, 0, 0.0, 0.0)
        assert UnitCheck() == nothing
        assert nothing.add(self.AT, 720, 50) == UnitCheck(
            Unit.UNKNOWN, self.AT, 720, first_m=50, last_m=50, integral_m=0.0, still_m=0.0
        )

    def test_a_belt_that_changes_its_speed_has_run_the_mean_of_both(self) -> None:
        check = self.so_far(speed=360).add(self.AT + 2, 720, 3)
        assert (check.integral_m, check.last_m, check.time) == (3.0, 3, self.AT + 2)

    @pytest.mark.parametrize(("metres", "unit"), [(199, Unit.UNKNOWN), (200, Unit.KMH)])
    def test_two_hundred_metres_are_enough(self, metres: int, unit: Unit) -> None:
        assert self.so_far(integral_m=200.0).add(self.AT, 0, metres).unit is unit

    @pytest.mark.parametrize(("integral_m", "goes_on"), [(321.8, True), (200 * 1.609344, False)])
    def test_as_many_by_its_speed_are_too_were_it_miles(
        self, integral_m: float, goes_on: bool
    ) -> None:
        check = self.so_far(integral_m=integral_m).add(self.AT, 0, 100)
        assert check.unit is Unit.UNKNOWN
        assert check.integral_m == (integral_m if goes_on else 0)

    @pytest.mark.parametrize(
        ("metres", "unit"),
        [
            (899, Unit.UNKNOWN),
            (900, Unit.KMH),
            (1100, Unit.KMH),
            (1101, Unit.UNKNOWN),
            (1528, Unit.UNKNOWN),
            (1529, Unit.MPH),
            (1689, Unit.MPH),
            (1690, Unit.UNKNOWN),
        ],
    )
    def test_a_tenth_more_or_less_may_be_km_h_and_a_twentieth_miles(
        self, metres: int, unit: Unit
    ) -> None:
        assert self.so_far(integral_m=1000.0).add(self.AT, 0, metres).unit is unit

    def test_a_way_without_any_speed_begins_anew(self) -> None:
        check = self.so_far().add(self.AT, 0, 200)
        assert (check.unit, check.first_m) == (Unit.UNKNOWN, 200)

    @pytest.mark.parametrize(
        ("after", "goes_on"), [(-0.25, False), (0.0, True), (3.0, True), (3.25, False)]
    )
    def test_three_seconds_between_two_samples_are_no_gap(
        self, after: float, goes_on: bool
    ) -> None:
        check = self.so_far(integral_m=50.0).add(self.AT + after, 0, 40)
        assert (check.integral_m == 50.0) is goes_on

    @pytest.mark.parametrize(("distance", "goes_on"), [(0, True), (-1, False)])
    def test_a_counter_that_falls_below_where_it_was_begins_anew(
        self, distance: int, goes_on: bool
    ) -> None:
        check = self.so_far(integral_m=5.0).add(self.AT, 0, distance)
        assert (check.integral_m == 5.0) is goes_on

    @pytest.mark.parametrize(("still_m", "goes_on"), [(23.0, True), (23.5, False)])
    def test_a_counter_may_stand_still_for_25_metres(self, still_m: float, goes_on: bool) -> None:
        ran = self.so_far(speed=720, last_m=60, integral_m=80.0, still_m=still_m)
        check = ran.add(self.AT + 1, 720, 60)
        assert (check.integral_m == 82.0) is goes_on
        assert check.still_m == (25.0 if goes_on else 0.0)

    def test_one_metre_more_and_it_stands_no_longer(self) -> None:
        ran = self.so_far(speed=720, last_m=60, integral_m=80.0, still_m=24.0)
        check = ran.add(self.AT + 1, 720, 61)
        assert (check.integral_m, check.still_m) == (82.0, 0.0)

    def test_km_h_once_shown_stay_shown_and_miles_may_turn_out_to_be_none(self) -> None:
        shown = self.so_far(unit=Unit.KMH)
        assert shown.add(self.AT, 720, 100) is shown
        miles = self.so_far(unit=Unit.MPH, integral_m=1000.0)
        assert miles.add(self.AT, 0, 1300).unit is Unit.MPH
        assert miles.add(self.AT, 0, 1000).unit is Unit.KMH

    def test_while_numbers_are_missing_nothing_is_new(self) -> None:
        gap = self.so_far(integral_m=50.0).add(self.AT, None, 40)
        assert gap.time is None
        assert gap.add(self.AT + 1, 720, None) is gap
        assert gap.add(self.AT + 1, 720, 60).integral_m == 0
