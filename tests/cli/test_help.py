"""What the command line teaches by itself, and that its manual leaves nothing out."""

import sys
from pathlib import Path

import click
import pytest

from bridge.cli import COMMANDS, main
from tests.cli.conftest import Invoke, without

MANUAL = (Path(__file__).parents[2] / "docs" / "cli.md").read_text("utf-8")


def subcommand(name: str) -> click.Command:
    found = main.get_command(click.Context(main), name)
    assert found is not None
    return found


def test_help_names_every_command_and_where_to_start(invoke: Invoke) -> None:
    result = invoke("--help")

    assert result.exit_code == 0
    assert [name for name in COMMANDS if f"  {name} " not in result.stdout] == []
    assert "Start with: treadmill-bridge demo" in result.stdout
    assert "not a safety stop" in result.stdout


def test_help_alone_loads_no_command(invoke: Invoke) -> None:
    result = without("bridge.cli.run", "--help")

    assert (result.returncode, result.stderr) == (0, "")


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_each_command_explains_itself(invoke: Invoke, name: str, flag: str) -> None:
    result = invoke(name, flag)

    assert result.exit_code == 0
    assert result.stdout.startswith(f"Usage: treadmill-bridge {name} ")


@pytest.mark.parametrize("name", COMMANDS)
def test_each_option_has_a_word_of_help(name: str) -> None:
    options = [p for p in subcommand(name).params if isinstance(p, click.Option)]

    assert [option.name for option in options if not option.help] == []


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_says_what_it_does(name: str) -> None:
    assert subcommand(name).help


def test_version(invoke: Invoke) -> None:
    result = invoke("--version")

    assert result.stdout.startswith("treadmill-bridge, version ")


def test_a_misspelt_command_is_named_rightly(invoke: Invoke) -> None:
    result = invoke("scann")

    assert result.exit_code == 2
    assert "No such command 'scann'. Did you mean scan?" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_each_command_ends_its_help_with_an_example(name: str) -> None:
    assert "treadmill-bridge" in (subcommand(name).epilog or "") or "mosquitto_pub" in (
        subcommand(name).epilog or ""
    )


def test_an_unknown_command_is_an_error(invoke: Invoke) -> None:
    result = invoke("juggle")

    assert result.exit_code == 2
    assert "No such command 'juggle'" in result.stderr


@pytest.mark.parametrize("name", COMMANDS)
def test_the_manual_has_a_chapter_for_each_command(name: str) -> None:
    assert f"\n## {name}\n" in MANUAL


@pytest.mark.parametrize("name", COMMANDS)
def test_the_manual_names_every_option(name: str) -> None:
    chapter = MANUAL.partition(f"\n## {name}\n")[2].partition("\n## ")[0]
    spellings = [word for param in subcommand(name).params for word in param.opts
                 if isinstance(param, click.Option)]  # fmt: skip

    assert [word for word in spellings if f"`{word}" not in chapter] == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_completion_prints_one_line_for_the_shell(invoke: Invoke, shell: str) -> None:
    result = invoke("completion", shell)

    (line,) = result.stdout.splitlines()
    assert f"_TREADMILL_BRIDGE_COMPLETE={shell}_source" in line


def test_an_unknown_shell_is_an_error(invoke: Invoke) -> None:
    assert invoke("completion", "tcsh").exit_code == 2


@pytest.mark.parametrize(
    ("typed", "completed"),
    [("treadmill-bridge si", "simulate"), ("treadmill-bridge simulate --re", "--ready-file")],
)
def test_what_it_turns_on_completes(invoke: Invoke, typed: str, completed: str) -> None:
    result = invoke(
        _TREADMILL_BRIDGE_COMPLETE="bash_complete",
        COMP_WORDS=typed,
        COMP_CWORD=str(typed.count(" ")),
    )

    assert result.stdout == f"plain,{completed}\n"


def test_the_names_of_commands_complete_without_loading_any() -> None:
    env = {"COMP_WORDS": "treadmill-bridge ", "COMP_CWORD": "1"}
    result = without("bleak", env={**env, "_TREADMILL_BRIDGE_COMPLETE": "bash_complete"})
    assert result.stdout.split() == [f"plain,{name}" for name in COMMANDS]


@pytest.mark.parametrize(
    ("module", "arguments", "says"),
    [
        ("bumble", ("simulate",), "simulate: the simulator needs its extra"),
        ("bumble", ("demo",), "demo: the demo needs its extra"),
        ("rich", ("demo",), "demo: the demo needs its extra"),
        ("amqtt", ("demo",), "demo: the demo's broker is not installed"),
        ("bumble", ("scan", "--radio", "usb:0"), "scan: the radio 'usb:0' needs bumble"),
        ("bumble", ("run", "--radio", "usb:0"), "run: the radio 'usb:0' needs bumble"),
    ],
)
def test_an_extra_that_is_missing_is_named_with_what_to_do(
    module: str, arguments: tuple[str, ...], says: str
) -> None:
    result = without(module, *arguments, env={"TREADMILL_BRIDGE__TREADMILLS__0__ID": "den"})

    assert result.returncode == 2
    (line,) = [line for line in result.stderr.splitlines() if "Listening" not in line]
    assert line.startswith(says)
    assert f"{sys.executable} -m pip install " in line
