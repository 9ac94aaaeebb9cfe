"""A story whose belt has the ways of a real one: lag, gain, offset, noise, and statuses."""

import random
from dataclasses import dataclass, field, replace

from bridge.guard.decision import Target
from bridge.tracking.incline import MOST as MOST_INCLINE
from bridge.tracking.snapshot import MOST_SPEED
from bridge.values import Axis, Belt
from bridge.values.status import MachineEvent, TargetChanged
from tests.guard.proof.story import Story


@dataclass(frozen=True)
class Ways:
    """What is particular about one machine. Wire units and seconds."""

    lag_s: float = 0.0
    frame_s: float = 1.0
    acceleration: float = 100.0
    motor: float = 10.0
    gain: float = 1.0
    offset: int = 0
    noise: int = 0
    rounds: int = 1
    echo_s: float | None = None
    """From a write to its status; None: it sends none."""
    names_current: bool = False
    """True if its statuses name the current speed instead, once a second."""


PLAIN = Ways()


@dataclass
class ModelStory(Story):
    """A story of one machine."""

    ways: Ways = PLAIN
    chance: random.Random = field(default_factory=lambda: random.Random(1))  # noqa: S311
    sent: list[tuple[float, Target]] = field(default_factory=list)
    """What the machine has not heard yet."""
    due: list[tuple[float, Target]] = field(default_factory=list)
    """What it has not echoed yet."""

    def __post_init__(self) -> None:
        self.acceleration, self.motor = self.ways.acceleration, self.ways.motor
        self.frame_s = self.ways.frame_s
        super().__post_init__()

    def _told(self, target: Target) -> None:
        self.sent.append((self.now + self.ways.lag_s, target))
        if self.ways.echo_s is not None:
            self.due.append((self.now + max(0.25, self.ways.echo_s), target))
        self._hear()

    def _hear(self) -> None:
        while self.sent and self.sent[0][0] <= self.now:
            _, target = self.sent.pop(0)
            self.target[target.axis] = float(target.value)

    def _measure(self) -> None:
        """What no belt has is dropped before the guard; such a speed counts as garbled."""
        garbled = self.garbled
        if garbled and garbled.speed is not None and garbled.speed > MOST_SPEED:
            self.noise = self.now
            return
        if garbled and garbled.incline is not None and abs(garbled.incline) > MOST_INCLINE:
            self.garbled = replace(garbled, incline=None)
        super()._measure()

    def shown(self) -> float:
        ways = self.ways
        if not round(self.speed):
            return 0.0
        shown = self.speed * ways.gain + ways.offset + self.chance.randint(-ways.noise, ways.noise)
        return max(1.0, round(shown / ways.rounds) * ways.rounds)

    def _move(self, dt: float) -> None:
        self._hear()
        super()._move(dt)
        while self.due and self.due[0][0] <= self.now:
            _, target = self.due.pop(0)
            if self.connected:
                self.says(TargetChanged(self.now, target.axis, target.value))
        goal = self.target[Axis.SPEED]
        changing = self.belt is Belt.RUNNING and abs(self.speed - goal) > 1
        if self.ways.names_current and changing and self.now % 1 == 0 and self.connected:
            self.says(TargetChanged(self.now, Axis.SPEED, round(self.speed)))

    def says(self, event: MachineEvent) -> Story:
        self.learner.status(event)
        return super().says(event)
