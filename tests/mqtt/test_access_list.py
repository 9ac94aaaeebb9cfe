"""The access list and the example configuration of docs/mosquitto, in a real broker."""

import json
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from structlog.testing import capture_logs

from bridge.app.forget import forget
from bridge.contract.topics import Topics
from bridge.mqtt import broker as broker_module
from bridge.mqtt.own_messages import OVERDUE_S
from tests.mqtt.conftest import _users, desk, on, trouble
from tests.rigs.brokers import Mosquitto, line, mosquitto, subscriber
from tests.rigs.certificates import Authority

ACCESS_LIST = Path("docs/mosquitto/acl").absolute()


EXAMPLE = Path("docs/mosquitto/mosquitto.conf").read_text("utf-8")


SPEED = "treadmills/den/set/speed"


class TestAccessList:
    """`docs/mosquitto/acl`, as it is published."""

    @pytest.fixture
    async def guarded(self, tmp_path: Path) -> AsyncIterator[Mosquitto]:
        names = ("treadmill-bridge", "dashboard", "homeassistant", "display")
        await _users(tmp_path / "users", **dict.fromkeys(names, "secret"))
        options = (
            "allow_anonymous false",
            f"password_file {tmp_path / 'users'}",
            f"acl_file {ACCESS_LIST}",
        )
        async with mosquitto(tmp_path, *options) as broker:
            yield broker

    async def test_bridge_has_every_right_that_it_needs(self, guarded: Mosquitto) -> None:
        settings = on(guarded.port, username="treadmill-bridge", password="secret")
        births: list[bytes] = []
        devices: list[bytes] = []
        listeners = {
            "homeassistant/status": births.append,
            "homeassistant/device/den/config": devices.append,
        }
        with capture_logs() as logs:
            async with (
                desk(settings, listeners=listeners) as here,
                _person(guarded, "homeassistant") as someone,
            ):
                await here.until(lambda: not here.broker.late)
                topics = Topics()
                for name in ("availability", "state", "guard", "link", "session"):
                    topic = f"treadmills/den/{name}"
                    here.broker.publish(topic, b"{}", retain=True, qos=1)
                    await someone.receive(topic)
                for topic in (topics.event("den"), topics.outcome("den")):
                    here.broker.publish(topic, b"{}", qos=1)
                    await someone.receive(topic)
                here.broker.publish("homeassistant/device/den/config", b"{}", retain=True, qos=1)
                await someone.receive("homeassistant/device/den/config")
                await someone.client.publish("homeassistant/status", "online")
                await here.until(lambda: births and devices)
            assert "treadmills/den/state" in (await forget(settings, "den")).cleared
        assert [e for e in logs if e["log_level"] == "error"] == []

    @pytest.mark.parametrize("name", ["dashboard", "homeassistant"])
    async def test_user_with_the_right_to_command_can_command(
        self, guarded: Mosquitto, name: str
    ) -> None:
        settings = on(guarded.port, username="treadmill-bridge", password="secret")
        async with desk(settings) as here, _person(guarded, name) as someone:
            await someone.client.publish(SPEED, "3", qos=1)
            await here.until(lambda: here.commands)

    async def test_read_only_user_can_neither_command_nor_publish_for_others(
        self, guarded: Mosquitto
    ) -> None:
        settings = on(guarded.port, username="treadmill-bridge", password="secret")
        async with (
            desk(settings) as here,
            _person(guarded, "display") as display,
            _person(guarded, "dashboard") as dashboard,
        ):
            for topic in (
                *(SPEED, "treadmills/den/state", "treadmills/den/availability"),
                *("treadmill-bridge/echo/treadmills", "treadmills/bridge/availability"),
            ):
                await display.client.publish(topic, "12", qos=1, retain=True)
            await dashboard.client.publish(SPEED, "3", qos=1)
            await here.until(lambda: here.commands)
            assert [command.value for command in here.commands] == [300]
            assert not any(m.payload == b"12" for m in dashboard.received)
            await display.receive("treadmills/bridge/availability")

    async def test_anonymous_client_is_refused(self, guarded: Mosquitto) -> None:
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client("127.0.0.1", guarded.port):
                pass

    async def test_bridge_with_too_few_rights_reports_them_and_stays_connected(
        self, guarded: Mosquitto, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(broker_module, "ECHO_S", 0.05)
        async with line(guarded.port) as between:
            settings = on(between.port, username="display", password="secret")

            def refused() -> list[str]:
                return [e["topic"] for e in logs if e["event"] == "mqtt_publish_refused"]

            with capture_logs() as logs:
                async with desk(settings) as here:
                    for number in range(3):
                        payload = json.dumps(number).encode()
                        here.broker.publish("treadmills/den/event", payload, qos=1)
                    here.broker.publish("treadmills/den/availability", b"online", qos=1)
                    await here.until(lambda: any(e["event"] == "mqtt_echo_missing" for e in logs))
                    here.clock.skipped = OVERDUE_S
                    await here.until(lambda: len(refused()) == 2)
                    assert here.broker.connected
                    assert here.broker.late
            assert between.accepted == 2, "once to find the version, once to stay"
        assert refused() == ["treadmills/bridge/availability", "treadmills/den/availability"]
        assert all("docs/mosquitto/acl" in e["hint"] for e in logs if e["log_level"] == "error")


class TestExampleConfiguration:
    """`docs/mosquitto/mosquitto.conf`, with other paths and ports."""

    async def test_example_configuration_encrypts_and_refuses_anonymous_clients(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        server = authority.issue("broker", "127.0.0.1")
        await _users(tmp_path / "users", **{"treadmill-bridge": "secret"})
        text = EXAMPLE
        broker = Mosquitto(tmp_path)
        plain = broker.port
        encrypted = Mosquitto(tmp_path).port
        for old, new in {
            "listener 8883": f"listener {encrypted} 127.0.0.1",
            "listener 1883 127.0.0.1": f"listener {plain} 127.0.0.1",
            "/etc/mosquitto/certs/broker.crt": str(server.certificate),
            "/etc/mosquitto/certs/broker.key": str(server.key),
            "/etc/mosquitto/certs/ca.crt": str(authority.path),
            "/etc/mosquitto/passwd": str(tmp_path / "users"),
            "/etc/mosquitto/treadmills.acl": str(ACCESS_LIST),
        }.items():
            assert old in text
            text = text.replace(old, new)
        broker.whole = f"user root\n{text}"
        await broker.start()
        try:
            me: dict[str, object] = {"username": "treadmill-bridge", "password": "secret"}
            tls: dict[str, object] = {"tls": True, "ca_file": authority.path}
            for port, settings in ((encrypted, tls), (plain, {})):
                async with desk(on(port, **settings, **me)) as here:
                    await here.until(lambda here=here: not here.broker.late)  # type: ignore[misc]
                entry = await trouble(on(port, **settings))
                assert "mqtt.username" in entry["hint"]
        finally:
            broker.end(signal.SIGKILL)


def _person(broker: Mosquitto, name: str) -> Any:
    return subscriber(broker.port, username=name, password="secret")
