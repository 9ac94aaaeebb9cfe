"""From observations to figures, one kind at a time. Wire units, seconds."""

from collections.abc import Mapping
from dataclasses import replace

import pytest

from bridge.machines.learned import UNLEARNED_INCLINE, UNLEARNED_SPEED, Interval, LearnedAxis
from bridge.tracking.learning import figures as module
from bridge.tracking.learning.figures import explains, is_plausible, resolution_of, within
from bridge.tracking.learning.knowledge import AxisKnowledge, Point, Span
from bridge.values import Axis


def speed(known: AxisKnowledge, frame_s: float = 1.0, step: int = 10) -> LearnedAxis:
    return module.figures(known, UNLEARNED_SPEED, frame_s, module.SPEED_LIMITS, step)


def incline(known: AxisKnowledge) -> LearnedAxis:
    return module.figures(known, UNLEARNED_INCLINE, 1.0, module.INCLINE_LIMITS, 5)


def spans(*limits: tuple[float, float], exact: bool = True) -> tuple[Span, ...]:
    return tuple(Span(low, high, exact) for low, high in limits)


def points(seen: Mapping[int, float]) -> tuple[Point, ...]:
    return tuple(Point(target, (float(mean),)) for target, mean in seen.items())


def close(found: Interval) -> object:
    return pytest.approx((found.low, found.high))


@pytest.mark.parametrize(
    ("seen", "lag"),
    [
        ((), (0, 6)),
        # Exact ones: a fifth and the 0.2 s of a report step less, and half more at first, a
        # quarter more from the second on.
        (spans((1, 2)), (0.6, 4)),
        (spans((1, 2), (2, 3)), (0.6, 4.75)),
        (spans((1, 2), (0, 9), exact=False)[:1] + spans((1, 2)), (0.6, 4)),
        (spans((0, 0.1)), (0, 1.5)),  # a write may wait for its turn
        (spans((8, 11)), (6.2, 12)),
        # Upper limits: the second smallest.
        (spans((1, 2), exact=False), (0, 6)),
        (spans((1, 2), (2, 3), (2, 4), exact=False), (0.6, 4.75)),
        (spans((1, 7), (1, 8), exact=False), (0.6, 8.5)),
    ],
)
def test_learned_lag_contains_the_observed_lags_with_a_margin(
    seen: tuple[Span, ...], lag: tuple[float, float]
) -> None:
    rates = spans((75, 75))  # 0.5 km/h per s at the least
    assert close(speed(AxisKnowledge(lags=seen, rises=rates, falls=rates)).lag_s) == lag


def test_coarse_reports_of_a_slow_belt_widen_the_learned_lag() -> None:
    coarse = AxisKnowledge(lags=spans((9, 12)), values=(100, 200, 300, 400, 500, 600))
    assert close(speed(coarse).lag_s) == (0, 12)  # 1 km/h may take 20 s
    rates = spans((75, 75))
    assert close(speed(replace(coarse, rises=rates, falls=rates)).lag_s) == (5.2, 12)


@pytest.mark.parametrize(
    ("seen", "rate"),
    [
        ((), (5, 300)),
        (spans((30, 60)), (20, 90)),
        (spans((30, 60), (24, 40)), (16, 90)),
        (spans((90, 90), exact=False), (60, 300)),  # at least
        (spans((90, 90), (60, 60), exact=False), (60, 300)),
        (spans((30, 60)) + spans((90, 90), exact=False), (20, 90)),
        (spans((330, 330), exact=False), (220, 330)),
        (spans((1, 20)), (1, 30)),  # never below a fifth of the start
        (spans((900, 1200)), (500, 1000)),  # nor above what any motor can do
    ],
)
def test_learned_rate_contains_the_observed_rates_and_half_as_much_again(
    seen: tuple[Span, ...], rate: tuple[float, float]
) -> None:
    assert close(speed(AxisKnowledge(rises=seen)).rise_per_s) == rate
    assert close(speed(AxisKnowledge(falls=seen)).fall_per_s) == rate


def test_learned_deck_rate_has_its_own_limits() -> None:
    found = incline(AxisKnowledge(rises=spans((60, 90))))
    assert close(found.rise_per_s) == (25, 50)


@pytest.mark.parametrize(
    ("seen", "share"),
    [((), 0.03), ((0.01,), 0.03), ((0.05, 0.02), 0.07), ((0.0,) * 3, 0.01), ((0.09,), 0.1)],
)
def test_learned_droop_is_the_maximum_plus_20_percent(
    seen: tuple[float, ...], share: float
) -> None:
    assert speed(AxisKnowledge(droops=seen)).droop == pytest.approx(share)


