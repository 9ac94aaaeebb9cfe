import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bridge.cli import common, main
from tests.rigs.brokers import Mosquitto

Invoke = Callable[..., Result]


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, logging_as_it_was: None) -> None:
    """No configuration and no history of this computer, and logging as it was."""
    monkeypatch.delenv("STATE_DIRECTORY", raising=False)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(common, "DEFAULT_PATH", tmp_path / "nowhere.toml")


@pytest.fixture
def invoke() -> Invoke:
    """Run `treadmill-bridge` with these arguments."""

    def run(*arguments: str, **env: str) -> Result:
        result = CliRunner().invoke(
            main, arguments, prog_name="treadmill-bridge", env=dict(env), terminal_width=100
        )
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    asyncio.run(broker.start())
    yield broker
    broker.end()


@pytest.fixture(scope="module")
def radio() -> Iterator[str]:
    """The radio that reaches a simulated treadmill in another process."""
    command = (sys.executable, "-m", "bridge", "simulate", "--port", "0")
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()
        process.stdout.read()
        assert process.wait(10) == 0


@pytest.fixture
def pad_radio() -> Iterator[str]:
    """The radio that reaches a simulated WalkingPad in another process."""
    command = (sys.executable, "-m", "bridge", "simulate", "--machine", "walkingpad")
    with subprocess.Popen((*command, "--port", "0"), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().split()[-1]
        process.terminate()
        assert "KingSmith WalkingPad" in process.stdout.read()
        assert process.wait(10) == 0


def without(
    module: str, *arguments: str, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `treadmill-bridge` where a module is not installed."""
    program = (
        f"import sys; sys.modules[{module!r}] = None; from bridge.cli import main;"
        " main(prog_name='treadmill-bridge')"
    )
    return subprocess.run(
        (sys.executable, "-c", program, *arguments),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env={**os.environ, **(env or {})},
    )
