"""Effects of one press on an axis that runs steadily at 8 km/h. 0.01 km/h, seconds."""

import math
from dataclasses import replace

import pytest

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.engine.console import Console
from bridge.guard.engine.gesture import Press
from bridge.guard.engine.presses import ease_other, take_press, take_start, undo_press
from bridge.guard.engine.response import Response
from bridge.guard.limits import NO_LIMITS, Bound, Hold, Limits, Wait
from bridge.machines.learned import Echo, Interval, LearnedMachine
from bridge.values import SPEED
from tests.guard.engine.line import at_most, steady
from tests.guard.engine.moments import AXIS, LEARNED, moment

SILENT = replace(LEARNED, echo=Echo.NEVER)


class Belt:
    """A steady belt, and the moment of the next press."""

    def __init__(self, machine: LearnedMachine = SILENT, *, others: bool = False) -> None:
        line = steady(machine=machine)
        self.run: AxisRun = line.run.axes[SPEED]
        self.facts = moment(line.now, machine, others=others)

    def wrote(self, ago: float) -> "Belt":
        """Have the last write be that old."""
        self.run.wrote = self.facts.now - ago
        return self

    def press(
        self, value: int, *, named: bool = True, certain: bool = True, after: float = 0.0
    ) -> AxisRun:
        """Press a key, after some seconds."""
        facts = replace(self.facts, now=self.facts.now + after)
        press = Press(value, up=value > self.run.state.written, named=named, certain=certain)
        take_press(self.run, press, facts)
        return self.run


