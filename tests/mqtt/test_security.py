"""To whom the bridge talks, and to whom it says its password; against a real mosquitto."""

import asyncio
import json
import signal
import ssl
from collections.abc import AsyncIterator, MutableMapping
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path
from typing import Any

import aiomqtt
import pytest
from structlog.testing import capture_logs

from bridge.app.forget import forget
from bridge.config import ConfigError, Mqtt
from bridge.contract.topics import Topics
from bridge.mqtt import broker as broker_module
from bridge.mqtt import client as client_module
from bridge.mqtt import exposure
from bridge.mqtt.exposure import (
    PlaintextPasswordError,
    check_password_stays_private,
    is_private,
)
from bridge.mqtt.own_messages import OVERDUE_S
from tests.mqtt.conftest import desk, on
from tests.rigs.brokers import Mosquitto, ear, line, mosquitto
from tests.rigs.certificates import Authority, Certificate

ACCESS_LIST = Path("docs/mosquitto/acl").absolute()
EXAMPLE = Path("docs/mosquitto/mosquitto.conf").read_text("utf-8")
Entry = MutableMapping[str, Any]
SPEED = "treadmills/den/set/speed"


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@asynccontextmanager
async def tls_broker(
    directory: Path, authority: Authority, server: Certificate, *options: str
) -> AsyncIterator[Mosquitto]:
    tls = (f"certfile {server.certificate}", f"keyfile {server.key}", f"cafile {authority.path}")
    async with mosquitto(directory, *tls, *(options or ("allow_anonymous true",))) as broker:
        yield broker


async def trouble(settings: Mqtt) -> Entry:
    """What the log says about a connection that does not come to be."""
    with capture_logs() as logs:
        async with desk(settings, connected=False) as here:
            await here.until(lambda: [e for e in logs if e["event"] == "mqtt_trouble"])
            assert not here.broker.connected
    (first, *_) = [entry for entry in logs if entry["event"] == "mqtt_trouble"]
    assert first["log_level"] == "warning"
    assert "exc_info" not in first
    return first


