"""Time from Ctrl-C to the end of each program; the target is two seconds.

Needs mosquitto and the development environment. Run: python -m benchmarks.endings
"""

import asyncio
import signal
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from statistics import median

from tests.e2e.bridge_rig import BASE, Listener, until
from tests.e2e.processes import Program, program
from tests.rigs.brokers import free_port, mosquitto, subscriber

RUNS = 5
CONFIG = '[[treadmills]]\nid = "den"\n'


@asynccontextmanager
async def demo() -> AsyncIterator[Program]:
    async with program("demo", "--script", "none", "--mqtt-port", "0") as it:
        await it.prints("MQTT broker on")
        yield it


@asynccontextmanager
async def simulate() -> AsyncIterator[Program]:
    async with program("simulate", "--port", "0") as it:
        await it.prints("tcp-client:")
        yield it


@asynccontextmanager
async def run() -> AsyncIterator[Program]:
    """Run a bridge with a broker and a moving belt."""
    with tempfile.TemporaryDirectory() as place:
        path = Path(place) / "bridge.toml"
        path.write_text(CONFIG)
        async with (
            mosquitto(Path(place)) as broker,
            subscriber(broker.port, topic="treadmills/#") as heard,
            program("simulate", "--port", "0", "--running") as machine,
        ):
            radio = (await machine.prints(r"tcp-client:127\.0\.0\.1:\d+"))[0]
            where = ("--mqtt-host", "127.0.0.1", "--mqtt-port", str(broker.port))
            async with program("run", "-c", str(path), "--radio", radio, *where) as it:
                online = Listener(heard)
                await until("the belt", lambda: online.word(f"{BASE}/availability") == "online")
                yield it


@asynccontextmanager
async def run_alone() -> AsyncIterator[Program]:
    """Run a bridge without a broker or a radio."""
    with tempfile.TemporaryDirectory() as place:
        path, nobody = Path(place) / "bridge.toml", str(free_port())
        path.write_text(CONFIG)
        where = ("--mqtt-host", "127.0.0.1", "--mqtt-port", nobody)
        radio = f"tcp-client:127.0.0.1:{nobody}"
        async with program("run", "-c", str(path), "--radio", radio, *where) as it:
            await it.prints("mqtt_trouble")
            yield it


async def measure(start: Callable[[], AbstractAsyncContextManager[Program]]) -> list[float]:
    """Return the seconds from Ctrl-C to the end of each run."""
    times = []
    for _ in range(RUNS):
        async with start() as it:
            began = time.monotonic()
            await it.ended_by(signal.SIGINT)
            times.append(time.monotonic() - began)
    return times


async def main() -> None:
    for name, start in {
        "demo": demo,
        "simulate": simulate,
        "run": run,
        "run, nothing there": run_alone,
    }.items():
        times = await measure(start)
        print(f"{name:20} median {median(times):5.2f} s, worst {max(times):5.2f} s of {RUNS}")


if __name__ == "__main__":
    asyncio.run(main())
