"""One reading at a time against a chosen expected interval. Speeds in 0.01 km/h, seconds.

The setpoint is 8 km/h, which reads as 7.8 to 8.2; two readings may differ by 0.2.
"""

import math
from dataclasses import replace

import pytest

from bridge.guard.engine.axis import AxisState
from bridge.guard.engine.console import Console
from bridge.guard.engine.expected import Expected
from bridge.guard.engine.gesture import Press
from bridge.guard.engine.motion import Motion
from bridge.machines.learned import Echo, LearnedMachine
from bridge.values import Axis
from tests.guard.engine.moments import AXIS, LEARNED, moment

LONG_AGO = ((-60.0, 800),)
INF = math.inf


def judged(
    *readings: int,
    low: float = 770.0,
    high: float = 830.0,
    setpoints: tuple[tuple[float, int], ...] = LONG_AGO,
    falls: float = -INF,
    bound: float = INF,
    setpoint: int = 800,
    console: Console | None = None,
    machine: LearnedMachine = LEARNED,
) -> tuple[bool, list[Press]]:
    """Return whether a gesture may be in progress after the readings, and the presses.

    The last reading comes at second 0, and one each second before it.
    """
    console, presses = console or Console(Axis.SPEED), []
    expected = Expected(low, high, 0.0, setpoints, falls=falls)
    for ago, reading in zip(range(len(readings) - 1, -1, -1), readings, strict=True):
        state = AxisState(setpoint, float(setpoint), setpoint, setpoint + 100.0)
        at = moment(float(-ago), machine)
        press = console.motion.sample(reading, state, expected, at, bound, gesture=console.gesture)
        presses += [press] if press else []
    return console.is_busy, presses


