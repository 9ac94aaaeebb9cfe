"""`treadmill-bridge forget`: nothing of a treadmill stays at the broker, and nothing else goes."""

import asyncio
import json
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import aiomqtt
import pytest

from bridge.app import listening
from bridge.mqtt.backlog import Backlog
from bridge.mqtt.outbox import Outbox, Outgoing
from tests.cli.conftest import Invoke, ended
from tests.mqtt.conftest import desk, on
from tests.rigs.brokers import Mosquitto, subscriber
from tests.rigs.brokers import mosquitto as mosquitto_broker

DISCOVERY = "homeassistant/device/old/config"
OURS = json.dumps({"o": {"name": "treadmill-bridge"}})
LEFT = {
    "treadmills/old/state": "{}",
    "treadmills/old/availability": "offline",
    "treadmills/old/session": "{}",
    "treadmills/old/set/speed": "3",
    "treadmills/older/state": "{}",
    "treadmills/bridge/availability": "online",
    DISCOVERY: OURS,
}


@pytest.fixture(autouse=True)
def _brisk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listening, "LISTEN_S", 0.5)


def put(broker: Mosquitto, messages: Mapping[str, str]) -> None:
    async def publish() -> None:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            for topic, payload in messages.items():
                await client.publish(topic, payload, qos=1, retain=True)

    asyncio.run(publish())


def lying(broker: Mosquitto) -> set[str]:
    """The topics that still lie retained there."""

    async def look() -> set[str]:
        async with subscriber(broker.port) as listener:
            await listener.client.publish("the/end", b"", qos=1)
            await listener.receive("the/end")
            return {message.topic.value for message in listener.received if message.retain}

    return asyncio.run(look())


def options(broker: Mosquitto) -> dict[str, str]:
    prefix = "TREADMILL_BRIDGE__MQTT__"
    return {f"{prefix}HOST": "127.0.0.1", f"{prefix}PORT": str(broker.port)}


def test_forget_clears_all_retained_topics_of_a_treadmill(
    invoke: Invoke, mosquitto: Mosquitto
) -> None:
    put(mosquitto, LEFT)
    result = ended(invoke("forget", "old", **options(mosquitto)), 0)
    assert result.stdout.splitlines() == [
        f"cleared: {DISCOVERY}",
        "cleared: treadmills/old/availability",
        "cleared: treadmills/old/session",
        "cleared: treadmills/old/set/speed",
        "cleared: treadmills/old/state",
    ]
    assert lying(mosquitto) == {"treadmills/older/state", "treadmills/bridge/availability"}

    again = ended(invoke("forget", "old", **options(mosquitto)), 0)
    assert again.stdout.startswith("127.0.0.1:")


def test_forget_deletes_messages_that_wait_in_the_outbox(
    invoke: Invoke, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    outbox, path = Outbox(), tmp_path / "state" / "treadmill-bridge" / "outbox.sqlite3"
    for topic in ("old/session", "older/session", "old_session"):
        outbox.put(Outgoing(f"treadmills/{topic}", b"{}", 1, retain=True, each=True))
    outbox.put(Outgoing("treadmills/old/event", b"{}", 1))
    asyncio.run(Backlog(path).close(outbox))

    result = ended(invoke("forget", "old", **options(mosquitto)), 0)
    assert result.stdout == "deleted before it was published: treadmills/old/session\n"
    with closing(sqlite3.connect(path)) as connection:
        left = [topic for (topic,) in connection.execute("SELECT topic FROM outbox ORDER BY place")]
    assert left == ["treadmills/older/session", "treadmills/old_session", "treadmills/old/event"]


def test_forget_reports_a_broken_outbox(
    invoke: Invoke, mosquitto: Mosquitto, tmp_path: Path
) -> None:
    put(mosquitto, {"treadmills/old/state": "{}"})
    path = tmp_path / "state" / "treadmill-bridge" / "outbox.sqlite3"
    path.parent.mkdir(parents=True)
    path.write_bytes(b"no database, however long it is looked at" * 10)
    result = ended(invoke("forget", "old", **options(mosquitto)), 1)
    assert "cleared: treadmills/old/state" in result.stdout
    assert "may bring a topic back" in result.stderr
    assert path.exists()


def test_forget_clears_a_discovery_message_with_long_keys(
    invoke: Invoke, mosquitto: Mosquitto
) -> None:
    put(mosquitto, {DISCOVERY: '{"origin": {"name": "treadmill-bridge"}}'})
    assert invoke("forget", "old", **options(mosquitto)).stdout == f"cleared: {DISCOVERY}\n"
    assert lying(mosquitto) == set()


@pytest.mark.parametrize("foreign", ["?", '{"o": {"name": "zigbee2mqtt"}}'])
def test_forget_keeps_a_discovery_message_of_other_software(
    invoke: Invoke, mosquitto: Mosquitto, foreign: str
) -> None:
    put(mosquitto, {DISCOVERY: foreign, "treadmills/old/state": "{}"})
    result = invoke("forget", "old", **options(mosquitto))
    assert f"kept, because other software published it: {DISCOVERY}" in result.stdout
    assert lying(mosquitto) == {DISCOVERY}


async def test_forget_beside_a_running_bridge_needs_force(
    invoke: Invoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listening, "LISTEN_S", 2.0)
    async with mosquitto_broker(tmp_path) as broker, desk(on(broker.port), "old") as here:
        here.broker.publish("treadmills/old/state", b"{}", retain=True)
        async with subscriber(broker.port) as listener:
            await listener.receive("treadmills/old/state")
            result = await asyncio.to_thread(invoke, "forget", "old", **options(broker))
            assert result.exit_code == 1
            assert "a bridge is running for old" in result.stderr
            assert "--force" in result.stderr
            listener.forget()

            forced = await asyncio.to_thread(invoke, "forget", "old", "--force", **options(broker))
            assert forced.stdout == "cleared: treadmills/old/state\n"
            await listener.receive("treadmills/old/state", lambda m: m.payload == b"")


def test_forget_with_an_unreachable_broker_suggests_a_check_of_it(invoke: Invoke) -> None:
    result = invoke("forget", "old", TREADMILL_BRIDGE__MQTT__PORT="9")
    assert result.exit_code == 1
    assert "check that the broker runs" in result.stderr