class TestTls:
    async def test_a_broker_signed_by_the_private_authority_is_trusted(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        server = authority.issue("broker", "127.0.0.1")
        async with tls_broker(tmp_path, authority, server) as broker:
            settings = on(broker.port, tls=True, ca_file=authority.path)
            async with desk(settings) as here:
                await here.until(lambda: not here.broker.late)
                assert here.broker.protocol == "5"

    async def test_one_signed_by_somebody_else_is_not(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        other = Authority(tmp_path, "other")
        server = other.issue("broker", "127.0.0.1")
        async with tls_broker(tmp_path, other, server) as broker:
            entry = await trouble(on(broker.port, tls=True, ca_file=authority.path))
        assert "certificate verify failed" in entry["reason"]
        assert "mqtt.ca_file" in entry["hint"]

    async def test_nor_one_with_another_name(self, tmp_path: Path, authority: Authority) -> None:
        server = authority.issue("broker", "broker.home.arpa")
        async with tls_broker(tmp_path, authority, server) as broker:
            entry = await trouble(on(broker.port, tls=True, ca_file=authority.path))
        assert "certificate is not for 127.0.0.1" in entry["hint"]
        assert "mqtt.tls_server_name" in entry["hint"]

    async def test_the_name_in_the_certificate_can_be_told(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        server = authority.issue("broker", "broker.home.arpa")
        async with tls_broker(tmp_path, authority, server) as broker:
            settings = on(
                broker.port, tls=True, ca_file=authority.path, tls_server_name="broker.home.arpa"
            )
            async with desk(settings) as here:
                assert here.broker.connected

    async def test_an_expired_certificate_is_called_expired(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        server = authority.issue("broker", "127.0.0.1", days_ago=30)
        async with tls_broker(tmp_path, authority, server) as broker:
            entry = await trouble(on(broker.port, tls=True, ca_file=authority.path))
        assert "expired" in entry["reason"]
        assert "clock" in entry["hint"]

    async def test_a_broker_without_tls_is_not_talked_to_in_plain(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        async with mosquitto(tmp_path) as broker:
            entry = await trouble(on(broker.port, tls=True, ca_file=authority.path))
        assert "TLS" in entry["hint"]

    async def test_who_forgets_tls_is_told_of_it(
        self, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "TIMEOUT_S", 0.5)
        server = authority.issue("broker", "127.0.0.1")
        async with tls_broker(tmp_path, authority, server) as broker:
            entry = await trouble(on(broker.port))
        assert "mqtt.tls" in entry["hint"]


class TestClientCertificate:
    OPTIONS = ("require_certificate true", "use_identity_as_username true")

    async def test_it_stands_for_name_and_password(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        server = authority.issue("broker", "127.0.0.1")
        own = authority.issue("treadmill-bridge")
        async with tls_broker(tmp_path, authority, server, *self.OPTIONS) as broker:
            settings = on(
                broker.port, tls=True, ca_file=authority.path,
                cert_file=own.certificate, key_file=own.key,
            )  # fmt: skip
            async with desk(settings) as here:
                assert here.broker.connected

    async def test_without_one_where_it_is_asked_for_the_bridge_says_so(
        self, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "TIMEOUT_S", 0.5)
        server = authority.issue("broker", "127.0.0.1")
        async with tls_broker(tmp_path, authority, server, *self.OPTIONS) as broker:
            entry = await trouble(on(broker.port, tls=True, ca_file=authority.path))
        assert "if it requires a client certificate" in entry["hint"]

    async def test_a_stranger_s_is_refused(
        self, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "TIMEOUT_S", 0.5)
        other = Authority(tmp_path, "other")
        server = authority.issue("broker", "127.0.0.1")
        own = other.issue("treadmill-bridge")
        async with tls_broker(tmp_path, authority, server, *self.OPTIONS) as broker:
            settings = on(
                broker.port, tls=True, ca_file=authority.path,
                cert_file=own.certificate, key_file=own.key,
            )  # fmt: skip
            entry = await trouble(settings)
        assert "if it requires a client certificate" in entry["hint"]

    async def test_files_that_cannot_be_used_are_named(self, tmp_path: Path) -> None:
        nonsense = tmp_path / "nonsense.crt"
        nonsense.write_text("no certificate")
        for settings, name in (
            (on(1, tls=True, ca_file=nonsense), "mqtt.ca_file"),
            (on(1, tls=True, ca_file=tmp_path / "missing"), "mqtt.ca_file"),
            (on(1, tls=True, cert_file=nonsense), "mqtt.cert_file"),
        ):
            with pytest.raises(ConfigError, match=name):
                settings.tls_context()


class TestPassword:
    async def test_the_credential_of_systemd_is_picked_up_by_itself(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await _users(tmp_path / "users", bridge="from systemd")
        credentials = tmp_path / "credentials"
        credentials.mkdir()
        (credentials / "mqtt-password").write_text("from systemd\n")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
        options = ("allow_anonymous false", f"password_file {tmp_path / 'users'}")
        async with mosquitto(tmp_path, *options) as broker:
            settings = on(broker.port, username="bridge")
            assert settings.has_password
            async with desk(settings) as here:
                assert here.broker.connected

    def test_a_configured_one_wins_over_the_credential(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "mqtt-password").write_text("from systemd")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        assert on(1, username="bridge", password="own").secret() == "own"
        assert on(1, username="bridge").secret() == "from systemd"
        assert on(1).secret() is None
        assert any("needs a user name" in warning for warning in on(1).warnings())

    def test_a_file_that_everybody_can_read_is_warned_of(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_text("x")
        path.chmod(0o644)
        settings = on(1, username="bridge", password_file=path)
        assert any("every user can read" in warning for warning in settings.warnings())
        path.chmod(0o640)
        assert settings.warnings() == []


class TestPlaintext:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "172.31.255.254"),
            *("192.168.1.2", "169.254.3.4", "::1", "fe80::1%eth0", "fd12:3456::1"),
            "::ffff:192.168.1.2",
        ],
    )
    def test_this_computer_and_private_networks_are_in_the_house(self, address: str) -> None:
        assert is_private(address)

    @pytest.mark.parametrize(
        "address",
        [
            *("8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.64.0.1", "11.0.0.1"),
            *("0.0.0.0", "224.0.0.1", "2001:db8::1", "::ffff:8.8.8.8", "::"),  # noqa: S104
        ],
    )
    def test_all_else_is_outside(self, address: str) -> None:
        assert not is_private(address)

    @pytest.mark.parametrize(
        ("changes", "allowed"),
        [
            ({}, False),
            ({"tls": True}, True),
            ({"allow_plaintext_password": True}, True),
            ({"password": None}, True),
            ({"host": "192.168.1.2"}, True),
            ({"host": "localhost"}, True),
            ({"host": "broker.local"}, True),
            ({"host": "nobody.invalid"}, True),
        ],
    )
    async def test_a_password_leaves_the_house_only_if_it_may(
        self, changes: dict[str, object], allowed: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
        given = {"host": "203.0.113.7", "username": "me", "password": "mine", **changes}
        settings = Mqtt.model_validate(given)
        refused = pytest.raises(PlaintextPasswordError, match=r"mqtt\.tls = true")
        with nullcontext() if allowed else refused:
            await check_password_stays_private(settings)

    async def test_a_name_counts_as_the_worst_of_its_addresses(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def both(_: str) -> list[str]:
            return ["192.168.1.2", "203.0.113.7"]

        monkeypatch.setattr(exposure, "_look_up", both)
        settings = Mqtt(host="broker.example", username="me", password="mine")  # type: ignore[arg-type]
        with pytest.raises(PlaintextPasswordError, match=r"broker\.example \(203\.0\.113\.7\)"):
            await check_password_stays_private(settings)

    async def test_it_is_looked_up_again_at_each_connect(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        addresses = ["203.0.113.7"]

        async def look_up(_: str) -> list[str]:
            return addresses

        monkeypatch.setattr(exposure, "_look_up", look_up)
        async with mosquitto(tmp_path) as broker, line(broker.port) as between:
            settings = on(between.port, username="me", password="mine")
            with capture_logs() as logs:
                async with desk(settings, connected=False) as here:
                    await here.until(lambda: any(e["event"] == "mqtt_trouble" for e in logs))
                    assert between.accepted == 0
                    addresses[:] = ["192.168.1.2"]
                    await here.until(lambda: here.broker.connected)
        assert "mine" not in str(logs)


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

    async def test_the_bridge_can_do_all_that_it_needs(self, guarded: Mosquitto) -> None:
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
                    await someone.hear(topic)
                for topic in (topics.event("den"), topics.outcome("den")):
                    here.broker.publish(topic, b"{}", qos=1)
                    await someone.hear(topic)
                here.broker.publish("homeassistant/device/den/config", b"{}", retain=True, qos=1)
                await someone.hear("homeassistant/device/den/config")
                await someone.client.publish("homeassistant/status", "online")
                await here.until(lambda: births and devices)
            assert "treadmills/den/state" in (await forget(settings, "den")).cleared
        assert [e for e in logs if e["log_level"] == "error"] == []

    @pytest.mark.parametrize("name", ["dashboard", "homeassistant"])
    async def test_who_may_command_does(self, guarded: Mosquitto, name: str) -> None:
        settings = on(guarded.port, username="treadmill-bridge", password="secret")
        async with desk(settings) as here, _person(guarded, name) as someone:
            await someone.client.publish(SPEED, "3", qos=1)
            await here.until(lambda: here.commands)

    async def test_who_may_only_watch_moves_nothing_and_speaks_for_nobody(
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
            assert not any(m.payload == b"12" for m in dashboard.heard)
            await display.hear("treadmills/bridge/availability")

    async def test_nobody_comes_in_without_a_name(self, guarded: Mosquitto) -> None:
        with pytest.raises(aiomqtt.MqttError):
            async with aiomqtt.Client("127.0.0.1", guarded.port):
                pass

    async def test_a_bridge_with_too_few_rights_says_what_it_lacks_and_does_not_fight(
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

    async def test_it_starts_and_encrypts_and_lets_nobody_in_without_a_name(
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


async def _users(path: Path, **passwords: str) -> None:
    await asyncio.to_thread(path.touch, 0o600)
    for name, password in passwords.items():
        process = await asyncio.create_subprocess_exec(
            "mosquitto_passwd", "-b", str(path), name, password
        )
        assert await process.wait() == 0


def _person(broker: Mosquitto, name: str) -> Any:
    return ear(broker.port, username=name, password="secret")


async def test_the_name_is_asked_for_in_the_handshake(tmp_path: Path) -> None:
    """SNI: by it one address may serve several names."""
    authority = Authority(tmp_path)
    server = authority.issue("broker", "broker.home.arpa")
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    listener = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        settings = on(port, tls=True, ca_file=authority.path, tls_server_name="broker.home.arpa")
        async with desk(settings, connected=False) as here:
            await here.until(lambda: asked)
    assert asked[0] == "broker.home.arpa"
