"""The interval in which a belt that obeys can be. Speeds in 0.01 km/h, times in seconds."""

from dataclasses import dataclass, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bridge.guard.engine.expected import Expected
from bridge.machines.learned import Interval
from tests.guard.engine.moments import AXIS

STEP = 10.0


class TestInForce:
    def test_setpoint_applies_possibly_after_the_least_lag_surely_after_the_most(self) -> None:
        expected = Expected.at(0.0, 500, 500.0, AXIS).wrote(10.0, 800, AXIS)
        in_force = [expected.in_force(10.0 + s, AXIS) for s in (0, 0.75, 1, 1.75, 2, 60)]
        assert in_force == [(500, 500)] * 2 + [(500, 800)] * 2 + [(800, 800)] * 2

    def test_setpoints_older_than_the_lag_are_forgotten(self) -> None:
        expected = Expected.at(0.0, 500, 500.0, AXIS)
        for second in range(10):
            expected = expected.wrote(float(second), 500 + 10 * second, AXIS)
        assert [value for _, value in expected.setpoints] == [570, 580, 590]
        assert expected.wrote(60.0, 500, AXIS).setpoints == ((9.0, 590), (60.0, 500))

    def test_first_setpoint_applies_until_the_least_lag_has_passed(self) -> None:
        expected = Expected.at(0.0, 500, 500.0, AXIS).wrote(0.5, 800, AXIS)
        assert expected.in_force(0.5, AXIS) == (500, 500)


class TestMoved:
    def test_repeated_write_neither_raises_nor_lowers(self) -> None:
        again = Expected.at(0.0, 500, 500.0, AXIS).wrote(60.0, 500, AXIS)
        assert (again.raised, again.falls) == (float("-inf"), float("-inf"))

    def test_belt_may_overshoot_its_band_for_5_s_after_a_raise_reached_it(self) -> None:
        expected = Expected.at(0.0, 600, 600.0, AXIS).wrote(0.0, 800, AXIS)
        last = expected.moved(2 + 5.0, AXIS, STEP)
        assert last.high == 800 + 20 + 50
        assert last.moved(7.25, AXIS, STEP).high == 870 - 25 / 4
        assert last.moved(60.0, AXIS, STEP).high == 820

    def test_interval_of_the_belt_includes_its_droop(self) -> None:
        drooping = replace(AXIS, droop=0.08)
        assert Expected.at(0.0, 800, 800.0, AXIS).moved(60.0, drooping, STEP).low == 780 - 64

    def test_interval_of_a_low_reading_belt_includes_its_setpoint(self) -> None:
        low = replace(AXIS, offset=-60.0)
        expected = Expected.at(0.0, 800, 800.0, low).moved(60.0, low, STEP)
        assert (expected.low, expected.high) == (720, 800)
        lowered = expected.wrote(60.0, 700, low).moved(65.0, low, STEP)
        assert lowered.falls == 66
        assert lowered.seen(700.0, low, STEP, 63.0).falls == 63

    def test_gain_and_offset_shift_the_interval(self) -> None:
        odd = replace(AXIS, gain=1.05, offset=10.0)
        expected = Expected.at(0.0, 800, 850.0, odd).moved(60.0, odd, STEP)
        assert (expected.low, expected.high) == (830, 870)

    @pytest.mark.parametrize(
        ("before", "after", "between"), [(500, 800, (500, 720)), (800, 300, (380, 795))]
    )
    def test_interval_edges_move_freely_until_the_old_setpoint_has_expired(
        self, before: int, after: int, between: tuple[float, float]
    ) -> None:
        """Written at second 9, with a lag of 1 to 2 s: sure from second 11 on."""
        expected = Expected.at(0.0, before, before, AXIS).moved(8.0, AXIS, STEP)
        expected = expected.wrote(9.0, after, AXIS)
        expected = expected.moved(10.0, AXIS, STEP).moved(12.0, AXIS, STEP)
        assert (expected.low, expected.high) == between

    def test_backward_clock_does_not_move_the_expected_interval(self) -> None:
        expected = Expected.at(10.0, 500, 800.0, AXIS).moved(9.0, AXIS, STEP)
        assert (expected.low, expected.high) == (485, 815)


