"""From observations to figures: what a machine may do at any target, the unobserved included. Pure.

A machine rounds: targets to a grid of its own, or reports. By how much is seen only where two
targets closer than that were observed, and so each width that observation has not refuted is taken
for possible. All readings at all targets then lie within one width around one line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise

from bridge.machines.learned import Interval, LearnedAxis
from bridge.tracking.learning.knowledge import AxisKnowledge, Point, Span
from protocols.units import MPH

GAIN = 0.10
"""No treadmill reads more than 10 % off."""
EXACT = 0.02
"""What is read within 2 % is read as told."""
FEW = 2
"""Observations from which a start figure may narrow."""
MANY = 6
LEAST_LAG_S = 1.5
"""A write may wait for its turn at the control point."""
RATE_MARGIN = 1.5
"""A motor that was seen to move at one speed may be so much slower or faster elsewhere."""
COARSE = 5
"""A grid this many steps of the reports wide is hit by chance once in so many readings."""
STEPS = 6
"""Distinct readings of which one may be odd."""
TIGHT = 0.15
"""A width that leaves the gain less than this part of the room that exact readings leave."""


@dataclass(frozen=True, slots=True)
class Plausible:
    """The limits of one axis' figures, in wire units."""

    offset: float
    """The most that all readings are off."""
    grids: tuple[int, ...]
    """Steps that machines round to, the coarsest first."""
    steps: tuple[float, ...]
    """Steps that machines report in, the coarsest first."""
    usual: int
    """The coarsest of them that counts as possible while nothing speaks for or against it."""
    noise: float
    band: float
    """The most that a band reaches to either side at a gain of 1."""
    rate: float
    """The fastest motion, per second."""
    session: float
    """What one session may add to a band that earlier sessions left."""
    way: float
    """Targets this far apart show a gain."""


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
LAG_S, SESSION_PART, MOST_DROOP, MOST_OVERSHOOT = 12.0, 0.01, 0.10, 0.10

Seen = tuple[int, float, float]
"""A target, and the lowest and the highest of its readings."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A line, and how far readings lie from it at most; see `LearnedAxis`."""

    gain: float
    offset: float
    spread: float
    doubt: float
    pivot: float

    @property
    def is_exact(self) -> bool:
        """True if the gain may be 1."""
        return abs(self.gain - 1) <= self.doubt


def fit(
    points: Iterable[Point], wander: float, limits: Plausible, step: float, coarsest: int = 0
) -> Fit | None:
    """The line and the band of all points; None if no plausible machine shows them.

    Args:
        points: what was observed; not none.
        wander: how far single readings lie from their mean.
        limits: of this axis.
        step: the step of the reports.
        coarsest: the grid that targets are known to be rounded to; 0 if none is known.
    """
    seen = [(point.target, min(point.means), max(point.means)) for point in points]
    apart = max(high - low for _, low, high in seen)
    blur = max(0.4 * limits.session, wander / 4, apart)
    finest = limits.grids[-1]
    step = max(step, finest)
    usual = max(coarsest, limits.usual, round(step))
    way = max(target for target, _, _ in seen) - min(target for target, _, _ in seen)
    for grid in (usual, limits.grids[0]):
        slopes = _slopes(seen, grid + blur)
        if slopes is None:
            continue
        # A width that was refuted is none of this machine's; the next one may be.
        possible = [each for each in limits.grids if each <= grid]
        left = next(
            (each for each in possible if not _refutes(each, slopes, seen, blur, finest)), finest
        )
        widths = [_width(each, step, finest) + blur for each in reversed(possible) if each >= left]
        best = _band(seen, widths[0], wander)
        tight = best is None or best.doubt < min(GAIN, TIGHT * widths[0] / max(way, 1))
        if grid == usual and tight:
            # It is all but refuted. Coarser rounding explains that sooner than a wrong gain.
            coarser = (_band(seen, width, wander) for width in widths[1:])
            best = next((each for each in coarser if each and each.is_exact), best)
        if best is not None and _is_plausible(best, limits):
            return best
    return None


