"""Latency of a stop from the broker to the control point, alone and with 1,000 commands/s."""

import asyncio
import sys
import tempfile
from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from pathlib import Path

import aiomqtt

from benchmarks.processes import PROGRAM, READY_S, mosquitto, running
from benchmarks.sections.streaming import CONFIG
from benchmarks.table import Row, compared, limited, percentile
from simulators.simulation import Simulation

RATES = (0, 1000)
STOPS = 15
SETTLE_S = 3.0
BETWEEN_S = 0.4
AGAIN_S = 5.0
"""Time after which an unwritten stop is sent again; its latency keeps counting."""
STOP = bytes([8, 1])
"""Octets of Stop or Pause, with the parameter for a stop."""


async def stops(rate: int) -> list[float]:
    """Return the ms of some stops of a standing belt, in a flood of so many commands a second."""
    loop = asyncio.get_running_loop()
    async with AsyncExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        port = await stack.enter_async_context(mosquitto(place))
        simulation = Simulation(sample_interval=0.5, tcp_port=0)
        written: asyncio.Queue[float] = asyncio.Queue()

        def note(at: float, value: bytes) -> None:
            if value == STOP:
                written.put_nowait(at)

        simulation.on_write = note
        await stack.enter_async_context(simulation)
        config, log = place / "bridge.toml", place / "log"
        radio = f"tcp-client:127.0.0.1:{simulation.port}"
        text = CONFIG.replace("PORT", str(port)).replace("RADIO", radio)
        config.write_text(text.replace("STATE", str(place / "state")))
        client = await stack.enter_async_context(aiomqtt.Client("127.0.0.1", port))
        await client.subscribe("treadmills/den/availability")
        await stack.enter_async_context(running(PROGRAM, "run", "-c", str(config), log=log))
        async with asyncio.timeout(READY_S):
            async for message in client.messages:
                if message.payload == b"online":
                    break
        await client.unsubscribe("treadmills/den/availability")
        await asyncio.sleep(SETTLE_S)
        if rate:
            flood = (sys.executable, "-m", "benchmarks.subjects.flood", str(port), str(rate))
            await stack.enter_async_context(running(*flood))
            await asyncio.sleep(SETTLE_S)
        times = []
        for _ in range(STOPS):
            while not written.empty():
                written.get_nowait()
            began = loop.time()
            while written.empty():
                await client.publish("treadmills/den/set/belt", "stop", qos=1)
                with suppress(TimeoutError):
                    async with asyncio.timeout(AGAIN_S):
                        times.append((await written.get() - began) * 1000)
                        break
                print("  a stop was not written:", log.read_text()[-2000:], file=sys.stderr)
            await asyncio.sleep(BETWEEN_S)
        return times


def measure(*, runs: int = 5) -> Iterator[Row]:
    """Yield the rows."""
    found: dict[int, list[list[float]]] = {rate: [] for rate in RATES}
    for _ in range(runs):
        for rate, times in found.items():
            times.append(asyncio.run(stops(rate)))
    for percent, most in ((50, 2.0), (99, None)):
        quiet, flood = ([percentile(times, percent) for times in found[rate]] for rate in RATES)
        yield limited("stop", f"stop → control point, p{percent}, quiet", quiet, "ms")
        name = f"the same amid {RATES[1]} commands/s"
        yield compared("stop", name, flood, quiet, "ms", "quiet", at_most=most)
