"""What is known of the machine itself: its ranges, its unit, and whether to believe it."""

from bridge.guard.facts import Grid, incline_grid, speed_grid
from bridge.guard.journal import Journal
from bridge.guard.policy import Policy
from bridge.machines.learned import LATEST_FAULT_S, STALE_HOLD_S, UnitVerdict
from bridge.values import Axis, MachineInfo, Snapshot

READ_FRESH_S = STALE_HOLD_S
"""At rest a silent machine is fresh for this long after a read was answered."""
GARBLED_S = 3.0
"""After a value that cannot be true, nothing is believed for this long."""
GARBLED_FAULT_S = 60.0
"""For this long it is a fault that is told, and told but once."""


class MachineWatch:
    """One machine, over all its links. Monotonic seconds."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unit: tuple[str, bool, UnitVerdict] | None = None
        self._garbled = float("-inf")
        self._machine: MachineInfo | None = None
        self._key: tuple[int, int | None, int | None] | None = None
        self._grids: dict[Axis, Grid] = {}

    def grids(self, snapshot: Snapshot, least_incline: int) -> dict[Axis, Grid]:
        """What can be set on each axis; not to be changed."""
        machine, learned = snapshot.machine, snapshot.learned
        key = least_incline, learned.speed.grid, learned.incline.grid
        if machine is not self._machine or key != self._key:
            self._machine, self._key = machine, key
            speed, incline = speed_grid(machine), incline_grid(machine, least_incline)
            self._grids = {
                Axis.SPEED: speed.coarser(learned.speed.grid),
                Axis.INCLINE: incline.coarser(learned.incline.grid),
            }
        return self._grids

    def knows_unit(self, policy: Policy, snapshot: Snapshot) -> bool:
        """True if its numbers are sure to be km/h: by observation, its model, or its owner."""
        if policy.unit_is_kmh or snapshot.learned.speaks_kmh:
            return True
        machine = snapshot.machine
        return machine is not None and machine.edge.profile.unit_known

    def is_garbled(self, now: float) -> bool:
        """Whether it sent what cannot be true a moment ago."""
        return now - self._garbled <= GARBLED_S

    def follow_garbage(self, snapshot: Snapshot, now: float) -> None:
        """Take note of nonsense."""
        if snapshot.garbled is not None:
            self._garbled = snapshot.garbled
        if self.is_garbled(now):
            if self._journal.fault("garbled"):
                self._journal.tell("garbled")
        elif now - self._garbled > GARBLED_FAULT_S:
            self._journal.mend("garbled")

    def follow_unit(self, snapshot: Snapshot) -> None:
        """Say what was found out about its unit; what was known at its first look is no news."""
        address = "" if snapshot.machine is None else snapshot.machine.address
        before, learned = self._unit, snapshot.learned
        self._unit = address, learned.speaks_kmh, learned.reports
        if before is None or before[0] != address:
            return
        if learned.speaks_kmh and not before[1]:
            self._journal.tell("unit_confirmed")
        elif learned.reports is UnitVerdict.MPH and before[2] is not learned.reports:
            self._journal.tell("unit_mph")


def hold_after(snapshot: Snapshot, policy: Policy) -> float:
    """Seconds without a sample after which nothing may rise; a slow machine has longer."""
    return max(policy.stale_hold_s, snapshot.learned.hold_s)


def fault_after(snapshot: Snapshot, policy: Policy) -> float:
    """Seconds without a sample after which that is a fault."""
    return min(LATEST_FAULT_S, max(policy.stale_fault_s, snapshot.learned.fault_s))


def is_fresh(snapshot: Snapshot, policy: Policy, now: float) -> bool:
    """Whether its data are new enough to raise anything, or to start a belt that stands."""
    if not snapshot.connected:
        return False
    if snapshot.age(now) <= hold_after(snapshot, policy):
        return True
    read = snapshot.read_time
    return snapshot.belt.stands and read is not None and now - read <= READ_FRESH_S
