"""Field tables: the layout of a value, declared once and compiled.

A characteristic declares its fields beside its value type. One declaration decodes and encodes, so
that client and simulator cannot differ. It is compiled to one `struct` for speed. Everything in
GATT is little-endian.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from struct import Struct
from typing import Any

from protocols.errors import DecodeError, EncodeError


@dataclass(frozen=True, slots=True)
class Kind:
    """An integer on the wire: its `struct` code, its octets, and its range."""

    code: str
    size: int
    minimum: int
    maximum: int


U8 = Kind("B", 1, 0, 0xFF)
U16 = Kind("H", 2, 0, 0xFFFF)
S16 = Kind("h", 2, -0x8000, 0x7FFF)
U24 = Kind("3s", 3, 0, 0xFFFFFF)  # `struct` has no 24-bit integers: sliced, then converted
U32 = Kind("I", 4, 0, 0xFFFFFFFF)


@dataclass(frozen=True, slots=True)
class Field:
    """A named integer; `absent` is the value for "not available", if one is defined."""

    name: str
    kind: Kind
    absent: int | None = None


class Layout:
    """A compiled sequence of fields."""

    __slots__ = ("_absent", "_long", "_struct", "fields", "names", "size")

    def __init__(self, *fields: Field) -> None:
        self.fields = fields
        self.names = tuple(field.name for field in fields)
        self._struct = Struct("<" + "".join(field.kind.code for field in fields))
        self.size = self._struct.size
        self._long = tuple(i for i, field in enumerate(fields) if field.kind is U24)
        self._absent = tuple(
            (i, field.absent) for i, field in enumerate(fields) if field.absent is not None
        )

    def read(self, value: bytes, offset: int = 0) -> tuple[int, ...]:
        """Return the numbers as on the wire; octets after the last field are ignored.

        Raises:
            DecodeError: `value` ends before the last field does.
        """
        return tuple(self._read(value, offset))

    def read_known(self, value: bytes, offset: int = 0) -> list[int | None]:
        """Like `read`, with None for values that mean "not available"."""
        numbers: list[int | None] = self._read(value, offset)
        for i, absent in self._absent:
            if numbers[i] == absent:
                numbers[i] = None
        return numbers

    def write(self, numbers: Iterable[int | None]) -> bytes:
        """Return the octets of the numbers, in the fields' order; None becomes "not available".

        Raises:
            EncodeError: a number does not fit, or is None in a field without such a value.
        """
        return b"".join(
            _octets(field, number) for field, number in zip(self.fields, numbers, strict=True)
        )

    def _read(self, value: bytes, offset: int) -> list[Any]:
        if len(value) - offset < self.size:
            message = (
                f"{', '.join(self.names)}: {offset + self.size} octets needed, got {len(value)}"
            )
            raise DecodeError(message)
        numbers = list(self._struct.unpack_from(value, offset))
        for i in self._long:
            numbers[i] = int.from_bytes(numbers[i], "little")
        return numbers


def _octets(field: Field, number: int | None) -> bytes:
    kind = field.kind
    if number is None:
        number = field.absent
    if number is None or not kind.minimum <= number <= kind.maximum:
        message = f"{field.name}: {number} is not within {kind.minimum} … {kind.maximum}"
        raise EncodeError(message)
    return number.to_bytes(kind.size, "little", signed=kind.minimum < 0)
