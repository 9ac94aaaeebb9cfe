"""`treadmill-bridge simulate`."""

import asyncio
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Sequence
from contextlib import (
    AbstractAsyncContextManager,
    asynccontextmanager,
    contextmanager,
)
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from bridge.app.keyboard import BUTTON_KEYS, help_on_buttons, keyboard
from bridge.cli.common import (
    Finite,
    announce,
    fail,
    port_option,
    ready_file_option,
    run_on_air,
    write_whole,
)
from bridge.tasks import race
from simulators.ftms.profile import STRICT, Profile
from simulators.ftms.profile_file import ProfileError, load_profile, machine_names
from simulators.physics.console import BUTTONS, refusal
from simulators.scenario.condition import read_condition
from simulators.scenario.junit import Result, junit
from simulators.scenario.player import Player, ScenarioFailedError, Transcript
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
    from simulators.kingsmith.simulation import PadSimulation
    from simulators.radio.adapter import Adapter
    from simulators.simulation import Simulation

WALKING_PAD = "walkingpad"
PAD_TITLE = "KingSmith WalkingPad (no FTMS)"
CUT_SHORT = "the command ended before it was played"
"""Failure of a scenario that Ctrl-C cut short."""


@click.command("simulate", epilog="Then: treadmill-bridge scan --radio tcp-client:127.0.0.1:7300")
@port_option
@click.option(
    "--machine",
    metavar="NAME",
    default="strict",
    show_default=True,
    help="Machine to simulate: a name, `list` to list them, or your own profile (.toml).",
)
@click.option(
    "--speed",
    type=Finite(0.1, 100),
    metavar="N",
    default=1.0,
    help="Run the simulation N times as fast.",
)
@click.option(
    "--seed", type=int, default=0, show_default=True, help="Seed that chooses the runner."
)
@ready_file_option
@click.option("--running", is_flag=True, help="Press Start at the console right away.")
@click.option("--duration", type=Finite(min=0), metavar="S", help="End after S seconds.")
@click.option(
    "--radio",
    metavar="RADIO",
    help="Real adapter instead of the virtual radio: a bumble transport such as usb:0.",
)
@click.option(
    "--scenario",
    "scenarios",
    multiple=True,
    metavar="NAME",
    help="Scenario to play: a name, `list` to list them, or a file (.toml).",
)
@click.option(
    "--connect-timeout",
    type=Finite(min=0),
    default=LONGEST_S,
    show_default=True,
    metavar="S",
    help="Seconds that a scenario waits for a client.",
)
@click.option(
    "--junit",
    "report",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="Write the scenarios' results as JUnit XML, for CI.",
)
def command(
    *,
    port: int,
    radio: str | None,
    scenarios: tuple[str, ...],
    connect_timeout: float,
    report: Path | None,
    machine: str,
    speed: float,
    seed: int,
    ready_file: Path | None,
    running: bool,
    duration: float | None,
) -> None:
    """Run a simulated treadmill: physics, FTMS server and Bluetooth, on a virtual radio over TCP.

    Programs connect with the radio tcp-client:127.0.0.1:PORT, or over the air with --radio. Ctrl-C
    ends it. A scenario begins when a client has connected. The command exits with 1 if the machine
    does not behave as the scenario expects.
    """
    if "list" in {machine, *scenarios}:
        _list(machine)
        return
    if report is not None and not scenarios:
        fail("--junit reports results of scenarios; choose one with --scenario")
    if scenarios and speed != 1:
        fail("a scenario has its own timing; leave out --speed")
    if machine == WALKING_PAD:
        if scenarios:
            fail("scenarios are for FTMS machines; leave out --scenario, or change --machine")
        plan = _Plan(
            STRICT, port, radio, speed, seed, ready_file, running, duration, connect_timeout
        )
        run_on_air(_simulate(plan, plan.walking_pad()), port, "the simulator")
        return
    try:
        profile = load_profile(machine)
        loaded = [load_scenario(name) for name in scenarios]
    except (ProfileError, ScenarioError) as error:
        fail(str(error))
    plan = _Plan(profile, port, radio, speed, seed, ready_file, running, duration, connect_timeout)
    results: list[Result] = []
    work = _play(plan, loaded, results) if loaded else _simulate(plan, plan.simulation())
    run_on_air(work, port, "the simulator")
    results += [Result(each.key, 0.0, CUT_SHORT) for each in loaded[len(results) :]]
    if report is not None:
        _write(report, junit(profile.key, results))
    if any(result.failure for result in results):
        sys.exit(1)


def _list(machine: str) -> None:
    """List the built-in machines or scenarios."""
    if machine == "list":
        for name in machine_names():
            click.echo(f"{name:20} {load_profile(name).title}")
        click.echo(f"{WALKING_PAD:20} {PAD_TITLE}")
    else:
        for key, scenario in library().items():
            click.echo(f"{key:28} {scenario.title}")


def _write(report: Path, text: str) -> None:
    try:
        write_whole(report, text)
    except OSError as error:
        fail(f"cannot write {report}: {error.strerror or error}")


