"""Reads Zwift's workout files (`.zwo`) for runs.

The format is not documented. Facts come from attributes in real files, and from other programs'
interpretation; if these differ, the slower or shorter one is used.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.workouts.model import (
    MAX_KMH,
    MAX_M,
    MAX_PERCENT,
    MAX_REPEATS,
    MAX_S,
    MAX_SHARE,
    MIN_KMH,
    MIN_PERCENT,
    MIN_SHARE,
    Cue,
    Kind,
    Kmh,
    Part,
    Repeat,
    Share,
    Speed,
    Step,
    Workout,
    WorkoutError,
)
from bridge.workouts.person import Reference
from bridge.workouts.readers.values import number, plain, quoted, whole
from bridge.workouts.readers.xml import Node

ROOT = "workout_file"

_REFERENCES = {
    0: Reference.MILE,
    1: Reference.KM_5,
    2: Reference.KM_10,
    3: Reference.HALF_MARATHON,
    4: Reference.MARATHON,
}
"""Meaning of `pace`, from the code of qdomyos-zwift and zwo-editor.

Other numbers occur in Zwift's own files, but mean nothing and are ignored.
"""
_FRACTION = 0.40
"""An `Incline` up to this is a fraction (zwo-editor), above it percent (qdomyos-zwift)."""
_MOST_TOTAL_S, _MOST_STEP_S = 5 * 3600.0, 5400.0
"""Lengths above these are metres if there is no `durationType`."""
_TEXTS = {"textevent", "textnotification"}


def read(root: Node) -> Workout:
    """Read a `.zwo` document.

    Raises:
        WorkoutError: It is for another sport, or contains unusable values.
    """
    return _Reader(root).read()


@dataclass(slots=True)
class _Reader:
    root: Node
    metres: bool = False
    seconds_per_km: float | None = None
    notes: dict[str, None] = field(default_factory=dict)

    def read(self) -> Workout:
        root = self.root
        sport = root.said("sporttype").lower()
        if sport != "run":
            problem = (
                f"it is for the sport {quoted(sport)}, whose numbers are shares of power"
                if sport
                else "it names no sport, which Zwift takes for cycling"
            )
            problem += "; for a run it needs <sportType>run</sportType>, and shares of a speed"
            raise WorkoutError(problem, root.where)
        body = root.child("workout")
        if body is None:
            problem = "it has no <workout> element"
            raise WorkoutError(problem, root.where)
        threshold = root.said("thresholdsecperkm")
        if threshold:
            self.seconds_per_km = number(
                threshold, "thresholdSecPerKm", root.where, 120, 1800, "s/km"
            )
        self.metres = self._is_by_distance(root.said("durationtype").lower(), body)
        parts = [part for node in body.children for part in self._part(node)]
        return Workout(
            name=plain(root.said("name")),
            parts=tuple(parts),
            description=plain(root.said("description")),
            author=plain(root.said("author")),
            format="Zwift",
            notes=tuple(self.notes),
        )

    def _is_by_distance(self, kind: str, body: Node) -> bool:
        if kind in {"time", "distance"}:
            return kind == "distance"
        lengths = []
        for node in body.children:
            times = self._repeats(node) if node.tag == "intervalst" else 1
            keys = ("onduration", "offduration") if node.tag == "intervalst" else ("duration",)
            lengths += [
                number(node.attributes[key], key, node.where, 0, MAX_M)
                for key in keys
                if key in node.attributes
                for _ in range(times)
            ]
        metres = sum(lengths) > _MOST_TOTAL_S or max(lengths, default=0.0) > _MOST_STEP_S
        unit = "metres" if metres else "seconds"
        self._note(f"it has no durationType, so its lengths were read as {unit}; check the total")
        return metres

    def _note(self, text: str) -> None:
        self.notes[text] = None

    # --- steps

    def _part(self, node: Node) -> list[Part]:
        read: dict[str, Callable[[Node], list[Part]]] = {
            "warmup": lambda node: [self._ramp(node, Kind.WARM_UP)],
            "cooldown": lambda node: [self._ramp(node, Kind.COOL_DOWN)],
            "ramp": lambda node: [self._ramp(node, Kind.WORK)],
            "steadystate": lambda node: [self._steady(node)],
            "solidstate": lambda node: [self._steady(node)],
            "intervalst": self._intervals,
            "freeride": lambda node: [self._free(node)],
            "freerun": lambda node: [self._free(node)],
            "maxeffort": lambda node: [self._free(node)],
        }
        if node.tag in read:
            return read[node.tag](node)
        if node.tag not in _TEXTS:
            self._note(f"<{plain(node.tag)[:40]}> is unknown and was left out")
        return []

    def _ramp(self, node: Node, kind: Kind) -> Step:
        low, high = self._speed(node, "powerlow"), self._speed(node, "powerhigh")
        start, end = low or self._speed(node, "power"), high
        if start is None:
            start, end = end, None
        if kind is Kind.COOL_DOWN and start and end and _size(start) < _size(end):
            start, end = end, start
            self._note("a rising cool-down was reversed")
        return self._step(node, kind, start, None if start == end else end)

    def _steady(self, node: Node) -> Step:
        speed = self._speed(node, "power")
        if speed is None:
            given = [self._speed(node, key) for key in ("powerlow", "powerhigh")]
            known = sorted((speed for speed in given if speed), key=_size)
            speed = known[0] if known else None
            if len(known) > 1 and known[0] != known[1]:
                self._note("the lower end of a speed range was used")
        if speed is None:
            self._note("a step without a speed leaves it to you")
        return self._step(node, Kind.WORK, speed, None)

    def _free(self, node: Node) -> Step:
        return self._step(node, Kind.WORK, None, None)

    def _intervals(self, node: Node) -> list[Part]:
        parts = []
        for part, kind in (("on", Kind.WORK), ("off", Kind.REST)):
            length = self._length(node, f"{part}duration")
            if length == 0:
                continue
            keys = (f"{part}power", f"power{part}low", f"power{part}high")
            speed = next((s for s in (self._speed(node, key) for key in keys) if s), None)
            parts.append(self._made(node, kind, (speed, None), length, part))
        repeat = Repeat(self._repeats(node), tuple(parts), node.where)
        if not parts:
            problem = "intervals without any length"
            raise WorkoutError(problem, node.where)
        return [repeat]

    def _repeats(self, node: Node) -> int:
        text = node.attributes.get("repeat", "1")
        return whole(text, "Repeat", node.where, 1, MAX_REPEATS)

    def _step(self, node: Node, kind: Kind, speed: Speed | None, end: Speed | None) -> Step:
        return self._made(node, kind, (speed, end), self._length(node, "duration"), "")

    def _made(
        self,
        node: Node,
        kind: Kind,
        speeds: tuple[Speed | None, Speed | None],
        length: float,
        part: str,
    ) -> Step:
        if length == 0:
            problem = "a step without a length; give it a Duration"
            raise WorkoutError(problem, node.where)
        return Step(
            duration_s=None if self.metres else length,
            distance_m=length if self.metres else None,
            speed=speeds[0],
            speed_end=speeds[1],
            incline=self._incline(node, part),
            kind=kind,
            cues=() if part == "off" else self._cues(node),
            where=node.where,
        )

    def _length(self, node: Node, key: str) -> float:
        most, unit = (MAX_M, "m") if self.metres else (MAX_S, "s")
        return number(node.attributes.get(key, "0"), key, node.where, 0, most, unit)

    # --- targets

    def _speed(self, node: Node, key: str) -> Speed | None:
        text = node.attributes.get(key)
        if text is None:
            if key == "power" and "speed" in node.attributes:
                metres = number(
                    node.attributes["speed"], "Speed", node.where,
                    MIN_KMH / 3.6, MAX_KMH / 3.6, "m/s",
                )  # fmt: skip
                return Kmh(metres * 3.6)
            return None
        share = number(text, key, node.where, 0, MAX_SHARE)
        if share == 0:
            return None
        share = max(share, MIN_SHARE)
        if self.seconds_per_km is not None:
            kmh = 3600 / self.seconds_per_km * share
            if not MIN_KMH <= kmh <= MAX_KMH:
                problem = f"{key} gives {kmh:.1f} km/h, which is not a treadmill speed"
                raise WorkoutError(problem, node.where)
            return Kmh(kmh)
        return Share(share, self._reference(node))

    def _reference(self, node: Node) -> Reference | None:
        text = node.attributes.get("pace")
        if text is None:
            return None
        found = _REFERENCES.get(int(text)) if text.strip().isdecimal() else None
        if found is None:
            self._note("a meaningless pace was ignored; the slowest reference was used")
        return found

    def _incline(self, node: Node, part: str) -> float | None:
        for key in (f"{part}incline", f"{part}slope", "incline", "slope"):
            text = node.attributes.get(key)
            if text is None:
                continue
            value = number(text, key, node.where, MIN_PERCENT, MAX_PERCENT, "%")
            is_fraction = key.endswith("incline") and abs(value) <= _FRACTION
            return value * 100 if is_fraction else value
        return None

    def _cues(self, node: Node) -> tuple[Cue, ...]:
        cues = []
        for child in node.children:
            text = plain(child.attributes.get("message", ""))
            if child.tag not in _TEXTS or not text:
                continue
            metres = "distoffset" in child.attributes
            offset = child.attributes.get("distoffset" if metres else "timeoffset", "0")
            at = number(offset, "the offset of a text", child.where, 0, MAX_M)
            cues.append(Cue(at, text, metres))
        return tuple(cues)


def _size(speed: Speed) -> float:
    """Return a comparable size for two speeds of one step."""
    return speed.value if isinstance(speed, Kmh) else speed.fraction
