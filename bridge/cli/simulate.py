"""`treadmill-bridge simulate`."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.common import announce, fail, run_until_signalled
from simulators.profile import STRICT, Profile
from simulators.profile_file import ProfileError, load_profile, machine_names

if TYPE_CHECKING:
    from simulators.simulation import Simulation

DEFAULT_PORT = 7300
_EXTRA = "the simulator needs its extra: pip install 'treadmill-bridge[simulator]'"


@click.command("simulate", epilog="Then: treadmill-bridge scan --radio tcp-client:127.0.0.1:7300")
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=DEFAULT_PORT,
    show_default=True,
    help="TCP port of the virtual radio on this machine; 0 takes any free one.",
)
@click.option(
    "--machine",
    metavar="NAME",
    default="strict",
    show_default=True,
    help="Which machine it is: a name, `list` for all of them, or a profile of your own (.toml).",
)
@click.option(
    "--speed",
    type=click.FloatRange(0.1, 100),
    metavar="N",
    default=1.0,
    help="Let the machine live N times as fast.",
)
@click.option("--seed", type=int, default=0, show_default=True, help="Chooses the runner.")
@click.option(
    "--ready-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the radio's address here once it can be reached.",
)
@click.option("--running", is_flag=True, help="Press Start at the console at once.")
@click.option("--duration", type=click.FloatRange(min=0), metavar="S", help="End after S seconds.")
def command(
    *,
    port: int,
    machine: str,
    speed: float,
    seed: int,
    ready_file: Path | None,
    running: bool,
    duration: float | None,
) -> None:
    """Run a treadmill alone: physics, FTMS server and Bluetooth, on a virtual radio over TCP.

    Programs reach it with the radio tcp-client:127.0.0.1:PORT. Ctrl-C ends it.
    """
    if machine == "list":
        for name in machine_names():
            click.echo(f"{name:20} {load_profile(name).title}")
        return
    try:
        profile = load_profile(machine)
    except ProfileError as error:
        fail(str(error))
    try:
        run_until_signalled(
            _simulate(
                profile,
                port,
                speed=speed,
                seed=seed,
                ready_file=ready_file,
                running=running,
                duration=duration,
            )
        )
    except ImportError as error:
        fail(f"{_EXTRA} ({error.name} is missing)")
    except OSError as error:
        fail(f"port {port} cannot be used ({error.strerror or error}); name another with --port")


async def _simulate(
    profile: Profile,
    port: int,
    *,
    speed: float,
    seed: int,
    ready_file: Path | None,
    running: bool,
    duration: float | None,
) -> None:
    from simulators.simulation import Simulation  # noqa: PLC0415 - needs an extra

    async with Simulation(profile=profile, speed=speed, seed=seed, tcp_port=port) as simulation:
        await announce(
            "A simulated treadmill is in reach of the radio", simulation.port, ready_file
        )
        if profile.key != STRICT.key:
            click.echo(f"It behaves like: {profile.title}")
        if running:
            simulation.machine.start()
        try:
            async with asyncio.timeout(duration):
                await _report(simulation)
        except TimeoutError:
            pass


async def _report(simulation: "Simulation") -> None:
    """Say what the belt does, whenever it changed."""
    last = ""
    while True:
        belt = simulation.machine
        line = f"belt {belt.true_speed_kmh:4.1f} km/h, incline {belt.true_incline_percent:4.1f} %"
        if line != last:
            click.echo(line)
            last = line
        await asyncio.sleep(1)
