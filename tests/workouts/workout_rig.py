"""A treadmill of the bridge with a workout player, in virtual time."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

from bridge.guard import Policy
from bridge.values import Axis, Command, Outcome, Result, Verb
from bridge.workouts.library import Library
from bridge.workouts.model import Kmh, Step, Workout
from protocols.ftms.machine_status import MachineStatus, StatusOp
from tests.rigs.treadmill_rig import POLICY, TreadmillRig, treadmill_rig
from tests.rigs.virtual_time import LoopClock

WARM = replace(POLICY, warm_up_s=0.0)


def workout(*steps: Step) -> Workout:
    return Workout("Test", steps)


def step(kmh: float | None = None, seconds: float | None = 60, **more: Any) -> Step:
    return Step(duration_s=seconds, speed=None if kmh is None else Kmh(kmh), **more)


@dataclass
class WorkoutRig:
    """A treadmill with one workout to choose."""

    bridge: TreadmillRig
    broker_late: bool = False

    def command(self, word: str = "", **details: object) -> None:
        told: dict[str, object] = {"command": word} if word else details
        identity = f"w{len(self.bridge.answers)}-{word}"
        now = LoopClock().now()
        command = Command(identity, Verb.WORKOUT, "test", now, details=told)
        self.bridge.treadmill.take(command)

    async def starts(self) -> None:
        self.command(name="Test")
        await self.bridge.start()

    async def live(self, seconds: int) -> None:
        await self.bridge.live(seconds)

    @property
    def payload(self) -> dict[str, Any]:
        newest: dict[str, Any] = self.bridge.on("workout")[-1]
        return newest

    @property
    def speed(self) -> int:
        return self.bridge.machine.speed

    def requested(self, axis: Axis = Axis.SPEED) -> list[int]:
        return [
            a.command.value
            for a in self.bridge.answers
            if isinstance(a, Outcome) and a.command.source == "workout:Test"
            and a.command.verb.value == axis.value and a.result in {Result.ACCEPTED, Result.LIMITED}
            and a.command.value is not None
        ]  # fmt: skip

    def presses(self, value: int) -> None:
        """A person sets the speed at the console."""
        self.bridge.machine.speed = value
        self.bridge.treadmill.machine_status(
            MachineStatus(StatusOp.TARGET_SPEED_CHANGED, value).encode()
        )


@asynccontextmanager
async def rig(*steps: Step, policy: Policy = WARM) -> AsyncIterator[WorkoutRig]:
    async with treadmill_rig(policy) as bridge:
        found = WorkoutRig(bridge)
        library = Library({"Test": workout(*steps)}, {"broken.fit": "this is not a FIT file"})
        bridge.treadmill._workout._library = lambda: library
        bridge.treadmill._late = lambda: found.broker_late
        yield found
