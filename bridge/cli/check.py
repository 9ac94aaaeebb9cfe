"""`treadmill-bridge check`."""

import asyncio
import sys
from pathlib import Path

import aiomqtt
import click
from bleak.exc import BleakError

from bridge.bluetooth.radio import RadioError, open_radio
from bridge.bluetooth.scan import Match, find
from bridge.cli.common import config_option, load_or_fail, radio_option
from bridge.config import Config, ConfigError

FIND_S = 10.0
_V5 = aiomqtt.ProtocolVersion.V5


@click.command("check")
@click.argument(
    "file", required=False, type=click.Path(path_type=Path, dir_okay=False), metavar="[FILE]"
)
@config_option
@radio_option
@click.option("--live", is_flag=True, help="Also try the broker and look for the machines.")
def command(file: Path | None, path: Path | None, radio: str | None, live: bool) -> None:
    """Check a configuration, and with --live whether broker and machines can be reached.

    Nothing is written to a machine. Exits with 2 if the configuration cannot be used, and with 1
    if something is not in reach.
    """
    config = load_or_fail(file or path, {"bluetooth.radio": radio})
    for warning in config.warnings():
        click.echo(f"warning: {warning}")
    if not config.treadmills:
        click.echo("warning: no treadmill is configured: add [[treadmills]] with an id.")
    click.echo(f"The configuration is good: {len(config.treadmills)} treadmill(s).")
    if live and not asyncio.run(_live(config)):
        sys.exit(1)


async def _live(config: Config) -> bool:
    broker = await _try_broker(config)
    machines = await _try_machines(config)
    return broker and machines


async def _try_broker(config: Config) -> bool:
    mqtt = config.mqtt
    where = f"broker {mqtt.host}:{mqtt.effective_port}"
    error: Exception | None = None
    for version in (_V5, aiomqtt.ProtocolVersion.V311):
        try:
            async with aiomqtt.Client(
                mqtt.host,
                mqtt.effective_port,
                username=mqtt.username,
                password=mqtt.secret(),
                tls_context=mqtt.tls_context(),
                protocol=version,
                timeout=5,
            ):
                click.echo(f"ok: {where}, MQTT {'5' if version is _V5 else '3.1.1'}")
                return True
        except (aiomqtt.MqttError, OSError, ConfigError) as failure:
            error = failure
    click.echo(f"failed: {where}: {error}. Is it running, and do name and password fit?")
    return False


async def _try_machines(config: Config) -> bool:
    good = True
    try:
        async with open_radio(config.bluetooth.radio) as radio:
            for treadmill in config.treadmills:
                match = Match(address=treadmill.address or "", name=treadmill.name or "")
                found = await find(radio, match, FIND_S)
                good = good and found is not None
                if found is None:
                    click.echo(f"failed: {treadmill.id}: not in reach. Is it on, and free?")
                else:
                    click.echo(f"ok: {treadmill.id}: {found.name} is in reach")
    except (RadioError, BleakError, OSError) as error:
        click.echo(f"failed: Bluetooth: {error}")
        return False
    return good
