"""Reads FIT files of the type workout.

The format is small, so it is decoded here: a header, definition and data messages, and a CRC-16.
Numbers of messages and fields are those of the public FIT profile.
"""

import struct
from dataclasses import dataclass, field
from typing import NoReturn

from bridge.workouts.model import (
    MAX_BPM,
    MAX_KMH,
    MAX_M,
    MAX_REPEATS,
    MAX_S,
    MAX_STEPS,
    MIN_BPM,
    MIN_KMH,
    Band,
    Kind,
    Kmh,
    Part,
    Repeat,
    Step,
    Workout,
    WorkoutError,
)
from bridge.workouts.readers.values import plain, within

_FILE_ID, _WORKOUT, _STEP = 0, 26, 27
_TYPE_WORKOUT = 5
_RUNNING, _GENERIC, _WALKING = 1, 0, 11
_INDEX, _NAME, _LENGTH_TYPE, _LENGTH = 254, 0, 1, 2
_TARGET_TYPE, _TARGET, _LOW, _HIGH, _INTENSITY, _NOTES = 3, 4, 5, 6, 7, 8
_TIME, _DISTANCE, _OPEN, _REPEAT, _REPETITION_TIME = 0, 1, 5, 6, 28
_REPEATS_UNTIL = frozenset({7, 8, 9, 10, 11, 12, 13, 17, 18, 27})
"""Repeats that end by something other than a count."""
_SPEED, _HEART_RATE = 0, 1
_BPM = 100
"""Offset of beats per minute; smaller values are percent of the maximum."""
_KINDS = {1: Kind.REST, 2: Kind.WARM_UP, 3: Kind.COOL_DOWN, 4: Kind.REST}
_ZONES = {1: (50, 60), 2: (60, 70), 3: (70, 80), 4: (80, 90), 5: (90, 100)}
"""A watch's zones are not in the file; these are the usual ones, in percent of the maximum."""

_NUMBERS = {0x00: "B", 0x01: "b", 0x02: "B", 0x83: "h", 0x84: "H", 0x85: "i", 0x86: "I",
            0x0A: "B", 0x8B: "H", 0x8C: "I"}  # fmt: skip
_INVALID = {0x00: 0xFF, 0x01: 0x7F, 0x02: 0xFF, 0x83: 0x7FFF, 0x84: 0xFFFF, 0x85: 0x7FFFFFFF,
            0x86: 0xFFFFFFFF, 0x0A: 0, 0x8B: 0, 0x8C: 0}  # fmt: skip
_STRING = 0x07
_MAX_BYTES = 256 * 1024
"""Maximum size in bytes; a workout of thousands of steps is smaller."""
_CRC = (0x0000, 0xCC01, 0xD801, 0x1400, 0xF001, 0x3C00, 0x2800, 0xE401,
        0xA001, 0x6C00, 0x7800, 0xB401, 0x5000, 0x9C01, 0x8801, 0x4400)  # fmt: skip

Fields = dict[int, int | str]


def is_fit(data: bytes) -> bool:
    """True if a file has FIT's signature."""
    return data[8:12] == b".FIT"


def read(data: bytes) -> Workout:
    """Read a FIT workout.

    Raises:
        WorkoutError: It is damaged, not a workout, for another sport, or contains unusable values.
    """
    if len(data) > _MAX_BYTES:
        problem = f"the file has {len(data)} bytes; a FIT workout has at most {_MAX_BYTES}"
        raise WorkoutError(problem)
    messages = _Decoder(data).messages()
    kinds = [fields.get(0) for number, fields in messages if number == _FILE_ID]
    if _TYPE_WORKOUT not in kinds:
        problem = "this FIT file is not a workout; an activity or a course cannot be played"
        raise WorkoutError(problem)
    about: Fields = next((fields for number, fields in messages if number == _WORKOUT), {})
    sport = about.get(4, _GENERIC)
    if sport not in {_RUNNING, _GENERIC, _WALKING}:
        problem = f"it is for another sport (number {sport} of FIT); 1 is running, 11 is walking"
        raise WorkoutError(problem)
    reader = _Steps()
    steps = sorted(
        (fields for number, fields in messages if number == _STEP),
        key=lambda fields: _integer(fields, _INDEX) or 0,
    )
    if len(steps) > MAX_STEPS:
        problem = f"it has {len(steps)} steps; {MAX_STEPS} are the most"
        raise WorkoutError(problem)
    for place, fields in enumerate(steps):
        index = _integer(fields, _INDEX)
        reader.add(fields, place if index is None else index)
    name = about.get(8, "")
    parts = tuple(part for _, part in reader.parts)
    return Workout(name=plain(str(name)), parts=parts, format="FIT", notes=tuple(reader.notes))


