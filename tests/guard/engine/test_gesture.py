"""Changes at the console that only the samples show. Speeds in 0.01 km/h."""

import math
from dataclasses import replace

import pytest

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.console import Console
from bridge.guard.engine.expected import Expected
from bridge.guard.engine.gesture import Press
from bridge.machines.learned import Echo, LearnedMachine
from bridge.values import Axis
from tests.guard.engine.moments import AXIS, LEARNED, moment


class Belt:
    """Samples of a belt, judged against what is expected of it; one a second."""

    def __init__(self, setpoint: int = 800, machine: LearnedMachine = LEARNED) -> None:
        self.console = Console(Axis.SPEED)
        self.machine = machine
        self.setpoint = setpoint
        self.expected = Expected.at(0.0, setpoint, setpoint, machine.speed)
        self.now = 0.0

    def write(self, value: int) -> None:
        """Write a setpoint now."""
        before, self.setpoint = self.setpoint, value
        self.console.motion.wrote(value, before, self.machine.speed)
        self.console.sending(value, moment(self.now, self.machine))
        self.expected = self.expected.wrote(self.now, value, self.machine.speed)

    def shows(
        self,
        *course: int,
        every: float = 1.0,
        bound: float = math.inf,
        ceiling: float = -math.inf,
    ) -> list[Press]:
        """Return the presses that readings come to."""
        found = []
        for measured in course:
            self.now += every
            now = moment(self.now, self.machine)
            self.expected = self.expected.moved(self.now, self.machine.speed, 10.0)
            state = AxisState.at(self.setpoint, None, ceiling=ceiling)
            motion, gesture = self.console.motion, self.console.gesture
            press = motion.sample(measured, state, self.expected, now, bound, gesture=gesture)
            if press is None:
                if self.expected.low <= measured <= self.expected.high:
                    self.expected = self.expected.seen(measured, self.machine.speed, 10.0)
                continue
            found.append(press)
        return found


def down(value: int) -> Press:
    """Return a fall without a status."""
    return Press(value, up=False, named=False)


def up(value: int) -> Press:
    """Return a rise without a status."""
    return Press(value, up=True, named=False)


class TestFall:
    @pytest.mark.parametrize(
        ("course", "every", "found"),
        [
            ([700, 700], 1.0, [down(700)]),
            ([735, 735], 1.0, [down(735)]),  # 0.5 km/h, noise and one report step
            ([700], 1.0, []),  # one sample
            ([700, 700], 0.25, []),  # two that are not 0.5 s apart
            ([700, 700, 700], 0.25, [down(700)]),
            ([700, 800, 700], 1.0, []),
            ([785] * 9, 1.0, []),  # noise
        ],
    )
    def test_fall_under_a_constant_setpoint_is_a_press_after_two_samples(
        self, course: list[int], every: float, found: list[Press]
    ) -> None:
        belt = Belt()
        belt.shows(*[800] * 6)
        assert belt.shows(*course, every=every)[:1] == found

    def test_coarse_reading_of_the_named_target_is_no_second_press(self) -> None:
        belt = Belt(machine=replace(LEARNED, speed=replace(AXIS, resolution=100.0)))
        belt.setpoint = 380
        belt.expected = Expected.at(0.0, 380, 400, belt.machine.speed)
        belt.console.pressed(Press(380, up=False, named=True), 400, moment(0.0))
        assert belt.shows(300) == []
        assert belt.shows(200) == [down(200)]


class TestRise:
    @pytest.mark.parametrize(
        ("ceiling", "found"), [(1000.0, [up(1000)]), (990.0, [up(1050)]), (900.0, [up(1050)])]
    )
    def test_continued_rise_is_a_press_sooner_if_it_needs_no_write(
        self, ceiling: float, found: list[Press]
    ) -> None:
        belt = Belt()
        belt.shows(*[800] * 6)
        assert belt.shows(850, 900, 950, 1000, 1050, ceiling=ceiling)[:1] == found

    @pytest.mark.parametrize(
        ("bound", "ceiling", "found"), [(math.inf, 910.0, []), (900.0, 1000.0, [])]
    )
    def test_small_continued_rise_is_no_press_before_it_ends(
        self, bound: float, ceiling: float, found: list[Press]
    ) -> None:
        belt = Belt()
        belt.shows(*[800] * 6)
        assert belt.shows(840, 860, 880, 900, bound=bound, ceiling=ceiling) == found

    @pytest.mark.parametrize(
        ("course", "every", "found"),
        [
            ([900] * 3, 1.0, []),
            ([900] * 4, 1.0, [up(900)]),
            ([900, 900, 820, 900, 900], 1.0, []),  # over before it lasted
            ([820] * 20, 1.0, []),  # within what is expected
            ([850, 900, 950, 1000, 1050], 1.0, [up(1050)]),  # at most 4 s
            ([1110] * 4, 0.25, [up(1110)]),  # more than 3 km/h: at once
        ],
    )
    def test_lasting_rise_is_a_press_at_its_end(
        self, course: list[int], every: float, found: list[Press]
    ) -> None:
        belt = Belt()
        belt.shows(*[800] * 6)
        assert belt.shows(*course, every=every)[:1] == found

    def test_slow_frames_give_a_gesture_more_time(self) -> None:
        machine = replace(LEARNED, frame_s=3.0)
        belt = Belt(machine=machine)
        belt.shows(800, 800, every=3.0)
        assert belt.shows(850, 900, every=3.0) == []
        assert belt.shows(950, every=3.0) == [up(950)]
        belt = Belt(machine=replace(LEARNED, frame_s=5.0))
        belt.shows(800, 800, every=5.0)
        assert belt.shows(850, 900, every=5.0) == []


