"""A person at the console, on machines with traits: obeyed downwards, climbed to upwards.

Speeds in 0.01 km/h, inclines in 0.1 %, times in seconds. What is learned is given as of a second
session, unless a test states another.
"""

import math
from dataclasses import replace
from itertools import pairwise

import pytest

from bridge.values import Axis, Verb
from tests.guard.machines.treadmill import WARM, Says, Traits, Treadmill, learned, treadmill
from tests.guard.play import play

pytestmark = pytest.mark.unmeasured

SPEED, INCLINE = Axis.SPEED, Axis.INCLINE
ECHOES = pytest.mark.parametrize("says", [Says.PRESSES, Says.EACH], ids=["never", "each"])


def requested(story: Treadmill) -> int | None:
    """Return the request for the speed."""
    return story.decision.requested[SPEED]


class TestSlowerKey:
    @ECHOES
    @pytest.mark.parametrize(("times", "lag_s"), [(1, 2.0), (12, 0.5)])
    @pytest.mark.parametrize("phase", ["climb", "cool-down", "steady"])
    def test_slower_key_is_obeyed_within_1_5_s_and_not_undone(
        self, says: Says, times: int, lag_s: float, phase: str
    ) -> None:
        story = treadmill(Traits(says=says, lag_s=lag_s)).goes(1000)
        if phase == "climb":
            story.ask(Verb.SPEED, 1500)
        elif phase == "cool-down":
            story.ask(Verb.FINISH)
        story.wait(12)
        began, told = story.now, story.setpoint(SPEED)
        pressed = story.target[SPEED]
        for _ in range(times):
            pressed = min(pressed, story.target[SPEED]) - 10
            story.press(SPEED, pressed).wait(0.5)
        story.wait(1)
        request = requested(story)
        assert request is not None
        assert request <= pressed
        assert story.setpoint(SPEED) <= pressed
        story.wait(30)
        assert max((t.value for w, t in story.written if w > began + 1.5), default=0) <= pressed
        assert story.speed <= pressed
        assert len(story.heard("console_slowed")) == (pressed < told)
        assert not story.heard("console_raised")

    @pytest.mark.parametrize("frame_s", [0.5, 1.0, 2.0])
    def test_fall_by_1_kmh_without_statuses_is_obeyed_in_3_s_or_2_frames(
        self, frame_s: float
    ) -> None:
        story = treadmill(Traits(frame_s=frame_s, fall=100.0)).goes(1000)
        story.wait(30).press(SPEED, 900)
        story.wait(1 + frame_s + max(3.0, 2 * frame_s))
        assert requested(story) == 900
        assert story.wait(10).heard("console_slowed")

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.CURRENT])
    @pytest.mark.parametrize("gain", [0.995, 1.0, 1.005])
    def test_slowed_belt_with_whole_kmh_grid_keeps_its_step_as_request(
        self, says: Says, gain: float
    ) -> None:
        """A reading of 7.00 km/h through a gain of 1.005 is a target of 6.97 km/h."""
        story = treadmill(Traits(says=says, grid=100, gain=gain, report=20)).goes(900)
        story.press(SPEED, 700).wait(20)
        assert (requested(story), story.setpoint(SPEED)) == (700, 700)
        assert story.wait(60).speed == 700


class TestFinish:
    @pytest.mark.parametrize("says", Says)
    def test_cool_down_writes_at_most_one_target_per_machine_step(self, says: Says) -> None:
        story = treadmill(Traits(says=says)).goes(1000)
        written = len(story.written)
        play(story, "finish, 301")
        speeds = [t.value for _, t in story.written[written:] if t.axis is SPEED]
        assert speeds == list(range(990, 390, -10))
        assert story.halts
        assert not story.false


