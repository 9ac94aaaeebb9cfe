"""Telling presses from echoes, lag, droop and noise. Speeds in 0.01 km/h, times in seconds."""

from dataclasses import replace

import pytest

from bridge.guard.engine.console import Console
from bridge.guard.engine.gesture import Gesture, Press
from bridge.machines.learned import Echo, Interval, LearnedMachine
from bridge.values import Axis
from tests.guard.engine.moments import AXIS, LEARNED, moment

UNKNOWN = replace(LEARNED, echo=Echo.UNKNOWN, speed=replace(AXIS, grid=None))
NEVER = replace(LEARNED, echo=Echo.NEVER)
GRIDDED = replace(LEARNED, echo=Echo.UNKNOWN, speed=replace(AXIS, grid=50))


def wrote(
    *writes: tuple[float, int], machine: LearnedMachine = LEARNED, now: float = 0.0
) -> Console:
    """Return a console after writes, each (seconds ago, value)."""
    console = Console(Axis.SPEED)
    for ago, value in writes:
        console.sending(value, moment(now - ago, machine))
    return console


def judge(
    console: Console,
    value: int,
    setpoint: int,
    *,
    machine: LearnedMachine = LEARNED,
    measured: float | None = None,
    now: float = 0.0,
) -> str:
    """Return what a status is taken for: an echo, a press up or down, or a doubt."""
    press = console.status(value, setpoint, measured, setpoint, moment(now, machine))
    if press is None:
        return "echo"
    assert (press.value, press.named) == (value, True)
    if press.certain:
        return "up" if press.up else "down"
    assert not press.up  # nothing rises by a status in doubt
    return "doubt"


