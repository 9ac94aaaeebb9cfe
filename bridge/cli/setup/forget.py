"""`treadmill-bridge forget`."""

import asyncio
import re
import sqlite3
from pathlib import Path

import click

from bridge.app import logs
from bridge.app.forget import Forgotten, StillServedError, forget
from bridge.cli.common import config_option, fail, load_or_fail
from bridge.contract.topics import BRIDGE, Topics
from bridge.mqtt.advice import advice
from bridge.mqtt.backlog import NAME as BACKLOG
from bridge.mqtt.backlog import forget_retained
from bridge.mqtt.transport import MqttError

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


@click.command("forget", epilog="Example: treadmill-bridge forget old-treadmill")
@click.argument("treadmill", metavar="ID")
@config_option
@click.option("--force", is_flag=True, help="Even if a bridge is running for this treadmill.")
def command(treadmill: str, path: Path | None, force: bool) -> None:
    """Clear all that a treadmill left at the MQTT broker, and its device in Home Assistant.

    For a treadmill that is gone, or has another id now; it need not be in the configuration. What
    the bridge remembers of runs on this computer stays, but for a summary that still waits for the
    broker in the state directory, and would bring its topic back. Exits with 1 if a bridge is
    running for it, which would publish everything again, or the broker cannot be reached.
    """
    logs.set_up(None)  # it says in lines of its own what there is to be said
    if not _ID.fullmatch(treadmill) or treadmill == BRIDGE:
        fail(f"{treadmill!r} is no id of a treadmill: letters, digits, _ and - are, but {BRIDGE}")
    config = load_or_fail(path)
    mqtt = config.mqtt
    where = f"{mqtt.host}:{mqtt.effective_port}"
    try:
        done = asyncio.run(forget(mqtt, treadmill, force=force))
    except StillServedError as error:
        message = f"{error} at {where}: stop it first, or add --force; nothing was cleared"
        raise click.ClickException(message) from None
    except (MqttError, OSError, ValueError) as error:
        message = f"{where}: {error}. Hint: {advice(error, mqtt)}."
        raise click.ClickException(message) from None
    _tell(done)
    waiting = _drop_waiting(config.state_directory() / BACKLOG, mqtt.base_topic, treadmill)
    for topic in waiting:
        click.echo(f"no longer waits to be published: {topic}")
    if not (done.cleared or waiting):
        click.echo(f"Nothing of {treadmill} lies at {where}.")


def _drop_waiting(path: Path, base: str, treadmill: str) -> list[str]:
    """What a bridge that was cut off would still publish, so that the topic lay there again."""
    try:
        return forget_retained(path, Topics(base).all(treadmill).removesuffix("#"))
    except (OSError, sqlite3.Error) as error:
        message = (
            f"{path} cannot be changed ({error}): what still waits in it may bring a topic back. "
            "Run this again as the bridge's user, or remove the file while no bridge runs"
        )
        raise click.ClickException(message) from None


def _tell(done: Forgotten) -> None:
    for topic in done.cleared:
        click.echo(f"cleared: {topic}")
    for topic in done.left:
        click.echo(f"left, because other software put it there: {topic}")