class TestCrossed:
    """A press to 7.0 km/h at second 1006; writes of the last 2 s may land after it."""

    @pytest.mark.parametrize(
        ("written", "falls"),
        [(800, float("-inf")), (700, float("-inf")), (699, 1008 + 1 / 25), (300, 1008 + 400 / 25)],
    )
    def test_expected_belt_may_fall_to_a_late_write_after_a_press(
        self, written: int, falls: float
    ) -> None:
        before = Expected.at(1000.0, 600, 600.0, AXIS).wrote(1004.0, 500, AXIS)
        before = before.wrote(1005.0, written, AXIS)
        pressed = Expected.at(1006.0, 700, 700.0, AXIS)
        crossed = pressed.crossed(before, 1006.0, 700, AXIS, 2.0)
        assert crossed.setpoints == ((1006.0, 700), (1005.0, written), (1006.0, 700))
        assert crossed.falls == falls

    def test_lowest_of_several_late_writes_sets_the_end_of_the_fall(self) -> None:
        before = Expected.at(1000.0, 600, 600.0, AXIS)
        for second, value in ((1004.5, 800), (1005.0, 300), (1005.5, 750)):
            before = before.wrote(second, value, AXIS)
        pressed = Expected.at(1006.0, 700, 700.0, AXIS)
        assert pressed.crossed(before, 1006.0, 700, AXIS, 2.0).falls == 1008 + 400 / 25

    @pytest.mark.parametrize(
        ("value", "falls"),
        [(700, 1008.5), (400, 1024 + 12 - 4), (300, 1024 + 16)],
    )
    def test_fall_to_a_late_write_is_shortened_by_a_higher_write(
        self, value: int, falls: float
    ) -> None:
        """A late write may take the belt to 3.0 km/h, 0.25 km/h each second."""
        before = Expected.at(1000.0, 300, 300.0, AXIS).wrote(1005.0, 300, AXIS)
        crossed = Expected.at(1006.0, 700, 700.0, AXIS).crossed(before, 1006.0, 700, AXIS, 2.0)
        assert crossed.falls == 1024
        assert crossed.wrote(1006.5, value, AXIS).falls == falls

    def test_press_written_again_may_lower_a_belt_that_a_late_write_raised(self) -> None:
        before = Expected.at(1000.0, 800, 800.0, AXIS).wrote(1005.0, 900, AXIS)
        crossed = Expected.at(1006.0, 700, 700.0, AXIS).crossed(before, 1006.0, 700, AXIS, 2.0)
        again = crossed.wrote(1006.5, 700, AXIS)
        assert (again.falls, again.raised) == (1008.5 + 200 / 25, float("-inf"))


class TestRests:
    @pytest.mark.parametrize(
        ("second", "low", "rests"), [(7.0, 0, False), (7.25, 0, True), (7.25, 1, False)]
    )
    def test_interval_rests_once_it_is_constant_and_every_write_has_arrived(
        self, second: float, low: float, rests: bool
    ) -> None:
        now = Expected.at(0.0, 800, 800.0, AXIS).moved(second, AXIS, STEP)
        for last in (replace(now, low=now.low - low), replace(now, high=now.high - low)):
            assert now.rests(last, AXIS) is rests

    @pytest.mark.parametrize(("second", "rests"), [(17.0, False), (17.25, True)])
    def test_interval_rests_only_after_the_newest_write_arrived(
        self, second: float, *, rests: bool
    ) -> None:
        now = Expected.at(0.0, 800, 800.0, AXIS).wrote(10.0, 800, AXIS).moved(second, AXIS, STEP)
        assert now.rests(now, AXIS) is rests


