"""A belt that runs under guard: what is written. Wire units, seconds; see `running.py`."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bridge.guard.axis import AxisState
from bridge.guard.console import ConsoleWatch
from bridge.guard.decision import Target
from bridge.guard.facts import Grid
from bridge.guard.journal import Journal
from bridge.guard.limits import Bound, Hold, Wait
from bridge.guard.respect import Respect
from bridge.guard.run import Run
from bridge.values import INCLINE, SPEED, Axis
from protocols.ftms.ranges import InclineRange
from tests.guard.rules.moment import FACTS
from tests.guard.running import GRIDS, HERE, NOW, advance, found, only, told


class TestStarted:
    LEVEL: Mapping[Axis, int] = {SPEED: 80, INCLINE: 0}

    def started(self, incline: int | None, lowest: int = 0) -> Run:
        return Run.started(NOW, {SPEED: 80, INCLINE: lowest}, incline, Journal(), Respect())

    def test_it_is_at_the_slowest_and_nobody_asked(self) -> None:
        run = self.started(None)
        assert run.axes == {SPEED: AxisState(None, 80.0, 80), INCLINE: AxisState(None, 0.0, 0)}

    def test_for_three_seconds_what_it_does_by_itself_is_nobody_s_wish(self) -> None:
        run = self.started(None)
        assert run.watches == {
            SPEED: ConsoleWatch(setpoints=((NOW, 0), (NOW, 80)), low=80, writes=((NOW - 5, 80),)),
            INCLINE: ConsoleWatch(setpoints=((NOW, 0), (NOW, 0)), low=0, writes=((NOW - 5, 0),)),
        }
        assert not run.watches[SPEED].quiet(NOW + 2.75)
        assert run.watches[SPEED].quiet(NOW + 3)

    def test_an_incline_left_over_is_on_its_way_down_and_lowered(self) -> None:
        run = self.started(60)
        assert run.watches[INCLINE].low == 60
        assert run.watches[SPEED].low == 80
        assert run.correct == {INCLINE}

    @pytest.mark.parametrize(
        ("incline", "lowest", "corrects"),
        [(0, 0, False), (1, 0, True), (-20, -20, False), (0, -20, False), (10, 10, False)],
    )
    def test_what_lies_no_higher_than_level_ground_or_the_lowest_is_left(
        self, incline: int, lowest: int, corrects: bool
    ) -> None:
        run = self.started(incline, lowest)
        assert (INCLINE in run.correct) is corrects

    def test_a_declined_belt_has_been_there(self) -> None:
        assert self.started(-20, -20).watches[INCLINE].setpoints == ((NOW, -20), (NOW, -20))


class TestFound:
    def test_what_was_measured_is_request_target_and_setpoint(self) -> None:
        run = found({SPEED: 805, INCLINE: 20})
        assert run.axes[SPEED] == AxisState(805, 805.0, 800)
        assert run.watches[SPEED] == ConsoleWatch.begin(NOW - 60, 805)
        assert not any((run.asked, run.correct, run.alarmed, run.respect.slowed, run.responses))


class TestAsked:
    def test_it_is_written_and_marked_until_it_was(self) -> None:
        run = found()
        run.ask(SPEED, 700, at_once=True)
        assert advance(run) == (Target(SPEED, 700, reduction=True, asked=True),)
        assert advance(run) == ()

    def test_an_increase_is_no_reduction(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=True)
        assert advance(run) == (Target(SPEED, 810, reduction=False, asked=True),)
        assert advance(run) == (Target(SPEED, 820, reduction=False, asked=False),)

    def test_it_is_marked_too_where_the_ramp_takes_its_time(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=True)
        assert advance(run, dt=0.5) == ()
        assert advance(run, dt=0.5) == (Target(SPEED, 810, reduction=False, asked=True),)

    def test_the_same_again_is_written_again(self) -> None:
        run = found()
        run.ask(SPEED, 800, at_once=True)
        assert advance(run) == (Target(SPEED, 800, asked=True),)
        assert run.watches[SPEED].writes == ((NOW, 800),)

    def test_both_axes_at_once(self) -> None:
        run = found()
        run.ask(INCLINE, 10, at_once=True)
        run.ask(SPEED, 700, at_once=True)
        assert {target.axis: target.value for target in advance(run)} == {SPEED: 700, INCLINE: 10}

    def test_it_ends_the_fault_of_this_axis(self) -> None:
        run = found()
        run.journal.faults |= {"unexpected_rise_speed", "unexpected_rise_incline"}
        run.ask(SPEED, 700, at_once=True)
        assert run.journal.faults == {"unexpected_rise_incline"}


class TestCap:
    def test_what_is_not_reached_yet_is_asked_for_no_more(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=True)
        assert run.cap()
        assert {axis: state.request for axis, state in run.axes.items()} == HERE
        assert not run.cap()

    def test_of_what_is_below_the_setpoint_nothing_is_lost(self) -> None:
        run = found()
        run.ask(SPEED, 700, at_once=False)
        assert not run.cap()
        assert run.axes[SPEED].request == 700

    @pytest.mark.parametrize("incline", [-20, 0])
    def test_where_nobody_asked_nothing_is_lost(self, incline: int) -> None:
        run = Run.started(NOW, {SPEED: 80, INCLINE: incline}, incline, Journal(), Respect())
        assert not run.cap()
        assert {axis: state.request for axis, state in run.axes.items()} == {
            SPEED: 80,
            INCLINE: incline,
        }


class TestWritten:
    def test_a_setpoint_is_remembered_with_where_the_belt_was(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=True)
        advance(run, measured={SPEED: 790, INCLINE: 20})
        assert run.watches[SPEED].setpoints[-1] == (NOW, 810)
        assert run.watches[SPEED].low == 790
        assert run.watches[INCLINE].setpoints == ((NOW - 60, 20),)

    def test_a_bound_eases_and_is_said(self) -> None:
        run = found()
        bound = Bound(SPEED, 600, "envelope", "envelope")
        assert advance(run, bound) == (Target(SPEED, 700, reduction=True),)
        event = only(run)
        assert event.type == "limited"
        assert event.text == "Speed lowered to 6 km/h: the configured limit of 6 km/h."
        assert advance(run, bound) == (Target(SPEED, 600, reduction=True),)
        assert told(run) == []

    def test_a_bound_less_than_a_step_away_is_written_all_the_same(self) -> None:
        run = found({SPEED: 806, INCLINE: 20})
        assert run.axes[SPEED].written == 800
        assert advance(run, Bound(SPEED, 800, "envelope", "envelope")) == (Target(SPEED, 800),)

    def test_a_request_below_the_machine_s_least_is_not_written_again(self) -> None:
        run = found({SPEED: 80, INCLINE: 20})
        assert advance(run, Bound(SPEED, 79, "envelope", "envelope")) == ()
        assert run.axes[SPEED].request == 79

    def test_the_least_itself_is(self) -> None:
        run = found({SPEED: 80, INCLINE: 20})
        run.ask(SPEED, 80, at_once=True)
        assert advance(run) == (Target(SPEED, 80, asked=True),)

    def test_what_has_yet_to_be_climbed_to_is_written_when_it_is_there(self) -> None:
        run = found()
        run.ask(SPEED, 805, at_once=True)
        assert advance(run, dt=0.25) == ()
        assert advance(run, dt=0.25) == (Target(SPEED, 800, asked=True),)

    def test_one_axis_that_is_not_there_yet_keeps_the_other_from_nothing(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=False)
        run.ask(INCLINE, 10, at_once=True)
        assert [target.axis for target in advance(run, dt=0.5)] == [INCLINE]

    def test_under_a_hold_nothing_rises_on_either_axis(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=True)
        run.ask(INCLINE, 90, at_once=True)
        assert advance(run, Hold("stale", "stale")) == ()
        assert {axis: state.shaped for axis, state in run.axes.items()} == HERE

    def test_an_axis_waits_by_itself(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=True)
        run.ask(INCLINE, 90, at_once=True)
        wait = Wait(INCLINE, 20.0, "slower", "slower_first")
        assert [target.axis for target in advance(run, wait, dt=1.0)] == [SPEED]

    @pytest.mark.parametrize(("known", "speed"), [(True, 810), (False, 800)])
    def test_in_what_may_be_miles_it_climbs_as_many_kilometres(
        self, known: bool, speed: int
    ) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=True)
        advance(run, facts=replace(FACTS, unit_known=known))
        assert run.axes[SPEED].written == speed
        assert run.axes[SPEED].shaped == pytest.approx(810 if known else 800 + 10 / 1.609344)

    def test_the_incline_has_a_pace_of_its_own(self) -> None:
        run = found()
        run.ask(INCLINE, 90, at_once=True)
        advance(run)
        assert run.axes[INCLINE].shaped == 21.0
        run = found({SPEED: 800, INCLINE: 90})
        run.ask(INCLINE, 20, at_once=False)
        assert advance(run) == (Target(INCLINE, 85, reduction=True, asked=True),)

    def test_an_incline_that_cannot_be_set_is_not_written_but_bounded(self) -> None:
        run = found()
        fixed = Grid(InclineRange(0, 0, 5), told=True, settable=False)
        facts = replace(FACTS, grids={INCLINE: fixed, SPEED: GRIDS[SPEED]})
        run.ask(INCLINE, 10, at_once=True)
        run.ask(SPEED, 700, at_once=True)
        targets = advance(run, Bound(INCLINE, 15, "envelope", "envelope"), facts=facts)
        assert [target.axis for target in targets] == [SPEED]
        assert run.most == {INCLINE: 15, SPEED: 1600}


class TestCorrected:
    def test_the_setpoint_is_written_again_once(self) -> None:
        run = found()
        run.correct.add(SPEED)
        assert advance(run) == (Target(SPEED, 800, reduction=True),)
        assert run.watches[SPEED].corrections == (NOW,)
        assert advance(run) == ()

    def test_a_setpoint_that_moves_at_the_same_time_is_a_reduction_too(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=False)
        run.correct.add(SPEED)
        assert advance(run) == (Target(SPEED, 810, reduction=True, asked=True),)
        assert run.watches[SPEED].corrections == ()

    def test_what_is_written_as_a_correction_was_asked_as_well(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=False)
        run.correct.add(SPEED)
        assert advance(run, dt=0.5) == (Target(SPEED, 800, reduction=True, asked=True),)
        assert advance(run, dt=0.25) == ()

    def test_one_for_an_axis_that_cannot_be_set_is_dropped(self) -> None:
        run = found()
        run.correct.add(INCLINE)
        fixed = Grid(InclineRange(0, 0, 5), told=True, settable=False)
        facts = replace(FACTS, grids={SPEED: GRIDS[SPEED], INCLINE: fixed})
        assert advance(run, facts=facts) == ()
        assert not run.correct


class TestSaid:
    """A lowered request names its rule, unless that rule says so itself at that moment."""

    @pytest.mark.parametrize("rule", ["steep_incline", "cool_down"])
    def test_a_bound_that_came_down_and_tells_itself_is_not_told_twice(self, rule: str) -> None:
        run = found()
        advance(run)
        advance(run, Bound(SPEED, 700, rule, "cool_down"))
        assert told(run) == []

    def test_one_that_came_down_onto_the_request_did_come_down(self) -> None:
        run = found()
        advance(run, Bound(SPEED, 800, "cool_down", "cool_down"))
        advance(run, Bound(SPEED, 700, "cool_down", "cool_down"))
        assert told(run) == []

    def test_a_wish_above_a_bound_that_was_there_already_is_told(self) -> None:
        run = found()
        advance(run, Bound(SPEED, 800, "cool_down", "cool_down"))
        run.ask(SPEED, 801, at_once=False)
        advance(run, Bound(SPEED, 800, "cool_down", "cool_down"))
        assert only(run).text == "Speed lowered to 8 km/h: cool-down: at most 8 km/h now."

    def test_so_is_a_bound_that_was_there_when_the_belt_was_found(self) -> None:
        run = found()
        advance(run, Bound(SPEED, 700, "cool_down", "cool_down"))
        assert told(run) == ["limited"]

    def test_of_several_bounds_the_lowest_tells_itself_or_not(self) -> None:
        run = found()
        advance(run)
        envelope = Bound(SPEED, 700, "envelope", "envelope")
        advance(run, Bound(SPEED, 600, "cool_down", "cool_down"), envelope)
        assert told(run) == []

    def test_of_two_that_are_as_low_one_is_enough_to_tell_itself(self) -> None:
        run = found()
        advance(run)
        envelope = Bound(SPEED, 700, "envelope", "envelope")
        advance(run, envelope, Bound(SPEED, 700, "cool_down", "cool_down"))
        assert told(run) == []

    def test_what_nobody_asked_for_is_lowered_in_silence(self) -> None:
        run = Run.started(NOW - 60, {SPEED: 800, INCLINE: 0}, 0, Journal(), Respect())
        assert advance(run, Bound(SPEED, 700, "envelope", "envelope"))
        assert told(run) == []
