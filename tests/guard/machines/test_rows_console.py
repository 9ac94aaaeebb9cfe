"""A person at the console, on machines with traits: obeyed downwards, climbed to upwards.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds. What is learned is given as of a second
session, unless a test states another.
"""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from bridge.machines.learned import Echo
from bridge.values import Axis, Verb
from tests.guard.machines.treadmill import WARM, Says, Traits, Treadmill, learned, treadmill
from tests.guard.play import play

pytestmark = pytest.mark.unmeasured

SPEED, INCLINE = Axis.SPEED, Axis.INCLINE
ECHOES = pytest.mark.parametrize("says", [Says.PRESSES, Says.EACH], ids=["never", "each"])


def requested(rig: Treadmill) -> int | None:
    """Return the request for the speed."""
    return rig.decision.requested[SPEED]


class TestSlowerKey:
    @ECHOES
    @pytest.mark.parametrize(("times", "lag_s"), [(1, 2.0), (12, 0.5)])
    @pytest.mark.parametrize("phase", ["climb", "cool-down", "steady"])
    def test_slower_key_is_obeyed_within_1_5_s_and_not_undone(
        self, says: Says, times: int, lag_s: float, phase: str
    ) -> None:
        rig = treadmill(Traits(says=says, lag_s=lag_s)).goes(1000)
        if phase == "climb":
            rig.ask(Verb.SPEED, 1500)
        elif phase == "cool-down":
            rig.ask(Verb.FINISH)
        rig.wait(12)
        began, told = rig.now, rig.setpoint(SPEED)
        pressed = rig.target[SPEED]
        for _ in range(times):
            pressed = min(pressed, rig.target[SPEED]) - 10
            rig.press(SPEED, pressed).wait(0.5)
        rig.wait(1)
        request = requested(rig)
        assert request is not None
        assert request <= pressed
        assert rig.setpoint(SPEED) <= pressed
        rig.wait(30)
        assert max((t.value for w, t in rig.written if w > began + 1.5), default=0) <= pressed
        assert rig.speed <= pressed
        assert len(rig.heard("console_slowed")) == (pressed < told)
        assert not rig.heard("console_raised")

    @pytest.mark.parametrize("climbed_s", [1.0, 1.25, 1.5, 2.0, 3.5])
    def test_slower_press_that_may_be_an_echo_is_written_once_if_a_write_crossed_it(
        self, climbed_s: float
    ) -> None:
        traits = Traits(says=Says.PRESSES, lag_s=0.5)
        known = replace(learned(traits), echo=Echo.UNKNOWN)
        quick = replace(WARM, speed_ramp=50.0)
        rig = treadmill(traits, known=known, policy=quick).goes(900)
        rig.ask(Verb.SPEED, 1300)
        rig.wait(climbed_s)
        pressed = rig.target[SPEED] - 10
        began = rig.press(SPEED, pressed).now
        rig.wait(20)
        assert requested(rig) == rig.speed == pressed
        assert [t.value for when, t in rig.written if when > began + 1] == [pressed]
        assert len(rig.heard("console_slowed")) == 1

    @pytest.mark.parametrize("frame_s", [0.5, 1.0, 2.0])
    def test_fall_by_1_kmh_without_statuses_is_obeyed_in_3_s_or_2_frames(
        self, frame_s: float
    ) -> None:
        rig = treadmill(Traits(frame_s=frame_s, fall=100.0)).goes(1000)
        rig.wait(30).press(SPEED, 900)
        rig.wait(1 + frame_s + max(3.0, 2 * frame_s))
        assert requested(rig) == 900
        assert rig.wait(10).heard("console_slowed")

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.CURRENT])
    @pytest.mark.parametrize("gain", [0.995, 1.0, 1.005])
    def test_slowed_belt_with_whole_kmh_grid_keeps_its_step_as_request(
        self, says: Says, gain: float
    ) -> None:
        """A reading of 7.00 km/h through a gain of 1.005 is a target of 6.97 km/h."""
        rig = treadmill(Traits(says=says, grid=100, gain=gain, report=20)).goes(900)
        rig.press(SPEED, 700).wait(20)
        assert (requested(rig), rig.setpoint(SPEED)) == (700, 700)
        assert rig.wait(60).speed == 700

    @pytest.mark.parametrize("times", [1, 12])
    def test_named_slower_press_stays_the_request_though_the_gain_was_learned_too_high(
        self, times: int
    ) -> None:
        traits = Traits(says=Says.PRESSES, report=1)
        known = learned(traits)
        wrong = replace(known, names_current=None, speed=replace(known.speed, gain=1.017))
        rig = treadmill(traits, known=wrong).goes(720)
        for _ in range(times):
            rig.press(SPEED, rig.target[SPEED] - 10).wait(0.5)
        rig.wait(20)
        assert requested(rig) == rig.setpoint(SPEED) == rig.speed
        assert rig.heard("console_slowed")


