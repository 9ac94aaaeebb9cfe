import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bridge.cli import common, main
from simulators.kingsmith.simulation import PadSimulation
from simulators.simulation import Simulation
from tests.rigs.brokers import Mosquitto

Invoke = Callable[..., Result]
GOOD = '[[treadmills]]\nid = "home"\n'
"""The least configuration."""
PUBLIC = '[mqtt]\nhost = "203.0.113.7"\nusername = "den"\npassword = "sesame"\n'
"""A broker to which the password would go in plain text over a public network."""


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
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, ())
        result = CliRunner().invoke(
            main, arguments, prog_name="treadmill-bridge", env=dict(env), terminal_width=100
        )
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)  # `run` that ends at once blocks SIGHUP
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def ended(result: Result, code: int, *said: str) -> Result:
    """Check a command's exit code and its output: on standard error, unless it succeeded."""
    assert result.exit_code == code, result.output
    stream = result.stderr if code else result.stdout
    assert [text for text in said if text not in stream] == [], stream
    return result


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Path of a test's configuration."""
    return tmp_path / "config.toml"


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    broker = Mosquitto(tmp_path)
    asyncio.run(broker.start())
    yield broker
    broker.end()


@pytest.fixture(scope="session")
def radio() -> Iterator[str]:
    """The radio that reaches a simulated treadmill, which lives in a thread of its own."""
    with _in_reach(partial(Simulation, tcp_port=0)) as radio:
        yield radio


@pytest.fixture(scope="session")
def pad_radio() -> Iterator[str]:
    """The radio that reaches a simulated WalkingPad, which lives in a thread of its own."""
    with _in_reach(partial(PadSimulation, tcp_port=0)) as radio:
        yield radio


@contextmanager
def _in_reach(make: Callable[[], Simulation | PadSimulation]) -> Iterator[str]:
    ready: Future[str] = Future()
    loop = asyncio.new_event_loop()
    over = asyncio.Event()

    async def live() -> None:
        async with make() as simulation:
            ready.set_result(f"tcp-client:127.0.0.1:{simulation.port}")
            await over.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(live(),))
    thread.start()
    yield ready.result(20)
    loop.call_soon_threadsafe(over.set)
    thread.join(20)
    loop.close()


@contextmanager
def beside(timeline: Callable[[], Coroutine[Any, Any, object]]) -> Iterator[None]:
    """Run a timeline in a thread of its own while a command runs in this one.

    The command must end by itself; what the timeline raises, is raised here.
    """
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, timeline())
        yield
        running.result(30)


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
