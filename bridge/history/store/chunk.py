"""Storage format of samples: one minute per compressed value.

Each column stores one field as differences between samples; the whole is compressed. An hour takes
about 20 kB.
"""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from enum import IntEnum, IntFlag
from itertools import pairwise
from operator import attrgetter

VERSION = 1
"""The first octet. A later version may append fields; missing ones read as None."""
_MISSING = -(2**31)
_TURN = 2**32

CHUNK = 60
"""Samples in one stored value."""


class Phase(IntEnum):
    """Phase of a session, as stored."""

    NONE = 0
    WARM_UP = 1
    ACTIVE = 2
    COOL_DOWN = 3

    @classmethod
    def of(cls, name: str | None) -> "Phase":
        """Return the stored form of a decision's phase."""
        return cls[name.upper()] if name else cls.NONE


class Flag(IntFlag):
    """Flags of a sample."""

    RUNNING = 1
    STEEP = 2
    """The guard counts this second for a steep tier."""


@dataclass(frozen=True, slots=True)
class Second:
    """One sample of a session, `at` seconds after its start.

    Wire units for speed (0.01 km/h) and incline (0.1 %); distance and climb in 0.1 m since the
    start; energy in kcal, heart rate in bpm, cadence in steps per minute, power in watts. None
    means unknown, or no bound. `climb` is the guard's count.
    """

    at: int
    speed: int | None = None
    incline: int | None = None
    distance: int | None = None
    climb: int | None = None
    energy: int | None = None
    heart_rate: int | None = None
    cadence: int | None = None
    power: int | None = None
    target_speed: int | None = None
    target_incline: int | None = None
    requested_speed: int | None = None
    requested_incline: int | None = None
    bound_speed: int | None = None
    bound_incline: int | None = None
    phase: int = Phase.NONE
    flags: int = 0

    @property
    def steep(self) -> bool:
        """True if the guard counts this second for a steep tier."""
        return bool(self.flags & Flag.STEEP)

    @property
    def running(self) -> bool:
        """True if the belt moves."""
        return bool(self.flags & Flag.RUNNING)


_COLUMNS = len(fields(Second))
_VALUES = attrgetter(*(field.name for field in fields(Second)))


class ChunkError(ValueError):
    """The stored samples are unreadable."""


def encode(samples: Sequence[Second]) -> bytes:
    """Encode samples, which are in order of time."""
    numbers: list[int] = []
    for column in zip(*map(_VALUES, samples), strict=True):
        values = [0, *[_MISSING if value is None else int(value) for value in column]]
        numbers += [(after - before) % _TURN for before, after in pairwise(values)]
    raw = struct.pack(f"<{len(numbers)}I", *numbers)
    return struct.pack("<BH", VERSION, len(samples)) + zlib.compress(raw, 6)


def decode(content: bytes) -> list[Second]:
    """Decode a stored value.

    Raises:
        ChunkError: it is damaged, or from a later version.
    """
    try:
        version, count = struct.unpack_from("<BH", content)
        raw = zlib.decompress(content[3:])
        if version != VERSION or len(raw) != 4 * count * _COLUMNS:
            message = f"samples of version {version} cannot be read"
            raise ChunkError(message)
        numbers = struct.unpack(f"<{count * _COLUMNS}i", raw)
    except (struct.error, zlib.error) as error:
        message = f"samples cannot be read: {error}"
        raise ChunkError(message) from error
    columns = [_column(numbers[i * count : (i + 1) * count]) for i in range(_COLUMNS)]
    return [Second(*values) for values in zip(*columns, strict=True)]


def _column(differences: Sequence[int]) -> list[int | None]:
    values: list[int | None] = []
    number = 0
    for difference in differences:
        number = (number + difference + 2**31) % _TURN - 2**31
        values.append(None if number == _MISSING else number)
    return values
