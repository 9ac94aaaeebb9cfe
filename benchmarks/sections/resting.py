"""Memory and processor of `run` at rest on the system's radio, compared with the bare libraries.

The bus is a real dbus-daemon with a small service in place of BlueZ. Its adapter is switched on,
and finds nothing.
"""

import asyncio
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import aiomqtt

from benchmarks.processes import PROGRAM, Memory, memory, mosquitto, processor_s, running
from benchmarks.table import Row, compared, limited
from tests.rigs.bluez_service import Adapter, Bus, bluez

CONFIG = """
state_dir = "STATE"
[mqtt]
host = "127.0.0.1"
port = PORT
[[treadmills]]
id = "den"
address = "F0:00:00:00:00:01"
"""
SETTLE_S = 5.0
MORE_MB = 10.0
REST_PERCENT = 0.3


async def one(name: str, port: int, place: Path, seconds: float) -> tuple[Memory, float]:
    """Return memory in MB and percent of a core of one program, once it has settled."""
    config = place / "bridge.toml"
    config.write_text(CONFIG.replace("STATE", str(place / "state")).replace("PORT", str(port)))
    command, topic = {
        "run": ((PROGRAM, "run", "-c", str(config)), "treadmills/bridge/availability"),
        "libraries": (
            (
                str(Path(PROGRAM).with_name("python")),
                "-m",
                "benchmarks.subjects.libraries",
                str(port),
            ),
            "libraries/availability",
        ),
    }[name]
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe(topic)
        async with running(*command, log=place / "log") as process:
            async for message in client.messages:
                if message.payload == b"online":
                    break
            await asyncio.sleep(SETTLE_S)
            used = processor_s(process.pid)
            await asyncio.sleep(seconds)
            return memory(process.pid), (processor_s(process.pid) - used) / seconds * 100


async def _all(runs: int, seconds: float) -> dict[str, list[tuple[Memory, float]]]:
    found: dict[str, list[tuple[Memory, float]]] = {"libraries": [], "run": []}
    with tempfile.TemporaryDirectory() as folder:
        bus = Bus(Path(folder))
        bus.start()
        os.environ["DBUS_SYSTEM_BUS_ADDRESS"] = bus.address
        try:
            async with bluez(bus, Adapter()):
                for _ in range(runs):
                    for name, values in found.items():
                        with tempfile.TemporaryDirectory() as place:
                            async with mosquitto(Path(place)) as port:
                                values.append(await one(name, port, Path(place), seconds))
        finally:
            del os.environ["DBUS_SYSTEM_BUS_ADDRESS"]
            bus.end()
    return found


def measure(*, runs: int = 5, seconds: float = 20.0) -> Iterator[Row]:
    """Yield the rows."""
    found = asyncio.run(_all(runs, seconds))
    mine, bare = found["run"], found["libraries"]
    for what in ("rss", "pss"):
        values = [getattr(kept, what) for kept, _ in mine]
        floors = [getattr(kept, what) for kept, _ in bare]
        name = {"rss": "resident memory", "pss": "proportional memory"}[what]
        yield compared("rest", name, values, floors, "MB", "libraries")
        if what == "rss":
            more = [value - floor for value, floor in zip(values, floors, strict=True)]
            yield limited("rest", "resident, beyond the libraries", more, "MB", at_most=MORE_MB)
    used = [percent for _, percent in mine]
    yield limited("rest", "processor, no machine there", used, "%", at_most=REST_PERCENT)
