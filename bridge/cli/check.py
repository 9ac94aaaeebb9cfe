"""`treadmill-bridge check`."""

import asyncio
import secrets
import sys
from pathlib import Path

import aiomqtt
import click
from bleak.exc import BleakError

from bridge.bluetooth.radio import RadioError, open_radio
from bridge.bluetooth.scan import Match, find
from bridge.cli.common import config_option, fail, load_or_fail, radio_option
from bridge.config import Config
from bridge.mqtt.advice import advice
from bridge.mqtt.client import V5, find_version, make_client
from bridge.mqtt.exposure import PlaintextPasswordError, check_password_stays_private

FIND_S = 10.0


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
    try:
        asyncio.run(check_password_stays_private(config.mqtt))
    except PlaintextPasswordError as error:
        fail(str(error))
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
    identity = f"treadmill-bridge-check-{secrets.token_hex(4)}"
    try:
        version = await find_version(mqtt, identity)
        async with await make_client(mqtt, identity, version):
            click.echo(f"ok: {where}, MQTT {'5' if version is V5 else '3.1.1'}")
            return True
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        click.echo(f"failed: {where}: {error}. Hint: {advice(error, mqtt)}.")
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
