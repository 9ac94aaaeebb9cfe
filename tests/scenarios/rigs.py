"""Rigs for scenarios: simulated machine, bridge, and the messages that the bridge publishes.

Level 0 is everything in virtual time, with an exchange in the place of a broker; level 1 is real
time and mosquitto. What a scenario sees of either is the same.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiomqtt

from bridge.app.daemon import Daemon
from bridge.clock import Clock, SystemClock
from bridge.config import Config
from bridge.history.history import History
from simulators.ftms.profile import STRICT, Profile
from simulators.scenario.player import Player, Transcript
from simulators.scenario.rig import MachineRig
from simulators.scenario.script import Ask, Fault, Scenario
from simulators.simulation import Simulation
from tests.e2e.bridge_rig import until
from tests.rigs.brokers import mosquitto
from tests.rigs.virtual_time import LoopClock
from tests.scenarios.exchange import Exchange

BASE = "treadmills/den"
READY_S = 40.0
RETAINED_S = 1.0
"""In which a broker hands over what it retained."""


@dataclass
class Messages:
    """The messages of the bridge, as payloads of its contract."""

    transcript: Transcript
    newest: dict[str, Any] = field(default_factory=dict)
    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    events: Counter[str] = field(default_factory=Counter)
    texts: dict[str, str] = field(default_factory=dict)
    belt: str = ""

    def receive(self, topic: str, payload: bytes, _retain: bool = False) -> None:
        if topic == "treadmills/bridge/availability":
            self.newest["availability.bridge"] = payload.decode()
        if not topic.startswith(f"{BASE}/") or "/set/" in topic:
            return
        kind = topic.removeprefix(f"{BASE}/")
        if kind == "availability":
            self.newest[kind] = payload.decode()
            return
        said = json.loads(payload)
        self.newest[kind] = said
        if kind == "event":
            self.events[said["type"]] += 1
            self.texts[said["type"]] = said["text"]
            self.transcript.add(f"bridge: {said['type']}: {said['text']}")
        elif kind == "outcome":
            self.outcomes[said["id"]] = said
            reasons = " ".join(reason["text"] for reason in said["reasons"])
            self.transcript.add(f"outcome of {said['id']}: {said['outcome']} {reasons}".rstrip())
        elif kind == "state" and said["belt"] != self.belt:
            self.belt = said["belt"]
            self.transcript.add(f"bridge: the belt is {self.belt}")

    def look(self, name: str) -> object:
        root, _, rest = name.partition(".")
        match root:
            case "availability":
                return self.newest.get(name)
            case "events":
                return self.events[rest]
            case "text":
                return self.texts.get(rest)
            case "outcome":
                identity, _, key = rest.partition(".")
                return _into(self.outcomes.get(identity), key or "outcome")
            case _:
                return _into(self.newest.get(root), rest)


def _into(document: Any, path: str) -> object:
    for key in filter(None, path.split(".")):
        if isinstance(document, list) and key.isdecimal():
            document = document[int(key)] if int(key) < len(document) else None
        elif isinstance(document, Mapping):
            document = document.get(key)
        else:
            return None
    return "; ".join(map(str, document)) if isinstance(document, list) and document else document


class ScenarioRig(MachineRig):
    """A simulated machine with a bridge."""

    has_bridge = True

    def __init__(
        self, simulation: Simulation, transcript: Transcript, messages: Messages, daemon: Daemon
    ) -> None:
        super().__init__(simulation, transcript)
        self.messages = messages
        self.late = Messages(Transcript(lambda: 0.0))
        """What somebody heard who came later."""
        self.daemon = daemon

    def look(self, name: str) -> object:
        if name.startswith("machine."):
            return super().look(name)
        if name.startswith("late."):
            return self.late.look(name.removeprefix("late."))
        return self.messages.look(name)

    async def send(self, topic: str, payload: bytes, *, retain: bool) -> None:
        raise NotImplementedError

    async def ask(self, command: Ask) -> None:
        await self.send(f"{BASE}/set/{command.topic}", message(command), retain=command.retain)


def message(command: Ask) -> bytes:
    """A command's payload, with its id where it has one."""
    if not command.id:
        return command.payload.encode()
    if command.payload.startswith("{"):
        return json.dumps({**json.loads(command.payload), "id": command.id}).encode()
    try:
        document: dict[str, object] = {"value": float(command.payload)}
    except ValueError:
        key = {"belt": "command"}.get(command.topic, "name")
        document = {key: command.payload}
    return json.dumps({**document, "id": command.id}).encode()


