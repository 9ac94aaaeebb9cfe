"""Options and helpers shared by the subcommands."""

import asyncio
import sys
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from traceback import walk_tb
from typing import Any, NoReturn, TypeVar, get_args

import click
from bleak.exc import BleakError

from bridge.app import logs
from bridge.bluetooth.radio import RadioError
from bridge.bluetooth.trouble import diagnose
from bridge.config import DEFAULT_PATH, Config, ConfigError, ConfigFileError, load
from bridge.extras import install_line
from bridge.tasks import on_ending_signals

_F = TypeVar("_F", bound=Callable[..., Any])

config_option = click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    envvar="TREADMILL_BRIDGE_CONFIG",
    help=f"The configuration file. [default: {DEFAULT_PATH}, if it exists]",
)
radio_option = click.option(
    "--radio",
    metavar="RADIO",
    help="Bluetooth radio: 'system', or a bumble transport such as tcp-client:127.0.0.1:7300.",
)


port_option = click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=7300,
    show_default=True,
    help="TCP port of the virtual radio on this computer; 0 picks a free one.",
)


def _fresh(context: click.Context, _: click.Parameter, file: Path | None) -> Path | None:
    """Delete the file of an earlier run, so that nobody reads a stale address."""
    if file and file.is_file() and not (file.is_symlink() or context.resilient_parsing):
        try:
            file.unlink()
        except OSError as error:
            fail(f"cannot write {file}: {error.strerror or error}")
    return file


ready_file_option = click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_fresh,
    help="Write the radio's address to this file once clients can connect.",
)


class Finite(click.FloatRange):
    """A number within limits; unlike in click's own type, NaN and infinity are none."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        """Return the number, or fail with a sentence."""
        number: float = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"{value!r} is not a finite number.", param, ctx)
        return number


_VERBOSITY: tuple[logs.Level, ...] = ("info", "debug", "all")


def logging_options(command: _F) -> _F:
    """Add `log_level`, `log_format` and `verbose` to a command, for `set_up_logs`."""
    for option in (
        click.option(
            "-v",
            "--verbose",
            count=True,
            help="Log in detail; twice (-vv): include the libraries' messages.",
        ),
        click.option(
            "--log-format",
            type=click.Choice(get_args(logs.Format)),
            default="auto",
            envvar="TREADMILL_BRIDGE_LOG_FORMAT",
            show_envvar=True,
            help="text for people, json for programs; auto picks text on a terminal.",
        ),
        click.option(
            "--log-level",
            type=click.Choice(get_args(logs.Level)),
            envvar="TREADMILL_BRIDGE_LOG_LEVEL",
            show_envvar=True,
            help="Lowest level to log; all is the same as -vv. [default: info]",
        ),
    ):
        command = option(command)
    return command


def set_up_logs(log_level: logs.Level | None, log_format: logs.Format, verbose: int) -> None:
    """Set up logging from the options; -v overrides a level from the environment."""
    if verbose or log_level is None:
        log_level = _VERBOSITY[min(verbose, len(_VERBOSITY) - 1)]
    logs.set_up(log_level, log_format)


def fail(message: str, code: int = 2) -> NoReturn:
    """Print the message to standard error, after the command's name, and exit."""
    context, names = click.get_current_context(), []
    while context.parent is not None:
        names.append(str(context.info_name))
        context = context.parent
    command = " ".join(reversed(names)) or context.info_name
    click.echo(f"{command}: {message}", err=True)
    sys.exit(code)


@contextmanager
def asking(hint: str) -> Iterator[None]:
    """End the command with a hint if its question meets the end of the input, not Ctrl-C."""
    try:
        yield
    except click.Abort as error:
        if isinstance(error.__context__, KeyboardInterrupt) or sys.stdin.isatty():
            raise
        fail(f"no terminal to ask on; {hint}")


def output_failed(error: BaseException) -> bool:
    """True if the error comes from printing: to a closed pipe, or to a full disk."""
    *_, (frame, _) = walk_tb(error.__traceback__)
    return frame.f_code is click.echo.__code__


@contextmanager
def bluetooth_or_fail() -> Iterator[None]:
    """End the command with one line of advice if Bluetooth cannot be used."""
    try:
        yield
    except RadioError as error:
        fail(str(error))
    except (BleakError, OSError, EOFError) as error:
        if output_failed(error):
            raise
        fail(diagnose(error).text)


def usual_path() -> Path:
    """Return the configuration's default path."""
    return DEFAULT_PATH


def chosen_path(path: Path | None) -> Path | None:
    """Return the given path, else the default one if that exists, else None."""
    return DEFAULT_PATH if path is None and _exists(DEFAULT_PATH) else path


def _exists(path: Path) -> bool:
    """True also if this user may not search the directory: reading the file then reports it."""
    try:
        return path.exists()
    except PermissionError:
        return True


def load_or_fail(
    path: Path | None,
    overrides: Mapping[str, object] | None = None,
    on_problems: Callable[[Sequence[str]], None] | None = None,
) -> Config:
    """Read the configuration, or end the command with one line per problem.

    `on_problems` receives the problems first.
    """
    path = chosen_path(path)
    try:
        return load(path, overrides=overrides)
    except ConfigError as error:
        if on_problems is not None:
            on_problems(error.problems)
        if isinstance(error, ConfigFileError):
            fail(str(error))
        where = f"{path}: " if path else ""
        fail(f"{where}invalid configuration\n" + "\n".join(f"  {p}" for p in error.problems))


async def announce(what: str, radio: str, ready_file: Path | None) -> None:
    """Print the radio's address, and write it to `ready_file` for programs."""
    click.echo(f"{what} {radio}")
    if ready_file is not None:
        try:
            await asyncio.to_thread(write_whole, ready_file, f"{radio}\n")
        except OSError as error:
            fail(f"cannot write {ready_file}: {error.strerror or error}")


def write_whole(target: Path, content: str | bytes) -> None:
    """Write a file atomically: it is whole or absent, also after a failure.

    A link stays a link. What exists and is no file, such as /dev/stdout, is written as it is.

    Raises:
        OSError: It cannot be written.
    """
    if isinstance(content, str):
        content = content.encode()
    if target.exists() and not target.is_file():
        target.write_bytes(content)
        return
    target = target.resolve()
    half = target.with_name(f".{target.name}.half")
    try:
        half.write_bytes(content)
        half.replace(target)
    except OSError:
        half.unlink(missing_ok=True)
        raise


def run_until_signalled(work: Coroutine[Any, Any, None]) -> None:
    """Run until the work is done, or until a signal ends it cleanly (see `on_ending_signals`)."""
    asyncio.run(_until_signalled(work))


async def _until_signalled(work: Coroutine[Any, Any, None]) -> None:
    task = asyncio.ensure_future(work)
    on_ending_signals(task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        if asyncio.current_task() is not None and asyncio.current_task().cancelling():  # type: ignore[union-attr]
            raise


def run_on_air(work: Coroutine[Any, Any, None], port: int, what: str) -> None:
    """Like `run_until_signalled`, for a virtual radio; a missing extra or port ends the command.

    Args:
        work: coroutine to run.
        port: TCP port of the radio.
        what: feature that needs the extra, for the error message.
    """
    logs.hush()
    try:
        run_until_signalled(work)
    except ImportError as error:
        fail(f"{what} needs its extra ({error.name} is missing): {install_line('simulator')}")
    except OSError as error:
        if output_failed(error):
            raise
        fail(f"cannot use port {port} ({error.strerror or error}); choose another with --port")
