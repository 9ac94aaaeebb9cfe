"""One axis between writes: anchor, repeated writes and marks. Speeds in 0.01 km/h, seconds."""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.engine.expected import Expected
from bridge.guard.limits import Limits
from bridge.machines.learned import Echo, Interval, LearnedMachine, UnitVerdict
from bridge.values import INCLINE, SPEED, Axis
from tests.guard.engine.line import HELD, Line, at_most, steady
from tests.guard.engine.moments import LEARNED


def repeats(line: Line, reading: int, seconds: int) -> list[float]:
    """Return the seconds between writes to a belt that always reads the same."""
    times = []
    for _ in range(seconds):
        line.shows(reading)
        if line.written():
            times.append(line.now)
    return [later - before for before, later in pairwise(times)]


def lagging(lag_s: float) -> LearnedMachine:
    """Return the usual machine with a lag of up to so many seconds."""
    return replace(LEARNED, speed=replace(LEARNED.speed, lag_s=Interval(1.0, lag_s)))


class TestAnchor:
    def anchored(self, line: Line) -> tuple[Line, AxisRun]:
        run = line.run.axes[SPEED]
        run.anchor = 600
        return line, run

    def test_setpoint_held_for_20_s_is_the_anchor(self) -> None:
        line, run = self.anchored(Line(found=800).asks(800).shows(800))
        assert line.written() == [800]
        line.shows(*[800] * 19)
        assert run.anchor == 600
        line.shows(800)
        assert run.anchor == 800

    def test_request_is_the_anchor_and_ends_a_creep(self) -> None:
        line, run = self.anchored(steady())
        run.crept = line.now, 900
        line.asks(700)
        assert run.anchor == 700
        assert line.run.axes[SPEED].crept is None

    def test_belt_that_was_told_nothing_confirms_no_anchor(self) -> None:
        line, run = self.anchored(Line(found=800).shows(*[800] * 4))
        line.shows(*[800] * 25)
        assert run.anchor == 600


class TestBound:
    @pytest.mark.parametrize("asked", [True, False])
    def test_bound_between_two_steps_lowers_a_steady_belt_to_the_step_below_it(
        self, asked: bool
    ) -> None:
        line = steady(810) if asked else Line(found=810).shows(*[810] * 25)
        line.limits = at_most(809)
        assert line.shows(810).written() == [800]

    @pytest.mark.parametrize("asked", [True, False])
    def test_belt_at_its_bound_that_reads_a_little_more_is_not_lowered(self, asked: bool) -> None:
        line = Line(found=810, limits=at_most(810))
        line = line.asks(810) if asked else line.shows(*[810] * 25)
        line.shows(811, 811)
        assert line.state() == (810, 810)

    def test_belt_that_reads_its_bound_is_not_lowered_by_an_excess_at_another_speed(self) -> None:
        line = steady()
        line.run.axes[SPEED].over = 20.0
        line.limits = at_most(800)
        assert line.shows(800).written() == []

    def test_hold_stops_a_climb(self) -> None:
        line = steady().asks(900)
        line.limits = HELD
        assert line.shows(*[800] * 20).state() == (900, 800)

    def test_hold_does_not_lower_a_belt_that_the_console_has_raised(self) -> None:
        line = steady().names(850)
        line.limits = HELD
        assert line.shows(*[850] * 60).state() == (850, 850)

    @pytest.mark.parametrize(
        ("reading", "seconds", "over"),
        [(815, 11, 0), (816, 10, 0), (816, 11, 16), (820, 11, 20), (821, 11, 0)],
    )
    def test_belt_steady_above_its_bound_for_10_s_is_lowered_by_its_excess(
        self, reading: int, seconds: int, over: float
    ) -> None:
        """Only beyond noise and one report step, and within the readings of its setpoint."""
        line = steady()
        line.limits = at_most(800)
        run = line.run.axes[SPEED]
        run.still.restart(reading, line.now + 1.0)
        line.shows(*[reading] * seconds)
        assert run.over == over

    def test_belt_that_may_read_more_than_its_bound_is_judged_anew_every_10_s(self) -> None:
        line = steady(750, machine=replace(LEARNED, speed=replace(LEARNED.speed, spread=100.0)))
        line.limits = at_most(800)
        run = line.run.axes[SPEED]
        line.shows(*[830] * 10)
        assert run.still.lasted(line.now) == 9
        line.shows(830)
        assert (run.still.lasted(line.now), run.over) == (0, 0)

    def test_bound_lowers_a_started_belt_that_reads_less_than_its_setpoint(self) -> None:
        line = Line(found=0).starts(210).shows(*[210] * 25)
        line.limits = at_most(209)
        assert line.shows(205).written() == [200]


class TestRepeated:
    @pytest.mark.parametrize(
        ("lag_s", "seconds"),
        [(1.0, [2.0] * 5), (2.0, [3.0, *[2.0] * 4]), (4.0, [5.0, 4.0, 4.0])],
    )
    def test_write_repeats_every_2_s_or_lag_on_a_belt_that_does_not_slow_then_every_10_s(
        self, lag_s: float, seconds: list[float]
    ) -> None:
        line = steady(machine=lagging(lag_s)).asks(500)
        assert repeats(line, 800, 60) == [*seconds, *[10.0] * 4]


