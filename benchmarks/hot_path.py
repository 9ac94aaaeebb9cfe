"""Cost of a frame and of a decision, as multiples of a plain struct.unpack in the same run.

Run: python benchmarks/hot_path.py
"""

import struct
import time
import timeit
from collections.abc import Callable, Iterator

from bridge.drivers.ftms.frames import FrameBuilder
from bridge.guard import Guard, Past, Policy
from bridge.values import (
    Axis,
    Belt,
    Command,
    MachineInfo,
    Measurement,
    Sample,
    Snapshot,
    Verb,
)
from protocols.ftms.treadmill_data import TreadmillData
from protocols.ranges import InclineRange, SpeedRange
from protocols.units import MPH

FRAME = bytes.fromhex("8c056400140000000000000500e70003005b00")
ROUNDS = 2_000
REPEATS = 15
CLIMB = 160
"""Decisions from the lowest speed to the warm-up's limit, at four a second."""


def cost(
    work: Callable[[], object],
    prepare: Callable[[], object] | None = None,
    rounds: int = ROUNDS,
) -> float:
    """Return the processor seconds of one call: the best of several runs, to reduce noise.

    `prepare` is called before each run, and not counted.
    """
    runs = timeit.repeat(
        work, prepare or "pass", timer=time.process_time, number=rounds, repeat=REPEATS
    )
    return min(runs) / rounds


class Linked:
    """A link for one minute: a frame per second, decoded and merged into the snapshot."""

    def begin(self) -> None:
        """Begin the link."""
        self.builder, self.now = FrameBuilder(), 0.0
        self.builder.connected(Running.machine, self.now)

    def take(self) -> None:
        """Take the next frame."""
        self.now += 1.0
        self.builder.treadmill_data(FRAME, self.now)


class Running:
    """A guard in ordinary running, at 6 km/h, with a belt that follows its setpoints."""

    machine = MachineInfo(
        address="F0:00:00:00:00:01",
        speed_range=SpeedRange(minimum=80, maximum=1600, step=10),
        incline_range=InclineRange(minimum=0, maximum=150, step=5),
    )

    def __init__(self) -> None:
        self.guard = Guard(Policy(unit_is_kmh=True), 0.0, Past.nobody())
        self.now = 0.0
        self.moments: Iterator[tuple[Snapshot, float]] = iter(())
        self.guard.decide(self.at(0, Belt.IDLE), self.now)
        self.snapshot = self.at(80, Belt.RUNNING)
        self.guard.decide(self.snapshot, self.now)
        speed = Command("1", Verb.SPEED, "benchmark", self.now, value=600)
        self.guard.submit(speed, self.snapshot, self.now)
        while self.guard.decide(self.snapshot, self.now).setpoint[Axis.SPEED] != 600:
            self.now += 1.0
            self.snapshot = self.at(min(600, 80 + int(self.now * 10)), Belt.RUNNING)

    def at(self, speed: int, belt: Belt) -> Snapshot:
        """Return the snapshot right after a sample."""
        data = Measurement(speed=speed, incline=0, distance=int(self.now * speed / 360))
        return Snapshot(True, self.machine, belt, Sample(self.now, data))

    def come_samples(self) -> None:
        """Prepare the samples of the next rounds, four a second."""
        moments = []
        for _ in range(ROUNDS):
            self.now += 0.25
            moments.append((self.at(600, Belt.RUNNING), self.now))
        self.moments = iter(moments)

    def decide_on_sample(self) -> None:
        """Decide on the next sample."""
        self.guard.decide(*next(self.moments))

    def decide(self) -> None:
        """Decide again on the same sample."""
        self.guard.decide(self.snapshot, self.now)


class Climbing(Running):
    """A guard in the first minute of a run: warm-up, ramp, and a speed unit still unknown."""

    def __init__(self) -> None:
        self.moments: Iterator[tuple[Snapshot, float]] = iter(())

    def start(self) -> None:
        """Begin another run, with a belt that obeys."""
        self.guard, self.now = Guard(Policy(), 0.0, Past.nobody()), 0.0
        self.guard.decide(self.at(0, Belt.IDLE), self.now)
        self.snapshot = self.at(80, Belt.RUNNING)
        self.guard.decide(self.snapshot, self.now)
        speed = Command("1", Verb.SPEED, "benchmark", self.now, value=1000)
        self.guard.submit(speed, self.snapshot, self.now)
        moments = []
        pace = Policy().speed_ramp / MPH
        for _ in range(CLIMB):
            self.now += 0.25
            moments.append((self.at(80 + int(self.now * pace), Belt.RUNNING), self.now))
        self.moments = iter(moments)


def main() -> None:
    """Print the ratios."""
    base = cost(lambda: struct.unpack_from("<HHHBhhHHBBH", FRAME))
    print(f"struct.unpack    {base * 1e6:8.2f} µs    1.0 ×")
    link = Linked()
    again, samples, climb = Running(), Running(), Climbing()
    for name, seconds in (
        ("decode a frame", cost(lambda: TreadmillData.decode(FRAME))),
        ("take a frame", cost(link.take, link.begin)),
        ("decide", cost(again.decide)),
        ("decide, sample", cost(samples.decide_on_sample, samples.come_samples)),
        ("decide, climbing", cost(climb.decide_on_sample, climb.start, CLIMB)),
    ):
        print(f"{name:<16} {seconds * 1e6:8.2f} µs {seconds / base:6.1f} ×")


if __name__ == "__main__":
    main()
