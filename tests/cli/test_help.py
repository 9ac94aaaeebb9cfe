"""The help of the command line, and the completeness of its manual."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from bridge.cli import COMMANDS, main
from tests.cli.conftest import Invoke, ended, without

MANUAL = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")


def subcommand(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


def test_help_names_every_command_and_where_to_start(invoke: Invoke) -> None:
    result = ended(invoke("--help"), 0)
    assert [name for name in COMMANDS if f"  {name} " not in result.stdout] == []
    assert "Start with: treadmill-bridge demo" in result.stdout
    assert "not a safety stop" in result.stdout


def test_help_without_a_command_loads_no_command_module(invoke: Invoke) -> None:
    result = without("bridge.cli.run", "--help")

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_each_command_begins_with_its_usage(invoke: Invoke, name: str) -> None:
    result = ended(invoke(name, "--help"), 0)
    assert result.stdout.startswith(f"Usage: treadmill-bridge {name} ")
    assert invoke(name, "-h").stdout == result.stdout


def every_command() -> Iterator[tuple[str, click.Command]]:
    """All commands by their names, those of a group included."""
    for name in COMMANDS:
        yield name, subcommand(name)
        if isinstance(group := subcommand(name), click.Group):
            yield from ((f"{name} {below}", each) for below, each in group.commands.items())


@pytest.mark.parametrize("command", [pytest.param(each, id=name) for name, each in every_command()])
def test_help_of_each_command_has_a_description_options_and_an_example(
    command: click.Command,
) -> None:
    options = [each for each in command.params if isinstance(each, click.Option)]
    assert command.help
    assert [option.name for option in options if not option.help] == []
    example = command.epilog or ""
    assert "treadmill-bridge" in example or "mosquitto_pub" in example


def test_version_flag_prints_the_version(invoke: Invoke) -> None:
    result = invoke("--version")

    assert result.stdout.startswith("treadmill-bridge, version ")


@pytest.mark.parametrize("name", COMMANDS)
def test_the_manual_has_a_chapter_for_each_command_that_names_every_option(name: str) -> None:
    _, found, rest = MANUAL.partition(f"\n## {name}\n")
    assert found
    chapter = rest.partition("\n## ")[0]
    spellings = [word for param in subcommand(name).params for word in param.opts
                 if isinstance(param, click.Option)]  # fmt: skip

    assert [word for word in spellings if f"`{word}" not in chapter] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_one_line_for_the_shell(invoke: Invoke, shell: str) -> None:
    result = invoke("completion", shell)

    (line,) = result.stdout.splitlines()
    assert f"_TREADMILL_BRIDGE_COMPLETE={shell}_source" in line


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("treadmill-bridge si", "simulate"), ("treadmill-bridge simulate --re", "--ready-file")],
)
def test_completion_completes_commands_and_options(
    invoke: Invoke, typed: str, completed: str
) -> None:
    result = invoke(
        _TREADMILL_BRIDGE_COMPLETE="bash_complete",
        COMP_WORDS=typed,
        COMP_CWORD=str(typed.count(" ")),
    )

    assert result.stdout == f"plain,{completed}\n"


def test_completion_of_command_names_loads_no_command() -> None:
    env = {"COMP_WORDS": "treadmill-bridge ", "COMP_CWORD": "1"}
    result = without("bleak", env={**env, "_TREADMILL_BRIDGE_COMPLETE": "bash_complete"})
    assert result.stdout.split() == [f"plain,{name}" for name in COMMANDS]


@pytest.mark.parametrize(
    ("module", "says"),
    [
        (
            "bumble",
            {
                "simulate": "simulate: the simulator needs its extra",
                "demo": "demo: the demo needs its extra",
                "scan --radio usb:0": "scan: the radio 'usb:0' needs bumble",
                "run --radio usb:0": "run: the radio 'usb:0' needs bumble",
            },
        ),
        ("rich", {"demo": "demo: the demo needs its extra"}),
        ("amqtt", {"demo": "demo: the demo's broker is not installed"}),
    ],
)
def test_missing_extra_is_named_with_its_install_command(module: str, says: dict[str, str]) -> None:
    program = (
        f"import json, sys; sys.modules[{module!r}] = None\n"
        "from click.testing import CliRunner\n"
        "from bridge.cli import main\n"
        "run = lambda line: CliRunner().invoke(main, line, prog_name='treadmill-bridge')\n"
        "results = [run(line) for line in sys.argv[1:]]\n"
        "print(json.dumps([[each.exit_code, each.stderr] for each in results]))"
    )
    printed = subprocess.run(
        (sys.executable, "-c", program, *says),
        check=True,
        stdout=subprocess.PIPE,
        env={**os.environ, "TREADMILL_BRIDGE__TREADMILLS__0__ID": "den"},
    ).stdout
    for (code, stderr), said in zip(json.loads(printed), says.values(), strict=True):
        assert code == 2
        (line,) = [line for line in stderr.splitlines() if "Listening" not in line]
        assert line.startswith(said)
        assert f"{sys.executable} -m pip install " in line
