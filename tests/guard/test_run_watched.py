"""A belt that runs under guard: what is made of what it does by itself; see `running.py`."""

import math
from dataclasses import replace

import pytest

from bridge.guard.axis import AxisState
from bridge.guard.facts import Grid
from bridge.guard.journal import Journal
from bridge.guard.limits import Bound
from bridge.guard.respect import Respect
from bridge.guard.rules.response import Response
from bridge.guard.run import Run
from bridge.values import INCLINE, SPEED, Axis
from protocols.ftms.ranges import InclineRange, SpeedRange
from tests.guard.running import GRIDS, HERE, NOW, advance, found, only, told


class TestHand:
    def slowed(self, run: Run, *speeds: int, now: float = NOW) -> Run:
        for second, speed in enumerate(speeds):
            run.sample(SPEED, speed, GRIDS[SPEED], now + second, sound=True)
        return run

    def test_three_samples_below_are_adopted_and_said(self) -> None:
        run = found()
        run.asked.add(SPEED)
        run.correct.add(SPEED)
        self.slowed(run, 705, 705)
        assert told(run) == []
        self.slowed(run, 705, now=NOW + 2)
        assert run.axes[SPEED] == AxisState(705, 705.0, 700)
        assert run.respect.slowed == {SPEED: (NOW + 2, 705)}
        assert not run.asked | run.correct
        event = only(run)
        assert (event.type, event.details) == (
            "console_slowed",
            {"axis": "speed", "limit": "7.05 km/h"},
        )

    @pytest.mark.parametrize(
        ("axis", "at", "asked", "falls_to", "slowed"),
        [(SPEED, 700, 800, 696, False), (SPEED, 700, 800, 695, True), (INCLINE, 20, 40, 19, True)],
    )
    def test_where_it_does_not_climb_only_a_hand_makes_it_fall(
        self, axis: Axis, at: int, asked: int, falls_to: int, slowed: bool
    ) -> None:
        """The machine's step is the finest that there is; no console is as fine on its speed."""
        fine = {
            SPEED: Grid(SpeedRange(80, 1600, 1), told=True, settable=True),
            INCLINE: Grid(InclineRange(0, 150, 1), told=True, settable=True),
        }
        run = found({SPEED: 700, INCLINE: 20})
        run.axes[axis] = replace(run.axes[axis], written=asked)
        run.watches[axis] = run.watches[axis].wrote(NOW, asked, at)
        for now, value in enumerate([at, falls_to, falls_to, falls_to]):
            run.sample(axis, value, fine[axis], NOW + 60 + now, sound=True)
        assert ("console_slowed" in told(run)) is slowed

    def test_it_may_recover_to_what_it_was_told_if_a_step_may_have_slowed_it(self) -> None:
        assert self.slowed(found(), 720, 720, 720).watches[SPEED].told == 800
        assert self.slowed(found(), 719, 719, 719).watches[SPEED].told == -math.inf

    def test_a_status_is_a_hand_for_certain(self) -> None:
        run = found()
        run.status(SPEED, 720, GRIDS[SPEED], NOW)
        assert run.axes[SPEED] == AxisState(720, 720.0, 720)
        assert run.watches[SPEED].told == -math.inf

    def test_but_not_that_an_earlier_one_was_no_heavy_step(self) -> None:
        run = found()
        run.watches[SPEED] = replace(run.watches[SPEED], told=800.0)
        run.status(SPEED, 720, GRIDS[SPEED], NOW)
        assert run.watches[SPEED].told == 800

    def test_a_lower_request_stays_and_so_does_nobody_s(self) -> None:
        run = found()
        run.ask(SPEED, 400, at_once=False)
        run.status(SPEED, 700, GRIDS[SPEED], NOW)
        assert run.axes[SPEED].request == 400
        run = Run.started(NOW - 60, {SPEED: 800, INCLINE: 0}, 0, Journal(), Respect())
        run.status(SPEED, 700, GRIDS[SPEED], NOW)
        assert run.axes[SPEED].request == 700

    def test_a_wish_is_asked_for_gently_and_the_belt_set_back(self) -> None:
        run = found()
        run.status(SPEED, 1000, GRIDS[SPEED], NOW)
        assert run.axes[SPEED] == AxisState(1000, 800.0, 800)
        assert (run.asked, run.correct) == ({SPEED}, {SPEED})
        event = only(run)
        assert (event.type, event.details["limit"]) == ("console_raised", "10 km/h")
        assert not run.journal.faults

    @pytest.mark.parametrize(
        ("speed", "kind"), [(1680, "console_raised"), (1681, "unexpected_rise")]
    )
    def test_beyond_the_range_and_its_tolerance_nobody_can_wish(
        self, speed: int, kind: str
    ) -> None:
        run = found()
        run.status(SPEED, speed, GRIDS[SPEED], NOW)
        assert told(run) == [kind]

    def test_a_fault_is_set_back_and_nothing_rises_any_more(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=False)
        run.status(SPEED, 1700, GRIDS[SPEED], NOW)
        assert run.axes[SPEED].request == 800
        assert run.journal.faults == {"unexpected_rise_speed"}
        assert run.correct == {SPEED}
        event = only(run)
        assert event.type == "unexpected_rise"
        assert event.details == {"axis": "speed", "limit": "17 km/h", "setpoint": "8 km/h"}
        assert not run.journal.disobeyed

    def test_amid_garbage_a_rise_is_nobody_s_wish(self) -> None:
        run = found()
        run.sample(SPEED, 900, GRIDS[SPEED], NOW, sound=False)
        assert told(run) == ["unexpected_rise"]

    def test_a_belt_taken_for_slowed_recovers_no_higher_than_was_allowed(self) -> None:
        run = found()
        run.watches[SPEED] = replace(run.watches[SPEED], told=1000.0)
        advance(run, Bound(SPEED, 850, "envelope", "envelope"))
        assert not self.slowed(run, 890).correct
        assert self.slowed(run, 891).correct == {SPEED}

    def test_a_belt_that_falls_by_itself_is_not_corrected(self) -> None:
        run = found()
        assert self.slowed(run, 1000).correct == {SPEED}
        run.correct.clear()
        assert self.slowed(run, 990).correct == set()


