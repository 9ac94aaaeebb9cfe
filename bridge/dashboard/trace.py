"""The course of one session for the chart, thinned so that it stays small however long it takes."""

from collections.abc import Iterable
from typing import NamedTuple

LIMIT = 1200
"""Points at most; a chart on a phone is about 400 pixels wide."""
SHORTEST_S = 1.0


class Point(NamedTuple):
    """One moment, in seconds since the session began, km/h, percent, beats per minute or None."""

    t: float
    speed: float | None = None
    asked_speed: float | None = None
    bound_speed: float | None = None
    incline: float | None = None
    asked_incline: float | None = None
    bound_incline: float | None = None
    heart_rate: float | None = None


class Trace:
    """Points in their order; where they get too many, every second one goes."""

    def __init__(self, began: float) -> None:
        self.began = began
        self._points: list[Point] = []
        self._every = SHORTEST_S

    def add(self, point: Point) -> bool:
        """Take a point, unless the one before is too near; return True if it was taken."""
        # Half a step of tolerance: messages come each second, give or take.
        if self._points and point.t - self._points[-1].t < self._every - SHORTEST_S / 2:
            return False
        self._points.append(point)
        if len(self._points) > LIMIT:
            self._points = self._points[::2]
            self._every *= 2
        return True

    def columns(self) -> dict[str, list[float | None]]:
        """Return one list for each field, all of one length."""
        columns: Iterable[tuple[float | None, ...]] = zip(*self._points, strict=True)
        lists = [list(column) for column in columns] or [[] for _ in Point._fields]
        return dict(zip(Point._fields, lists, strict=True))