class TestUnresponsive:
    @pytest.mark.parametrize(("bound", "alarms"), [(800, 0), (790, 1)])
    def test_alarm_about_a_belt_that_does_not_slow_waits_until_a_bound_falls_below_it(
        self, bound: int, alarms: int
    ) -> None:
        line = steady().asks(500).shows(*[800] * 20)
        assert line.events() == ["not_responding"]
        line.limits = at_most(bound)
        assert line.shows(*[800] * 20).events() == ["unexpected_rise_alarm"] * alarms

    @pytest.mark.parametrize(("reading", "alarms"), [(865, 0), (870, 1)])
    def test_belt_within_its_noise_and_one_step_above_the_bound_raises_no_alarm(
        self, reading: int, alarms: int
    ) -> None:
        line = steady()
        line.limits = Limits(at_most(850).bounds, HELD.holds)
        assert line.shows(*[reading] * 20).events().count("unexpected_rise_alarm") == alarms

    @pytest.mark.parametrize(("droop", "seconds"), [(0.0, 21), (0.08, 37)])
    def test_belt_that_may_droop_to_its_reading_has_the_longest_time_to_respond(
        self, droop: float, seconds: int
    ) -> None:
        speed = replace(LEARNED.speed, droop=droop)
        line = steady(400, machine=replace(LEARNED, speed=speed)).asks(500)
        assert line.shows(*[400] * (seconds - 1)).events() == []
        assert line.shows(400).events() == ["not_responding"]

    @pytest.mark.parametrize(("reading", "fault"), [(800, False), (790, True)])
    def test_belt_that_reads_its_setpoint_responds_whatever_was_learned(
        self, reading: int, fault: bool
    ) -> None:
        """Readings of 8.4 to 8.8 km/h were learned for 8.0, from a belt that keys moved."""
        high = replace(LEARNED, speed=replace(LEARNED.speed, offset=60.0))
        line = Line(machine=high, found=800).asks(800).shows(*[reading] * 60)
        assert line.events() == ["not_responding"] * fault


class TestRefused:
    @pytest.mark.parametrize(
        ("press", "lower", "becomes"),
        [(790, 650, 650), (800, 740, 800)],
        ids=["it never came down", "it was there and left it"],
    )
    def test_rise_to_an_earlier_press_is_new_only_if_the_belt_had_reached_the_later_request(
        self, press: int, lower: int, becomes: int
    ) -> None:
        line = steady(700).names(press).shows(700).asks(lower)
        line.shows(720, 740, 760, 780, *[press] * 8)
        assert line.state()[0] == becomes

    def test_belt_that_comes_back_too_low_from_beyond_its_range_is_no_slower_press(self) -> None:
        line = steady().shows(1650, 1650)
        assert (line.written(), line.events()) == ([800], ["unexpected_rise"])
        line.shows(740, 750, 760, 770, 780)
        assert (line.state(), line.events()) == ((800, 800), [])


class TestReadings:
    """Machines without statuses or with reports of 0.5 km/h, from which presses are read."""

    SILENT = replace(LEARNED, echo=Echo.NEVER)
    FINE = replace(SILENT, speed=replace(LEARNED.speed, resolution=5.0))
    COARSE = replace(LEARNED, speed=replace(LEARNED.speed, resolution=50.0))

    def test_gesture_without_statuses_ends_although_the_reading_stays(self) -> None:
        line = steady(700, machine=self.SILENT).shows(*[950] * 5)
        assert line.events() == []
        assert line.shows(950).events() == ["console_raised"]

    @pytest.mark.parametrize(("reading", "becomes"), [(650, 700), (640, 640)])
    def test_fall_by_the_difference_of_two_steady_readings_is_obeyed(
        self, reading: int, becomes: int
    ) -> None:
        line = steady(700, machine=self.COARSE).shows(650, 650, reading)
        assert line.state()[0] == becomes

    def test_reading_at_the_setpoint_is_no_fall(self) -> None:
        line = steady(700, machine=self.FINE).asks(550).shows(550).asks(650).shows(550)
        assert line.state()[0] == 650

    def test_readings_of_an_earlier_press_do_not_lower_a_later_request(self) -> None:
        line = steady(700, machine=self.FINE).shows(550, 550).asks(565).shows(550, 550, 550)
        assert line.state()[0] == 565