@dataclass(frozen=True, slots=True)
class _Plan:
    """Values of the command line's options."""

    profile: Profile
    port: int
    radio: str | None
    speed: float
    seed: int
    ready_file: Path | None
    running: bool
    duration: float | None
    connect_timeout: float

    @asynccontextmanager
    async def simulation(self) -> "AsyncIterator[Simulation]":
        """Yield a simulated treadmill, and announce its radio."""
        from simulators.simulation import Simulation  # noqa: PLC0415 - needs an extra

        async with (
            self._adapter() as adapter,
            Simulation(
                profile=self.profile,
                speed=self.speed,
                seed=self.seed,
                tcp_port=None if adapter else self.port,
                adapter=adapter,
            ) as simulation,
        ):
            like = "" if self.profile.key == STRICT.key else self.profile.title
            await self._announce(simulation.port, like)
            yield simulation

    @asynccontextmanager
    async def walking_pad(self) -> "AsyncIterator[PadSimulation]":
        """Yield a simulated WalkingPad, and announce its radio."""
        from simulators.kingsmith.simulation import PadSimulation  # noqa: PLC0415 - needs an extra

        async with (
            self._adapter() as adapter,
            PadSimulation(
                speed=self.speed,
                seed=self.seed,
                tcp_port=None if adapter else self.port,
                adapter=adapter,
            ) as simulation,
        ):
            await self._announce(simulation.port, PAD_TITLE)
            yield simulation

    @asynccontextmanager
    async def _adapter(self) -> "AsyncIterator[Adapter | None]":
        """Yield the real adapter of --radio, or None."""
        from simulators.radio.adapter import AdapterError, open_adapter  # noqa: PLC0415

        if self.radio is None:
            yield None
            return
        try:
            async with open_adapter(self.radio) as adapter:
                yield adapter
        except AdapterError as error:
            fail(str(error))

    async def _announce(self, tcp_port: int | None, like: str) -> None:
        what, radio = "A simulated treadmill is on the air by", self.radio
        if radio is None:
            what = "A simulated treadmill is in range of the radio"
            radio = f"tcp-client:127.0.0.1:{tcp_port}"
        await announce(what, radio, self.ready_file)
        if like:
            click.echo(f"It behaves like: {like}")


async def _simulate(
    plan: _Plan, on_air: "AbstractAsyncContextManager[Simulation | PadSimulation]"
) -> None:
    async with on_air as simulation:
        if plan.running:
            simulation.machine.start()
        try:
            async with asyncio.timeout(plan.duration):
                with _console(simulation):
                    await _unless_lost(simulation, _report(simulation))
        except TimeoutError:
            pass


@contextmanager
def _console(simulation: "Simulation | PadSimulation") -> Iterator[None]:
    """Make the keyboard the machine's console, if there is a terminal."""

    def pressed(key: str) -> None:
        button = BUTTON_KEYS.get(key)
        if button is None:
            click.echo(f"{key!r} is not a button; buttons: {help_on_buttons()}")
            return
        done = BUTTONS[button](simulation.machine)
        refused = "" if done else f" is refused: {refusal(simulation.machine, button)}"
        click.echo(f"console: {button}{refused}")

    with keyboard(pressed) as there:
        if there:
            click.echo(f"This keyboard is the machine's console: {help_on_buttons()}.")
        yield


async def _play(plan: _Plan, scenarios: Sequence[Scenario], results: list[Result]) -> None:
    """Play the scenarios one after the other, each with a new machine."""
    for scenario in scenarios:
        why = reason_against(scenario, plan.profile)
        if why:
            click.echo(f"{scenario.key} does not apply to this machine: {why}")
            results.append(Result(scenario.key, 0.0, transcript=why))
            continue
        try:
            async with asyncio.timeout(plan.duration), plan.simulation() as simulation:
                results.append(await _play_one(scenario, simulation, plan.connect_timeout))
        except TimeoutError:
            message = f"not finished after {plan.duration:g} s"
            click.echo(f"{scenario.key}: {message}", err=True)
            results.append(Result(scenario.key, plan.duration or 0.0, message))


async def _play_one(scenario: Scenario, simulation: "Simulation", connect_timeout: float) -> Result:
    from simulators.scenario.rig import MachineRig  # noqa: PLC0415 - needs an extra

    transcript = Transcript(
        asyncio.get_running_loop().time,
        on_line=lambda time, text: click.echo(f"{time:8.1f}  {text}"),
    )
    connected = Expect((read_condition("machine.clients >= 1"),), connect_timeout)
    patient = replace(scenario, steps=(connected, *scenario.steps))
    player = Player(patient, MachineRig(simulation, transcript), transcript)
    click.echo("The scenario begins when a client has connected.")
    try:
        await _unless_lost(simulation, player.play())
    except ScenarioFailedError as failure:
        return Result(scenario.key, transcript.time, str(failure))
    return Result(scenario.key, transcript.time, transcript=str(transcript))


async def _unless_lost(
    simulation: "Simulation | PadSimulation", work: Coroutine[object, object, None]
) -> None:
    """Run the work; losing a real adapter ends the command."""
    if await race(work, simulation.lost()) != 0:
        fail("the adapter was lost")


async def _report(simulation: "Simulation | PadSimulation") -> None:
    """Print the belt's speed and incline whenever they change."""
    last = ""
    while True:
        belt = simulation.machine
        line = f"belt {belt.true_speed_kmh:4.1f} km/h, incline {belt.true_incline_percent:4.1f} %"
        if line != last:
            click.echo(line)
            last = line
        await asyncio.sleep(1)
