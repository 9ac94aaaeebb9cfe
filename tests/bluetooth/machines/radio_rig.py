"""One machine of the simulator and one treadmill of the bridge, all of it real but the broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridge.bluetooth.scan import Match
from bridge.guard import Policy
from bridge.machines import Declared
from bridge.values import Belt, MachineInfo
from simulators.ftms.profile_file import load_profile
from simulators.radio.peripheral import ADDRESS
from simulators.simulation import Simulation
from tests.bluetooth.wired import Wired, linked

POLICY = Policy(warm_up_s=0.0, speed_ramp=50.0, allow_remote_start=True)
"""No warm-up and the fastest ramp there is: neither is the subject here."""
REQUESTED = 300
"""3 km/h, which every machine can do."""
MILE_STEP_KMH = 0.17
"""0.1 mph: the largest step of the machines here."""
SWAY_KMH = 0.03
"""A belt gives a little under its runner's feet."""
OBEYS_NOTHING = "xterra-t85"
LOCKED = "focus-senator"
"""Refuses everything until its maker's app was there."""
WATCHED_ONLY = "club-console"
INCLINE_ONLY = "kickr-run"
ZEROS = "urevo-e3"
"""Obeys, and sends zeros alone until then."""
CONSOLE_ONLY = "reebok-fr30z"
"""Started at its console alone, and silent until then."""


class RadioRig(Wired):
    """A simulated machine and one treadmill of the bridge, over the virtual radio."""

    def __init__(self, simulation: Simulation, policy: Policy = POLICY) -> None:
        super().__init__(policy)
        self.simulation = simulation
        self.fastest = 0.0

    @property
    def machine(self) -> MachineInfo:
        machine = self.snapshot.machine
        assert machine is not None
        return machine

    @property
    def true_kmh(self) -> float:
        return self.simulation.machine.true_speed_kmh

    @property
    def belt(self) -> Belt:
        return self.snapshot.belt

    async def start_at_console(self) -> None:
        """Start the belt at the console, and wait until it has its own first speed."""
        await self.connect()
        assert self.simulation.machine.start()
        await self.wait(10)
        assert self.belt is Belt.RUNNING, self.snapshot

    async def connect(self) -> None:
        """Wait until the bridge is connected, and knows whether the machine is silent at rest."""
        await self.treadmill.wait_connected()
        await self.wait(11)

    async def wait(self, seconds: float) -> None:
        for _ in range(round(seconds * 10)):
            await asyncio.sleep(0.1)
            self.fastest = max(self.fastest, self.true_kmh)


@asynccontextmanager
async def radio_rig(
    machine: str, declared: Declared | None = None, policy: Policy = POLICY
) -> AsyncIterator[RadioRig]:
    async with Simulation(profile=load_profile(machine)) as simulation:
        machine_rig = RadioRig(simulation, policy)
        async with linked(machine_rig, simulation, Match(address=ADDRESS), declared=declared):
            yield machine_rig