class TestStatus:
    @pytest.mark.parametrize(
        ("machine", "writes", "value", "found"),
        [
            # Nothing is outstanding.
            (LEARNED, (), 790, "down"),
            (LEARNED, (), 810, "up"),
            (LEARNED, (), 800, "echo"),
            (UNKNOWN, (), 790, "down"),
            (NEVER, (), 810, "up"),
            # A write is outstanding: each write comes back once, unchanged.
            (LEARNED, ((1, 800),), 800, "echo"),
            (LEARNED, ((1, 800),), 790, "down"),
            (LEARNED, ((1, 800),), 810, "up"),
            (LEARNED, ((2, 790), (1, 800)), 790, "echo"),
            (LEARNED, ((2, 810), (1, 800)), 810, "echo"),
            # … for a second longer than echoes were seen to take.
            (LEARNED, ((4.0, 790), (1, 800)), 790, "echo"),
            (LEARNED, ((4.25, 790), (1, 800)), 790, "down"),
            # A machine that never echoes names presses only.
            (NEVER, ((1, 800),), 800, "echo"),
            (NEVER, ((2, 790), (1, 800)), 790, "down"),
            (NEVER, ((2, 810), (1, 800)), 810, "up"),
            # On a machine whose grid is not known, half a km/h off is an echo of the newest,
            # and below it a doubt.
            (UNKNOWN, ((1, 800),), 849, "echo"),
            (UNKNOWN, ((1, 800),), 850, "up"),
            (UNKNOWN, ((1, 800),), 751, "doubt"),
            (UNKNOWN, ((1, 800),), 750, "down"),
            # An older write's echo, or a press of one step down.
            (UNKNOWN, ((2, 790), (1, 800)), 790, "doubt"),
            (UNKNOWN, ((2, 810), (1, 800)), 810, "echo"),
            (UNKNOWN, ((2, 700), (1, 800)), 710, "down"),
            # On a known grid an echo is within it, and exact where the write is on that grid.
            (GRIDDED, ((1, 830),), 850, "echo"),
            (GRIDDED, ((1, 830),), 880, "up"),
            (GRIDDED, ((1, 830),), 780, "down"),
            (GRIDDED, ((1, 800),), 840, "up"),
            (GRIDDED, ((1, 800),), 780, "down"),
        ],
    )
    def test_status_is_a_press_unless_it_echoes_a_write(
        self,
        machine: LearnedMachine,
        writes: tuple[tuple[float, int], ...],
        value: int,
        found: str,
    ) -> None:
        assert judge(wrote(*writes, machine=machine), value, 800, machine=machine) == found

    def test_each_write_is_echoed_once_and_in_order(self) -> None:
        console = wrote((3, 780), (2, 790), (1, 800))
        assert judge(console, 780, 800) == "echo"
        assert judge(console, 790, 800) == "echo"
        assert judge(console, 780, 800) == "down"  # its echo has come
        assert judge(console, 800, 800) == "echo"
        assert judge(console, 790, 800) == "down"

    def test_later_echo_of_an_older_write_confirms_a_doubtful_press(self) -> None:
        console = wrote((3, 780), (2, 790), (1, 800))
        assert judge(console, 790, 800) == "doubt"
        press = console.status(780, 790, None, 800, moment(0.0))
        assert press == Press(790, up=False, named=True)
        assert judge(console, 790, 790) == "echo"
        assert judge(console, 800, 790) == "echo"

    @pytest.mark.parametrize(("named", "found"), [(500, "echo"), (490, "down")])
    def test_status_of_the_current_target_may_be_a_rounded_write_0_8_kmh_above(
        self, named: int, found: str
    ) -> None:
        machine = replace(LEARNED, speed=replace(AXIS, grid=None))
        console = Console(Axis.SPEED)
        console.begin(named, 500)
        console.sending(580, moment(-1.0, machine))
        assert judge(console, 500, 580, machine=machine) == found

    @pytest.mark.parametrize(("newest", "found"), [(520, "echo"), (600, "doubt")])
    def test_repeated_target_is_doubtful_once_no_newer_write_rounds_to_it(
        self, newest: int, found: str
    ) -> None:
        console = Console(Axis.SPEED)
        console.begin(500, 500)
        console.sending(510, moment(-2.0, UNKNOWN))
        console.sending(newest, moment(-1.0, UNKNOWN))
        assert judge(console, 500, newest, machine=UNKNOWN) == found

    @pytest.mark.parametrize(
        ("value", "written", "found"),
        [
            (480, 500, "echo"),  # by steps of 0.32
            (480, 520, "down"),  # 4.8 is no multiple of 0.5 or 1
            (450, 500, "down"),
            (80, 90, "echo"),  # the lowest target, where 0.5 would be lower
            (80, 100, "down"),
        ],
    )
    def test_status_that_no_grid_makes_of_an_older_write_is_a_press(
        self, value: int, written: int, found: str
    ) -> None:
        machine = replace(LEARNED, speed=replace(AXIS, grid=None))
        console = Console(Axis.SPEED)
        console.begin(value, value)
        console.sending(written, moment(-2.0, machine))
        console.sending(written + 100, moment(-1.0, machine))
        assert judge(console, value, written + 100, machine=machine) == found

    @pytest.mark.parametrize(("value", "found"), [(590, "echo"), (600, "up")])
    def test_status_1_kmh_above_belt_and_setpoint_of_a_new_machine_is_a_press(
        self, value: int, found: str
    ) -> None:
        machine = replace(LEARNED, names_current=None, speed=replace(AXIS, resolution=100.0))
        assert judge(Console(Axis.SPEED), value, 480, machine=machine, measured=500) == found

    @pytest.mark.parametrize(("value", "falls"), [(680, False), (690, True), (760, False)])
    def test_key_pressed_down_ends_a_climb_between_its_setpoint_and_the_last_target(
        self, value: int, falls: bool
    ) -> None:
        console, at = wrote((0.4, 760)), moment(0.0)  # 680 waits for its turn
        assert console.status(760, 680, None, 680, at) is None
        press = console.status(value, 680, None, 680, at)
        assert (press == Press(value, up=False, named=True)) is falls

    @pytest.mark.parametrize(
        ("soonest_s", "value", "press"),
        [
            (2.0, 790, Press(790, up=False, named=True)),
            (2.0, 760, Press(760, up=False, named=True)),
            (2.0, 810, Press(810, up=True, named=True)),  # up from the last target
            (2.0, 740, Press(740, up=False, named=True)),
            # The machine may have taken the write before, and echo it later.
            (1.0, 790, Press(790, up=True, named=True)),
            (0.0, 790, Press(790, up=True, named=True)),
        ],
    )
    def test_press_before_the_echo_of_a_lower_write_counts_from_the_target_before_it(
        self, soonest_s: float, value: int, press: Press
    ) -> None:
        at = moment(0.0, replace(LEARNED, soonest_s=soonest_s))
        console = wrote((5.0, 800), (1.0, 750))
        console.begin(800, 800)
        assert console.status(value, 750, 800, 750, at) == press

    @pytest.mark.parametrize(("value", "falls"), [(780, True), (750, True), (790, False)])
    def test_further_press_down_ends_the_climb_from_the_setpoint_to_the_first_one(
        self, value: int, falls: bool
    ) -> None:
        console, at = Console(Axis.SPEED), moment(0.0)
        console.begin(800, 800)
        console.pressed(Press(790, up=False, named=True), 800, at)
        press = console.status(value, 750, 800, 750, at)
        assert (press == Press(value, up=False, named=True)) is falls

    @pytest.mark.parametrize(
        ("value", "written", "found"),
        [
            (820, False, "down"),  # which would read 770
            (834, False, "down"),
            (835, False, "up"),  # noise and one report step
            (840, False, "up"),  # 790 and 800 may be the same speed
            (860, False, "up"),
            (820, True, "up"),
        ],
    )
    def test_press_on_a_belt_found_below_its_target_counts_from_what_its_reading_means(
        self, value: int, written: bool, found: str
    ) -> None:
        machine = replace(LEARNED, speed=replace(AXIS, offset=-50.0))
        console = wrote((9.0, 800)) if written else Console(Axis.SPEED)
        assert judge(console, value, 800, machine=machine, measured=800) == found

    def test_slower_key_below_the_setpoint_ends_the_climb_above_it(self) -> None:
        console, at = wrote((0.4, 760)), moment(0.0)  # 680 waits for its turn
        assert console.status(760, 680, None, 680, at) is None
        press = console.status(750, 680, None, 680, at)
        assert press == Press(750, up=False, named=True)
        press = console.status(770, 680, None, 680, at)
        assert press == Press(770, up=True, named=True)


