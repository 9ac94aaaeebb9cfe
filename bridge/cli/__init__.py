"""The command `treadmill-bridge`, with one module per subcommand."""

import sys
from errno import ENOSPC
from importlib import import_module
from io import TextIOWrapper
from typing import TYPE_CHECKING, Any

import click

from bridge.cli.lean import hidden, interruptible, without_collecting

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

NAME = "treadmill-bridge"
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""

COMMANDS = {
    "demo": "try everything at once, without hardware or configuration",
    "init": "find the treadmill and the broker, and write the configuration",
    "doctor": "check this computer, and suggest a fix for each problem",
    "run": "run the daemon that connects a treadmill to MQTT",
    "dashboard": "serve the web page to watch and control a treadmill",
    "watch": "show a treadmill live in the terminal, over any broker",
    "scan": "list the treadmills in range and their features",
    "check": "validate a configuration; with --live also try broker and machine",
    "workouts": "list, check and dry-run structured workouts",
    "plans": "list, show and check training plans, and show each person's progress",
    "simulate": "run a simulated treadmill, for tests and for trying things out",
    "record": "record a treadmill's frames to a capture, or import a Bluetooth log",
    "replay": "play a capture back as a treadmill on the virtual radio",
    "history": "list, show, sum up, report, export, import and back up sessions",
    "forget": "remove a treadmill from the broker and from Home Assistant",
    "decode": "decode the bytes of a characteristic to JSON",
    "install-service": "start the bridge at boot (systemd)",
    "uninstall-service": "stop and remove the service",
    "completion": "print the line that enables completion in your shell",
}


FOLDERS = {
    "machine": ("scan", "check", "decode", "record", "replay"),
    "setup": ("init", "doctor", "install-service", "uninstall-service", "forget"),
}
"""Commands whose modules are in a subpackage of `bridge.cli`; all others are directly in it."""


def _module_of(command: str) -> str:
    folder = next((f"{name}." for name, commands in FOLDERS.items() if command in commands), "")
    return f"bridge.cli.{folder}{command.replace('-', '_')}"


def is_terminal() -> bool:
    """True if a person sees what goes to standard error."""
    return sys.stderr is not None and sys.stderr.isatty()


class _Commands(click.Group):
    """Group that imports a subcommand only when it is used: `decode` does not load Bluetooth."""

    def main(self, *args: Any, **options: Any) -> Any:
        """Run the command line; end with 1 and one line if the output's disk is full."""
        # A terminal of another encoding than UTF-8 shows "?" for what it lacks.
        if isinstance(sys.stdout, TextIOWrapper) and sys.stdout.encoding.lower() != "utf-8":
            sys.stdout.reconfigure(errors="replace")
        try:
            return super().main(*args, **options)
        except OSError as error:
            if error.errno != ENOSPC or error.filename is not None:
                raise
            click.echo(f"Error: the output cannot be written ({error.strerror}).", err=True)
            sys.stdout = None  # its buffer cannot be flushed at the exit either
            sys.exit(1)

    def invoke(self, ctx: click.Context) -> object:
        """Run the subcommand; Ctrl-C ends it with 130 and, on a terminal, begins a new line."""
        try:
            return super().invoke(ctx)
        except (KeyboardInterrupt, click.Abort) as error:
            # A prompt turns Ctrl-C, and the end of the input too, into an Abort.
            ended = error.__context__ if isinstance(error, click.Abort) else error
            if not isinstance(ended, KeyboardInterrupt):
                raise
            if is_terminal():
                click.echo(err=True)
            sys.exit(INTERRUPTED)

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - signature of click
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
        with interruptible(), without_collecting(), hidden("rich"):
            module = import_module(_module_of(cmd_name))
        command: click.Command = module.command
        return command

    def shell_complete(self, ctx: click.Context, incomplete: str) -> "list[CompletionItem]":
        """Complete subcommand names without importing their modules."""
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

    The bridge is not a safety stop: it cannot act when Bluetooth drops. Use the safety key.
    """
