"""Broker, treadmill and bridge as three processes, of which the bridge is killed in a run."""

import asyncio
import re
import signal
import socket
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.bridge_rig import Listener, seconds, until
from tests.e2e.processes import Program, program
from tests.rigs.brokers import Mosquitto, free_port, mosquitto, subscriber

RUN_KMH = 3.0
CLIMB_KMH = 6.0
RAMP_LEAD_KMH = 0.5 * 5 + 0.1
"""Most that a ramp of 0.5 km/h per s is ahead of its belt: five seconds of it, and a step."""
TELLS_WITHIN_S = 10.0
"""Seconds for which availability may be wrong."""

CONFIGURATION = """
[mqtt]
host = "127.0.0.1"
port = {broker}
state_hz = 5
[bluetooth]
radio = "tcp-client:127.0.0.1:{radio}"
[guard]
speed_ramp_kmh_per_s = 0.5
[[treadmills]]
id = "den"
speed_unit = "kmh"
allow_remote_start = true
"""


@dataclass
class ProcessRig:
    """The running processes, and the true speeds of the belt."""

    broker: Mosquitto
    machine: Program
    bridge: Program

    @property
    def true_speeds(self) -> list[float]:
        """Every true speed that the simulated belt reported."""
        return [float(kmh) for kmh in re.findall(r"belt +([\d.]+) km/h", self.machine.text)]

    @asynccontextmanager
    async def person(self) -> AsyncIterator[Listener]:
        """A client at the broker, which receives the retained topics."""
        async with subscriber(self.broker.port, topic="treadmills/#") as heard:
            yield Listener(heard)

    async def killed_and_adopted(self, listener: Listener) -> dict[str, Any]:
        """Kill the bridge and start it again; the event in which it adopts the running belt."""
        await self.bridge.kill()
        await until(
            "the will",
            lambda: listener.word("treadmills/bridge/availability") == "offline",
            TELLS_WITHIN_S,
        )
        listener.subscriber.forget()
        await self.bridge.start()
        await listener.online()
        return (await until("adoption", lambda: listener.events("adopted")))[0]


@asynccontextmanager
async def process_rig(directory: Path) -> AsyncIterator[ProcessRig]:
    radio = free_port()
    async with mosquitto(directory) as broker:
        path = directory / "bridge.toml"
        path.write_text(CONFIGURATION.format(broker=broker.port, radio=radio))
        async with (
            program("simulate", "--port", str(radio)) as machine,
            program("run", "--config", str(path)) as bridge,
        ):
            await machine.prints("in range of the radio")
            yield ProcessRig(broker, machine, bridge)


def assert_sound(*programs: Program) -> None:
    for each in programs:
        assert "Traceback" not in each.text, each.text


async def test_restarted_bridge_adopts_the_running_belt_without_its_old_ramp(
    tmp_path: Path,
) -> None:
    async with process_rig(tmp_path) as rig, rig.person() as listener:
        await listener.runs()
        await listener.reaches(RUN_KMH, "walk")
        adopted = await rig.killed_and_adopted(listener)
        assert adopted["details"]["limit"] in {3.0, 2.9}, "a reading, rounded down"
        state = await listener.state("it runs", lambda s: s["target_speed_kmh"] is not None)
        assert state["belt"] == "running"
        assert RUN_KMH - 0.1 <= state["target_speed_kmh"] <= RUN_KMH
        assert all(speed <= RUN_KMH for speed in rig.true_speeds)
        # What it cannot know it assumes against itself: the warm-up. Of the steep time it knows.
        guard = listener.newest("guard")
        assert guard["bounds"]["speed"]["max"] == 6
        assert guard["steep"]["left_s"] == 600
        await listener.reaches(2, "slower")

        # In the middle of a ramp: the target that was on its way is not gone on with.
        await listener.send("speed", {"value": CLIMB_KMH, "id": "climb"})
        await until("a ramp half way up", lambda: rig.true_speeds[-1] >= 2.5)
        await rig.killed_and_adopted(listener)
        reached = max(rig.true_speeds)
        state = await listener.state("it runs", lambda s: s["requested_speed_kmh"] is not None)
        assert state["requested_speed_kmh"] <= reached + RAMP_LEAD_KMH
        said = len(listener.all("state"))
        await until("states", lambda: len(listener.all("state")) >= said + 4)
        assert max(rig.true_speeds) <= reached + RAMP_LEAD_KMH < CLIMB_KMH
        await listener.send("belt", {"command": "stop", "id": "stop"})
        await listener.outcome("stop", "confirmed")
        assert_sound(rig.bridge, rig.machine)


async def test_events_without_a_broker_are_published_by_the_next_bridge(tmp_path: Path) -> None:
    async with process_rig(tmp_path) as rig:
        async with rig.person() as listener:
            await listener.online()
        rig.broker.end(signal.SIGKILL)
        await rig.bridge.prints("mqtt_trouble")
        rig.bridge.send(signal.SIGHUP)
        await rig.bridge.prints("configuration_reloaded")
        happened = datetime.now(UTC)
        (outbox,) = await until(
            "it is on disk", lambda: list(rig.bridge.state.rglob("outbox.sqlite3"))
        )
        await until("the event is in it", lambda: _committed(outbox))
        await rig.bridge.kill()

        await rig.broker.start()
        async with rig.person() as listener:
            await rig.bridge.start()
            (told,) = await until(
                "it is told", lambda: listener.events("config_changed"), within=60
            )
            assert abs(seconds(told["time"]) - happened.timestamp()) < 2
            await listener.online(60)
        assert_sound(rig.bridge)


async def test_service_manager_gets_ready_status_watchdog_and_stopping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[str] = []
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        loop = asyncio.get_running_loop()
        loop.add_reader(manager, lambda: heard.append(manager.recv(4096).decode()))
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "1500000")
        async with process_rig(tmp_path) as rig, rig.person() as listener:
            await until("up", lambda: any("READY=1" in text for text in heard), within=30)
            await listener.online(30)
            well = "WATCHDOG=1\nSTATUS=broker connected; Den: idle"
            await until("fed", lambda: heard.count(well) >= 3, within=30)
            code = await rig.bridge.ended_by(signal.SIGTERM)
        loop.remove_reader(manager)
    assert code == 0
    assert heard[0].startswith("READY=1")
    assert heard[-1] == "STOPPING=1"


def _committed(outbox: Path) -> list[object]:
    """What is in the file for good; a power cut takes back what is merely written."""
    with closing(sqlite3.connect(outbox)) as file, suppress(sqlite3.OperationalError):
        return file.execute("SELECT * FROM outbox").fetchall()
    return []
