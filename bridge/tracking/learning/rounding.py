"""How a machine rounds its echoes: to the nearest step, down or up. Pure."""

from bridge.tracking.learning.knowledge import Span
from bridge.tracking.learning.spans import is_one_step

LATEST_S = 12.0
"""Longest time to an echo: a lag of 6 s and a late status."""


class Rounding:
    """Differences of echoes from their writes. Monotonic seconds, wire units.

    All differences of one machine lie within one rounding step (`is_one_step`). Echoes come in
    order. So the statuses after a series of writes are their echoes, if they are as many, and a
    press adds one.
    """

    def __init__(self, off: Span | None) -> None:
        self.off = off
        """Least and largest difference so far; None before the first series."""
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
        pairs = zip(written, named, strict=True)
        found = [value - target for target, value in pairs if value != least]
        known = [] if self.off is None else [self.off.low, self.off.high]
        # A series that contradicts the earlier ones replaces them.
        for seen in ([*known, *found], found):
            if found and is_one_step(min(seen), max(seen), grid):
                self.off = Span(min(seen), max(seen))
                return
