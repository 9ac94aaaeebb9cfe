"""Ctrl-C at any moment ends a command without a traceback; the shell gets 130."""

import asyncio
import signal
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from bridge.cli import main
from bridge.dashboard.launch import PROGRAM

INTERRUPTED = """
import os, signal, sys, importlib.abc
class Interrupt(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname, path, target=None):
        if fullname == {module!r}:
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Interrupt())
sys.argv = ["treadmill-bridge", {name!r}]
from bridge.__main__ import main
main()
"""
QUIET = (-signal.SIGINT, b"", b"")
"""Ended by the signal, which a shell shows as 130."""


def run(program: str) -> tuple[int, bytes, bytes]:
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True)
    return ended.returncode, ended.stdout, ended.stderr


@pytest.mark.parametrize(
    ("name", "module"),
    [
        *(("run", module) for module in ("bridge.cli", "click", "bridge.cli.lean", "bridge.clock")),
        *((name, "bridge.config") for name in ("run", "demo", "check")),
        ("--help", "bridge.cli"),
    ],
)
def test_ctrl_c_while_a_command_loads_ends_it_silently(name: str, module: str) -> None:
    assert run(INTERRUPTED.format(name=name, module=module)) == QUIET


def test_ctrl_c_before_the_page_server_starts_ends_the_command_silently() -> None:
    program = (
        "import os, signal\n"
        "from bridge.cli.dashboard import _become\n"
        "class Interrupted:\n"
        "    def encode(self):\n"
        "        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})\n"
        "        os.kill(os.getpid(), signal.SIGINT)\n"
        "        return '{}'\n"
        "_become(Interrupted())"
    )
    assert PROGRAM[-1] == "bridge.dashboard"
    assert run(program) == QUIET


def test_ignored_sigint_stays_ignored_after_start() -> None:
    """A shell starts background jobs of a script like this."""
    ignoring = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    code, _, errors = run(ignoring + INTERRUPTED.format(name="decode", module="bridge.cli"))
    assert (code, b"Usage" in errors) == (2, True)


def question() -> None:
    """Behaviour of click's prompt on Ctrl-C."""
    try:
        signal.raise_signal(signal.SIGINT)
    except KeyboardInterrupt:
        raise click.Abort from None


async def waiting() -> None:
    """Behaviour of `scan` while it listens."""
    asyncio.get_running_loop().call_soon(signal.raise_signal, signal.SIGINT)
    await asyncio.Event().wait()


@pytest.fixture
def interrupted(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> CliRunner:
    """A command line whose `check` ends as the parameter demands."""

    @click.command("check")
    def check() -> None:
        if request.param == "interrupt":
            raise KeyboardInterrupt
        if request.param == "question":
            question()
        if request.param == "event loop":
            asyncio.run(waiting())
        click.prompt("Name")

    monkeypatch.setattr("bridge.cli.machine.check.command", check)
    return CliRunner()


@pytest.mark.parametrize("interrupted", ["interrupt", "question", "event loop"], indirect=True)
def test_ctrl_c_during_a_command_exits_with_130(interrupted: CliRunner) -> None:
    result = interrupted.invoke(main, ["check"])
    assert (result.exit_code, result.output) == (130, "")


@pytest.mark.parametrize("interrupted", ["interrupt"], indirect=True)
def test_ctrl_c_on_a_terminal_begins_a_new_line(
    interrupted: CliRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bridge.cli.is_terminal", lambda: True)
    assert interrupted.invoke(main, ["check"]).stderr == "\n"


@pytest.mark.parametrize("interrupted", ["end of input"], indirect=True)
def test_end_of_input_at_a_question_exits_with_1(interrupted: CliRunner) -> None:
    result = interrupted.invoke(main, ["check"], input="")
    assert (result.exit_code, "Aborted" in result.output) == (1, True)
