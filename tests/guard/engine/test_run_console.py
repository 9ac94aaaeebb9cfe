"""Speed changes at the console during a run, slower and faster. Speeds in 0.01 km/h."""

from dataclasses import replace

import pytest

from bridge.machines.learned import Echo, Interval
from bridge.values import INCLINE, SPEED
from bridge.values.policy import Policy
from tests.guard.engine.line import HELD, Line, at_most, steady
from tests.guard.engine.moments import AXIS, LEARNED


class TestSlower:
    def test_fall_slower_than_5_s_is_no_press(self) -> None:
        wide = replace(LEARNED, speed=replace(AXIS, spread=80.0))
        line = steady(machine=wide).shows(789, 778, 767, 756, 745, 734, 730, 730, 730)
        assert (line.state(), line.events()) == ((800, 800), [])

    def test_write_that_crossed_a_press_is_corrected_after_the_gesture(
        self,
    ) -> None:
        line = steady().asks(900).shows(800)
        assert line.written() == [810]
        line.names(790).shows(800)
        assert line.written() == []
        line.shows(810)
        assert line.written() == [790]
        line.shows(800, 790, 790, 790)
        assert (line.state(), line.written(), line.events()) == (
            (790, 790),
            [],
            ["console_slowed"],
        )

    def test_write_that_left_before_a_press_could_withdraw_it_is_corrected_after_the_gesture(
        self,
    ) -> None:
        line = steady()
        line.names(790)
        line.run.axes[SPEED].sending(810, line.moment)  # decided before the press
        line.shows(800, 800)
        assert (line.state(), line.written()) == ((790, 790), [790])

    def test_write_that_undid_a_press_is_corrected_and_is_no_rise(self) -> None:
        line = steady(700).asks(720).shows(700, 700)
        assert line.written() == [710, 720]
        line.names(720)  # a key, at what was written a moment before
        line.names(690).names(720).shows(720)
        assert line.state() == (690, 690)
        line.shows(720, 720, 720)
        assert line.written()[:1] == [690]
        assert (line.state(), line.events()) == ((690, 690), ["console_slowed"])

    def test_doubtful_press_is_obeyed_after_2_s(self) -> None:
        line = steady(machine=replace(LEARNED, echo=Echo.UNKNOWN)).asks(900).shows(800, 810)
        line.written()
        line.names(810)
        assert line.run.gestures == {SPEED}
        assert line.shows(810).state()[0] == 900
        assert line.written() == []
        assert line.shows(810, 810).state() == (810, 810)

    def test_doubtful_press_raises_nothing_on_a_belt_that_was_slowed_further(self) -> None:
        line = steady(machine=replace(LEARNED, echo=Echo.UNKNOWN)).asks(900).shows(800, 810)
        line.written()
        line.names(810).shows(700, 700)
        assert line.state() == (700, 700)
        line.shows(700)
        assert (line.state(), line.written()) == ((700, 700), [])
        assert line.slowed[SPEED].to == 700

    def test_doubtful_press_raises_nothing_on_a_starting_belt_that_was_slowed_further(
        self,
    ) -> None:
        coarse = replace(LEARNED, echo=Echo.UNKNOWN, speed=replace(AXIS, grid=None))
        line = Line(machine=coarse).starts(310).shows(310, 310, 300)
        assert line.written() == [300]
        line.names(251).shows(210, 110)
        assert (line.state(), line.written()) == ((110, 110), [])

    def test_low_reading_is_a_gesture_only_once_a_second_sample_confirms_it(self) -> None:
        line = steady(800).shows(700)
        assert line.run.gestures == set()
        assert line.shows(800).state() == (800, 800)
        line.shows(700, 700)
        assert line.state() == (700, 700)
        assert line.run.gestures == {SPEED}

    @pytest.mark.parametrize("spread", [70.0, 50.0], ids=["within the band", "above the band"])
    def test_fall_soon_after_a_press_up_is_obeyed_on_a_machine_that_reads_low(
        self, spread: float
    ) -> None:
        low = replace(LEARNED, speed=replace(AXIS, offset=-60.0, spread=spread))
        line = steady(machine=low).shows(*[850] * 6)
        assert line.state() == (850, 850)
        line.shows(770, 770)
        assert (line.state(), line.written()) == ((770, 770), [])

    @pytest.mark.parametrize("echo", [Echo.EACH, Echo.NEVER])
    @pytest.mark.parametrize("shown", [770, 740])
    def test_press_down_on_a_belt_found_below_its_target_raises_nothing(
        self, echo: Echo, shown: int
    ) -> None:
        """It reads 8.0 at 8.6 km/h; one key sets it to 8.3, and perhaps a second one to 8.0."""
        low = replace(LEARNED, speed=replace(AXIS, offset=-60.0, spread=50.0), echo=echo)
        line = Line(machine=low, found=800).shows(*[800] * 25).names(830)
        if shown == 740:
            line.names(800)
        line.shows(*[shown] * 6)
        assert (line.state(), line.written()) == ((800, 800), [])
        assert line.events() == ["console_slowed"]

    @pytest.mark.parametrize(
        ("named", "request_", "writes"), [((15,), 15, [15]), ((15, 10), 10, [])]
    )
    def test_press_down_on_a_deck_that_reads_low_at_the_start_is_the_request(
        self, named: tuple[int, ...], request_: int, writes: list[int]
    ) -> None:
        """It reads 1.3 % at 2 %."""
        deck = replace(LEARNED.incline, offset=-7.0, spread=6.5, resolution=1.0, noise=0.5)
        line = Line(machine=replace(LEARNED, incline=deck), incline=13).starts(100)
        line.shows(100, incline=13)
        for value in named:
            line.names(value, INCLINE)
        line.shows(*[100] * 10, incline=named[-1] - 7)
        assert line.state(INCLINE) == (request_, request_)
        assert (line.written(INCLINE), line.events()) == (writes, ["console_slowed"])

    def test_fall_after_a_climb_is_obeyed_on_a_machine_that_reads_low(self) -> None:
        """A key outran a climb; what was still on its way is taken back, and 9.2 is asked for."""
        speed = replace(AXIS, fall_per_s=Interval(5.0, 100.0), offset=-60.0, spread=50.0)
        low = replace(LEARNED, speed=speed, echo=Echo.NEVER)
        line = steady(700, machine=low).asks(800).shows(700, *range(710, 800, 10), *[870] * 10)
        line.asks(920).shows(870, 880, 890, 900, 910, 920, 920)
        assert line.state() == (920, 920)
        line.shows(820, 820, 820)
        assert line.state() == (820, 820)

    def test_belt_that_slows_after_a_raised_request_is_no_console_press(
        self,
    ) -> None:
        """A key took it to 9.6 km/h, of which 8.9 was adopted; at 9.0 it reads 8.7 after 2 s."""
        uncertain = replace(LEARNED, speed=replace(AXIS, spread=80.0))
        line = steady(machine=uncertain).shows(*[890] * 6, *[960] * 30)
        assert (line.state(), line.written()) == ((890, 890), [])
        line.asks(900).shows(960, 960, 920, *[870] * 10)
        assert (line.state(), line.written(), line.events()) == ((900, 900), [900], [])


