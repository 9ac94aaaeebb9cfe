"""One machine of the simulator and one treadmill of the bridge, all of it real but the broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Match
from bridge.contract.parser import Refusal
from bridge.contract.payloads import (
    EventPayload,
)
from bridge.contract.topics import Topics
from bridge.drivers.link import Link
from bridge.guard import Policy
from bridge.history.history import History
from bridge.machines import Declared
from bridge.people.hints import Care, Rhythm
from bridge.people.people import Household
from bridge.treadmill.actor import Treadmill
from bridge.treadmill.publisher import Reports
from bridge.values import Belt, Command, MachineInfo, Outcome, Verb
from simulators.ftms.profile_file import load_profile
from simulators.radio.peripheral import ADDRESS
from simulators.simulation import Simulation
from tests.rigs.virtual_time import LoopClock
from tests.rigs.wording import text_of

POLICY = Policy(warm_up_s=0.0, speed_ramp=50.0, allow_remote_start=True)
"""No warm-up and the fastest ramp there is: neither is the subject here."""
ASKED = 300
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


@dataclass
class Home:
    """A machine of the simulator, and one treadmill of the bridge."""

    simulation: Simulation
    policy: Policy = POLICY
    answers: list[Outcome | Refusal] = field(default_factory=list)
    events: list[EventPayload] = field(default_factory=list)
    fastest: float = 0.0

    def __post_init__(self) -> None:
        clock = LoopClock()
        self.treadmill = Treadmill(
            "den",
            Household({"default": self.policy}, {}, {}),
            History.blank(clock),
            care=Care(Rhythm()),
            reports=Reports("den", Topics("treadmills"), self, 1.0),
            answer=self.answers.append,
            clock=clock,
            on_event=self.events.append,
        )

    def publish(self, topic: str, payload: bytes, **how: object) -> None:
        """Nobody listens."""

    @property
    def machine(self) -> MachineInfo:
        machine = self.treadmill.snapshot.machine
        assert machine is not None
        return machine

    @property
    def true_kmh(self) -> float:
        return self.simulation.machine.true_speed_kmh

    @property
    def belt(self) -> Belt:
        return self.treadmill.snapshot.belt

    def ask(self, verb: Verb, value: int | None = None) -> None:
        now = LoopClock().now()
        self.treadmill.take(Command(f"{verb}{now}", verb, "test", now, value))

    async def walks(self) -> None:
        """Somebody starts the belt at the console, and it has come to its own first speed."""
        await self.treadmill.wait_connected()
        await self.lives(12)
        assert self.simulation.machine.start()
        await self.lives(15)
        assert self.belt is Belt.RUNNING, self.treadmill.snapshot

    async def lives(self, seconds: float) -> None:
        for _ in range(round(seconds / 0.05)):
            await asyncio.sleep(0.05)
            self.fastest = max(self.fastest, self.true_kmh)

    def words(self) -> list[str]:
        return [
            text_of(reason) for a in self.answers if isinstance(a, Outcome) for reason in a.reasons
        ]

    def kinds(self) -> set[str]:
        return {event.type for event in self.events}


@asynccontextmanager
async def home(
    machine: str, declared: Declared | None = None, policy: Policy = POLICY
) -> AsyncIterator[Home]:
    async with Simulation(profile=load_profile(machine)) as simulation:
        here = Home(simulation, policy)
        async with open_radio(simulation.new_controller()) as radio:
            match = Match(address=ADDRESS)
            link = Link(radio, match, here.treadmill, LoopClock(), declared=declared)
            here.treadmill.line = link
            tasks = [asyncio.create_task(here.treadmill.run()), asyncio.create_task(link.run())]
            try:
                yield here
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
