"""A command loads what it needs and no more. Each case has a process of its own."""

import subprocess
import sys

import pytest

LOADED = (
    "from bridge.cli import main; main.get_command(None, {name!r});import sys; print(*sys.modules)"
)
HEAVY = {"rich", "bumble", "simulators", "amqtt", "tomlkit", "uvicorn", "starlette", "xml.dom"}
"""Libraries that load slowly and that only other commands need."""


def loaded(program: str) -> set[str]:
    """The modules that a program leaves loaded."""
    printed = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True)
    return set(printed.stdout.decode().split())


def test_run_loads_nothing_that_only_other_commands_need() -> None:
    assert not HEAVY & loaded(LOADED.format(name="run"))


def test_help_loads_no_library_but_click() -> None:
    here = loaded("import bridge.cli, sys; print(*sys.modules)")

    assert "click" in here
    assert not {"structlog", "pydantic", "asyncio", "importlib.metadata"} & here


@pytest.mark.parametrize("name", ["watch", "demo"])
def test_rich_is_hidden_only_while_a_command_is_loaded(name: str) -> None:
    program = LOADED.format(name=name).replace("print", "import rich; print")

    assert "rich" in loaded(program)
