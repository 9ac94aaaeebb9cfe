"""Two treadmills of one bridge: a fault of one does not affect the other."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bridge.app.daemon import Daemon
from bridge.clock import SystemClock
from bridge.config import Config
from bridge.history.history import History
from simulators.radio.adapter import Adapter
from simulators.radio.air import AirController
from simulators.radio.peripheral import ADDRESS
from simulators.simulation import Simulation
from tests.e2e.bridge_rig import BRISK, FAST_RAMP, Listener, configuration, until
from tests.rigs.brokers import mosquitto, subscriber

pytestmark = pytest.mark.unmeasured

OTHER_ADDRESS = "F0:F1:F2:F3:F4:F6"
RUN_KMH = 3.0


class Den(Listener):
    base = "treadmills/den"


class Loft(Listener):
    base = "treadmills/loft"


@dataclass
class Two:
    """The den's machine fails; the loft's is run on."""

    daemon: Daemon
    den: Den
    loft: Loft
    loft_machine: Simulation
    den_radio: AirController


@asynccontextmanager
async def two_treadmills(directory: Path) -> AsyncIterator[Two]:
    async with (
        mosquitto(directory) as broker,
        subscriber(broker.port, topic="treadmills/#") as heard,
        Simulation(BRISK, sample_interval=0.5, address=ADDRESS) as loft,
    ):
        radio = loft.air.new_controller("the den's machine")
        adapter = Adapter(radio, radio)
        document = configuration(broker.port, FAST_RAMP)
        common = {"speed_unit": "kmh", "allow_remote_start": True}
        document["treadmills"] = [
            {"id": "den", "address": OTHER_ADDRESS, "guard": {"max_speed_kmh": 4}, **common},
            {"id": "loft", "address": ADDRESS, **common},
        ]
        async with Simulation(
            BRISK, sample_interval=0.5, address=OTHER_ADDRESS, adapter=adapter, seed=1
        ):
            clock = SystemClock()
            daemon = Daemon(
                Config.model_validate(document),
                clock,
                History.blank(clock),
                radio=loft.new_controller(),
            )
            task = asyncio.create_task(daemon.run())
            try:
                yield Two(daemon, Den(heard), Loft(heard), loft, radio)
                assert not task.done(), "the bridge ended by itself"
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)


async def test_failure_of_one_treadmill_leaves_the_other_running(
    tmp_path: Path,
) -> None:
    async with two_treadmills(tmp_path) as rig:
        for listener in (rig.den, rig.loft):
            await listener.runs(60)
            await listener.reaches(RUN_KMH, "run", 60)
        loft = rig.daemon.treadmills["loft"]
        before = len(rig.loft.all("state"))

        rig.loft_machine.air.unplug(rig.den_radio)
        await until(
            "the den is offline",
            lambda: rig.den.word("treadmills/den/availability") == "offline",
            within=60,
        )
        await rig.den.send("speed", {"value": 2, "id": "lost"})
        assert (await rig.den.outcome("lost"))["reasons"][0]["rule"] == "not_connected"
        await rig.loft.reaches(2.5, "slower", 60)

        den = rig.daemon.treadmills["den"]
        with capture_logs() as logs:
            den.take("no message")  # type: ignore[arg-type]
            await until("it restarts", lambda: rig.daemon.treadmills["den"] is not den)
            await rig.loft.reaches(3.5, "faster", 60)
        assert [e["event"] for e in logs if e["log_level"] == "error"] == ["treadmill_restarts"]

        assert rig.daemon.treadmills["loft"] is loft
        states = rig.loft.all("state")[before:]
        assert {state["belt"] for state in states} == {"running"}
        assert all(state["fresh"] for state in states)
        words = [bytes(m.payload) for m in rig.loft.subscriber.on("treadmills/loft/availability")]
        assert words[-1] == b"online"
        assert b"offline" not in words[words.index(b"online") :]