@dataclass(slots=True)
class _Steps:
    """The parts so far, each with the index of its first step."""

    parts: list[tuple[int, Part]] = field(default_factory=list)
    notes: dict[str, None] = field(default_factory=dict)

    def add(self, fields: Fields, index: int) -> None:
        where = f"step {index + 1}"
        kind = _integer(fields, _LENGTH_TYPE)
        if kind in _REPEATS_UNTIL:
            problem = "it repeats until a condition is met; only a number of times is supported"
            raise WorkoutError(problem, where)
        if kind == _REPEAT:
            self._repeat(fields, where)
        else:
            self.parts.append((index, self._step(fields, kind, where)))

    def _repeat(self, fields: Fields, where: str) -> None:
        first = _integer(fields, _LENGTH)
        times = _integer(fields, _TARGET)
        places = [place for place, (start, _) in enumerate(self.parts) if start == first]
        if not places or first is None or times is None:
            problem = "it repeats from a step that does not exist"
            raise WorkoutError(problem, where)
        if not 1 <= times <= MAX_REPEATS:
            problem = f"a repeat of {times} times; 1 to {MAX_REPEATS} are allowed"
            raise WorkoutError(problem, where)
        inner = tuple(part for _, part in self.parts[places[0] :])
        self.parts[places[0] :] = [(first, Repeat(times, inner, where))]

    def _step(self, fields: Fields, kind: int | None, where: str) -> Step:
        seconds, metres = self._length(fields, kind, where)
        speed, band = self._target(fields, where)
        intensity = _integer(fields, _INTENSITY)
        return Step(
            duration_s=seconds,
            distance_m=metres,
            speed=speed,
            band=band,
            kind=_KINDS.get(intensity, Kind.WORK) if intensity is not None else Kind.WORK,
            text=plain(str(fields.get(_NAME) or fields.get(_NOTES) or "")),
            where=where,
        )

    def _length(
        self, fields: Fields, kind: int | None, where: str
    ) -> tuple[float | None, float | None]:
        value = _integer(fields, _LENGTH)
        if kind in {_TIME, _REPETITION_TIME} and value:
            return within(value / 1000, "its time", where, 0.1, MAX_S, "s"), None
        if kind == _DISTANCE and value:
            return None, within(value / 100, "its distance", where, 1, MAX_M, "m")
        if kind not in {_OPEN, None}:
            self.notes["a step that does not end by time or distance is open"] = None
        return None, None

    def _target(self, fields: Fields, where: str) -> tuple[Kmh | None, Band | None]:
        kind, zone = _integer(fields, _TARGET_TYPE), _integer(fields, _TARGET)
        low, high = _integer(fields, _LOW), _integer(fields, _HIGH)
        if kind == _SPEED and low and high:
            kmh = (low + high) / 2 * 0.0036  # mm/s
            if low != high:
                self.notes["the middle of a speed range was used"] = None
            return Kmh(within(kmh, "its speed", where, MIN_KMH, MAX_KMH, "km/h")), None
        if kind == _HEART_RATE:
            if zone in _ZONES:
                self.notes["a watch's zones were read as percent of the maximum"] = None
                return None, Band(*_ZONES[zone], percent=True)
            if low and high:
                return None, _band(low, high, where)
        if kind in {_SPEED, _HEART_RATE}:
            self.notes["you choose the speed for a zone that the file does not describe"] = None
        return None, None


