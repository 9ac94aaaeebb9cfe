"""`treadmill-bridge run`."""

import asyncio
import signal
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import structlog

from bridge.app.logs import Format, Level
from bridge.bluetooth.radio import RadioError, check_installed
from bridge.cli.common import (
    chosen_path,
    config_option,
    fail,
    load_or_fail,
    logging_options,
    radio_option,
    run_until_signalled,
    set_up_logs,
    usual_path,
)
from bridge.cli.lean import settle, without_collecting
from bridge.clock import SystemClock
from bridge.config import Config, ConfigError, load
from bridge.history.history import History
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.lock import marked
from bridge.history.store.moment import Timekeeper
from bridge.history.store.schema import NewerSchemaError
from bridge.mqtt.backlog import NAME as BACKLOG
from bridge.mqtt.broker import Broker
from bridge.mqtt.exposure import PlaintextPasswordError, check_password_stays_private
from bridge.tasks import end, on_hangup
from bridge.texts import Texts

if TYPE_CHECKING:
    from bridge.app.daemon import Daemon
    from bridge.bluetooth.connection import Tap
    from bridge.diagnostics.recorder import Recorder

FIRST_S = 0.1
"""Longest time in seconds that loading waits for the first words to the broker."""
SETTLE_S = 0.1
"""Seconds after the daemon's start until the one garbage collection."""

log = structlog.get_logger()


@click.command(
    "run", epilog="Example: treadmill-bridge run --config /etc/treadmill-bridge/config.toml"
)
@config_option
@radio_option
@click.option("--mqtt-host", metavar="HOST", help="MQTT broker; overrides the file.")
@click.option(
    "--mqtt-port", type=click.IntRange(1, 65535), help="The broker's port; overrides the file."
)
@click.option(
    "--record",
    "capture",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Record every frame to and from the treadmill in a new capture file.",
)
@logging_options
def command(  # noqa: PLR0917 - click passes them by keyword
    path: Path | None,
    radio: str | None,
    mqtt_host: str | None,
    mqtt_port: int | None,
    capture: Path | None,
    log_level: Level | None,
    log_format: Format,
    verbose: int,
) -> None:
    """Run the daemon until Ctrl-C or SIGTERM.

    The configuration comes from the file, then from environment variables such as
    TREADMILL_BRIDGE__MQTT__HOST, then from flags; the last one wins. SIGHUP reloads it: tighter
    limits apply at once, looser ones from the next standstill.
    """
    # Kept back until it reloads what is read now; before that it would end the process.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    flags = {"bluetooth.radio": radio, "mqtt.host": mqtt_host, "mqtt.port": mqtt_port}
    config = load_or_fail(path, flags)
    if not config.treadmills:
        fail(
            f"no treadmill is configured: add [[treadmills]] with an id {_where(path)}, or let"
            " sudo treadmill-bridge init write it (treadmill-bridge scan shows treadmills in range)"
        )
    if capture is not None and len(config.treadmills) > 1:
        fail("--record works with one treadmill; use a configuration with only that one")
    try:
        check_installed(config.bluetooth.radio)
    except RadioError as error:
        fail(str(error))
    set_up_logs(log_level, log_format, verbose)
    for warning in config.warnings():
        log.warning("configuration", warning=warning)
    recorder = None if capture is None else _recorder(capture)
    source = str(chosen_path(path) or "environment and flags")
    reread = partial(load, chosen_path(path), overrides=flags)
    with (
        marked(config.state_directory()) as new,
        closing(_history(config, new=new)) as history,
    ):
        run_until_signalled(
            _run(config, reread, history, source)
            if recorder is None
            else _record(config, reread, history, source, recorder)
        )


def _recorder(capture: Path) -> "Recorder":
    """Create the capture; loads the recorder only if needed."""
    from bridge.diagnostics.recorder import Recorder, RecordingError  # noqa: PLC0415

    try:
        return Recorder(capture, SystemClock())
    except RecordingError as error:
        fail(str(error))