class TestSeen:
    def test_reading_narrows_the_interval_to_where_the_belt_can_be(self) -> None:
        wide = Expected.at(0.0, 800, 400.0, AXIS)
        seen = wide.seen(600.0, AXIS, STEP)
        assert (seen.low, seen.high) == (580, 815)
        falling = Expected.at(0.0, 400, 800.0, AXIS).seen(600.0, AXIS, STEP)
        assert (falling.low, falling.high) == (385, 620)

    def test_steady_excess_widens_the_interval_after_a_reading(self) -> None:
        above = replace(Expected.at(0.0, 800, 900.0, AXIS), bias=40.0)
        assert above.seen(800.0, AXIS, STEP).high == 820 + 40

    @pytest.mark.parametrize(("since", "falls"), [(4.0, 4.0), (4.25, 12.0)])
    def test_expected_fall_ends_after_equal_readings_for_long_enough(
        self, since: float, falls: float
    ) -> None:
        slow = replace(AXIS, noise=0.0, fall_per_s=Interval(20.0, 100.0))  # two steps take 1 s
        lowered = Expected.at(-1.0, 800, 800.0, slow).wrote(0.0, 600, slow).moved(5.0, slow, STEP)
        lowered = lowered.seen(600.0, slow, STEP)
        assert lowered.seen(600.0, slow, STEP, since).falls == falls

    def test_reading_leaves_room_for_droop_in_the_interval(self) -> None:
        drooping = replace(AXIS, droop=0.08)
        assert Expected.at(0.0, 400, 800.0, drooping).seen(600.0, drooping, STEP).high == 620 + 48
        assert Expected.at(0.0, 800, 400.0, drooping).seen(800.0, drooping, STEP).low == 780 - 64

    @pytest.mark.parametrize(
        ("measured", "since", "falls"),
        [
            (621, 3, 10),
            (620, 3, 3),
            (618, 2, 2),
            (618, 1, 10),
            (611, 1, 10),
            (610, 1, 1),
        ],
    )
    def test_belt_steady_since_before_the_lag_has_arrived_only_near_the_centre(
        self, measured: float, since: float, falls: float
    ) -> None:
        """Setpoint 6.0 km/h at second 0, with a lag of 2 s; it reads 5.8 to 6.2 there."""
        quiet = replace(AXIS, noise=0.0)
        lowered = Expected.at(-1.0, 800, 800.0, quiet).wrote(0.0, 600, quiet)
        assert lowered.falls == 10
        seen = lowered.moved(5.0, quiet, STEP).seen(measured, quiet, STEP, since)
        assert seen.falls == falls

    @pytest.mark.parametrize(("now", "falls"), [(1.75, 10), (2.0, 0.5), (10.0, 10)])
    def test_belt_arrives_no_earlier_than_after_the_lag_and_no_later_than_expected(
        self, now: float, falls: float
    ) -> None:
        lowered = Expected.at(-1.0, 800, 800.0, AXIS).wrote(0.0, 600, AXIS)
        assert lowered.moved(now, AXIS, STEP).seen(600.0, AXIS, STEP, 0.5).falls == falls

    @pytest.mark.parametrize(("third", "falls"), [(600, 3.0), (590, 12.4)])
    def test_expected_fall_ends_only_after_the_newest_lowering_arrived(
        self, third: int, falls: float
    ) -> None:
        lowered = Expected.at(-1.0, 800, 800.0, AXIS).wrote(2.0, 600, AXIS)
        lowered = lowered.wrote(3.0, third, AXIS).moved(4.5, AXIS, STEP)
        assert lowered.seen(590.0, AXIS, STEP, 3.0).falls == falls

    def test_unchanged_coarse_reading_does_not_end_a_fall(self) -> None:
        coarse = replace(AXIS, resolution=100.0)  # two steps and noise take up to 8.2 s
        lowered = Expected.at(-1.0, 800, 800.0, coarse).wrote(0.0, 600, coarse)
        assert lowered.moved(9.0, coarse, STEP).seen(600.0, coarse, STEP, 1.0).falls == 10
        assert lowered.moved(9.5, coarse, STEP).seen(600.0, coarse, STEP, 1.0).falls == 1

    def test_belt_slowed_at_the_console_may_fall_until_it_arrives(self) -> None:
        slowed = Expected.at(0.0, 800, 1000.0, AXIS)
        assert slowed.falls == 2 + 8
        raised = slowed.wrote(3.0, 900, AXIS).moved(4.0, AXIS, STEP)
        assert raised.seen(800.0, AXIS, STEP, 2.5).falls == 2.5
        assert Expected.at(0.0, 800, 850.0, AXIS).falls == float("-inf")


