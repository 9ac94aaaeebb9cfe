"""`treadmill-bridge demo`."""

from pathlib import Path

import click

from bridge.app import logs
from bridge.cli.common import Finite, fail, load_or_fail, run_until_signalled
from bridge.config import Config
from bridge.extras import install_line
from bridge.values import Units


@click.command(
    "demo",
    epilog="Example: treadmill-bridge demo; it shows commands to paste into another terminal",
)
@click.option(
    "--script",
    type=click.Choice(["default", "none"]),
    default="default",
    show_default=True,
    help="Script to play: a walk, a large speed request and a long steep climb; or none.",
)
@click.option(
    "-c",
    "--config",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Use the limits of this configuration instead of shortened ones.",
)
@click.option("--duration", type=Finite(min=0), metavar="S", help="End after S seconds.")
@click.option(
    "--mqtt-port",
    type=click.IntRange(0, 65535),
    metavar="N",
    help="Port of the demo's broker. [default: 1883, or the next free port]",
)
@click.option("--broker", metavar="HOST[:PORT]", help="Use this broker instead of starting one.")
@click.option(
    "--units",
    type=click.Choice([str(each) for each in Units]),
    help="Your unit of speed. [default: km/h, or the configuration's]",
)
@click.option("--no-dashboard", is_flag=True, help="Don't serve the web page.")
@click.option(
    "-v", "--verbose", count=True, help="Log to standard error; twice (-vv): more detail."
)
def command(  # noqa: PLR0917 - click passes them by keyword
    script: str,
    path: Path | None,
    duration: float | None,
    mqtt_port: int | None,
    broker: str | None,
    units: str | None,
    no_dashboard: bool,
    verbose: int,
) -> None:
    """Try the bridge on this computer, without Bluetooth, broker or configuration.

    A simulated treadmill, an MQTT broker on loopback and the bridge run in one process. The
    terminal shows the belt, the requests, what the guard allows, and why. A web page shows the
    same, to this computer only. Long times (warm-up, steep incline, cool-down) are divided by 20;
    the ramp is real. After its script the demo keeps running for your own commands. Ctrl-C ends it.
    """
    try:
        from rich.console import Console  # noqa: PLC0415 - an extra

        from bridge.demo.broker import BrokerError  # noqa: PLC0415
        from bridge.demo.run import broker_address, demo_config, play_demo  # noqa: PLC0415
        from bridge.demo.script import SCRIPTS  # noqa: PLC0415
    except ImportError as error:
        fail(f"the demo needs its extra ({error.name} is missing): {install_line('demo')}")
    logs.set_up((None, "info", "debug")[min(verbose, 2)])
    base = load_or_fail(path) if path else None
    try:
        address = broker_address(broker, mqtt_port)
        own = {"units": units} if units else {}
        config = Config.model_validate(demo_config(address, base) | own)
        run_until_signalled(
            play_demo(
                config,
                address,
                SCRIPTS[script],
                Console(),
                duration=duration,
                shortened=base is None,
                page=not no_dashboard,
            )
        )
    except (BrokerError, ValueError) as error:
        fail(str(error))
    click.echo("The demo has ended and closed everything.")
