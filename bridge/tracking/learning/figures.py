"""From observations to figures: the possible behaviour at any target. Pure.

A machine rounds its targets to its own grid, or its reports. The width of that rounding shows only
where two closer targets were observed. So every width that is not refuted counts as possible. All
readings at all targets then lie within one width around one line.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import combinations, islice, pairwise, product

from bridge.machines.learned import Interval, LearnedAxis
from bridge.tracking.learning.knowledge import AxisKnowledge, Point
from bridge.tracking.learning.spans import FEW, lag_of, off_of, rate_of, share_of
from protocols.units import MPH

GAIN = 0.10
"""Largest gain error of a treadmill: 10 %."""
EXACT = 0.02
"""Readings within 2 % of the target count as exact."""
MANY = 6
"""Observations after which readings close to the report step show a grid."""
COARSE = 5
"""Width of a grid in report steps; one in so many readings is on it by chance."""
STEPS = 6
"""Distinct readings, one of which may be an outlier."""
TIGHT = 0.15
"""A width is suspect if it leaves the gain less than this part of what exact readings leave."""


@dataclass(frozen=True, slots=True)
class Plausible:
    """Limits of one axis' figures, in wire units."""

    offset: float
    """Largest common offset of all readings."""
    grids: tuple[int, ...]
    """Rounding steps of targets, coarsest first."""
    steps: tuple[float, ...]
    """Steps of reports, coarsest first."""
    usual: int
    """Coarsest rounding step assumed possible without evidence."""
    noise: float
    band: float
    """Largest half-width of a band at a gain of 1."""
    rate: float
    """Fastest motion, per second."""
    session: float
    """Most that one session may add to the band of earlier sessions."""
    way: float
    """Distance between targets that reveals a gain."""


SPEED_LIMITS = Plausible(
    offset=100.0,
    grids=(100, 50, 32, 20, 16, 10),
    steps=(100.0, 50 * MPH, 50.0, 20 * MPH, 32.0, 20.0, 10 * MPH, 16.0, 10.0),
    usual=50,
    noise=50.0,
    band=150.0,
    rate=1000.0,
    session=10.0,
    way=100.0,
)
INCLINE_LIMITS = Plausible(
    offset=20.0,
    grids=(10, 5, 2, 1),
    steps=(10.0, 5.0),
    usual=5,
    noise=5.0,
    band=25.0,
    rate=50.0,
    session=1.0,
    way=10.0,
)
SESSION_PART, MOST_DROOP, MOST_OVERSHOOT = 0.01, 0.10, 0.10

Seen = tuple[int, float, float]
"""A target, with its lowest and highest reading."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A line, and the largest distance of readings from it; see `LearnedAxis`."""

    gain: float
    offset: float
    spread: float
    doubt: float
    pivot: float

    @property
    def is_exact(self) -> bool:
        """True if the gain may be 1."""
        return abs(self.gain - 1) <= self.doubt

    def is_tight(self, width: float, way: float) -> bool:
        """Return True if readings at targets within `way` almost refute the width."""
        return self.doubt < GAIN and self.doubt * way < TIGHT * width


@lru_cache(maxsize=8)
def fit(
    points: tuple[Point, ...], wander: float, limits: Plausible, step: float, coarsest: int
) -> Fit | None:
    """Return the line and band of all points; None if no plausible machine shows them.

    Args:
        points: the observations; at least one.
        wander: largest distance of single readings from their mean.
        limits: limits of this axis.
        step: step of the reports.
        coarsest: coarsest rounding step of targets that is likely.
    """
    seen = [(point.target, min(point.means), max(point.means)) for point in points]
    apart = max(high - low for _, low, high in seen)
    wander = min(wander, limits.noise)
    blur = max(0.4 * limits.session, 0.75 * wander, apart)
    finest = limits.grids[-1]
    reports, step = step, max(step, finest)
    usual = max(coarsest, round(step))
    way = max(target for target, _, _ in seen) - min(target for target, _, _ in seen)
    best, wrong_gain, likely = None, None, False
    # A gain other than 1 shifts the readings off the steps of the reports, so they refute less.
    errors = sorted({blur, max(blur, reports)})
    for grid, error in product(sorted({usual, limits.grids[0]}), errors):
        slopes = _slopes(seen, grid + blur)
        if slopes is None or (error > blur and best is wrong_gain is None):
            continue
        # A refuted width cannot be this machine's; try the next one.
        possible = [each for each in limits.grids if each <= grid]
        left = next(
            (each for each in possible if not _refutes(each, slopes, seen, error, step)), finest
        )
        widths = [_width(each, step, finest) + blur for each in reversed(possible) if each >= left]
        best = _band(seen, widths[0], wander)
        tight = best is None or best.is_tight(widths[0], way)
        if tight and (grid == usual or wrong_gain is not None or step > finest):
            # The width is almost refuted. Coarser rounding is likelier than a wrong gain; readings
            # that a belt showed while it still moved can refute it only with fine reports.
            coarser = [each for width in widths[1:] if (each := _band(seen, width, wander))]
            exact = next((each for each in coarser if each.is_exact), None)
            best = exact or next(reversed(coarser), best)
        if best is not None and step > finest:
            # Any gain shifts the readings off the machine's own grid, so both roundings add up.
            # Coarse reports refute no rounding up to their own step, which is no evidence of it.
            rounded = min(left, coarsest) if best.is_exact else coarsest
            wide = _band(seen, 1.05 * (rounded + step - finest) + blur, wander) or best
            best = max(best, wide, key=lambda each: each.spread)
        if best is not None:
            if best.is_exact:
                return best
            # So is rounding coarser than usual, if the readings almost refute that.
            if error == errors[-1] and not likely:
                wrong_gain, likely = best, not best.is_tight(grid, way)
    return wrong_gain