def _width(grid: int, step: float, finest: int) -> float:
    """How far readings lie apart that are rounded to a grid, and in the step of the reports."""
    alike = grid % step == 0 or step % grid == 0
    return 1.05 * (max(grid, step) if alike else grid + step - finest)


def _is_plausible(found: Fit, limits: Plausible) -> bool:
    off = found.gain * found.pivot + found.offset - found.pivot
    return abs(off) <= limits.offset + GAIN * abs(found.pivot)


def _slopes(seen: Sequence[Seen], width: float) -> Interval | None:
    """The gains at which every two readings differ by no more than the width allows."""
    low, high = 1 - GAIN, 1 + GAIN
    for one, other in combinations(sorted(seen), 2):
        way = other[0] - one[0]
        low = max(low, (other[2] - one[1] - width) / way)
        high = min(high, (other[1] - one[2] + width) / way)
    return Interval(low, high) if low <= high else None


def _refutes(grid: int, slopes: Interval, seen: Sequence[Seen], blur: float, finest: int) -> bool:
    """Two targets whose readings differ by what is no whole number of steps.

    Reports in `finest` steps are off by more where those do not divide the grid.
    """
    blur = blur if grid % finest == 0 else 1.5 * blur
    for (_, low, high), (_, low_then, high_then) in combinations(seen, 2):
        difference = abs(low_then + high_then - low - high) / 2
        most = int(difference / (grid * slopes.low)) + 1
        if not any(
            count * grid * slopes.low - blur <= difference <= count * grid * slopes.high + blur
            for count in range(max(0, most - 3), most + 1)
        ):
            return True
    return False


def _band(seen: Sequence[Seen], width: float, wander: float) -> Fit | None:
    """The line within whose width all readings lie; None if there is none."""
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
    """The step that this machine takes targets in, where that is sure; None where its range says.

    By refusals of all that is off it, by echoes, or by a belt that reports finely and stands on it
    alone.
    """
    coarser = [grid for grid in limits.grids if grid > step and grid % step == 0]
    for grid in reversed(coarser):
        off = [target for target in known.refused if target % grid]
        explained = bool(off) and len(off) == len(known.refused)
        if explained and known.taken and not any(target % grid for target in known.taken):
            return grid
    if known.echoed is not None:
        return min(max(known.echoed, step), limits.grids[0])
    for grid in coarser:
        if grid < 2 * resolution:
            continue
        between = [point for point in known.points if point.target % grid]
        away = [
            max(abs(mean - grid * round(mean / grid)), (abs(mean - point.target) - grid) / 2)
            for point in known.points
            for mean in point.means
        ]
        enough = MANY if grid < COARSE * resolution else FEW + 1
        if len(between) >= enough and max(away) <= 0.1 * grid:
            return grid
    return None


def figures(
    known: AxisKnowledge, start: LearnedAxis, frame_s: float, limits: Plausible, step: int
) -> LearnedAxis:
    """The figures of one axis; what was not observed stays as it is in `start`."""
    wander = max(known.wanders, default=start.noise)
    resolution = resolution_of(known.values, start.resolution, limits)
    noise = start.noise
    if len(known.noises) >= FEW:
        noises = sorted(known.noises)
        most = noises[-1] if len(noises) <= FEW + 1 else noises[-2]  # one may be a runner's step
        noise = min(limits.noise, max(1.5 * most, min(start.noise, resolution / 2)))
    grid = grid_of(known, resolution, limits, step)
    found = None
    if known.points:
        found = fit(known.points, min(wander, limits.noise), limits, resolution, grid or 0)
    axis = replace(
        start,
        lag_s=_lag(known.lags, start.lag_s, frame_s),
        rise_per_s=_rate(known.rises, start.rise_per_s, limits.rate),
        fall_per_s=_rate(known.falls, start.fall_per_s, limits.rate),
        noise=noise,
        resolution=resolution,
        droop=_share(known.droops, start.droop, MOST_DROOP),
        overshoot=_share(known.overshoots, start.overshoot, MOST_OVERSHOOT),
        grid=grid,
    )
    if found is None:
        return axis
    exact = all(
        abs(mean - point.target) <= max(limits.session, EXACT * abs(point.target))
        for point in known.points
        for mean in point.means
    )
    return replace(
        axis,
        rounding=float(limits.usual) if exact else 0.0,
        gain=found.gain,
        offset=found.offset,
        spread=min(limits.band, found.spread),
        doubt=found.doubt,
        pivot=found.pivot,
    )


