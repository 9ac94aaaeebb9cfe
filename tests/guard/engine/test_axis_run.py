"""One axis between writes: anchor, repeated writes and marks. Speeds in 0.01 km/h, seconds."""

from dataclasses import replace
from itertools import pairwise

import pytest

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.engine.reports import report_unresponsive
from bridge.guard.limits import Bound, Limits
from bridge.machines.learned import Echo, Interval, LearnedMachine
from bridge.values import INCLINE, SPEED
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


class TestStarting:
    @pytest.mark.parametrize(("resolution", "events"), [(20.0, 0), (10.0, 1)])
    def test_slower_keys_during_a_start_outlast_older_readings(
        self, resolution: float, events: int
    ) -> None:
        speed = replace(LEARNED.speed, resolution=resolution)
        line = Line(replace(LEARNED, speed=speed), found=0).starts(20).shows(80, 100, 100)
        line.names(90).names(80).shows(100, 100, 80)
        assert line.state()[1] == 80
        assert len(line.shows(80, 80).events()) == events


class TestUnread:
    @pytest.mark.parametrize(("start", "told", "after"), [(0, 50, 1.0), (50, 0, 49.0), (0, 0, 0.0)])
    def test_unreported_incline_estimate_moves_0_05_percent_per_second(
        self, start: int, told: int, after: float
    ) -> None:
        line = Line(incline=start).shows(800, incline=None)
        run = line.run.axes[INCLINE]
        run.state = AxisState.at(told, told)
        line.shows(800, 800, incline=None)
        assert run.open_loop == after


class TestOpenLoop:
    def test_incline_that_is_never_reported_moves_by_a_twentieth_of_a_percent_a_second(
        self,
    ) -> None:
        line = Line().shows(800, incline=None).asks(50, INCLINE)
        line.shows(*[800] * 60, incline=None)
        assert line.state(INCLINE)[1] == 35
        line.shows(*[800] * 40, incline=None)
        assert line.state(INCLINE)[1] == 50
        assert 50 >= line.run.axes[INCLINE].open_loop > 45


class TestReports:
    def test_first_of_several_equal_bounds_is_reported(self) -> None:
        line, bounds = steady(), (Bound(SPEED, 700.0, "envelope"), Bound(SPEED, 700.0, "range"))
        line.limits = Limits(bounds, ())
        (event,) = line.shows(800).journal.drain()[0]
        assert dict(event.values)["why"] == bounds[0].reason

    @pytest.mark.parametrize(("measured", "event"), [(21, "incline_stuck"), (20, "not_responding")])
    def test_only_a_deck_above_its_setpoint_is_stuck(self, measured: int, event: str) -> None:
        line = steady()
        report_unresponsive(line.run.axes[INCLINE], measured, 20, runaway=False)
        assert line.events() == [event]