def _width(grid: int, step: float, finest: int) -> float:
    """Return the spread of readings rounded to a grid and to the step of the reports."""
    return 1.05 * (grid if grid % step == 0 else grid + step - finest)


def _slopes(seen: Sequence[Seen], width: float) -> Interval | None:
    """Return the gains at which every two readings differ by no more than the width allows."""
    low, high = 1 - GAIN, 1 + GAIN
    for one, other in combinations(sorted(seen), 2):
        way = other[0] - one[0]
        low = max(low, (other[2] - one[1] - width) / way)
        high = min(high, (other[1] - one[2] + width) / way)
    return Interval(low, high) if low <= high else None


def _refutes(grid: int, slopes: Interval, seen: Sequence[Seen], blur: float, step: float) -> bool:
    """Return True if at no gain all readings are whole numbers of grid steps apart.

    Reports in a `step` that does not divide the grid are off by more.
    """
    blur = max(blur, step - math.gcd(grid, round(step)))
    middles = [(low + high) / 2 for _, low, high in seen]
    way = max(target for target, _, _ in seen) - min(target for target, _, _ in seen)
    # Between two gains that are tried, no reading moves by more than an eighth of the blur.
    tries = math.ceil(8 * way * (slopes.high - slopes.low) / blur) + 1
    for number in range(tries):
        size = grid * (slopes.low + (slopes.high - slopes.low) * number / tries)
        rests = sorted(middle % size for middle in middles)
        gaps = [later - rest for rest, later in pairwise(rests)]
        if size - max([*gaps, rests[0] + size - rests[-1]]) <= 1.125 * blur:
            return False
    return True


def _band(seen: Sequence[Seen], width: float, wander: float) -> Fit | None:
    """Return the line within whose width all readings lie; None if there is none."""
    slopes = _slopes(seen, width)
    if slopes is None:
        return None
    gain = (slopes.low + slopes.high) / 2
    doubt = (slopes.high - slopes.low) / 2
    pivot = sum(target for target, _, _ in seen) / len(seen)
    low, high = float("-inf"), float("inf")
    for target, lowest, highest in seen:
        line, unsure = gain * (target - pivot), doubt * abs(target - pivot)
        low = max(low, highest - line - unsure - width)
        high = min(high, lowest - line + unsure + width)
    if low > high:
        return None
    middle = (low + high) / 2
    return Fit(gain, middle - gain * pivot, (high - low) / 2 + wander, doubt, pivot)


def grid_of(known: AxisKnowledge, resolution: float, limits: Plausible, step: int) -> int | None:
    """Return the step to which this machine rounds targets; None if its range gives it.

    Evidence is the refusal of all targets off the step, echoes, or a belt that reports finely and
    stands only on that step.
    """
    coarser = [grid for grid in limits.grids if grid % step == 0]
    for grid in reversed(coarser):
        off = [target for target in known.refused if target % grid]
        explained = bool(off) and len(off) == len(known.refused)
        if explained and known.taken and not any(target % grid for target in known.taken):
            return grid
    if known.echoed is not None:
        return min(max(known.echoed, step), limits.grids[0])
    return _stands_on(known.points, coarser, resolution)


def _stands_on(points: tuple[Point, ...], grids: Sequence[int], resolution: float) -> int | None:
    """Return the first of the `grids` on which a belt stands whatever its targets; or None.

    Only a belt that stands there and not at its target is evidence.
    """
    for grid in grids:
        if grid < 2 * resolution:
            return None
        off = 0.1 * grid
        between = [p for p in points if all(abs(mean - p.target) > off for mean in p.means)]
        away = [
            max(abs(mean - grid * round(mean / grid)), abs(mean - point.target) - grid)
            for point in points
            for mean in point.means
        ]
        enough = MANY if grid < COARSE * resolution else FEW + 1
        if len(between) >= enough and max(away) <= off:
            return grid
    return None


