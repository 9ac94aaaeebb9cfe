"""Device Information, 180A: maker and model (Device Information Service 1.1 §3).

The vendor's strings are often wrong (quirk L6): show them to people, but decide nothing by them.
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
"""Text characteristics and their field names."""


def decode_text(value: bytes) -> str:
    """Return a firmware's text without padding; octets that are not UTF-8 are replaced."""
    return value.decode(errors="replace").strip(" \t\r\n\0")


@dataclass(frozen=True, slots=True)
class DeviceInformation:
    """Values of the service; empty if missing. `system_id` should have 8 octets."""

    manufacturer: str = ""
    model: str = ""
    serial: str = ""
    hardware: str = ""
    firmware: str = ""
    software: str = ""
    system_id: bytes = b""

    @classmethod
    def decode(cls, values: Mapping[int, bytes]) -> Self:
        """Parse the values of the characteristics, by UUID; unknown ones are ignored."""
        texts = {name: decode_text(values.get(uuid, b"")) for uuid, name in STRINGS.items()}
        return cls(**texts, system_id=values.get(uuids.SYSTEM_ID, b""))

    def encode(self) -> dict[int, bytes]:
        """Return the characteristics that are not empty.

        Raises:
            EncodeError: a text cannot be encoded in UTF-8.
        """
        try:
            texts = {uuid: getattr(self, name).encode() for uuid, name in STRINGS.items()}
        except UnicodeEncodeError as error:
            message = f"the text cannot be encoded in UTF-8: {error.reason}"
            raise EncodeError(message) from None
        values = {**texts, uuids.SYSTEM_ID: self.system_id}
        return {uuid: value for uuid, value in values.items() if value}