class TestFinish:
    @pytest.mark.parametrize("says", Says)
    def test_cool_down_writes_at_most_one_target_per_machine_step(self, says: Says) -> None:
        rig = treadmill(Traits(says=says)).goes(1000)
        written = len(rig.written)
        play(rig, "finish, 301")
        speeds = [t.value for _, t in rig.written[written:] if t.axis is SPEED]
        assert speeds == list(range(990, 390, -10))
        assert rig.halts
        assert not rig.false


class TestFasterKey:
    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    def test_faster_key_pressed_once_is_adopted_and_nothing_is_written(self, says: Says) -> None:
        rig = treadmill(Traits(says=says)).goes(800)
        written = len(rig.written)
        rig.press(SPEED, 810).wait(30)
        assert (rig.speed, len(rig.written), rig.false) == (810, written, [])

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    def test_held_faster_key_climbs_to_its_target_without_a_fault(self, says: Says) -> None:
        rig = treadmill(Traits(says=says)).goes(800)
        for _ in range(20):
            rig.press(SPEED, rig.target[SPEED] + 10).wait(0.25)
        rig.wait(60)
        assert requested(rig) == rig.speed > 900
        assert set(rig.false) <= {"console_raised"}
        assert not rig.decision.faults

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    def test_faster_key_within_8_s_of_a_write_is_a_request(self, says: Says) -> None:
        rig = play(treadmill(Traits(says=says)).goes(800), "speed 820, 4")
        rig.press(SPEED, rig.target[SPEED] + 50).wait(30)
        assert (rig.speed, requested(rig), rig.false) == (870, 870, [])

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    def test_faster_key_right_after_a_start_is_kept(self, says: Says) -> None:
        traits = Traits(says=says)
        rig = play(Treadmill(policy=WARM, traits=traits, known=learned(traits)), "1, runs, 1")
        play(rig, "press speed 120, 30")
        assert (rig.speed, rig.decision.faults) == (120, ())

    @pytest.mark.parametrize("says", [Says.PRESSES, Says.EACH])
    def test_quick_faster_key_is_written_back_once_then_climbed_to(self, says: Says) -> None:
        rig = treadmill(Traits(says=says)).goes(500)
        began = rig.now
        rig.press(SPEED, 1000).wait(90)
        first = next(t.value for when, t in rig.written if when > began)
        assert first == 500 + 50 + 50
        assert (rig.speed, rig.false) == (1000, ["console_raised"])

    def test_quick_faster_key_without_status_is_written_back_after_its_gesture(self) -> None:
        rig = treadmill(Traits(rate=200.0)).goes(500)
        began, written = rig.now, len(rig.written)
        rig.press(SPEED, 750).wait(3)
        assert len(rig.written) == written
        rig.wait(90)
        writes = [t.value for when, t in rig.written if when > began]
        lowest = writes.index(min(writes))
        assert writes[:lowest] == sorted(writes[:lowest], reverse=True)
        assert (rig.speed, rig.false) == (750, ["console_raised"])


