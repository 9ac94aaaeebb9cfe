"""Statuses of a machine that may name its current speed. Speeds in 0.01 km/h, times in seconds."""

import math
from dataclasses import replace

import pytest

from bridge.guard.engine.console import Console
from bridge.values import SPEED, Axis
from tests.guard.engine.line import Line, at_most, steady
from tests.guard.engine.moments import LEARNED, moment
from tests.guard.engine.test_console import judge


@pytest.mark.parametrize(
    ("known", "measured", "value", "found"),
    [
        (True, 1000, 900, "echo"),
        (True, 1000, 1015, "echo"),
        (True, 1000, 1016, "echo"),
        (True, 1000, 585, "echo"),
        (True, 1000, 584, "down"),
        (True, 300, 450, "echo"),
        (True, None, 900, "up"),
        (False, 1000, 900, "up"),
        (None, 1000, 900, "echo"),
        (None, 1000, 1015, "echo"),
        (None, 1000, 1016, "up"),
        (None, 300, 450, "down"),
        (None, None, 900, "up"),
    ],
)
def test_speed_of_a_belt_on_its_way_to_the_setpoint_is_no_press(
    known: bool | None, measured: float | None, value: int, found: str
) -> None:
    machine = replace(LEARNED, names_current=known)
    assert judge(Console(Axis.SPEED), value, 600, machine=machine, measured=measured) == found


@pytest.mark.parametrize(
    ("readings", "value", "found"),
    [
        ((600, 600), 594, "down"),
        ((600, 600), 595, "echo"),
        ((605, 600), 594, "down"),
        ((606, 600), 594, "echo"),
        ((600,), 594, "echo"),
        ((560, 560), 560, "echo"),
    ],
)
def test_speed_below_a_steady_belt_by_more_than_its_noise_is_a_press(
    readings: tuple[int, ...], value: int, found: str
) -> None:
    machine, console = replace(LEARNED, names_current=True), Console(Axis.SPEED)
    for second, reading in enumerate(readings):
        console.motion.keep(float(second - len(readings)), reading)
    assert judge(console, value, 600, machine=machine, measured=readings[-1]) == found


@pytest.mark.parametrize(
    ("gain", "value", "found"),
    [(1.0, 845, "echo"), (1.0, 844, "down"), (1.05, 805, "echo"), (1.05, 804, "down")],
)
def test_belt_that_reads_too_high_may_name_its_true_speed(
    gain: float, value: int, found: str
) -> None:
    """A reading of 8.6 is 8.2 km/h at a gain of 1.05."""
    machine = replace(LEARNED, names_current=True, speed=replace(LEARNED.speed, gain=gain))
    assert judge(Console(Axis.SPEED), value, 900, machine=machine, measured=860) == found


def current(value: int) -> Line:
    """Return a steady belt of a machine that names its current speed and has an unknown grid."""
    axis = replace(LEARNED.speed, grid=None)
    return steady(value, machine=replace(LEARNED, names_current=True, speed=axis))


def coarse(value: int) -> Line:
    """Return the same, with readings in whole km/h."""
    axis = replace(LEARNED.speed, grid=None, resolution=100.0)
    return steady(value, machine=replace(LEARNED, names_current=True, speed=axis))


def test_current_speed_named_between_two_frames_of_a_fall_is_no_press() -> None:
    line = current(800).asks(740).shows(800)
    line.now += 2.5
    assert line.names(730).state() == (740, 740)
    assert line.names(700).state() == (700, 700)


@pytest.mark.parametrize(("value", "becomes"), [(785, 850), (784, 780)])
def test_speed_near_the_lowest_setpoint_that_may_be_in_force_is_no_press(
    value: int, becomes: int
) -> None:
    """The belt may not have got the 8.5 km/h yet; readings differ by 0.15."""
    line = current(850)
    run = line.run.axes[SPEED]
    run.expected = replace(run.expected, setpoints=((-math.inf, 800), (line.now - 0.5, 850)))
    assert line.shows(820).names(value).state() == (becomes, becomes)


def test_rounded_speed_after_a_repeated_write_is_no_press() -> None:
    line = current(510).asks(510).shows(510)
    assert line.written() == [510]
    assert line.names(500).state() == (510, 510)
    assert line.names(480).state() == (480, 480)


@pytest.mark.parametrize(("seconds", "becomes"), [(2.0, 510), (2.25, 500)])
def test_rounded_speed_after_a_write_is_no_press_for_the_lag(seconds: float, becomes: int) -> None:
    line = current(510).asks(510).shows(510)
    line.now += seconds
    assert line.names(500).state() == (becomes, becomes)


def test_named_speed_below_a_steady_belt_without_writes_is_a_press() -> None:
    assert current(510).names(500).state() == (500, 500)


def test_rounded_speed_after_a_write_in_a_climb_is_no_press() -> None:
    line = current(500).asks(600).shows(500, 510, 520, 530)
    assert line.names(500).state()[0] == 600


def test_rounded_speed_at_the_end_of_a_climb_is_no_press_after_the_lag() -> None:
    line = current(800).asks(850, program=True)
    line.shows(*[800] * 6, 820, 840, 860)
    assert line.names(825).state()[0] == 850


def test_named_speed_below_a_belt_that_climbs_without_a_write_is_a_press() -> None:
    line = current(850).shows(820, 840, 860)
    assert line.names(825).state() == (820, 820)


def test_named_speed_below_a_belt_that_climbed_and_falls_is_a_press() -> None:
    line = current(800).asks(850, program=True)
    line.shows(*[800] * 6, 820, 840, 860, 845)
    assert line.names(820).state() == (820, 820)


@pytest.mark.parametrize(("reading", "request_left"), [(700, 790), (690, 790), (680, 680)])
def test_coarse_reading_within_a_report_step_of_the_named_speed_is_no_further_fall(
    reading: int, request_left: int
) -> None:
    line = coarse(800).names(790).shows(reading)
    assert line.state()[0] == request_left


def test_named_speeds_of_a_slow_fall_with_coarse_readings_are_one_press() -> None:
    line = coarse(800)
    for speed in range(790, 590, -10):
        line.names(speed).shows(100 * round(speed / 100))
    assert line.shows(*[600] * 6).state() == (600, 600)
    assert line.events() == ["console_slowed"]


def test_fall_that_a_sliding_bound_commands_does_not_prolong_a_press() -> None:
    line = current(800)
    line.limits = at_most(800, slides=True, announced=True)
    line.shows(800).names(700)
    for speed in range(680, 600, -20):
        line.limits = at_most(speed, slides=True, announced=True)
        line.shows(speed + 30).names(speed + 10)
    assert line.events() == ["console_slowed"]


def test_named_speeds_of_a_slow_fall_between_two_steps_of_the_machine_are_one_press() -> None:
    halves = replace(LEARNED.speed, grid=50)
    line = steady(600, machine=replace(LEARNED, names_current=True, speed=halves))
    for speed in range(590, 390, -10):
        line.names(speed).shows(speed)
    assert line.shows(*[400] * 6).state() == (400, 400)
    assert line.events() == ["console_slowed"]


@pytest.mark.parametrize(
    ("axis", "current", "left"),
    [
        (Axis.SPEED, True, [800]),
        (Axis.SPEED, False, []),
        (Axis.INCLINE, True, []),
    ],
)
def test_named_current_speed_is_no_echo(axis: Axis, current: bool, left: list[int]) -> None:
    console, machine = Console(axis), replace(LEARNED, names_current=current)
    console.sending(800, moment(-2.0, machine))
    console.status(800, 800, 780, 800, moment(0.0, machine))
    assert [value for _, value in console.outstanding] == left
