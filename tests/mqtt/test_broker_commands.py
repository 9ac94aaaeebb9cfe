"""Commands and their answers over the connection, against a real mosquitto."""

import json

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from structlog.testing import capture_logs

from bridge.mqtt import broker as broker_module
from bridge.values import Outcome, Result, Verb
from tests.mqtt.conftest import desk, on
from tests.rigs.brokers import Mosquitto, line, subscriber

SPEED = "treadmills/den/set/speed"
BELT = "treadmills/den/set/belt"
OUTCOME = "treadmills/den/outcome"


def reply_to(topic: str, correlation: bytes | None = None) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.ResponseTopic = topic
    if correlation is not None:
        properties.CorrelationData = correlation
    return properties


async def test_commands_arrive_in_order_with_their_content(
    broker_process: Mosquitto,
) -> None:
    async with desk(on(broker_process.port)) as here, subscriber(broker_process.port) as client:
        await client.client.publish(SPEED, '{"value": 8.2, "id": "a", "source": "zwift:x"}')
        await client.client.publish("treadmills/den/set/incline", "2.5")
        await client.client.publish("treadmills/other/set/speed", "9")
        await client.client.publish("treadmills/den/state", "9")
        await client.client.publish(BELT, "finish")
        await here.until(lambda: len(here.arrived) == 3)
        first, second, third = here.commands
        assert (first.verb, first.value, first.id, first.program) == (Verb.SPEED, 820, "a", True)
        assert (second.verb, second.value, second.program) == (Verb.INCLINE, 25, False)
        assert third.verb is Verb.FINISH
        assert len({first.id, second.id, third.id}) == 3
        assert not any(command.late for command in here.commands)


async def test_command_retained_while_the_bridge_is_connected_is_refused(
    broker_process: Mosquitto,
) -> None:
    async with (
        desk(on(broker_process.port), answering=True) as here,
        subscriber(broker_process.port) as client,
    ):
        await client.client.publish(SPEED, "3", retain=True, qos=1)
        outcome = json.loads((await client.receive(OUTCOME)).payload)
        assert outcome["outcome"] == "rejected"
        assert outcome["reasons"][0]["rule"] == "retained"
        assert here.commands == []


async def test_an_answer_goes_to_the_response_topic_with_its_correlation_data(
    broker_process: Mosquitto,
) -> None:
    async with desk(on(broker_process.port)) as here, subscriber(broker_process.port) as client:
        properties = reply_to("app/7/answers", b"\x00\x01")
        await client.client.publish(SPEED, '{"value": 3, "id": "a"}', properties=properties)
        await here.until(lambda: here.arrived)
        (command,) = here.commands
        for result in (Result.ACCEPTED, Result.CONFIRMED):
            here.broker.answer("den", Outcome(command, result, applied=300))
        await client.receive("app/7/answers", lambda m: b"confirmed" in m.payload)
        answers = client.on("app/7/answers")
        assert [json.loads(m.payload)["outcome"] for m in answers] == ["accepted", "confirmed"]
        correlations = [getattr(m.properties, "CorrelationData", None) for m in answers]
        assert correlations == [b"\x00\x01"] * 2
        assert [m.payload for m in client.on(OUTCOME)] == [m.payload for m in answers]


@pytest.mark.parametrize(
    "topic", ["treadmills/den/set/belt", "treadmills", "homeassistant/x", "$SYS/broker"]
)
async def test_answer_to_a_harmful_response_topic_is_not_sent(
    broker_process: Mosquitto, topic: str
) -> None:
    with capture_logs() as logs:
        async with desk(on(broker_process.port)) as here, subscriber(broker_process.port) as client:
            await client.client.publish(SPEED, "3", properties=reply_to(topic))
            await here.until(lambda: here.arrived)
            here.broker.answer("den", Outcome(here.commands[0], Result.ACCEPTED, applied=300))
            await client.receive(OUTCOME)
            assert client.on(topic) == []
    assert any(entry["event"] == "mqtt_response_topic_ignored" for entry in logs)


async def test_broker_is_late_while_the_newest_echo_is_older_than_three_seconds(
    broker_process: Mosquitto,
) -> None:
    async with desk(on(broker_process.port)) as here:
        late = [here.broker.late]
        here.clock.skipped += 3.1
        late.append(here.broker.late)
        assert late == [False, True]
        await here.until(lambda: not here.broker.late)


async def test_command_during_an_overdue_echo_is_marked_late(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "ECHO_S", 3600)
    async with desk(on(broker_process.port)) as here, subscriber(broker_process.port) as client:
        await client.client.publish(SPEED, "3")
        await here.until(lambda: len(here.arrived) == 1)
        here.clock.skipped += 3.1
        await client.client.publish(SPEED, "4")
        await here.until(lambda: len(here.arrived) == 2)
        assert [command.late for command in here.commands] == [False, True]


async def test_echo_of_another_client_is_ignored(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "ECHO_S", 3600)
    async with desk(on(broker_process.port)) as here, subscriber(broker_process.port) as client:
        here.clock.skipped += 3.1
        await client.client.publish(
            "treadmill-bridge/echo/treadmills", f"{here.broker.client_id} 99"
        )
        await client.client.publish(SPEED, "3")
        await here.until(lambda: here.arrived)
        assert here.broker.late


async def test_command_is_delivered_to_its_own_treadmill(broker_process: Mosquitto) -> None:
    async with (
        desk(on(broker_process.port, base_topic="home/gym"), "one", "two") as here,
        subscriber(broker_process.port) as client,
    ):
        await client.client.publish("home/gym/two/set/speed", "5")
        await client.client.publish("home/gym/one/set/speed", "4")
        await here.until(lambda: len(here.arrived) == 2)
        assert [item.treadmill for item in here.arrived] == ["two", "one"]


def expiring(seconds: int) -> Properties:
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.MessageExpiryInterval = seconds
    return properties


async def test_command_before_its_expiry_is_accepted(broker_process: Mosquitto) -> None:
    async with desk(on(broker_process.port)) as here, subscriber(broker_process.port) as client:
        await client.client.publish(SPEED, "5", qos=1, properties=expiring(60))
        await here.until(lambda: here.commands)
        assert here.commands[0].value == 500


async def test_command_that_expired_during_an_absence_is_not_delivered(
    broker_process: Mosquitto,
) -> None:
    async with (
        line(broker_process.port) as between,
        subscriber(broker_process.port) as client,
        desk(on(between.port)) as here,
    ):
        between.cut()
        await here.until(lambda: not here.broker.connected)
        await client.client.publish(SPEED, "5", qos=1, properties=expiring(1))
        await here.until(lambda: here.broker.connected)
        await client.client.publish(SPEED, "4", qos=1)
        await here.until(lambda: here.commands)
        assert [command.value for command in here.commands] == [400]
