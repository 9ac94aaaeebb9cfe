"""Rounding of targets that observations leave possible. Speeds in 0.01 km/h."""

import pytest

from bridge.machines.learned import UNLEARNED_SPEED
from bridge.tracking.learning.figures import SPEED_LIMITS
from bridge.tracking.learning.figures import figures as figures_of
from bridge.tracking.learning.knowledge import AxisKnowledge, Point
from tests.tracking.belt import floor, nearest


def test_press_on_a_coarse_grid_and_a_write_off_it_give_no_wrong_gain() -> None:
    on_it = (320, 448, 576, 672, 608, 544, 384, 768, 640, 800)
    points = [Point(target, (float(nearest(10)(target)),)) for target in on_it]
    points += [Point(490, (480.0,)), Point(1180, (1150.0,))]
    found = figures_of(AxisKnowledge(tuple(points)), UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 350 in found.readings(380, 10)


def test_reports_and_targets_of_different_steps_give_no_wrong_gain() -> None:
    targets = (370, 320, 540, 570, 510, 350, 640, 730)
    points = tuple(Point(each, (floor(32)(nearest(50)(each)),)) for each in targets)
    values = tuple(range(32, 800, 32))
    known = AxisKnowledge(points, values=values)
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 928 in found.readings(960, 10)


def test_grid_hidden_by_rounded_reports_stays_possible() -> None:
    targets = (210, 280, 600, 1280, 640, 780, 680, 690, 650, 1110, 240, 1100)
    points = tuple(Point(each, (float(nearest(10)(floor(32)(each))),)) for each in targets)
    still = (0.0,) * 8
    known = AxisKnowledge(
        points, noises=still, wanders=still, values=tuple(range(10, 490, 10)), echoed=10
    )
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 860 in found.readings(890, 10)


def test_whole_kmh_reports_may_be_one_below_any_target() -> None:
    points = tuple(Point(each, (floor(100)(each),)) for each in (400, 500, 210, 910, 1000, 600))
    known = AxisKnowledge(points, values=tuple(range(100, 1200, 100)), noises=(0.0, 0.0))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 500 in found.readings(590, 10)
    assert found.noise == UNLEARNED_SPEED.noise


def test_machine_that_echoes_exactly_may_still_round_its_targets() -> None:
    seen = {370: 400, 450: 500, 470: 500, 550: 600, 590: 600, 680: 700, 1160: 1200}
    points = tuple(Point(target, (float(mean),)) for target, mean in seen.items())
    still = (0.0,) * 8
    known = AxisKnowledge(
        points, noises=still, wanders=still, values=tuple(range(10, 490, 10)), echoed=10
    )
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert found.grid == 10
    assert 600 in found.readings(630, 10)


def test_single_whole_kmh_reading_off_target_keeps_rounding_possible() -> None:
    values = tuple(range(10, 410, 10))
    known = AxisKnowledge((Point(370, (400.0,)),), values=values)
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 290 in found.readings(340, 10)
    between = AxisKnowledge((Point(370, (400.0,)), Point(500, (540.0,))), values=values)
    found = figures_of(between, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 290 not in found.readings(340, 10)


def test_flicker_by_one_report_step_is_rounding_and_no_noise() -> None:
    values = tuple(range(16, 16 * 49, 16))
    known = AxisKnowledge(noises=(16.0, 0.0, 16.0, 16.0), values=values)
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert (found.resolution, found.noise) == (16.0, UNLEARNED_SPEED.noise)
    known = AxisKnowledge(noises=(32.0, 0.0, 32.0, 32.0), values=values)
    assert figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10).noise == 48.0


@pytest.mark.parametrize(
    ("seen", "grid"),
    [
        ({410: 410, 490: 490, 810: 810, 200: 200}, None),  # they stand at their targets
        ({430: 400, 490: 400, 850: 800, 200: 200}, 100),
        ({430: 400, 490: 400, 850: 850, 200: 200}, None),
    ],
)
def test_grid_needs_readings_on_it_that_differ_from_their_targets(
    seen: dict[int, int], grid: int | None
) -> None:
    points = tuple(Point(target, (float(mean),)) for target, mean in seen.items())
    known = AxisKnowledge(points, values=tuple(range(10, 490, 10)))
    assert figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10).grid == grid


