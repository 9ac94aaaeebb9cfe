"""Treadmill Data, 2ACD: what the treadmill measures, about once a second (FTMS 1.0.1 §4.5).

Two octets of flags, then the fields whose flags are set, in the order of the table below. Real
machines bend this, and nothing of it may cost a sample (ftms-quirks D1–D9, D25, D26):

- Bit 0, More Data, is inverted: the speed is there when it is 0. A record that is too long for one
  notification comes in parts with bit 0 set, and the last part carries the speed.
- A pace has one octet (0.1 km/min, the 2017 XML and all known machines) or two (seconds per 500 m,
  today's GSS). Only the length tells.
- Bit 13 is reserved; some machines set it and append a step counter of two or three octets.
- Other surplus octets and reserved bits are ignored. A record cut short is kept up to the tear.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from operator import itemgetter
from typing import Any, Final, Self

from protocols.errors import EncodeError
from protocols.frozen import frozen
from protocols.layout import S16, U8, U16, U24, Field, Kind, Layout

MORE_DATA: Final = 1 << 0
VENDOR_STEPS: Final = 1 << 13

_SPEED_BIT = 0
_PACE_BITS = (5, 6)
_STEPS_BIT = 13
_FLAGS = Layout(Field("flags", U16))
_ATT_HEADER = 3  # octets of a notification that are not the value
_MINIMUM_MTU = 23


@dataclass(frozen=True, slots=True)
class _Row:
    """One field: its flag bit, its place in the value type, and how people read it."""

    bit: int
    field: Field
    key: str
    divisor: int = 1
    nothing: tuple[int, ...] = ()
    """Numbers that are no measurement in practice, though no specification says so."""


_NO_GAIN = (0x7FFF, 0xFFFF)  # quirks D5, D6

# The order is the order on the wire. Rows of one bit are one group: they come together.
_TABLE: Final = (
    _Row(0, Field("speed", U16), "speed_kmh", 100),
    _Row(1, Field("average_speed", U16), "average_speed_kmh", 100),
    _Row(2, Field("distance", U24), "distance_m"),
    _Row(3, Field("incline", S16, absent=0x7FFF), "incline_percent", 10),
    _Row(3, Field("ramp_angle", S16, absent=0x7FFF), "ramp_angle_deg", 10),
    _Row(4, Field("positive_elevation_gain", U16), "positive_elevation_gain_m", 10, _NO_GAIN),
    _Row(4, Field("negative_elevation_gain", U16), "negative_elevation_gain_m", 10, _NO_GAIN),
    _Row(5, Field("pace", U8), "pace"),
    _Row(6, Field("average_pace", U8), "average_pace"),
    _Row(7, Field("energy", U16, absent=0xFFFF), "energy_kcal"),
    _Row(7, Field("energy_per_hour", U16, absent=0xFFFF), "energy_per_hour_kcal"),
    _Row(7, Field("energy_per_minute", U8, absent=0xFF), "energy_per_minute_kcal"),
    _Row(8, Field("heart_rate", U8), "heart_rate_bpm", 1, (0,)),  # quirk D9
    _Row(9, Field("metabolic_equivalent", U8), "metabolic_equivalent", 10),
    _Row(10, Field("elapsed", U16), "elapsed_s"),
    _Row(11, Field("remaining", U16), "remaining_s"),
    _Row(12, Field("force_on_belt", S16, absent=0x7FFF), "force_on_belt_n"),
    _Row(12, Field("power", S16, absent=0x7FFF), "power_w"),
    _Row(_STEPS_BIT, Field("step_count", U24), "step_count"),
)
_BITS: Final = tuple(dict.fromkeys(row.bit for row in _TABLE))
_STEP_KINDS: dict[int, Kind] = {2: U16, 3: U24}


@frozen
class TreadmillData:
    """One record, or a part of one, in wire units; None where the machine does not say.

    Speeds 0.01 km/h, distance m, incline 0.1 %, ramp angle 0.1 °, elevation gains 0.1 m, energies
    kcal, heart rate bpm, metabolic equivalent 0.1, times s, force N, power W. A pace is in
    0.1 km/min, or in seconds per 500 m where `wide_pace`. Elevation gains of 0x7FFF and 0xFFFF and
    a heart rate of 0 are kept as received; `to_json` reads them as None.

    `complete` is false for a part that more follows, `truncated` true where octets are missing.
    `flags` is the word as received, of the last part; it takes no part in comparison.
    """

    speed: int | None = None
    average_speed: int | None = None
    distance: int | None = None
    incline: int | None = None
    ramp_angle: int | None = None
    positive_elevation_gain: int | None = None
    negative_elevation_gain: int | None = None
    pace: int | None = None
    average_pace: int | None = None
    energy: int | None = None
    energy_per_hour: int | None = None
    energy_per_minute: int | None = None
    heart_rate: int | None = None
    metabolic_equivalent: int | None = None
    elapsed: int | None = None
    remaining: int | None = None
    force_on_belt: int | None = None
    power: int | None = None
    step_count: int | None = None
    complete: bool = True
    truncated: bool = False
    flags: int = field(default=0, compare=False)
    wide_pace: bool = False

    @property
    def elevation_gain(self) -> int | None:
        """What was climbed, in 0.1 m; None also where the machine has a number for "nothing"."""
        gain = self.positive_elevation_gain
        return None if gain in _NO_GAIN else gain

    @property
    def is_blank(self) -> bool:
        """Whether it counts what a machine counts that moves, and all of that is 0."""
        counters = {self.distance, self.elapsed, self.energy, self.step_count} - {None}
        return counters == {0} and not self.speed

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read one notification.

        Raises:
            DecodeError: not even the flags are there.
        """
        plan = _reading(bytes(value[:2]), len(value))  # a bytearray has no hash
        numbers = plan.layout.read_known(value, _FLAGS.size)
        numbers.append(None)
        return cls(*plan.arrange(numbers), *plan.rest)

    def encode(self) -> bytes:
        """One frame with all fields that are known; a group with one unknown says "not available".

        Raises:
            EncodeError: a number does not fit, a complete record has no speed, or a part has one.
        """
        if self.complete == (self.speed is None):
            message = "the last part of a record carries the speed, and no other does"
            raise EncodeError(message)
        return self._frame(self._groups(), more=not self.complete)

    def frame(self, flags: int) -> bytes:
        """One frame with the groups that these flags name and no others, as some machines send it.

        What is unknown is "not available", and the speed is there as bit 0 says. A step counter
        (bit 13) has three octets.

        Raises:
            EncodeError: a number does not fit, or a field is unknown that has no word for that.
        """
        bits = [bit for bit in _BITS if flags >> bit & 1 and bit != _SPEED_BIT]
        return self._frame(bits, more=bool(flags & MORE_DATA))

    def split(self, mtu: int) -> list[bytes]:
        """The notifications that carry this record over a link with this ATT MTU (at least 23).

        Raises:
            EncodeError: as `encode`; also for an MTU that no link has.
        """
        if mtu < _MINIMUM_MTU:
            message = f"an ATT MTU is at least {_MINIMUM_MTU}, not {mtu}"
            raise EncodeError(message)
        if len(whole := self.encode()) <= mtu - _ATT_HEADER:
            return [whole]
        room = mtu - _ATT_HEADER - _FLAGS.size
        parts: list[list[int]] = [[]]
        for bit in self._groups():
            if self._size([*parts[-1], bit]) > room:
                parts.append([])
            parts[-1].append(bit)
        if self.complete and self._size([_SPEED_BIT, *parts[-1]]) > room:
            parts.append([])
        *first, last = parts
        return [
            *(self._frame(part, more=True) for part in first),
            self._frame(last, more=not self.complete),
        ]

    def _groups(self) -> list[int]:
        """The flag bits of what is known, the speed aside."""
        known = (row.bit for row in _TABLE if getattr(self, row.field.name) is not None)
        return [bit for bit in dict.fromkeys(known) if bit != _SPEED_BIT]

    def _size(self, groups: Sequence[int]) -> int:
        return _writing(frozenset(groups), self.wide_pace).size

    def _frame(self, groups: Sequence[int], *, more: bool) -> bytes:
        flags = sum(1 << bit for bit in groups) | (MORE_DATA if more else 0)
        present = frozenset(groups if more else (_SPEED_BIT, *groups))
        layout = _writing(present, self.wide_pace)
        return _FLAGS.write((flags,)) + layout.write(getattr(self, name) for name in layout.names)


