"""A faulty program floods the bridge with commands; a person stops the belt."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiomqtt
import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from protocols.ftms.control_point import SetTargetSpeed, StopKind, StopOrPause
from tests.e2e.bridge_rig import BASE, BridgeRig, bridge_rig, until
from tests.rigs.brokers import PATIENCE_S

pytestmark = pytest.mark.unmeasured

FLOOD_PER_S = 400
"""Forty times what the bridge accepts."""
ANSWERS = "somebody/answers"


@asynccontextmanager
async def flood(port: int, per_s: int) -> AsyncIterator[None]:
    program = (sys.executable, "-m", "tests.e2e.flooder", str(port), str(per_s))
    process = await asyncio.create_subprocess_exec(*program)
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def test_stop_in_a_flood_is_first_and_no_later_command_moves_the_belt(tmp_path: Path) -> None:
    # The listener shares this process with the bridge, and does not listen to the flood as well.
    async with (
        bridge_rig(tmp_path, topic=f"{BASE}/+") as rig,
        person(rig.broker.port) as client,
    ):
        await rig.start()
        async with flood(rig.broker.port, FLOOD_PER_S):
            await until(
                "it is too much", lambda: _hears(rig, "outcome", b"Too many commands"), PATIENCE_S
            )
            asked = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
            asked.ResponseTopic = ANSWERS
            await client.publish(f"{BASE}/set/belt", "stop", qos=1, properties=asked)
            async with asyncio.timeout(PATIENCE_S):
                outcomes = [json.loads((await anext(client.messages)).payload) for _ in range(2)]
            assert [outcome["outcome"] for outcome in outcomes] == ["accepted", "confirmed"]
            assert rig.now.speed_kmh == 0
            await until("the state goes on", lambda: _hears(rig, "state", b""), PATIENCE_S)

        state = await rig.belt("idle")
        assert state["target_speed_kmh"] is None
        stop = rig.orders.index(StopOrPause(StopKind.STOP))
        assert not any(isinstance(order, SetTargetSpeed) for order in rig.orders[stop:])


@asynccontextmanager
async def person(port: int) -> AsyncIterator[aiomqtt.Client]:
    """A person's client, which receives the outcomes of its own commands only."""
    async with aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V5) as client:
        await client.subscribe(ANSWERS, qos=1)
        yield client


def _hears(rig: BridgeRig, topic: str, words: bytes) -> bool:
    """True if one of the messages since the last call contains these bytes."""
    news = rig.subscriber.on(f"{BASE}/{topic}")
    rig.subscriber.forget()
    return any(words in message.payload for message in news)
