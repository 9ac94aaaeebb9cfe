"""Reads workouts from TOML, the format to write by hand. `docs/workouts.md` describes it."""

import re
from collections.abc import Mapping
from typing import NoReturn

from bridge.toml import TomlError, parse
from bridge.workouts.model import (
    MAX_BPM,
    MAX_BYTES,
    MAX_KMH,
    MAX_M,
    MAX_NESTING,
    MAX_PERCENT,
    MAX_REPEATS,
    MAX_S,
    MAX_SHARE,
    MIN_BPM,
    MIN_KMH,
    MIN_PERCENT,
    MIN_SHARE,
    Band,
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
from bridge.workouts.readers.values import clock, number, plain, quoted, within
from protocols.units import MPH

_WORKOUT_KEYS = frozenset({"name", "description", "author", "step"})
_REPEAT_KEYS = frozenset({"repeat", "step"})
_STEP_KEYS = frozenset(
    {"kind", "time", "distance", "speed", "speed_to", "incline", "incline_to", "heart_rate",
     "least", "most", "text", "cue"}
)  # fmt: skip
_CUE_KEYS = frozenset({"at", "text"})
_PACE = re.compile(r"(\d{1,2}:\d{2})\s*/\s*(km|mi|mile)")
_SHARE = re.compile(r"([\d.]+)\s*%\s*of\s+(.+)")
_UNIT = re.compile(r"([\d.]+)\s*(km/h|mph)")
_METRES = re.compile(r"([\d.]+)\s*(m|km|mi)")
_PER_UNIT = {"m": 1.0, "km": 1000.0, "mi": MPH * 1000, "mile": MPH * 1000}
_SPEEDS = 'write km/h as a number, or "5.5 mph", "5:30 /km", "9:00 /mi" or "90 % of 10 km"'


def read(data: bytes) -> Workout:
    """Read a TOML workout.

    Raises:
        WorkoutError: It is not TOML, or contains unusable values.
    """
    if len(data) > MAX_BYTES:
        _wrong(f"the file has {len(data)} bytes; {MAX_BYTES} are the most")
    try:
        document = parse(data)
    except TomlError as error:
        _wrong(f"this is not valid TOML ({plain(str(error))})")
    _known(document, _WORKOUT_KEYS, "")
    return Workout(
        name=_text(document, "name", ""),
        parts=_parts(document, "", 0),
        description=_text(document, "description", ""),
        author=_text(document, "author", ""),
        format="TOML",
    )


def _wrong(problem: str, where: str = "") -> NoReturn:
    raise WorkoutError(problem, where)


def _parts(table: Mapping[str, object], where: str, depth: int) -> tuple[Part, ...]:
    steps = table.get("step", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        _wrong("steps are written as [[step]]", where)
    if depth > MAX_NESTING:
        _wrong(f"repeats nest deeper than {MAX_NESTING}; write some of them out", where)
    prefix = f"{where}." if where else "step "
    return tuple(_part(step, f"{prefix}{n}", depth) for n, step in enumerate(steps, 1))


def _part(table: Mapping[str, object], where: str, depth: int) -> Part:
    if "repeat" in table:
        _known(table, _REPEAT_KEYS, where)
        times = _number(table, "repeat", where, 1, MAX_REPEATS, "times")
        if times is None or times != int(times):
            _wrong("repeat is not a whole number", where)
        return Repeat(int(times), _parts(table, where, depth + 1), where)
    _known(table, _STEP_KEYS, where)
    if "time" in table and "distance" in table:
        _wrong("it has both a time and a distance; keep one of them", where)
    kind = _text(table, "kind", where) or Kind.WORK
    if kind not in set(Kind):
        _wrong(f"kind is {quoted(kind)}; known kinds: {', '.join(Kind)}", where)
    return Step(
        duration_s=_time(table["time"], "time", where) if "time" in table else None,
        distance_m=_distance(table["distance"], "distance", where) if "distance" in table else None,
        speed=_speed(table, "speed", where),
        speed_end=_speed(table, "speed_to", where),
        incline=_number(table, "incline", where, MIN_PERCENT, MAX_PERCENT, "%"),
        incline_end=_number(table, "incline_to", where, MIN_PERCENT, MAX_PERCENT, "%"),
        band=_band(table, where),
        least=_limit(table, "least", where),
        most=_limit(table, "most", where),
        kind=Kind(kind),
        text=_text(table, "text", where),
        cues=_cues(table, where),
        where=where,
    )


def _known(table: Mapping[str, object], keys: frozenset[str], where: str) -> None:
    for key in table:
        if key not in keys:
            _wrong(f"unknown key {quoted(key)}; known keys: {', '.join(sorted(keys))}", where)


def _text(table: Mapping[str, object], key: str, where: str) -> str:
    value = table.get(key, "")
    if not isinstance(value, str):
        _wrong(f"{key} is not text; write it in quotes", where)
    return plain(value)


def _number(  # noqa: PLR0917 - a range and its unit belong together
    table: Mapping[str, object], key: str, where: str, low: float, high: float, unit: str
) -> float | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        _wrong(f"{key} is not a number; write it without quotes", where)
    return within(value, key, where, low, high, unit)


def _time(value: object, what: str, where: str) -> float:
    if isinstance(value, str):
        seconds = clock(value, what, where, MAX_S)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        seconds = float(value)
    else:
        _wrong(f'{what} is not valid; write "5:00", or seconds as a number', where)
    return within(seconds, what, where, 1, MAX_S, "s")


def _distance(value: object, what: str, where: str) -> float:
    if isinstance(value, str):
        found = _METRES.fullmatch(value.strip())
        if found is None:
            _wrong(f'{what} is {quoted(value)}; write "400 m", "1.5 km" or "1 mi"', where)
        metres = number(found[1], what, where, 0, MAX_M) * _PER_UNIT[found[2]]
    elif isinstance(value, int | float) and not isinstance(value, bool):
        metres = float(value)
    else:
        _wrong(f'{what} is not valid; write metres, or "1.5 km"', where)
    return within(metres, what, where, 1, MAX_M, "m")


def _speed(table: Mapping[str, object], key: str, where: str) -> Speed | None:
    value = table.get(key)
    if value is None:
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        return Kmh(within(value, key, where, MIN_KMH, MAX_KMH, "km/h"))
    if not isinstance(value, str):
        _wrong(f"{key} is not valid; {_SPEEDS}", where)
    text = value.strip().lower()
    if found := _PACE.fullmatch(text):
        seconds = clock(found[1], key, where, 3600)
        kmh = _PER_UNIT[found[2]] / seconds * 3.6 if seconds else 0.0
    elif found := _UNIT.fullmatch(text):
        factor = MPH if found[2] == "mph" else 1.0
        kmh = number(found[1], key, where, 0, MAX_KMH) * factor
    elif found := _SHARE.fullmatch(text):
        percent = number(found[1], key, where, MIN_SHARE * 100, MAX_SHARE * 100, "%")
        name = found[2].strip().replace(" ", "_")
        if name not in set(Reference):
            known = ", ".join(reference.words for reference in Reference)
            _wrong(f"unknown reference {quoted(found[2])}; known references: {known}", where)
        return Share(percent / 100, Reference(name))
    else:
        _wrong(f"{key} is {quoted(value)}; {_SPEEDS}", where)
    return Kmh(within(kmh, key, where, MIN_KMH, MAX_KMH, "km/h"))


def _limit(table: Mapping[str, object], key: str, where: str) -> Kmh | None:
    speed = _speed(table, key, where)
    if isinstance(speed, Share):
        _wrong(f"{key} cannot be a share; write a speed", where)
    return speed


def _band(table: Mapping[str, object], where: str) -> Band | None:
    value = table.get("heart_rate")
    if value is None:
        return None
    usage = 'write [125, 140] in beats per minute, or ["60 %", "70 %"] of the maximum'
    if not isinstance(value, list) or len(value) != 2:
        _wrong(f"heart_rate is not a range; {usage}", where)
    percent = all(isinstance(each, str) and each.strip().endswith("%") for each in value)
    low, high = (1.0, 100.0) if percent else (float(MIN_BPM), float(MAX_BPM))
    ends = []
    for each in value:
        text = str(each).strip().removesuffix("%") if percent else str(each)
        if isinstance(each, bool) or (isinstance(each, str) and not percent):
            _wrong(f"heart_rate is not a range; {usage}", where)
        ends.append(number(text, "heart_rate", where, low, high, "%" if percent else "bpm"))
    if ends[0] > ends[1]:
        _wrong(f"heart_rate goes from {ends[0]:g} to {ends[1]:g}; write the lower one first", where)
    return Band(ends[0], ends[1], percent)


def _cues(table: Mapping[str, object], where: str) -> tuple[Cue, ...]:
    value = table.get("cue", [])
    if not isinstance(value, list) or not all(isinstance(cue, dict) for cue in value):
        _wrong('cues are written as cue = [{ at = "1:00", text = "…" }]', where)
    cues = []
    for cue in value:
        _known(cue, _CUE_KEYS, where)
        at, text = cue.get("at", 0), _text(cue, "text", where)
        metres = isinstance(at, str) and at.rstrip().endswith("m")
        if at in (0, "0:00"):
            place = 0.0
        else:
            place = _distance(at, "at", where) if metres else _time(at, "at", where)
        cues.append(Cue(place, text, metres))
    return tuple(cues)
