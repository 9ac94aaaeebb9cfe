"""Training Status, 2AD3: the kind of training, and an optional text (FTMS 1.0.1 §4.10).

Octets: flags, status, UTF-8 text. A notification truncates longer texts; a read returns them whole.
"""

from dataclasses import dataclass
from enum import IntEnum
from typing import Self

from protocols.errors import DecodeError, EncodeError
from protocols.layout import U8, Field, Layout

_TEXT_PRESENT = 0x01
_EXTENDED = 0x02
_LAYOUT = Layout(Field("flags", U8), Field("status", U8))


class TrainingStatus(IntEnum):
    """The assigned values; anything else counts as `OTHER` (quirk S11)."""

    OTHER = 0x00
    IDLE = 0x01
    WARMING_UP = 0x02
    LOW_INTENSITY_INTERVAL = 0x03
    HIGH_INTENSITY_INTERVAL = 0x04
    RECOVERY_INTERVAL = 0x05
    ISOMETRIC = 0x06
    HEART_RATE_CONTROL = 0x07
    FITNESS_TEST = 0x08
    SPEED_TOO_LOW = 0x09
    SPEED_TOO_HIGH = 0x0A
    COOL_DOWN = 0x0B
    WATT_CONTROL = 0x0C
    MANUAL = 0x0D
    PRE_WORKOUT = 0x0E
    POST_WORKOUT = 0x0F

    @classmethod
    def _missing_(cls, value: object) -> Self:  # noqa: ARG003  (an unknown number has one meaning)
        return cls(0x00)


@dataclass(frozen=True, slots=True)
class TrainingStatusValue:
    """One value of 2AD3; `status` is None if a read returned an empty value (quirk D24).

    `raw` is the octet itself (by default that of `status`). `extended` is True if the text is
    longer than a notification.
    """

    status: TrainingStatus | None
    raw: int | None = None
    text: str = ""
    extended: bool = False

    def __post_init__(self) -> None:
        if self.raw is None and self.status is not None:
            object.__setattr__(self, "raw", int(self.status))

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Read a value; reserved flags are ignored, octets that are no UTF-8 replaced.

        Raises:
            DecodeError: flags without a status.
        """
        if not value:
            return cls(None)
        if len(value) < _LAYOUT.size:
            message = "Training Status has flags but no status"
            raise DecodeError(message)
        flags, raw = _LAYOUT.read(value)
        text = value[_LAYOUT.size :].decode(errors="replace") if flags & _TEXT_PRESENT else ""
        return cls(TrainingStatus(raw), raw, text, bool(flags & _EXTENDED))

    def encode(self) -> bytes:
        """The whole value, as a read answers it; an unknown status is the empty value.

        Raises:
            EncodeError: the text has no UTF-8, or `raw` is no octet.
        """
        if self.status is None:
            return b""
        flags = (_TEXT_PRESENT if self.text else 0) | (_EXTENDED if self.extended else 0)
        try:
            text = self.text.encode()
        except UnicodeEncodeError as error:
            message = f"the text cannot be encoded in UTF-8: {error.reason}"
            raise EncodeError(message) from None
        return _LAYOUT.write((flags, self.raw)) + text