class TestFaster:
    def test_last_of_falling_targets_above_the_setpoint_is_the_request(self) -> None:
        """In one gesture, on a belt that has not followed yet."""
        line = steady(500).names(1200).names(1100).names(1000)
        request, setpoint = line.state()
        assert (request, setpoint <= 600) == (1000, True)

    def test_readings_before_our_write_arrived_raise_no_setpoint(self) -> None:
        late = replace(LEARNED, speed=replace(AXIS, lag_s=Interval(1.0, 6.0)))
        line = steady(800, machine=late, limits=at_most(800))
        line.shows(900, 1000, 1100, 1200, 1250, 1300, 1350, 1400, 1400)
        written = line.written()
        assert written == sorted(written, reverse=True)
        assert written[-1] == 800

    def test_press_above_the_allowance_climbs_by_the_ramp(self) -> None:
        line = steady().names(1200).shows(830, 880)
        assert line.written() == [900, 910]
        line.shows(*range(910, 1210, 10), *[1200] * 5)
        assert line.written() == [*range(920, 1210, 10)]
        assert (line.state(), line.events()) == ((1200, 1200), ["console_raised"])

    def test_press_above_a_bound_requests_the_bound_and_is_reported(self) -> None:
        line = steady()
        line.limits = at_most(850)
        line.shows(800).names(1000).shows(830, 850, 850, 850)
        assert (line.state(), line.events()) == ((850, 850), ["limited"])
        assert line.written()[-1] == 850

    def test_press_up_under_a_hold_is_written_back_and_reported(self) -> None:
        line = steady()
        line.limits = HELD
        line.shows(800).names(850).shows(810, 800, 800)
        assert (line.state(), line.written(), line.events()) == ((800, 800), [800], ["limited"])

    @pytest.mark.parametrize(
        ("value", "faults"), [(1600, set()), (1601, {"unexpected_rise_speed"})]
    )
    def test_console_target_beyond_the_range_is_written_back_and_reported_once(
        self, value: int, faults: set[str]
    ) -> None:
        line = steady().names(value)
        assert line.journal.faults == faults
        if faults:
            line.names(value)
            assert line.shows(800).written() == [800]
            assert (line.state(), line.events()) == ((800, 800), ["unexpected_rise"])

    def test_last_named_current_speed_is_used_instead_of_a_coarse_reading(self) -> None:
        coarse = replace(AXIS, resolution=100.0)
        line = steady(300, machine=replace(LEARNED, names_current=True, speed=coarse))
        line.names(460).shows(500).names(520).shows(500).names(470)  # it overshot
        assert line.shows(500, 500, 500).state()[0] == 470

    def test_rise_above_1_kmh_is_a_press_and_moves_the_anchor(self) -> None:
        line = steady(600, policy=replace(Policy(), speed_ramp=50.0)).shows(*[750] * 6)
        assert line.run.axes[SPEED].anchor == 750
        line.shows(*[790] * 6).shows(*[790] * 4)
        assert (line.state(), line.written()) == ((790, 790), [])

    def test_rises_without_a_status_are_adopted_up_to_2_kmh_above_the_anchor(self) -> None:
        line = steady()
        for speed in range(850, 1050, 50):
            line.shows(*[speed] * 12)
        assert (line.state(), line.written()) == ((1000, 1000), [])
        assert line.shows(*[1050] * 6).written() != []

    def test_belt_that_keeps_creeping_up_is_a_fault_and_is_sent_its_anchor(
        self,
    ) -> None:
        line = steady()
        for speed in range(850, 1150, 50):
            line.shows(*[speed] * 12)
        assert line.journal.faults == {"not_responding_speed"}
        assert line.events() == ["unexpected_rise_alarm"]
        assert (line.written()[-1], line.state()) == (800, (800, 800))

    def test_press_soon_after_the_last_rise_adopted_is_written_back_without_an_alarm(self) -> None:
        line = steady()
        for speed in range(850, 1150, 50):
            line.shows(*[speed] * 6)
        line.shows(*[1000] * 6)
        assert set(line.written()) == {1000}
        assert (line.state(), line.events()) == ((1000, 1000), [])

    @pytest.mark.parametrize(("held", "events"), [(1030, []), (1031, ["unexpected_rise_alarm"])])
    def test_only_a_belt_that_came_down_and_held_for_5_s_has_stopped_creeping(
        self, held: int, events: list[str]
    ) -> None:
        """The noise of two readings and one step below the 10.5 km/h at which it was written."""
        line = steady()
        for speed in range(850, 1100, 50):
            line.shows(*[speed] * 6)
        line.shows(*[held] * 12).shows(*[1100] * 6)
        assert line.events() == events

    @pytest.mark.parametrize(("lost", "events"), [(2, 1), (3, 1), (4, 2)])
    def test_lost_frames_do_not_end_a_fall_within_4_s(self, lost: int, events: int) -> None:
        line = steady(1000).shows(900, 850)
        line.shows(*[None] * lost).shows(700, *[650] * 6)
        assert line.events() == ["console_slowed"] * events

    def test_request_during_an_unconfirmed_rise_replaces_it(self) -> None:
        line = steady().shows(860, 860).asks(880).shows(860)
        assert line.state() == (880, 810)
        line.shows(860, 860, 870, 870, *[880] * 8)
        assert (line.state(), line.events()) == ((880, 880), [])

    def test_status_0_from_a_deck_that_reads_below_0_echoes_a_negative_write(self) -> None:
        line = Line(incline=-6).starts(100).shows(*[100] * 5, incline=-6)
        line.names(5, INCLINE).names(10, INCLINE).shows(100, incline=-5).names(15, INCLINE)
        line.shows(100, incline=-1).shows(100, incline=2)
        assert (line.state(INCLINE), line.written(INCLINE)) == ((15, -5), [-5])
        assert line.names(0, INCLINE).state(INCLINE) == (15, -5)

    def test_press_on_a_level_deck_that_reads_below_0_adds_one_step_to_the_request(self) -> None:
        line = Line(incline=-6).shows(*[800] * 5, incline=-6).asks(20, INCLINE)
        line.shows(800, incline=-6).names(5, INCLINE)
        assert line.state(INCLINE)[0] == 25

    def test_press_on_a_belt_at_an_off_grid_request_is_no_press_in_a_climb(
        self,
    ) -> None:
        line = steady(370).asks(372).shows(*[370] * 25)
        line.limits = at_most(600)
        line.shows(370).names(600)
        assert line.state()[0] == 600
        line.shows(*[400] * 5)
        assert "limited" not in line.events()


def test_unlearned_machine_may_round_its_first_two_writes_to_one_target() -> None:
    unlearned = replace(LEARNED, echo=Echo.UNKNOWN, speed=replace(AXIS, grid=None))
    line = Line(machine=unlearned, found=96).shows(*[96] * 8).asks(300).shows(96, 96)
    assert line.written() == [100, 110]
    assert line.names(96).state() == (300, 110)
    line.machine = replace(unlearned, echo=Echo.EACH)
    assert line.names(96).state() == (300, 110)
