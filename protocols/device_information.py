"""Device Information, 180A: who made the machine, as it says (Device Information Service 1.1 §3).

The strings are the maker's and often wrong (quirk L6): fit for people, not for decisions.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

from protocols import uuids
from protocols.errors import EncodeError

STRINGS: Final[dict[int, str]] = {
    uuids.MANUFACTURER_NAME: "manufacturer",
    uuids.MODEL_NUMBER: "model",
    uuids.SERIAL_NUMBER: "serial",
    uuids.HARDWARE_REVISION: "hardware",
    uuids.FIRMWARE_REVISION: "firmware",
    uuids.SOFTWARE_REVISION: "software",
}
"""The characteristics that are text, and their names here."""


def decode_text(value: bytes) -> str:
    """Text as firmware writes it: padding goes, and octets that are no UTF-8 are replaced."""
    return value.decode(errors="replace").strip(" \t\r\n\0")


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """What the service says; empty where it says nothing. `system_id` is 8 octets, by the book."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    hardware: str = ""
    firmware: str = ""
    software: str = ""
    system_id: bytes = b""

    @classmethod
    def decode(cls, values: Mapping[int, bytes]) -> Self:
        """Read the values of the characteristics, by UUID; those not named here are ignored."""
        texts = {name: decode_text(values.get(uuid, b"")) for uuid, name in STRINGS.items()}
        return cls(**texts, system_id=values.get(uuids.SYSTEM_ID, b""))

    def encode(self) -> dict[int, bytes]:
        """The characteristics to offer: those that are not empty.

        Raises:
            EncodeError: a text has no UTF-8.
        """
        try:
            texts = {uuid: getattr(self, name).encode() for uuid, name in STRINGS.items()}
        except UnicodeEncodeError as error:
            message = f"the text has no UTF-8: {error.reason}"
            raise EncodeError(message) from None
        values = {**texts, uuids.SYSTEM_ID: self.system_id}
        return {uuid: value for uuid, value in values.items() if value}
