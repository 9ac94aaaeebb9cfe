"""`treadmill-bridge run`."""

import sys
from pathlib import Path

import click
import structlog

from bridge.cli.common import (
    config_option,
    fail,
    load_or_fail,
    logging_options,
    radio_option,
    run_until_signalled,
    set_up_logs,
)
from bridge.clock import SystemClock
from bridge.config import Config
from bridge.daemon import Daemon
from bridge.logs import Format, Level

log = structlog.get_logger()


@click.command(
    "run", epilog="Example: treadmill-bridge run --config /etc/treadmill-bridge/config.toml"
)
@config_option
@radio_option
@click.option("--mqtt-host", metavar="HOST", help="The broker; wins over the file.")
@click.option("--mqtt-port", type=click.IntRange(1, 65535), help="Its port; wins over the file.")
@logging_options
def command(  # noqa: PLR0917 - click passes them by name
    path: Path | None,
    radio: str | None,
    mqtt_host: str | None,
    mqtt_port: int | None,
    log_level: Level | None,
    log_format: Format,
    verbose: int,
) -> None:
    """Run the daemon until it is told to end (Ctrl-C, or SIGTERM).

    The configuration comes from the file, then from variables such as
    TREADMILL_BRIDGE__MQTT__HOST, then from flags; the last one wins.
    """
    config = load_or_fail(
        path,
        {"bluetooth.radio": radio, "mqtt.host": mqtt_host, "mqtt.port": mqtt_port},
    )
    if not config.treadmills:
        fail(
            "no treadmill is configured: add [[treadmills]] with an id"
            " (treadmill-bridge scan shows what is in reach)"
        )
    set_up_logs(log_level, log_format, verbose)
    for warning in config.warnings():
        log.warning("configuration", warning=warning)
    run_until_signalled(_run(config))


async def _run(config: Config) -> None:
    daemon = Daemon(config, SystemClock())
    log.info("bridge started", treadmills=[t.id for t in config.treadmills])
    try:
        await daemon.run()
    except Exception:
        log.exception("bridge failed", hint="please report this, with the lines before it")
        sys.exit(1)
    finally:
        log.info("bridge ended")
