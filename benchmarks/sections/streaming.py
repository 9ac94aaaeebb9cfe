"""End to end on the virtual radio and a real mosquitto: latency, processor and memory.

The bridge, a bare relay of raw bytes and a script without a guard run side by side, so that
disturbances affect all. Each is a process with its own broker and a fresh simulated treadmill at
6 km/h; the treadmills and the subscribers run in this process.
"""

import asyncio
import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import aiomqtt

from benchmarks.processes import NOTHING, READY_S, Memory, memory, mosquitto, processor_s
from benchmarks.table import Row, compared, percentile
from protocols.ftms.control_point import SetTargetSpeed, encode_request
from protocols.ftms.treadmill_data import TreadmillData
from protocols.uuids import TREADMILL_DATA
from simulators.radio.peripheral import ADDRESS
from simulators.simulation import Simulation

CONFIG = f"""
state_dir = "STATE"
[mqtt]
host = "127.0.0.1"
port = PORT
state_hz = 5
[bluetooth]
radio = "RADIO"
[[treadmills]]
id = "den"
address = "{ADDRESS}"
speed_unit = "kmh"
[treadmills.guard]
warm_up_s = 0
"""
TOP = 600
"""First command, in 0.01 km/h; each one requests 0.1 km/h less, which is written at
once."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A program to measure: its command line, and its MQTT messages."""

    name: str
    command: tuple[str, ...]
    data: str
    metres: Callable[[bytes], int | None]
    orders: str
    order: Callable[[int], bytes]


def _raw_metres(payload: bytes) -> int | None:
    return TreadmillData.decode(payload).distance


def _key(name: str) -> Callable[[bytes], int | None]:
    def read(payload: bytes) -> int | None:
        value: int | None = json.loads(payload).get(name)
        return value

    return read


def subjects() -> Iterator[Subject]:
    """Yield the subjects that this Python can run."""
    here = (sys.executable, "-m")
    yield Subject(
        "relay",
        (*here, "benchmarks.subjects.relay"),
        "relay/data",
        _raw_metres,
        "relay/set",
        lambda speed: encode_request(SetTargetSpeed(speed)),
    )
    yield Subject(
        "bridge",
        (*here, "bridge", "run"),
        "treadmills/den/state",
        _key("distance_m"),
        "treadmills/den/set/speed",
        lambda speed: f"{speed / 100:.2f}".encode(),
    )
    if find_spec("pyftms"):
        yield Subject(
            "script",
            (*here, "benchmarks.subjects.script"),
            "script/state",
            _key("distance_total"),
            "script/set/speed",
            lambda speed: f"{speed / 100:.2f}".encode(),
        )
    else:
        print("LEFT OUT: the script without a guard needs pyftms, which is not installed here")


@dataclass(slots=True)
class Run:
    """Result of one run of one subject; times in ms, memory in MB."""

    up: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)
    cpu_percent: float = 0.0
    memory: Memory = NOTHING


async def play(
    subject: Subject,
    *,
    seconds: float,
    interval: float,
    moving: bool = True,
    commands: bool = True,
) -> Run:
    """Run one subject for a while, with a belt that runs or stands, and return its result."""
    loop, run = asyncio.get_running_loop(), Run()
    sent: dict[int, float] = {}
    asked: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as place:
        async with mosquitto(Path(place)) as port:
            simulation = Simulation(sample_interval=interval, tcp_port=0)
            if moving:
                simulation.machine.start()
                simulation.machine.set_speed(TOP)

            def note(at: float, value: bytes) -> None:
                if value[0] == 2 and (speed := int.from_bytes(value[1:3], "little")) in asked:
                    run.down.append((at - asked.pop(speed)) * 1000)

            simulation.on_write = note
            _note_notifications(simulation, loop, sent)
            async with simulation, aiomqtt.Client("127.0.0.1", port) as listener:
                await listener.subscribe(subject.data)
                process = await _start(subject, Path(place), simulation, port)
                try:
                    streaming = asyncio.Event()
                    heard = asyncio.create_task(
                        _listen(listener, subject, sent, run, streaming, loop)
                    )
                    await asyncio.wait_for(streaming.wait(), READY_S)
                    while moving and simulation.machine.true_speed_kmh < TOP / 100 - 0.05:
                        await asyncio.sleep(0.5)
                    await asyncio.sleep(8)  # a belt found moving is adopted once it is steady
                    speed = TOP - 10  # the first command also requests control
                    if moving:
                        await listener.publish(subject.orders, subject.order(speed), qos=1)
                        await asyncio.sleep(2)
                    run.up.clear()
                    began, used = loop.time(), processor_s(process.pid)
                    await asyncio.sleep(seconds)
                    used = processor_s(process.pid) - used
                    run.cpu_percent = used / (loop.time() - began) * 100
                    # A command publishes a state of its own, and the next frame then waits for the
                    # rate limit. So the commands follow after the frames are timed.
                    heard.cancel()
                    while commands and loop.time() < began + 2 * seconds:
                        speed -= 10
                        asked[speed] = loop.time()
                        await listener.publish(subject.orders, subject.order(speed), qos=1)
                        await asyncio.sleep(1.0)
                    run.memory = memory(process.pid)
                finally:
                    with suppress(ProcessLookupError):
                        process.terminate()
                    await process.wait()
    return run


