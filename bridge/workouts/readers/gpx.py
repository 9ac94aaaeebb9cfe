"""Reads GPX tracks and routes as a profile of inclines over distance.

GPS heights are noisy, so point-to-point inclines are useless. The heights are resampled by
distance, filtered by a median and a triangular window, and held in steps of 0.5 % for 50 m or more.
Rounding errors of the climb are carried on, so that the total climb stays.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from bridge.workouts.model import MAX_M, Step, Workout, WorkoutError
from bridge.workouts.readers.values import number, plain
from bridge.workouts.readers.xml import Node

ROOT = "gpx"

_EARTH_M = 6_371_000.0
_GRID_M = 10.0
"""Distance between resampled heights."""
_WINDOW_M, _WIDE_M, _NARROW_M = 200.0, 400.0, 100.0
"""Filter windows: the usual one, the one for noisy heights, and the one to detect noise."""
_NOISY = 2 / 3
"""Heights are noisy if the climb falls below this share when the window doubles."""
_HOLD_M = 50.0
"""Minimum length of an incline: 15 to 20 s of running."""
_STEP = 0.5
"""Inclines are multiples of this, in percent."""
_LOWEST, _STEEPEST = -15.0, 40.0
_GAP_M = 500.0
"""Points further apart are not connected: a ferry, a tunnel, a recording pause."""
_WITHOUT = 0.2
"""Maximum share of points without a height."""
_LEAST_M = 100.0


def read(root: Node) -> Workout:
    """Read a GPX document: the first track, else the first route, that has points.

    Raises:
        WorkoutError: It has no route with heights, or one that is too short or too long.
    """
    ways = [node for node in root.children if node.tag in {"trk", "rte"}]
    ways.sort(key=lambda node: node.tag != "trk")
    for way in ways:
        segments = [n for n in way.children if n.tag == "trkseg"] if way.tag == "trk" else [way]
        points = [[_point(n) for n in s.children if n.tag in {"trkpt", "rtept"}] for s in segments]
        points = [segment for segment in points if segment]
        if points:
            return _workout(root, way, points)
    problem = "it has no track or route with points"
    raise WorkoutError(problem, root.where)


@dataclass(frozen=True, slots=True)
class _Point:
    latitude: float
    longitude: float
    height: float | None


def _point(node: Node) -> _Point:
    at = {
        key: number(node.attributes.get(key, ""), key, node.where, -most, most, "degrees")
        for key, most in (("lat", 90.0), ("lon", 180.0))
    }
    text = node.said("ele")
    height = number(text, "ele", node.where, -500, 9000, "m") if text else None
    return _Point(at["lat"], at["lon"], height)


def _workout(root: Node, way: Node, segments: list[list[_Point]]) -> Workout:
    notes = []
    total = sum(len(segment) for segment in segments)
    without = sum(point.height is None for segment in segments for point in segment)
    if without > _WITHOUT * total:
        problem = f"{without} of {total} points have no height (ele), so it has no inclines"
        raise WorkoutError(problem, way.where)
    track = _track(segments)
    length = track[-1][0] if track else 0.0
    if not _LEAST_M <= length <= MAX_M:
        problem = (
            f"its route is {length / 1000:.1f} km long; {_LEAST_M / 1000:g} to {MAX_M / 1000:g} km "
            "are possible"
        )
        raise WorkoutError(problem, way.where)
    raw = _median(_resample(track))
    heights, window = _smooth(raw, _WINDOW_M), _WINDOW_M
    if _climb(heights) < _NOISY * _climb(_smooth(raw, _NARROW_M)):
        heights, window = _smooth(raw, _WIDE_M), _WIDE_M
        notes.append("its heights are noisy, so they were smoothed over 400 m")
    steps = _steps(heights, length)
    down = -sum(min(0.0, b - a) for a, b in pairwise(heights))
    notes.append(
        f"heights were smoothed over {window:.0f} m: {_climb(heights):.0f} m up, {down:.0f} m down"
    )
    name = way.said("name") or root.said("name")
    meta = root.child("metadata")
    if not name and meta is not None:
        name = meta.said("name")
    return Workout(plain(name), tuple(steps), format="GPX", notes=tuple(notes))


def _track(segments: list[list[_Point]]) -> list[tuple[float, float]]:
    """Return distance and height along the route; gaps and stationary points add no distance."""
    track: list[tuple[float, float]] = []
    distance, before = 0.0, None
    for segment in segments:
        before = None
        for point in segment:
            moved = 0.0 if before is None else _metres(before, point)
            before = point
            if 0 < moved <= _GAP_M:
                distance += moved
            if point.height is None or (track and moved == 0 and track[-1][0] == distance):
                continue
            track.append((distance, point.height))
    return track


def _metres(a: _Point, b: _Point) -> float:
    """Return the ground distance between two points (haversine)."""
    first, second = math.radians(a.latitude), math.radians(b.latitude)
    north, east = second - first, math.radians(b.longitude - a.longitude)
    part = math.sin(north / 2) ** 2 + math.cos(first) * math.cos(second) * math.sin(east / 2) ** 2
    return 2 * _EARTH_M * math.asin(math.sqrt(min(1.0, part)))


def _resample(track: list[tuple[float, float]]) -> list[float]:
    """Return heights every 10 m, linearly interpolated."""
    heights, place = [], 0
    for n in range(int(track[-1][0] / _GRID_M) + 1):
        at = n * _GRID_M
        while place + 1 < len(track) - 1 and track[place + 1][0] <= at:
            place += 1
        (d0, h0), (d1, h1) = track[place], track[min(place + 1, len(track) - 1)]
        part = min(1.0, max(0.0, (at - d0) / (d1 - d0))) if d1 > d0 else 0.0
        heights.append(h0 + (h1 - h0) * part)
    return heights


def _median(heights: list[float]) -> list[float]:
    """Return each height as the median of five, which removes single outliers."""
    return [
        sorted(heights[max(0, n - 2) : n + 3])[len(heights[max(0, n - 2) : n + 3]) // 2]
        for n in range(len(heights))
    ]


def _smooth(heights: list[float], window_m: float) -> list[float]:
    """Smooth heights with a triangular window; it is truncated, and so flatter, at the ends."""
    half = int(window_m / 2 / _GRID_M)
    weights = [half + 1 - abs(w) for w in range(-half, half + 1)]
    smooth = []
    for n in range(len(heights)):
        first, last = max(0, n - half), min(len(heights), n + half + 1)
        within = weights[first - n + half : last - n + half]
        total = sum(w * h for w, h in zip(within, heights[first:last], strict=True))
        smooth.append(total / sum(within))
    return smooth


def _climb(heights: list[float]) -> float:
    return sum(max(0.0, b - a) for a, b in pairwise(heights))


def _steps(heights: list[float], length: float) -> list[Step]:
    """Return inclines of minimum length, carrying the rounding error of the climb on."""
    inclines: list[tuple[float, float]] = []
    owed = 0.0
    at, block = 0, int(_HOLD_M / _GRID_M)
    last = len(heights) - 1
    while at < last:
        end = min(at + block, last)
        metres = (end - at) * _GRID_M
        rise = heights[end] - heights[at]
        wanted = (rise + owed) / metres * 100
        incline = inclines[-1][1] if inclines else 0.0
        if not inclines or abs(wanted - incline) >= _STEP:
            incline = max(_LOWEST, min(_STEEPEST, math.floor(wanted / _STEP + 0.5) * _STEP))
        owed += rise - incline * metres / 100
        owed = max(-_STEP, min(_STEP, owed))  # m: no more of a truncated cliff is made up for
        if inclines and inclines[-1][1] == incline:
            metres += inclines.pop()[0]
        inclines.append((metres, incline))
        at = end
    rest = length - last * _GRID_M
    if inclines:
        inclines[-1] = (inclines[-1][0] + rest, inclines[-1][1])
    return [Step(distance_m=round(metres, 1), incline=incline) for metres, incline in inclines]
