"""The demo: simulator, broker, bridge and script in one process."""

import asyncio
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass

from rich.console import Console
from rich.live import Live

from bridge.app.daemon import Daemon
from bridge.app.keyboard import BUTTON_KEYS, help_on_buttons, keyboard
from bridge.clock import SystemClock
from bridge.config import Config, host_and_port
from bridge.demo.broker import LOOPBACK, embedded_broker, free_port
from bridge.demo.page import serve_page
from bridge.demo.script import Step
from bridge.demo.state import WORKOUTS, own_state
from bridge.demo.view import Truth, View
from bridge.history.store.file import NAME
from bridge.mqtt.client import make_client
from bridge.mqtt.transport import MqttError, Version
from bridge.people.hints import Rhythm
from bridge.texts import Texts
from bridge.treadmill.actor import Treadmill
from bridge.values import Axis, Units
from simulators.physics.console import BUTTONS, refusal
from simulators.physics.machine import Machine
from simulators.simulation import Simulation

FRAME_S = 0.25
PLAIN_FRAME_S = 1.0
PUBLISH_S = 10.0
REACH_S = 8.0
"""Seconds after which the demo reports that another broker is unreachable."""
OWN_BROKER = {"version": "3.1.1"}
"""The demo's broker does not answer other versions, so probing would take seconds."""
FASTER = 20
"""Divisor of long times, to make them visible; the ramp is not divided."""


@dataclass(frozen=True, slots=True)
class BrokerAddress:
    """A broker, and True if the demo has to start it."""

    host: str
    port: int
    own: bool


def broker_address(given: str | None, port: int | None) -> BrokerAddress:
    """Return the broker to use: a given HOST[:PORT], else the demo's own.

    Raises:
        BrokerError: no port is free.
        ValueError: `given` is not HOST[:PORT].
    """
    if given is None:
        return BrokerAddress(LOOPBACK, free_port(port), own=True)
    host, number = host_and_port(given)
    return BrokerAddress(host, number or 1883, own=False)


def demo_config(broker: BrokerAddress, base: Config | None) -> dict[str, object]:
    """Return the configuration: `gentle` with long times divided by 20, or the owner's own."""
    if base is not None:
        document = base.model_dump(mode="python", exclude_unset=True)
        first = (document.get("treadmills") or ({"id": "demo"},))[0]
        own = {key: first[key] for key in ("id", "control", "guard") if key in first}
        document["treadmills"] = [{**own, "speed_unit": "kmh", "allow_remote_start": True}]
        document["mqtt"] = {
            **document.get("mqtt", {}),
            "host": broker.host,
            "port": broker.port,
        }
        if broker.own:
            document["mqtt"] = {
                key: value
                for key, value in document["mqtt"].items()
                if key in {"host", "port", "base_topic", "discovery_prefix", "state_hz", "programs"}
            } | OWN_BROKER
        document.pop("bluetooth", None)
        return document
    return {
        "mqtt": {"host": broker.host, "port": broker.port} | (OWN_BROKER if broker.own else {}),
        "guard": {
            "warm_up_s": 300 / FASTER,
            "cool_down_s": 300 / FASTER,
            "rest_s": 2 * 86_400 / FASTER,
            "steep": [
                {
                    "from_percent": 10,
                    "max_s": 600 / FASTER,
                    "window_s": 1800 / FASTER,
                    "then_percent": 5,
                }
            ],
        },
        "treadmills": [{"id": "demo", "speed_unit": "kmh", "allow_remote_start": True}],
    }


def hints(config: Config, broker: BrokerAddress) -> list[str]:
    """Return commands to paste into another terminal, kept short."""
    where = f"-p {broker.port}" if broker.own else f"-h {broker.host} -p {broker.port}"
    base = f"{config.mqtt.base_topic}/{config.treadmills[0].id}"
    miles = config.units is Units.MPH
    speed = """'{"value": 7.5, "unit": "mph"}'""" if miles else "12"
    return [
        f"mosquitto_sub {where} -v -t '{config.mqtt.base_topic}/#'",
        f"mosquitto_pub {where} -t {base}/set/belt -m start",
        f"mosquitto_pub {where} -t {base}/set/speed -m {speed}",
        f"mosquitto_pub {where} -t {base}/set/incline -m 12",
        f"mosquitto_pub {where} -t {base}/set/belt -m stop",
        f"mosquitto_pub {where} -t {base}/set/pain -m "
        """'{"place":"knee","severity":3}'""",
        f"mosquitto_pub {where} -t {base}/set/workout -m '{next(iter(WORKOUTS))}'",
    ]


