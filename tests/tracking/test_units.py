"""Kilometres or miles, by distance and by targets. Speeds in 0.01 km/h, times in seconds."""

import pytest

from bridge.machines.learned import UnitVerdict
from bridge.tracking.learning.units import GAP_S, DistanceCheck, factor
from protocols.units import MPH

UNKNOWN, KMH, MILES = UnitVerdict


def counted(
    check: DistanceCheck, *samples: tuple[float, int, int], step: float = 0.0
) -> DistanceCheck:
    """Take samples of a time, a speed and a distance."""
    for now, speed, distance in samples:
        check = check.add(now, speed, distance, GAP_S, step)
    return check


class TestDistance:
    def ran(self, share: float, metres: int = 250, step: int = 1) -> DistanceCheck:
        check = DistanceCheck()
        for second in range(metres // 2 + 1):
            # The counter may have begun long before.
            way = 5000 + int(share * second * 2) // step * step
            check = check.add(1000.0 + second, 720, way, GAP_S, 0.0)
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

    def test_distance_check_needs_100_m(self) -> None:
        assert self.ran(1.0, metres=98).verdict is UNKNOWN
        assert self.ran(1.0, metres=104).verdict is KMH

    @pytest.mark.parametrize(
        ("driven", "step", "way", "verdict"),
        [
            (120, 0, 108, KMH),
            (120, 0, 107, UNKNOWN),
            (110, 0, 100, KMH),
            (110, 0, 99, UNKNOWN),  # too short
            (100, 0, 110, KMH),
            (100, 0, 111, UNKNOWN),
            (100, 0, 152, UNKNOWN),
            (100, 0, 153, MILES),
            (100, 0, 168, MILES),
            (100, 0, 169, UNKNOWN),
            # In two seconds, a speed rounded by 20 m/s hides 20 metres less and 40 more.
            (100, 7200, 122, KMH),
            (100, 7200, 123, UNKNOWN),
            (100, 7200, 154, UNKNOWN),
            (100, 7182, 154, MILES),
            (100, 7200, 155, MILES),
            (100, 7200, 236, MILES),
            (100, 7200, 237, UNKNOWN),
        ],
    )
    def test_distance_check_confirms_only_a_unit_that_rounding_cannot_explain(
        self, driven: int, step: int, way: int, verdict: UnitVerdict
    ) -> None:
        """Two seconds in which the belt drives so many metres, and the distance grows by more."""
        speed = 180 * driven
        begun = counted(DistanceCheck(), (1000, 0, 4998), (1001, speed, 4999), (1001, speed, 5000))
        check = counted(begun, (1003, speed, 4999 + way), step=step)
        assert check.verdict is verdict
        check = counted(begun, (1003, speed, 4999 + round(1.3 * driven)))
        check = counted(check, (1005, speed, 4999 + round(1.3 * driven) + way), step=step)
        assert check.verdict is verdict

    @pytest.mark.parametrize(("share", "verdict"), [(1.0, KMH), (MPH, MILES)])
    def test_distance_check_works_with_steps_of_10_m(
        self, share: float, verdict: UnitVerdict
    ) -> None:
        assert self.ran(share, step=10).verdict is verdict

    def test_distance_check_with_steps_of_20_m_needs_ten_steps(self) -> None:
        assert self.ran(1.0, metres=190, step=20).verdict is UNKNOWN
        assert self.ran(1.0, metres=260, step=20).verdict is KMH

    def test_distance_without_speed_gives_no_unit_verdict(self) -> None:
        check = counted(DistanceCheck(), (0, 0, 0), (1, 0, 300), (2, 0, 600))
        assert check.verdict is UNKNOWN

    @pytest.mark.parametrize(("speed", "distance"), [(None, 100), (720, None)])
    def test_alternating_fields_are_no_gap_in_the_distance(
        self, speed: int | None, distance: int | None
    ) -> None:
        check = DistanceCheck()
        for second in range(200):
            check = check.add(1000.0 + second, 720, second * 2, GAP_S, 0.0)
            check = check.add(1000.5 + second, speed, distance, GAP_S, 0.0)
        assert check.verdict is KMH

    def test_pause_or_falling_counter_restarts_the_distance_check(self) -> None:
        slow = back = DistanceCheck()
        for second in range(200):
            slow = slow.add(1000.0 + 4 * second, 720, 8 * second, GAP_S, 0.0)
            back = back.add(1000.0 + second, 720, 2 * (second % 40), GAP_S, 0.0)
        assert slow.verdict is UNKNOWN
        assert back.verdict is UNKNOWN

    @pytest.mark.parametrize(
        ("later", "back", "verdict"), [(3.0, 0, KMH), (3.1, 0, UNKNOWN), (1.0, 1, UNKNOWN)]
    )
    def test_gap_over_3_s_or_fall_of_1_m_restarts_the_distance_check(
        self, later: float, back: int, verdict: UnitVerdict
    ) -> None:
        check = self.ran(1.0, metres=98)
        now, way = 1049 + later, 5097 if back else 5098 + round(2 * later)
        assert counted(check, (now, 720, way), (now + 3, 720, way + 6)).verdict is verdict

    @pytest.mark.parametrize(
        ("step", "far"),
        [(1, 25), (10, 25), (20, 30)],  # metres
    )
    def test_distance_without_change_for_too_long_restarts_the_check(
        self, step: int, far: int
    ) -> None:
        """An empty belt, as some machines count it."""
        ran = max(100, 10 * step) - 20 + step
        for still, verdict in ((far, KMH), (far + 1, UNKNOWN)):
            times = range(ran + still + 1)
            check = counted(DistanceCheck(), *((t, 360, min(t, ran) // step * step) for t in times))
            assert counted(check, (times[-1], 360, times[-1])).verdict is verdict

    def test_distance_check_of_an_often_empty_belt_never_confirms_kmh(self) -> None:
        """Miles, and a runner who stands beside the belt for 38 % of the time."""
        check, way = DistanceCheck(), 0.0
        for second in range(2000):
            way += 2 * MPH if second % 90 < 56 else 0.0
            check = check.add(1000.0 + second, 720, int(way), GAP_S, 0.0)
            assert check.verdict is not KMH

    def test_distance_check_confirms_kmh_after_the_runner_returns(self) -> None:
        check, way = DistanceCheck(), 0.0
        for second in range(200):
            way += 2 if second > 40 else 0
            check = check.add(1000.0 + second, 720, int(way), GAP_S, 0.0)
        assert check.verdict is KMH

    @pytest.mark.parametrize(
        ("course", "verdict"),
        [
            ("k", KMH),
            ("m", MILES),
            ("km", KMH),
            ("kmm", MILES),
            ("kmkm", KMH),
            ("km?m", KMH),
            ("kmmk", MILES),
            ("kmmkk", KMH),
        ],
    )
    def test_unit_verdict_is_changed_by_two_consecutive_comparisons(
        self, course: str, verdict: UnitVerdict
    ) -> None:
        """The console's unit was switched; each letter is a comparison of 100 metres."""
        check, way = counted(DistanceCheck(), (0, 0, 0), (0, 36000, 1), (0, 36000, 2)), 1
        for second, letter in enumerate(course, 1):
            way += {"k": 100, "m": 160, "?": 130}[letter]
            check = counted(check, (second, 36000, way))
        assert check.verdict is verdict

    def test_stored_unit_verdict_is_changed_by_two_comparisons(self) -> None:
        check = counted(DistanceCheck(KMH), (0, 0, 0), (0, 36000, 1), (0, 36000, 2))
        check = counted(check, (1, 36000, 161))
        assert check.verdict is KMH
        assert counted(check, (2, 36000, 321)).verdict is MILES


class TestTargets:
    @pytest.mark.parametrize("each", [1.0, MPH, 1 / MPH])
    @pytest.mark.parametrize("off", [0.97, 1.0, 1.03])
    def test_unit_factor_is_found_from_two_agreeing_setpoints(
        self, each: float, off: float
    ) -> None:
        assert factor((400, 400 * each * off), (600, 600 * each * off), 0.0) == each

    @pytest.mark.parametrize(
        ("one", "other", "found"),
        [
            ((400, 640.0), (450, 720.0), None),  # too close to each other
            ((400, 640.0), (499, 803.0), None),
            ((400, 640.0), (500, 805.0), MPH),
            ((99, 160.0), (600, 965.0), None),  # too slow
            ((600, 965.0), (99, 159.0), None),
            ((100, 161.0), (600, 965.0), MPH),
            ((600, 965.0), (100, 161.0), MPH),
            ((400, 640.0), (600, 640.0), None),  # frozen
            ((1000, 1090.0), (700, 1127.0), None),  # falling
            ((400, 400.0), (600, 965.0), None),  # torn
            ((400, 520.0), (600, 780.0), None),  # neither
            # The same unit, up to 15 % off.
            ((1000, 850.0), (2000, 1700.0), 1.0),
            ((1000, 849.0), (2000, 1700.0), None),
            ((1000, 1150.0), (2000, 2300.0), 1.0),
            ((1000, 1151.0), (2000, 2300.0), None),
            # Miles for kilometres, only rounded.
            ((1000, 1560.0), (2000, 3120.0), MPH),
            ((1000, 1559.0), (2000, 3120.0), None),
            ((1000, 1660.0), (2000, 3320.0), MPH),
            ((1000, 1661.0), (2000, 3320.0), None),
            # Kilometres for miles, only rounded.
            ((1000, 600.0), (2000, 1200.0), 1 / MPH),
            ((1000, 599.0), (2000, 1200.0), None),
            ((1000, 645.0), (2000, 1290.0), 1 / MPH),
            ((1000, 646.0), (2000, 1290.0), None),
            # The readings change with the targets.
            ((400, 440.0), (500, 500.0), 1.0),
            ((400, 440.0), (500, 499.0), None),
            ((400, 400.0), (500, 550.0), 1.0),
            ((400, 400.0), (500, 551.0), None),
        ],
    )
    def test_two_setpoints_apart_show_a_factor_within_its_limits(
        self, one: tuple[int, float], other: tuple[int, float], found: float | None
    ) -> None:
        assert factor(one, other, 0.0) == found

    @pytest.mark.parametrize(
        ("one", "other", "found"),
        [
            ((360, 300.0), (580, 500.0), 1.0),  # rounded down to 1 km/h
            ((400, 500.0), (600, 600.0), 1.0),
            ((300, 400.0), (500, 700.0), None),  # it may be either
            ((200, 300.0), (600, 900.0), None),  # miles, rounded down
            ((400, 600.0), (600, 900.0), None),
            # A reading is up to one step lower or half a step higher than the belt.
            ((400, 240.0), (600, 460.0), 1.0),
            ((400, 239.0), (600, 460.0), None),
            ((500, 625.0), (700, 800.0), 1.0),
            ((500, 626.0), (700, 800.0), None),
            # Two readings differ by up to a step and a half more or less than the belt.
            ((400, 300.0), (500, 600.0), 1.0),
            ((400, 299.0), (500, 600.0), None),
            ((400, 500.0), (500, 410.0), 1.0),
            ((400, 500.0), (500, 409.0), None),
        ],
    )
    def test_coarse_reports_confirm_kmh_if_no_other_unit_is_possible(
        self, one: tuple[int, float], other: tuple[int, float], found: float | None
    ) -> None:
        assert factor(one, other, 0.0) is None
        assert factor(one, other, 100.0) == found
