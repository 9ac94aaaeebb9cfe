"""One treadmill of the bridge on a machine of the simulator, all of it real but the broker."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Match
from bridge.contract.parser import Refusal
from bridge.contract.payloads import EventPayload
from bridge.contract.topics import Topics
from bridge.drivers.link import Link
from bridge.guard import Policy
from bridge.history.history import History
from bridge.machines import Declared
from bridge.people.hints import Care, Rhythm
from bridge.people.people import Household
from bridge.treadmill.actor import Treadmill
from bridge.treadmill.publisher import Reports
from bridge.values import Command, Outcome, Result, Snapshot, Verb
from simulators.radio.reach import InReach
from tests.rigs.virtual_time import LoopClock
from tests.rigs.wording import text_of


class Wired:
    """The bridge's side, and what it answered and published."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.answers: list[Outcome | Refusal] = []
        self.events: list[EventPayload] = []
        clock = LoopClock()
        self.treadmill = Treadmill(
            "den",
            Household({"default": policy}, {}, {}),
            History.blank(clock),
            care=Care(Rhythm()),
            reports=Reports("den", Topics("treadmills"), self, 1.0),
            answer=self.answers.append,
            clock=clock,
            on_event=self.events.append,
        )

    def publish(self, topic: str, payload: bytes, **how: object) -> None:
        """Publish nothing: there is no broker."""

    def request(self, verb: Verb, value: int | None = None) -> None:
        """Send a command."""
        now = LoopClock().now()
        self.treadmill.take(Command(f"{verb}{now}", verb, "test", now, value))

    async def wait(self, seconds: float) -> None:
        """Let time pass."""
        await asyncio.sleep(seconds)

    async def play(self, timeline: str) -> None:
        """Send commands, and let seconds pass between them: `speed 300, 40, stop`."""
        for step in timeline.split(", "):
            word, *value = step.split()
            if word in set(Verb):
                self.request(Verb(word), *map(int, value))
            else:
                await self.wait(float(word))

    @property
    def snapshot(self) -> Snapshot:
        return self.treadmill.snapshot

    @property
    def outcomes(self) -> list[Outcome]:
        return [answer for answer in self.answers if isinstance(answer, Outcome)]

    def results(self, verb: str) -> list[Result]:
        return [each.result for each in self.outcomes if each.command.verb == verb]

    def reasons(self) -> list[str]:
        """Return every reason of an outcome as its sentence."""
        return [text_of(reason) for each in self.outcomes for reason in each.reasons]

    def event_types(self) -> list[str]:
        return [event.type for event in self.events]


@asynccontextmanager
async def linked(
    here: Wired,
    simulation: InReach,
    match: Match,
    *,
    observe_only: bool = False,
    declared: Declared | None = None,
) -> AsyncIterator[None]:
    """Have the treadmill run, with a link to the machine."""
    async with open_radio(simulation.new_controller()) as radio:
        link = Link(
            radio, match, here.treadmill, LoopClock(), observe_only=observe_only, declared=declared
        )
        here.treadmill.line = link
        tasks = [asyncio.create_task(here.treadmill.run()), asyncio.create_task(link.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
