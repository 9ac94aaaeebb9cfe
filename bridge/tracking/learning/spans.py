"""From observed spans to intervals: lag, rates, shares of the speed, rounding of echoes. Pure."""

from bridge.machines.learned import Interval
from bridge.tracking.learning.knowledge import Span

FEW = 2
"""Observations after which a start figure may narrow."""
LEAST_LAG_S = 1.5
"""Lowest upper limit of the lag: a write may wait for its turn."""
RATE_MARGIN = 1.5
"""Factor by which a motor may be slower or faster at speeds that were not observed."""
LAG_S = 12.0
"""Longest lag that is believed."""
EXACT = 1
"""Tolerance of unit conversions in wire units."""
SHORT = 0.5
"""Wire units short of half a step, where no write differs from its echo by as much as that."""


def lag_of(seen: tuple[Span, ...], start: Interval, frame_s: float, hidden_s: float) -> Interval:
    """Return the limits of the lag in seconds; those of `start` before enough observations.

    `hidden_s`: longest time for which the steps of the reports may hide that the belt moves.
    """
    exact = [span for span in seen if span.exact]
    if exact:
        low, high = min(span.low for span in exact), max(span.high for span in exact)
        margin = 1.25 if len(exact) >= FEW else 1.5
    elif len(seen) >= FEW:
        # Each is an upper limit: the first steps of a ramp may not show.
        low, high = min(span.low for span in seen), sorted(span.high for span in seen)[1]
        margin, high = 1.25, min(start.high, high)
    else:
        return start
    return Interval(
        max(0.0, 0.8 * low - hidden_s), min(LAG_S, max(LEAST_LAG_S, margin * high + frame_s))
    )


def rate_of(seen: tuple[Span, ...], start: Interval, most: float) -> Interval:
    """Return the limits of a rate per second, at most `most`."""
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


def share_of(seen: tuple[float, ...], start: float, most: float) -> float:
    """Return a fraction of the speed, at least the one seen; below `start` only after a few."""
    if not seen:
        return start
    worst = min(most, 1.2 * max(seen) + 0.01)
    return worst if len(seen) > FEW else max(start, worst)


def is_one_step(low: float, high: float, grid: int) -> bool:
    """Return True if one rounding step leaves differences of echoes from `low` to `high`.

    They span less than the step, except that a write halfway between two steps may be rounded
    either way: to the even one, or by an inexact division.
    """
    return high - low < grid or high == -low == grid / 2


def off_of(seen: Span | None, grid: int | None, step: int, start: Interval) -> Interval:
    """Return the possible differences of an echo from its write; `step`: that of all targets.

    A write between two grid steps may differ by more than any write so far. If every write is on
    the grid, none does. A write halfway between two steps may go either way, unless `seen` tells.
    """
    if seen is None or grid is None or not is_one_step(seen.low, seen.high, grid):
        return start
    if grid <= step and -EXACT <= seen.low <= seen.high <= EXACT:
        return Interval(-EXACT, EXACT)
    least, most = min(seen.low, seen.high - grid + 1), max(seen.high, seen.low + grid - 1)
    half = grid / 2
    if half in (-seen.low, seen.high) and seen.high - seen.low < grid - SHORT:
        least, most = min(least, -half), max(most, half)
    return Interval(least, most)
