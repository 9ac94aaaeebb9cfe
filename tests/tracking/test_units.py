"""Kilometres or miles, by distance and by targets. Speeds in 0.01 km/h, times in seconds."""

import pytest

from bridge.machines.learned import UnitVerdict
from bridge.tracking.learning.units import DistanceCheck, factor
from protocols.units import MPH

UNKNOWN, KMH, MILES = UnitVerdict


class TestDistance:
    def ran(self, share: float, metres: int = 250, step: int = 1) -> DistanceCheck:
        check = DistanceCheck()
        for second in range(metres // 2 + 1):
            # The counter may have begun long before.
            way = 5000 + int(share * second * 2) // step * step
            check = check.add(1000.0 + second, 720, way)
        return check

    @pytest.mark.parametrize(
        ("share", "verdict"),
        [
            (1.0, KMH),
            (0.95, KMH),
            (1.06, KMH),
            (MPH, MILES),
            (1.3, UNKNOWN),
            (0.5, UNKNOWN),
            (0.0, UNKNOWN),
        ],
    )
    def test_distance_compared_with_speed_shows_the_unit(
        self, share: float, verdict: UnitVerdict
    ) -> None:
        assert self.ran(share).verdict is verdict

    def test_a_hundred_metres_are_enough_and_fewer_are_not(self) -> None:
        assert self.ran(1.0, metres=98).verdict is UNKNOWN
        assert self.ran(1.0, metres=104).verdict is KMH

    @pytest.mark.parametrize(("share", "verdict"), [(1.0, KMH), (MPH, MILES)])
    def test_a_distance_that_jumps_ten_metres_settles_it_all_the_same(
        self, share: float, verdict: UnitVerdict
    ) -> None:
        assert self.ran(share, step=10).verdict is verdict

    def test_a_distance_that_jumps_twenty_metres_needs_ten_jumps(self) -> None:
        assert self.ran(1.0, metres=190, step=20).verdict is UNKNOWN
        assert self.ran(1.0, metres=260, step=20).verdict is KMH

    def test_a_distance_without_any_speed_tells_nothing(self) -> None:
        check = DistanceCheck().add(1000.0, 0, 0).add(1001.0, 0, 300).add(1002.0, 0, 600)
        assert check.verdict is UNKNOWN

    @pytest.mark.parametrize(("speed", "distance"), [(None, 100), (720, None)])
    def test_fields_in_turns_are_no_gap(self, speed: int | None, distance: int | None) -> None:
        check = DistanceCheck()
        for second in range(200):
            check = check.add(1000.0 + second, 720, second * 2)
            check = check.add(1000.5 + second, speed, distance)
        assert check.verdict is KMH

    def test_a_pause_and_a_counter_that_falls_begin_anew(self) -> None:
        slow = back = DistanceCheck()
        for second in range(200):
            slow = slow.add(1000.0 + 4 * second, 720, 8 * second)
            back = back.add(1000.0 + second, 720, 2 * (second % 40))
        assert slow.verdict is UNKNOWN
        assert back.verdict is UNKNOWN

    def test_a_belt_with_nobody_on_it_settles_nothing(self) -> None:
        """Miles, and a runner who stands beside the belt for 38 % of the time."""
        check, way = DistanceCheck(), 0.0
        for second in range(2000):
            way += 2 * MPH if second % 90 < 56 else 0.0
            check = check.add(1000.0 + second, 720, int(way))
            assert check.verdict is not KMH

    def test_runner_who_returns_settles_the_unit(self) -> None:
        check, way = DistanceCheck(), 0.0
        for second in range(200):
            way += 2 if second > 40 else 0
            check = check.add(1000.0 + second, 720, int(way))
        assert check.verdict is KMH

    def test_a_verdict_is_overruled_by_two_comparisons_in_a_row(self) -> None:
        """The console's unit was switched."""
        check, way, changed = self.ran(1.0), 5250.0, 0
        for second in range(200, 400):
            way += 2 * MPH
            check = check.add(1000.0 + second, 720, int(way))
            changed += check.verdict is MILES
        assert changed
        assert changed < 140


class TestTargets:
    @pytest.mark.parametrize("each", [1.0, MPH, 1 / MPH])
    @pytest.mark.parametrize("off", [0.97, 1.0, 1.03])
    def test_two_setpoints_agree_on_a_factor(self, each: float, off: float) -> None:
        points = [(400, 400 * each * off), (600, 600 * each * off)]
        assert factor(points) == each

    @pytest.mark.parametrize(
        "points",
        [
            [(400, 640.0)],
            [(400, 640.0), (450, 720.0)],
            [(400, 640.0), (600, 640.0)],
            [(1000, 1090.0), (700, 1127.0)],
            [(400, 400.0), (600, 965.0)],
            [(400, 520.0), (600, 780.0)],
            [(50, 80.0), (600, 965.0)],
        ],
        ids=["one", "close", "frozen", "falling", "torn", "neither", "too slow"],
    )
    def test_other_readings_show_no_factor(self, points: list[tuple[int, float]]) -> None:
        assert factor(points) is None

    @pytest.mark.parametrize(
        ("points", "found"),
        [
            ([(360, 300.0), (580, 500.0)], 1.0),  # rounded down to 1 km/h
            ([(400, 500.0), (600, 600.0)], 1.0),
            ([(300, 400.0), (500, 700.0)], None),  # it may be either
            ([(200, 300.0), (600, 900.0)], None),  # miles, rounded down
            ([(400, 600.0), (600, 900.0)], None),
        ],
    )
    def test_coarse_reports_show_kilometres_where_nothing_else_is_possible(
        self, points: list[tuple[int, float]], found: float | None
    ) -> None:
        assert factor(points) is None
        assert factor(points, 100.0) == found
