"""`treadmill-bridge simulate`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.cli.common import announce, fail, port_option, ready_file_option, run_on_air
from simulators.ftms.profile import STRICT, Profile
from simulators.ftms.profile_file import ProfileError, load_profile, machine_names
from simulators.scenario.condition import read_condition
from simulators.scenario.junit import Result, junit
from simulators.scenario.player import Player, ScenarioFailedError, Story
from simulators.scenario.script import (
    LONGEST_S,
    Expect,
    Scenario,
    ScenarioError,
    library,
    load_scenario,
)
from simulators.scenario.traits import reason_against

if TYPE_CHECKING:
    from simulators.simulation import Simulation


@click.command("simulate", epilog="Then: treadmill-bridge scan --radio tcp-client:127.0.0.1:7300")
@port_option
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
@ready_file_option
@click.option("--running", is_flag=True, help="Press Start at the console at once.")
@click.option("--duration", type=click.FloatRange(min=0), metavar="S", help="End after S seconds.")
@click.option(
    "--radio",
    metavar="RADIO",
    help="A real adapter instead of the virtual radio: a bumble transport such as usb:0.",
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    help="Play a scenario's machine, then end: a name, `list` for all, or a file (.toml).",
)
@click.option(
    "--junit",
    "report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write what became of the scenarios, for a CI.",
)
def command(
    *,
    port: int,
    radio: str | None,
    scenarios: tuple[str, ...],
    report: Path | None,
    machine: str,
    speed: float,
    seed: int,
    ready_file: Path | None,
    running: bool,
    duration: float | None,
) -> None:
    """Run a treadmill alone: physics, FTMS server and Bluetooth, on a virtual radio over TCP.

    Programs reach it with the radio tcp-client:127.0.0.1:PORT, or over the air with --radio. Ctrl-C
    ends it. A scenario begins when a client has connected, and ends it with 1 if what is expected
    of the machine is not the case.
    """
    if "list" in {machine, *scenarios}:
        _list(machine)
        return
    if report is not None and not scenarios:
        fail("--junit tells what became of scenarios; name one with --scenario")
    if scenarios and speed != 1:
        fail("a scenario has times of its own; leave out --speed")
    try:
        profile = load_profile(machine)
        stories = [load_scenario(name) for name in scenarios]
    except (ProfileError, ScenarioError) as error:
        fail(str(error))
    plan = _Plan(profile, port, radio, speed, seed, ready_file, running, duration)
    results: list[Result] = []
    work = _play(plan, stories, results) if stories else _simulate(plan)
    run_on_air(work, port, "the simulator")
    if report is not None:
        _write(report, junit(profile.key, results))
    if len(results) < len(stories) or any(result.failure for result in results):
        sys.exit(1)


def _list(machine: str) -> None:
    """The machines, or the scenarios, that come with this package."""
    if machine == "list":
        for name in machine_names():
            click.echo(f"{name:20} {load_profile(name).title}")
    else:
        for key, scenario in library().items():
            click.echo(f"{key:28} {scenario.title}")


def _write(report: Path, text: str) -> None:
    try:
        report.write_text(text, "utf-8")
    except OSError as error:
        fail(f"{report} cannot be written: {error.strerror or error}")


@dataclass(frozen=True, slots=True)
class _Plan:
    """What the command line asks for."""

    profile: Profile
    port: int
    radio: str | None
    speed: float
    seed: int
    ready_file: Path | None
    running: bool
    duration: float | None

    @asynccontextmanager
    async def simulation(self) -> "AsyncIterator[Simulation]":
        """A treadmill in reach, and word of where."""
        from simulators.radio.adapter import AdapterError, open_adapter  # noqa: PLC0415
        from simulators.simulation import Simulation  # noqa: PLC0415 - needs an extra

        async with AsyncExitStack() as stack:
            adapter = None
            if self.radio is not None:
                try:
                    adapter = await stack.enter_async_context(open_adapter(self.radio))
                except AdapterError as error:
                    fail(str(error))
            simulation = await stack.enter_async_context(
                Simulation(
                    profile=self.profile,
                    speed=self.speed,
                    seed=self.seed,
                    tcp_port=None if adapter else self.port,
                    adapter=adapter,
                )
            )
            what, radio = "A simulated treadmill is on the air by", self.radio
            if radio is None:
                what = "A simulated treadmill is in reach of the radio"
                radio = f"tcp-client:127.0.0.1:{simulation.port}"
            await announce(what, radio, self.ready_file)
            if self.profile.key != STRICT.key:
                click.echo(f"It behaves like: {self.profile.title}")
            yield simulation


async def _simulate(plan: _Plan) -> None:
    async with plan.simulation() as simulation:
        if plan.running:
            simulation.machine.start()
        try:
            async with asyncio.timeout(plan.duration):
                await _unless_lost(simulation, _report(simulation))
        except TimeoutError:
            pass


async def _play(plan: _Plan, scenarios: Sequence[Scenario], results: list[Result]) -> None:
    """Play them one after the other, each with a machine of its own."""
    for scenario in scenarios:
        why = reason_against(scenario, plan.profile)
        if why:
            click.echo(f"{scenario.key} does not apply to this machine: {why}")
            results.append(Result(scenario.key, 0.0, story=why))
            continue
        try:
            async with asyncio.timeout(plan.duration), plan.simulation() as simulation:
                results.append(await _play_one(scenario, simulation))
        except TimeoutError:
            message = f"not at its end after {plan.duration:g} s"
            click.echo(f"{scenario.key}: {message}", err=True)
            results.append(Result(scenario.key, plan.duration or 0.0, message))


async def _play_one(scenario: Scenario, simulation: "Simulation") -> Result:
    from simulators.scenario.stage import MachineStage  # noqa: PLC0415 - needs an extra

    story = Story(
        asyncio.get_running_loop().time,
        on_line=lambda time, text: click.echo(f"{time:8.1f}  {text}"),
    )
    connected = Expect((read_condition("machine.clients >= 1"),), LONGEST_S)
    patient = replace(scenario, steps=(connected, *scenario.steps))
    player = Player(patient, MachineStage(simulation, story), story)
    click.echo("The scenario begins when a client has connected.")
    try:
        await _unless_lost(simulation, player.play())
    except ScenarioFailedError as failure:
        return Result(scenario.key, story.time, str(failure))
    return Result(scenario.key, story.time, story=str(story))


async def _unless_lost(simulation: "Simulation", work: Coroutine[object, object, None]) -> None:
    """Do the work; the loss of a real adapter ends the command."""
    task = asyncio.create_task(work)
    lost = asyncio.create_task(simulation.lost())
    try:
        await asyncio.wait({task, lost}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            fail("the adapter is gone")
        task.result()
    finally:
        for each in (task, lost):
            each.cancel()
        await asyncio.gather(task, lost, return_exceptions=True)


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
