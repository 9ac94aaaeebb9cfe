"""The daemon, with stand-ins for the broker, the radio and the links."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.app.daemon import Daemon
from bridge.bluetooth.radio import RadioError
from bridge.bluetooth.scan import Match
from bridge.config import Config
from bridge.contract.parser import Refusal
from bridge.contract.payloads import EventPayload
from bridge.contract.topics import Topics
from bridge.history.history import History
from bridge.history.store.moment import Timekeeper
from bridge.machines import Declared
from bridge.mqtt.inbox import Incoming
from bridge.texts import Texts
from bridge.treadmill.actor import Treadmill
from bridge.values import MachineInfo, Outcome
from tests.rigs.virtual_time import LoopClock

MACHINE = MachineInfo(address="F0:00:00:00:00:01", can_control=True)
TWO = {"treadmills": [{"id": "den", "name": "Den"}, {"id": "loft", "name": "Loft"}]}


class Broker:
    """Records MQTT messages, and ends on request."""

    def __init__(
        self,
        _settings: object,
        treadmills: list[str],
        _handler: None,
        _: object,
        *,
        texts: Texts,
    ) -> None:
        self.topics = Topics("treadmills")
        self.treadmills = treadmills
        self.said: list[tuple[str, bytes]] = []
        self.answers: list[tuple[str, Outcome | Refusal]] = []
        self.broken = asyncio.Event()
        self.connected = True
        self.turned = asyncio.get_running_loop().time()
        self.listeners: dict[str, Callable[[bytes], None]] = {}
        self.republished = 0

    def serve(self, handler: Callable[[Incoming], None], on_aside: Callable[[bool], None]) -> None:
        self.handler, self.on_aside = handler, on_aside

    def begin(self) -> "asyncio.Task[None]":
        return asyncio.create_task(self.run())

    def listen(self, topic: str, listener: Callable[[bytes], None]) -> None:
        self.listeners[topic] = listener

    def republish(self) -> None:
        self.republished += 1

    def publish(self, topic: str, payload: bytes, **how: object) -> None:
        self.said.append((topic.removeprefix("treadmills/"), payload))

    def answer(self, treadmill: str, result: Outcome | Refusal) -> None:
        self.answers.append((treadmill, result))

    async def run(self) -> None:
        try:
            await self.broken.wait()
        finally:
            self.said.append(("broker", b"gone"))
        message = "the broker's task has a bug"
        raise LookupError(message)

    def last(self, topic: str) -> Any:
        return next(payload for name, payload in reversed(self.said) if name == topic)


@dataclass
class Radio:
    """A radio that a test can take away; closing one takes a while."""

    gone: asyncio.Event = field(default_factory=asyncio.Event)

    async def lost(self) -> None:
        await self.gone.wait()


class Link:
    """A link that does nothing but exist; an order to it would be an error."""

    broken = False
    orders = None

    def __init__(
        self,
        radio: Radio,
        match: Match,
        handler: Treadmill,
        _clock: object,
        *,
        observe_only: bool,
        wanted: bool,
        declared: Declared,
        tap: object = None,
        on_trouble: object = None,
    ) -> None:
        self.declared = declared
        self.radio, self.match, self.handler = radio, match, handler
        self.observe_only, self.wanted = observe_only, wanted
        self.ended = False
        LINKS.append(self)

    def connect(self) -> None:
        self.wanted = True

    def release(self) -> None:
        self.wanted = False

    async def run(self) -> None:
        try:
            while not self.broken:  # noqa: ASYNC110 - in virtual time
                await asyncio.sleep(1)
        finally:
            self.ended = True
        message = "the link has a bug"
        raise LookupError(message)


LINKS: list[Link] = []
RADIOS: list[Radio] = []
REFUSED: list[RadioError] = []
"""Errors of opening a radio, one for each attempt."""


@asynccontextmanager
async def open_radio(spec: str, adapter: str = "") -> AsyncIterator[Radio]:
    if REFUSED:
        raise REFUSED.pop()
    RADIOS.append(Radio())
    try:
        yield RADIOS[-1]
    finally:
        await asyncio.sleep(2)


@dataclass
class DaemonRig:
    """The running daemon, its outcomes and its events."""

    daemon: Daemon
    task: "asyncio.Task[None]"
    outcomes: list[Outcome | Refusal]
    events: list[EventPayload]

    @property
    def broker(self) -> Broker:
        broker: Any = self.daemon.broker
        assert isinstance(broker, Broker)
        return broker

    async def end(self) -> None:
        """Request its end, and wait."""
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)

    def fail(self, treadmill: str) -> None:
        """Let something unexpected happen in its task."""
        self.daemon.treadmills[treadmill].take("no message")  # type: ignore[arg-type]

    def line(self, treadmill: str) -> object:
        return self.daemon.treadmills[treadmill].line

    def links(self, name: str) -> list[Link]:
        return [link for link in LINKS if link.match.name == name]


@asynccontextmanager
async def daemon_rig(document: dict[str, Any], *, blank: bool = True) -> AsyncIterator[DaemonRig]:
    outcomes: list[Outcome | Refusal] = []
    events: list[EventPayload] = []
    daemon = Daemon(
        Config.model_validate(document),
        LoopClock(),
        History(Timekeeper(LoopClock(), "boot", lambda: True), blank=blank),
        on_outcome=outcomes.append,
        on_event=events.append,
    )
    task = asyncio.create_task(daemon.run())
    await asyncio.sleep(0.5)
    try:
        yield DaemonRig(daemon, task, outcomes, events)
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