class TestWrites:
    @pytest.mark.parametrize(
        ("request_", "correct", "reduction"),
        [(700, False, True), (800, False, False), (900, False, False), (800, True, True)],
        ids=["lower", "the same", "higher", "a correction"],
    )
    def test_write_that_lowers_or_corrects_is_a_reduction(
        self, request_: int, *, correct: bool, reduction: bool
    ) -> None:
        line = steady().asks(request_)
        line.run.axes[SPEED].correct = correct
        (target,) = line.shows(800).told
        assert target.reduction is reduction

    @pytest.mark.parametrize(("reading", "written"), [(80, []), (90, [50])])
    def test_belt_that_reads_the_least_speed_of_the_machine_is_not_corrected_below_it(
        self, reading: int, written: list[int]
    ) -> None:
        line = steady(100)
        run = line.run.axes[SPEED]
        run.state, run.correct = AxisState.at(50, 50), True
        assert line.shows(reading).written() == written

    @pytest.mark.parametrize(("spread", "most"), [(None, 500), (20.0, 480)])
    def test_only_a_stuck_belt_whose_rounding_is_unknown_gets_the_next_coarse_target(
        self, spread: float | None, most: int
    ) -> None:
        """Otherwise it gets at most what may read 4 km/h, and the lead of 0.6 km/h."""
        speed = replace(LEARNED.speed, spread=spread)
        line = Line(replace(LEARNED, speed=speed), found=400).asks(800)
        assert line.shows(*[400] * 12).state()[1] == min(most, 490)
        assert line.shows(*[400] * 12).state()[1] == most

    @pytest.mark.parametrize(("incline", "highest"), [(20, 76), (30, 56)])
    def test_excess_of_a_deck_counts_from_its_reading_only_if_it_was_steady_before_the_write(
        self, incline: int, highest: float
    ) -> None:
        line = Line(incline=20).shows(*[800] * 5, incline=20).asks(50, INCLINE)
        line.shows(*[800] * 4, incline=20).shows(800, incline=incline)
        assert line.written(INCLINE) == [25]
        run = line.run.axes[INCLINE]
        assert run.unit.highest(INCLINE, 50, 90, LEARNED.incline, 5.0) == highest


class TestQuiet:
    @pytest.mark.parametrize("unit_known", [True, False])
    def test_repeated_reading_of_a_steady_belt_whose_unit_is_known_is_not_judged_again(
        self, *, unit_known: bool
    ) -> None:
        line = steady(unit_known=unit_known)
        speed, incline = (run.quiet for run in line.run.axes.values())
        assert (speed, incline) == (LEARNED if unit_known else None, LEARNED)

    def test_fall_within_a_wide_tolerance_is_a_press_after_a_long_steady_time(self) -> None:
        speed = replace(LEARNED.speed, spread=100.0)
        line = steady(machine=replace(LEARNED, speed=speed))
        assert line.shows(735, 735).state() == (730, 730)

    def test_deck_that_wavers_is_judged_until_it_is_steady(self) -> None:
        line = Line(incline=50).shows(*[800] * 5, incline=50).asks(50, INCLINE)
        for _ in range(10):
            line.shows(800, incline=43).shows(800, incline=57)
        run = line.run.axes[INCLINE]
        assert not run.unit.verified
        line.shows(*[800] * 15, incline=57)
        assert run.unit.verified


class TestExpected:
    @pytest.mark.parametrize("reading", [780, 800, 820])
    def test_steady_reading_within_the_expected_interval_ends_a_commanded_fall(
        self, reading: int
    ) -> None:
        line = steady().shows(*[reading] * 4)
        run = line.run.axes[SPEED]
        setpoints = (-math.inf, 900), (line.now - 9.0, 800)
        run.expected = replace(run.expected, setpoints=setpoints, falls=line.now + 9.0)
        run.quiet = None
        line.shows(reading)
        assert run.expected.falls < line.now

    @pytest.mark.parametrize(
        ("axis", "spread", "bias"), [(INCLINE, None, 3), (INCLINE, 5.0, 0), (SPEED, None, 0)]
    )
    def test_write_keeps_the_excess_of_a_deck_whose_readings_are_not_learned(
        self, axis: Axis, spread: float | None, bias: float
    ) -> None:
        incline = replace(LEARNED.incline, spread=spread)
        machine = replace(LEARNED, incline=incline, targets=UnitVerdict.UNKNOWN)
        line = Line(machine, unit_known=False).shows(*[800] * 5)
        run = line.run.axes[axis]
        run.expected = replace(run.expected, bias=3.0)
        line.asks(0 if axis is INCLINE else 790, axis).shows(800)
        assert len(line.written(axis)) == 1
        assert run.expected.bias == bias

    def test_reading_at_the_end_of_the_interval_counts_for_a_fall_while_the_unit_is_unknown(
        self,
    ) -> None:
        machine = replace(LEARNED, targets=UnitVerdict.UNKNOWN)
        line = Line(machine, unit_known=False).asks(800).shows(*[800] * 3)
        run = line.run.axes[SPEED]
        run.unit.verified = False
        run.expected = Expected(0.0, 820.0, line.now, ((-math.inf, 800),))
        line.shows(820)
        assert run.console.motion.climbs(LEARNED.speed)

    def test_belt_is_expected_at_its_setpoint_without_an_excess_after_a_write(self) -> None:
        line = steady().asks(700).shows(800)
        assert line.written() == [700]
        assert line.run.axes[SPEED].expected.bias == 0
