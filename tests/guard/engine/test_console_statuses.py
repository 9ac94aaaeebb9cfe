"""Statuses at the edges between an echo, a doubt and a press. 0.01 km/h or 0.1 %, and seconds."""

from dataclasses import replace

import pytest

from bridge.guard.engine.console import Console
from bridge.guard.engine.gesture import Gesture, Press
from bridge.machines.learned import Echo, Interval
from bridge.values import Axis
from tests.guard.engine.moments import AXIS, LEARNED, moment
from tests.guard.engine.test_console import NEVER, UNKNOWN, judge, wrote

SLOW = replace(UNKNOWN, echo_s=8.0)
CURRENT = replace(LEARNED, names_current=True)


def raised(value: int, changed: float) -> Gesture:
    """Return a gesture upwards."""
    return Gesture(changed, changed, value, up=True, last=value)


def lowered(value: int, changed: float) -> Gesture:
    """Return a gesture downwards."""
    return Gesture(changed, changed, value, up=False, last=value)


class TestWrites:
    def test_new_write_drops_those_too_old_to_be_echoed(self) -> None:
        console = wrote((9, 800), (1, 850))
        assert console.recent == [(-1.0, 850)]
        assert console.outstanding == [(-1.0, 850)]

    @pytest.mark.parametrize(("ago", "crosses"), [(4.0, True), (4.25, False)])
    def test_write_may_cross_a_press_until_it_is_too_old_to_be_echoed(
        self, ago: float, *, crosses: bool
    ) -> None:
        assert wrote((ago, 800)).may_cross(moment(0.0)) is crosses

    @pytest.mark.parametrize(("ago", "eases"), [(4.0, False), (4.25, True)])
    def test_key_down_over_1_kmh_above_a_write_lowers_the_console_target_once_it_is_too_old(
        self, ago: float, *, eases: bool
    ) -> None:
        console = wrote((ago, 850))
        console.pressed(Press(1000, up=True, named=True), 800, moment(-1.0))
        press = console.status(950, 800, 800, 800, moment(0.0))
        assert press == Press(950, up=True, named=True, eases=eases)

    @pytest.mark.parametrize(("first", "second", "eases"), [(800, 750, False), (750, 800, True)])
    def test_last_target_is_the_second_of_two_writes_of_one_moment(
        self, first: int, second: int, *, eases: bool
    ) -> None:
        """A key to 7.8 km/h lowers the target of 8 km/h, not that of 7.5 km/h."""
        console = wrote((5, first), (5, second))
        console.gesture = raised(850, -6.0)
        press = console.status(780, 600, 600, 600, moment(0.0))
        assert press == Press(780, up=True, named=True, eases=eases)

    def test_first_incline_0_may_be_a_rounded_write(self) -> None:
        console = Console(Axis.INCLINE)
        console.sending(3, moment(-1.0, UNKNOWN))
        assert judge(console, 0, 3, machine=UNKNOWN) == "echo"


class TestDown:
    @pytest.mark.parametrize(
        ("grid", "writes", "before", "value", "found"),
        [
            (None, ((3, 770), (2, 780)), 780, 770, "down"),
            (None, ((3, 780), (2, 770)), 780, 770, "doubt"),
            (None, ((2, 770),), 780, 770, "doubt"),
            (None, ((4, 770), (3, 780), (2, 770)), 780, 770, "doubt"),
            (None, ((4, 780), (3, 770), (2, 780)), 780, 770, "doubt"),
            (50, ((2, 830),), 850, 800, "doubt"),
        ],
        ids=[
            "against the writes",
            "with the writes",
            "no write before",
            "written again later",
            "one before was written earlier",
            "both round one write",
        ],
    )
    def test_further_key_down_is_certain_only_if_it_goes_against_the_order_of_the_writes(
        self,
        grid: int | None,
        writes: tuple[tuple[float, int], ...],
        before: int,
        value: int,
        found: str,
    ) -> None:
        machine = replace(SLOW, speed=replace(AXIS, grid=grid))
        console = wrote(*writes, machine=machine)
        console.outstanding.clear()  # all of them were echoed
        console.begin(before, before)
        console.gesture = lowered(before, -0.5)
        assert judge(console, value, before, machine=machine) == found

    @pytest.mark.parametrize(("value", "changed"), [(690, 0.0), (700, -1.0), (710, -1.0)])
    def test_only_a_lower_current_speed_prolongs_a_gesture_downwards(
        self, value: int, changed: float
    ) -> None:
        console = Console(Axis.SPEED)
        console.begin(700, 700)
        console.gesture = lowered(700, -1.0)
        console.status(value, 700, 700, 700, moment(0.0, CURRENT))
        assert console.gesture is not None
        assert console.gesture.changed == changed

    def test_belt_that_reads_its_new_target_before_it_obeys_was_pressed_down(self) -> None:
        """A target of 8.2 km/h would read 7.7 km/h."""
        machine = replace(LEARNED, speed=replace(AXIS, offset=-50.0))
        assert judge(Console(Axis.SPEED), 820, 800, machine=machine, measured=820) == "down"