class TestFall:
    @pytest.mark.parametrize(("falls", "pressed"), [(10.0, False), (-INF, True)])
    def test_steady_belt_after_a_write_lowered_it_is_no_slower_press(
        self, falls: float, pressed: bool
    ) -> None:
        """A key raised it to 4.2 for a moment; the climb to the setpoint begins late."""
        console = Console(Axis.SPEED)
        judged(420, 400, low=390.0, setpoint=490, falls=falls, console=console)
        presses = judged(*[400] * 6, low=405.0, high=500.0, setpoint=490, console=console)[1]
        assert bool(presses) is pressed

    @pytest.mark.parametrize(("second", "pressed"), [(751, False), (750, True)])
    def test_second_sample_of_a_fall_may_be_a_little_higher(
        self, second: int, pressed: bool
    ) -> None:
        presses = [Press(second, up=False, named=False)] if pressed else []
        assert judged(800, 735, second, low=0.0)[1] == presses

    @pytest.mark.parametrize(("peak", "falls"), [(820, True), (821, False)])
    def test_fall_of_a_belt_soon_after_a_write_counts_if_it_read_that_setpoint(
        self, peak: int, falls: bool
    ) -> None:
        setpoints = ((-60.0, 800), (-3.0, 800))
        assert judged(peak, peak, peak - 65, low=0.0, setpoints=setpoints)[0] is falls

    @pytest.mark.parametrize(
        ("before", "reading", "falls"), [(790, 790, False), (790, 789, True), (789, 789, False)]
    )
    def test_belt_that_drops_below_the_interval_after_reaching_it_falls(
        self, before: int, reading: int, *, falls: bool
    ) -> None:
        assert judged(before, reading, low=790.0)[0] is falls

    @pytest.mark.parametrize(("spread", "pressed"), [(None, False), (20.0, True)])
    def test_fall_within_an_unknown_rounding_is_no_press(
        self, spread: float | None, *, pressed: bool
    ) -> None:
        machine = replace(LEARNED, speed=replace(AXIS, spread=spread))
        falls = 380, 340, 300, *[256] * 12
        presses = judged(*falls, low=300.0, falls=-8.0, setpoint=340, machine=machine)[1]
        assert bool(presses) is pressed

    @pytest.mark.parametrize(
        ("spread", "setpoint", "pressed"),
        [(None, 240, True), (None, 241, False), (20.0, 241, True)],
    )
    def test_small_fall_of_a_new_belt_that_has_not_reached_its_setpoint_is_no_press(
        self, spread: float | None, setpoint: int, *, pressed: bool
    ) -> None:
        """It may stand on a grid of whole km/h: readings up to 0.3 km/h below have reached it."""
        machine = replace(LEARNED, speed=replace(AXIS, spread=spread))
        presses = judged(210, 180, 180, low=190.0, setpoint=setpoint, machine=machine)[1]
        assert bool(presses) is pressed

    def test_small_fall_ends_once_the_belt_is_back_in_the_interval(self) -> None:
        assert judged(800, 788, low=790.0)[0]
        assert not judged(800, 788, 795, low=790.0)[0]

    @pytest.mark.parametrize(("since", "falls"), [(-10.0, False), (-10.25, True), (-60.0, True)])
    def test_fall_from_above_the_setpoint_counts_once_the_write_has_arrived(
        self, since: float, falls: bool
    ) -> None:
        """From 8.75 km/h it may fall for 3 s after the lag of 2 s, and 5 s count backwards."""
        setpoints = ((-90.0, 875), (since, 800))
        assert judged(875, 875, 799, setpoints=setpoints, high=INF)[0] is falls

    def test_fall_counts_while_an_older_setpoint_may_be_in_force(self) -> None:
        setpoints = ((-90.0, 865), (-1.5, 800))
        assert judged(865, 865, 799, setpoints=setpoints, high=INF)[0]

    @pytest.mark.parametrize(("ends", "falls"), [(0.0, False), (-5.0, False), (-5.25, True)])
    def test_fall_counts_more_than_5_s_after_a_commanded_fall_ended(
        self, ends: float, falls: bool
    ) -> None:
        assert judged(865, 865, 799, falls=ends, high=INF)[0] is falls

    @pytest.mark.parametrize(("ends", "pressed"), [(-1.0, False), (-1.25, True)])
    def test_small_fall_from_the_setpoint_is_a_press_at_once_after_a_commanded_fall_ended(
        self, ends: float, *, pressed: bool
    ) -> None:
        """Until then it counts from the lowest expected reading."""
        console = Console(Axis.SPEED)
        judged(800, console=console)
        presses = judged(775, 775, low=790.0, falls=ends, console=console)[1]
        assert presses == ([Press(775, up=False, named=False)] if pressed else [])

    @pytest.mark.parametrize(("reading", "further"), [(700, False), (699, True)])
    def test_gesture_continues_only_below_its_value(self, reading: int, further: bool) -> None:
        console = Console(Axis.SPEED)
        console.pressed(Press(700, up=False, named=False), 760, moment(-1.0))
        presses = [Press(reading, up=False, named=False)] if further else []
        assert judged(reading, console=console)[1] == presses

    @pytest.mark.parametrize(("reading", "further"), [(690, False), (689, True)])
    def test_belt_on_its_way_to_a_named_value_makes_no_press_in_the_interval(
        self, reading: int, further: bool
    ) -> None:
        console = Console(Axis.SPEED)
        console.pressed(Press(700, up=False, named=True), 760, moment(-1.0))
        presses = [Press(reading, up=False, named=False)] if further else []
        assert judged(reading, low=690.0, console=console)[1] == presses


