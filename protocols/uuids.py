"""16-bit UUIDs, assigned by the SIG, of a treadmill's services and of related ones."""

import re
from typing import Final

from protocols.errors import DecodeError

# Services
DEVICE_INFORMATION: Final = 0x180A
HEART_RATE: Final = 0x180D
RUNNING_SPEED_AND_CADENCE: Final = 0x1814
FITNESS_MACHINE: Final = 0x1826
KINGSMITH: Final = 0xFE00
"""The service of WalkingPads; see `kingsmith`."""

# Fitness Machine characteristics
FITNESS_MACHINE_FEATURE: Final = 0x2ACC
TREADMILL_DATA: Final = 0x2ACD
OTHER_MACHINES: Final = frozenset(range(0x2ACE, 0x2AD3))
"""The data of cross trainers, climbers, rowers and bikes."""
TRAINING_STATUS: Final = 0x2AD3
SUPPORTED_SPEED_RANGE: Final = 0x2AD4
SUPPORTED_INCLINATION_RANGE: Final = 0x2AD5
SUPPORTED_RESISTANCE_LEVEL_RANGE: Final = 0x2AD6
SUPPORTED_HEART_RATE_RANGE: Final = 0x2AD7
SUPPORTED_POWER_RANGE: Final = 0x2AD8
FITNESS_MACHINE_CONTROL_POINT: Final = 0x2AD9
FITNESS_MACHINE_STATUS: Final = 0x2ADA

# Characteristics of the other services
HEART_RATE_MEASUREMENT: Final = 0x2A37
RSC_MEASUREMENT: Final = 0x2A53
RSC_FEATURE: Final = 0x2A54
SYSTEM_ID: Final = 0x2A23
MODEL_NUMBER: Final = 0x2A24
SERIAL_NUMBER: Final = 0x2A25
FIRMWARE_REVISION: Final = 0x2A26
HARDWARE_REVISION: Final = 0x2A27
SOFTWARE_REVISION: Final = 0x2A28
MANUFACTURER_NAME: Final = 0x2A29

CLIENT_CHARACTERISTIC_CONFIGURATION: Final = 0x2902

_BASE = "-0000-1000-8000-00805f9b34fb"
_SHORT = r"(?:0x)?(?:0000)?([0-9a-f]{4})"
_LONG = "0000([0-9a-f]{4})" + _BASE.replace("-", "-?")
_FORMS = re.compile(f"{_SHORT}|{_LONG}")


def full(uuid: int) -> str:
    """Return the long form, in lower case like bleak."""
    return f"0000{uuid:04x}{_BASE}"


def short(uuid: str | int) -> int:
    """Return the 16-bit number of a UUID in any usual form: `2acd`, `0x2ACD`, 0x2ACD, long.

    Raises:
        DecodeError: it has another form.
    """
    if isinstance(uuid, int):
        return uuid
    found = _FORMS.fullmatch(uuid.strip().lower())
    if found is None:
        message = f"{uuid!r} is not a 16-bit Bluetooth UUID"
        raise DecodeError(message)
    return int(found[1] or found[2], 16)
