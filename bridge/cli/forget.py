"""`treadmill-bridge forget`."""

import asyncio
import re
from pathlib import Path

import aiomqtt
import click

from bridge.cli.common import config_option, fail, load_or_fail
from bridge.mqtt.advice import advice
from bridge.mqtt.forget import Forgotten, StillServedError, forget
from bridge.mqtt.topics import BRIDGE

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@click.command("forget", epilog="Example: treadmill-bridge forget old-treadmill")
@click.argument("treadmill", metavar="ID")
@config_option
@click.option("--force", is_flag=True, help="Even if a bridge is running for this treadmill.")
def command(treadmill: str, path: Path | None, force: bool) -> None:
    """Clear all that a treadmill left at the MQTT broker, and its device in Home Assistant.

    For a treadmill that is gone, or has another id now; it need not be in the configuration. What
    the bridge keeps on this computer stays. Exits with 1 if a bridge is running for it, which would
    publish everything again, or the broker cannot be reached.
    """
    if not _ID.fullmatch(treadmill) or treadmill == BRIDGE:
        fail(f"{treadmill!r} is no id of a treadmill: letters, digits, _ and - are, but {BRIDGE}")
    mqtt = load_or_fail(path).mqtt
    where = f"{mqtt.host}:{mqtt.effective_port}"
    try:
        done = asyncio.run(forget(mqtt, treadmill, force=force))
    except StillServedError as error:
        message = f"{error} at {where}: stop it first, or add --force; nothing was cleared"
        raise click.ClickException(message) from None
    except (aiomqtt.MqttError, OSError, ValueError) as error:
        message = f"{where}: {error}. Hint: {advice(error, mqtt)}."
        raise click.ClickException(message) from None
    _tell(done, treadmill, where)


def _tell(done: Forgotten, treadmill: str, where: str) -> None:
    for topic in done.cleared:
        click.echo(f"cleared: {topic}")
    for topic in done.left:
        click.echo(f"left, because other software put it there: {topic}")
    if not done.cleared:
        click.echo(f"Nothing of {treadmill} lies at {where}.")
