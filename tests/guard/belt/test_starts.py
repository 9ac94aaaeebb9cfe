"""A belt that starts, from its first reading to its own speed: golden timelines.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

from dataclasses import replace

import pytest

from bridge.machines.learned import LearnedMachine
from bridge.values import INCLINE, SPEED
from tests.guard.engine.line import HELD, Line, at_most
from tests.guard.engine.moments import LEARNED

COARSE = replace(LEARNED, speed=replace(LEARNED.speed, resolution=50.0))


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
            (True, 0, 100),
        ],
    )
    def test_key_pressed_down_while_a_belt_starts_is_obeyed(
        self, names: bool | None, named: int, setpoint: int
    ) -> None:
        line = Line(replace(LEARNED, names_current=names)).starts(100).shows(100, 100)
        assert line.names(named).state()[1] == setpoint

    @pytest.mark.parametrize(("machine", "named"), [(LEARNED, 200), (COARSE, 260)])
    def test_key_pressed_down_while_a_fast_start_is_eased_is_obeyed(
        self, machine: LearnedMachine, named: int
    ) -> None:
        line = Line(machine).starts(500).shows(500, 400, 300).names(named)
        assert line.state() == (named, named)

    def test_rise_after_a_fast_start_was_eased_is_a_request(self) -> None:
        line = Line().starts(500).shows(500, 400, *[300] * 4, *[350] * 4)
        assert line.state() == (350, 350)

    @pytest.mark.parametrize(
        ("machine", "named", "state"),
        [
            (LEARNED, 90, (90, 90)),
            (LEARNED, 95, (90, 90)),
            (LEARNED, 110, (None, 110)),
            (LEARNED, 300, (None, 300)),
            (LEARNED, 310, (310, 100)),
            (COARSE, 50, (50, 50)),
            (COARSE, 51, (None, 51)),
        ],
    )
    def test_status_during_a_start_is_its_target_up_to_3_kmh_unless_it_is_lower_than_shown(
        self, machine: LearnedMachine, named: int, state: tuple[int | None, int]
    ) -> None:
        line = Line(machine).starts(100).shows(100).names(named)
        assert line.state() == state

    def test_status_below_a_coarse_reading_of_a_starting_belt_is_its_finer_speed(self) -> None:
        line = Line(replace(COARSE, names_current=None)).starts(100).shows(150).names(130)
        assert line.shows(150).state() == (None, 130)

    @pytest.mark.parametrize("names", [None, True])
    def test_start_at_the_old_speed_that_names_its_current_speed_is_eased_to_3_kmh(
        self, names: bool | None
    ) -> None:
        line = Line(replace(LEARNED, names_current=names)).starts(100)
        for speed in (200, 300, 400, 500, 600, 600, 500, 400, 300, 300, 300, 300):
            line.shows(speed).names(speed)
        assert (line.state(), line.events()) == ((None, 300), [])

    def test_setpoint_follows_no_rise_after_a_refused_target_during_a_start(self) -> None:
        line = Line().starts(160).shows(160).names(1601).shows(240, 260)
        assert (line.state()[1], line.written()) == (160, [160])
        assert line.events() == ["unexpected_rise"]

    def test_press_above_the_start_speed_under_a_hold_ends_settling(self) -> None:
        line = Line(limits=HELD).starts(180).shows(180).names(500).shows(280, 180, 180)
        assert (line.state(), line.written()) == ((None, 180), [180])
        line.shows(100, 100, *[100] * 4)
        assert (line.state()[1], line.events()) == (100, ["limited", "console_slowed"])


class TestFound:
    @pytest.mark.parametrize(
        ("readings", "written", "state"),
        [
            ([1200] * 6, [1100, 1000, 900, 800], (None, 800)),
            ([1200, 1200, *[800] * 4], [1100], (800, 800)),
            ([1200, 1200, 1000, *[600] * 3], [1100, 1000], (600, 600)),
        ],
        ids=["it does not fall yet", "it falls at once", "a person slows it further"],
    )
    def test_belt_found_above_its_bound_is_eased_and_never_raised(
        self, readings: list[int], written: list[int], state: tuple[int | None, int]
    ) -> None:
        line = Line(limits=at_most(800), found=1200).shows(*readings)
        assert (line.written(), line.state()) == (written, state)
        assert line.events() == (["limited"] if line.run.settled else [])

    @pytest.mark.parametrize(
        ("found", "others", "written"),
        [(1700, False, [1600]), (1700, True, []), (1610, False, [])],
    )
    def test_belt_found_above_its_range_by_more_than_a_step_is_sent_to_the_top(
        self, found: int, written: list[int], *, others: bool
    ) -> None:
        line = Line(found=found, others=others).shows(*[found] * 3)
        assert (line.written(), line.state()) == (written, (1600, 1600))

    @pytest.mark.parametrize(("names", "state"), [(None, (790, 790)), (True, (None, 800))])
    def test_key_pressed_down_before_a_found_belt_settles_is_obeyed(
        self, names: bool | None, state: tuple[int | None, int]
    ) -> None:
        line = Line(replace(LEARNED, names_current=names)).shows(800, 800).names(790)
        assert line.state() == state

    @pytest.mark.parametrize(
        ("machine", "readings"),
        [
            (LEARNED, (1000, 1020, *[1050] * 4, 1000, 1000)),
            (COARSE, (600, 620, *[650] * 4, *[600] * 4)),
        ],
    )
    def test_fall_from_the_speed_at_which_a_found_belt_settled_is_obeyed(
        self, machine: LearnedMachine, readings: tuple[int, ...]
    ) -> None:
        line = Line(machine, found=readings[0]).shows(*readings)
        assert line.state() == (readings[-1], readings[-1])

    def test_press_counts_from_the_speed_at_which_a_belt_settled(self) -> None:
        line = Line(found=600).shows(600, 700, *[800] * 4).names(950)
        assert line.state() == (950, 800)
        line = Line().starts(100).shows(*[100] * 4).names(190)
        assert line.state() == (190, 100)
        line = Line().starts(100).shows(100, 200, *[300] * 4, *[400] * 4)
        assert line.state()[0] == 400

    def test_single_higher_reading_after_a_start_writes_nothing(self) -> None:
        line = Line(COARSE).starts(100).shows(100, 150, *[200] * 4, 400)
        assert line.written() == []
