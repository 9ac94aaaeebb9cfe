"""What a frame and a decision cost, as multiples of a plain struct.unpack in the same run.

Run: python benchmarks/hot_path.py
"""

import struct
import time
import timeit
from collections.abc import Callable

from bridge.guard import Guard, Past, Policy
from bridge.values import Axis, Belt, Command, MachineInfo, Sample, Snapshot, Verb
from protocols.ftms.ranges import InclineRange, SpeedRange
from protocols.ftms.treadmill_data import TreadmillData

FRAME = bytes.fromhex("8c056400140000000000000500e70003005b00")
ROUNDS = 20_000
REPEATS = 5


def cost(work: Callable[[], object]) -> float:
    """Seconds of the processor for one call: the best of several runs, for machines are noisy."""
    runs = timeit.repeat(work, timer=time.process_time, number=ROUNDS, repeat=REPEATS)
    return min(runs) / ROUNDS


def running_guard(*, new_samples: bool) -> Callable[[], object]:
    """A guard in ordinary running, behind a belt that follows; each call is a decision."""
    machine = MachineInfo(
        address="F0:00:00:00:00:01",
        speed_range=SpeedRange(minimum=80, maximum=1600, step=10),
        incline_range=InclineRange(minimum=0, maximum=150, step=5),
    )
    guard = Guard(Policy(unit_is_kmh=True), 0.0, Past.nobody())
    now = 0.0

    def at(speed: int, belt: Belt) -> Snapshot:
        data = TreadmillData(speed=speed, incline=0, distance=int(now))
        return Snapshot(True, machine, belt, Sample(now, data))

    guard.decide(at(0, Belt.IDLE), now)
    snapshot = at(80, Belt.RUNNING)
    guard.decide(snapshot, now)
    guard.submit(Command("1", Verb.SPEED, "benchmark", now, value=600), snapshot, now)
    while guard.decide(snapshot, now).setpoint[Axis.SPEED] != 600:
        now += 1.0
        snapshot = at(min(600, 80 + int(now * 10)), Belt.RUNNING)

    def step() -> None:
        nonlocal now, snapshot
        now += 0.25
        snapshot = at(600, Belt.RUNNING)
        guard.decide(snapshot, now)

    def look_again() -> None:
        guard.decide(snapshot, now)

    return step if new_samples else look_again


def main() -> None:
    """Print the ratios."""
    base = cost(lambda: struct.unpack_from("<HHHBhhHHBBH", FRAME))
    print(f"struct.unpack   {base * 1e6:8.2f} µs    1.0 ×")
    for name, work in (
        ("decode a frame", lambda: TreadmillData.decode(FRAME)),
        ("decide", running_guard(new_samples=False)),
        ("decide, sample", running_guard(new_samples=True)),
    ):
        seconds = cost(work)
        print(f"{name:<15} {seconds * 1e6:8.2f} µs {seconds / base:6.1f} ×")


if __name__ == "__main__":
    main()