class TestAlarm:
    def risen(self, run: Run, now: float) -> None:
        run.sample(SPEED, 1000, GRIDS[SPEED], now, sound=True)

    def corrected(self, *times: float) -> Run:
        run = found()
        run.watches[SPEED] = replace(run.watches[SPEED], corrections=times)
        return run

    def test_it_is_given_once_when_corrections_do_not_help(self) -> None:
        run = self.corrected(NOW - 6, NOW - 4, NOW - 2)
        self.risen(run, NOW)
        assert told(run) == ["unexpected_rise_alarm"]
        assert run.journal.disobeyed
        run.journal.disobeyed = False
        self.risen(run, NOW + 1)
        assert "unexpected_rise_alarm" not in told(run)
        assert not run.journal.disobeyed

    def test_and_again_with_each_correction_from_then_on(self) -> None:
        run = self.corrected(NOW - 6, NOW - 4, NOW - 2)
        self.risen(run, NOW)
        told(run)
        for later, again in ((7.75, False), (8.0, True)):  # 10 s after the last one
            self.risen(run, NOW + later)
            assert ("unexpected_rise_alarm" in told(run)) is again

    def test_and_again_when_that_was_over_meanwhile(self) -> None:
        run = self.corrected(NOW - 6, NOW - 4, NOW - 2)
        self.risen(run, NOW)
        run.watches[SPEED] = replace(run.watches[SPEED], corrections=())
        self.risen(run, NOW + 1)
        run.watches[SPEED] = replace(run.watches[SPEED], corrections=(NOW, NOW, NOW))
        told(run)
        self.risen(run, NOW + 2)
        assert "unexpected_rise_alarm" in told(run)

    def test_two_corrections_are_no_alarm(self) -> None:
        run = self.corrected(NOW - 4, NOW - 2)
        self.risen(run, NOW)
        assert told(run) == []
        assert not run.alarmed