def _note_notifications(
    simulation: Simulation, loop: asyncio.AbstractEventLoop, sent: dict[int, float]
) -> None:
    """Record the time of each frame by its distance."""
    gatt: Any = simulation.peripheral.device.gatt_server
    notify = gatt.notify_subscriber

    async def noted(connection: object, characteristic: Any, value: bytes, force: bool) -> None:
        if characteristic.uuid.to_hex_str().lower() == f"{TREADMILL_DATA:04x}":
            distance = TreadmillData.decode(value).distance
            if distance is not None:
                sent.setdefault(distance, loop.time())
        await notify(connection, characteristic, value, force)

    gatt.notify_subscriber = noted


async def _start(
    subject: Subject, place: Path, simulation: Simulation, port: int
) -> asyncio.subprocess.Process:
    radio = f"tcp-client:127.0.0.1:{simulation.port}"
    if subject.name == "bridge":
        config = place / "bridge.toml"
        text = CONFIG.replace("PORT", str(port)).replace("RADIO", radio)
        config.write_text(text.replace("STATE", str(place)))
        arguments: tuple[str, ...] = ("-c", str(config))
    else:
        arguments = (radio, ADDRESS, str(port))
    log = (place / "log").open("wb")
    return await asyncio.create_subprocess_exec(
        *subject.command, *arguments, stdout=log, stderr=log
    )


async def _listen(
    client: aiomqtt.Client,
    subject: Subject,
    sent: dict[int, float],
    run: Run,
    streaming: asyncio.Event,
    loop: asyncio.AbstractEventLoop,
) -> None:
    async for message in client.messages:
        metres = subject.metres(bytes(message.payload))  # type: ignore[arg-type]
        if metres is not None and (at := sent.pop(metres, None)) is not None:
            run.up.append((loop.time() - at) * 1000)
            streaming.set()


def worst(values: list[float]) -> float:
    """Return the 99th percentile."""
    return percentile(values, 99)


async def measure(*, runs: int = 7, seconds: float = 30.0, interval: float = 0.5) -> list[Row]:
    """Run every subject several times, and compare with the relay."""
    found: dict[str, list[Run]] = {}
    programs = list(subjects())
    for turn in range(runs):
        print(f"  run {turn + 1} of {runs}", file=sys.stderr, flush=True)
        each = [play(subject, seconds=seconds, interval=interval) for subject in programs]
        for subject, run in zip(programs, await asyncio.gather(*each), strict=True):
            found.setdefault(subject.name, []).append(run)
    relay, rows = found["relay"], []
    for name, mine in found.items():
        if name == "relay":
            continue
        most = 1.25 if name == "bridge" else None
        for what, values in (("up", "notification → MQTT"), ("down", "command → control point")):
            for label, pick, limit in (("p50", middle, None), ("p99", worst, most)):
                rows.append(
                    compared(
                        name,
                        f"{values}, {label}",
                        [pick(getattr(r, what)) for r in mine],
                        [pick(getattr(r, what)) for r in relay],
                        "ms",
                        "relay",
                        at_most=limit,
                    )
                )
        for what, label, unit, limit in (
            ("cpu_percent", f"processor at {1 / interval:g} frames a second", "%", 2.5),
            ("rss", "resident memory", "MB", None),
            ("pss", "proportional memory", "MB", None),
        ):
            rows.append(
                compared(
                    name,
                    label,
                    [_figure(r, what) for r in mine],
                    [_figure(r, what) for r in relay],
                    unit,
                    "relay",
                    at_most=limit if name == "bridge" else None,
                )
            )
    if "script" in found:
        rows.append(
            compared(
                "bridge",
                "processor",
                [r.cpu_percent for r in found["bridge"]],
                [r.cpu_percent for r in found["script"]],
                "%",
                "script",
                at_most=1.0,
            )
        )
    return rows


def _figure(run: Run, what: str) -> float:
    value: float = getattr(run.memory if what in {"rss", "pss"} else run, what)
    return value


async def hours(*, runs: int = 3, seconds: float = 20.0) -> list[Row]:
    """Compare the cost of an hour in seconds of a core: at rest, and at several frame rates."""
    rows = []
    for label, frames, moving in (
        ("at rest, 1 frame/s", 1, False),
        ("1 frame/s", 1, True),
        ("2 frames/s", 2, True),
        ("5 frames/s", 5, True),
    ):
        found: dict[str, list[float]] = {}
        for _ in range(runs):
            programs = list(subjects())
            each = [
                play(subject, seconds=seconds, interval=1 / frames, moving=moving, commands=False)
                for subject in programs
            ]
            for subject, run in zip(programs, await asyncio.gather(*each), strict=True):
                found.setdefault(subject.name, []).append(run.cpu_percent * 36)
        rows += [
            compared("hour", f"{name}, {label}", values, found["relay"], "s", "relay")
            for name, values in found.items()
            if name != "relay"
        ]
    return rows


def middle(values: list[float]) -> float:
    """Return the median."""
    return sorted(values)[len(values) // 2]
