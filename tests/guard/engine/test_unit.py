"""A belt that may count miles. Speeds in 0.01 km/h."""

import math
from dataclasses import replace

import pytest

from bridge.guard.engine.axis_run import AxisRun
from bridge.guard.engine.unit import UnitWatch, is_answer_in_km
from bridge.machines.learned import UNLEARNED_INCLINE, Interval, LearnedAxis, UnitVerdict
from bridge.values import INCLINE, SPEED
from tests.guard.engine.line import Line
from tests.guard.engine.moments import AXIS, LEARNED, moment

UNKNOWN = replace(
    LEARNED,
    speed=replace(AXIS, spread=20.5),
    reports=UnitVerdict.UNKNOWN,
    targets=UnitVerdict.UNKNOWN,
)
"""A machine with a lag of up to 2 s, steady within 0.205 km/h."""
SLOW = Interval(2.5, 50.0)
"""0.15 km/h in 6 s."""


@pytest.mark.parametrize(
    ("writes", "measured", "followed"),
    [
        ([(300, 400, 300)], 644, True),
        ([(400, 300, 644)], 483, True),
        ([(400, 300, 644)], 594, True),
        ([(400, 300, 644)], 595, False),
        ([(600, 370, 600)], 600, False),
        ([(600, 500, 600), (500, 370, 600)], 600, False),
        ([(100, 600, 100), (600, 370, 600)], 600, False),
        ([(600, 370, 600), (370, 370, 600)], 600, False),
        ([(600, 370, 600), (370, 400, 600)], 600, True),
        ([(600, 600, 600)], 610, True),
        ([], 600, True),
    ],
)
def test_belt_followed_unless_it_made_less_than_half_of_a_lowering(
    writes: list[tuple[int, int, int]], measured: float, followed: bool
) -> None:
    unit = UnitWatch(UnitVerdict.UNKNOWN)
    for before, after, reading in writes:
        unit.wrote(before, after, reading, verified=False)
    setpoint = writes[-1][1] if writes else 600
    highest = unit.highest(SPEED, setpoint, measured, AXIS, 10)
    assert (highest > 0) is followed


def test_unit_watch_measures_the_next_fall_after_a_verification() -> None:
    unit = UnitWatch(UnitVerdict.UNKNOWN)
    unit.wrote(600, 400, 600, verified=False)
    unit.verified = True
    unit.wrote(400, 300, 400, verified=False)
    assert unit.highest(SPEED, 300, 400, AXIS, 10) == -math.inf


@pytest.mark.parametrize(
    ("writes", "measured", "highest"),
    [
        ([(40, 30, 40)], 70, 40 + 30 + 6),
        ([(40, 30, 40)], 47, 40 + 30 + 6),
        ([(40, 30, 40)], 46, -math.inf),
        ([(40, -10, 40)], 47, 40 + 6),
        ([(40, 50, 40)], 46, -math.inf),
        ([(150, 25, 150)], 75, -math.inf),
    ],
    ids=["rose", "rises", "stuck", "below level", "stuck at a raise", "stopped on its way down"],
)
def test_highest_reading_of_a_deck_at_an_unverified_target_starts_at_level(
    writes: list[tuple[int, int, int]], measured: float, highest: float
) -> None:
    unit = UnitWatch(UnitVerdict.UNKNOWN)
    for before, after, reading in writes:
        unit.wrote(before, after, reading, verified=False)
    setpoint = writes[-1][1]
    assert unit.highest(INCLINE, setpoint, measured, UNLEARNED_INCLINE, 5) == highest


def test_rise_of_a_deck_that_was_already_moving_is_no_evidence_of_its_unit() -> None:
    unit = UnitWatch(UnitVerdict.UNKNOWN)
    unit.wrote(25, 100, 25, verified=False)
    unit.wrote(100, 30, 162, verified=False, steady=False)
    assert unit.highest(INCLINE, 30, 180, UNLEARNED_INCLINE, 5) == 25 + 30 + 6


def written(target: int, machine: object = UNKNOWN) -> tuple[Line, AxisRun]:
    """Return a belt steady at 3 km/h, a moment after `target` was written."""
    line = Line(machine=machine, found=300, unit_known=False)  # type: ignore[arg-type]
    line.asks(300).shows(*[300] * 8)
    line.asks(target).shows(300)
    run = line.run.axes[SPEED]
    while run.state.written != target:
        line.shows(300)
    return line, run