class TestFasterKey:
    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    def test_faster_key_pressed_once_is_adopted_and_nothing_is_written(self, says: Says) -> None:
        story = treadmill(Traits(says=says)).goes(800)
        written = len(story.written)
        story.press(SPEED, 810).wait(30)
        assert (story.speed, len(story.written), story.false) == (810, written, [])

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    def test_held_faster_key_climbs_to_its_target_without_a_fault(self, says: Says) -> None:
        story = treadmill(Traits(says=says)).goes(800)
        for _ in range(20):
            story.press(SPEED, story.target[SPEED] + 10).wait(0.25)
        story.wait(60)
        assert requested(story) == story.speed > 900
        assert set(story.false) <= {"console_raised"}
        assert not story.decision.faults

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    def test_faster_key_within_8_s_of_a_write_is_a_request(self, says: Says) -> None:
        story = play(treadmill(Traits(says=says)).goes(800), "speed 820, 4")
        story.press(SPEED, story.target[SPEED] + 50).wait(30)
        assert (story.speed, requested(story), story.false) == (870, 870, [])

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    def test_faster_key_right_after_a_start_is_kept(self, says: Says) -> None:
        traits = Traits(says=says)
        story = play(Treadmill(policy=WARM, traits=traits, known=learned(traits)), "1, runs, 1")
        play(story, "press speed 120, 30")
        assert (story.speed, story.decision.faults) == (120, ())

    @pytest.mark.parametrize("says", [Says.PRESSES, Says.EACH])
    def test_quick_faster_key_is_written_back_once_then_climbed_to(self, says: Says) -> None:
        story = treadmill(Traits(says=says)).goes(500)
        began = story.now
        story.press(SPEED, 1000).wait(90)
        first = next(t.value for when, t in story.written if when > began)
        assert first == 500 + 50 + 50
        assert (story.speed, story.false) == (1000, ["console_raised"])

    def test_quick_faster_key_without_status_is_written_back_after_its_gesture(self) -> None:
        story = treadmill(Traits(rate=200.0)).goes(500)
        began, written = story.now, len(story.written)
        story.press(SPEED, 750).wait(3)
        assert len(story.written) == written
        story.wait(90)
        writes = [t.value for when, t in story.written if when > began]
        lowest = writes.index(min(writes))
        assert writes[:lowest] == sorted(writes[:lowest], reverse=True)
        assert (story.speed, story.false) == (750, ["console_raised"])


class TestNamesCurrent:
    @pytest.mark.parametrize("fresh", [False, True], ids=["learned", "first session"])
    @pytest.mark.parametrize("rate", [30.0, 100.0])
    def test_lower_speed_request_is_written_once_and_stays_the_request(
        self, fresh: bool, rate: float
    ) -> None:
        traits = Traits(says=Says.CURRENT, rate=rate, fall=rate)
        story = treadmill(traits, fresh=fresh).goes(1000)
        began = story.now
        play(story, "speed 600, 60")
        assert [t.value for when, t in story.written if when >= began] == [600]
        assert (requested(story), story.false) == (600, [])

    @pytest.mark.parametrize("by", [10, 20, 50])
    def test_minus_key_at_a_steady_speed_is_obeyed_within_1_5_s(self, by: int) -> None:
        story = treadmill(Traits(says=Says.CURRENT)).goes(1000)
        story.press(SPEED, 1000 - by).wait(1.5)
        assert story.decision.requested[SPEED] == 1000 - by
        story.wait(30)
        assert (story.speed, story.false) == (1000 - by, ["console_slowed"])


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
        story = treadmill(traits)
        for speed in (600, 940, 560, 1030, 800):
            play(story, f"speed {speed}=accepted, 100")
            step = traits.grid or 10
            assert requested(story) == speed // step * step
            assert story.setpoint(SPEED) == speed // step * step
            assert (story.false, story.decision.faults) == ([], ())

    def test_deck_that_reads_one_percent_low_is_neither_stuck_nor_slowed(self) -> None:
        story = treadmill(Traits(incline_offset=-10), fresh=True)
        for incline in (40, 80, 20):
            play(story, f"incline {incline}=accepted, 90")
            assert (story.incline, story.false, story.decision.faults) == (incline, [], ())