class TestResponse:
    def stays(
        self,
        run: Run,
        axis: Axis,
        measured: int,
        *,
        seconds: float = 8.0,
        grid: Grid | None = None,
    ) -> Run:
        """It was there a moment ago, and still is some seconds later."""
        for now in (NOW, NOW + seconds):
            run.respond(axis, measured, grid or GRIDS[axis], now, 8.0)
        return run

    @pytest.mark.parametrize(("seconds", "failed"), [(7.75, False), (8.0, True)])
    def test_it_has_its_time(self, seconds: float, failed: bool) -> None:
        run = self.stays(found(), SPEED, 700, seconds=seconds)
        assert ("not_responding_speed" in run.journal.faults) is failed
        assert run.journal.disobeyed is failed

    def test_what_stays_where_is_said_with_what_it_was_told(self) -> None:
        run = self.stays(found({SPEED: 805, INCLINE: 20}), SPEED, 700)
        event = only(run)
        assert event.type == "not_responding"
        assert event.details == {"axis": "speed", "measured": "7 km/h", "limit": "8 km/h"}

    @pytest.mark.parametrize(("at", "kind"), [(100, "incline_stuck"), (0, "not_responding")])
    def test_an_incline_that_is_too_high_is_stuck(self, at: int, kind: str) -> None:
        run = self.stays(found({SPEED: 800, INCLINE: 50}), INCLINE, at)
        assert told(run) == [kind]

    def test_a_speed_that_is_too_high_is_not(self) -> None:
        assert told(self.stays(found(), SPEED, 900)) == ["not_responding"]

    @pytest.mark.parametrize(
        ("measured", "seconds", "again"),
        [(900, 7.75, set()), (900, 8.0, {SPEED}), (700, 8.0, set())],
    )
    def test_what_lowers_is_said_again_and_nothing_else(
        self, measured: int, seconds: float, again: set[Axis]
    ) -> None:
        assert self.stays(found(), SPEED, measured, seconds=seconds).correct == again

    def test_not_before_the_machine_had_time_to_answer(self) -> None:
        run = self.stays(found(), SPEED, 900)
        (target,) = advance(run, now=NOW + 8)
        assert (target.value, target.reduction) == (800, True)
        for seconds, again in ((9.75, set()), (10.0, {SPEED})):
            run.respond(SPEED, 900, GRIDS[SPEED], NOW + seconds, 8.0)
            assert run.correct == again

    def test_not_of_an_incline_that_cannot_be_set(self) -> None:
        run, fixed = found({SPEED: 800, INCLINE: 50}), replace(GRIDS[INCLINE], settable=False)
        run.most[INCLINE] = 50.0
        assert self.stays(run, INCLINE, 100, grid=fixed).responses[INCLINE].failed
        assert not run.correct

    @pytest.mark.parametrize(
        ("axis", "at", "measured", "failed"),
        [
            (SPEED, 500, 450, False),
            (SPEED, 500, 449, True),
            (SPEED, 1200, 1140, False),
            (SPEED, 1200, 1139, True),
            (INCLINE, 50, 40, False),
            (INCLINE, 50, 39, True),
        ],
    )
    def test_half_a_km_h_a_percent_or_the_tolerance_is_near_enough(
        self, axis: Axis, at: int, measured: int, failed: bool
    ) -> None:
        run = self.stays(found({**HERE, axis: at}), axis, measured)
        assert bool(run.journal.faults) is failed

    @pytest.mark.parametrize(("measured", "failed"), [(40, False), (39, True)])
    def test_a_percent_is_near_enough_for_a_machine_of_fine_steps_too(
        self, measured: int, failed: bool
    ) -> None:
        fine = Grid(InclineRange(0, 150, 1), told=True, settable=True)
        run = self.stays(found({**HERE, INCLINE: 50}), INCLINE, measured, grid=fine)
        assert bool(run.journal.faults) is failed

    def test_where_the_target_waits_for_the_belt_the_request_tells(self) -> None:
        run = found()
        run.axes[SPEED] = AxisState(1000, 800.0, 800, led=True)
        self.stays(run, SPEED, 800)
        assert only(run).details["limit"] == "10 km/h"

    def test_while_it_climbs_by_the_ramp_the_target_does(self) -> None:
        run = found()
        run.axes[SPEED] = AxisState(1000, 800.0, 800)
        assert not self.stays(run, SPEED, 800).journal.faults

    @pytest.mark.parametrize(("measured", "failed"), [(900, False), (901, True)])
    def test_a_belt_that_recovers_from_a_step_does_as_it_was_told(
        self, measured: int, failed: bool
    ) -> None:
        run = found()
        run.watches[SPEED] = replace(run.watches[SPEED], told=900.0)
        assert bool(self.stays(run, SPEED, measured).journal.faults) is failed

    def test_who_recovers_to_the_target_itself_responds_again(self) -> None:
        run = self.stays(found(), SPEED, 700)
        run.watches[SPEED] = replace(run.watches[SPEED], told=900.0)
        run.respond(SPEED, 800, GRIDS[SPEED], NOW + 20, 8.0)
        assert not run.journal.faults

    def test_one_that_is_too_slow_is_not_let_off_for_it(self) -> None:
        run = found()
        run.watches[SPEED] = replace(run.watches[SPEED], told=900.0)
        assert self.stays(run, SPEED, 700).journal.faults

    @pytest.mark.parametrize(("measured", "failed"), [(0, False), (60, False), (61, True)])
    def test_an_incline_that_cannot_be_set_is_to_be_within_the_bounds(
        self, measured: int, failed: bool
    ) -> None:
        fixed = Grid(InclineRange(0, 0, 5), told=True, settable=False)
        run = found()
        run.most[INCLINE] = 50.0
        assert bool(self.stays(run, INCLINE, measured, grid=fixed).journal.faults) is failed

    def test_before_there_is_a_bound_it_may_be_anywhere(self) -> None:
        fixed = Grid(InclineRange(0, 0, 5), told=True, settable=False)
        assert not self.stays(found(), INCLINE, 150, grid=fixed).journal.faults

    def test_it_is_over_when_the_belt_moves(self) -> None:
        run = self.stays(found(), SPEED, 700)
        told(run)
        run.respond(SPEED, 710, GRIDS[SPEED], NOW + 9, 8.0)
        assert not run.journal.faults
        assert run.responses[SPEED] == Response(NOW + 9, 710)
        assert told(run) == []

    def test_then_what_was_asked_falls_to_what_it_is_told(self) -> None:
        run = found()
        run.ask(SPEED, 900, at_once=False)
        self.stays(run, SPEED, 700, seconds=7.75)
        assert run.axes[SPEED].request == 900
        run.respond(SPEED, 700, GRIDS[SPEED], NOW + 8, 8.0)
        assert run.axes[SPEED].request == 800

    def test_what_nobody_asked_does_not(self) -> None:
        run = found()
        run.axes[SPEED] = replace(run.axes[SPEED], request=None)
        self.stays(run, SPEED, 700)
        assert run.axes[SPEED].request is None

    def test_a_fault_is_said_once(self) -> None:
        run = self.stays(found(), SPEED, 700)
        run.journal.disobeyed = False
        run.respond(SPEED, 700, GRIDS[SPEED], NOW + 20, 8.0)
        assert told(run) == ["not_responding"]
        assert not run.journal.disobeyed