class TestUp:
    def test_repeated_target_below_that_of_a_faster_key_is_a_press_down(self) -> None:
        console = Console(Axis.SPEED)
        console.begin(785, 785)
        console.gesture = raised(800, -1.0)
        assert judge(console, 785, 800, machine=NEVER) == "down"

    @pytest.mark.parametrize("later", [(), ((1, 780),)], ids=["once", "and again after it"])
    def test_status_of_a_write_from_before_the_end_of_a_faster_key_is_doubtful(
        self, later: tuple[tuple[float, int], ...]
    ) -> None:
        console = wrote((3, 780), machine=NEVER)
        console.pressed(Press(800, up=True, named=True), 780, moment(-2.0, NEVER))
        for ago, value in later:
            console.sending(value, moment(-ago, NEVER))
        assert console.ended(moment(0.0, NEVER))
        assert judge(console, 780, 800, machine=NEVER) == "doubt"

    @pytest.mark.parametrize(
        ("soonest_s", "lag_s", "found"),
        [
            (2.0, 2.0, "echo"),
            (1.75, 1.75, "echo"),
            (1.5, 1.5, "doubt"),
            (1.0, 2.0, "doubt"),
            (2.0, 1.0, "doubt"),
        ],
    )
    def test_key_up_is_doubtful_once_a_higher_write_may_have_been_echoed_or_shown(
        self, soonest_s: float, lag_s: float, found: str
    ) -> None:
        axis = replace(AXIS, lag_s=Interval(lag_s, 4.0))
        machine = replace(LEARNED, echo=Echo.NEVER, soonest_s=soonest_s, speed=axis)
        console = wrote((1.5, 790), machine=machine)
        console.begin(780, 780)
        console.gesture = raised(800, -1.0)
        assert judge(console, 785, 800, machine=machine) == found


class TestDoubt:
    def test_press_up_ends_the_doubt(self) -> None:
        console = wrote((2, 790), (1, 800), machine=UNKNOWN)
        assert judge(console, 790, 800, machine=UNKNOWN) == "doubt"
        assert judge(console, 900, 800, machine=UNKNOWN) == "up"
        assert not console.holds
        assert console.doubted(9.0) is None

    def test_echo_ends_the_doubt_about_a_value_that_was_never_written(self) -> None:
        console = wrote((3, 780), (1, 800))
        assert judge(console, 780, 800) == "echo"
        console.gesture = raised(800, -2.0)
        assert judge(console, 790, 800, now=0.25) == "doubt"
        assert judge(console, 800, 800, now=0.5) == "echo"
        assert not console.holds

    def test_echo_of_a_write_before_the_newest_doubtful_one_proves_a_press(self) -> None:
        """7.8 km/h was written twice, and the second write came after 7.9 km/h."""
        machine = replace(LEARNED, soonest_s=2.0)
        console = wrote((4, 780), machine=machine)
        assert judge(console, 780, 780, machine=machine, now=-2.0) == "echo"
        console.pressed(Press(800, up=True, named=True), 780, moment(-2.0, machine))
        for ago, value in ((1.0, 790), (0.5, 780), (0.25, 800)):
            console.sending(value, moment(-ago, machine))
        assert console.ended(moment(-0.25, machine))
        assert judge(console, 780, 800, machine=machine) == "doubt"
        press = console.status(790, 800, None, 800, moment(1.25, machine))
        assert press == Press(780, up=False, named=True)

    def test_two_writes_of_a_climb_may_be_rounded_to_one_target(self) -> None:
        machine = replace(UNKNOWN, speed=replace(AXIS, grid=50))
        console = wrote((3, 810), (2, 830), (1, 900), machine=machine)
        assert judge(console, 800, 900, machine=machine) == "doubt"
        assert judge(console, 800, 900, machine=machine, now=0.25) == "echo"
        assert not console.holds

    def test_another_rounding_of_the_doubtful_write_ends_the_doubt(self) -> None:
        machine = replace(LEARNED, speed=replace(AXIS, grid=50))
        console = wrote((3, 700), (2, 830), (1, 1000), machine=machine)
        assert judge(console, 850, 1000, machine=machine) == "doubt"
        assert judge(console, 800, 1000, machine=machine, now=0.25) == "echo"
        assert not console.holds
