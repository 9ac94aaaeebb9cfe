"""1 to 200 treadmills in one process: latency, processor and memory, without Bluetooth."""

import asyncio
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import aiomqtt

from benchmarks.processes import ROOT, memory, mosquitto, processor_s
from benchmarks.table import Row, compared, limited, percentile

COUNTS = (1, 10, 50, 200)
INTERVAL_S = 0.25
MOST_MS = 50.0
SETTLE_S = 31.0
"""Time within which every belt is adopted, its session begins, and 100 m confirm its unit."""


@dataclass(frozen=True, slots=True)
class Load:
    """Result of one number of treadmills: ms, percent of a core, MB."""

    p50: float
    p99: float
    percent: float
    rss: float
    heard: float
    """Share of the frames that led to a message."""


async def play(count: int, seconds: float) -> Load:
    """Run many treadmills for a while."""
    with tempfile.TemporaryDirectory() as place:
        async with mosquitto(Path(place)) as port, aiomqtt.Client("127.0.0.1", port) as client:
            await client.subscribe("treadmills/+/state")
            arguments = (str(count), str(port), place, str(INTERVAL_S))
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "benchmarks.subjects.many", *arguments,
                stdout=asyncio.subprocess.PIPE, cwd=ROOT,
            )  # fmt: skip
            try:
                assert process.stdout is not None
                began = float((await process.stdout.readline()).split()[1])
                taking = asyncio.create_task(_take(client, count, began, seconds))
                await asyncio.sleep(max(0.0, began + SETTLE_S - time.monotonic()))
                used, at = processor_s(process.pid), time.monotonic()
                await asyncio.sleep(seconds)
                percent = (processor_s(process.pid) - used) / (time.monotonic() - at) * 100
                late = await taking
                rss = memory(process.pid).rss
            finally:
                process.kill()
                await process.wait()
    frames = count * seconds / INTERVAL_S
    return Load(percentile(late, 50), percentile(late, 99), percent, rss, len(late) / frames)


async def _take(client: aiomqtt.Client, count: int, began: float, seconds: float) -> list[float]:
    """Return the ms from each frame's due time to the receipt of its message."""
    late = []
    async for message in client.messages:
        now = time.monotonic()
        if now < began + SETTLE_S:
            continue
        if now > began + SETTLE_S + seconds:
            break
        state = json.loads(bytes(message.payload))  # type: ignore[arg-type]
        number = int(message.topic.value.split("/")[1][1:])
        if state["distance_m"] is not None:
            due = began + state["distance_m"] * INTERVAL_S + number * INTERVAL_S / count
            late.append((now - due) * 1000)
    return late


def measure(*, seconds: float = 20.0, runs: int = 3) -> Iterator[Row]:
    """Yield the rows."""
    found: dict[int, list[Load]] = {count: [] for count in COUNTS}
    for _ in range(runs):
        for count, loads in found.items():
            loads.append(asyncio.run(play(count, seconds)))
    one = found[COUNTS[0]]
    for count, loads in found.items():
        name = f"{count} at {1 / INTERVAL_S:g} frames/s"
        most = MOST_MS if count == COUNTS[-1] else None
        middle = [load.p50 for load in loads]
        yield limited("scale", f"{name}, frame due → MQTT, p50", middle, "ms")
        worst = [load.p99 for load in loads]
        yield limited("scale", f"{name}, frame due → MQTT, p99", worst, "ms", at_most=most)
        each = [load.percent / count for load in loads]
        alone = [load.percent for load in one]
        yield compared("scale", f"{name}, processor of each", each, alone, "%", "1 treadmill")
        yield limited("scale", f"{name}, resident memory", [load.rss for load in loads], "MB")
        if count > 1:
            more = [(load.rss - o.rss) / (count - 1) for load, o in zip(loads, one, strict=True)]
            yield limited("scale", f"{name}, memory of each more", more, "MB")
        heard = [load.heard * 100 for load in loads]
        yield limited("scale", f"{name}, frames with a message", heard, "%")