class TestNamesCurrent:
    @pytest.mark.parametrize("fresh", [False, True], ids=["learned", "first session"])
    @pytest.mark.parametrize("rate", [30.0, 100.0])
    def test_lower_speed_request_is_written_once_and_stays_the_request(
        self, fresh: bool, rate: float
    ) -> None:
        traits = Traits(says=Says.CURRENT, rate=rate, fall=rate)
        rig = treadmill(traits, fresh=fresh).goes(1000)
        began = rig.now
        play(rig, "speed 600, 60")
        assert [t.value for when, t in rig.written if when >= began] == [600]
        assert (requested(rig), rig.false) == (600, [])

    @pytest.mark.parametrize("by", [10, 20, 50])
    def test_minus_key_at_a_steady_speed_is_obeyed_within_1_5_s(self, by: int) -> None:
        rig = treadmill(Traits(says=Says.CURRENT)).goes(1000)
        rig.press(SPEED, 1000 - by).wait(1.5)
        assert rig.decision.requested[SPEED] == 1000 - by
        rig.wait(30)
        assert (rig.speed, rig.false) == (1000 - by, ["console_slowed"])


ODD = {
    "reads 6 % low": Traits(gain=0.94),
    "reads 6 % high": Traits(gain=1.06),
    "takes halves": Traits(grid=50),
    "takes halves below": Traits(grid=50, floors=True),
    "takes whole km/h": Traits(grid=100),
    "takes whole km/h below": Traits(grid=100, floors=True),
    "droops 8 %": Traits(droop=0.08),
    "overshoots 0.4": Traits(overshoot=40),
}


class TestOddMachines:
    @pytest.mark.parametrize(
        ("trait", "says"),
        [
            *((trait, Says.NOTHING) for trait in ODD),
            ("reads 6 % high", Says.EACH),
            ("takes halves below", Says.EACH),
            ("overshoots 0.4", Says.EACH),
        ],
    )
    def test_ordinary_requests_are_reached_without_fault_or_false_event(
        self, trait: str, says: Says
    ) -> None:
        traits = replace(ODD[trait], says=says)
        rig = treadmill(traits)
        for speed in (600, 940, 560, 1030, 800):
            play(rig, f"speed {speed}=accepted, 100")
            step = traits.grid or 10
            assert requested(rig) == speed // step * step
            assert rig.setpoint(SPEED) == speed // step * step
            assert (rig.false, rig.decision.faults) == ([], ())

    def test_deck_that_reads_one_percent_low_is_neither_stuck_nor_slowed(self) -> None:
        rig = treadmill(Traits(incline_offset=-10), fresh=True)
        for incline in (40, 80, 20):
            play(rig, f"incline {incline}=accepted, 90")
            assert (rig.incline, rig.false, rig.decision.faults) == (incline, [], ())


