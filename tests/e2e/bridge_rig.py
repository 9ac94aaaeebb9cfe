"""The whole bridge in real time: mosquitto, daemon, simulated machine, and an MQTT client."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from bridge.app.daemon import Daemon
from bridge.clock import SystemClock
from bridge.config import Config
from bridge.history.history import History
from protocols.errors import DecodeError
from protocols.ftms.control_point import Request, SetTargetIncline, SetTargetSpeed, decode_request
from simulators.physics.spec import MachineSpec
from simulators.simulation import Simulation
from tests.rigs.brokers import Mosquitto, Subscriber, mosquitto, subscriber

BASE = "treadmills/den"
BRISK = MachineSpec(countdown=0.5, incline_rate=4.0)
"""A machine that tests do not wait for: what takes time here is the guard's own."""
FAST_RAMP: dict[str, object] = {"speed_ramp_kmh_per_s": 0.5, "incline_ramp_percent_per_s": 0.5}
"""The fastest that a configuration may ask for."""

_T = TypeVar("_T")


async def until(what: str, found: Callable[[], _T | None], within: float = 60.0) -> _T:
    """What `found` finds (not None, not empty), as soon as it does; else an error names it."""
    try:
        async with asyncio.timeout(within):
            while True:
                result = found()
                if result:
                    return result
                await asyncio.sleep(0.02)
    except TimeoutError:
        message = f"waited {within:g} s in vain for: {what}"
        raise AssertionError(message) from None


class Listener:
    """Reads what an `Subscriber` heard of one treadmill as the contract's JSON."""

    base: ClassVar[str] = BASE

    def __init__(self, heard: Subscriber) -> None:
        self.subscriber = heard

    async def send(self, kind: str, payload: object, *, retain: bool = False) -> None:
        """Publish a command: an object as JSON, anything else as it is."""
        text = payload if isinstance(payload, bytes) else _text(payload)
        await self.subscriber.client.publish(f"{self.base}/set/{kind}", text, qos=1, retain=retain)

    def all(self, topic: str) -> list[dict[str, Any]]:
        return [
            json.loads(message.payload) for message in self.subscriber.on(f"{self.base}/{topic}")
        ]

    def newest(self, topic: str) -> dict[str, Any]:
        """The newest payload of a topic; empty before the first."""
        messages = self.subscriber.on(f"{self.base}/{topic}")
        newest: dict[str, Any] = json.loads(messages[-1].payload) if messages else {}
        return newest

    def word(self, topic: str) -> str:
        """The newest plain text of a whole topic; empty before the first."""
        messages = self.subscriber.on(topic)
        return bytes(messages[-1].payload).decode() if messages else ""

    def events(self, kind: str) -> list[dict[str, Any]]:
        return [event for event in self.all("event") if event["type"] == kind]

    def outcomes(self, identity: str) -> list[dict[str, Any]]:
        return [outcome for outcome in self.all("outcome") if outcome["id"] == identity]

    async def outcome(self, identity: str, *results: str, within: float = 10.0) -> dict[str, Any]:
        """The first outcome of a command, or the first that is one of `results`."""

        def fitting() -> dict[str, Any] | None:
            said = self.outcomes(identity)
            return next((o for o in said if not results or o["outcome"] in results), None)

        return await until(f"outcome {results or 'any'} of {identity}", fitting, within)

    async def fitting(
        self, topic: str, what: str, fits: Callable[[dict[str, Any]], object], within: float
    ) -> dict[str, Any]:
        """The newest payload of a topic, once it fits."""

        def found() -> dict[str, Any] | None:
            newest = self.newest(topic)
            return newest if newest and fits(newest) else None

        return await until(f"{topic}: {what}", found, within)

    async def state(
        self, what: str, fits: Callable[[dict[str, Any]], object], within: float = 15.0
    ) -> dict[str, Any]:
        return await self.fitting("state", what, fits, within)

    async def guard(
        self, what: str, fits: Callable[[dict[str, Any]], object], within: float = 30.0
    ) -> dict[str, Any]:
        return await self.fitting("guard", what, fits, within)

    async def belt(self, *words: str, within: float = 15.0) -> dict[str, Any]:
        return await self.state(f"belt is {words}", lambda s: s["belt"] in words, within)

    async def online(self, within: float = 20.0) -> None:
        """Return once the bridge and this treadmill are online."""
        topics = ("treadmills/bridge/availability", f"{self.base}/availability")
        await until("online", lambda: all(self.word(each) == "online" for each in topics), within)

    async def runs(self, within: float = 20.0) -> None:
        """Start the belt, once the treadmill is there."""
        await self.online(within)
        await self.belt("idle", within=within)
        await self.send("belt", "start")
        await self.belt("running", within=within)

    async def reaches(self, kmh: float, identity: str, within: float = 20.0) -> None:
        """Request a speed, and wait until the belt has it."""
        await self.send("speed", {"value": kmh, "id": identity})
        await self.outcome(identity, "confirmed", within=within)


