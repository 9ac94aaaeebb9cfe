"""Presses that cross writes of the bridge. Speeds in 0.01 km/h, inclines in 0.1 %, and seconds."""

from dataclasses import replace

import pytest

from bridge.guard.engine.console import Console
from bridge.guard.engine.gesture import Gesture, Press
from bridge.machines.learned import Interval
from bridge.values import Axis
from tests.guard.engine.moments import AXIS, LEARNED, moment
from tests.guard.engine.test_console import NEVER, UNKNOWN, judge, wrote
from tests.guard.engine.test_console_samples import judged


class TestEchoes:
    @pytest.mark.parametrize(
        ("written", "found"), [(880, "echo"), (860, "echo"), (840, "up"), (900, "down")]
    )
    def test_machine_that_rounds_down_echoes_no_write_as_a_higher_value(
        self, written: int, found: str
    ) -> None:
        axis = replace(AXIS, grid=50, off=Interval(-49.0, 0.0))
        machine = replace(LEARNED, speed=axis)
        setpoint = 900 if found == "down" else 800
        assert judge(wrote((1, written), machine=machine), 850, setpoint, machine=machine) == found

    @pytest.mark.parametrize(("value", "found"), [(899, "echo"), (900, "up")])
    def test_status_half_a_kmh_above_a_write_is_no_echo_of_it_on_a_whole_kmh(
        self, value: int, found: str
    ) -> None:
        assert judge(wrote((1, 850), machine=UNKNOWN), value, 800, machine=UNKNOWN) == found

    @pytest.mark.parametrize(("written", "found"), [(803, "echo"), (804, "down")])
    def test_target_on_no_step_echoes_an_older_write_only_if_it_equals_it(
        self, written: int, found: str
    ) -> None:
        machine = replace(LEARNED, speed=replace(AXIS, grid=None))
        console = wrote((2, written), (1, 950), machine=machine)
        assert judge(console, 803, 950, machine=machine) == found


class TestSlowerKeys:
    @pytest.mark.parametrize(
        ("ago", "lag_s", "found"),
        [
            (2.25, 1.0, "up"),
            (2.0, 1.0, "echo"),  # 2 s at least
            (0.0, 1.0, "echo"),
            (-0.25, 1.0, "up"),  # after the key
            (3.25, 3.0, "up"),
            (3.0, 3.0, "echo"),
        ],
    )
    def test_keys_continue_from_a_write_within_its_lag_before_the_first_of_them(
        self, ago: float, lag_s: float, found: str
    ) -> None:
        machine = replace(NEVER, speed=replace(AXIS, lag_s=Interval(0.5, lag_s)))
        console = wrote((ago, 820), machine=machine)
        console.gesture = Gesture(0.0, 0.0, 750, up=False, last=800)
        assert judge(console, 780, 750, machine=machine, now=0.5) == found

    def test_keys_continue_from_the_highest_write_that_may_have_undone_them(self) -> None:
        console = wrote((1.5, 820), (1.0, 760), machine=NEVER)
        console.gesture = Gesture(0.0, 0.0, 750, up=False, last=800)
        assert judge(console, 780, 750, machine=NEVER, now=0.5) == "echo"

    def test_status_of_the_very_write_that_undid_a_key_prolongs_the_gesture(self) -> None:
        console = wrote((1, 820))
        console.outstanding.clear()  # the press was taken for its echo
        console.gesture = Gesture(0.0, 0.0, 750, up=False, last=800)
        console.status(750, 750, None, 800, moment(0.0))
        assert judge(console, 820, 750, now=0.5) == "echo"
        assert console.gesture.changed == 0.5

    @pytest.mark.parametrize("value", [-19, -10, 0, 1])
    def test_key_up_after_keys_down_is_a_press_if_nothing_was_written(self, value: int) -> None:
        console = Console(Axis.INCLINE)
        console.begin(-20, -20)
        console.gesture = Gesture(0.0, 0.0, -20, up=False, last=-20)
        assert judge(console, value, -20, machine=NEVER, now=0.5) == "up"

    def test_late_status_of_a_write_from_before_a_past_key_is_no_press_up(self) -> None:
        console = wrote((3, 820), machine=NEVER)
        console.pressed(Press(750, up=False, named=True), 800, moment(-2.0, NEVER))
        console.motion.keep(-1.0, 750)
        assert console.ended(moment(-0.25, NEVER))
        assert judge(console, 820, 750, machine=NEVER) == "echo"
        assert not console.undone  # the end of the gesture has decided what is written

    def test_fall_is_not_over_before_a_reading_shows_that_it_goes_no_further(self) -> None:
        """Without one for 4 s, frames are lost."""
        console = Console(Axis.SPEED)
        console.pressed(Press(700, up=False, named=False), 720, moment(-1.0))
        judged(690, setpoint=700, console=console)  # at second 0
        assert console.ended(moment(3.75)) is None
        assert console.ended(moment(4.0)) is not None


