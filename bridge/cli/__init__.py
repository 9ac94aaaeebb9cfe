"""The command `treadmill-bridge`: one module for each of its subcommands."""

from importlib import import_module
from typing import TYPE_CHECKING

import click

from bridge.cli.lean import hidden, without_collecting

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

NAME = "treadmill-bridge"

COMMANDS = {
    "demo": "simulator, broker and bridge in one; no hardware, no configuration",
    "init": "find treadmill and broker, try both, and write the configuration",
    "doctor": "find what stands in the way, and say what to do about it",
    "run": "the daemon: keep a treadmill connected to MQTT, within limits",
    "dashboard": "the web page: watch, command and stop a treadmill over any broker",
    "watch": "the live view of a treadmill, over any broker",
    "scan": "list the treadmills in reach, and what they can do",
    "check": "check a configuration; with --live also the broker and the machine",
    "workouts": "list, check and dry-run structured workouts",
    "plans": "plans over weeks: list, show, check, and how far each person has come",
    "simulate": "a treadmill of bytes and physics, for tests and for trying out",
    "record": "write what a treadmill sends into a capture, or import a Bluetooth log",
    "replay": "play a capture back as a treadmill on the virtual radio",
    "history": "list past sessions, show, sum up, report, export, import, back up",
    "forget": "clear what a treadmill left at the broker and in Home Assistant",
    "decode": "print what the bytes of a characteristic mean, as JSON",
    "install-service": "start the bridge with the computer (systemd)",
    "uninstall-service": "take that back",
    "completion": "print the line that turns on completion in your shell",
}


FOLDERS = {
    "machine": ("scan", "check", "decode", "record", "replay"),
    "setup": ("init", "doctor", "install-service", "uninstall-service", "forget"),
}
"""Commands whose modules stand in a folder of `bridge.cli`; all others stand in it directly."""


def _module_of(command: str) -> str:
    folder = next((f"{name}." for name, commands in FOLDERS.items() if command in commands), "")
    return f"bridge.cli.{folder}{command.replace('-', '_')}"


class _Commands(click.Group):
    """Loads a subcommand only when it is used: `decode` need not wait for Bluetooth."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's own
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,
        cmd_name: str,
    ) -> click.Command | None:
        if cmd_name not in COMMANDS:
            from difflib import get_close_matches  # noqa: PLC0415

            near = get_close_matches(cmd_name, COMMANDS, n=1, cutoff=0.5)
            if near and not ctx.resilient_parsing:
                ctx.fail(f"No such command {cmd_name!r}. Did you mean {near[0]}?")
            return None
        with without_collecting(), hidden("rich"):
            module = import_module(_module_of(cmd_name))
        command: click.Command = module.command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete the names without loading what they name."""
        from click.shell_completion import CompletionItem  # noqa: PLC0415

        names = [
            CompletionItem(name, help=text)
            for name, text in COMMANDS.items()
            if name.startswith(incomplete)
        ]
        return [*names, *click.Command.shell_complete(self, ctx, incomplete)]

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002
        formatter: click.HelpFormatter,
    ) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with: treadmill-bridge demo",
)
@click.version_option(None, "-V", "--version", package_name=NAME, prog_name=NAME)
def main() -> None:
    """Connect a Bluetooth treadmill (FTMS) to MQTT, and keep every command within safe limits.

    It is not a safety stop: it is powerless when Bluetooth drops. Use the safety key.
    """
