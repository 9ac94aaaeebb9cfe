import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, MutableMapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bridge.config import Mqtt
from bridge.mqtt import broker as broker_module
from bridge.mqtt.broker import Broker
from bridge.mqtt.inbox import Incoming
from bridge.values import Command
from tests.rigs.brokers import PATIENCE_S, Mosquitto, amqtt, mosquitto
from tests.rigs.certificates import Authority


@pytest.fixture(autouse=True)
def connects_quickly(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten how long a bridge listens for others that serve the same treadmills."""
    if request.module.__name__ != "tests.mqtt.test_rivals":
        monkeypatch.setattr(broker_module, "LISTEN_S", 0.05)


@pytest.fixture
async def broker_process(tmp_path: Path) -> AsyncIterator[Mosquitto]:
    async with mosquitto(tmp_path) as process:
        yield process


@pytest.fixture
async def amqtt_port() -> AsyncIterator[int]:
    async with amqtt() as port:
        yield port


@dataclass
class SkippingClock:
    """This computer's clock, which a test may put forward."""

    skipped: float = 0.0

    def now(self) -> float:
        return time.monotonic() + self.skipped

    def utc(self) -> datetime:
        return datetime.now(UTC)


class Impatient(random.Random):
    """Makes the pauses before reconnecting short."""

    def uniform(self, a: float, b: float) -> float:
        return 0.05


@dataclass
class Desk:
    """A bridge's broker side, and what arrived there."""

    broker: Broker
    clock: SkippingClock
    stop: Callable[[], object]
    arrived: list[Incoming] = field(default_factory=list)

    @property
    def commands(self) -> list[Command]:
        return [item.content for item in self.arrived if isinstance(item.content, Command)]

    async def until(self, fits: Callable[[], object]) -> None:
        """Return once this holds."""
        async with asyncio.timeout(PATIENCE_S):
            while not fits():  # noqa: ASYNC110 - much of what is waited for has no event
                await asyncio.sleep(0.005)


@asynccontextmanager
async def desk(
    settings: Mqtt,
    *treadmills: str,
    answering: bool = False,
    listeners: dict[str, Callable[[bytes], None]] | None = None,
    connected: bool = True,
    backlog: Path | None = None,
    on_aside: Callable[[bool], None] | None = None,
) -> AsyncIterator[Desk]:
    def handle(incoming: Incoming) -> None:
        here.arrived.append(incoming)
        if answering and not isinstance(incoming.content, Command):
            here.broker.answer(incoming.treadmill, incoming.content)

    clock = SkippingClock()
    broker = Broker(
        settings,
        treadmills or ("den",),
        handle,
        clock,
        listeners=listeners,
        backlog=backlog,
        randomness=Impatient(),
        on_aside=on_aside,
    )
    task = asyncio.create_task(broker.run())
    here = Desk(broker, clock, task.cancel)
    try:
        if connected:
            async with asyncio.timeout(PATIENCE_S):
                await broker.wait_connected()
        yield here
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), task.exception()


def on(port: int, **settings: object) -> Mqtt:
    return Mqtt.model_validate({"host": "127.0.0.1", "port": port, **settings})


Entry = MutableMapping[str, Any]


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


async def trouble(settings: Mqtt) -> Entry:
    """Return the log's entries about a connection that fails."""
    with capture_logs() as logs:
        async with desk(settings, connected=False) as here:
            await here.until(lambda: [e for e in logs if e["event"] == "mqtt_trouble"])
            assert not here.broker.connected
    (first, *_) = [entry for entry in logs if entry["event"] == "mqtt_trouble"]
    assert first["log_level"] == "warning"
    assert "exc_info" not in first
    return first


async def _users(path: Path, **passwords: str) -> None:
    await asyncio.to_thread(path.touch, 0o600)
    for name, password in passwords.items():
        process = await asyncio.create_subprocess_exec(
            "mosquitto_passwd", "-b", str(path), name, password
        )
        assert await process.wait() == 0
