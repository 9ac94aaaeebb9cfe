"""Conversion between true values (0.01 km/h, 0.1 %) and a machine's own numbers."""

from hypothesis import given
from hypothesis import strategies as st

from bridge.machines import PLAIN_EDGE, Edge, Profile, SpeedUnit
from bridge.machines.edge import MilesRange
from protocols.ranges import InclineRange, SpeedRange

MPH = 1.609344
TELLS_MILES = SpeedRange(50, 1200, 10)
"""0.5 to 12 mph in steps of 0.1 mph."""
TELLS_KMH = SpeedRange(80, 1600, 10)
MILES = Profile(
    reported_speed_unit=SpeedUnit.MPH,
    target_speed_unit=SpeedUnit.MPH,
    range_speed_unit=SpeedUnit.MPH,
)
TARGETS = Profile(target_speed_unit=SpeedUnit.MPH)


def written(edge: Edge, speed: int) -> int:
    return edge.speed_order(speed)


def inclined(edge: Edge, incline: int) -> int:
    return edge.incline_order(incline)


class TestDefaultProfile:
    @given(st.integers(0, 0xFFFF))
    def test_default_profile_passes_every_speed_unchanged(self, speed: int) -> None:
        assert written(PLAIN_EDGE, speed) == speed
        assert PLAIN_EDGE.target_speed(speed) == speed
        assert PLAIN_EDGE.reported_speed(speed) == speed

    @given(st.integers(-1000, 1000))
    def test_default_profile_passes_every_incline_unchanged(self, incline: int) -> None:
        assert inclined(PLAIN_EDGE, incline) == incline
        assert PLAIN_EDGE.incline(incline) == incline

    def test_kmh_profile_keeps_8_2_kmh_exactly(self) -> None:
        kmh = Profile(reported_speed_unit=SpeedUnit.KMH, target_speed_unit=SpeedUnit.KMH)
        edge = Edge(kmh, TELLS_KMH)
        assert (written(edge, 820), edge.target_speed(820)) == (820, 820)
        assert edge.reported_speed(820) == 820

    def test_default_profile_keeps_the_reported_ranges(self) -> None:
        edge = Edge(Profile(), TELLS_KMH, InclineRange(-30, 150, 5))
        assert edge.speed_range is edge.told_speed
        assert edge.incline_range is edge.told_incline
        assert (PLAIN_EDGE.speed_range, PLAIN_EDGE.incline_range) == (None, None)


class TestMiles:
    def test_reported_mph_is_converted_to_kmh(self) -> None:
        assert Edge(MILES).reported_speed(500) == 805

    def test_range_in_mph_is_narrowed_to_kmh(self) -> None:
        true = Edge(MILES, TELLS_MILES).speed_range
        assert true == MilesRange(80, 1931, 17)  # 0.5 mph is 0.805 km/h, 12 mph are 19.312

    def test_range_in_kmh_may_go_with_targets_in_mph(self) -> None:
        # 0.8 to 16 km/h holds 0.5 to 9.9 mph: 0.805 to 15.933 km/h.
        assert Edge(TARGETS, TELLS_KMH).speed_range == MilesRange(80, 1593, 17)

    def test_range_in_mph_may_go_with_targets_in_kmh(self) -> None:
        profile = Profile(range_speed_unit=SpeedUnit.MPH)
        edge = Edge(profile, SpeedRange(60, 380, 10))
        assert edge.speed_range == SpeedRange(100, 610, 10)
        assert written(edge, 500) == 500

    def test_mph_target_is_rounded_down_to_the_step_of_the_machine(self) -> None:
        # 8 km/h are 4.97 mph, and the machine knows 4.9.
        assert written(Edge(MILES, TELLS_MILES), 800) == 490
        assert written(Edge(TARGETS), 800) == 490

    def test_mph_target_below_the_minimum_is_not_raised(self) -> None:
        assert written(Edge(MILES, TELLS_MILES), 40) == 25

    @given(st.integers(0, 2000))
    def test_written_target_is_never_faster_than_the_request(self, speed: int) -> None:
        for edge in (Edge(MILES, TELLS_MILES), Edge(TARGETS, TELLS_KMH), Edge(TARGETS)):
            assert round(written(edge, speed) * MPH) <= speed

    @given(st.integers(5, 99))
    def test_speed_of_whole_tenths_of_a_mph_keeps_its_step(self, tenths: int) -> None:
        """They come in 0.01 km/h, to the nearest: 5.4 mph are 8.690458 km/h."""
        for edge in (Edge(MILES, TELLS_MILES), Edge(TARGETS, TELLS_KMH)):
            speed = round(10 * tenths * MPH)
            assert edge.target_speed(10 * tenths) == speed
            assert edge.speed_range is not None
            assert edge.speed_range.floor(speed) == speed
            assert written(edge, speed) == 10 * tenths

    @given(st.integers(0, 2000))
    def test_mph_range_has_the_grid_of_the_machine(self, wanted: int) -> None:
        for edge in (Edge(MILES, TELLS_MILES), Edge(TARGETS, TELLS_KMH)):
            true, told = edge.speed_range, edge.told_speed
            assert true is not None
            assert told is not None
            speed = true.floor(wanted)
            assert speed <= max(wanted, true.minimum)
            assert true.floor(speed) == speed
            number = written(edge, speed)
            assert number % 10 == 0
            assert speed == round(number * MPH)  # no second rounding down
            if true.minimum <= wanted <= true.maximum:
                assert wanted - number * MPH < 10 * MPH + 1  # none of its steps lies between
            assert (number if told is TELLS_MILES else number * MPH) >= told.minimum

    def test_floor_of_zero_or_nan_is_the_minimum_of_an_mph_range(self) -> None:
        true = Edge(MILES, TELLS_MILES).speed_range
        assert true is not None
        assert true.floor(float("nan")) == true.floor(0) == 80
        assert true.floor(float("inf")) == true.maximum == 1931  # 12 mph

    def test_target_named_in_mph_is_converted_to_kmh(self) -> None:
        assert Edge(TARGETS).target_speed(310) == 499


