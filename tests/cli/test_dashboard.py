"""`dashboard`: refused options, the settings passed to the server process, and its run."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli import dashboard, main
from bridge.config import Config
from bridge.dashboard.launch import missing_extra, settings_of
from bridge.dashboard.settings import Settings
from bridge.extras import install_line
from bridge.history.store.file import NAME
from bridge.passwords import hash_password, is_hash, verify
from bridge.tls import TlsFileError
from tests.cli.conftest import Invoke, ended, without
from tests.rigs.brokers import PATIENCE_S, free_port, listening


@pytest.fixture
def became(monkeypatch: pytest.MonkeyPatch) -> list[Settings]:
    """The settings for the server process, which is not started."""
    told: list[Settings] = []
    monkeypatch.setattr(dashboard, "_become", told.append)
    return told


def test_dashboard_serves_only_this_computer_by_default(
    invoke: Invoke, became: list[Settings]
) -> None:
    ended(invoke("dashboard"), 0)
    (told,) = became
    assert (told.address, told.port, told.password_hash) == ("127.0.0.1", 8484, None)
    assert (told.broker.host, told.broker.port, told.base_topic) == (
        "localhost", 1883, "treadmills",
    )  # fmt: skip


def test_dashboard_flags_override_the_configuration(
    invoke: Invoke, became: list[Settings], file: Path
) -> None:
    hashed = hash_password("correct horse")
    file.write_text(
        f"""[mqtt]
host = "broker.lan"
[dashboard]
port = 9000
password_hash = "{hashed}"
hosts = ["treadmill.lan"]
[[people]]
name = "Ann"
[[shoes]]
name = "trail"
"""
    )

    invoke("dashboard", "-c", str(file), "--mqtt-port", "1884", "--address", "0.0.0.0")  # noqa: S104

    (told,) = became
    assert (told.broker.host, told.broker.port) == ("broker.lan", 1884)
    assert (told.address, told.port) == ("0.0.0.0", 9000)  # noqa: S104
    assert (told.people, told.shoes, told.hosts) == (("Ann",), ("trail",), ("treadmill.lan",))
    assert told.password_hash == hashed
    assert told.key_file == str(file.parent / "state/treadmill-bridge/dashboard.key")
    assert told.history == str(file.parent / "state/treadmill-bridge" / NAME)
    assert Settings.decode(told.encode()) == told


def test_dashboard_shows_the_configured_unit_unless_a_flag_names_another(
    invoke: Invoke, became: list[Settings], file: Path
) -> None:
    ended(invoke("dashboard"), 0)
    ended(invoke("dashboard", "--units", "mph"), 0)
    file.write_text('units = "mph"\n')
    ended(invoke("dashboard", "-c", str(file)), 0)
    ended(invoke("dashboard", "-c", str(file), "--units", "km/h"), 0)

    assert [told.units for told in became] == ["km/h", "mph", "mph", "km/h"]


def test_dashboard_reads_the_history_from_the_configured_directory(
    invoke: Invoke, became: list[Settings], file: Path
) -> None:
    file.write_text('[dashboard]\nhistory_dir = "/var/lib/treadmill-bridge"\n')

    invoke("dashboard", "-c", str(file))

    assert became[0].history == f"/var/lib/treadmill-bridge/{NAME}"


@pytest.mark.parametrize("address", ["localhost", "::1", "127.0.0.2"])
def test_dashboard_on_loopback_needs_no_password(
    invoke: Invoke, became: list[Settings], address: str
) -> None:
    assert invoke("dashboard", "--address", address).exit_code == 0
    assert became[0].address == address


def test_dashboard_refuses_an_invalid_hash_without_printing_it(invoke: Invoke, file: Path) -> None:
    file.write_text('[dashboard]\npassword_hash = "my secret"\n')

    result = ended(invoke("dashboard", "-c", str(file)), 2, "password_hash is not a hash")
    assert "my secret" not in result.stderr


def hash_password_of(line: str) -> Result:
    """Hash a password from standard input, which is no terminal."""
    return CliRunner().invoke(main, ("dashboard", "--hash-password"), input=line)


def test_password_hash_is_printed_as_configuration() -> None:
    result = hash_password_of("correct horse\n")

    section, line = result.stdout.splitlines()
    hashed = line.removeprefix('password_hash = "').removesuffix('"')
    assert section == "[dashboard]"
    assert is_hash(hashed)
    assert verify("correct horse", hashed)


def test_password_that_is_too_short_is_refused() -> None:
    ended(hash_password_of("short\n"), 2, "take a password of 8 to 1024 characters")


def test_password_is_asked_for_twice_on_a_terminal_once_it_can_be_used(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dashboard, "_is_terminal", lambda: True)

    result = ended(hash_password_of("short\ncorrect horse\ncorrect horse\n"), 0)

    asked, _, printed = result.stdout.partition("[dashboard]\n")
    assert "Error: take a password of 8 to 1024 characters" in asked
    assert asked.count("Repeat for confirmation") == 1
    assert verify("correct horse", printed.strip().removeprefix('password_hash = "')[:-1])


@pytest.mark.parametrize("module", ["starlette", "uvicorn"])
def test_dashboard_without_its_extra_exits_with_an_install_hint(
    module: str, monkeypatch: pytest.MonkeyPatch, invoke: Invoke
) -> None:
    hide(module, monkeypatch)
    assert install_line("dashboard") in (missing_extra(metrics=False) or "")
    ended(invoke("dashboard"), 2, install_line("dashboard"))


def test_dashboard_metrics_without_their_extra_exit_with_an_install_hint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hide("prometheus_client", monkeypatch)
    assert missing_extra(metrics=False) is None
    assert install_line("metrics") in (missing_extra(metrics=True) or "")


def hide(module: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a module be one that is not installed."""
    monkeypatch.setattr(
        "bridge.dashboard.launch.find_spec", lambda name: None if name == module else object()
    )