class TestGesture:
    @pytest.mark.parametrize(
        ("press", "current", "named"),
        [(True, False, True), (True, None, False), (True, True, False), (False, False, False)],
    )
    def test_gesture_has_a_named_value_only_on_a_machine_that_names_targets(
        self, press: bool, current: bool | None, named: bool
    ) -> None:
        console, machine = Console(Axis.SPEED), replace(LEARNED, names_current=current)
        console.pressed(replace(down(790), named=press), 800, moment(0.0, machine))
        assert console.gesture is not None
        assert console.gesture.named is named
        assert not console.undone

    def test_gesture_ends_1_5_s_after_its_last_press(self) -> None:
        console = Console(Axis.SPEED)
        console.pressed(down(790), 800, moment(0.0))
        console.pressed(down(780), 800, moment(1.0))
        console.motion.keep(1.25, 780)
        assert console.is_busy
        assert console.ended(moment(2.25)) is None
        gesture = console.ended(moment(2.5))
        assert gesture is not None
        assert (gesture.began, gesture.value, gesture.up) == (0.0, 780, False)
        assert console.ended(moment(9.0)) is None
        assert not console.is_busy

    @pytest.mark.parametrize(("frame_s", "ends"), [(0.25, 1.5), (1.0, 1.5), (2.0, 3.0)])
    def test_gesture_lasts_one_and_a_half_frames_and_1_5_s_at_least(
        self, frame_s: float, ends: float
    ) -> None:
        console, machine = Console(Axis.SPEED), replace(LEARNED, frame_s=frame_s)
        console.pressed(down(790), None, moment(0.0))
        console.motion.keep(0.25, 790)
        assert console.ended(moment(ends - 0.25, machine)) is None
        assert console.ended(moment(ends, machine)) is not None

    @pytest.mark.parametrize(
        ("press", "resolution", "ends"),
        [
            (down(700), 10.0, 1.5),
            (down(700), 50.0, 3.0),
            (down(700), 100.0, 4.0),
            (up(900), 100.0, 1.5),
            (replace(down(700), named=True), 100.0, 1.5),
        ],
    )
    def test_fall_without_a_status_is_over_once_reports_would_show_that_it_goes_on(
        self, press: Press, resolution: float, ends: float
    ) -> None:
        """The belt falls by 0.25 km/h per s or faster, and reports each second; 4 s at most."""
        machine = replace(LEARNED, speed=replace(AXIS, resolution=resolution))
        console = Console(Axis.SPEED)
        console.pressed(press, 800, moment(0.0, machine))
        console.motion.keep(1.0, press.value)
        assert console.ended(moment(ends - 0.25, machine)) is None
        assert console.ended(moment(ends, machine)) is not None

    @pytest.mark.parametrize(
        ("current", "echo", "goes_on"),
        [
            (False, Echo.NEVER, True),
            (True, Echo.EACH, True),
            (False, Echo.EACH, False),
            (None, Echo.UNKNOWN, False),
        ],
    )
    def test_rising_belt_continues_a_gesture_that_no_status_can_have_named(
        self, current: bool | None, echo: Echo, *, goes_on: bool
    ) -> None:
        belt = Belt(machine=replace(LEARNED, names_current=current, echo=echo))
        belt.shows(*[800] * 6)
        belt.console.pressed(up(900), 900, moment(belt.now))
        belt.setpoint = 900
        belt.shows(920, 940)
        gesture = belt.console.gesture
        assert gesture is not None
        assert gesture.changed == (belt.now if goes_on else belt.now - 2.0)

    @pytest.mark.parametrize(("reading", "goes_on"), [(910, False), (911, True)])
    def test_rise_by_more_than_a_report_step_continues_a_gesture(
        self, reading: int, *, goes_on: bool
    ) -> None:
        belt = Belt(machine=replace(LEARNED, echo=Echo.NEVER))
        belt.shows(*[800] * 6)
        belt.console.pressed(up(900), 900, moment(belt.now))
        belt.setpoint = 900
        belt.shows(reading)
        gesture = belt.console.gesture
        assert gesture is not None
        assert gesture.changed == (belt.now if goes_on else belt.now - 1.0)

    def test_gesture_downwards_goes_on_while_the_belt_falls_to_the_named_value(self) -> None:
        belt = Belt()
        belt.shows(*[800] * 6)
        belt.console.pressed(replace(down(700), named=True), 800, moment(belt.now))
        belt.setpoint = 700
        assert belt.shows(780, 760, 740) == []
        belt.shows(745, 740)  # no further
        assert belt.console.ended(moment(belt.now - 0.75)) is None
        assert belt.console.ended(moment(belt.now - 0.5)) is not None

    def test_gesture_upwards_is_over_once_the_belt_rises_no_further(self) -> None:
        belt = Belt()
        belt.shows(*[800] * 6)
        assert belt.shows(900, 900, 900, 900) == [up(900)]
        belt.console.pressed(up(900), 900, moment(belt.now))
        belt.setpoint = 900
        belt.shows(920, 940, 1000, 1050)  # before the bridge's write arrives
        assert belt.console.ended(moment(belt.now)) is None
        belt.shows(950, 900)
        assert belt.console.ended(moment(belt.now)) is not None

    def test_press_in_the_other_direction_begins_another_gesture(self) -> None:
        console = Console(Axis.SPEED)
        console.pressed(down(700), 800, moment(0.0))
        console.pressed(up(900), 800, moment(1.0))
        assert console.gesture is not None
        assert (console.gesture.began, console.gesture.up) == (1.0, True)