def _where(path: Path | None) -> str:
    chosen = chosen_path(path)
    return f"to {chosen}" if chosen else f"({usual_path()} does not exist)"


def _history(config: Config, *, new: bool | None) -> History:
    """Open the history; the bridge runs without it if its file cannot be used.

    `new` is as in `marked`. Where that is None, another bridge may yet finish its commands.
    """
    try:
        file = HistoryFile(config.state_directory() / NAME, config.history.retention)
    except NewerSchemaError as error:
        fail(str(error))
    if new is None:
        file.unfinished = ()
    blank = bool(new) and file.is_new
    return History(Timekeeper.of_this_computer(SystemClock()), file, blank=blank)


async def _run(
    config: Config, reread: Callable[[], Config], history: History, source: str, **taps: "Tap"
) -> None:
    try:
        await check_password_stays_private(config.mqtt)
    except PlaintextPasswordError as error:
        fail(str(error))
    ids = [each.id for each in config.treadmills]
    broker = Broker(
        config.mqtt,
        ids,
        None,
        SystemClock(),
        backlog=config.state_directory() / BACKLOG,
        texts=Texts(config.units),
    )
    connecting = broker.begin()
    try:
        # A new bridge listens for another one before it takes commands; the rest loads meanwhile.
        with suppress(TimeoutError):
            async with asyncio.timeout(FIRST_S):
                await broker.wait_tried()
        with without_collecting():
            from bridge.app.daemon import Daemon  # noqa: PLC0415
        daemon = Daemon(config, SystemClock(), history, taps=taps, broker=broker)
        await _serve(daemon, config, reread, source)
    finally:
        await end(connecting)


async def _serve(
    daemon: "Daemon", config: Config, reread: Callable[[], Config], source: str
) -> None:
    """Run the daemon with what stands beside it."""
    from bridge.app.strays import Strays  # noqa: PLC0415 - loads after the daemon
    from bridge.app.systemd import Notifier, report  # noqa: PLC0415

    on_hangup(partial(_reload, daemon, reread, source))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGHUP})
    log.info(
        "bridge_started",
        configuration=source,
        treadmills=[t.id for t in config.treadmills],
        history=str(config.state_directory() / NAME),
    )
    # After the first connection attempts began: nothing is served in the first 0.3 s.
    asyncio.get_running_loop().call_later(SETTLE_S, settle)
    try:
        async with asyncio.TaskGroup() as group:
            group.create_task(report(daemon, Notifier()))
            strays = Strays(config.mqtt, [each.id for each in config.treadmills])
            group.create_task(strays.run())
            await daemon.run()
    except Exception:
        log.exception("bridge_failed", hint="please report this with the lines before it")
        sys.exit(1)
    finally:
        log.info("bridge_ended")


def _reload(daemon: "Daemon", reread: Callable[[], Config], source: str) -> None:
    """Apply a changed configuration; an invalid one changes nothing."""
    try:
        config = reread()
    except ConfigError as error:
        log.error("configuration", file=source, problems=error.problems)  # noqa: TRY400 - no bug
        daemon.refuse(error.problems)
        return
    for warning in config.warnings():
        log.warning("configuration", warning=warning)
    daemon.reload(config)


async def _record(
    config: Config,
    reread: Callable[[], Config],
    history: History,
    source: str,
    recorder: "Recorder",
) -> None:
    """Run and record the link's frames; a failing disk ends only the recording."""
    from bridge.diagnostics.recorder import RecordingError  # noqa: PLC0415

    async def write() -> None:
        try:
            await recorder.run()
        except RecordingError as error:
            log.error("recording_ended", reason=str(error))  # noqa: TRY400 - the reason is enough

    writing = asyncio.create_task(write())
    try:
        await _run(config, reread, history, source, **{config.treadmills[0].id: recorder})
    finally:
        await end(writing)
        try:
            recorder.close()
        except RecordingError as error:
            log.error("recording_ended", reason=str(error))  # noqa: TRY400
