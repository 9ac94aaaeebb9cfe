"""A tiny belt for the learner's tests: it takes targets and shows speeds, once a frame."""

import math
import random
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from bridge.machines.learned import LearnedAxis
from bridge.tracking.learning.learner import Learner
from bridge.tracking.snapshot import SnapshotBuilder
from bridge.values import (
    Axis,
    Belt,
    MachineInfo,
    Measurement,
    SetTarget,
)
from bridge.values.status import TargetChanged
from protocols.ranges import InclineRange, SpeedRange

MACHINE = MachineInfo(
    "F0:00:00:00:00:01",
    speed_range=SpeedRange(80, 2000, 10),
    incline_range=InclineRange(0, 150, 5),
    can_control=True,
)
TICK_S = 0.25


def nearest(step: float) -> Callable[[float], float]:
    """Rounds to the nearest multiple."""
    return lambda value: step * math.floor(value / step + 0.5)


def floor(step: float) -> Callable[[float], float]:
    """Rounds down to a multiple."""
    return lambda value: step * math.floor(value / step + 1e-6)


def exactly(value: float) -> float:
    """Rounds nothing."""
    return value


@dataclass
class Physics:
    """Traits of the belt, in wire units and seconds."""

    lag_s: float = 0.5
    rise: float = 50.0
    fall: float = 50.0
    gain: float = 1.0
    offset: float = 0.0
    targets: Callable[[float], float] = exactly
    reports: Callable[[float], float] = field(default_factory=lambda: nearest(10))
    noise: float = 0.0
    droop: float = 0.0
    overshoot: float = 0.0
    frame_s: float = 1.0
    lost: float = 0.0
    metres_per_report: float = 1.0


@dataclass
class Ride:
    """A learner and the belt that it watches."""

    physics: Physics = field(default_factory=Physics)
    axis: Axis = Axis.SPEED
    learner: Learner = field(default_factory=Learner)
    now: float = 1000.0
    seed: int = 1
    machine: MachineInfo = MACHINE

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)  # noqa: S311 - physics
        self.value = 0.0
        self.goal = 0.0
        self.target = 0
        self.way_m = 0.0
        self.due: deque[tuple[float, int]] = deque()
        self.framed = self.now
        self.raised = float("-inf")
        self.shown: list[int] = []
        self.learner.connected(self.machine, None)

    @property
    def figures(self) -> LearnedAxis:
        return self.learner.learned.of(self.axis)

    @property
    def step(self) -> int:
        told = self.machine.speed_range if self.axis is Axis.SPEED else self.machine.incline_range
        assert told is not None
        return told.step

    @property
    def told(self) -> int:
        """The target that was written last."""
        return self.due[-1][1] if self.due else self.target

    def steady(self, target: float) -> float:
        """Return the true speed at a target."""
        return self.physics.targets(target) * self.physics.gain + self.physics.offset

    def shows(self, value: float) -> int:
        return round(self.physics.reports(value))

    def write(self, target: int) -> "Ride":
        tell(self.learner, SetTarget(self.axis, target), self.now)
        self.due.append((self.now + self.physics.lag_s, target))
        return self

    def press(self, target: int) -> "Ride":
        """Press the key of a speed at the console."""
        self.learner.status(TargetChanged(self.now, self.axis, target))
        self.learner.gestures({self.axis})
        self.due.append((self.now, target))
        return self

    def climb(self, target: int, every_s: float = 1.0, step: int | None = None) -> "Ride":
        """Write as the ramp does."""
        at = self.told
        while at < target:
            at = min(target, at + (step or self.step))
            self.write(at).run(every_s)
        return self

    def run(self, seconds: float) -> "Ride":
        end = self.now + seconds
        while self.now < end - 1e-9:
            self.now += TICK_S
            self._move()
            if self.now - self.framed >= self.physics.frame_s - 1e-9:
                self.framed = self.now
                self._frame()
            self.learner.tick(Belt.RUNNING, self.now)
        return self

    def _move(self) -> None:
        while self.due and self.due[0][0] <= self.now:
            self.target = self.due.popleft()[1]
            goal = self.steady(self.target)
            if goal > self.goal:
                self.raised = self.now
            self.goal = goal
        physics, ahead = self.physics, 0.0
        if physics.overshoot and self.now - self.raised < 4.0:
            ahead = physics.overshoot
        way = self.goal + ahead - self.value
        most = (physics.rise if way > 0 else physics.fall) * TICK_S
        self.value += max(-most, min(most, way))
        if self.axis is Axis.SPEED:
            self.way_m += self.value / 360 * TICK_S

    def _frame(self) -> None:
        if self.chance.random() < self.physics.lost:
            return
        value = self.value + self.chance.uniform(-1, 1) * self.physics.noise
        value -= (
            self.value * self.physics.droop * self.chance.random() * (self.chance.random() < 0.3)
        )
        shown = self.shows(value)
        self.shown.append(shown)
        per = self.physics.metres_per_report
        data = Measurement(speed=shown, distance=round(per * math.floor(self.way_m / per)))
        if self.axis is Axis.INCLINE:
            data = Measurement(speed=500, incline=shown)
        self.learner.sample(data, self.now)


TARGETS = (500, 800, 630, 1000, 570, 910, 1240, 740)
INCLINES = (20, 50, 35, 80, 15, 60, 105, 45)


def ridden(physics: Physics, axis: Axis = Axis.SPEED, seconds: float = 40) -> Ride:
    """A ride to several targets: up by the ramp, down at once."""
    ride = Ride(physics, axis)
    for target in TARGETS if axis is Axis.SPEED else INCLINES:
        if target > ride.told:
            ride.climb(target)
        else:
            ride.write(target)
        ride.run(seconds)
    return ride


def tell(listener: Learner | SnapshotBuilder, order: SetTarget, now: float) -> None:
    """Write a target that the machine accepts at once."""
    listener.sending(order, now)
    listener.written(order, now)


def steady(learner: Learner, course: str, now: float = 0.0, axis: Axis = Axis.SPEED) -> float:
    """Play a course of a running belt; return the time of its end.

    `400:644` is a write of 4.00 km/h and a belt that reads 6.44 for 20 s; `p400:400` is a press.
    """
    for step in course.split():
        target, _, shown = step.partition(":")
        if target.startswith("p"):
            learner.status(TargetChanged(now, axis, int(target[1:])))
        else:
            tell(learner, SetTarget(axis, int(target)), now)
        for _ in range(20):
            now += 1
            learner.tick(Belt.RUNNING, now)
            learner.sample(Measurement(**{axis.value: int(shown)}), now)
    return now
