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
@click.option("--force", is_flag=True, help="Do it even while a bridge runs for this treadmill.")
def command(treadmill: str, path: Path | None, force: bool) -> None:
    """Remove a treadmill's topics from the MQTT broker, and its device from Home Assistant.

    Use it for a treadmill that is gone or has a new id; it need not be configured. The history on
    this computer stays. Only a session summary that still waits for the broker is deleted, because
    it would bring its topic back. Exits with 1 if the broker cannot be reached, or if a running
    bridge would publish everything again.
    """
    logs.set_up(None)  # the command prints its own lines
    if not _ID.fullmatch(treadmill) or treadmill == BRIDGE:
        fail(f"{treadmill!r} is not a treadmill id: use letters, digits, _ and -, but not {BRIDGE}")
    config = load_or_fail(path)
    mqtt = config.mqtt
    where = f"{mqtt.host}:{mqtt.effective_port}"
    try:
        done = asyncio.run(forget(mqtt, treadmill, force=force))
    except StillServedError as error:
        message = f"{error} at {where}; stop it first, or add --force. Nothing was cleared"
        fail(message, 1)
    except (MqttError, OSError, ValueError) as error:
        message = f"{where}: {error}. Hint: {advice(error, mqtt)}."
        fail(message, 1)
    _print_forgotten(done)
    waiting = _drop_waiting(config.state_directory() / BACKLOG, mqtt.base_topic, treadmill)
    for topic in waiting:
        click.echo(f"deleted before it was published: {topic}")
    if not (done.cleared or waiting):
        click.echo(f"{where} has no topics of {treadmill}.")


def _drop_waiting(path: Path, base: str, treadmill: str) -> list[str]:
    """Delete the unsent messages that would bring the treadmill's topics back."""
    try:
        return forget_retained(path, Topics(base).all(treadmill).removesuffix("#"))
    except (OSError, sqlite3.Error) as error:
        message = (
            f"cannot change {path} ({error}); an unsent message in it may bring a topic back. "
            "Run this again as the bridge's user, or delete the file while no bridge runs"
        )
        fail(message, 1)


def _print_forgotten(done: Forgotten) -> None:
    for topic in done.cleared:
        click.echo(f"cleared: {topic}")
    for topic in done.left:
        click.echo(f"kept, because other software published it: {topic}")