def resolution_of(values: Sequence[float], start: float, limits: Plausible) -> float:
    """The step of the reports: the coarsest of which all distinct readings are multiples.

    A moving belt shows a finer one soon; a coarse one must be known before a belt that only seems
    to stay behind is taken for one that does not respond. Converted units are off by a sixteenth.
    """
    if not values:
        return start
    odd = 1 if len(values) >= STEPS else 0
    for step in limits.steps:
        off = sum(abs(value - step * round(value / step)) > step / 16 for value in values)
        if off <= odd:
            return step
    least = min((b - a for a, b in pairwise(values)), default=start)
    return float(min(start, least))


def _share(seen: tuple[float, ...], start: float, most: float) -> float:
    """A part of the speed, at least as much as was seen; less than at first only after a few."""
    if not seen:
        return start
    worst = min(most, 1.2 * max(seen) + 0.01)
    return worst if len(seen) > FEW else max(start, worst)


def _lag(seen: tuple[Span, ...], start: Interval, frame_s: float) -> Interval:
    exact = [span for span in seen if span.exact]
    if exact:
        low, high = min(span.low for span in exact), max(span.high for span in exact)
        margin = 1.25 if len(exact) >= FEW else 1.5
    elif len(seen) >= FEW:
        # Each is the most that it can have been: a ramp's first steps may not show.
        low, high = min(span.low for span in seen), sorted(span.high for span in seen)[1]
        margin, high = 1.25, min(start.high, high)
    else:
        return start
    return Interval(max(0.0, 0.8 * low), min(LAG_S, max(LEAST_LAG_S, margin * high + frame_s)))


def _rate(seen: tuple[Span, ...], start: Interval, most: float) -> Interval:
    exact = [span for span in seen if span.exact]
    least = [span.low for span in seen if not span.exact]
    low, high = start.low, start.high
    if exact:
        low = min(span.low for span in exact) / RATE_MARGIN
        high = max(span.high for span in exact) * RATE_MARGIN
    elif least:
        low = max(least) / RATE_MARGIN
    low = min(max(low, start.low / 5), most / 2)
    return Interval(low, min(most, max(high, 1.5 * low)))


def within(found: LearnedAxis, base: LearnedAxis, limits: Plausible, step: int) -> LearnedAxis:
    """`found`, with what it exceeds `base` by cut to what one session may add.

    A band that exceeds it is that of `base`, so much wider.
    """
    found = replace(found, droop=min(found.droop, base.droop + SESSION_PART))
    for target in (0.0, base.pivot, 2 * base.pivot):
        band, was = found.readings(target, step), base.readings(target, step)
        more = _more(target, limits)
        if band.low < was.low - more or band.high > was.high + more:
            break
    else:
        return found
    wider = (base.spread or 0.0) + _more(base.pivot, limits)
    return replace(
        found,
        gain=base.gain,
        offset=base.offset,
        spread=min(limits.band, wider),
        rounding=base.rounding and base.rounding + _more(base.pivot, limits),
        doubt=base.doubt,
        pivot=base.pivot,
    )


def _more(target: float, limits: Plausible) -> float:
    return max(limits.session, SESSION_PART * abs(target))


def explains(axis: LearnedAxis, target: int, mean: float, limits: Plausible, step: int) -> bool:
    """True if a steady reading is within what one session may add to a band."""
    band, more = axis.readings(target, step), _more(target, limits)
    return band.low - more <= mean <= band.high + more


def is_plausible(target: int, mean: float, limits: Plausible) -> bool:
    """True if some treadmill may show this, steady at the target; one that stands is not at it."""
    if mean == 0 and abs(target) > limits.offset / 2:
        return False
    return abs(mean - target) <= limits.offset + GAIN * abs(target)
