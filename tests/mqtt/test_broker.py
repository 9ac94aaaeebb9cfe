"""The connection, against a real mosquitto."""

import asyncio
from pathlib import Path

import aiomqtt
import pytest
from structlog.testing import capture_logs

from bridge.mqtt import broker as broker_module
from bridge.mqtt import client as client_module
from bridge.mqtt.inbox import Incoming
from bridge.mqtt.outbox import CAPACITY
from bridge.mqtt.transport import Connection, MqttError
from tests.mqtt.conftest import desk, on
from tests.rigs.brokers import Mosquitto, free_port, line, mosquitto, subscriber

AVAILABILITY = "treadmills/bridge/availability"
SPEED = "treadmills/den/set/speed"
BELT = "treadmills/den/set/belt"
OUTCOME = "treadmills/den/outcome"


async def test_bridge_falls_back_to_mqtt_3_if_the_broker_knows_no_other(
    amqtt_port: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT_S", 1.0)  # amqtt does not answer MQTT 5
    older = aiomqtt.ProtocolVersion.V311
    async with subscriber(amqtt_port, older, topic="treadmills/#") as client:
        async with desk(on(amqtt_port), answering=True) as here:
            assert here.broker.protocol == "3.1.1"
            await client.receive(AVAILABILITY, lambda m: m.payload == b"online")
            await here.until(lambda: not here.broker.late)
            await client.client.publish(SPEED, "3", qos=1)
            await client.client.publish(SPEED, "fast", qos=1)
            await client.receive(OUTCOME)
            assert [command.value for command in here.commands] == [300]
        await client.receive(AVAILABILITY, lambda m: m.payload == b"offline")


@pytest.mark.parametrize("told", ["5", "3.1.1"])
async def test_configured_mqtt_version_is_used_without_a_search(
    broker_process: Mosquitto, told: str
) -> None:
    async with line(broker_process.port) as between:
        async with desk(on(between.port, version=told)) as here:
            assert here.broker.protocol == told
        assert between.accepted == 1


async def test_broker_that_ignores_mqtt_5_is_contacted_with_mqtt_3(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT_S", 0.5)
    async with line(broker_process.port) as between:
        between.unheard = float("inf")
        async with desk(on(between.port)) as here:
            assert here.broker.protocol == "3.1.1"
            before = between.accepted
            between.cut()
            await here.until(lambda: not here.broker.connected)
            await here.until(lambda: here.broker.connected)
            assert here.broker.protocol == "3.1.1"
            # Known by now: tried once in each version, and served.
            assert between.accepted == before + 2


async def test_broker_that_was_silent_for_a_while_is_contacted_with_mqtt_5_again(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does whose computer is overloaded. What only MQTT 5 has must not be lost over it."""
    monkeypatch.setattr(client_module, "TIMEOUT_S", 0.5)
    async with line(broker_process.port) as between, desk(on(between.port)) as here:
        assert here.broker.protocol == "5"
        between.unheard = 1
        between.cut()
        await here.until(lambda: not here.broker.connected)
        await here.until(lambda: here.broker.connected)
        assert here.broker.protocol == "5"


async def test_connection_to_a_silent_broker_is_abandoned_and_retried(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "TIMEOUT_S", 0.3)
    async with line(broker_process.port) as between:
        between.silent = True
        async with desk(on(between.port), connected=False) as here:
            await here.until(lambda: between.accepted >= 3)
            between.silent = False
            await here.until(lambda: here.broker.connected)
            assert here.broker.protocol == "5"


async def test_wrong_credentials_are_reported_once_and_retried(tmp_path: Path) -> None:
    users = tmp_path / "users"
    secret = tmp_path / "secret"
    users.touch()
    process = await asyncio.create_subprocess_exec(
        "mosquitto_passwd", "-b", str(users), "bridge", "right"
    )
    assert await process.wait() == 0
    secret.write_text("wrong\n")
    async with mosquitto(tmp_path, "allow_anonymous false", f"password_file {users}") as server:
        settings = on(server.port, username="bridge", password_file=secret)
        with capture_logs() as logs:
            async with desk(settings, connected=False) as here:
                await here.until(lambda: sum(e["event"] == "mqtt_trouble" for e in logs) >= 3)
                secret.write_text("right\n")
                await here.until(lambda: here.broker.connected)
        troubles = [entry for entry in logs if entry["event"] == "mqtt_trouble"]
        assert [entry["log_level"] for entry in troubles[:3]] == ["warning", "debug", "debug"]
        assert "mqtt.username" in troubles[0]["hint"]
        assert "wrong" not in str(logs)


async def test_bridge_waits_for_a_broker_that_starts_later(tmp_path: Path) -> None:
    server = Mosquitto(tmp_path, port=free_port())
    with capture_logs() as logs:
        async with desk(on(server.port), connected=False) as here:
            await here.until(lambda: any(e["event"] == "mqtt_trouble" for e in logs))
            await server.start()
            try:
                await here.until(lambda: here.broker.connected)
            finally:
                server.end()
    assert f"127.0.0.1:{server.port}" in logs[0]["hint"]


async def test_unreadable_password_file_is_reported_and_retried(
    broker_process: Mosquitto, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    settings = on(broker_process.port, username="bridge", password_file=secret)
    with capture_logs() as logs:
        async with desk(settings, connected=False) as here:
            await here.until(lambda: any(e["event"] == "mqtt_trouble" for e in logs))
            secret.write_text("whatever")
            await here.until(lambda: here.broker.connected)
    assert "mqtt.password_file" in logs[0]["reason"]


async def test_refused_subscription_is_reported_with_its_topic(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: object, **__: object) -> bool:
        return False

    monkeypatch.setattr(Connection, "subscribe", refuse)
    with capture_logs() as logs:
        async with desk(on(broker_process.port)):
            pass
    refused = [e["topic"] for e in logs if e["event"] == "mqtt_subscription_refused"]
    assert refused == [
        "treadmill-bridge/echo/treadmills",
        "treadmills/bridge/availability",
        "treadmills/den/availability",
        "treadmills/den/set/#",
    ]


async def test_exception_in_the_handler_keeps_the_connection_and_the_next_message(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with desk(on(broker_process.port)) as here, subscriber(broker_process.port) as client:
        seen: list[Incoming] = []

        def fail(incoming: Incoming) -> None:
            seen.append(incoming)
            message = "a bug"
            raise RuntimeError(message)

        monkeypatch.setattr(here.broker._delivery, "handler", fail)
        with capture_logs() as logs:
            await client.client.publish(SPEED, "3")
            await client.client.publish(BELT, "stop")
            await client.client.publish(SPEED, "4")
            await here.until(lambda: len(seen) == 3)
        assert here.broker.connected
        assert [entry["event"] for entry in logs].count("mqtt_handler_failed") == 3


async def test_listener_receives_its_topic_and_retained_messages_can_be_resent(
    broker_process: Mosquitto,
) -> None:
    births: list[bytes] = []
    listeners = {"homeassistant/status": births.append}
    async with (
        desk(on(broker_process.port), listeners=listeners) as here,
        subscriber(broker_process.port) as client,
    ):
        here.broker.publish("homeassistant/device/den/config", b"{}", retain=True, qos=1)
        await client.receive("homeassistant/device/den/config")
        await client.client.publish("homeassistant/status", "online")
        await here.until(lambda: births == [b"online"])
        client.forget()
        here.broker.republish()
        await client.receive("homeassistant/device/den/config")


async def test_messages_in_flight_at_the_end_are_sent_exactly_once(
    broker_process: Mosquitto,
) -> None:
    topics = [f"treadmills/den/{kind}" for kind in ("link", "availability", "event", "guard")]
    async with subscriber(broker_process.port) as listener:
        async with desk(on(broker_process.port)) as here:
            for topic in topics:
                retain = not topic.endswith("event")
                here.broker.publish(topic, b"last", retain=retain, qos=1)
            await asyncio.sleep(0)  # the sender has them, and no acknowledgement yet
        await listener.receive(AVAILABILITY, lambda m: m.payload == b"offline")
        assert [len(listener.on(topic)) for topic in topics] == [1, 1, 1, 1]


async def test_broker_lost_during_the_end_does_not_delay_it(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(broker_module, "GOODBYE_S", 0.2)
    with capture_logs() as logs:
        async with line(broker_process.port) as between, desk(on(between.port)) as here:
            between.silent = True
            here.broker.publish("treadmills/den/event", b"unheard", qos=1)
    assert {"mqtt_unsent", "mqtt_goodbye_failed"} <= {entry["event"] for entry in logs}


async def test_message_that_can_never_be_sent_does_not_block_others(
    broker_process: Mosquitto,
) -> None:
    async with subscriber(broker_process.port) as listener, desk(on(broker_process.port)) as here:
        with capture_logs() as logs:
            here.broker.publish("treadmills/#", b"no topic")
            here.broker.publish("treadmills/den/event", b"next", qos=1)
            await listener.receive("treadmills/den/event")
    assert [e["topic"] for e in logs if e["event"] == "mqtt_unsendable"] == ["treadmills/#"]


async def test_dropped_messages_are_reported(broker_process: Mosquitto) -> None:
    with capture_logs() as logs:
        async with (
            subscriber(broker_process.port) as listener,
            desk(on(broker_process.port)) as here,
        ):
            for number in range(CAPACITY + 44):
                here.broker.publish("treadmills/den/event", str(number).encode(), qos=1)
            last = str(CAPACITY + 43).encode()
            await listener.receive("treadmills/den/event", lambda m: m.payload == last)
    assert [e["count"] for e in logs if e["event"] == "mqtt_dropped"] == [44]


async def test_bridge_backs_off_after_its_client_id_was_taken_over(
    broker_process: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lose_it(_: object) -> None:
        # Debian's mosquitto closes the connection silently; other brokers send a reason, like this.
        monkeypatch.undo()
        message = "Disconnected during message iteration"
        raise MqttError(message, code=142)

    monkeypatch.setattr(Connection, "until_lost", lose_it)
    with capture_logs() as logs:
        async with desk(on(broker_process.port), connected=False) as here:
            await here.until(lambda: here.broker.connected)
            assert here.broker._identity != here.broker.client_id
    told = [entry for entry in logs if entry["event"] == "mqtt_trouble"]
    assert [entry["hint"] for entry in told] == [
        "another client connected with the bridge's client id; the bridge uses a new one"
    ]