class TestClimbs:
    @pytest.mark.parametrize("floors", [False, True])
    @pytest.mark.parametrize("fresh", [False, True], ids=["learned", "first session"])
    def test_ramp_of_0_02_kmh_per_s_climbs_on_a_half_kmh_grid(
        self, floors: bool, fresh: bool
    ) -> None:
        policy = replace(WARM, speed_ramp=2.0)
        story = treadmill(Traits(grid=50, floors=floors), fresh=fresh, policy=policy)
        story.ask(Verb.SPEED, 400)
        assert (story.wait(240).speed, story.false) == (400, [])

    def test_machine_of_unknown_unit_with_half_kmh_reports_reaches_its_request(self) -> None:
        story = treadmill(
            Traits(report=50, floors=True), fresh=True, policy=replace(WARM, unit_is_kmh=False)
        )
        story.ask(Verb.SPEED, 400)
        assert (story.wait(240).speed, story.false) == (400, [])

    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH])
    @pytest.mark.parametrize("report", [10, 16])
    @pytest.mark.parametrize("floors", [False, True])
    def test_new_machine_with_whole_kmh_grid_reaches_its_request(
        self, says: Says, report: int, floors: bool
    ) -> None:
        """Its range claims steps of 0.1 km/h, and it starts at 1 km/h."""
        traits = Traits(says=says, grid=100, floors=floors, report=report)
        story = Treadmill(policy=replace(WARM, unit_is_kmh=False), traits=traits)
        story.wait(1).runs(32)
        story.target[SPEED] = 100.0
        story.wait(5)
        for wanted in (200, 300, 100, 400):
            story.ask(Verb.SPEED, wanted)
            assert (story.wait(90).speed, story.false) == (wanted, [])

    def test_new_belt_that_droops_and_rounds_all_down_to_whole_km_h_reaches_its_request(
        self,
    ) -> None:
        traits = Traits(grid=100, floors=True, report=100, droop=0.05, frame_s=2.0)
        story = Treadmill(policy=WARM, traits=traits)
        story.wait(1).runs(200).wait(5)
        story.ask(Verb.SPEED, 400)
        assert (story.wait(120).speed, story.false) == (400, [])


class TestCeiling:
    @pytest.mark.parametrize("says", [Says.NOTHING, Says.PRESSES, Says.EACH, Says.CURRENT])
    @pytest.mark.parametrize("by", [10, 100, 400])
    def test_setpoint_rises_by_at_most_the_ramp_and_one_allowance(
        self, says: Says, by: int
    ) -> None:
        story = treadmill(Traits(says=says)).goes(300)
        for second in range(60):
            if second % 3 == 0:
                story.press(SPEED, story.target[SPEED] + by)
            story.wait(1)
        ramp, allowance = WARM.speed_ramp, 5 * WARM.speed_ramp + 50
        lowest = math.inf  # so far, as a line that climbs with the ramp
        for (when, value), (_, then) in pairwise(story.setpoints):
            lowest = min(lowest, value - ramp * when)
            # A setpoint that is written back falls at the easing until it is at the ceiling.
            if then >= value:
                assert value - ramp * when <= lowest + allowance + 1e-6


@pytest.mark.parametrize("wanted", [30, 90])
def test_incline_that_reads_6_percent_high_never_raises_itself(wanted: int) -> None:
    story = treadmill(Traits(incline_offset=60), fresh=True)
    assert story.setpoint(Axis.INCLINE) == 60
    story.motor = 3.5
    play(story, f"incline {wanted}, 120")
    assert max(story.inclines()) == wanted
    assert not story.heard("console_raised")


@pytest.mark.parametrize("offset", [30, 40, 60])
@pytest.mark.parametrize("motor", [1.0, 3.5])
def test_incline_that_reads_too_high_is_not_stuck(offset: int, motor: float) -> None:
    story = treadmill(Traits(incline_offset=offset), fresh=True)
    story.motor = motor
    for wanted in (20, 10, 50, 5):
        story.ask(Verb.INCLINE, wanted)
        story.wait(60)
        assert (story.incline, story.false, story.decision.faults) == (wanted, [], ())


def test_deck_that_stops_past_half_of_the_way_down_is_stuck() -> None:
    story = Treadmill(policy=WARM).wait(1).runs(300, 150).wait(30)
    story.ask(Verb.INCLINE, 25)
    story.wait(8).motor = 0.0
    assert story.incline == 72.5
    story.wait(45)
    assert story.decision.faults == ("not_responding_incline",)
    story.ask(Verb.INCLINE, 30)
    story.wait(45)
    assert story.decision.faults == ("not_responding_incline",)