_NEVER_MISSING: Final = tuple(row for row in _TABLE if row.bit != _STEPS_BIT)


def _fields(rows: Sequence[_Row], *, wide: bool) -> list[Field]:
    return [
        replace(row.field, kind=U16) if wide and row.bit in _PACE_BITS else row.field
        for row in rows
    ]


@lru_cache(maxsize=256)
def _writing(bits: frozenset[int], wide: bool) -> Layout:
    return Layout(*_fields([row for row in _TABLE if row.bit in bits], wide=wide))


@dataclass(frozen=True, slots=True)
class _Plan:
    """How to read the frames of one flag word and length."""

    layout: Layout
    arrange: Callable[[Sequence[Any]], tuple[Any, ...]]
    """Puts the numbers in the order of `_TABLE`; a None that follows them fills the gaps."""
    rest: tuple[Any, ...]
    """The fields of `TreadmillData` that follow those of `_TABLE`."""


@lru_cache(maxsize=256)  # a machine uses one or two flag words: each is compiled once
def _reading(word: bytes, length: int) -> _Plan:
    (flags,) = _FLAGS.read(word)
    present = flags ^ MORE_DATA
    rows = [row for row in _NEVER_MISSING if present >> row.bit & 1]
    paces = sum(row.bit in _PACE_BITS for row in rows)
    room = length - _FLAGS.size
    surplus = room - sum(row.field.kind.size for row in rows)
    steps = _STEP_KINDS if flags & VENDOR_STEPS else {}
    wide = paces > 0 and surplus not in steps and surplus - paces in (0, *steps)
    if wide:
        surplus -= paces
    fields = _fields(rows, wide=wide)
    if surplus in steps:
        fields.append(Field("step_count", steps[surplus]))
    while sum(each.kind.size for each in fields) > room:
        fields.pop()
    places = {each.name: i for i, each in enumerate(fields)}
    order = [places.get(row.field.name, len(fields)) for row in _TABLE]
    rest = (not flags & MORE_DATA, surplus < 0, flags, wide)
    return _Plan(Layout(*fields), itemgetter(*order), rest)


