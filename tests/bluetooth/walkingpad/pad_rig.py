"""A simulated WalkingPad and one treadmill of the bridge, all of it real but the broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

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
from bridge.values import Belt, Command, Outcome, Result, Snapshot, Verb
from simulators.kingsmith.simulation import PadSimulation
from tests.rigs.virtual_time import LoopClock

POLICY = Policy(unit_is_kmh=True, warm_up_s=0.0, allow_remote_start=True)


@dataclass
class PadHome:
    """A pad, and the bridge that drives it."""

    simulation: PadSimulation
    policy: Policy = POLICY
    answers: list[Outcome | Refusal] = field(default_factory=list)
    events: list[EventPayload] = field(default_factory=list)

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
    def snapshot(self) -> Snapshot:
        return self.treadmill.snapshot

    def linked(self) -> bool:
        return self.snapshot.connected

    @property
    def belt(self) -> str:
        """As a plain word, which mypy does not narrow from one assertion to the next."""
        return self.snapshot.belt.value

    @property
    def kmh(self) -> float:
        return self.simulation.machine.true_speed_kmh

    @property
    def commands(self) -> list[str]:
        """What was written, but for the questions for the status."""
        octets = [value.hex(" ") for _, value in self.simulation.written]
        return [each for each in octets if each != "f7 a2 00 00 a2 fd"]

    def ask(self, verb: Verb, value: int | None = None, identity: str = "") -> None:
        now = LoopClock().now()
        self.treadmill.take(Command(identity or verb.value, verb, "test", now, value))

    def results(self, identity: str) -> list[Result]:
        return [
            a.result for a in self.answers if isinstance(a, Outcome) and a.command.id == identity
        ]

    def reasons(self) -> str:
        return " ".join(str(r) for a in self.answers if isinstance(a, Outcome) for r in a.reasons)

    def kinds(self) -> list[str]:
        usual = {"session_started", "no_baseline", "session_ended"}
        return [event.type for event in self.events if event.type not in usual]

    async def connected(self) -> None:
        await self.treadmill.wait_connected()
        await asyncio.sleep(5)

    async def walks(self) -> None:
        """The belt was started from here, and has come to the pad's own speed."""
        await self.connected()
        self.ask(Verb.START)
        await asyncio.sleep(20)
        assert self.belt == Belt.RUNNING


@asynccontextmanager
async def pad_home(
    *, observe_only: bool = False, declared: Declared | None = None
) -> AsyncIterator[PadHome]:
    async with PadSimulation() as simulation:
        here = PadHome(simulation, replace(POLICY, may_control=not observe_only))
        async with open_radio(simulation.new_controller()) as radio:
            link = Link(
                radio,
                Match(),
                here.treadmill,
                LoopClock(),
                observe_only=observe_only,
                declared=declared,
            )
            here.treadmill.line = link
            tasks = [asyncio.create_task(here.treadmill.run()), asyncio.create_task(link.run())]
            try:
                yield here
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
