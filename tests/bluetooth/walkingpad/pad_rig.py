"""A simulated WalkingPad and one treadmill of the bridge, all of it real but the broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

from bridge.bluetooth.scan import Match
from bridge.guard import Policy
from bridge.machines import Declared
from bridge.values import Belt, Verb
from simulators.kingsmith.simulation import PadSimulation
from tests.bluetooth.wired import Wired, linked

POLICY = Policy(unit_is_kmh=True, warm_up_s=0.0, allow_remote_start=True)


class PadHome(Wired):
    """A pad, and the bridge that drives it."""

    def __init__(self, simulation: PadSimulation, policy: Policy = POLICY) -> None:
        super().__init__(policy)
        self.simulation = simulation

    def is_connected(self) -> bool:
        return self.snapshot.connected

    @property
    def belt(self) -> str:
        """As a plain text, which mypy does not narrow from one assertion to the next."""
        return self.snapshot.belt.value

    @property
    def kmh(self) -> float:
        return self.simulation.machine.true_speed_kmh

    @property
    def commands(self) -> list[str]:
        """All writes except the requests for the status."""
        octets = [value.hex(" ") for _, value in self.simulation.written]
        return [each for each in octets if each != "f7 a2 00 00 a2 fd"]

    def warnings(self) -> list[str]:
        """Return the types of events other than those of any session."""
        usual = {"session_started", "no_baseline", "session_ended"}
        return [kind for kind in self.event_types() if kind not in usual]

    async def connect(self) -> None:
        await self.treadmill.wait_connected()
        await asyncio.sleep(5)

    async def start(self) -> None:
        """Start the belt by a command, and wait until it has the pad's own speed."""
        await self.connect()
        self.request(Verb.START)
        await asyncio.sleep(20)
        assert self.belt == Belt.RUNNING


@asynccontextmanager
async def pad_home(
    *, observe_only: bool = False, declared: Declared | None = None
) -> AsyncIterator[PadHome]:
    async with PadSimulation() as simulation:
        here = PadHome(simulation, replace(POLICY, may_control=not observe_only))
        async with linked(here, simulation, Match(), observe_only=observe_only, declared=declared):
            yield here