class TestFirstWrite:
    """The console chose the machine's target, which the bridge takes to be 8.0 km/h."""

    @pytest.mark.parametrize(
        ("measured", "falls"), [(860, float("-inf")), (861, 2 + 51 / 25), (910, 2 + 4)]
    )
    def test_raised_setpoint_may_lower_a_belt_that_reads_above_it(
        self, measured: int, falls: float
    ) -> None:
        found = Expected.at(-60.0, 800, 800.0, AXIS, told=False)
        raised = found.wrote(0.0, 810, AXIS, measured=measured)
        assert (raised.raised, raised.falls) == (0, falls)
        assert raised.wrote(1.0, 820, AXIS, measured=measured).falls == falls - 10 / 25

    def test_raised_setpoint_after_an_earlier_write_lowers_no_belt(self) -> None:
        told = Expected.at(-60.0, 800, 800.0, AXIS)
        assert told.wrote(0.0, 810, AXIS, measured=910).falls == float("-inf")

    @pytest.mark.parametrize(("since", "falls"), [(1.75, 6), (2.0, 2.0)])
    def test_steady_belt_above_a_raised_setpoint_has_arrived_only_after_the_lag(
        self, since: float, falls: float
    ) -> None:
        wide = replace(AXIS, spread=100.0)
        found = Expected.at(-60.0, 800, 910.0, wide, told=False)
        raised = found.wrote(0.0, 810, wide, measured=910).moved(5.0, wide, STEP)
        assert raised.seen(900.0, wide, STEP, since).falls == falls


@dataclass
class Belt:
    """A belt with figures of its own, which tracks its setpoint; `pending` are due writes."""

    speed: float
    lag: float
    rise: float
    fall: float
    pending: list[tuple[float, int]]
    target: float

    def move(self, now: float, dt: float) -> None:
        """Move on to `now`."""
        for due, value in [p for p in self.pending if p[0] <= now]:
            self.target = value
            self.pending.remove((due, value))
        gap = self.target - self.speed
        self.speed += max(-self.fall * dt, min(self.rise * dt, gap))


within = st.floats(0.0, 1.0)


def between(interval: Interval, part: float) -> float:
    """Return a value of the interval."""
    return interval.low + part * (interval.high - interval.low)


class TestAnyBelt:
    @pytest.mark.unmeasured
    @given(
        lag=within,
        rise=within,
        fall=within,
        gain=st.floats(0.9, 1.1),
        offset=st.floats(-50.0, 50.0),
        wobble=st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=5),
        writes=st.lists(st.tuples(st.integers(1, 40), st.integers(8, 160)), max_size=12),
        frame=st.sampled_from([1, 2, 4, 8]),
    )
    @example(  # a setpoint that is in force between two samples only
        lag=0.0,
        rise=0.0,
        fall=1.0,
        gain=1.0,
        offset=0.0,
        wobble=[0.0],
        writes=[(1, 8), (1, 8), (1, 13), (18, 8), (2, 14)],
        frame=8,
    )
    def test_belt_that_moves_within_its_learned_figures_stays_in_the_interval(
        self,
        *,
        lag: float,
        rise: float,
        fall: float,
        gain: float,
        offset: float,
        wobble: list[float],
        writes: list[tuple[int, int]],
        frame: int,
    ) -> None:
        """Writes are (quarters of a second until it, target in 0.1 km/h)."""
        learned = replace(AXIS, gain=gain, offset=offset, noise=15.0)
        belt = Belt(
            300.0,
            between(learned.lag_s, lag),
            between(learned.rise_per_s, rise) / gain,
            between(learned.fall_per_s, fall) / gain,
            [],
            300.0,
        )
        expected = Expected.at(0.0, 300, learned.centre(300.0), learned)
        quarter = 0
        for wait, target in [*writes, (120, 0)]:
            for _ in range(wait):
                quarter += 1
                now = quarter / 4
                belt.move(now, 0.25)
                if quarter % frame == 0:
                    shown = gain * belt.speed + offset
                    shown += learned.noise * wobble[quarter % len(wobble)]
                    expected = expected.moved(now, learned, STEP)
                    assert expected.low - 1e-6 <= shown <= expected.high + 1e-6
                    expected = expected.seen(shown, learned, STEP)
            if target:
                expected = expected.wrote(quarter / 4, target * 10, learned)
                belt.pending.append((quarter / 4 + belt.lag, target * 10))
