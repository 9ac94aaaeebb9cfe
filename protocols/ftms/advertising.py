"""The service data that a fitness machine advertises under 0x1826 (FTMS 1.0.1 §3.1)."""

from dataclasses import dataclass
from enum import IntFlag
from typing import Self

from protocols.layout import U8, U16, Field, Layout


class MachineType(IntFlag):
    """Types of the machine; it may have several (quirk L5)."""

    TREADMILL = 1 << 0
    CROSS_TRAINER = 1 << 1
    STEP_CLIMBER = 1 << 2
    STAIR_CLIMBER = 1 << 3
    ROWER = 1 << 4
    INDOOR_BIKE = 1 << 5


_AVAILABLE = 0x01
_ASSIGNED = 0x3F
_LAYOUT = Layout(Field("flags", U8), Field("machine_types", U16))


@dataclass(frozen=True, slots=True)
class FitnessMachineAdvertisement:
    """Availability and types of a machine. Reserved bits are ignored."""

    available: bool
    machine_types: MachineType

    @classmethod
    def decode(cls, value: bytes) -> Self:
        """Parse the service data after its UUID; surplus octets are ignored.

        Raises:
            DecodeError: fewer than three octets.
        """
        flags, types = _LAYOUT.read(value)
        return cls(bool(flags & _AVAILABLE), MachineType(types & _ASSIGNED))

    def encode(self) -> bytes:
        """Return the three octets after the UUID."""
        return _LAYOUT.write((_AVAILABLE if self.available else 0, self.machine_types))
