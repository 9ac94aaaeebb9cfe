"""The table of supported protocols, and the choice for a machine.

A machine with several protocols uses the first one in the table, so FTMS if it has it.
"""

from dataclasses import dataclass
from typing import Final

from bridge.bluetooth.connection import Connection, LinkLost
from bridge.bluetooth.scan import Found, Match
from bridge.clock import Clock
from bridge.drivers.driver import Driver, Handler, Kind, Options
from bridge.drivers.kingsmith.advertising import DANGERS, advertises
from protocols import uuids


def _ftms(handler: Handler, clock: Clock, options: Options) -> Driver:
    from bridge.drivers.ftms.driver import FtmsDriver  # noqa: PLC0415 - for a connected machine

    return FtmsDriver(handler, clock, options)


def _kingsmith(handler: Handler, clock: Clock, options: Options) -> Driver:
    from bridge.drivers.kingsmith.driver import KingsmithDriver  # noqa: PLC0415 - as above

    return KingsmithDriver(handler, clock, options)


FTMS: Final = Kind(
    name="ftms",
    title="Fitness Machine Service",
    service=uuids.FITNESS_MACHINE,
    advertises=lambda found: found.is_treadmill,
    build=_ftms,
)
KINGSMITH: Final = Kind(
    name="kingsmith",
    title="KingSmith WalkingPad",
    service=uuids.KINGSMITH,
    advertises=advertises,
    build=_kingsmith,
    dangers=DANGERS,
)
KINDS: Final = (FTMS, KINGSMITH)


def advertised(found: Found) -> Kind | None:
    """Return the protocol that a device advertises; None if it seems not to be a treadmill."""
    return next((kind for kind in KINDS if kind.advertises(found)), None)


def spoken(connection: Connection) -> Kind:
    """Return the protocol of a connected machine, from its services.

    Raises:
        LinkLost: the bridge supports none of them.
    """
    for kind in KINDS:
        if kind.service in connection.services:
            return kind
    titles = " nor ".join(kind.title for kind in KINDS)
    message = f"it speaks neither {titles}"
    raise LinkLost(message)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Selects a machine by address, else by name, else any that a driver supports."""

    match: Match

    def matches(self, found: Found) -> bool:
        """True if this is the machine; a named one need not advertise a service."""
        if self.match.address or self.match.name:
            return self.match.matches(found)
        return advertised(found) is not None
