"""One axis: starts, requests, other apps and reports. Speeds in 0.01 km/h, seconds."""

import math
from dataclasses import replace

import pytest

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.reports import report_unresponsive
from bridge.guard.limits import NO_LIMITS, Bound, Limits
from bridge.machines.learned import UnitVerdict
from bridge.values import INCLINE, SPEED
from tests.guard.engine.line import Line, at_most, steady
from tests.guard.engine.moments import LEARNED


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


class TestRequests:
    @pytest.mark.parametrize("unit_known", [True, False])
    def test_request_explains_a_rise_that_was_judged_and_no_other_reading(
        self, *, unit_known: bool
    ) -> None:
        """While the unit of targets is unknown, no reading after a write is a rise."""
        machine = LEARNED if unit_known else replace(LEARNED, targets=UnitVerdict.UNKNOWN)
        line = Line(machine=machine, unit_known=unit_known).asks(800).shows(800, 800, 850)
        run = line.run.axes[SPEED]
        assert run.unit.verified is unit_known
        high = run.expected.high
        assert high < 850
        line.asks(790)
        assert run.expected.high == (850 if unit_known else high)

    def test_belt_that_has_not_settled_has_no_request_to_lower(self) -> None:
        line = Line().shows(800)
        assert not line.run.cap()
        assert line.state()[0] is None

    def test_press_after_a_climb_beyond_the_allowance_is_adopted_again(self) -> None:
        line = steady().names(1000).shows(*[900] * 3, *[1000] * 30)
        assert line.state() == (1000, 1000)
        line.told.clear()
        line.names(1050).shows(*[1050] * 5)
        assert (line.state(), line.written()) == ((1050, 1050), [])

    def test_belt_that_begins_to_move_was_told_no_setpoint(self) -> None:
        line = Line(incline=50).starts(100)
        told = [run.expected.setpoints for run in line.run.axes.values()]
        assert told == [((-math.inf, 100),), ((-math.inf, 50),)]

    def test_bound_that_limited_a_press_is_not_the_reason_of_a_later_one(self) -> None:
        line = steady()
        line.limits = at_most(850)
        line.shows(800).names(900).shows(*[850] * 4)
        assert line.events() == ["limited"]
        line.limits = NO_LIMITS
        line.shows(850).names(1050).shows(850, 860, 870)
        assert line.events() == ["console_raised"]

    @pytest.mark.parametrize(("settable", "request_"), [(True, 20), (False, None)])
    def test_incline_that_is_not_reported_is_requested_where_it_was_if_it_can_be_set(
        self, *, settable: bool, request_: int | None
    ) -> None:
        line = Line(incline=20)
        run = line.run.axes[INCLINE]
        run.settle_unseen(settable=settable)
        assert (line.state(INCLINE), run.settling) == ((request_, 20), None)


class TestOthers:
    def test_belt_of_another_app_that_reads_its_bound_within_noise_gets_no_write(self) -> None:
        line = Line(found=810, limits=at_most(800), others=True).shows(*[810] * 5)
        assert line.written() == []

    def test_belt_of_another_app_that_was_eased_to_its_bound_is_eased_again_after_a_minute(
        self,
    ) -> None:
        line = Line(found=1000, limits=at_most(800), others=True).shows(1000, 1000, 1000, 900)
        assert line.shows(*[800] * 5).written()[-1] == 800
        line.limits = at_most(750)
        assert line.shows(*[800] * 45).written() == []
        assert line.shows(*[800] * 15).written()[-1] == 750

    def test_incline_of_another_app_is_eased_from_the_lower_of_its_last_two_readings(self) -> None:
        line = Line(others=True).shows(800, incline=0).shows(800, incline=50)
        assert line.run.axes[INCLINE].lower == 0

    def test_incline_of_another_app_without_a_reading_is_eased_from_level(self) -> None:
        line = Line(incline=-10, others=True).shows(800, incline=None)
        run = line.run.axes[INCLINE]
        run.limits = at_most(-5, axis=INCLINE)
        line.names(50, INCLINE)
        assert run.state.shaped == 0


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


@pytest.mark.parametrize(("eases", "shaped"), [(False, 800.0), (True, 900.0)])
def test_cap_drops_a_rise_that_waits_for_its_write_and_no_easing(
    eases: bool, shaped: float
) -> None:
    run = steady(800).run.axes[SPEED]
    run.state, run.eases = replace(run.state, shaped=900.0), eases
    run.cap()
    assert run.state.shaped == shaped