class VirtualRig(ScenarioRig):
    """The bridge in virtual time, over an exchange in memory."""

    exchange: Exchange

    async def send(self, topic: str, payload: bytes, *, retain: bool) -> None:
        self.exchange.publish(topic, payload, retain=retain)

    async def fault(self, fault: Fault) -> None:
        if fault.name == "broker away":
            self.exchange.outage()
        elif fault.name == "broker back":
            self.exchange.back()
        elif fault.name == "new subscriber":
            for topic, payload in self.exchange.retained.items():
                self.late.receive(topic, payload)
        else:
            await super().fault(fault)


class RealRig(ScenarioRig):
    """The bridge in real time, over mosquitto."""

    client: aiomqtt.Client
    port: int

    async def send(self, topic: str, payload: bytes, *, retain: bool) -> None:
        await self.client.publish(topic, payload, qos=1, retain=retain)

    async def fault(self, fault: Fault) -> None:
        if fault.name != "new subscriber":
            await super().fault(fault)
            return
        async with aiomqtt.Client("127.0.0.1", self.port) as newcomer:
            await newcomer.subscribe("treadmills/#", qos=1)
            try:
                async with asyncio.timeout(RETAINED_S):
                    async for heard in newcomer.messages:
                        if heard.retain:
                            self.late.receive(heard.topic.value, bytes(heard.payload))
            except TimeoutError:
                pass


def configuration(scenario: Scenario, host: str, port: int) -> Config:
    guard = dict(scenario.bridge.get("guard", {}))
    treadmill = {"id": "den", "allow_remote_start": True, **scenario.bridge.get("treadmill", {})}
    return Config.model_validate(
        {
            "mqtt": {"host": host, "port": port, "state_hz": 5},
            "guard": guard,
            "treadmills": [treadmill],
        }
    )


@asynccontextmanager
async def virtual_rig(
    scenario: Scenario,
    profile: Profile = STRICT,
    *,
    seed: int = 0,
    transcript: Transcript | None = None,
    history: History | None = None,
) -> AsyncIterator[VirtualRig]:
    """Level 0: to be entered in a loop of virtual time."""
    clock, exchange = LoopClock(), Exchange()
    transcript = transcript or Transcript(clock.now)
    messages = Messages(transcript)
    exchange.listeners.append(messages.receive)
    async with AsyncExitStack() as stack:
        stack.enter_context(exchange.in_place_of_a_network())
        simulation = await stack.enter_async_context(Simulation(profile=profile, seed=seed))
        daemon = _daemon(scenario, simulation, clock, "127.0.0.1", 1883, history=history)
        rig = VirtualRig(simulation, transcript, messages, daemon)
        rig.exchange = exchange
        await _run(stack, rig)
        yield rig


@asynccontextmanager
async def real_rig(
    scenario: Scenario, directory: Path, profile: Profile = STRICT, *, seed: int = 0
) -> AsyncIterator[RealRig]:
    """Level 1: with mosquitto, in real time."""
    clock = SystemClock()
    transcript = Transcript(asyncio.get_running_loop().time)
    messages = Messages(transcript)
    async with AsyncExitStack() as stack:
        broker = await stack.enter_async_context(mosquitto(directory))
        client = await stack.enter_async_context(aiomqtt.Client("127.0.0.1", broker.port))
        await client.subscribe("treadmills/#", qos=1)
        listening = asyncio.create_task(_listen(client, messages))
        stack.callback(listening.cancel)
        simulation = await stack.enter_async_context(Simulation(profile=profile, seed=seed))
        daemon = _daemon(scenario, simulation, clock, "127.0.0.1", broker.port)
        rig = RealRig(simulation, transcript, messages, daemon)
        rig.client, rig.port = client, broker.port
        await _run(stack, rig)
        yield rig


async def _listen(client: aiomqtt.Client, messages: Messages) -> None:
    async for heard in client.messages:
        messages.receive(heard.topic.value, bytes(heard.payload))


def _daemon(
    scenario: Scenario,
    simulation: Simulation,
    clock: Clock,
    host: str,
    port: int,
    *,
    history: History | None = None,
) -> Daemon:
    return Daemon(
        configuration(scenario, host, port),
        clock,
        history or History.blank(clock),
        radio=simulation.new_controller(),
    )


async def _run(stack: AsyncExitStack, rig: ScenarioRig) -> None:
    task = asyncio.create_task(rig.daemon.run())

    async def end() -> None:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), task.exception()

    stack.push_async_callback(end)


async def ready(rig: ScenarioRig) -> None:
    """The bridge has the broker and the machine."""
    await until(
        "the bridge has the broker and the machine",
        lambda: rig.daemon.broker.connected and rig.look("link.connected") is True,
        within=READY_S,
    )


async def play(scenario: Scenario, rig: ScenarioRig) -> None:
    """Play it, once the bridge has the broker and the machine."""
    await ready(rig)
    await Player(scenario, rig, rig.messages.transcript).play()
