"""`treadmill-bridge watch`."""

import asyncio
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.app import logs
from bridge.app.keyboard import keyboard
from bridge.cli.common import (
    Finite,
    chosen_path,
    config_option,
    fail,
    load_or_fail,
    run_until_signalled,
    write_whole,
)
from bridge.config import Config, Mqtt, host_and_port, load
from bridge.extras import install_line
from bridge.tasks import race
from bridge.values import Units

if TYPE_CHECKING:
    from rich.console import Console

    from bridge.app.watching.picture import Picture

FRAME_S = 0.25
PLAIN_FRAME_S = 1.0
_HINT = "q or Ctrl-C ends. This view sends nothing; send commands to {base}/{name}/set/…"


@click.command("watch", epilog="Example: treadmill-bridge watch --broker raspberrypi.local")
@click.argument("treadmill", required=False, metavar="[ID]")
@config_option
@click.option("--broker", metavar="HOST[:PORT]", help="MQTT broker; overrides the file.")
@click.option("--duration", type=Finite(min=0), metavar="S", help="End after S seconds.")
@click.option(
    "--svg",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="At the end, save the view to FILE as an SVG image.",
)
def command(
    treadmill: str | None,
    path: Path | None,
    broker: str | None,
    duration: float | None,
    svg: Path | None,
) -> None:
    """Show a treadmill live, over MQTT, from any computer that can reach the broker.

    It shows speed, incline, distance, time, pace and heart rate, the request, what the guard
    allows, and why. It sends no commands. Without an ID it shows the configured treadmill, else the
    first that publishes. It fits a terminal of 80 by 24, and needs no colour (NO_COLOR).
    """
    try:
        import rich  # noqa: F401, PLC0415 - an extra
    except ImportError:
        fail(f"watch needs its extra: {install_line('watch')}")
    logs.set_up(None)
    config = load_or_fail(path) if path or _readable() else load(None)
    mqtt = config.mqtt if broker is None else _at(config.mqtt, broker)
    run_until_signalled(_watch(mqtt, treadmill or _first(config), config.units, duration, svg))


def _readable() -> bool:
    """True unless only root and the service may read the default configuration.

    Without it, `watch` uses the broker on this computer, where `init` looks first.
    """
    usual = chosen_path(None)
    if usual is None or os.access(usual, os.R_OK):
        return True
    click.echo(
        f"only root and the service may read {usual}; using the broker on this computer. "
        "Choose another with --broker.",
        err=True,
    )
    return False


def _at(mqtt: Mqtt, text: str) -> Mqtt:
    try:
        host, port = host_and_port(text)
    except ValueError as error:
        fail(str(error))
    return mqtt.model_copy(update={"host": host, **({"port": port} if port else {})})


def _first(config: Config) -> str:
    from bridge.app.watching.follow import ANY  # noqa: PLC0415

    return config.treadmills[0].id if config.treadmills else ANY


async def _watch(
    mqtt: Mqtt, name: str, units: Units, duration: float | None, svg: Path | None
) -> None:
    from rich.console import Console  # noqa: PLC0415

    from bridge.app.watching.follow import ANY, follow  # noqa: PLC0415
    from bridge.app.watching.picture import Line, Picture  # noqa: PLC0415

    console = Console()
    picture = Picture("a treadmill" if name == ANY else name, units=units)
    picture.hints = [_HINT.format(base=mqtt.base_topic, name="<id>" if name == ANY else name)]

    def print_line(line: Line) -> None:
        if not console.is_terminal:
            click.echo(f"{line.when}  {line.text}")

    quit_ = asyncio.Event()
    with keyboard(lambda key: quit_.set() if key == "q" else None):
        await race(
            follow(mqtt, name, picture, print_line),
            _show(console, picture),
            quit_.wait(),
            timeout_s=duration,
        )
    if svg is not None:
        _save(picture, svg)


async def _show(console: "Console", picture: "Picture") -> None:
    from rich.live import Live  # noqa: PLC0415

    if not console.is_terminal:
        before = ""
        while True:
            text = picture.plain()
            if picture.state and text != before:
                before = text
                click.echo(text)
            await asyncio.sleep(PLAIN_FRAME_S)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            live.update(picture.draw(console.size.height), refresh=True)
            await asyncio.sleep(FRAME_S)


def _save(picture: "Picture", path: Path) -> None:
    from rich._export_format import CONSOLE_SVG_FORMAT  # noqa: PLC0415
    from rich.console import Console  # noqa: PLC0415

    # Drop rich's web fonts, so that the image loads nothing from another server.
    form = re.sub(r"@font-face \{\{.*?\}\}\s*", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        paper = Console(record=True, width=100, height=40, file=nowhere, force_terminal=True)
        paper.print(picture.draw(40))
        try:
            write_whole(path, paper.export_svg(title=picture.title, code_format=form))
        except OSError as error:
            fail(f"cannot write {path} ({error.strerror or error})")
    click.echo(f"Saved the image to {path}.", err=True)