class TestRise:
    @pytest.mark.parametrize(("last", "pressed"), [(850, True), (851, False)])
    def test_rise_is_a_press_once_it_is_steady_within_a_report_step(
        self, last: int, pressed: bool
    ) -> None:
        presses = [Press(last, up=True, named=False)] if pressed else []
        assert judged(800, 840, 840, 840, last) == (not pressed, presses)

    @pytest.mark.parametrize(("reading", "urgent"), [(870, False), (871, True)])
    def test_rise_above_the_overshoot_of_a_bound_is_a_press_at_its_second_sample(
        self, reading: int, urgent: bool
    ) -> None:
        presses = [Press(reading, up=True, named=False)] if urgent else []
        assert judged(800, reading, reading, bound=820.0)[1] == presses

    def test_request_ends_a_rise_and_returns_true_if_there_was_one(self) -> None:
        console = Console(Axis.SPEED)
        assert not console.motion.forget_rise()
        assert judged(800, 840, console=console)[0]
        assert console.motion.forget_rise()
        assert not console.is_busy

    @pytest.mark.parametrize(("reading", "rises"), [(814, False), (815, True)])
    def test_rise_leaves_the_setpoint_by_more_than_noise_and_one_report_step(
        self, reading: int, rises: bool
    ) -> None:
        assert judged(800, 800, reading, high=810.0)[0] is rises

    @pytest.mark.parametrize(("reading", "rises"), [(830, False), (831, True)])
    def test_reading_above_the_interval_is_a_rise(self, reading: int, rises: bool) -> None:
        assert judged(800, 800, reading)[0] is rises

    @pytest.mark.parametrize(("reached", "rises"), [(775, True), (776, False)])
    def test_lowered_belt_rises_only_once_it_has_reached_its_setpoint(
        self, reached: int, rises: bool
    ) -> None:
        """Within noise and one report step of 7.6 km/h."""
        console = Console(Axis.SPEED)
        judged(800, console=console)
        console.motion.wrote(760, 800, AXIS)
        assert judged(reached, 800, high=790.0, setpoint=760, console=console)[0] is rises

    @pytest.mark.parametrize(("written", "rises"), [(720, True), (710, False)])
    def test_belt_lowered_to_its_reading_rises_from_its_lowest_reading(
        self, written: int, rises: bool
    ) -> None:
        """It reads 10 % less than its target: 7.2 km/h before the write."""
        axis = replace(AXIS, gain=0.9)
        console, machine = Console(Axis.SPEED), replace(LEARNED, speed=axis)
        judged(720, high=INF, console=console, machine=machine)
        console.motion.wrote(written, 800, axis)
        found = judged(
            700, 725, low=0.0, high=720.0, setpoint=written, console=console, machine=machine
        )
        assert found[0] is rises

    def test_rise_counts_from_the_belt_that_a_press_slowed_before_it_followed_a_write(self) -> None:
        console = Console(Axis.SPEED)
        judged(800, console=console)
        console.motion.wrote(600, 800, AXIS)
        console.pressed(Press(590, up=False, named=True), 750, moment(-5.0))
        assert console.ended(moment(-2.0))
        assert judged(700, 740, low=0.0, high=720.0, setpoint=590, console=console)[0]

    def test_speed_named_before_a_press_does_not_limit_a_later_rise(self) -> None:
        console = Console(Axis.SPEED)
        console.motion.passed = 850
        console.pressed(Press(850, up=True, named=False), 850, moment(-9.0))
        assert console.ended(moment(-6.0))
        presses = judged(850, *[920] * 4, high=880.0, setpoint=850, console=console)[1]
        assert presses == [Press(920, up=True, named=False)]


@pytest.mark.parametrize(
    ("readings", "climbs"),
    [
        (((0.0, 800), (1.0, 815)), False),
        (((0.0, 800), (1.0, 816)), True),
        (((0.0, 800), (1.0, 821), (2.0, 816)), True),
        (((0.0, 800), (1.0, 822), (2.0, 816)), False),
        (((0.0, 800), (5.0, 816)), True),
        (((0.0, 800), (5.25, 816)), False),
    ],
    ids=["a report step and noise", "more", "noise", "beyond noise", "5 s", "more than 5 s"],
)
def test_belt_climbs_while_its_newest_reading_is_the_highest_of_5_s_and_well_above_the_lowest(
    readings: tuple[tuple[float, int], ...], *, climbs: bool
) -> None:
    motion = Motion(Axis.SPEED)
    for now, reading in readings:
        motion.keep(now, reading)
    assert motion.climbs(AXIS) is climbs


class TestEases:
    """Keys pressed down from 10 km/h while the belt still climbs from 8 km/h."""

    @pytest.mark.parametrize(
        ("written", "value", "eases"),
        [
            (None, 900, False),
            (None, 901, True),
            (None, 999, True),
            (None, 1000, False),
            (850, 950, False),
            (850, 951, True),
        ],
    )
    def test_status_over_1_kmh_above_every_write_lowers_the_console_target(
        self, written: int | None, value: int, eases: bool
    ) -> None:
        console = Console(Axis.SPEED)
        console.pressed(Press(1000, up=True, named=True), 800, moment(-1.0))
        if written is not None:
            console.sending(written, moment(-0.5))
        press = console.status(value, 800, 800, 800, moment(0.0))
        assert press == Press(value, up=True, named=True, eases=eases)


