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
