"""Reads programs of qdomyos-zwift: `<rows>` of `<row>` and `<repeat>`, in km/h, km and percent.

Only what a treadmill can do is read. QZ's heart-rate control has no speed limits; here such a row
begins at the belt's speed, and does not rise above it.
"""

from dataclasses import dataclass, field

from bridge.workouts.model import (
    MAX_BPM,
    MAX_KMH,
    MAX_M,
    MAX_NESTING,
    MAX_PERCENT,
    MAX_REPEATS,
    MAX_S,
    MIN_BPM,
    MIN_KMH,
    MIN_PERCENT,
    Band,
    Cue,
    Kmh,
    Part,
    Repeat,
    Step,
    Workout,
    WorkoutError,
)
from bridge.workouts.readers.values import clock, number, plain, quoted, whole
from bridge.workouts.readers.xml import Node

ROOT = "rows"

ZONES = {1: (50, 60), 2: (60, 70), 3: (70, 80), 4: (80, 90), 5: (90, 100)}
"""Heart-rate zones in percent of the maximum. QZ uses the heart-rate reserve, which is higher."""


def read(root: Node) -> Workout:
    """Read a `<rows>` document.

    Raises:
        WorkoutError: It has nothing for a treadmill, or contains unusable values.
    """
    return _Reader(root).read()


@dataclass(slots=True)
class _Reader:
    root: Node
    is_for_treadmill: bool = False
    notes: dict[str, None] = field(default_factory=dict)

    def read(self) -> Workout:
        parts = self._parts(self.root, 0)
        if parts and not self.is_for_treadmill:
            problem = "no row has a speed, incline or heart rate, so it is not for a treadmill"
            raise WorkoutError(problem, self.root.where)
        return Workout(name="", parts=parts, format="qdomyos-zwift", notes=tuple(self.notes))

    def _parts(self, parent: Node, depth: int) -> tuple[Part, ...]:
        if depth > MAX_NESTING:
            problem = f"repeats nest deeper than {MAX_NESTING}; write some of them out"
            raise WorkoutError(problem, parent.where)
        parts: list[Part] = []
        for node in parent.children:
            if node.tag == "row":
                parts.append(self._row(node))
            elif node.tag == "repeat":
                text = node.attributes.get("times", "")
                times = whole(text, "times", node.where, 1, MAX_REPEATS)
                parts.append(Repeat(times, self._parts(node, depth + 1), node.where))
            else:
                self.notes[f"<{plain(node.tag)[:40]}> is unknown and was left out"] = None
        return tuple(parts)

    def _row(self, node: Node) -> Step:
        start, end = self._kmh(node, "speedfrom"), self._kmh(node, "speedto")
        if (start is None) is not (end is None):
            problem = "a ramp needs both speedfrom and speedto"
            raise WorkoutError(problem, node.where)
        if start is None:
            start = self._kmh(node, "speed")
        incline = self._number(node, "inclination", MIN_PERCENT, MAX_PERCENT, "%", none=-200)
        band = self._band(node)
        if band is not None and start is not None and node.attributes.get("forcespeed") == "1":
            band = None
            self.notes["a row with forcespeed and a heart rate keeps its speed"] = None
        if start is not None or incline is not None or band is not None:
            self.is_for_treadmill = True
        seconds, metres = self._length(node)
        return Step(
            duration_s=seconds,
            distance_m=metres,
            speed=start,
            speed_end=end,
            incline=incline,
            band=band,
            least=self._kmh(node, "minspeed"),
            most=self._kmh(node, "maxspeed"),
            cues=_cues(node),
            where=node.where,
        )

    def _length(self, node: Node) -> tuple[float | None, float | None]:
        text = node.attributes.get("duration")
        seconds = clock(text, "duration", node.where, MAX_S) if text else None
        km = self._number(node, "distance", 0, MAX_M / 1000, "km", none=-1)
        if km:
            return None, km * 1000
        if not seconds:
            problem = "a row needs a duration such as 00:05:00, or a distance in km"
            raise WorkoutError(problem, node.where)
        return seconds, None

    def _band(self, node: Node) -> Band | None:
        low = self._number(node, "hrmin", 0, MAX_BPM, "bpm", none=-1)
        high = self._number(node, "hrmax", 0, MAX_BPM, "bpm", none=-1)
        if low and high:
            if not MIN_BPM <= low <= high:
                problem = f"hrmin {low:g} and hrmax {high:g} are not a range of heart rates"
                raise WorkoutError(problem, node.where)
            return Band(low, high)
        if low or high:
            problem = "a heart rate needs both hrmin and hrmax"
            raise WorkoutError(problem, node.where)
        zone = self._number(node, "zonehr", 0, 5, "", none=-1)
        if not zone:
            return None
        if zone not in ZONES:
            problem = f"zonehr is {quoted(node.attributes['zonehr'])}; write 1 to 5"
            raise WorkoutError(problem, node.where)
        self.notes["heart-rate zones were read as percent of the maximum"] = None
        return Band(*ZONES[int(zone)], percent=True)

    def _kmh(self, node: Node, key: str) -> Kmh | None:
        value = self._number(node, key, 0, MAX_KMH, "km/h", none=-1)
        return Kmh(max(value, MIN_KMH)) if value else None

    def _number(
        self, node: Node, key: str, low: float, high: float, unit: str, *, none: float
    ) -> float | None:
        """Return a numeric attribute; None if it is missing or has QZ's value for none."""
        text = node.attributes.get(key)
        if text is None:
            return None
        value = number(text, key, node.where, min(low, none), high, unit)
        if value == none:
            return None
        return number(text, key, node.where, low, high, unit)


def _cues(node: Node) -> tuple[Cue, ...]:
    cues = []
    for child in node.children:
        text = plain(child.attributes.get("message", ""))
        if child.tag == "textevent" and text:
            offset = child.attributes.get("timeoffset", "0")
            cues.append(Cue(number(offset, "timeoffset", child.where, 0, MAX_S, "s"), text))
    return tuple(cues)
