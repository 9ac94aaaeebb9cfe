"""Start-up of the commands: processor seconds, and time until `run` accepts commands."""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import aiomqtt

from benchmarks.processes import PROGRAM, mosquitto, running
from benchmarks.sections.resting import CONFIG
from benchmarks.table import Row, limited

SUBSCRIBED_S = 0.6


def processor_s(*command: str) -> float:
    """Return the processor seconds, user and system, of a command."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


async def until_subscribed(runs: int) -> list[float]:
    """Return the seconds from the start of `run` until it accepts commands, for several runs."""
    times = []
    for _ in range(runs):
        with tempfile.TemporaryDirectory() as place:
            async with mosquitto(Path(place)) as port:
                times.append(await _one(port, Path(place)))
    return times


async def _one(port: int, place: Path) -> float:
    config = place / "bridge.toml"
    config.write_text(CONFIG.replace("STATE", str(place / "state")).replace("PORT", str(port)))
    async with aiomqtt.Client("127.0.0.1", port) as client:
        await client.subscribe("treadmills/bridge/availability")
        began = time.monotonic()
        async with running(PROGRAM, "run", "-c", str(config)):
            async for message in client.messages:
                if message.payload == b"online":
                    break
            return time.monotonic() - began


def measure(*, runs: int = 11) -> Iterator[Row]:
    """Yield the rows."""
    with tempfile.TemporaryDirectory() as place:
        config = Path(place) / "bridge.toml"
        config.write_text('[[treadmills]]\nid = "den"\n')
        commands: dict[str, tuple[tuple[str, ...], float | None]] = {
            "python itself": ((sys.executable, "-c", ""), None),
            "--help": ((PROGRAM, "--help"), 0.08),
            "check": ((PROGRAM, "check", str(config)), None),
            "import of run": ((sys.executable, "-c", "import bridge.cli.run"), None),
        }
        found: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(runs):
            for name, (command, _most) in commands.items():
                found[name].append(processor_s(*command))
        for name, (_command, most) in commands.items():
            yield limited("start", f"{name}, processor", found[name], "s", at_most=most)
    times = asyncio.run(until_subscribed(runs))
    yield limited("start", "run, until commands are taken", times, "s", at_most=SUBSCRIBED_S)
