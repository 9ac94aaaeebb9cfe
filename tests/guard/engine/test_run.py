"""A moving belt under the guard, from events to orders: golden timelines.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds.
"""

import math
from dataclasses import replace

import pytest

from bridge.guard import Decision
from bridge.guard.limits import NO_LIMITS
from bridge.machines.learned import UnitVerdict
from bridge.values import INCLINE, SPEED
from tests.guard.engine.line import HELD, Line, at_most, steady
from tests.guard.engine.moments import AXIS, LEARNED
from tests.guard.rules.moment import FACTS

UNVERIFIED = replace(LEARNED, reports=UnitVerdict.UNKNOWN, targets=UnitVerdict.UNKNOWN)


class TestFound:
    def test_start_does_not_wait_for_an_incline_that_cannot_be_set(self) -> None:
        flat = {**FACTS.grids, INCLINE: replace(FACTS.grids[INCLINE], settable=False)}
        line = Line()
        moment = replace(line.moment, grids=flat)
        line.run.sample({SPEED: 800, INCLINE: 30}, moment)
        assert line.state(INCLINE)[0] is None
        targets = line.run.advance(
            at_most(40, axis=INCLINE), {SPEED: 800, INCLINE: 30}, moment, 1.0
        )
        assert (targets, line.run.axes[INCLINE].bound) == ((), 40)

    def test_press_after_a_fast_start_is_adopted_up_to_3_kmh_and_the_ramp_since(self) -> None:
        line = Line().starts(849).shows(*[849] * 7)
        assert line.written()[-1] == 300
        assert line.run.axes[SPEED].state.ceiling == 300 + 6 * 10  # 0.1 km/h per s

    def test_request_on_an_axis_that_can_no_longer_be_set_is_dropped(self) -> None:
        line = steady().asks(20, INCLINE)
        flat = {**FACTS.grids, INCLINE: replace(FACTS.grids[INCLINE], settable=False)}
        line.run.advance(NO_LIMITS, {SPEED: 800, INCLINE: 0}, replace(line.moment, grids=flat), 1.0)
        assert line.state(INCLINE)[0] is None
        assert line.state() == (800, 800)

    def test_axis_that_only_the_console_sets_has_no_target_in_the_decision(self) -> None:
        decision = Decision(setpoint={SPEED: 800, INCLINE: 20}, console_only=frozenset({INCLINE}))
        assert (decision.target(SPEED), decision.target(INCLINE)) == (800, None)

    @pytest.mark.parametrize(("speed", "reading"), [(0, 800), (1, 1)])
    def test_speed_reading_of_0_is_ignored_by_the_axis(self, speed: int, reading: int) -> None:
        assert steady().shows(speed).run.axes[SPEED].reading(0) == reading


class TestRequests:
    def test_lower_request_of_a_program_is_eased_and_of_a_person_written_at_once(self) -> None:
        assert steady().asks(500).shows(800).written() == [500]
        assert steady().asks(500, program=True).shows(800, 700, 600, 500).written() == [
            700,
            600,
            500,
        ]

    def test_ramp_waits_for_a_lagging_belt_five_seconds_ahead_of_it(self) -> None:
        line = steady().asks(1500).shows(*[800] * 8)
        # 800 could be a reading of 820.
        assert line.written() == [810, 820, 830, 840, 850, 860, 870, 880]


class TestBounds:
    @pytest.mark.parametrize(
        ("announced", "before", "told"),
        [
            (True, 900.0, []),
            (True, 800.0, []),
            (True, 700.0, ["limited"]),
            (True, math.inf, ["limited"]),
            (False, 900.0, ["limited"]),
        ],
    )
    def test_bound_announced_by_its_rule_is_not_reported_again_when_it_falls(
        self, announced: bool, before: float, told: list[str]
    ) -> None:
        line = steady()
        line.limits = at_most(before, announced=announced)
        if before < 800 or before == math.inf:
            line.run.axes[SPEED].limits = at_most(before)
        else:
            line.shows(800)
        line.limits = at_most(700, announced=announced)
        line.shows(800)
        assert line.events() == told

    def test_belt_steadily_above_its_bound_gets_less_and_keeps_its_request(
        self,
    ) -> None:
        machine = replace(LEARNED, speed=replace(AXIS, spread=60.0))
        line = steady(machine=machine)
        line.limits = at_most(800)
        line.shows(*[840] * 12, *[800] * 20)
        assert line.written() == [760]
        assert line.state() == (800, 760)