class TestDoubt:
    def doubtful(self) -> Console:
        """Return a console after a status that may echo an older write."""
        console = wrote((2, 790), (1, 800), machine=UNKNOWN)
        assert judge(console, 790, 800, machine=UNKNOWN) == "doubt"
        assert console.holds
        assert console.is_busy
        return console

    def test_doubtful_status_is_a_press_after_2_s_without_an_echo(self) -> None:
        console = self.doubtful()
        assert console.doubted(1.75) is None
        assert console.doubted(2.0) == Press(790, up=False, named=True)
        assert console.doubted(9.0) is None
        assert not console.holds

    def test_another_status_of_an_older_write_ends_the_doubt(self) -> None:
        console = wrote((3, 780), (2, 790), (1, 800), machine=UNKNOWN)
        assert judge(console, 780, 800, machine=UNKNOWN) == "doubt"
        assert judge(console, 790, 800, machine=UNKNOWN) == "echo"
        assert not console.holds

    def test_statuses_that_fall_in_a_climb_are_a_press_of_the_last_value(self) -> None:
        """Two quick keys down, at a moment when each may still echo a write."""
        console = wrote((3, 780), (2, 790), (1, 800), machine=UNKNOWN)
        assert judge(console, 790, 800, machine=UNKNOWN) == "doubt"
        assert judge(console, 780, 800, machine=UNKNOWN, now=0.1) == "down"
        assert not console.holds

    def test_statuses_that_go_on_falling_in_a_climb_are_a_held_key(self) -> None:
        console = wrote((4, 770), (3, 780), (2, 790), (1, 800), machine=UNKNOWN)
        judge(console, 790, 800, machine=UNKNOWN)
        judge(console, 780, 800, machine=UNKNOWN, now=0.25)
        press = Press(780, up=False, named=True)
        console.pressed(press, None, moment(0.25, UNKNOWN))
        assert judge(console, 770, 780, machine=UNKNOWN, now=0.5) == "down"

    def test_statuses_that_fall_with_the_writes_end_the_doubt(self) -> None:
        console = wrote((2, 810), (1, 800), machine=UNKNOWN)
        assert judge(console, 790, 800, machine=UNKNOWN) == "doubt"
        console.sending(790, moment(0.1, UNKNOWN))
        assert judge(console, 780, 790, machine=UNKNOWN, now=0.2) == "echo"
        assert not console.holds

    def test_unlearned_machine_may_echo_a_write_twice(self) -> None:
        console = wrote((3, 780), machine=UNKNOWN)
        assert judge(console, 790, 780, machine=UNKNOWN, now=-2.0) == "echo"
        console.sending(800, moment(-1.0, UNKNOWN))
        assert judge(console, 800, 800, machine=UNKNOWN, now=-0.5) == "echo"
        assert judge(console, 780, 800, machine=UNKNOWN) == "doubt"
        assert judge(console, 800, 800, machine=UNKNOWN, now=1.0) == "echo"
        assert console.doubted(9.0) is None