def _text(payload: object) -> str:
    return payload if isinstance(payload, str) else json.dumps(payload)


@dataclass(frozen=True, slots=True)
class Truth:
    """What the belt really did at a time (monotonic seconds)."""

    time: float
    speed_kmh: float
    incline_percent: float


@dataclass
class BridgeRig(Listener):
    """The whole bridge in this process, with mosquitto beside it."""

    subscriber: Subscriber
    broker: Mosquitto
    simulation: Simulation
    daemon: Daemon
    truths: list[Truth] = field(default_factory=list)

    @property
    def now(self) -> Truth:
        machine = self.simulation.machine
        return Truth(time.monotonic(), machine.true_speed_kmh, machine.true_incline_percent)

    @property
    def orders(self) -> list[Request]:
        """What was written to the control point, in its order."""
        return [order for _, value in self.simulation.written for order in _decoded(value)]

    @property
    def speeds_ordered(self) -> list[float]:
        return [o.speed / 100 for o in self.orders if isinstance(o, SetTargetSpeed)]

    @property
    def inclines_ordered(self) -> list[float]:
        return [o.incline / 10 for o in self.orders if isinstance(o, SetTargetIncline)]

    async def connected(self) -> None:
        await until(
            "the bridge has the broker and the machine",
            lambda: self.daemon.broker.connected and self.newest("link").get("connected"),
            within=20,
        )

    async def start(self) -> None:
        """Start the belt over MQTT, as a person would."""
        await self.connected()
        await self.belt("idle")
        await self.send("belt", {"command": "start", "id": "start"})
        await self.belt("running")

    async def watch(self) -> None:
        while True:
            self.truths.append(self.now)
            await asyncio.sleep(0.05)


def _decoded(value: bytes) -> Iterator[Request]:
    with suppress(DecodeError):
        yield decode_request(value)


def configuration(port: int, guard: dict[str, object], **treadmill: object) -> dict[str, object]:
    own = {"id": "den", "speed_unit": "kmh", "allow_remote_start": True, **treadmill}
    return {
        "mqtt": {"host": "127.0.0.1", "port": port, "state_hz": 5},
        "guard": guard,
        "treadmills": [own],
    }


@asynccontextmanager
async def bridge_rig(
    directory: Path,
    guard: dict[str, object] | None = None,
    *,
    spec: MachineSpec = BRISK,
    topic: str = "treadmills/#",
    **treadmill: object,
) -> AsyncIterator[BridgeRig]:
    """The bridge and its machine are up, and nobody was on the belt before.

    `topic`: what the listener subscribes to.
    """
    async with (
        mosquitto(directory) as broker,
        subscriber(broker.port, topic=topic) as heard,
        Simulation(spec, sample_interval=0.5) as simulation,
    ):
        config = Config.model_validate(
            configuration(broker.port, FAST_RAMP if guard is None else guard, **treadmill)
        )
        radio = simulation.new_controller()
        clock = SystemClock()
        daemon = Daemon(config, clock, History.blank(clock), radio=radio)
        rig = BridgeRig(heard, broker, simulation, daemon)
        tasks = [asyncio.create_task(daemon.run()), asyncio.create_task(rig.watch())]
        try:
            yield rig
            assert not tasks[0].done(), "the bridge ended by itself"
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def seconds(said: str) -> float:
    """A payload's time, in seconds."""
    return datetime.fromisoformat(said).timestamp()
