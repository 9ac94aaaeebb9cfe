"""The control point with a scripted machine behind it, in virtual time.

Written and answered bytes are spelled out: 00 requests control, 02 sets speed, 03 incline, 07
starts, 08 stops (01) or pauses (02); 80 answers, with the op requested and the result (01 success).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bleak.exc import BleakGATTProtocolError

from bridge.drivers.ftms.control_point import ControlPoint
from bridge.drivers.ftms.exchange import Port
from bridge.machines import Edge, Profile, Quirk
from bridge.values import Axis, Control, Halt, HaltBelt
from tests.bluetooth.recorder import Recorder
from tests.drivers.orders import give, named
from tests.rigs.virtual_time import LoopClock

STOP = HaltBelt(Halt.STOP)
PAUSE = HaltBelt(Halt.PAUSE)
SUCCESS, UNSUPPORTED, INVALID, FAILED, FORBIDDEN = 1, 2, 3, 4, 5
NEVER = None
"""A request that the machine takes and never answers."""

Reply = int | BaseException | None


class Machine:
    """A scripted peer: its replies come one per write from `script`, and then success.

    `early` answers before the write returns, `slow` is how long a write takes, `late` an answer.
    """

    def __init__(self, answered: Callable[[bytes], None]) -> None:
        self._answered = answered
        self._clock = LoopClock()
        self.script: list[Reply] = []
        self.early = False
        self.silent = False
        self.slow = 0.03
        self.late = 0.03
        self.log: list[tuple[float, str]] = []
        self.repairs = 0
        self.repair_error: BaseException | None = None

    @property
    def writes(self) -> list[str]:
        return [value for _, value in self.log]

    async def write(self, value: bytes) -> None:
        self.log.append(
            (round(self._clock.now(), 2), f"{value[:1].hex()} {value[1:].hex()}".strip())
        )
        reply = self.script.pop(0) if self.script else SUCCESS
        if isinstance(reply, BaseException):
            await asyncio.sleep(self.slow)
            raise reply
        loop = asyncio.get_running_loop()
        if reply is not None:
            answer = bytes([0x80, value[0], reply])
            loop.call_later(0 if self.early else self.slow + self.late, self._answered, answer)
        await asyncio.sleep(self.slow)

    def is_silent(self) -> bool:
        return self.silent

    async def repair(self) -> None:
        self.repairs += 1
        if self.repair_error:
            raise self.repair_error


@dataclass
class Rig:
    point: ControlPoint
    machine: Machine
    recorder: Recorder
    serving: "asyncio.Task[None]"
    clock: LoopClock = field(default_factory=LoopClock)

    def speed(self, value: int, *, reduction: bool = False, new_request: bool = True) -> None:
        self.point.set_target(Axis.SPEED, value, reduction=reduction, new_request=new_request)

    def incline(self, value: int, *, reduction: bool = False) -> None:
        self.point.set_target(Axis.INCLINE, value, reduction=reduction, new_request=True)

    async def has_control(self) -> None:
        self.speed(100)
        await settle()
        self.machine.log.clear()
        self.recorder.log.clear()

    async def play(self, timeline: str) -> None:
        """Give orders as `give` does, and wait 5 s at the end."""
        await give(self.point, timeline)
        await settle()


async def settle(seconds: float = 5.0) -> None:
    await asyncio.sleep(seconds)


@asynccontextmanager
async def rigged(
    *, serve: bool = True, never: bool = False, profile: Profile | None = None
) -> AsyncIterator[Rig]:
    """`serve`: there is a link. `never`: the bridge observes only."""
    recorder = Recorder()
    point = ControlPoint(recorder, LoopClock(), never=never)
    machine = Machine(point.answered)
    port: Port | None = machine if serve else None
    if profile is not None:
        point.speak(Edge(profile))
    serving = asyncio.create_task(point.serve(port))
    await asyncio.sleep(0)
    try:
        yield Rig(point, machine, recorder, serving)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def gatt(code: int) -> BleakGATTProtocolError:
    return BleakGATTProtocolError(code)


@dataclass(frozen=True, slots=True)
class Case:
    """What a machine that replies so is written, and what is reported, when orders come so.

    Lists are parted by commas. `writes` may have the seconds of each write: `08 01 @0.1`.
    """

    timeline: str
    writes: str
    done: str = ""
    refused: str = ""
    why: str = ""
    """Part of the reason of each refusal."""
    already: str = ""
    """What the machine says may be so already."""
    replies: tuple[Reply, ...] = ()
    has_control: bool = True
    slow: float = 0.03
    late: float = 0.03
    early: bool = False
    silent: bool = False
    profile: Profile | None = None
    repairs: int = 0
    repair_error: BaseException | None = None
    ends: Control | None = None
    """The state of control at the end."""
    quirks: tuple[Quirk, ...] = ()
    not_started: int = 0
    """Starts that were withdrawn before they were written."""

    async def check(self) -> None:
        async with rigged(profile=self.profile) as rig:
            if self.has_control:
                await rig.has_control()
            began = LoopClock().now()
            rig.machine.script = list(self.replies)
            machine = rig.machine
            machine.slow, machine.late, machine.early = self.slow, self.late, self.early
            machine.silent, machine.repair_error = self.silent, self.repair_error
            await rig.play(self.timeline)
            assert not rig.serving.done()
            timed = "@" in self.writes
            assert self.writes == ", ".join(
                f"{octets} @{round(time - began, 2)}" if timed else octets
                for time, octets in rig.machine.log
            )
            assert machine.repairs == self.repairs
            recorder = rig.recorder
            assert named(recorder.all("written")) == self.done
            assert named(recorder.refusals()) == self.refused
            assert all(self.why in reason for reason in recorder.reasons())
            assert named(order for order, _ in recorder.all("already")) == self.already
            assert self.ends is None or recorder.all("control")[-1] is self.ends
            assert tuple(recorder.all("observed")) == self.quirks
            assert len(recorder.all("not started")) == self.not_started
