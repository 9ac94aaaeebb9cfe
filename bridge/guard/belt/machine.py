"""State of the machine: its ranges, its speed unit, and trust in its data."""

from bridge.guard.journal import Journal
from bridge.machines.learned import LATEST_FAULT_S, STALE_HOLD_S, UnitVerdict
from bridge.values import Axis, MachineInfo, Snapshot
from bridge.values.grid import Grid, incline_grid, speed_grid
from bridge.values.policy import Policy

GARBLED_S = 3.0
"""Seconds after an impossible value in which no reading is trusted."""
GARBLED_FAULT_S = 60.0
"""Seconds for which the fault lasts, so that it is reported once."""


class MachineWatch:
    """One machine across all its links. Monotonic seconds."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._unit: tuple[str, bool, UnitVerdict] | None = None
        self._garbled = float("-inf")
        self._machine: MachineInfo | None = None
        self._key: tuple[int, int | None, int | None] | None = None
        self._grids: dict[Axis, Grid] = {}

    def grids(self, snapshot: Snapshot, least_incline: int) -> dict[Axis, Grid]:
        """Return the settable values of each axis. Read-only."""
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
        """Return True if km/h is confirmed: by observation, by the model or by the owner."""
        if policy.unit_is_kmh or snapshot.learned.speaks_kmh:
            return True
        machine = snapshot.machine
        return machine is not None and machine.edge.profile.unit_known

    def is_garbled(self, now: float) -> bool:
        """Return True if the machine sent an impossible value within `GARBLED_S`."""
        return now - self._garbled <= GARBLED_S

    def follow_garbage(self, snapshot: Snapshot, now: float) -> None:
        """Raise or clear the fault for impossible values."""
        if snapshot.garbled is not None:
            self._garbled = snapshot.garbled
        if self.is_garbled(now):
            self._journal.fault("garbled")
        elif now - self._garbled > GARBLED_FAULT_S:
            self._journal.mend("garbled")

    def follow_unit(self, snapshot: Snapshot) -> None:
        """Report a newly determined unit, unless it was known when the machine was first seen."""
        address = "" if snapshot.machine is None else snapshot.machine.address
        before, learned = self._unit, snapshot.learned
        self._unit = address, learned.speaks_kmh, learned.reports
        # First look at this machine: its unit is no news.
        if before is None or before[0] != address:
            return
        if learned.speaks_kmh and not before[1]:
            self._journal.report("unit_confirmed")
        elif learned.reports is UnitVerdict.MPH and before[2] is not learned.reports:
            self._journal.report("unit_mph")


def hold_after(snapshot: Snapshot, policy: Policy) -> float:
    """Return the seconds without a sample after which nothing may rise; longer on slow machines."""
    return max(policy.stale_hold_s, snapshot.learned.hold_s)


def fault_after(snapshot: Snapshot, policy: Policy) -> float:
    """Return the seconds without a sample after which a fault is raised."""
    return min(LATEST_FAULT_S, max(policy.stale_fault_s, snapshot.learned.fault_s))


def is_fresh(snapshot: Snapshot, policy: Policy, now: float) -> bool:
    """Return True if the data are recent enough to raise a setpoint or start a standing belt."""
    if not snapshot.connected:
        return False
    if snapshot.age(now) <= hold_after(snapshot, policy):
        return True
    # Some machines are silent at rest; an answered read proves that they are alive.
    read = snapshot.read_time
    return snapshot.belt.stands and read is not None and now - read <= STALE_HOLD_S