@pytest.mark.parametrize(
    ("seen", "share"), [((), 0.05), ((0.02, 0.02), 0.05), ((0.02,) * 3, 0.034), ((0.2,), 0.1)]
)
def test_learned_overshoot_is_the_maximum_plus_20_percent(
    seen: tuple[float, ...], share: float
) -> None:
    assert speed(AxisKnowledge(overshoots=seen)).overshoot == pytest.approx(share)


@pytest.mark.parametrize(
    ("seen", "noise"),
    [
        ((20.0,), 10),  # one shows nothing
        ((20.0, 12.0), 30),
        ((20.0, 12.0, 12.0), 30),
        ((20.0, 12.0, 12.0, 12.0), 18),  # one may be a runner's step
        ((20.0, 14.0, 12.0, 12.0, 12.0), 21),
        ((40.0, 40.0), 50),
        ((10.0, 10.0), 10),  # rounding explains it
        ((0.0, 0.0), 5),
    ],
)
def test_learned_noise_is_the_second_largest_observed_plus_50_percent(
    seen: tuple[float, ...], noise: float
) -> None:
    assert speed(AxisKnowledge(noises=seen)).noise == noise


def test_learned_deck_noise_has_its_own_limit() -> None:
    assert incline(AxisKnowledge(noises=(6.0, 6.0))).noise == 5


STEPS = (100, 50 * 1.609344, 50, 20 * 1.609344, 32, 20, 10 * 1.609344, 16, 10)


@pytest.mark.parametrize(
    ("limits", "step"),
    [
        *((module.SPEED_LIMITS, step) for step in STEPS),
        *((module.INCLINE_LIMITS, s) for s in (10, 5)),
    ],
)
def test_each_usual_report_step_is_recognised(limits: module.Plausible, step: float) -> None:
    values = [round(step * number) for number in (7, 11, 13, 17, 19)]
    assert resolution_of(values, 1, limits) == pytest.approx(step)


@pytest.mark.parametrize(
    ("values", "step"),
    [
        ((700, 1103), 100),  # a sixteenth off, as after a conversion
        ((706, 1100), 100),
        ((707, 1100), 10),
        ((166, 402), 10),  # 5.1 off two half miles
        ((320, 352, 386), 32),
        ((100, 200, 300, 400, 550), 50),
        ((100, 200, 300, 400, 500, 550), 100),  # one of six may be noise
        ((100, 200, 300, 400, 550, 650), 50),
    ],
)
def test_report_step_divides_five_of_six_readings(values: tuple[int, ...], step: float) -> None:
    assert resolution_of(values, 10, module.SPEED_LIMITS) == step


@pytest.mark.parametrize(
    ("refused", "taken", "grid"),
    [
        ((5,), (10,), 10),
        ((5,), (), None),
        ((5,), (10, 15), None),
        ((5, 10), (20,), None),  # another reason
        ((), (10,), None),
    ],
)
def test_refusals_show_a_grid_that_fits_every_accepted_target(
    refused: tuple[int, ...], taken: tuple[int, ...], grid: int | None
) -> None:
    assert incline(AxisKnowledge(refused=refused, taken=taken)).grid == grid


@pytest.mark.parametrize(("echoed", "grid"), [(50, 50), (5, 10), (200, 100), (None, None)])
def test_echoes_show_a_grid_only_of_a_plausible_step(echoed: int | None, grid: int | None) -> None:
    assert speed(AxisKnowledge(echoed=echoed)).grid == grid


@pytest.mark.parametrize("half", [Span(-16, 3), Span(-3, 16)])
def test_an_echo_of_a_write_halfway_between_two_steps_may_differ_by_half_a_step(half: Span) -> None:
    off = speed(AxisKnowledge(echoed=32, off=half)).off
    assert (off.low, off.high) == (min(half.high - 31, -16), max(half.low + 31, 16))


FINE = tuple(range(10, 490, 10))
MILES = tuple(range(32, 1600, 32))


@pytest.mark.parametrize(
    ("seen", "values", "grid"),
    [
        ({430: 400, 490: 400, 850: 800, 200: 200}, FINE, 100),
        ({430: 400, 490: 400, 810: 800, 200: 200}, FINE, None),  # two off their targets
        ({430: 409, 490: 409, 850: 810, 200: 200}, FINE, 100),
        ({430: 411, 490: 400, 850: 800, 200: 200}, FINE, None),
        ({430: 400, 490: 700, 850: 800, 200: 200}, FINE, None),  # too far away
        # No multiple of the step of all targets.
        ({330: 320, 430: 416, 530: 512, 620: 608, 720: 704, 820: 800}, FINE, None),
        # Reports of 0.32 km/h: one in three is on it by chance.
        ({430: 400, 490: 400, 850: 800, 200: 200}, MILES, None),
        ({370: 352, 470: 448, 720: 704, 820: 800, 920: 896, 1170: 1152}, MILES, None),
        # Reports of 0.05 km/h: one in four is on 0.2 km/h by chance; of 0.04, one in five.
        ({430: 420, 490: 480, 850: 840}, tuple(range(5, 245, 5)), None),
        ({430: 420, 490: 480, 850: 840}, tuple(range(4, 196, 4)), 20),
    ],
)
def test_steady_fine_readings_on_a_grid_show_the_grid(
    seen: dict[int, float], values: tuple[int, ...], grid: int | None
) -> None:
    assert speed(AxisKnowledge(points(seen), values=values)).grid == grid


