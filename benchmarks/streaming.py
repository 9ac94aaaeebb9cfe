"""The whole way, on the virtual radio and a real mosquitto: latency, processor and memory.

The bridge, a bare relay of raw bytes and a script without a guard take turns. Each is a process
of its own against a fresh simulated treadmill at 12 km/h; the treadmill and the listener at the
broker run here.
"""

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from statistics import quantiles
from typing import Any

import aiomqtt

from benchmarks.table import Row, compared, limited
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
READY_S = 30.0
TICKS = os.sysconf("SC_CLK_TCK")
TOP = 1200
"""Where the commands begin, in 0.01 km/h; each asks for 0.1 km/h less, which is
written at once."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A program to measure: how it is started, and what it says over MQTT."""

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
    """Yield those that this Python can run."""
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
    """What one run of one subject came to; times in ms, memory in MB."""

    up: list[float] = field(default_factory=list)
    down: list[float] = field(default_factory=list)
    cpu_percent: float = 0.0
    rss_mb: float = 0.0
    pss_mb: float = 0.0


@asynccontextmanager
async def mosquitto(directory: Path) -> AsyncIterator[int]:
    """Run Debian's broker, and yield its port."""
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        message = "the benchmark needs mosquitto: apt install mosquitto"
        raise SystemExit(message)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    config = directory / "mosquitto.conf"
    config.write_text(f"listener {port} 127.0.0.1\nuser root\nallow_anonymous true\n")
    process = await asyncio.create_subprocess_exec(
        program,
        "-c",
        str(config),
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield port
    finally:
        process.kill()
        await process.wait()


def _processor_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICKS


def _memory_mb(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    known = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return known["Rss:"] / 1024, known["Pss:"] / 1024


async def play(subject: Subject, *, seconds: float, interval: float) -> Run:
    """Run one subject for a while, and say what it came to."""
    loop, run = asyncio.get_running_loop(), Run()
    sent: dict[int, float] = {}
    asked: dict[int, float] = {}
    with tempfile.TemporaryDirectory() as place:
        async with mosquitto(Path(place)) as port:
            await asyncio.sleep(0.3)
            simulation = Simulation(sample_interval=interval, tcp_port=0)
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
                    while simulation.machine.true_speed_kmh < TOP / 100 - 0.05:
                        await asyncio.sleep(0.5)
                    await asyncio.sleep(8)  # a belt found moving is adopted once it is steady
                    speed = TOP - 10  # the first command also asks for control
                    await listener.publish(subject.orders, subject.order(speed), qos=1)
                    await asyncio.sleep(2)
                    run.up.clear()
                    began, used = loop.time(), _processor_s(process.pid)
                    await asyncio.sleep(seconds)
                    run.cpu_percent = (
                        (_processor_s(process.pid) - used) / (loop.time() - began) * 100
                    )
                    # A command makes a state of its own, and the next frame then waits for the
                    # rate limit: so the commands come after the frames were timed.
                    heard.cancel()
                    while loop.time() < began + 2 * seconds:
                        speed -= 10
                        asked[speed] = loop.time()
                        await listener.publish(subject.orders, subject.order(speed), qos=1)
                        await asyncio.sleep(1.0)
                    run.rss_mb, run.pss_mb = _memory_mb(process.pid)
                finally:
                    with suppress(ProcessLookupError):
                        process.terminate()
                    await process.wait()
    return run


def _note_notifications(
    simulation: Simulation, loop: asyncio.AbstractEventLoop, sent: dict[int, float]
) -> None:
    """Have each frame's moment noted by the distance in it."""
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
    """The 99th percentile."""
    return quantiles(values, n=100)[98] if len(values) > 1 else values[0]


async def measure(*, runs: int = 7, seconds: float = 30.0, interval: float = 0.5) -> list[Row]:
    """Play every subject in turn, several times, and compare with the relay."""
    found: dict[str, list[Run]] = {}
    programs = list(subjects())
    for turn in range(runs):
        for subject in programs:
            print(f"  run {turn + 1} of {runs}: {subject.name}", flush=True)
            found.setdefault(subject.name, []).append(
                await play(subject, seconds=seconds, interval=interval)
            )
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
            ("rss_mb", "resident memory", "MB", None),
            ("pss_mb", "proportional memory", "MB", None),
        ):
            rows.append(
                compared(
                    name,
                    label,
                    [getattr(r, what) for r in mine],
                    [getattr(r, what) for r in relay],
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


def middle(values: list[float]) -> float:
    """The median."""
    return sorted(values)[len(values) // 2]


__all__ = ["limited", "measure"]