async def play_demo(
    config: Config,
    broker: BrokerAddress,
    script: Sequence[Step],
    console: Console,
    *,
    duration: float | None,
    shortened: bool,
    page: bool = False,
) -> None:
    """Run the demo until it is cancelled or `duration` seconds have passed.

    With `page` the dashboard runs too, in its own process.

    Raises:
        BrokerError: the demo's own broker cannot be started.
    """
    view = View(console, [*hints(config, broker), _keys_hint()], Texts(config.units))
    if not console.is_terminal:
        for hint in hints(config, broker):
            view.add_line(f"try: {hint}")
    if shortened:
        view.add_line(
            "Long times are divided by 20 here (warm-up 15 s, steep 30 s in 90 s, cool-down 15 s,"
            " hints each 30 s, rest 2 h 24 min); the ramp is real:"
            f" +{Texts(config.units).amount(Axis.SPEED, 50)} in 5 s."
        )
    async with AsyncExitStack() as stack:
        config, history = stack.enter_context(own_state(config, own_workouts=shortened))
        view.hint(f"treadmill-bridge history --file {config.state_directory() / NAME} list")
        await stack.enter_async_context(_broker(broker, view))
        simulation = await stack.enter_async_context(Simulation())
        clock = SystemClock()
        daemon = Daemon(
            config,
            clock,
            history,
            radio=simulation.new_controller(),
            rhythm=Rhythm().faster(FASTER) if shortened else Rhythm(),
            on_outcome=view.outcome,
            on_event=lambda event: view.add_line(event.text, "cyan"),
            on_session=view.session,
        )
        treadmill = daemon.treadmills[config.treadmills[0].id]
        with suppress(TimeoutError), _console_keys(simulation.machine, view):
            async with asyncio.timeout(duration), asyncio.TaskGroup() as group:
                group.create_task(daemon.run())
                if page:
                    group.create_task(serve_page(config, view))
                if not broker.own:
                    group.create_task(_miss(broker, daemon, view))
                group.create_task(_show(view, treadmill, simulation.machine))
                group.create_task(_play(script, config, daemon, view))


@asynccontextmanager
async def _broker(broker: BrokerAddress, view: View) -> AsyncIterator[None]:
    if not broker.own:
        view.add_line(f"Using the broker {broker.host}:{broker.port}.")
        yield
        return
    async with embedded_broker(broker.port):
        view.add_line(f"MQTT broker on {broker.host}:{broker.port} (this machine only).")
        yield


async def _miss(broker: BrokerAddress, daemon: Daemon, view: View) -> None:
    """Report that the broker is unreachable, and when it is reached."""
    try:
        async with asyncio.timeout(REACH_S):
            await daemon.broker.wait_connected()
    except TimeoutError:
        where = f"{broker.host}:{broker.port}"
        view.add_line(
            f"Cannot reach the broker {where}. Is it running there? The demo keeps trying;"
            " -v shows the reason, and without --broker the demo starts its own.",
            "red",
        )
        await daemon.broker.wait_connected()
        view.add_line(f"Connected to the broker {where}.")


async def _play(
    script: Sequence[Step],
    config: Config,
    daemon: Daemon,
    view: View,
) -> None:
    """Play the script as one more MQTT client."""
    if not script:
        return
    await daemon.broker.wait_connected()
    await daemon.treadmills[config.treadmills[0].id].wait_connected()
    loop = asyncio.get_running_loop()
    began = loop.time()
    topic = f"{config.mqtt.base_topic}/{config.treadmills[0].id}/set"
    identity = f"treadmill-bridge-demo-{secrets.token_hex(4)}"
    version = Version(daemon.broker.protocol)
    texts = Texts(config.units)
    for step in script:
        await asyncio.sleep(max(0.0, began + step.at - loop.time()))
        speed = float(step.payload) * 100 if step.kind == "speed" else 0.0
        view.add_line(step.text.format(speed=texts.amount(Axis.SPEED, speed)), "bold")
        try:
            async with (
                asyncio.timeout(PUBLISH_S),
                await make_client(config.mqtt, identity, version) as client,
            ):
                await client.publish(f"{topic}/{step.kind}", step.payload.encode())
        except (MqttError, OSError, TimeoutError) as error:
            view.add_line(f"The script could not publish: {error}", "red")
    view.add_line("Your turn: paste one of the lines below into another terminal.", "bold")


async def _show(view: View, treadmill: Treadmill, machine: Machine) -> None:
    """Redraw the view on a terminal; else print lines."""
    if not view.console.is_terminal:
        while True:
            view.line(treadmill.snapshot, treadmill.decision, _truth(machine))
            await asyncio.sleep(PLAIN_FRAME_S)
    with Live(console=view.console, screen=True, auto_refresh=False) as live:
        while True:
            picture = view.draw(treadmill.snapshot, treadmill.decision, _truth(machine))
            live.update(picture, refresh=True)
            await asyncio.sleep(FRAME_S)


def _truth(machine: Machine) -> Truth:
    return Truth(machine.true_speed_kmh, machine.true_incline_percent)


def _keys_hint() -> str:
    if not sys.stdin.isatty():
        return "Ctrl-C ends the demo."
    keys = help_on_buttons()
    return f"This keyboard is the machine's console: {keys}.  ? shows the keys, q ends the demo."


@contextmanager
def _console_keys(machine: Machine, view: View) -> Iterator[None]:
    """Make the terminal's keys the console's buttons."""

    def pressed(key: str) -> None:
        if key == "q":
            os.kill(os.getpid(), signal.SIGINT)  # as Ctrl-C
        elif key in BUTTON_KEYS:
            what = BUTTON_KEYS[key]
            refused = "" if BUTTONS[what](machine) else f" is refused: {refusal(machine, what)}"
            view.add_line(f"Console: {what}{refused}", "magenta")
        else:
            view.add_line(_keys_hint(), "magenta")

    with keyboard(pressed):
        yield
