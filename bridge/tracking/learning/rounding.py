"""How a machine rounds its echoes: to the nearest step, down or up. Pure."""

from bridge.tracking.learning.knowledge import Span
from bridge.tracking.learning.spans import SHORT, is_one_step

LATEST_S = 12.0
"""Longest time to an echo: a lag of 6 s and a late status."""
HALVES = 3
"""Different writes halfway between two steps that show which way all of them are rounded."""


class Rounding:
    """Differences of echoes from their writes. Monotonic seconds, wire units.

    All differences of one machine lie within one rounding step (`is_one_step`). Echoes come in
    order. So the statuses after a series of writes are their echoes, if they are as many, and a
    press adds one.
    """

    def __init__(self, off: Span | None) -> None:
        self.off = off
        """Least and largest difference so far; None before the first series.

        Half a step less `SHORT` on one side if writes halfway between two steps go to the other.
        """
        self._written: list[int] = []
        self._named: list[int] = []
        self._newest = float("-inf")

    def wrote(self, target: int, now: float) -> None:
        """Record a write of ours."""
        self._written.append(target)
        self._newest = now

    def named(self, value: int) -> None:
        """Record a target status."""
        self._named.append(value)

    def forget(self) -> None:
        """Drop the series: a halt prevents its echoes."""
        self._written, self._named = [], []

    def tick(self, now: float, grid: int | None, least: int) -> None:
        """Learn from a series that is over.

        Args:
            now: the present time.
            grid: rounding step of the echoes; None if unknown.
            least: lowest target of the machine's range, which may be off the grid.
        """
        if now - self._newest <= LATEST_S:
            return
        written, named = self._written, self._named
        self.forget()
        if grid is None or len(written) != len(named):
            return
        pairs = {pair for pair in zip(written, named, strict=True) if pair[1] != least}
        found = [value - target for target, value in pairs]
        known = [] if self.off is None else [self.off.low, self.off.high]
        # A series that contradicts the earlier ones replaces them.
        for seen in ([*known, *found], found):
            if found and is_one_step(min(seen), max(seen), grid):
                self.off = _span(min(seen), max(seen), pairs, grid)
                return


def _span(low: float, high: float, pairs: set[tuple[int, int]], grid: int) -> Span:
    """Return the differences, without the one that writes halfway between two steps never have."""
    half = grid / 2
    halves = {target: value - target for target, value in pairs if target % grid == half}
    # Those that are rounded to the even step go up and down in turn.
    if len(halves) >= HALVES and len({target // grid % 2 for target in halves}) > 1:
        if set(halves.values()) == {half} == {high} and -half < low < 0:
            return Span(SHORT - half, high)
        if set(halves.values()) == {-half} == {low} and 0 < high < half:
            return Span(low, half - SHORT)
    return Span(low, high)