class TestCrossing:
    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (790, "echo"),  # a key pressed up, on a machine that two writes have yet to reach
            (795, "echo"),
            (770, "down"),
            (810, "up"),
        ],
    )
    def test_key_pressed_up_below_the_setpoint_is_no_press_down(
        self, value: int, found: str
    ) -> None:
        late = replace(LEARNED, soonest_s=2.0, speed=replace(AXIS, lag_s=Interval(2.0, 4.0)))
        console = wrote((3, 780), (1.5, 790), (1, 800), machine=late)
        assert judge(console, 780, 800, machine=late) == "echo"
        console.gesture = Gesture(-1.0, -1.0, 800, up=True, last=780)
        assert judge(console, value, 800, machine=late, now=0.25) == found
        assert console.gesture.changed == (0.25 if found == "echo" else -1.0)

    def test_faster_key_between_an_older_and_a_newer_write_is_doubtful(
        self,
    ) -> None:
        console = wrote((3, 780), (1.5, 790), (1, 800), machine=NEVER)
        console.status(780, 800, None, 800, moment(0.0, NEVER))
        console.gesture = Gesture(-2.0, -2.0, 800, up=True, last=780)
        assert judge(console, 785, 800, machine=NEVER, now=0.25) == "doubt"
        assert console.holds

    @pytest.mark.parametrize(
        ("machine", "value", "found"),
        [
            (NEVER, 780, "echo"),
            (LEARNED, 800, "up"),
            (LEARNED, 801, "echo"),  # no key leaps up
            (replace(LEARNED, echo_s=0.25), 801, "up"),  # the echo has come
        ],
    )
    def test_slower_keys_continue_from_a_write_that_undid_them(
        self, machine: LearnedMachine, value: int, found: str
    ) -> None:
        console = wrote((1, 820), machine=machine)
        console.outstanding.clear()
        console.gesture = Gesture(0.0, 0.0, 750, up=False, last=800)
        console.status(750, 750, None, 800, moment(0.0, machine))
        assert judge(console, value, 750, machine=machine, now=0.5) == found
        assert console.undone is (found == "echo")
        assert console.gesture.changed == (0.5 if found == "echo" else 0.0)

    @pytest.mark.parametrize(
        ("value", "found"),
        [
            (528, "echo"),  # 530 on the machine's grid of 0.16 km/h
            (544, "echo"),
            (512, "up"),  # neither of them
            (576, "up"),
        ],
    )
    def test_late_echo_on_the_grid_of_the_machine_is_no_press_up(
        self, value: int, found: str
    ) -> None:
        machine = replace(LEARNED, speed=replace(AXIS, grid=16))
        console = wrote((2, 530), (1, 550), machine=machine)
        console.outstanding.clear()  # a press was taken for their echo
        console.gesture = Gesture(-0.5, -0.5, 490, up=False, last=530)
        console.status(490, 490, None, 490, moment(0.0, machine))
        assert judge(console, value, 490, machine=machine, now=0.5) == found

    def test_slower_keys_continue_from_an_echo(self) -> None:
        console = wrote((1, 820))
        console.gesture = Gesture(-0.5, -0.5, 750, up=False, last=800)
        assert judge(console, 820, 750) == "echo"
        assert judge(console, 790, 750, now=0.25) == "echo"
        assert console.undone
        assert judge(console, 830, 750, now=0.25) == "up"