class TestDeclaredRanges:
    def test_declared_ranges_replace_the_reported_ranges(self) -> None:
        profile = Profile(
            speed_range=SpeedRange(100, 1200, 20), incline_range=InclineRange(-50, 150, 10)
        )
        edge = Edge(profile, TELLS_KMH, InclineRange(0, 0, 0))
        assert edge.speed_range == SpeedRange(100, 1200, 20)
        assert edge.incline_range == InclineRange(-50, 150, 10)

    def test_declared_range_is_in_kmh_even_for_mph_targets(self) -> None:
        profile = Profile(target_speed_unit=SpeedUnit.MPH, speed_range=SpeedRange(100, 1000, 10))
        edge = Edge(profile, SpeedRange(1, 2, 1))
        assert edge.speed_range == MilesRange(113, 998, 17)  # 0.7 to 6.2 mph
        assert written(edge, 113) == 70

    def test_declared_step_replaces_only_the_step_of_the_range(self) -> None:
        edge = Edge(Profile(speed_step=32, incline_step=10), TELLS_KMH, InclineRange(0, 150, 5))
        assert edge.speed_range == SpeedRange(80, 1600, 32)
        assert edge.incline_range == InclineRange(0, 150, 10)


class TestIncline:
    def test_incline_scale_is_applied_once_in_each_direction(self) -> None:
        edge = Edge(Profile(incline_scale=0.1), None, InclineRange(0, 1000, 60))
        assert edge.reported_incline(130) == 13
        assert edge.incline_range == InclineRange(0, 100, 6)
        assert inclined(edge, 13) == 120  # the machine's own step below 1.3 %
        assert inclined(edge, -10) == -100

    def test_incline_scale_without_a_range_is_applied_to_targets(self) -> None:
        assert inclined(Edge(Profile(incline_scale=2)), 25) == 12

    def test_incline_table_is_interpolated_for_readings_and_floored_for_targets(self) -> None:
        edge = Edge(Profile(incline_table=((10, 0), (20, 15), (40, 50))))
        assert [edge.incline(n) for n in (0, 10, 15, 20, 30, 40, 99)] == [0, 0, 8, 15, 33, 50, 50]
        asked = [inclined(edge, true) for true in (-5, 0, 14, 15, 49, 60)]
        assert asked == [10, 10, 10, 20, 20, 40]
        assert edge.incline_range == InclineRange(0, 50, 15)
        assert edge.reported_incline(20) == 15

    def test_declared_incline_offset_is_added_to_reported_values_only(self) -> None:
        edge = Edge(Profile(incline_offset=-60))
        assert edge.reported_incline(60) == 0
        assert edge.incline(30) == 30
        assert inclined(edge, 30) == 30

    def test_unreliable_incline_of_a_machine_is_not_reported(self) -> None:
        assert Edge(Profile(incline_reported=False)).reported_incline(150) is None