def merge(first: TreadmillData, then: TreadmillData) -> TreadmillData:
    """Two parts of one record as one; what the later part knows counts."""
    known = {row.field.name: getattr(then, row.field.name) for row in _TABLE}
    return replace(
        first,
        **{name: number for name, number in known.items() if number is not None},
        complete=then.complete,
        truncated=first.truncated or then.truncated,
        flags=then.flags,
        wide_pace=first.wide_pace or then.wide_pace,
    )


class Defragmenter:
    """Joins the parts of a record. Parts of two records are never merged.

    What came before is dropped when a further first part repeats a field of it (the last part
    was lost), when it is older than `LIMIT` seconds, and by `reset`, at link loss.
    """

    LIMIT: Final = 2.0
    """A record is one moment: its parts follow each other at once."""

    __slots__ = ("_fields", "_pending", "_since")

    def __init__(self) -> None:
        self._pending: TreadmillData | None = None
        self._fields = 0
        self._since = 0.0

    def add(self, value: bytes, time: float = 0.0) -> TreadmillData | None:
        """Take the next notification, with its monotonic time in seconds.

        Returns:
            The whole record, or None while more of it is to come.

        Raises:
            DecodeError: as `TreadmillData.decode`; what came before is dropped.
        """
        pending, self._pending = self._pending, None
        data = TreadmillData.decode(value)
        fields = data.flags & ~MORE_DATA
        repeats = not data.complete and fields & self._fields
        if pending is not None and not repeats and time - self._since <= self.LIMIT:
            data = merge(pending, data)
            fields |= self._fields
        else:
            self._since = time
        if data.complete:
            return data
        self._pending, self._fields = data, fields
        return None

    def reset(self) -> None:
        """Forget a record that is only half there: the link is lost."""
        self._pending = None


def to_json(data: TreadmillData) -> dict[str, object]:
    """The record in the units of the MQTT contract, one key for every field of the characteristic.

    Paces stay as they are on the wire. A number that machines use for "nothing" is None.
    """
    return {
        **{row.key: _readable(row, getattr(data, row.field.name)) for row in _TABLE},
        "complete": data.complete,
        "truncated": data.truncated,
        "flags": f"0x{data.flags:04x}",
    }


def _readable(row: _Row, number: int | None) -> float | None:
    if number is None or number in row.nothing:
        return None
    return number if row.divisor == 1 else number / row.divisor