class TestKept:
    """Readings, writes and targets that a console remembers, and until when."""

    def test_last_target_is_the_newest_write_that_has_arrived(self) -> None:
        console = Console(Axis.SPEED)
        console.pressed(Press(700, up=True, named=True), 600, moment(-10.0))
        for ago, value in ((9.0, 800), (8.0, 850), (3.5, 600)):
            console.sending(value, moment(-ago))
        press = console.status(820, 600, 600, 600, moment(0.0))
        assert press == Press(820, up=True, named=True, eases=True)
        assert console.recent == [(-3.5, 600)]

    def test_lowered_belt_is_no_fall_from_its_earlier_setpoint(self) -> None:
        console = Console(Axis.SPEED)
        judged(800, console=console)
        console.motion.wrote(600, 800, AXIS)
        lowered = judged(588, 588, low=590.0, setpoint=600, falls=0.0, console=console)
        assert lowered == (True, [])

    def test_raised_belt_is_no_rise_from_its_earlier_setpoint(self) -> None:
        console = Console(Axis.SPEED)
        judged(600, low=0.0, setpoint=600, console=console)
        console.motion.wrote(800, 600, AXIS)
        assert not judged(812, high=805.0, console=console)[0]

    def test_press_ends_the_fall_from_earlier_readings(self) -> None:
        console = Console(Axis.SPEED)
        judged(865, 865, high=INF, console=console)
        console.pressed(Press(800, up=True, named=True), 865, moment(0.0))
        assert judged(799, 799, high=INF, console=console)[1] == []

    @pytest.mark.parametrize(("ago", "press"), [(4.0, None), (4.25, 700)])
    def test_faster_keys_from_an_undone_value_belong_to_its_gesture_for_4_s(
        self, ago: float, press: int | None
    ) -> None:
        console = Console(Axis.SPEED)
        console.pressed(Press(900, up=True, named=True), 800, moment(-ago))
        assert console.ended(moment(0.0))
        console.status(650, 800, 800, 800, moment(0.0))
        found = console.status(700, 800, 800, 800, moment(0.0))
        assert found == (press and Press(press, up=False, named=True))


class TestEchoes:
    """The write that a status echoes; each write is (seconds ago, value)."""

    ROUGH = replace(LEARNED, speed=replace(AXIS, grid=None))
    NEW = replace(ROUGH, echo=Echo.UNKNOWN)
    GRIDDED = replace(LEARNED, echo=Echo.UNKNOWN, speed=replace(AXIS, grid=50))

    def after(
        self, machine: LearnedMachine, writes: tuple[tuple[float, int], ...], *statuses: int
    ) -> Console:
        console = Console(Axis.SPEED)
        for ago, value in writes:
            console.sending(value, moment(-ago, machine))
        for value in statuses:
            console.status(value, 900, None, 900, moment(0.0, machine))
        return console

    @pytest.mark.parametrize(
        ("machine", "writes", "value", "left"),
        [
            (ROUGH, ((3, 800), (2, 830), (1, 860)), 815, [830, 860]),
            (ROUGH, ((2, 800), (1, 830)), 830, []),
            (LEARNED, ((2, 805), (1, 800)), 800, [800]),
            (NEW, ((2, 790), (1, 850)), 791, [850]),
            (NEW, ((2, 790), (1, 850)), 793, [790, 850]),
        ],
        ids=[
            "the oldest near one",
            "the exact one",
            "the oldest on the grid",
            "one within the error of a unit's conversion",
            "none that no step rounds so",
        ],
    )
    def test_echo_completes_its_write_and_earlier_ones(
        self,
        machine: LearnedMachine,
        writes: tuple[tuple[float, int], ...],
        value: int,
        left: list[int],
    ) -> None:
        console = self.after(machine, writes, value)
        assert [written for _, written in console.outstanding] == left

    @pytest.mark.parametrize(
        ("machine", "writes", "value", "setpoint", "doubt"),
        [
            (NEW, ((1, 850),), 840, 850, True),
            (GRIDDED, ((1, 830),), 800, 830, False),
            (NEW, ((1, 840),), 840, 850, False),
            (NEW, ((2, 840), (1, 850)), 840, 850, True),
            (NEW, ((2, 840), (1, 850)), 850, 860, False),
            (NEW, ((2, 800), (1, 850)), 800, 800, False),
        ],
        ids=["below", "rounded", "newest", "older", "exact", "no fall"],
    )
    def test_echo_of_a_new_machine_is_doubtful_if_it_may_be_a_slower_press(
        self,
        *,
        machine: LearnedMachine,
        writes: tuple[tuple[float, int], ...],
        value: int,
        setpoint: int,
        doubt: bool,
    ) -> None:
        console = self.after(machine, writes)
        press = console.status(value, setpoint, None, setpoint, moment(0.0, machine))
        assert press == (Press(value, up=False, named=True, certain=False) if doubt else None)