class TestUnverified:
    def test_steady_rise_by_factor_1_61_is_lowered_to_the_request_and_reported_once(self) -> None:
        line = Line(machine=UNVERIFIED, found=300, unit_known=False).asks(310)
        line.shows(300, 300, 400, *[499] * 12)
        assert (line.state(), set(line.written())) == ((310, 310), {310})
        assert line.events() in ([], ["not_responding"])
        line.machine = replace(UNVERIFIED, miles_suspected=True)
        line.shows(*[499] * 10, 400, *[306] * 8)
        assert (line.state(), line.events()) == ((190, 190), ["unexpected_rise"])
        assert "unexpected_rise_speed" in line.journal.faults
        line.machine = replace(UNVERIFIED, targets=UnitVerdict.MPH)
        line.written()
        line.shows(*[190] * 20)
        assert (line.written(), line.state(), line.events()) == ([190], (190, 190), [])


class TestResponse:
    def test_belt_that_does_not_slow_gets_the_setpoint_again_and_is_a_fault(self) -> None:
        line = steady().asks(500).shows(*[800] * 30)
        assert line.events() == ["not_responding"]
        assert set(line.written()) == {500}

    def test_belt_that_reads_above_a_sliding_bound_gets_each_step_once(self) -> None:
        line = steady()
        for bound in (770, 760, 750):
            line.limits = at_most(bound, announced=True, slides=True)
            line.shows(*[800] * 4)
        assert line.written() == [770, 760, 750]

    def test_belt_that_crept_up_and_does_not_respond_is_sent_its_anchor(self) -> None:
        line = steady(800).shows(*[860] * 8)
        assert line.state() == (860, 860)
        line.limits = HELD
        line.shows(*[1000] * 20)
        assert line.state() == (800, 800)
        assert "unexpected_rise_alarm" in line.events()

    def test_deck_that_does_not_go_down_is_reported_as_stuck(self) -> None:
        line = Line(incline=80).shows(*[800] * 5, incline=80)
        line.asks(20, INCLINE).shows(*[800] * 60, incline=80)
        assert line.events() == ["incline_stuck"]


class TestOthers:
    def test_target_set_by_another_app_is_followed_and_nothing_is_written(self) -> None:
        line = steady()
        line.others = True
        line.names(1000)
        assert line.state() == (1000, 1000)
        line.shows(1000).names(600)
        assert (line.state(), line.written(), line.events()) == ((600, 600), [], [])
        assert line.slowed == {}

    def test_belt_that_does_not_respond_after_another_app_had_control_is_a_fault(self) -> None:
        line = steady().asks(900).shows(*[800] * 6)
        line.others = True
        line.shows(*[800] * 40)
        line.others = False
        line.shows(*[800] * 8)
        assert line.events() == []
        line.shows(800, 800)
        assert line.events() == ["not_responding"]

    def test_belt_that_did_not_respond_before_another_app_had_control_stays_a_fault(self) -> None:
        line = steady().asks(900).shows(*[800] * 30)
        assert line.events() == ["not_responding"]
        line.others = True
        line.shows(*[800] * 40)
        line.others = False
        line.shows(*[800] * 20)
        assert (line.journal.faults, line.events()) == ({"not_responding_speed"}, [])

    def test_unit_detected_while_another_app_is_in_control_causes_no_write(self) -> None:
        line = Line(machine=UNVERIFIED, found=300, unit_known=False).asks(310)
        line.shows(300, 300, 400, *[499] * 12)
        assert line.written() == [310]
        line.others = True
        for verdict in (UnitVerdict.UNKNOWN, UnitVerdict.MPH):
            line.machine = replace(UNVERIFIED, miles_suspected=True, targets=verdict)
            line.shows(*[499] * 12)
        assert line.written() == []

    def test_belt_of_another_app_is_eased_to_its_bound_once_a_minute(self) -> None:
        line = steady()
        line.limits = at_most(900)
        line.asks(810).shows(800, 810)
        assert line.written() == [810]
        line.others = True
        for _ in range(70):
            line.names(1200).shows(1200)
        assert line.state() == (900, 900)
        assert line.written() == [900, 1080, 980, 900]