def test_targets_near_whole_kmh_keep_rounding_to_them_possible() -> None:
    points = (Point(710, (700.0,)), Point(500, (506.0,)), Point(310, (302.0,)))
    known = AxisKnowledge(points, wanders=(20.0,))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 400 in found.readings(490, 10)
    exact = AxisKnowledge(tuple(Point(p.target, (float(p.target),)) for p in points))
    found = figures_of(exact, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 400 not in found.readings(490, 10)


def test_low_readings_of_rounded_targets_are_explained_by_both() -> None:
    seen = {370: 330, 200: 190, 600: 570, 1120: 1040, 640: 620}
    points = tuple(Point(target, (float(mean),)) for target, mean in seen.items())
    known = AxisKnowledge(points, wanders=(0.0,))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert found.spread is not None
    assert 850 in found.readings(910, 10)


def test_low_reading_machine_with_whole_kmh_grid_gives_no_wrong_gain() -> None:
    """It takes the nearest whole km/h and reads 5 % low; a gain of 0.9 explains that, barely."""
    seen = {350: 380, 370: 380, 360: 380, 450: 470, 700: 660, 1040: 950}
    points = tuple(Point(target, (float(mean),)) for target, mean in seen.items())
    known = AxisKnowledge(points, wanders=(0.0,))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert pytest.approx(found.gain, abs=found.doubt) == 0.948
    assert 284 in found.readings(340, 10)
    assert 758 in found.readings(840, 10)


def test_roundings_of_targets_and_reports_add_up_with_a_wrong_gain() -> None:
    low = {370: 300, 300: 250, 200: 150, 650: 600, 550: 450, 320: 250, 350: 300, 600: 550, 790: 750}
    points = tuple(Point(target, (float(mean),)) for target, mean in low.items())
    known = AxisKnowledge(points, values=tuple(range(50, 950, 50)))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 1100 in found.readings(1220, 10)


@pytest.mark.parametrize(
    ("seen", "target", "mean"),
    [
        # 5 % low, after it took the nearest whole km/h.
        ({900: 860, 770: 760, 710: 660, 440: 380, 530: 480}, 470, 480),
        ({540: 480, 720: 660, 620: 570, 420: 380, 890: 860}, 370, 380),
        ({250: 290, 1220: 1140, 790: 760}, 440, 380),
        # 5 % high, after it took the nearest whole km/h, or took them down.
        ({820: 840, 730: 740, 880: 940, 510: 520}, 450, 520),
        ({710: 740, 520: 520, 730: 740, 340: 320}, 390, 320),
    ],
)
def test_reports_rounded_after_a_wrong_gain_do_not_rule_out_whole_kmh_targets(
    seen: dict[int, int], target: int, mean: int
) -> None:
    """It reports steps of 0.1 km/h; 95 % of 7 km/h show as 6.6 or 6.7."""
    points = tuple(Point(each, (float(shown),)) for each, shown in seen.items())
    known = AxisKnowledge(points, values=tuple(range(10, 490, 10)))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert mean in found.readings(target, 10)


@pytest.mark.parametrize(
    ("seen", "target", "mean"),
    [
        # It reads 4 % high, and rounds to the nearest whole km/h twice.
        ({310: 300, 370: 400, 770: 800, 530: 500, 220: 200, 250: 300, 1140: 1100}, 1280, 1400),
        # It reads 6 % low, after it took whole km/h down.
        ({370: 300, 800: 800, 600: 600}, 990, 800),
    ],
)
def test_whole_kmh_reports_keep_rounded_targets_possible(
    seen: dict[int, int], target: int, mean: int
) -> None:
    points = tuple(Point(each, (float(shown),)) for each, shown in seen.items())
    known = AxisKnowledge(points, values=tuple(range(100, 1500, 100)), noises=(0.0, 0.0))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert mean in found.readings(target, 10)


def test_drooping_readings_do_not_rule_out_rounding_to_whole_kmh() -> None:
    """A runner slows the belt by up to 5 %, and each mean is a little different."""
    seen = {170: 100, 250: 192, 370: 292, 300: 294, 400: 389, 500: 493, 1200: 1170}
    points = tuple(Point(target, (float(mean),)) for target, mean in seen.items())
    known = AxisKnowledge(points, wanders=(8.0, 9.0, 10.0), values=tuple(range(10, 490, 10)))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert 486 in found.readings(590, 10)
    assert 1168 in found.readings(1280, 10)


@pytest.mark.parametrize(
    ("seen", "rounding"),
    [
        ({710: 720, 500: 506, 300: 302}, 50),  # beside a target near whole km/h
        ({560: 550, 450: 450}, 50),  # on half km/h
        ({710: 700, 1000: 1012, 310: 302}, 100),
    ],
)
def test_whole_kmh_readings_off_their_targets_may_be_rounded(
    seen: dict[int, int], rounding: int
) -> None:
    points = tuple(Point(target, (float(mean),)) for target, mean in seen.items())
    found = figures_of(AxisKnowledge(points), UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert found.rounding == rounding


@pytest.mark.parametrize(
    ("seen", "values", "later"),
    [
        ({170: 100, 370: 300, 600: 600}, range(10, 490, 10), {790: 700, 1090: 1000}),
        # Droop lowers all but one, which the belt left slowly.
        (
            {160: 96, 370: 293, 230: 192, 600: 585, 810: 768, 530: 548},
            range(32, 1568, 32),
            {990: 868},
        ),
    ],
)
def test_rounding_to_whole_kmh_is_preferred_over_a_wrong_gain(
    seen: dict[int, int], values: range, later: dict[int, int]
) -> None:
    """A machine that echoes exactly what it rounds down."""
    points = tuple(Point(target, (float(mean),)) for target, mean in seen.items())
    known = AxisKnowledge(points, wanders=(32.0,), values=tuple(values), echoed=10)
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert abs(found.gain - 1) <= found.doubt
    assert [mean for target, mean in later.items() if mean in found.readings(target, 10)] == [
        *later.values()
    ]


def test_a_band_contains_the_largest_wander_of_the_readings() -> None:
    points = (Point(400, (400.0,)), Point(800, (800.0,)))
    known = AxisKnowledge(points, wanders=(0.0, 40.0, 20.0))
    found = figures_of(known, UNLEARNED_SPEED, 1.0, SPEED_LIMITS, 10)
    assert found.spread == pytest.approx(1.05 * 50 + 30 + 20 + 40)
