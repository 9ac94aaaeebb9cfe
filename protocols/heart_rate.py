"""Heart Rate Measurement, 2A37 (Heart Rate Service 1.0 §3.1)."""

from dataclasses import dataclass
from typing import Self

from protocols.layout import U8, U16, Field, Layout

_WIDE = 0x01
_CONTACT = 0x02
_CONTACT_SUPPORTED = 0x04
_ENERGY = 0x08
_INTERVALS = 0x10

_NARROW_LAYOUT = Layout(Field("flags", U8), Field("heart_rate", U8))
_WIDE_LAYOUT = Layout(Field("flags", U8), Field("heart_rate", U16))
_WORD = Layout(Field("word", U16))


@dataclass(frozen=True, slots=True)
class HeartRateMeasurement:
    """One measurement.

    `heart_rate` in bpm, `contact` None if the sensor cannot detect it, `energy` in kJ since its
    last reset, `intervals` between beats in 1/1024 s, oldest first. A strap off the body may keep
    sending its last heart rate without intervals (quirk L9).
    """

    heart_rate: int
    contact: bool | None = None
    energy: int | None = None
    intervals: tuple[int, ...] = ()

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse a notification; truncated fields after the heart rate are omitted.

        Raises:
            DecodeError: the heart rate is incomplete.
        """
        layout = _WIDE_LAYOUT if value[:1] and value[0] & _WIDE else _NARROW_LAYOUT
        flags, heart_rate = layout.read(value)
        words = [*(_WORD.read(value, i)[0] for i in range(layout.size, len(value) - 1, _WORD.size))]
        energy = words.pop(0) if flags & _ENERGY and words else None
        return cls(
            heart_rate,
            bool(flags & _CONTACT) if flags & _CONTACT_SUPPORTED else None,
            energy,
            tuple(words) if flags & _INTERVALS else (),
        )

    def encode(self) -> bytes:
        """Return the octets to notify.

        Raises:
            EncodeError: a number does not fit.
        """
        layout = _WIDE_LAYOUT if self.heart_rate > 0xFF else _NARROW_LAYOUT
        flags = (
            (_WIDE if layout is _WIDE_LAYOUT else 0)
            | (_CONTACT if self.contact else 0)
            | (_CONTACT_SUPPORTED if self.contact is not None else 0)
            | (_ENERGY if self.energy is not None else 0)
            | (_INTERVALS if self.intervals else 0)
        )
        words = (*(() if self.energy is None else (self.energy,)), *self.intervals)
        return layout.write((flags, self.heart_rate)) + b"".join(_WORD.write((w,)) for w in words)