def figures(
    known: AxisKnowledge, start: LearnedAxis, frame_s: float, limits: Plausible, step: int
) -> LearnedAxis:
    """Return the figures of one axis; figures without observations keep those of `start`."""
    wander = max(known.wanders, default=start.noise)
    resolution = resolution_of(known.values, start.resolution, limits)
    noise = start.noise
    if len(known.noises) >= FEW:
        noises = sorted(known.noises)
        # One may be caused by a runner's step.
        most = noises[-1] if len(noises) <= FEW + 1 else noises[-2]
        noise = min(limits.noise, max(1.5 * most, min(start.noise, resolution / 2)))
        if most <= resolution:  # which rounding explains
            noise = min(noise, start.noise)
    grid = grid_of(known, resolution, limits, step)
    axis = replace(
        start,
        rise_per_s=rate_of(known.rises, start.rise_per_s, limits.rate),
        fall_per_s=rate_of(known.falls, start.fall_per_s, limits.rate),
        noise=noise,
        resolution=resolution,
        droop=share_of(known.droops, start.droop, MOST_DROOP),
        overshoot=share_of(known.overshoots, start.overshoot, MOST_OVERSHOOT),
        grid=grid,
        off=off_of(known.off, grid, step, start.off),
    )
    axis = replace(axis, lag_s=lag_of(known.lags, start.lag_s, frame_s, axis.longest_step_s))
    if not known.points:
        return axis
    # A machine may echo a target as it was written, and round it all the same.
    stands_on = _stands_on(known.points, limits.grids, resolution)
    coarsest = max(filter(None, (grid, stands_on, limits.usual)))
    coarsest = limits.grids[0] if _may_round(known.points, limits) else coarsest
    found = fit(known.points, wander, limits, resolution, coarsest)
    if found is None:
        return axis
    exact = all(is_exact(point, limits) for point in known.points)
    return replace(
        axis,
        rounding=float(coarsest) if exact else 0.0,
        gain=found.gain,
        offset=found.offset,
        spread=min(limits.band, found.spread),
        doubt=found.doubt,
        pivot=found.pivot,
    )


def resolution_of(values: Sequence[float], start: float, limits: Plausible) -> float:
    """Return the step of the reports: the coarsest that divides all distinct readings.

    A moving belt soon shows a finer step. A coarse one must be known early, or a belt that only
    seems to lag counts as not responding. Converted units are off by a sixteenth.
    """
    if not values:
        return start
    odd = 1 if len(values) >= STEPS else 0
    for step in limits.steps:
        off = (value for value in values if abs(value - step * round(value / step)) > step / 16)
        # Most steps are refuted by the first readings.
        if len(tuple(islice(off, odd + 1))) <= odd:
            return step
    least = min((b - a for a, b in pairwise(values)), default=start)
    return float(min(start, least))


def is_exact(point: Point, limits: Plausible) -> bool:
    """Return True if all readings at a target count as exact."""
    return all(abs(mean - point.target) <= _exactness(point, limits) for mean in point.means)


def shows_gain(points: tuple[Point, ...], limits: Plausible) -> bool:
    """Return True if a reading shows the gain: at a low target, a wrong one reads exact too."""
    return any(EXACT * abs(point.target) >= limits.session for point in points)


def _exactness(point: Point, limits: Plausible) -> float:
    """Return how far a reading may be from its target and count as exact."""
    return max(limits.session, EXACT * abs(point.target))


def _may_round(points: tuple[Point, ...], limits: Plausible) -> bool:
    """Return True if one reading is off its target on the coarsest grid, and all may be on it.

    That is: all readings are, or all targets, which count as exact although the machine may round
    all others to that grid.
    """
    grid, near = limits.grids[0], limits.session

    def away(value: float) -> float:
        return abs(value - grid * round(value / grid))

    seen = [(point, mean) for point in points for mean in point.means]
    return any(abs(mean - p.target) >= near > away(mean) for p, mean in seen) and (
        all(away(mean) < near for _, mean in seen)
        or all(away(point.target) <= _exactness(point, limits) for point in points)
    )


def within(found: LearnedAxis, base: LearnedAxis, limits: Plausible, step: int) -> LearnedAxis:
    """Return `found` with its excess over a learned `base` limited to what one session may add.

    A band that exceeds the limit is that of `base`, widened by that amount.
    """
    if base.spread is None:
        return found
    found = replace(found, droop=min(found.droop, base.droop + SESSION_PART))
    for times in range(3):
        target = times * base.pivot
        band, was = found.readings(target, step), base.readings(target, step)
        more = _more(target, limits)
        if band.low < was.low - more or band.high > was.high + more:
            break
    else:
        return found
    return replace(
        found,
        gain=base.gain,
        offset=base.offset,
        spread=min(limits.band, base.spread + _more(base.pivot, limits)),
        rounding=base.rounding and base.rounding + _more(base.pivot, limits),
        doubt=base.doubt,
        pivot=base.pivot,
    )


def _more(target: float, limits: Plausible) -> float:
    return max(limits.session, SESSION_PART * abs(target))


def explains(axis: LearnedAxis, target: int, mean: float, limits: Plausible, step: int) -> bool:
    """Return True if a steady reading is within what one session may add to a band."""
    band, more = axis.readings(target, step), _more(target, limits)
    return band.low - more <= mean <= band.high + more


def is_plausible(target: int, mean: float, limits: Plausible) -> bool:
    """Return True if a treadmill may read this at the target; one that stands is not at it."""
    if mean == 0 and abs(target) > limits.offset / 2:
        return False
    return abs(mean - target) <= limits.offset + GAIN * abs(target)
