"""Gain and offset from steady readings. Wire units."""

import pytest

from bridge.tracking.learning import figures as module
from bridge.tracking.learning.figures import fit
from bridge.tracking.learning.knowledge import AxisKnowledge, Point
from tests.tracking.learning.test_figures import incline, points, speed

EXACT = {400: (400,), 800: (800,)}
LOW = {500: (460,), 510: (469,), 1000: (920,), 1500: (1380,)}


@pytest.mark.parametrize(
    ("seen", "wander", "step", "coarsest", "line"),
    [
        # Rounding to 0.5 km/h, and 4, at a gain that may be 10 % off.
        (EXACT, 0, 10, 50, (1, 0, 1.05 * 50 + 4 + 20, 0.1)),
        (EXACT, 40, 10, 50, (1, 0, 1.05 * 50 + 30 + 20 + 40, 0.1)),
        (EXACT, 80, 10, 50, (1, 0, 1.05 * 50 + 37.5 + 20 + 50, 0.1)),
        (EXACT, 0, 10, 100, (1, 0, 1.05 * 100 + 4 + 20, 0.1)),
        ({**EXACT, 400: (395, 405)}, 0, 10, 50, (1, 0, 1.05 * 50 + 10 + 20 - 5, 0.1)),
        ({300: (300,), 310: (320,)}, 0, 10, 50, (1, 5, 33.1, 0.1)),
        # A gain of 1 is just possible, so no coarser rounding is assumed.
        ({270: (270,), 490: (550,)}, 10, 10, 50, (1.05, 11, 41 + 10, 0.05)),
        # Coarse reports leave rounding to 1 km/h possible.
        ({1090: (1150,), 1260: (1400,)}, 0, 50, 50, (1, 100, 77.5, 0.1)),
        # Finer reports leave no narrower band; one gain may be left.
        (EXACT, 0, 3, 50, (1, 0, 1.05 * 50 + 4 + 20, 0.1)),
        ({170: (192,), 230: (192,)}, 0, 32, 50, (1, -8, 52.6, 0.1)),
        # Targets 10 km/h apart show the gain.
        ({500: (500,), 1500: (1500,)}, 0, 10, 50, (1, 0, 56.5 * 1.5, 0.0565)),
        (
            {500: (500,), 1500: (1500,)},
            0,
            32,
            50,
            (1, 0, (1.05 * (50 + 32 - 10) + 4) * 1.5, 0.0796),
        ),
        ({500: (460,), 1000: (920,), 1500: (1380,)}, 0, 10, 50, (0.9645, -44.5, 109, 0.0645)),
        ({500: (490, 510), 1500: (1480, 1500)}, 0, 10, 50, (0.99, 5, 88.75, 0.0525)),
        # A machine may round targets and reports; a gain makes both add up, for any steps.
        ({750: (800,)}, 0, 50, 100, (1, 50, 1.05 * (100 + 50 - 10) + 4, 0.1)),
        # Whole km/h show no finer rounding of targets, but half a km/h is what machines have.
        ({750: (800,)}, 0, 100, 50, (1, 50, 1.05 * (50 + 100 - 10) + 4, 0.1)),
        # A narrow width that readings almost refute is not believed.
        ({630: (640, 656), 650: (640,), 670: (672,), 690: (672,)}, 0, 16, 50, (1, 4, 55.8, 0.1)),
        # Targets 0.1 km/h apart refute rounding to more than 0.16 or 0.2 km/h.
        ({400: (400,), 410: (410,), 1400: (1400,)}, 0, 10, 50, (1, 0, 27.594667, 0.0208)),
        ({400: (400,), 416: (416,), 1400: (1400,)}, 0, 16, 50, (1, 0, 41.399467, 0.0313)),
        (LOW, 0, 1, 50, (0.9288, -8.8, 41.128, 0.0288)),
        (LOW, 0, 32, 50, (0.97605, -51.733875, 137.1, 0.07605)),
        (LOW, 0, 50, 50, (0.95925, -36.991875, 103.5, 0.05925)),
    ],
)
def test_readings_give_gain_and_offset_with_a_spread(
    seen: dict[int, tuple[float, ...]],
    wander: float,
    step: float,
    coarsest: int,
    line: tuple[float, ...],
) -> None:
    known = tuple(Point(target, means) for target, means in seen.items())
    found = fit(known, wander, module.SPEED_LIMITS, step, coarsest)
    assert found is not None
    assert found.pivot == pytest.approx(sum(seen) / len(seen))
    assert (found.gain, found.offset, found.spread, found.doubt) == pytest.approx(line)


def test_roundings_of_a_deck_and_of_its_reports_add_up() -> None:
    known = AxisKnowledge(points({50: 50}), wanders=(0.0,), values=(5, 10, 15))
    assert incline(known).spread == pytest.approx(1.05 * (5 + 5 - 1) + 0.4)


@pytest.mark.parametrize("gain", [0.92, 0.96, 1.04, 1.08])
def test_learned_gain_is_within_its_doubt(gain: float) -> None:
    seen = {target: round(target * gain) for target in range(300, 1500, 70)}
    found = fit(points(seen), 0.0, module.SPEED_LIMITS, 10, 50)
    assert found is not None
    assert abs(found.gain - gain) <= found.doubt < 0.03
    assert not found.is_exact


def test_implausible_readings_give_no_gain_and_offset() -> None:
    assert fit(points({400: 400, 800: 1400}), 0.0, module.SPEED_LIMITS, 10, 50) is None


@pytest.mark.parametrize(("mean", "rounding"), [(969, 50), (970, 0), (931, 50), (930, 0)])
def test_targets_read_within_2_percent_may_be_rounded(mean: float, rounding: float) -> None:
    assert speed(AxisKnowledge(points({950: mean}))).rounding == rounding
    assert speed(AxisKnowledge(points({250: 260}))).rounding == 50
    assert speed(AxisKnowledge(points({250: 261}))).rounding == 0
    assert speed(AxisKnowledge(points({400: 400}), echoed=100)).rounding == 100
    assert speed(AxisKnowledge(points({400: 400}), echoed=10)).rounding == 50
    assert incline(AxisKnowledge(points({20: 21}))).rounding == 5
    assert incline(AxisKnowledge(points({20: 22}))).rounding == 0


def test_learned_band_is_at_most_1_5_kmh_or_2_5_percent_wide() -> None:
    known = AxisKnowledge((Point(500, (450.0, 550.0)),), wanders=(60.0,), echoed=100)
    assert speed(known).spread == 150
    known = AxisKnowledge((Point(50, (40.0, 60.0)),), wanders=(9.0,), echoed=10)
    assert incline(known).spread == 25
