"""Orders on their way to one machine, whatever protocol it speaks.

Orders are given without waiting; one worker carries them out, one after the other, the newest
target of each axis only. Stop and pause go ahead of everything. Nothing outlives the link.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import NoReturn

from bridge.clock import Clock
from bridge.drivers.driver import OrderHandler
from bridge.machines import PLAIN_EDGE, Edge
from bridge.values import Axis, Halt, HaltBelt, Order, SetTarget, StartBelt

START_LIMIT = 10.0
"""Seconds for which a start may wait for its turn: nobody expects a belt to start after that."""

TOO_LATE = "the machine was busy for too long; ask again"
_OBSERVES = 'this bridge only observes: control is set to "never"'


@dataclass(frozen=True, slots=True)
class Waiting:
    """An order that waits for its turn; `given` is when, in monotonic seconds."""

    order: Order
    reduction: bool
    wilful: bool
    """Whether it may take back control that was taken away."""
    given: float


class OrderQueue(ABC):
    """Gives one machine its orders.

    `set_target`, `start` and `halt` return at once and may be called at any time. A driver fills in
    how an order is carried out, and calls `_work_off` for the life of one link.
    """

    def __init__(self, handler: OrderHandler, clock: Clock, *, never: bool = False) -> None:
        """`never`: observe only, every order is refused."""
        self._handler = handler
        self._clock = clock
        self._never = never
        self._edge = PLAIN_EDGE
        self._waiting: dict[Axis | None, Waiting] = {}
        self._withdrawn: Counter[Axis | None] = Counter()
        self._halt: Halt | None = None
        self._halting: Halt | None = None
        self._halts_done = asyncio.Event()
        self._halts_done.set()
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None

    def set_target(self, axis: Axis, value: int, *, reduction: bool, new_request: bool) -> None:
        """Write a target (wire units) as soon as it may be; a newer one for the axis replaces it.

        `reduction`: it lowers what was written before. `new_request`: a person just asked for it.
        """
        older = self._waiting.get(axis)
        wilful = reduction or new_request or (older is not None and older.wilful)
        order = SetTarget(axis, value)
        self._enqueue(axis, Waiting(order, reduction, wilful, self._clock.now()))

    def start(self) -> None:
        """Start the belt, or resume."""
        now = self._clock.now()
        self._enqueue(None, Waiting(StartBelt(), reduction=False, wilful=True, given=now))

    def halt(self, kind: Halt) -> None:
        """Stop or pause at once: what is under way is abandoned, what waits is dropped."""
        if why := self._why_not(halt=True):
            self._handler.refused(HaltBelt(kind), why)
            return
        self._waiting.clear()
        self._halts_done.clear()
        if self._halt is not Halt.STOP:  # a pause comes after it, and never in its place
            self._halt = kind
        if self._work is not None and self._halting not in {kind, Halt.STOP}:
            self._work.cancel()
        self._wake.set()

    async def halted(self) -> None:
        """Return once no stop or pause is on its way to the machine."""
        await self._halts_done.wait()

    def speak(self, edge: Edge) -> None:
        """Turn orders into these numbers: as declared at each new link, or as found out later."""
        self._edge = edge

    def withdraw(self, axis: Axis | None) -> None:
        """What waits for this axis (None: a start) is not wanted any more, and is not written."""
        self._withdrawn[axis] += 1
        self._waiting.pop(axis, None)

    # --- what a driver fills in

    @abstractmethod
    def _unavailable(self, *, halt: bool) -> str:
        """Why no order can be given now; empty if one can."""

    @abstractmethod
    async def _carry_out(self) -> None:
        """Carry out the order that `_next` names, the newest of its kind when it is written."""

    @abstractmethod
    async def _halt_now(self, kind: Halt) -> None:
        """Stop or pause."""

    # --- the work

    async def _work_off(self) -> NoReturn:
        """Carry out orders until cancelled; what waits by then is dropped."""
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._halt is not None or self._waiting:
                    await self._run(self._stop() if self._halt else self._carry_out())
        finally:
            self._waiting.clear()
            self._halt = None
            self._halts_done.set()
            self._wake.clear()

    async def _run(self, step: Coroutine[None, None, None]) -> None:
        """Run one step as a task of its own, which `halt` may cancel."""
        self._work = asyncio.ensure_future(step)
        try:
            await asyncio.wait({self._work})
        except asyncio.CancelledError:
            self._work.cancel()
            await asyncio.wait({self._work})
            raise
        finally:
            work, self._work = self._work, None
        if not work.cancelled():
            work.result()

    async def _stop(self) -> None:
        self._halting, self._halt = self._halt, None
        try:
            await self._halt_now(self._halting or Halt.STOP)
        finally:
            self._halting = None
            if self._halt is None:
                self._halts_done.set()

    def _enqueue(self, key: Axis | None, waiting: Waiting) -> None:
        if why := self._why_not(halt=False):
            self._handler.refused(waiting.order, why)
            return
        self._waiting[key] = waiting
        self._wake.set()

    def _why_not(self, *, halt: bool) -> str:
        return _OBSERVES if self._never else self._unavailable(halt=halt)

    def _next(self) -> Axis | None:
        return min(self._waiting, key=lambda key: not self._waiting[key].reduction)

    def _take(self, key: Axis | None) -> tuple[Waiting, Callable[[], bool]]:
        """The order to write now, and whether it is still wanted at any later moment."""
        waiting, withdrawn = self._waiting.pop(key), self._withdrawn[key]

        def wanted() -> bool:
            return self._withdrawn[key] == withdrawn and key not in self._waiting

        return waiting, wanted

    def _expired(self, waiting: Waiting) -> bool:
        """Return True for a start that has waited for too long; the handler is told."""
        late = self._clock.now() - waiting.given > START_LIMIT
        if not isinstance(waiting.order, StartBelt) or not late:
            return False
        self._handler.refused(waiting.order, TOO_LATE)
        return True