class TestClimbs:
    @pytest.mark.parametrize("floors", [False, True])
    @pytest.mark.parametrize("fresh", [False, True], ids=["learned", "first session"])
    def test_ramp_of_0_02_kmh_per_s_climbs_on_a_half_kmh_grid(
        self, floors: bool, fresh: bool
    ) -> None:
        policy = replace(WARM, speed_ramp=2.0)
        rig = treadmill(Traits(grid=50, floors=floors), fresh=fresh, policy=policy)
        rig.ask(Verb.SPEED, 400)
        assert (rig.wait(240).speed, rig.false) == (400, [])

    def test_machine_of_unknown_unit_with_half_kmh_reports_reaches_its_request(self) -> None:
        rig = treadmill(
            Traits(report=50, floors=True), fresh=True, policy=replace(WARM, unit_is_kmh=False)
        )
        rig.ask(Verb.SPEED, 400)
        assert (rig.wait(240).speed, rig.false) == (400, [])

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    @pytest.mark.parametrize("report", [10, 16])
    @pytest.mark.parametrize("floors", [False, True])
    def test_new_machine_with_whole_kmh_grid_reaches_its_request(
        self, says: Says, report: int, floors: bool
    ) -> None:
        """Its range claims steps of 0.1 km/h, and it starts at 1 km/h."""
        traits = Traits(says=says, grid=100, floors=floors, report=report)
        rig = Treadmill(policy=replace(WARM, unit_is_kmh=False), traits=traits)
        rig.wait(1).runs(32)
        rig.target[SPEED] = 100.0
        rig.wait(5)
        for wanted in (200, 300, 100, 400):
            rig.ask(Verb.SPEED, wanted)
            assert (rig.wait(90).speed, rig.false) == (wanted, [])

    @pytest.mark.parametrize("report", [20, 50])
    def test_new_belt_that_takes_whole_kmh_and_reads_low_in_coarse_steps_reaches_its_request(
        self, report: int
    ) -> None:
        traits = Traits(grid=100, floors=True, report=report, gain=0.954)
        rig = Treadmill(policy=replace(WARM, unit_is_kmh=False), traits=traits)
        rig.wait(1).runs(80).wait(20)
        rig.ask(Verb.SPEED, 300)
        assert (rig.wait(120).target[SPEED], rig.false) == (300, [])

    def test_new_belt_that_droops_and_rounds_all_down_to_whole_km_h_reaches_its_request(
        self,
    ) -> None:
        traits = Traits(grid=100, floors=True, report=100, droop=0.05, frame_s=2.0)
        rig = Treadmill(policy=WARM, traits=traits)
        rig.wait(1).runs(200).wait(5)
        rig.ask(Verb.SPEED, 400)
        assert (rig.wait(120).speed, rig.false) == (400, [])


class TestCeiling:
    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH, Says.CURRENT])
    @pytest.mark.parametrize("by", [10, 100, 400])
    def test_setpoint_rises_by_at_most_the_ramp_and_one_allowance(
        self, says: Says, by: int
    ) -> None:
        rig = treadmill(Traits(says=says)).goes(300)
        for second in range(60):
            if second % 3 == 0:
                rig.press(SPEED, rig.target[SPEED] + by)
            rig.wait(1)
        ramp, allowance = WARM.speed_ramp, 5 * WARM.speed_ramp + 50
        lowest = math.inf  # so far, as a line that climbs with the ramp
        for (when, value), (_, then) in pairwise(rig.setpoints):
            lowest = min(lowest, value - ramp * when)
            # A setpoint that is written back falls at the easing until it is at the ceiling.
            if then >= value:
                assert value - ramp * when <= lowest + allowance + 1e-6


@pytest.mark.parametrize("wanted", [30, 90])
def test_incline_that_reads_6_percent_high_never_raises_itself(wanted: int) -> None:
    rig = treadmill(Traits(incline_offset=60), fresh=True)
    assert rig.setpoint(Axis.INCLINE) == 60
    rig.motor = 3.5
    play(rig, f"incline {wanted}, 120")
    assert max(rig.inclines()) == wanted
    assert not rig.heard("console_raised")


@pytest.mark.parametrize("offset", [30, 40, 60])
@pytest.mark.parametrize("motor", [1.0, 3.5])
def test_incline_that_reads_too_high_is_not_stuck(offset: int, motor: float) -> None:
    rig = treadmill(Traits(incline_offset=offset), fresh=True)
    rig.motor = motor
    for wanted in (20, 10, 50, 5):
        rig.ask(Verb.INCLINE, wanted)
        rig.wait(60)
        assert (rig.incline, rig.false, rig.decision.faults) == (wanted, [], ())


def test_deck_that_stops_past_half_of_the_way_down_is_stuck() -> None:
    rig = Treadmill(policy=WARM).wait(1).runs(300, 150).wait(30)
    rig.ask(Verb.INCLINE, 25)
    rig.wait(8).motor = 0.0
    assert rig.incline == 72.5
    rig.wait(45)
    assert rig.decision.faults == ("not_responding_incline",)
    rig.ask(Verb.INCLINE, 30)
    rig.wait(45)
    assert rig.decision.faults == ("not_responding_incline",)
