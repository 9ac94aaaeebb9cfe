"""The bridge with many treadmills, on a real broker and a real history, without Bluetooth.

Each treadmill's decoder receives its frames when they are due. So the measurement covers the whole
bridge except bleak and the radio; no single adapter could carry that many links. The radio is
present and unused: an absent one would be news for all treadmills at once.

Run: python -m benchmarks.subjects.many COUNT PORT DIRECTORY INTERVAL
"""

import asyncio
import sys
import time
from pathlib import Path

from bridge.app import logs
from bridge.app.daemon import Daemon
from bridge.cli.lean import settle
from bridge.clock import SystemClock
from bridge.config import Config
from bridge.drivers.ftms.decoder import Decoder
from bridge.history.history import History
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from bridge.machines import PLAIN_EDGE
from bridge.values import MachineInfo
from protocols.ftms.treadmill_data import TreadmillData
from protocols.ranges import InclineRange, SpeedRange
from simulators.radio.air import Air, AirServer

FLAGS = 0x050C
METRE_PER_S = 360
"""1 m/s in 0.01 km/h: each frame counts one more metre."""
SPREAD_S = 5.0
"""Seconds within which the belts start: people do not start in the same second."""


def machine(number: int) -> MachineInfo:
    """Return one of many identical machines."""
    return MachineInfo(
        address=f"F0:00:00:00:{number >> 8:02X}:{number & 255:02X}",
        speed_range=SpeedRange(minimum=80, maximum=1600, step=10),
        incline_range=InclineRange(minimum=0, maximum=150, step=5),
    )


async def main(count: int, port: int, place: Path, interval: float) -> None:
    async with AirServer(Air()) as air:
        await run(count, port, place, interval, f"tcp-client:127.0.0.1:{air.port}")


async def run(count: int, port: int, place: Path, interval: float, radio: str) -> None:
    clock = SystemClock()
    config = Config.model_validate(
        {
            "state_dir": str(place),
            "mqtt": {"host": "127.0.0.1", "port": port, "state_hz": 5},
            "bluetooth": {"radio": radio},
            "guard": {"warm_up_s": 0},
            "treadmills": [
                {"id": f"t{n}", "address": machine(n).address, "connect": "on_demand"}
                for n in range(count)
            ],
        }
    )
    file = HistoryFile(place / NAME, config.history.retention)
    history = History(Timekeeper.of_this_computer(clock), file, blank=True)
    daemon = Daemon(config, clock, history)
    work = asyncio.create_task(daemon.run())
    await daemon.broker.wait_connected()
    treadmills = list(daemon.treadmills.values())
    decoders = [Decoder(treadmill, lambda: PLAIN_EDGE) for treadmill in treadmills]
    for number, treadmill in enumerate(treadmills):
        treadmill.connected(machine(number))
    settle()
    loop = asyncio.get_running_loop()
    began = loop.time() + 1.0
    # Both clocks count from the computer's boot, so that the subscriber can compare them.
    print(f"BEGAN {time.monotonic() + began - loop.time():.6f}", flush=True)

    def due(number: int, turn: int) -> float:
        return began + turn * interval + number * interval / count

    def hand_over(number: int, turn: int) -> None:
        frame = TreadmillData(
            speed=round(METRE_PER_S / interval),
            distance=turn,
            incline=0,
            heart_rate=120,
            elapsed=int(turn * interval),
        ).frame(FLAGS)
        decoders[number].treadmill_data(frame, clock.now())
        loop.call_at(due(number, turn + 1), hand_over, number, turn + 1)

    for number in range(count):
        first = 1 + int(number / count * SPREAD_S / interval)
        loop.call_at(due(number, first), hand_over, number, first)
    await work


if __name__ == "__main__":
    logs.set_up("error", "json")
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4])))
