"""The one gate to the control point with a scripted machine behind it, in virtual time.

Written and answered bytes are spelled out: 00 asks for control, 02 sets speed, 03 incline, 07
starts, 08 stops (01) or pauses (02); 80 answers, with the op asked and the result (01 success).
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from bleak.exc import BleakGATTProtocolError

from bridge.drivers.ftms.control_point import ControlPoint
from bridge.drivers.ftms.exchange import Port
from bridge.machines import Edge, Quirk
from bridge.values import Axis, Control, Halt, HaltBelt, Order
from tests.rigs.virtual_time import LoopClock

STOP = HaltBelt(Halt.STOP)
PAUSE = HaltBelt(Halt.PAUSE)
SUCCESS, UNSUPPORTED, INVALID, FAILED, FORBIDDEN = 1, 2, 3, 4, 5
NEVER = None
"""A request that the machine takes and never answers."""

Reply = int | BaseException | None


@dataclass
class Heard:
    """What the handler heard, in order."""

    controls: list[Control] = field(default_factory=list)
    written_: list[Order] = field(default_factory=list)
    refusals: list[tuple[Order, str]] = field(default_factory=list)
    alreadies: list[Order] = field(default_factory=list)
    quirks: list[Quirk] = field(default_factory=list)

    def control(self, state: Control) -> None:
        self.controls.append(state)

    def written(self, order: Order) -> None:
        self.written_.append(order)

    def refused(self, order: Order, why: str) -> None:
        self.refusals.append((order, why))

    def observed(self, quirk: Quirk) -> None:
        self.quirks.append(quirk)

    def already(self, order: Order, why: str) -> None:
        self.alreadies.append(order)


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
    heard: Heard
    serving: "asyncio.Task[None]"

    def speed(self, value: int, *, reduction: bool = False, new_request: bool = True) -> None:
        self.point.set_target(Axis.SPEED, value, reduction=reduction, new_request=new_request)

    def incline(self, value: int, *, reduction: bool = False) -> None:
        self.point.set_target(Axis.INCLINE, value, reduction=reduction, new_request=True)

    async def has_control(self) -> None:
        self.speed(100)
        await settle()
        self.machine.log.clear()
        self.heard.written_.clear()


async def settle(seconds: float = 5.0) -> None:
    await asyncio.sleep(seconds)


@asynccontextmanager
async def rigged(
    *, serve: bool = True, never: bool = False, edge: Edge | None = None
) -> AsyncIterator[Rig]:
    """`serve`: there is a link. `never`: the bridge observes only."""
    heard = Heard()
    point = ControlPoint(heard, LoopClock(), never=never)
    machine = Machine(point.answered)
    port: Port | None = machine if serve else None
    if edge is not None:
        point.speak(edge)
    serving = asyncio.create_task(point.serve(port))
    await asyncio.sleep(0)
    try:
        yield Rig(point, machine, heard, serving)
    finally:
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


def gatt(code: int) -> BleakGATTProtocolError:
    return BleakGATTProtocolError(code)
