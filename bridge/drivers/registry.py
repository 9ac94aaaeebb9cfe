"""The protocols that the bridge speaks, and which of them a machine speaks.

A machine that speaks several is spoken to in the first one of the table: FTMS, where it can.
"""

from dataclasses import dataclass
from typing import Final

from bridge.bluetooth.connection import Connection, LinkLost
from bridge.bluetooth.scan import Found, Match
from bridge.drivers.driver import Kind
from bridge.drivers.ftms.driver import FtmsDriver
from bridge.drivers.kingsmith.driver import DANGERS, KingsmithDriver, advertises
from protocols import kingsmith, uuids

FTMS: Final = Kind(
    name="ftms",
    title="Fitness Machine Service",
    service=uuids.FITNESS_MACHINE,
    advertises=lambda found: found.is_treadmill,
    build=FtmsDriver,
)
KINGSMITH: Final = Kind(
    name="kingsmith",
    title="KingSmith WalkingPad",
    service=kingsmith.SERVICE,
    advertises=advertises,
    build=KingsmithDriver,
    dangers=DANGERS,
)
KINDS: Final = (FTMS, KINGSMITH)


def advertised(found: Found) -> Kind | None:
    """The protocol that a machine in reach seems to speak; None if it seems to be no treadmill."""
    return next((kind for kind in KINDS if kind.advertises(found)), None)


def spoken(connection: Connection) -> Kind:
    """The protocol that a connected machine speaks, by its services.

    Raises:
        LinkLost: none that the bridge knows.
    """
    for kind in KINDS:
        if kind.service in connection.services:
            return kind
    titles = " nor ".join(kind.title for kind in KINDS)
    message = f"it speaks neither {titles}"
    raise LinkLost(message)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which machine is meant: by address, else by name, else any that a driver knows."""

    match: Match

    def matches(self, found: Found) -> bool:
        """Whether this is the one; one named by its owner need not advertise any service."""
        if self.match.address or self.match.name:
            return self.match.matches(found)
        return advertised(found) is not None
