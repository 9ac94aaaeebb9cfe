"""`treadmill-bridge run`."""

import logging
from pathlib import Path

import click
import structlog

from bridge import logs
from bridge.cli.common import config_option, fail, load_or_fail, radio_option, run_until_signalled
from bridge.clock import SystemClock
from bridge.config import Config
from bridge.daemon import Daemon

log = structlog.get_logger()


@click.command(
    "run", epilog="Example: treadmill-bridge run --config /etc/treadmill-bridge/config.toml"
)
@config_option
@radio_option
@click.option("--mqtt-host", metavar="HOST", help="The broker; wins over the file.")
@click.option("--mqtt-port", type=click.IntRange(1, 65535), help="Its port; wins over the file.")
@click.option("-v", "--verbose", is_flag=True, help="Log what happens in detail.")
def command(
    path: Path | None,
    radio: str | None,
    mqtt_host: str | None,
    mqtt_port: int | None,
    verbose: bool,
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
    logs.set_up(logging.DEBUG if verbose else logging.INFO)
    for warning in config.warnings():
        log.warning("configuration", warning=warning)
    run_until_signalled(_run(config))


async def _run(config: Config) -> None:
    daemon = Daemon(config, SystemClock())
    log.info("bridge started", treadmills=[t.id for t in config.treadmills])
    try:
        await daemon.run()
    finally:
        log.info("bridge ended")
