"""`treadmill-bridge dashboard`."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import click

from bridge.cli.common import config_option, fail, load_or_fail
from bridge.dashboard.launch import PROGRAM, missing_extra, settings_of
from bridge.dashboard.settings import Settings
from bridge.history.store.file import NAME
from bridge.mqtt.exposure import PlaintextPasswordError, check_password_stays_private
from bridge.passwords import hash_password
from bridge.values import Units


@click.command(
    "dashboard",
    epilog="Examples: treadmill-bridge dashboard;"
    " treadmill-bridge dashboard --mqtt-host broker.lan --port 8080;"
    " treadmill-bridge dashboard --hash-password",
)
@config_option
@click.option("--mqtt-host", metavar="HOST", help="MQTT broker; overrides the file.")
@click.option(
    "--mqtt-port", type=click.IntRange(1, 65535), help="The broker's port; overrides the file."
)
@click.option(
    "--address",
    metavar="ADDRESS",
    help="Address to listen on; overrides the file. Any but loopback needs a password.",
)
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on; overrides the file."
)
@click.option(
    "--units",
    type=click.Choice([str(each) for each in Units]),
    help="Your unit of speed; overrides the file.",
)
@click.option(
    "--hash-password",
    "hashing",
    is_flag=True,
    help="Ask for a password, print its hash for the configuration, and exit.",
)
def command(  # noqa: PLR0917 - click passes them by keyword
    path: Path | None,
    mqtt_host: str | None,
    mqtt_port: int | None,
    address: str | None,
    port: int | None,
    units: str | None,
    hashing: bool,
) -> None:
    """Serve a web page that shows and controls the treadmill, with a STOP button.

    The page reads what a bridge publishes over MQTT and sends commands the same way. It needs no
    Bluetooth, so it may run on another computer. Without a configuration it uses the broker on this
    computer. Ctrl-C ends it.
    """
    if hashing:
        _print_hash()
        return
    flags = {
        "mqtt.host": mqtt_host,
        "mqtt.port": mqtt_port,
        "dashboard.address": address,
        "dashboard.port": port,
        "units": units,
    }
    config = load_or_fail(path, flags)
    if (problem := missing_extra(metrics=config.dashboard.metrics)) is not None:
        fail(problem)
    try:
        asyncio.run(check_password_stays_private(config.mqtt))
    except PlaintextPasswordError as error:
        fail(str(error))
    _become(settings_of(config, NAME))


def _print_hash() -> None:
    if _is_terminal():
        hashed = click.prompt(
            "Password", hide_input=True, confirmation_prompt=True, value_proc=_hashed
        )
    else:
        try:
            hashed = hash_password(sys.stdin.readline().rstrip("\r\n"))
        except ValueError as error:
            fail(str(error))
    click.echo("[dashboard]")
    click.echo(f'password_hash = "{hashed}"')


def _hashed(password: str) -> str:
    """Return the hash; a password that cannot be used is asked for again."""
    try:
        return hash_password(password)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


def _is_terminal() -> bool:
    return sys.stdin.isatty()


def _become(settings: Settings) -> None:
    """Replace this process by the web server, which does without the configuration's libraries.

    They would hold 15 MB of memory. The settings go through standard input, because other users can
    read a command line.
    """
    reading, writing = os.pipe()
    with os.fdopen(writing, "w") as line:
        line.write(settings.encode() + "\n")  # far less than a pipe's buffer
    os.dup2(reading, 0)
    os.close(reading)
    if sys.stdout is not None:
        sys.stdout.flush()
    # Kept back until the new program says how it ends: Python would print a traceback.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    os.execv(PROGRAM[0], PROGRAM)  # noqa: S606
