"""What a frame and a decision cost, as multiples of a plain struct.unpack in the same run.

Run: python benchmarks/hot_path.py
"""

import struct
import timeit
from collections.abc import Callable

from bridge.guard import Guard, Past, Policy
from bridge.values import Belt, Command, MachineInfo, Sample, Snapshot, Verb
from protocols.ftms.ranges import InclineRange, SpeedRange
from protocols.ftms.treadmill_data import TreadmillData

FRAME = bytes.fromhex("8c056400140000000000000500e70003005b00")
ROUNDS = 20_000
REPEATS = 5


def cost(work: Callable[[], object]) -> float:
    """Seconds for one call: the best of several runs, for these machines are noisy."""
    return min(timeit.repeat(work, number=ROUNDS, repeat=REPEATS)) / ROUNDS


def running_guard() -> Callable[[], object]:
    """A guard in the middle of a climb; each call is a new sample and a decision."""
    machine = MachineInfo(
        address="F0:00:00:00:00:01",
        speed_range=SpeedRange(minimum=80, maximum=1600, step=10),
        incline_range=InclineRange(minimum=0, maximum=150, step=5),
    )
    guard = Guard(Policy(unit_is_kmh=True), 0.0, Past.nobody())
    now = 0.0

    def at(speed: int, belt: Belt) -> Snapshot:
        return Snapshot(True, machine, belt, Sample(now, TreadmillData(speed=speed, incline=0)))

    guard.decide(at(0, Belt.IDLE), now)
    snapshot = at(80, Belt.RUNNING)
    guard.decide(snapshot, now)
    guard.submit(Command("1", Verb.SPEED, "benchmark", now, value=600), snapshot, now)

    def step() -> None:
        nonlocal now
        now += 0.25
        setpoint = guard.decide(at(300, Belt.RUNNING), now)
        assert setpoint is not None

    return step


def main() -> None:
    """Print the ratios."""
    base = cost(lambda: struct.unpack_from("<HHHBhhHHBBH", FRAME))
    print(f"struct.unpack   {base * 1e6:8.2f} µs    1.0 ×")
    for name, work in (
        ("decode a frame", lambda: TreadmillData.decode(FRAME)),
        ("decide", running_guard()),
    ):
        seconds = cost(work)
        print(f"{name:<15} {seconds * 1e6:8.2f} µs {seconds / base:6.1f} ×")


if __name__ == "__main__":
    main()
