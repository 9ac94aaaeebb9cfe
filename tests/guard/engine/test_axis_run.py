"""One axis between writes: anchor, repeated writes and marks. Speeds in 0.01 km/h, seconds."""

from dataclasses import replace
from itertools import pairwise

import pytest

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.engine.reports import report_unresponsive
from bridge.guard.limits import Bound, Limits
from bridge.values import INCLINE, SPEED
from tests.guard.engine.line import Line, steady
from tests.guard.engine.moments import LEARNED


def repeats(line: Line, reading: int, seconds: int) -> list[float]:
    """Return the seconds between writes to a belt that always reads the same."""
    times = []
    for _ in range(seconds):
        line.shows(reading)
        if line.written():
            times.append(line.now)
    return [later - before for before, later in pairwise(times)]


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
    def test_write_repeats_every_2_s_on_a_belt_that_does_not_slow_then_every_10_s(self) -> None:
        line = steady().asks(500)
        assert repeats(line, 800, 60) == [3.0, *[2.0] * 4, *[10.0] * 4]


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
