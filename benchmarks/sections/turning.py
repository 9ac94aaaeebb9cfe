"""Cost of one cycle of a treadmill: a frame, or a tick, through decoder, guard and publisher.

It includes all of the bridge's own code, in virtual time, but no radio, event loop or broker.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from benchmarks.sections.decoding import bare
from benchmarks.table import Row, compared
from benchmarks.timing import interleaved
from bridge.contract.topics import Topics
from bridge.drivers.ftms.decoder import Decoder
from bridge.guard import Policy
from bridge.history.history import History
from bridge.machines import PLAIN_EDGE
from bridge.people.hints import Care, Rhythm
from bridge.people.people import Household
from bridge.treadmill.actor import Treadmill
from bridge.treadmill.publisher import Reports
from bridge.values import Command, MachineInfo, Verb
from protocols.ftms.treadmill_data import TreadmillData
from protocols.ranges import InclineRange, SpeedRange

MACHINE = MachineInfo(
    address="F0:00:00:00:00:01",
    speed_range=SpeedRange(minimum=80, maximum=1600, step=10),
    incline_range=InclineRange(minimum=0, maximum=150, step=5),
)
START = datetime(2026, 1, 1, tzinfo=UTC)
SETTLED_S = 400.0
"""Time after the warm-up, with the target reached."""
FLAGS = 0x050C
"""Speed, distance, incline, heart rate and elapsed time, as common treadmills send them."""


@dataclass
class Sun:
    """A clock that is set by hand."""

    time: float = 0.0

    def now(self) -> float:
        return self.time

    def utc(self) -> datetime:
        return START + timedelta(seconds=self.time)


@dataclass
class Ear:
    """Receiver of messages for the broker."""

    count: int = 0
    last: bytes = b""

    def publish(self, _topic: str, payload: bytes, **_: Any) -> None:
        self.count += 1
        self.last = payload


class Course:
    """A treadmill at 8 km/h after the warm-up, or a standing one."""

    def __init__(
        self,
        *,
        frame_s: float = 0.5,
        state_hz: float = 5.0,
        runs: bool = True,
        history: Callable[[Sun], History] = History.blank,
    ) -> None:
        self.clock, self.ear, self.frame_s = Sun(), Ear(), frame_s
        self.treadmill = Treadmill(
            "den",
            Household({"default": Policy(unit_is_kmh=True)}, {}, {}),
            history(self.clock),
            care=Care(Rhythm()),
            reports=Reports("den", Topics("treadmills"), self.ear, state_hz),
            answer=lambda _: None,
            clock=self.clock,
        )
        self._decoder = Decoder(self.treadmill, lambda: PLAIN_EDGE)
        self._metres = self._speed = 0.0
        self.treadmill.connected(MACHINE)
        self._turn()
        while runs and self.clock.time < SETTLED_S:
            self._speed = self._aim()
            self.frame()
        for _ in range(20):
            self.frame()

    def _aim(self) -> float:
        if self.clock.time > 10 and not self.treadmill.decision.requested:
            self._ask(800)
        setpoint = next(iter(self.treadmill.decision.setpoint.values()), None)
        return 80.0 if setpoint is None else min(float(setpoint), self._speed + 25)

    def _ask(self, speed: int) -> None:
        self.treadmill.take(Command("1", Verb.SPEED, "benchmark", self.clock.time, value=speed))

    def frame(self) -> None:
        """Process the next frame, and decide."""
        self.clock.time += self.frame_s
        self._metres += self._speed / 360 * self.frame_s
        data = TreadmillData(
            speed=round(self._speed),
            distance=int(self._metres),
            incline=0,
            heart_rate=120,
            elapsed=int(self.clock.time) % 0x10000,  # the field's 16 bits wrap
        )
        self._decoder.treadmill_data(data.frame(FLAGS), self.clock.time)
        self._turn()

    def halt(self, seconds: float) -> None:
        """Let the belt stand for a while after a stop at the console."""
        self._speed, end = 0.0, self.clock.time + seconds
        while self.clock.time < end:
            self.frame()

    def run(self, seconds: float) -> None:
        """Let the belt run for a while after a start at the console."""
        end = self.clock.time + seconds
        while self.clock.time < end:
            self._speed = min(self._speed + 25, 600)
            self.frame()

    def tick(self) -> None:
        """Decide without a new frame."""
        self.clock.time += 0.25
        self._turn()

    def _turn(self) -> None:
        todo: Any = self.treadmill._todo  # noqa: SLF001 - the event loop is omitted here
        while not todo.empty():
            todo.get_nowait()()
        self.treadmill._decide()  # noqa: SLF001


def measure(*, rounds: int = 21) -> Iterator[Row]:
    """Yield the rows."""
    running, resting = Course(), Course(runs=False, frame_s=1.0)
    assert json.loads(running.ear.last)
    subjects: dict[str, Callable[[], object]] = {
        "floor": lambda: bare(bytes(19)),
        "frame while running, to payload": running.frame,
        "frame at rest": resting.frame,
        "tick at rest": resting.tick,
    }
    found = interleaved(subjects, calls=200, rounds=rounds)
    floor = found.pop("floor")
    for name, values in found.items():
        yield compared("turn", name, values, floor, "µs", "struct.unpack")
