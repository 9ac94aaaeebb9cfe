"""State that survives a kill of the bridge during a climb: no steep budget is freed."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from bridge.clock import SystemClock
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import read_boot_id
from bridge.history.store.rows import Began
from tests.e2e.bridge_rig import Listener, until
from tests.e2e.processes import Program, program
from tests.rigs.brokers import Subscriber, free_port, mosquitto, subscriber

CONFIGURATION = """
state_dir = "{state}"
[mqtt]
host = "127.0.0.1"
port = {broker}
state_hz = 5
[bluetooth]
radio = "tcp-client:127.0.0.1:{radio}"
[guard]
warm_up_s = 0
incline_ramp_percent_per_s = 0.5
[[guard.steep]]
from_percent = 3
max_s = 600
window_s = 1800
then_percent = 0
[[treadmills]]
id = "den"
speed_unit = "kmh"
allow_remote_start = true
[[people]]
name = "Anna"
[[people]]
name = "Ben"
[people.guard]
max_speed_kmh = 5
"""


class ProcessRig(Listener):
    """A bridge and its treadmill in their own processes, and a client at the broker."""

    def __init__(self, heard: Subscriber, bridge: Program, config: Path, history: Path) -> None:
        super().__init__(heard)
        self.bridge = bridge
        self.config = config
        self.history = history

    async def killed_and_started(self) -> None:
        await self.bridge.kill()
        await until(
            "the will", lambda: self.word("treadmills/bridge/availability") == "offline", within=20
        )
        self.subscriber.forget()
        await self.bridge.start()
        await self.online(30)

    async def climb(self) -> None:
        """Start the belt and request an incline."""
        await self.runs()
        await self.send("incline", {"value": 5, "id": "climb"})
        await self.outcome("climb", "accepted")


def write_unused_history(history: Path) -> None:
    """Write a history that began days ago and knows no person."""
    file = HistoryFile(history)
    days_ago = SystemClock().now() - 3 * 86_400
    file.put(Began(read_boot_id(), days_ago, time.time() - 3 * 86_400, synchronised=True))
    file.close()


@asynccontextmanager
async def process_rig(directory: Path, *, known: bool = True) -> AsyncIterator[ProcessRig]:
    radio, config, state = free_port(), directory / "bridge.toml", directory / "state"
    if known:
        write_unused_history(state / NAME)
    async with mosquitto(directory) as broker:
        config.write_text(CONFIGURATION.format(broker=broker.port, radio=radio, state=state))
        async with (
            program("simulate", "--port", str(radio)) as machine,
            subscriber(broker.port, topic="treadmills/#") as heard,
        ):
            await machine.prints("in range of the radio")
            async with program("run", "--config", str(config)) as bridge:
                here = ProcessRig(heard, bridge, config, state / NAME)
                await here.online(30)
                yield here
                assert "Traceback" not in bridge.text, bridge.text


async def test_kill_during_a_climb_frees_no_steep_budget(tmp_path: Path) -> None:
    async with process_rig(tmp_path) as here:
        assert (await here.guard("it is known", bool))["steep"]["used_s"] == 0
        await here.climb()
        before = await here.guard("steep for a while", lambda g: g["steep"]["used_s"] >= 5)
        seen = time.monotonic()

        await here.killed_and_started()

        after = (await here.guard("what it knows", bool))["steep"]["used_s"]
        passed = time.monotonic() - seen
        # The belt continued to climb. Both payloads are at most 5 s old.
        truth = before["steep"]["used_s"] + passed
        assert truth - 5 <= after <= truth + 6
        await here.send("belt", {"command": "stop", "id": "stop"})
        await here.outcome("stop", "confirmed")


async def test_broken_history_is_set_aside_and_the_strictest_limits_apply(
    tmp_path: Path,
) -> None:
    async with process_rig(tmp_path) as here:
        await here.bridge.kill()
        here.history.write_bytes(b"this was a history " * 1000)
        here.subscriber.forget()
        await here.bridge.start()
        await here.online(30)

        guard = await here.guard("the fault", lambda g: g["faults"] == ["memory"])
        assert guard["steep"]["left_s"] == 0
        (told,) = here.events("memory_lost")
        assert "is broken" in told["text"]
        assert "put a backup in its place" in told["text"]
        (aside,) = here.history.parent.glob(f"{NAME}.broken-*")
        assert aside.read_bytes().startswith(b"this was a history")
