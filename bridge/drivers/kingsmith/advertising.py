"""How KingSmith WalkingPads advertise, and the dangers of these machines."""

from typing import Final

from bridge.bluetooth.scan import Found

DANGERS: Final = (
    "This WalkingPad starts at a speed of its own, 2.5 km/h on some, whatever was asked before.",
    "Its belt runs on when the link drops: then only its remote control and its plug stop it.",
    "It has no safety key and no pause: a pause stops the belt.",
    "In automatic mode it follows your feet. A speed, a start or a limit puts it in manual mode.",
)


def advertises(found: Found) -> bool:
    """True if a device's name is that of a pad; other devices use the same service.

    A pad that advertises FTMS is left to the FTMS driver.
    """
    name = found.name.lower()
    return not found.advertises_service and ("walkingpad" in name or name.startswith("ks-"))