class TestVerified:
    @pytest.mark.parametrize(
        ("target", "readings", "verified"),
        [
            (290, [300] * 5, [False, False, False, True, True]),
            (200, [300, 250, 250, 250, 250], [False, False, False, True, True]),
            (200, [300, 280, 260, 240, 220, 200, 200, 200], [False] * 7 + [True]),
        ],
        ids=["steady all the time", "one change", "on its way"],
    )
    def test_target_is_verified_once_the_lag_is_over_and_the_belt_is_steady(
        self, target: int, readings: list[int], verified: list[bool]
    ) -> None:
        line, run = written(target)
        course = []
        for reading in readings:
            line.shows(reading)
            course.append(run.unit.verified)
        assert course == verified

    @pytest.mark.parametrize(
        "speed",
        [replace(UNKNOWN.speed, rise_per_s=SLOW), replace(UNKNOWN.speed, fall_per_s=SLOW)],
        ids=["rises slowly", "falls slowly"],
    )
    def test_slow_belt_is_verified_once_its_motion_would_exceed_its_noise(
        self, speed: LearnedAxis
    ) -> None:
        line, run = written(290, replace(UNKNOWN, speed=speed))
        line.shows(*[300] * 5)
        assert not run.unit.verified
        line.shows(300)
        assert run.unit.verified

    def test_unit_of_a_belt_is_unverified_only_after_a_write(self) -> None:
        line = Line(machine=UNKNOWN, unit_known=False)
        assert line.run.axes[SPEED].unit.verified

    @pytest.mark.parametrize(
        ("target", "reading", "bias"),
        [
            (310, 310, 0.0),
            (310, 330, 0.0),
            (310, 331, 0.5),
            (310, 519, 188.5),
            (200, 250, 29.5),
            (200, 260, 0.0),
        ],
    )
    def test_excess_below_factor_1_61_is_belt_bias_if_it_followed_the_target(
        self, target: int, reading: int, bias: float
    ) -> None:
        line, run = written(target)
        for _ in range(8):
            line.shows(reading)
            if run.unit.verified:
                break
        assert (run.unit.verified, run.expected.bias) == (True, bias)


@pytest.mark.parametrize(
    ("targets", "value", "answer"),
    [
        (UnitVerdict.UNKNOWN, 499, True),
        (UnitVerdict.UNKNOWN, 509, False),
        (UnitVerdict.MPH, 499, True),
        (UnitVerdict.KMH, 499, False),
    ],
)
def test_status_of_the_write_in_kmh_is_no_press_unless_targets_are_kmh(
    targets: UnitVerdict, value: int, answer: bool
) -> None:
    line, run = written(310)
    machine = replace(UNKNOWN, targets=targets)
    facts = moment(line.now, machine, unit_known=targets is not UnitVerdict.UNKNOWN)
    assert is_answer_in_km(run, value, facts) is answer
    run.status(value, facts)
    assert run.is_busy is not answer
    assert not is_answer_in_km(line.run.axes[INCLINE], value, facts)


@pytest.mark.parametrize(("later", "answer"), [(2, True), (3, False)])
def test_status_answers_one_of_the_newest_three_writes(later: int, *, answer: bool) -> None:
    line, run = written(310)
    for value in range(later):
        run.console.sending(600 + 10 * value, line.moment)
    assert is_answer_in_km(run, 499, line.moment) is answer


@pytest.mark.parametrize(("age_s", "answer"), [(4.0, True), (4.25, False)])
def test_status_in_kmh_answers_a_write_only_while_its_echo_is_due(
    age_s: float, *, answer: bool
) -> None:
    _, run = written(310)
    facts = moment(run.wrote + age_s, UNKNOWN, unit_known=False)
    assert is_answer_in_km(run, 499, facts) is answer
    run.status(499, facts)
    assert run.is_busy is not answer


class TestMiles:
    """The machine is suspected of miles; 1.3 times 3.1 km/h is 4.04 km/h."""

    @pytest.mark.parametrize(("reading", "lowered"), [(404, False), (405, True)])
    def test_belt_steady_for_10_s_closer_to_mph_than_kmh_is_lowered(
        self, reading: int, lowered: bool
    ) -> None:
        line, run = written(310, replace(UNKNOWN, miles_suspected=True))
        line.shows(*[reading] * 10)
        assert (run.unit.suspected, run.state.request) == (False, 310)
        line.shows(reading)
        assert (run.unit.suspected, run.state.request) == (lowered, 190 if lowered else 310)

    def test_suspected_mph_lowers_the_request_once(self) -> None:
        line, run = written(310, replace(UNKNOWN, miles_suspected=True))
        line.shows(*[405] * 30)
        assert run.state.request == 190

    @pytest.mark.parametrize("known", ["unit_known", "others"])
    def test_belt_in_known_units_or_of_another_app_is_not_lowered(self, known: str) -> None:
        line, run = written(310, replace(UNKNOWN, miles_suspected=True))
        setattr(line, known, True)
        line.shows(*[405] * 11)
        assert not run.unit.suspected

    def test_setpoint_is_written_again_in_whole_steps_after_the_verdict(self) -> None:
        line, run = written(310)
        run.state = replace(run.state, request=315, shaped=315.0, written=315)
        line.written()
        line.machine = replace(UNKNOWN, targets=UnitVerdict.MPH)
        line.shows(500)
        assert (line.state(), line.written()) == ((310, 310), [310])
        assert {value for _, value in run.expected.setpoints} == {310}