@pytest.mark.parametrize(
    ("axis", "grid", "least"),
    [
        *((Axis.SPEED, grid, 3) for grid in (100, 50)),
        *((Axis.SPEED, grid, 6) for grid in (32, 20)),  # one in five is on it by chance
        *((Axis.INCLINE, grid, 3) for grid in (10, 5)),
        (Axis.INCLINE, 2, 6),
    ],
)
def test_each_usual_grid_is_known_from_few_readings(axis: Axis, grid: int, least: int) -> None:
    stands = [grid * number for number in (7, 9, 12, 14, 17, 19)]
    for number in (least - 1, least):
        seen = points({stand + max(1, grid * 2 // 5): stand for stand in stands[:number]})
        if axis is Axis.SPEED:
            found = speed(AxisKnowledge(seen, values=FINE), step=1)
        else:
            known = AxisKnowledge(seen, values=tuple(range(1, 49)))
            found = module.figures(known, UNLEARNED_INCLINE, 1.0, module.INCLINE_LIMITS, 1)
        assert found.grid == (grid if number == least else None)


@pytest.mark.parametrize(
    ("target", "mean", "plausible"),
    [
        (1000, 1200.0, True),  # 1 km/h and 10 %
        (1000, 1201.0, False),
        (1000, 800.0, True),
        (1000, 799.0, False),
        (50, 0.0, True),
        (51, 0.0, False),  # it stands
        (51, 1.0, True),
    ],
)
def test_a_reading_is_plausible_within_a_kilometre_per_hour_and_ten_per_cent(
    target: int, mean: float, *, plausible: bool
) -> None:
    assert is_plausible(target, mean, module.SPEED_LIMITS) is plausible


@pytest.mark.parametrize(
    ("target", "mean", "plausible"), [(100, 130.0, True), (100, 131.0, False), (100, 70.0, True)]
)
def test_an_incline_is_plausible_within_two_and_ten_per_cent(
    target: int, mean: float, *, plausible: bool
) -> None:
    assert is_plausible(target, mean, module.INCLINE_LIMITS) is plausible


BASE = replace(UNLEARNED_SPEED, spread=40.0, gain=1.0, offset=20.0, pivot=800.0, doubt=0.01)


@pytest.mark.parametrize(
    ("mean", "explained"), [(998, True), (997, False), (1072, True), (1073, False)]
)
def test_reading_is_explained_within_the_change_allowed_per_session(
    mean: float, *, explained: bool
) -> None:
    """At 10 km/h the band is from 9.78 to 10.62; a session adds 1 %."""
    assert explains(BASE, 1000, mean - 30 * (mean < 1000), module.SPEED_LIMITS, 10) is explained


@pytest.mark.parametrize(
    ("change", "limited"),
    [
        ({}, False),
        ({"spread": 48.0}, False),
        ({"spread": 48.1}, False),  # 10 at least
        ({"spread": 50.0}, False),
        ({"spread": 51.0, "doubt": 0.0}, True),
        ({"offset": 30.0}, False),
        ({"offset": 31.0}, True),
        ({"offset": 10.0}, False),
        ({"offset": 9.0}, True),
        ({"gain": 0.99, "offset": 28.0}, False),
        ({"gain": 1.02, "offset": 4.0}, True),  # at a standstill
        ({"gain": 1.02, "offset": 10.0}, True),  # at twice the pivot
        ({"gain": 1.015, "offset": 12.0}, False),  # only at three times the pivot
    ],
)
def test_band_widens_by_no_more_than_the_limit_per_session(
    change: dict[str, float], *, limited: bool
) -> None:
    found = within(replace(BASE, droop=0.09, **change), BASE, module.SPEED_LIMITS, 10)  # type: ignore[arg-type]
    assert found.droop == pytest.approx(BASE.droop + 0.01)
    if limited:
        assert (found.gain, found.offset, found.doubt, found.pivot) == (1.0, 20.0, 0.01, 800.0)
        assert found.spread == 50.0
    else:
        assert found == replace(found, **change)  # type: ignore[arg-type]


@pytest.mark.parametrize(("rounding", "after"), [(0.0, 0.0), (50.0, 60.0)])
def test_learned_rounding_grows_no_faster_than_the_band(rounding: float, after: float) -> None:
    base = replace(BASE, rounding=rounding)
    found = within(replace(base, spread=90.0), base, module.SPEED_LIMITS, 10)
    assert found.rounding == after
