"""Treadmill Data, 2ACD: the measurements, about once a second (FTMS 1.0.1 §4.5).

Two octets of flags, then the fields whose flags are set, in the order of the table below. Real
machines deviate from this, which must never lose a sample (ftms-quirks D1–D9, D25, D26):

- Bit 0, More Data, is inverted: the speed is present if it is 0. A record that is too long for one
  notification is split into parts with bit 0 set; the last part has the speed.
- A pace has one octet (0.1 km/min, the 2017 XML and all known machines) or two (seconds per 500 m,
  today's GSS). Only the length distinguishes them.
- Bit 13 is reserved; some machines set it and append a step counter of two or three octets.
- Other surplus octets and reserved bits are ignored. A truncated record is kept up to its end.
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
_ATT_HEADER = 3  # octets of a notification besides the value
_MINIMUM_MTU = 23


@dataclass(frozen=True, slots=True)
class _Row:
    """One field: its flag bit, its name in the value type, and its JSON form."""

    bit: int
    field: Field
    key: str
    divisor: int = 1
    nothing: tuple[int, ...] = ()
    """Values that in practice mean "no measurement", though not by the specification."""


_NO_GAIN = (0x7FFF, 0xFFFF)  # quirks D5, D6

# In wire order. Rows with the same bit form a group and are present together.
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
    """One record, or a part of one, in wire units; None for values that are not available.

    Speeds 0.01 km/h, distance m, incline 0.1 %, ramp angle 0.1 °, elevation gains 0.1 m, energies
    kcal, heart rate bpm, metabolic equivalent 0.1, times s, force N, power W. A pace is in
    0.1 km/min, or in seconds per 500 m where `wide_pace`. Elevation gains of 0x7FFF and 0xFFFF and
    a heart rate of 0 are kept as received; `to_json` reads them as None.

    `complete` is False if further parts follow, `truncated` True if octets are missing. `flags` is
    the word of the last part as received; comparison ignores it.
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
        """Positive elevation gain in 0.1 m; None also for the machines' value for "nothing"."""
        gain = self.positive_elevation_gain
        return None if gain in _NO_GAIN else gain

    @property
    def is_blank(self) -> bool:
        """True if the record has counters, and they and the speed are 0."""
        counters = {self.distance, self.elapsed, self.energy, self.step_count} - {None}
        return counters == {0} and not self.speed

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse one notification.

        Raises:
            DecodeError: the flags are incomplete.
        """
        plan = _reading(bytes(value[:2]), len(value))  # a bytearray has no hash
        numbers = plan.layout.read_known(value, _FLAGS.size)
        numbers.append(None)
        return cls(*plan.arrange(numbers), *plan.rest)

    def encode(self) -> bytes:
        """Return one frame of all known fields; unknown fields of a group are "not available".

        Raises:
            EncodeError: a number does not fit, a complete record has no speed, or a part has one.
        """
        if self.complete == (self.speed is None):
            message = "only the last part of a record has the speed"
            raise EncodeError(message)
        return self._frame(self._groups(), more=not self.complete)

    def frame(self, flags: int) -> bytes:
        """Return one frame with exactly the groups of these flags, as some machines send it.

        Unknown fields are "not available"; bit 0 decides on the speed. A step counter (bit 13) has
        three octets.

        Raises:
            EncodeError: a number does not fit, or an unknown field has no "not available".
        """
        bits = [bit for bit in _BITS if flags >> bit & 1 and bit != _SPEED_BIT]
        return self._frame(bits, more=bool(flags & MORE_DATA))

    def split(self, mtu: int) -> list[bytes]:
        """Return the notifications of this record for a link with this ATT MTU (at least 23).

        Raises:
            EncodeError: as `encode`; also for an invalid MTU.
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
        """Return the flag bits of the known fields, without the speed."""
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
    """Decoding plan for the frames of one flag word and length."""

    layout: Layout
    arrange: Callable[[Sequence[Any]], tuple[Any, ...]]
    """Sorts the numbers in the order of `_TABLE`; a None after them fills the gaps."""
    rest: tuple[Any, ...]
    """Fields of `TreadmillData` after those of `_TABLE`."""


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
    """Merge two parts of one record; known fields of the later part take precedence."""
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

    A partial record is dropped if another first part repeats one of its fields (the last part was
    lost), if it is older than `LIMIT` seconds, and by `reset`, at link loss.
    """

    LIMIT: Final = 2.0
    """Maximum age in seconds of a partial record; its parts follow each other at once."""

    __slots__ = ("_fields", "_pending", "_since")

    def __init__(self) -> None:
        self._pending: TreadmillData | None = None
        self._fields = 0
        self._since = 0.0

    def add(self, value: bytes, time: float = 0.0) -> TreadmillData | None:
        """Add the next notification, with its monotonic time in seconds.

        Returns:
            The whole record, or None while parts are missing.

        Raises:
            DecodeError: as `TreadmillData.decode`; a partial record is dropped.
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
        """Drop a partial record after a link loss."""
        self._pending = None


def to_json(data: TreadmillData) -> dict[str, object]:
    """Return the record in the units of the MQTT contract, with a key for every field.

    Paces stay in wire units. A value that machines use for "nothing" is None. The positive
    elevation gain also has the name that the contract's `state` gives it.
    """
    fields = {row.key: _readable(row, getattr(data, row.field.name)) for row in _TABLE}
    return {
        **fields,
        "elevation_gain_m": fields["positive_elevation_gain_m"],
        "complete": data.complete,
        "truncated": data.truncated,
        "flags": f"0x{data.flags:04x}",
    }


def _readable(row: _Row, number: int | None) -> float | None:
    if number is None or number in row.nothing:
        return None
    return number if row.divisor == 1 else number / row.divisor