def _band(low: int, high: int, where: str) -> Band:
    percent = high <= _BPM
    least, most = (1, 100) if percent else (MIN_BPM, MAX_BPM)
    shift = 0 if percent else _BPM
    low, high = low - shift, high - shift
    unit = "%" if percent else "bpm"
    within(low, "its lowest heart rate", where, least, most, unit)
    within(high, "its highest heart rate", where, low, most, unit)
    return Band(low, high, percent)


def _integer(fields: Fields, number: int) -> int | None:
    value = fields.get(number)
    return value if isinstance(value, int) else None


@dataclass(frozen=True, slots=True)
class _Definition:
    number: int
    order: str
    fields: tuple[tuple[int, int, int], ...]
    extra: int
    """Bytes of developer fields."""


class _Decoder:
    """Decodes the bytes."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0
        self._end = len(data)

    def messages(self) -> list[tuple[int, Fields]]:
        """Return every data message: its number, and its numeric and text fields."""
        self._header()
        known: dict[int, _Definition] = {}
        found = []
        while self._at < self._end:
            head = self._take(1)[0]
            if head & 0x80:  # a compressed timestamp
                local, is_definition, has_extra = head >> 5 & 0x03, False, False
            else:
                local = head & 0x0F
                is_definition, has_extra = bool(head & 0x40), bool(head & 0x20)
            if is_definition:
                known[local] = self._definition(has_extra=has_extra)
            elif local in known:
                found.append(self._message(known[local]))
            else:
                self._broken("it has an undefined message")
        return found

    def _header(self) -> None:
        data = self._data
        if len(data) < 14 or data[0] not in {12, 14} or not is_fit(data):
            self._broken("this is not a FIT file")
        size = int.from_bytes(data[4:8], "little")
        self._at, self._end = data[0], data[0] + size
        if len(data) < self._end + 2:
            self._broken("the file is truncated")
        if crc(data[: self._end]) != int.from_bytes(data[self._end : self._end + 2], "little"):
            self._broken("its checksum is wrong")

    def _definition(self, *, has_extra: bool) -> _Definition:
        _, big, low, high, count = self._take(5)
        number = low << 8 | high if big else high << 8 | low
        fields = tuple(self._triple() for _ in range(count))
        extra = 0
        if has_extra:
            extra = sum(self._triple()[1] for _ in range(self._take(1)[0]))
        return _Definition(number, ">" if big else "<", fields, extra)

    def _triple(self) -> tuple[int, int, int]:
        number, size, base = self._take(3)
        return number, size, base

    def _message(self, definition: _Definition) -> tuple[int, Fields]:
        fields: Fields = {}
        for number, size, base in definition.fields:
            value = _value(self._take(size), base, definition.order)
            if value is not None:
                fields[number] = value
        self._take(definition.extra)
        return definition.number, fields

    def _take(self, size: int) -> bytes:
        if self._at + size > self._end:
            self._broken("a message is truncated")
        taken = self._data[self._at : self._at + size]
        self._at += size
        return taken

    def _broken(self, what: str) -> NoReturn:
        problem = f"{what}; export it again"
        raise WorkoutError(problem, f"byte {self._at}")


def _value(raw: bytes, base: int, order: str) -> int | str | None:
    if base == _STRING:
        return raw.partition(b"\0")[0].decode("utf-8", "replace") or None
    code = _NUMBERS.get(base)
    if code is None or struct.calcsize(code) != len(raw):
        return None  # another type, or a list
    (value,) = struct.unpack(order + code, raw)
    return None if value == _INVALID[base] else int(value)


def crc(data: bytes) -> int:
    """Return the CRC-16 of FIT."""
    value = 0
    for byte in data:
        for half in (byte & 0xF, byte >> 4):
            value = (value >> 4 & 0x0FFF) ^ _CRC[value & 0xF] ^ _CRC[half]
    return value
