"""The connection in both versions of MQTT, against a real mosquitto."""

import asyncio
import json
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiomqtt
import pytest

from bridge.config import Mqtt
from bridge.contract.parser import Refusal
from bridge.mqtt import client as client_module
from bridge.values import Outcome, Result, Verb
from tests.mqtt import conftest
from tests.mqtt.conftest import Desk, desk
from tests.rigs.brokers import Line, Mosquitto, Subscriber, line, subscriber

AVAILABILITY = "treadmills/bridge/availability"
SPEED, BELT = "treadmills/den/set/speed", "treadmills/den/set/belt"
EVENT, OUTCOME, STATE = "treadmills/den/event", "treadmills/den/outcome", "treadmills/den/state"
LINK = "treadmills/den/link"

V5, V311 = aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311


@pytest.fixture(params=[V5, V311], ids=["5", "3.1.1"])
def version(request: pytest.FixtureRequest) -> aiomqtt.ProtocolVersion:
    """MQTT version of both sides; mosquitto supports both."""
    spoken: aiomqtt.ProtocolVersion = request.param
    return spoken


def on(port: int, version: aiomqtt.ProtocolVersion) -> Mqtt:
    return conftest.on(port, version="5" if version is V5 else "3.1.1")


async def until_ready(here: Desk) -> None:
    """Commands are taken: the connection is there, and the echo not late."""
    await here.until(lambda: here.broker.connected and not here.broker.late)


@asynccontextmanager
async def through_a_line(
    broker: Mosquitto, version: aiomqtt.ProtocolVersion
) -> AsyncIterator[tuple[Subscriber, Line, Desk]]:
    """A client at the broker, and a bridge that reaches it by its own line."""
    async with (
        subscriber(broker.port, version) as listener,
        line(broker.port) as between,
        desk(on(between.port, version)) as here,
    ):
        yield listener, between, here


async def cut_off(here: Desk, between: Line) -> None:
    """The line breaks after all was well, and the bridge has noticed."""
    await until_ready(here)
    between.cut()
    await here.until(lambda: not here.broker.connected)


async def test_command_arrives_and_its_outcome_is_published(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion
) -> None:
    async with (
        desk(on(broker_process.port, version)) as here,
        subscriber(broker_process.port, version) as client,
    ):
        await until_ready(here)
        assert here.broker.protocol == ("5" if version is V5 else "3.1.1")
        await client.client.publish(SPEED, '{"value": 8.2, "id": "a"}', qos=1)
        await here.until(lambda: here.commands)
        (command,) = here.commands
        here.broker.answer("den", Outcome(command, Result.ACCEPTED, applied=820))
        answer = json.loads((await client.receive(OUTCOME)).payload)
        assert (answer["id"], answer["outcome"], answer["applied"]) == ("a", "accepted", 8.2)


async def test_a_retained_command_is_refused_at_each_connect(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion
) -> None:
    async with subscriber(broker_process.port, version) as client:
        await client.client.publish(BELT, "start", retain=True, qos=1)
        for _ in range(2):
            client.forget()
            async with desk(on(broker_process.port, version), answering=True) as here:
                outcome = json.loads((await client.receive(OUTCOME)).payload)
                assert outcome["outcome"] == "rejected"
                assert outcome["reasons"][0]["rule"] == "retained"
                assert here.commands == []


async def test_clearing_a_retained_command_causes_no_refusal(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion
) -> None:
    async with (
        desk(on(broker_process.port, version)) as here,
        subscriber(broker_process.port, version) as client,
    ):
        await until_ready(here)
        await client.client.publish(BELT, b"", retain=True, qos=1)
        await client.client.publish(SPEED, "3", qos=1)
        await here.until(lambda: here.commands)
        told = [one.content.command for one in here.arrived if isinstance(one.content, Refusal)]
        # MQTT 3.1.1 does not mark a retained message for a client that is already subscribed.
        assert told == ([] if version is V5 else ["belt"])


async def test_command_sent_while_the_bridge_was_away_is_not_carried_out_late(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion
) -> None:
    async with through_a_line(broker_process, version) as (client, between, here):
        await cut_off(here, between)
        await client.client.publish(SPEED, "9", qos=1)
        await client.client.publish(BELT, "start", qos=1)
        await until_ready(here)
        await client.client.publish(SPEED, "3", qos=1)
        await here.until(lambda: here.commands)
        # What came in the blink before the cut was noticed may have been lost; it is never late.
        assert [command.value for command in here.commands] == [300]


async def test_broker_that_was_killed_gets_every_message_after_its_return(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion
) -> None:
    async with desk(on(broker_process.port, version)) as here:
        await until_ready(here)
        here.broker.publish(STATE, b"old", retain=True)
        here.broker.publish(LINK, b"link", retain=True, qos=1)
        await asyncio.to_thread(broker_process.end, signal.SIGKILL)
        await here.until(lambda: not here.broker.connected)
        for number in range(40):
            here.broker.publish(EVENT, str(number).encode(), qos=1)
            here.broker.publish(STATE, f"newer {number}".encode(), retain=True)
        await broker_process.start()
        async with subscriber(broker_process.port, version) as listener:
            # The listener may be later than the bridge: then the retained are all that it hears.
            state = await listener.receive(STATE)
            assert state.payload == b"newer 39"
            await listener.receive(LINK)
            await listener.receive(AVAILABILITY, lambda m: m.payload == b"online")


async def test_each_waiting_event_arrives_once_and_in_order(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion
) -> None:
    async with through_a_line(broker_process, version) as (listener, between, here):
        await cut_off(here, between)
        words = [str(number).encode() for number in range(40)]
        for word in words:
            here.broker.publish(EVENT, word, qos=1)
        await listener.receive(EVENT, lambda m: m.payload == words[-1])
        assert [m.payload for m in listener.on(EVENT)] == words


async def test_half_open_connection_is_closed_without_loss_of_messages(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT_S", 0.5)
    async with through_a_line(broker_process, version) as (listener, between, here):
        await until_ready(here)
        between.silent = True
        words = [str(number).encode() for number in range(40)]
        for word in words:
            here.broker.publish(EVENT, word, qos=1)
        await here.until(lambda: not here.broker.connected)
        between.silent = False
        await listener.receive(EVENT, lambda m: m.payload == words[-1])
        assert list(dict.fromkeys(m.payload for m in listener.on(EVENT))) == words


async def test_broker_publishes_the_will_of_a_disconnected_bridge(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion
) -> None:
    async with through_a_line(broker_process, version) as (listener, between, here):
        await until_ready(here)
        listener.forget()
        between.cut()
        await listener.receive(AVAILABILITY, lambda m: m.payload == b"offline")
        await listener.receive(AVAILABILITY, lambda m: m.payload == b"online")


async def test_stop_of_200_kb_is_accepted(
    broker_process: Mosquitto, version: aiomqtt.ProtocolVersion
) -> None:
    async with (
        desk(on(broker_process.port, version)) as here,
        subscriber(broker_process.port, version, topic="nothing") as client,
    ):
        await client.client.publish(BELT, b'{"command": "stop", "' + b"x" * 200_000, qos=1)
        await here.until(lambda: here.commands)
        assert here.commands[0].verb is Verb.STOP
