"""Time series of one session for the chart, thinned to a bounded size."""

from collections.abc import Iterable
from typing import NamedTuple

LIMIT = 1200
"""Maximum number of points; a chart on a phone is about 400 pixels wide."""
SHORTEST_S = 1.0


class Point(NamedTuple):
    """A point: seconds since the session began, km/h, percent, bpm; None if unknown."""

    t: float
    speed: float | None = None
    asked_speed: float | None = None
    bound_speed: float | None = None
    incline: float | None = None
    asked_incline: float | None = None
    bound_incline: float | None = None
    heart_rate: float | None = None


class Trace:
    """Ordered points; when there are too many, every second one is dropped."""

    def __init__(self, began: float) -> None:
        self.began = began
        self._points: list[Point] = []
        self._every = SHORTEST_S

    def add(self, point: Point) -> bool:
        """Add a point, unless it is too close to the last one; return True if added."""
        # Tolerance of half a step, because messages arrive about once a second.
        if self._points and point.t - self._points[-1].t < self._every - SHORTEST_S / 2:
            return False
        self._points.append(point)
        if len(self._points) > LIMIT:
            self._points = self._points[::2]
            self._every *= 2
        return True

    def columns(self) -> dict[str, list[float | None]]:
        """Return one list per field, all of equal length."""
        columns: Iterable[tuple[float | None, ...]] = zip(*self._points, strict=True)
        lists = [list(column) for column in columns] or [[] for _ in Point._fields]
        return dict(zip(Point._fields, lists, strict=True))
