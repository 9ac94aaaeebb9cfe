"""What the subcommands share."""

import asyncio
import signal
import sys
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click

from bridge.config import DEFAULT_PATH, Config, ConfigError, load

_F = TypeVar("_F")

config_option = click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="TREADMILL_BRIDGE_CONFIG",
    help=f"The configuration file. [default: {DEFAULT_PATH}, where it exists]",
)
radio_option = click.option(
    "--radio",
    metavar="RADIO",
    help="'system', or a bumble transport such as tcp-client:127.0.0.1:7300 or usb:0.",
)


def fail(message: str) -> NoReturn:
    """End with 2 and what to do on standard error."""
    command = click.get_current_context().info_name
    click.echo(f"{command}: {message}", err=True)
    sys.exit(2)


def load_or_fail(path: Path | None, overrides: dict[str, object] | None = None) -> Config:
    """Read the configuration; what is wrong with it ends the command, one line for each problem."""
    if path is None and DEFAULT_PATH.exists():
        path = DEFAULT_PATH
    try:
        return load(path, overrides=overrides)
    except ConfigError as error:
        where = f"{path}: " if path else ""
        fail(
            f"{where}the configuration cannot be used\n"
            + "\n".join(f"  {p}" for p in error.problems)
        )


def run_until_signalled(work: Coroutine[Any, Any, None]) -> None:
    """Run until it is done or Ctrl-C or SIGTERM comes; both are clean ends."""
    asyncio.run(_until_signalled(work))


async def _until_signalled(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        if asyncio.current_task() is not None and asyncio.current_task().cancelling():  # type: ignore[union-attr]
            raise