def test_dashboard_gets_the_credentials_of_the_broker(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mqtt-password").write_text("from systemd\n")
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(tmp_path))
    by_file = Config.model_validate({"mqtt": {"username": "dashboard"}})
    by_key = Config.model_validate({"mqtt": {"username": "dashboard", "password": "secret"}})

    assert settings_of(by_file, NAME).broker.secret() == "from systemd"
    assert settings_of(by_file, NAME).broker.has_password
    assert settings_of(by_key, NAME).broker.secret() == "secret"
    assert settings_of(Config(), NAME).broker.secret() is None
    assert not settings_of(Config(), NAME).broker.has_password


def test_dashboard_gets_the_tls_settings_of_the_broker(tmp_path: Path) -> None:
    plain = settings_of(Config(), NAME)
    secure = settings_of(Config.model_validate({"mqtt": {"tls": True}}), NAME)
    wrong = {"tls": True, "ca_file": str(tmp_path / "none.pem")}
    broken = settings_of(Config.model_validate({"mqtt": wrong}), NAME)

    assert plain.broker.tls_context() is None
    assert secure.broker.tls_context() is not None
    with pytest.raises(TlsFileError, match=r"mqtt\.ca_file"):
        broken.broker.tls_context()


async def test_dashboard_command_becomes_the_server_and_ends_cleanly(tmp_path: Path) -> None:
    environment = {**os.environ, "TREADMILL_BRIDGE__STATE_DIR": str(tmp_path)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bridge", "dashboard", "--port", str(port := free_port())),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        env=environment,
    )
    assert process.stdout is not None
    line = (await process.stdout.readline()).decode()
    process.send_signal(signal.SIGINT)
    await process.communicate()

    assert line == f"The dashboard is at http://127.0.0.1:{port}/\n"
    assert process.returncode == 0


@pytest.mark.parametrize("output", [">&-", ">/dev/full"])
async def test_dashboard_serves_without_an_output_for_its_address(
    tmp_path: Path, output: str
) -> None:
    line = f"exec {sys.executable} -m bridge dashboard --port {(port := free_port())} {output}"
    environment = {**os.environ, "TREADMILL_BRIDGE__STATE_DIR": str(tmp_path)}
    process = await asyncio.create_subprocess_shell(
        line, stderr=asyncio.subprocess.PIPE, env=environment
    )
    async with asyncio.timeout(PATIENCE_S):
        await listening(port)
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
        assert b" 200 " in await reader.readline()
    writer.close()
    process.send_signal(signal.SIGINT)
    _, errors = await process.communicate()

    assert b"Traceback" not in errors
    assert process.returncode == 0


def test_dashboard_server_loads_no_configuration_library() -> None:
    program = (
        "import sys, bridge.dashboard.web.server, bridge.dashboard.__main__;print(*sys.modules)"
    )
    result = subprocess.run(
        (sys.executable, "-c", program), capture_output=True, text=True, check=True, timeout=60
    )

    assert {"pydantic", "structlog", "bridge.config", "rich"} & set(result.stdout.split()) == set()


def test_dashboard_help_needs_no_extra() -> None:
    assert without("starlette", "dashboard", "--help").returncode == 0