class TestFasterKeys:
    @pytest.mark.parametrize(("value", "found"), [(780, "echo"), (781, "down"), (779, "down")])
    def test_only_the_exact_value_of_an_older_write_undoes_a_faster_key(
        self, value: int, found: str
    ) -> None:
        console = wrote((3, 780), machine=NEVER)
        console.begin(800, 780)
        console.gesture = Gesture(-1.0, -1.0, 800, up=True, last=780)
        assert judge(console, value, 800, machine=NEVER) == found
        assert console.undone is (found == "echo")

    @pytest.mark.parametrize(
        ("writes", "risen", "value", "eases"),
        [
            (((5, 750),), 780, 775, True),
            (((5, 750),), 780, 785, False),
            (((5, 850),), 800, 845, True),
            (((5, 850),), 800, 855, False),
            # Of two writes of one moment the second counts.
            (((5, 800), (5, 750)), 780, 775, True),
            (((5, 750), (5, 800)), 780, 795, True),
        ],
    )
    def test_target_after_a_rise_without_a_status_is_the_last_write_if_that_is_higher(
        self, writes: tuple[tuple[float, int], ...], risen: int, value: int, *, eases: bool
    ) -> None:
        """A key lowers the target: its value is below it, and over 1 km/h above the setpoint."""
        console = wrote(*writes)
        console.pressed(Press(risen, up=True, named=False), 600, moment(-1.0))
        press = console.status(value, 600, 600, 600, moment(0.0))
        assert press == Press(value, up=True, named=True, eases=eases)

    @pytest.mark.parametrize(("risen", "found"), [(800, "down"), (810, "up")])
    def test_rise_to_the_target_at_which_the_belt_was_found_tells_no_new_target(
        self, risen: int, found: str
    ) -> None:
        """The belt reads 0.5 km/h less than its target: 8.2 km/h would read 7.7 km/h."""
        machine = replace(LEARNED, speed=replace(AXIS, offset=-50.0))
        console = Console(Axis.SPEED)
        console.begin(800, 800)
        console.pressed(Press(risen, up=True, named=False), 800, moment(-1.0, machine))
        assert judge(console, 820, risen, machine=machine, measured=820) == found


class TestLevel:
    @pytest.mark.parametrize(
        ("press", "at", "reading", "found"),
        [
            (Press(900, up=True, named=True), 800, 795, []),
            (Press(900, up=True, named=False), 900, 850, []),
            (Press(700, up=False, named=True), 800, 670, []),
            (Press(700, up=False, named=False), 700, 670, [Press(670, up=False, named=False)]),
        ],
    )
    def test_only_a_belt_that_slowed_without_a_status_has_already_reached_its_setpoint(
        self, press: Press, at: int, reading: int, found: list[Press]
    ) -> None:
        """Only a belt that has reached its setpoint can be pressed down by so little."""
        console = Console(Axis.SPEED)
        console.pressed(press, at, moment(-9.0))
        assert console.ended(moment(-2.0))
        low = reading + 10.0
        presses = judged(reading, reading, low=low, setpoint=press.value, console=console)[1]
        assert presses == found
