"""Commands for treadmills that no bridge serves, at a real broker."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from structlog.testing import capture_logs

from bridge.app import listening as listening_module
from bridge.app import strays
from bridge.app.strays import MOST, Strays
from bridge.config import Mqtt
from tests.e2e.bridge_rig import until
from tests.rigs.brokers import free_port, mosquitto

ECHO = "treadmill-bridge/echo/treadmills"


@pytest.fixture(autouse=True)
def without_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening_module, "LISTEN_S", 0.2)


@asynccontextmanager
async def listening(directory: Path) -> AsyncIterator[aiomqtt.Client]:
    """A listener for a bridge that serves `den`; yields another client of its broker."""
    async with mosquitto(directory) as broker, aiomqtt.Client("127.0.0.1", broker.port) as client:
        settings = Mqtt(host="127.0.0.1", port=broker.port)
        work = asyncio.create_task(Strays(settings, ["den"]).run())
        try:
            yield client
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)


async def first_word(client: aiomqtt.Client, logs: Sequence[object]) -> None:
    """Publish for an unknown id until the listener logs it."""
    while not logs:
        await client.publish("treadmills/hom/set/speed", "5")
        await asyncio.sleep(0.05)


async def test_command_for_an_unserved_treadmill_id_is_logged_once(tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with listening(tmp_path) as client, asyncio.timeout(15):
            await first_word(client, logs)
            await client.publish("treadmills/hom/set/speed", "6", qos=1)
            await client.publish("treadmills/den/set/speed", "6", qos=1)
            await client.publish("treadmills/a/b/set/speed", "6", qos=1)
            await client.publish("treadmills/last/set/belt", "stop", qos=1)
            await until("the last one", lambda: len(logs) > 1)
    assert [each["treadmill"] for each in logs] == ["hom", "last"]
    assert logs[0]["event"] == "command_for_unknown"
    assert "This bridge serves den." in str(logs[0]["text"])


async def test_treadmill_served_by_another_bridge_is_not_logged_as_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "FRESH_S", 0.0)
    over = asyncio.Event()

    async def other_bridge(client: aiomqtt.Client) -> None:
        while not over.is_set():  # Python 3.11 may lose a cancellation in `publish`
            await client.publish(ECHO, "someone 1 1764400000000 loft,attic", qos=1)
            await asyncio.sleep(0.05)

    with capture_logs() as logs:
        async with listening(tmp_path) as client, asyncio.timeout(15):
            await first_word(client, logs)
            other = asyncio.create_task(other_bridge(client))
            await client.publish("treadmills/attic/set/speed", "6", qos=1)
            await client.publish("treadmills/last/set/speed", "6", qos=1)
            await until("the last one", lambda: len(logs) > 1)
            over.set()
            await other
    assert [each["treadmill"] for each in logs] == ["hom", "last"]


async def test_flood_of_unknown_ids_is_logged_up_to_a_limit(tmp_path: Path) -> None:
    with capture_logs() as logs:
        async with listening(tmp_path) as client, asyncio.timeout(30):
            await first_word(client, logs)
            for number in range(2 * MOST):
                await client.publish(f"treadmills/{number}\u200b/set/speed", "6", qos=1)
            await until("all that fit", lambda: len(logs) == MOST)
    assert logs[1]["treadmill"] == "'0\\u200b'"


async def test_exception_in_the_stray_listener_is_logged_and_ends_no_task(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def fail(_: Strays) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Strays, "_listen", fail)
    with capture_logs() as logs:
        work = asyncio.create_task(Strays(Mqtt(), ["den"]).run())
        await until("the log", lambda: logs)
        assert not work.done()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert logs[0]["event"] == "strays_failed"


async def test_stray_listener_retries_an_unreachable_broker_silently(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(strays, "AGAIN_S", 0.05)
    with capture_logs() as logs:
        work = asyncio.create_task(Strays(Mqtt(host="127.0.0.1", port=free_port()), ["den"]).run())
        await asyncio.sleep(0.3)
        assert not work.done()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert logs == []