class TestSlower:
    @pytest.mark.parametrize(("anchor", "after"), [(800, 700), (700, 700), (600, 600)])
    def test_press_lowers_the_anchor_and_ends_a_correction(self, anchor: int, after: int) -> None:
        belt = Belt()
        belt.run.anchor, belt.run.correct = anchor, True
        run = belt.press(700)
        assert (run.anchor, run.correct) == (after, False)

    def test_possible_echo_moves_the_setpoint_and_keeps_the_request(self) -> None:
        belt = Belt().wrote(60.0)
        run = belt.press(700, certain=False)
        assert (run.state.request, run.state.written) == (800, 700)
        assert run.expected.setpoints == ((belt.facts.now, 700),)
        assert run.slowed == {}

    def test_press_resets_the_response_and_the_steady_time(self) -> None:
        belt = Belt().wrote(60.0)
        belt.run.response = Response(failed=True)
        run = belt.press(700)
        assert (run.response, run.quiet) == (Response(), None)
        assert run.still.lasted(belt.facts.now) == 0

    @pytest.mark.parametrize(
        ("lag", "ago", "crosses"),
        [(1.0, 1.75, True), (1.0, 2.0, False), (4.0, 3.75, True), (4.0, 4.0, False)],
    )
    def test_write_younger_than_2_s_or_the_lag_may_arrive_after_the_press(
        self, lag: float, ago: float, crosses: bool
    ) -> None:
        machine = replace(SILENT, speed=replace(AXIS, lag_s=Interval(0.5, lag)))
        run = Belt(machine).wrote(ago).press(700)
        assert (run.restate, len(run.expected.setpoints)) == (crosses, 1 + crosses)

    @pytest.mark.parametrize(
        ("request_", "wrote", "named", "resolution", "value", "finer"),
        [
            (None, False, True, 100.0, 760, True),
            (None, False, True, 100.0, 700, False),
            (None, False, True, 10.0, 795, False),
            (None, False, False, 100.0, 760, False),
            (None, True, True, 100.0, 760, False),
            (800, False, True, 100.0, 760, False),
        ],
        ids=["finer", "a whole step", "not coarse", "a reading", "written", "requested"],
    )
    def test_status_within_a_coarse_reading_of_a_steady_belt_is_no_press(
        self,
        *,
        request_: int | None,
        wrote: bool,
        named: bool,
        resolution: float,
        value: int,
        finer: bool,
    ) -> None:
        belt = Belt(replace(SILENT, speed=replace(AXIS, resolution=resolution)))
        belt.run.state = replace(belt.run.state, request=request_)
        belt.wrote(60.0 if wrote else math.inf).press(value, named=named)
        assert (belt.run.slowed == {}) is finer
        assert belt.run.state.request == (None if finer else value // 10 * 10)
        assert belt.run.told == value
        assert finer or belt.run.expected.setpoints[-1][1] == value


class TestFaster:
    @pytest.mark.parametrize(("ago", "written"), [(0.75, False), (1.0, True)])
    def test_held_key_is_written_once_a_second(self, ago: float, written: bool) -> None:
        belt = Belt().wrote(ago)
        belt.run.beyond = True
        assert belt.press(1200).correct is written
        assert belt.run.state.request == 1200

    @pytest.mark.parametrize(("named", "request_"), [(True, 1070), (False, 1000)])
    def test_named_press_in_a_climb_raises_the_request_and_a_reading_does_not(
        self, named: bool, request_: int
    ) -> None:
        belt = Belt()
        belt.run.take_request(1000, at_once=True)
        assert belt.press(870, named=named).state.request == request_

    @pytest.mark.parametrize(
        ("values", "request_"),
        [((900,), 1100), ((910,), 1000), ((1090,), 1090), ((1090, 1100), 1100), ((870, 980), 1070)],
    )
    def test_quick_key_in_a_climb_names_its_target(
        self, values: tuple[int, ...], request_: int
    ) -> None:
        """The belt is at 8 km/h on its way to 10; more than 1 km/h at once is a quick key."""
        belt = Belt()
        belt.run.take_request(1000, at_once=True)
        requests = [belt.press(value).state.request for value in values]
        assert requests[-1] == request_

    def test_key_that_crosses_a_write_of_its_gesture_is_no_quick_key(self) -> None:
        belt = Belt()
        belt.run.take_request(1000, at_once=True)
        belt.press(870)
        belt.run.told = 800  # the setpoint is written again
        assert belt.press(910).state.request == 1110

    @pytest.mark.parametrize("value", [850, 1200])
    def test_belt_is_expected_at_the_pressed_value(self, value: int) -> None:
        belt = Belt().wrote(60.0)
        run = belt.press(value)
        assert (run.told, run.expected.setpoints) == (value, ((belt.facts.now, value),))

    @pytest.mark.parametrize(("value", "written"), [(900, 900), (910, 800)])
    def test_setpoint_is_written_only_beyond_the_ceiling(self, value: int, written: int) -> None:
        belt = Belt()
        belt.run.state = replace(belt.run.state, ceiling=900.0)
        run = belt.press(value)
        assert (run.state.written, run.beyond, run.correct) == (written, *[value > 900] * 2)

    @pytest.mark.parametrize(
        ("named", "faults"), [(True, set()), (False, {"unexpected_rise_speed"})]
    )
    def test_named_press_clears_the_unexpected_rise_fault(
        self, *, named: bool, faults: set[str]
    ) -> None:
        belt = Belt()
        belt.run.journal.faults.add("unexpected_rise_speed")
        assert belt.press(850, named=named).journal.faults == faults

    def test_press_clears_the_learned_excess_over_a_bound(self) -> None:
        belt = Belt()
        belt.run.over = 20.0
        assert belt.press(850).over == 0

    def test_first_of_several_holds_is_the_reason(self) -> None:
        belt = Belt()
        belt.run.limits = Limits((), (Hold("garbled"), Hold("settling")))
        assert belt.press(850).cut == belt.run.limits.holds[0].reason

    def test_first_of_several_equal_bounds_is_the_reason(self) -> None:
        belt = Belt()
        bounds = (Bound(SPEED, 850.0, "envelope"), Bound(SPEED, 850.0, "range"))
        belt.run.limits = Limits(bounds, ())
        assert belt.press(850).cut is None
        assert belt.press(900).cut == bounds[0].reason
        assert belt.run.state.request == 850

    @pytest.mark.parametrize(("value", "named", "anchor"), [(1000, True, 800), (870, False, 650)])
    def test_unwritten_rise_is_dropped_once_the_request_has_fallen(
        self, value: int, named: bool, anchor: int
    ) -> None:
        belt = Belt()
        belt.run.anchor = anchor
        belt.run.state = replace(belt.run.state, ceiling=900.0)
        run = belt.press(value, named=named)
        assert run.state.shaped > 800
        assert run.cap()
        assert (run.state.request, run.state.shaped, run.state.written) == (800, 800, 800)

    @pytest.mark.parametrize(
        ("ago", "named", "begins"), [(1.75, False, 900), (2.0, False, 950), (1.75, True, 950)]
    )
    def test_easing_begins_at_the_reading_unless_a_write_is_still_on_its_way(
        self, ago: float, named: bool, begins: float
    ) -> None:
        belt = Belt().wrote(ago)
        belt.run.measured = 950
        assert belt.press(1000, named=named).state.shaped == begins

    @pytest.mark.parametrize(
        ("anchor", "ceiling", "most"), [(600, 900.0, 800), (650, 900.0, 850), (650, 830.0, 830)]
    )
    def test_creeping_belt_is_adopted_up_to_2_kmh_above_its_anchor(
        self, anchor: int, ceiling: float, most: int
    ) -> None:
        belt = Belt()
        belt.run.anchor = anchor
        belt.run.state = replace(belt.run.state, ceiling=ceiling)
        state = belt.press(860, named=False).state
        assert (state.request, state.shaped, state.ceiling) == (most, most, most)

    @pytest.mark.parametrize(("after", "failed"), [(7.0, False), (7.25, True)])
    def test_belt_that_creeps_for_5_s_beyond_the_lag_does_not_respond(
        self, after: float, failed: bool
    ) -> None:
        belt = Belt()
        belt.run.anchor = 600
        belt.press(850, named=False)
        run = belt.press(850, named=False, after=after)
        assert (run.response.failed, run.journal.disobeyed) == (failed, failed)
        assert run.response.alarmed is failed  # the alarm was given
        assert run.state.request == (600 if failed else 800)

    @pytest.mark.parametrize(("most", "written"), [(830.0, 830), (790.0, 800), (900.0, 850)])
    def test_press_is_adopted_only_up_to_where_the_axis_waits(
        self, most: float, written: int
    ) -> None:
        """A press may add 0.5 km/h and 5 s of the ramp; one below the setpoint lowers nothing."""
        belt = Belt()
        belt.run.limits = replace(NO_LIMITS, waits=(Wait(SPEED, most, "slower", "first"),))
        state = belt.press(850).state
        run = belt.run
        run.advance(run.limits, 800, replace(belt.facts, now=belt.facts.now + 0.25), 0.25)
        assert (state.request, run.state.written) == (850, written)


class TestOthers:
    @pytest.mark.parametrize(("ago", "written"), [(59.75, False), (60.0, True)])
    def test_bound_is_written_once_a_minute(self, ago: float, written: bool) -> None:
        belt = Belt(others=True).wrote(0.0)
        belt.run.limits, belt.run.bounded = at_most(900.0), belt.facts.now - ago
        assert belt.press(900).correct is False
        assert belt.press(1000).correct is written
        assert (belt.run.state.request, belt.run.state.shaped) == (900, 900)

    @pytest.mark.parametrize(("value", "shaped"), [(1200, 1100), (1000, 1000), (800, 800)])
    def test_press_during_easing_continues_from_the_lower_value(
        self, value: int, shaped: int
    ) -> None:
        belt = Belt(others=True)
        belt.run.limits = at_most(900.0)
        belt.run.bounded, belt.run.eases = belt.facts.now, True
        belt.run.state = AxisState(900, 1100.0, 1100, 900)
        assert belt.press(value).state.shaped == shaped

    @pytest.mark.parametrize(
        ("falls_s", "ago", "shaped"),
        [(0.0, 60.0, 600), (-0.25, 2.0, 600), (-0.25, 2.25, 780)],
    )
    def test_falling_belt_gets_no_higher_setpoint_than_before(
        self, falls_s: float, ago: float, shaped: int
    ) -> None:
        belt = Belt(others=True).wrote(ago)
        run, now = belt.run, belt.facts.now
        run.limits, run.lower, run.told = at_most(500.0), 800, 600
        run.expected = replace(run.expected, falls=now + falls_s)
        ease_other(run, 780, belt.facts)
        assert run.state.shaped == shaped

    @pytest.mark.parametrize(("eases", "ceiling"), [(True, 643), (False, 600)])
    def test_easing_stops_at_a_bound_that_has_risen(self, eases: bool, ceiling: int) -> None:
        belt = Belt(others=True)
        belt.run.limits, belt.run.bounded, belt.run.eases = at_most(643.0), belt.facts.now, eases
        belt.run.state = AxisState(640, 1000.0, 640, 600)
        ease_other(belt.run, 1040, belt.facts)
        assert belt.run.state.ceiling == ceiling

    @pytest.mark.parametrize("named", [True, False])
    def test_press_after_another_app_left_starts_from_the_target_of_that_app(
        self, named: bool
    ) -> None:
        belt = Belt(others=True)
        belt.press(1000)
        belt.facts = replace(belt.facts, others=False)
        assert belt.press(1010, named=named).state.request == 1010

    def test_value_set_by_another_app_is_expected_and_no_gesture(self) -> None:
        belt = Belt()
        belt.press(850)
        belt.facts = replace(belt.facts, others=True)
        run = belt.press(1000)
        assert (run.expected.setpoints, run.console.gesture) == (((belt.facts.now, 1000),), None)


class TestStarts:
    def test_target_named_during_a_start_is_anchor_and_expected_setpoint(self) -> None:
        belt = Belt().wrote(math.inf)
        take_start(belt.run, 500, belt.facts)
        assert (belt.run.anchor, belt.run.state.written) == (500, 500)
        assert belt.run.expected.setpoints == ((belt.facts.now, 500),)

    def test_slower_keys_after_a_start_target_ease_the_belt(self) -> None:
        belt = Belt().wrote(math.inf)
        console = belt.run.console = Console(SPEED)
        take_start(belt.run, 1000, belt.facts)
        console.pressed(Press(900, up=True, named=True), 800, belt.facts)
        press = console.status(950, 800, 800, 800, belt.facts)
        assert press == Press(950, up=True, named=True, eases=True)


class TestUndonePress:
    @pytest.mark.parametrize(("ago", "arrived"), [(0.25, 0.25), (5.0, 1.0)])
    def test_write_that_undid_a_press_arrived_after_the_least_lag_at_most(
        self, ago: float, arrived: float
    ) -> None:
        belt = Belt()
        now = belt.facts.now
        for at, value in ((6.0, 800), (ago + 0.25, 805), (ago, 810)):
            belt.run.expected = belt.run.expected.wrote(now - at, value, AXIS)
        undo_press(belt.run, 820, belt.facts)
        assert belt.run.expected.setpoints[-1] == (now - arrived, 820)

    @pytest.mark.parametrize(
        ("value", "correct", "after"), [(850, False, False), (851, False, True), (700, True, True)]
    )
    def test_setpoint_is_written_at_once_to_a_belt_that_rises_by_more_than_a_press(
        self, value: int, *, correct: bool, after: bool
    ) -> None:
        belt = Belt()
        run = belt.run
        run.correct = run.console.undone = correct
        undo_press(run, value, belt.facts)
        assert (run.correct, run.restate, run.console.undone) == (after, True, False)
