"""One browser, and one bridge with a simulated treadmill, for all tests that need them.

The bridge is put back after each test: the belt stands, and no workout is chosen.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from bridge.history.store.file import NAME
from tests.dashboard.page.browser import PHONE, STATE, browser, is_live, open_page
from tests.dashboard.rig import Process, dashboard_process, demo_process, settings
from tests.history.years import fill
from tests.rigs.brokers import PATIENCE_S, Mosquitto, Subscriber, mosquitto, subscriber


@dataclass(frozen=True, slots=True)
class World:
    """Broker, bridge with its simulated treadmill, dashboard with 25 days of runs, and browser."""

    broker: Mosquitto
    process: Process
    chromium: Browser
    past: str

    async def put_back(self) -> None:
        """Stop the belt, and end what a test began."""
        async with subscriber(self.broker.port, topic="treadmills/demo/#") as listener:
            publish = listener.client.publish
            await publish("treadmills/demo/set/workout", json.dumps({"command": "end"}), qos=1)
            async with asyncio.timeout(PATIENCE_S):
                while True:
                    listener.forget()
                    await publish("treadmills/demo/set/belt", "stop", qos=1)
                    state = await listener.receive("treadmills/demo/state", lambda m: not m.retain)
                    if json.loads(bytes(state.payload))["belt"] == "idle":
                        return


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def chromium() -> AsyncIterator[Browser]:
    """A browser; each test opens pages in profiles of their own."""
    async with browser() as running:
        yield running


@asynccontextmanager
async def running(directory: Path, chromium: Browser, **more: Any) -> AsyncIterator[World]:
    """Run a world of its own; `more` is for the dashboard's settings."""
    past = directory / "past" / NAME
    fill(past, 25)
    async with (
        mosquitto(directory) as broker,
        demo_process(broker.port),
        dashboard_process(settings(broker.port, history=str(past), **more)) as process,
    ):
        yield World(broker, process, chromium, str(past))


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def _world(
    chromium: Browser, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[World]:
    async with running(tmp_path_factory.mktemp("world"), chromium) as world:
        yield world


@pytest_asyncio.fixture(loop_scope="package")
async def world(_world: World) -> AsyncIterator[World]:
    """The world that all tests share; the belt stands."""
    before = _world.chromium.contexts
    yield _world
    for context in _world.chromium.contexts:
        if context not in before:
            await context.close()
    await _world.put_back()


@pytest_asyncio.fixture(loop_scope="package")
async def fresh_world(chromium: Browser, tmp_path: Path) -> AsyncIterator[World]:
    """A world of the test's own, without any past session."""
    async with running(tmp_path, chromium) as world:
        yield world


@asynccontextmanager
async def speaking(listener: Subscriber, **more: object) -> AsyncIterator[None]:
    """Publish a running belt's state each half second, as an online bridge does."""
    state = json.dumps({**STATE, **more})

    async def speak() -> None:
        while True:
            await listener.client.publish("treadmills/den/state", state)
            await asyncio.sleep(0.5)

    for name in ("bridge", "den"):
        await listener.client.publish(f"treadmills/{name}/availability", "online", retain=True)
    task = asyncio.create_task(speak())
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest_asyncio.fixture(scope="package", loop_scope="package")
async def _spoken(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[tuple[int, Process]]:
    async with (
        mosquitto(tmp_path_factory.mktemp("spoken")) as broker,
        dashboard_process(settings(broker.port)) as process,
    ):
        yield broker.port, process


@pytest_asyncio.fixture(loop_scope="package")
async def spoken_for(
    chromium: Browser, _spoken: tuple[int, Process]
) -> AsyncIterator[tuple[Subscriber, Page]]:
    """A phone at a broker where the test publishes what a bridge would."""
    port, process = _spoken
    async with subscriber(port, topic="treadmills/den/set/#") as listener, speaking(listener):
        for topic in ("guard", "plan"):
            await listener.client.publish(f"treadmills/den/{topic}", b"", retain=True)
        page = await open_page(chromium, process.port, **PHONE)
        await is_live(page)
        yield listener, page
        await page.context.close()
