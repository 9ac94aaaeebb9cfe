"""A belt that starts, from its first reading to its own speed: golden timelines.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from dataclasses import replace

import pytest

from bridge.values import INCLINE, SPEED
from tests.guard.engine.line import HELD, Line, at_most
from tests.guard.engine.moments import LEARNED


class TestStarted:
    def test_belt_at_its_own_start_speed_gets_no_request_and_no_write(self) -> None:
        line = Line().starts(120).shows(120, 120, 120, 120)
        assert (line.state(), line.written(), line.run.settled) == ((None, 120), [], True)
        assert not line.run.gestures

    def test_belt_that_starts_faster_than_3_kmh_is_eased_to_that(self) -> None:
        line = Line().starts(500)
        settling = line.run.axes[SPEED].settling
        assert settling is not None
        assert settling.most == 300
        line.shows(500, 400, 300, 300, 300, 300)
        assert (line.written(), line.state()) == ([300], (None, 300))

    @pytest.mark.parametrize(
        ("readings", "first"),
        [
            ((290, 580, 870, 1000), 770),
            ((580, 1000, 1000), 900),
            ((100, 350, 700, 1000), 500),
            ((350, 900, 350, 350), 300),
            ((290, 290, 900, 290), None),
        ],
        ids=["even rise", "slow frames", "faster and faster", "garbage", "late garbage"],
    )
    def test_fast_start_is_eased_from_the_current_reading(
        self, readings: tuple[int, ...], first: int | None
    ) -> None:
        line = Line().starts(readings[0]).shows(*readings)
        assert next(iter(line.written()), None) == first

    def test_bound_below_the_start_speed_eases_the_belt(self) -> None:
        line = Line(limits=at_most(80)).starts(200).shows(200, 200, 100, 80, 80, 80)
        assert (line.written(), line.state()) == ([100, 80], (None, 80))

    def test_request_ends_the_settling_of_a_start(self) -> None:
        line = Line().starts(80).shows(80).asks(90).shows(80, 90, 90)
        assert (line.written(), line.state(), line.run.gestures) == ([90], (90, 90), frozenset())

    def test_target_named_during_a_start_is_the_setpoint(self) -> None:
        line = Line().starts(60).shows(60).names(90).shows(100, 100, 90, 90, 90)
        assert (line.state(), line.written(), line.events()) == ((None, 90), [], [])
        unknown = replace(LEARNED, names_current=None)  # which may name its own speed
        line = Line(unknown).starts(60).shows(60).names(90)
        assert line.state() == (None, 80)

    @pytest.mark.parametrize(("offset", "setpoint"), [(0.0, 30), (10.0, 20), (0.4, 30), (-5.0, 30)])
    def test_start_incline_is_adopted_as_the_target_that_fits_its_reading(
        self, offset: float, setpoint: int
    ) -> None:
        incline = replace(LEARNED.incline, offset=offset, spread=5.0, resolution=1.0)
        line = Line(replace(LEARNED, incline=incline), incline=30)
        assert line.state(INCLINE)[1] == setpoint
        line.shows(*[800] * 5, incline=30)
        assert line.state(INCLINE) == (setpoint, setpoint)

    @pytest.mark.parametrize(
        ("names", "named", "setpoint"),
        [
            (None, 90, 100),  # may be its own speed
            (None, 80, 80),  # a belt that starts does not fall
            (False, 90, 90),
            (True, 80, 100),
        ],
    )
    def test_key_pressed_down_while_a_belt_starts_is_obeyed(
        self, names: bool | None, named: int, setpoint: int
    ) -> None:
        line = Line(replace(LEARNED, names_current=names)).starts(100).shows(100, 100)
        assert line.names(named).state()[1] == setpoint

    def test_key_pressed_down_while_a_fast_start_is_eased_is_obeyed(self) -> None:
        line = Line().starts(500).shows(500, 400, 300).names(200)
        assert line.state() == (200, 200)

    def test_setpoint_follows_no_rise_after_a_refused_target_during_a_start(self) -> None:
        line = Line().starts(160).shows(160).names(1601).shows(240, 260)
        assert (line.state()[1], line.written()) == (160, [160])
        assert line.events() == ["unexpected_rise"]

    def test_press_above_the_start_speed_under_a_hold_ends_settling(self) -> None:
        line = Line(limits=HELD).starts(180).shows(180).names(500).shows(280, 180, 180)
        assert (line.state(), line.written()) == ((None, 180), [180])
        line.shows(100, 100, *[100] * 4)
        assert (line.state()[1], line.events()) == (100, ["limited", "console_slowed"])
