"""TLS, client certificates and passwords, and no password in plain text; with a real mosquitto."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.config import ConfigError, Mqtt
from bridge.mqtt import client as client_module
from bridge.mqtt import exposure
from bridge.mqtt.exposure import PlaintextPasswordError, check_password_stays_private, is_private
from tests.mqtt.conftest import _users, desk, on, trouble
from tests.rigs.brokers import Mosquitto, line, mosquitto
from tests.rigs.certificates import Authority, Certificate


@asynccontextmanager
async def tls_broker(
    directory: Path, authority: Authority, server: Certificate, *options: str
) -> AsyncIterator[Mosquitto]:
    tls = (f"certfile {server.certificate}", f"keyfile {server.key}", f"cafile {authority.path}")
    async with mosquitto(directory, *tls, *(options or ("allow_anonymous true",))) as broker:
        yield broker


class TestTls:
    @pytest.mark.parametrize(
        ("name", "more"),
        [("127.0.0.1", {}), ("broker.home.arpa", {"tls_server_name": "broker.home.arpa"})],
    )
    async def test_broker_signed_by_the_private_authority_is_trusted_by_its_name(
        self, tmp_path: Path, authority: Authority, name: str, more: dict[str, object]
    ) -> None:
        async with tls_broker(tmp_path, authority, authority.issue("broker", name)) as broker:
            settings = on(broker.port, tls=True, ca_file=authority.path, **more)
            async with desk(settings) as here:
                await here.until(lambda: not here.broker.late)
                assert here.broker.protocol == "5"

    @pytest.mark.parametrize(
        ("signer", "issued", "complaint"),
        [
            ("other", ("127.0.0.1", 0), ("certificate verify failed", "mqtt.ca_file")),
            ("own", ("broker.home.arpa", 0), ("", "certificate is not for 127.0.0.1")),
            ("own", ("broker.home.arpa", 0), ("", "mqtt.tls_server_name")),
            ("own", ("127.0.0.1", 30), ("expired", "clock")),
        ],
    )
    async def test_broker_with_an_unfit_certificate_is_not_trusted(
        self, tmp_path: Path, signer: str, issued: tuple[str, int], complaint: tuple[str, str]
    ) -> None:
        authority, other = Authority(tmp_path), Authority(tmp_path, "other")
        name, days_ago = issued
        signing = authority if signer == "own" else other
        server = signing.issue("broker", name, days_ago=days_ago)
        async with tls_broker(tmp_path, signing, server) as broker:
            entry = await trouble(on(broker.port, tls=True, ca_file=authority.path))
        reason, hint = complaint
        assert reason in entry["reason"]
        assert hint in entry["hint"]

    async def test_broker_without_tls_is_not_used_in_plain_text(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        async with mosquitto(tmp_path) as broker:
            entry = await trouble(on(broker.port, tls=True, ca_file=authority.path))
        assert "TLS" in entry["hint"]

    async def test_missing_tls_setting_is_reported(
        self, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(client_module, "TIMEOUT_S", 0.5)
        server = authority.issue("broker", "127.0.0.1")
        async with tls_broker(tmp_path, authority, server) as broker:
            entry = await trouble(on(broker.port))
        assert "mqtt.tls" in entry["hint"]


class TestClientCertificate:
    OPTIONS = ("require_certificate true", "use_identity_as_username true")

    def settings(self, broker: Mosquitto, authority: Authority, own: Certificate | None) -> Mqtt:
        files = {"cert_file": own.certificate, "key_file": own.key} if own else {}
        return on(broker.port, tls=True, ca_file=authority.path, **files)

    async def test_client_certificate_replaces_name_and_password(
        self, tmp_path: Path, authority: Authority
    ) -> None:
        server = authority.issue("broker", "127.0.0.1")
        async with tls_broker(tmp_path, authority, server, *self.OPTIONS) as broker:
            own = authority.issue("treadmill-bridge")
            async with desk(self.settings(broker, authority, own)) as here:
                assert here.broker.connected

    @pytest.mark.parametrize("signed", [False, True], ids=["missing", "of another authority"])
    async def test_unfit_client_certificate_is_refused_and_reported(
        self, tmp_path: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch, signed: bool
    ) -> None:
        monkeypatch.setattr(client_module, "TIMEOUT_S", 0.5)
        server = authority.issue("broker", "127.0.0.1")
        own = Authority(tmp_path, "other").issue("treadmill-bridge") if signed else None
        async with tls_broker(tmp_path, authority, server, *self.OPTIONS) as broker:
            entry = await trouble(self.settings(broker, authority, own))
        assert "if it requires a client certificate" in entry["hint"]

    async def test_unusable_certificate_file_is_an_error_that_names_it(
        self, tmp_path: Path
    ) -> None:
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
    async def test_credential_of_systemd_is_used_without_configuration(
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

    def test_configured_password_overrides_the_systemd_credential(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "mqtt-password").write_text("from systemd")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
        assert on(1, username="bridge", password="own").secret() == "own"
        assert on(1, username="bridge").secret() == "from systemd"
        assert on(1).secret() is None
        assert any("needs a user name" in warning for warning in on(1).warnings())

    def test_password_file_that_every_user_can_read_causes_a_warning(self, tmp_path: Path) -> None:
        path = tmp_path / "secret"
        path.write_text("x")
        path.chmod(0o644)
        settings = on(1, username="bridge", password_file=path)
        assert any("every user can read" in warning for warning in settings.warnings())
        path.chmod(0o640)
        assert settings.warnings() == []

    def test_directory_in_place_of_the_password_file_causes_one_warning(
        self, tmp_path: Path
    ) -> None:
        tmp_path.chmod(0o755)
        warnings = on(1, username="bridge", password_file=tmp_path).warnings()
        assert warnings == ["mqtt.password_file: cannot be read (Is a directory)."]


class TestPlaintext:
    @pytest.mark.parametrize(
        "address",
        [
            *("127.0.0.1", "127.8.9.1", "10.0.0.1", "172.16.0.1", "172.31.255.254"),
            *("192.168.1.2", "169.254.3.4", "::1", "fe80::1%eth0", "fd12:3456::1"),
            "::ffff:192.168.1.2",
        ],
    )
    def test_addresses_of_this_computer_and_private_networks_are_private(
        self, address: str
    ) -> None:
        assert is_private(address)

    @pytest.mark.parametrize(
        "address",
        [
            *("8.8.8.8", "172.15.0.1", "172.32.0.1", "192.169.0.1", "100.64.0.1", "11.0.0.1"),
            *("0.0.0.0", "224.0.0.1", "2001:db8::1", "::ffff:8.8.8.8", "::"),  # noqa: S104
        ],
    )
    def test_address_outside_private_networks_is_public(self, address: str) -> None:
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
    async def test_plain_password_to_a_public_address_needs_permission(
        self, changes: dict[str, object], allowed: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
        given = {"host": "203.0.113.7", "username": "me", "password": "mine", **changes}
        settings = Mqtt.model_validate(given)
        refused = pytest.raises(PlaintextPasswordError, match=r"mqtt\.tls = true")
        with nullcontext() if allowed else refused:
            await check_password_stays_private(settings)

    async def test_host_name_is_public_if_one_of_its_addresses_is(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def both(_: str) -> list[str]:
            return ["192.168.1.2", "203.0.113.7"]

        monkeypatch.setattr(exposure, "_look_up", both)
        settings = Mqtt(host="broker.example", username="me", password="mine")  # type: ignore[arg-type]
        with pytest.raises(PlaintextPasswordError, match=r"broker\.example \(203\.0\.113\.7\)"):
            await check_password_stays_private(settings)

    async def test_host_name_is_resolved_again_at_each_connect(
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


async def test_tls_handshake_names_the_server(tmp_path: Path) -> None:
    """SNI: by it one address may serve several names."""
    authority = Authority(tmp_path)
    server = authority.issue("broker", "broker.home.arpa")
    asked: list[str | None] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificate, server.key)
    context.sni_callback = lambda _socket, name, _context: asked.append(name)

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()  # a plain close would wait for the client's part of it

    listener = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    async with listener:
        port = listener.sockets[0].getsockname()[1]
        settings = on(port, tls=True, ca_file=authority.path, tls_server_name="broker.home.arpa")
        async with desk(settings, connected=False) as here:
            await here.until(lambda: asked)
    assert asked[0] == "broker.home.arpa"
