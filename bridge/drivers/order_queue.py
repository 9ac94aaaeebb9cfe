"""Queue of orders for one machine, independent of its protocol.

Giving an order never waits. One worker carries them out in turn, and only the newest target of each
axis. Stop and pause go first. Pending orders do not survive the link.
"""

import asyncio
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from bridge.clock import Clock
from bridge.drivers.driver import OrderHandler
from bridge.machines import PLAIN_EDGE, Edge
from bridge.values import Axis, Halt, HaltBelt, Order, SetTarget, StartBelt

START_LIMIT = 10.0
"""Maximum seconds that a start may wait: nobody expects the belt to start later."""
HALT_REPEAT_S = 1.5
"""Seconds after a failed stop in which a link stays up: the guard repeats it after about one."""

TOO_LATE = "the machine was busy for too long; ask again"
_OBSERVES = 'this bridge only observes: control is set to "never"'


@dataclass(frozen=True, slots=True)
class Waiting:
    """A waiting order; `given` is when it was given, in monotonic seconds."""

    order: Order
    reduction: bool
    wilful: bool
    """True if it may regain control that was taken away."""
    given: float


class OrderQueue(ABC):
    """Carries out the orders of one machine.

    `set_target`, `start` and `halt` return at once and may be called at any time. A driver
    implements how an order is carried out, and calls `_work_off` for the life of one link.
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
        self._halt_failed_at = float("-inf")
        self._work: asyncio.Task[None] | None = None
        """The step under way."""
        self._ended: asyncio.Future[NoReturn] | None = None
        """Fails with the step that ends the link; None without a link."""

    def set_target(self, axis: Axis, value: int, *, reduction: bool, new_request: bool) -> None:
        """Queue a target (wire units); it replaces an older one of the axis.

        `reduction`: it is lower than the last one written. `new_request`: a person just requested
        it.
        """
        older = self._waiting.get(axis)
        wilful = reduction or new_request or (older is not None and older.wilful)
        order = SetTarget(axis, value)
        self._enqueue(axis, Waiting(order, reduction, wilful, self._clock.now()))

    def start(self) -> None:
        """Queue a start or resume."""
        now = self._clock.now()
        self._enqueue(None, Waiting(StartBelt(), reduction=False, wilful=True, given=now))

    def halt(self, kind: Halt) -> None:
        """Stop or pause at once: cancels the current order and drops the queue."""
        if why := self._why_not(halt=True):
            self._handler.refused(HaltBelt(kind), why)
            return
        self.withdraw(None)
        self._waiting.clear()
        self._halts_done.clear()
        if self._halt is not Halt.STOP:  # a pause follows a pending stop, and never replaces it
            self._halt = kind
        if self._work is not None and self._halting not in {kind, Halt.STOP}:
            self._work.cancel()
        self._go_on()

    async def halted(self) -> None:
        """Return once no stop or pause is in flight, or about to be repeated after a failure."""
        await self._halts_done.wait()
        while (wait := self._halt_failed_at + HALT_REPEAT_S - self._clock.now()) > 0:
            await asyncio.sleep(wait)
            await self._halts_done.wait()

    def speak(self, edge: Edge) -> None:
        """Set the conversion for orders: declared at each new link, or found out later."""
        self._edge = edge

    def withdraw(self, axis: Axis | None) -> None:
        """Drop the waiting order of this axis (None: a start)."""
        self._withdrawn[axis] += 1
        if self._waiting.pop(axis, None) is not None and axis is None:
            self._handler.not_started()

    # --- to be implemented by a driver

    @abstractmethod
    def _unavailable(self, *, halt: bool) -> str:
        """Return why no order can be given now; empty if one can."""

    @abstractmethod
    async def _carry_out(self) -> None:
        """Carry out the order from `_next`, the newest of its kind at the time of writing."""

    @abstractmethod
    async def _halt_now(self, kind: Halt) -> bool:
        """Stop or pause; return True unless the machine refused it or did not answer."""

    # --- the worker

    async def _work_off(self) -> NoReturn:
        """Carry out orders until cancelled or a step fails, then drop the queue."""
        ended: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()
        self._ended = ended
        self._go_on()
        try:
            await ended
        finally:
            self._ended = None
            if self._work is not None:
                self._work.cancel()
                await asyncio.wait({self._work})
            if ended.done() and not ended.cancelled():
                ended.exception()  # otherwise asyncio logs it, if the link ended at the same time
            self._waiting.clear()
            self._halt = None
            self._halt_failed_at = float("-inf")
            self._halts_done.set()

    def _go_on(self) -> None:
        """Begin the next step, unless one is under way or the link has ended."""
        idle = self._work is None and self._ended is not None and not self._ended.done()
        if idle and (self._halt is not None or self._waiting):
            # A task of its own, which `halt` may cancel.
            step = self._carry_out_next() if self._halt is None else self._stop()
            self._work = asyncio.ensure_future(step)
            self._work.add_done_callback(self._step_over)

    def _step_over(self, work: "asyncio.Task[None]") -> None:
        self._work = None
        error = None if work.cancelled() else work.exception()
        if error is None:
            self._go_on()
        elif self._ended is not None and not self._ended.done():
            self._ended.set_exception(error)

    async def _carry_out_next(self) -> None:
        # This task begins a turn of the loop later: the only order may be withdrawn by then.
        if self._waiting:
            await self._carry_out()

    async def _stop(self) -> None:
        self._halting, self._halt = self._halt, None
        try:
            taken = await self._halt_now(self._halting or Halt.STOP)
            self._halt_failed_at = float("-inf") if taken else self._clock.now()
        finally:
            self._halting = None
            if self._halt is None:
                self._halts_done.set()

    def _enqueue(self, key: Axis | None, waiting: Waiting) -> None:
        if why := self._why_not(halt=False):
            self._handler.refused(waiting.order, why)
            return
        self._waiting[key] = waiting
        self._go_on()

    def _why_not(self, *, halt: bool) -> str:
        return _OBSERVES if self._never else self._unavailable(halt=halt)

    def _next(self) -> Axis | None:
        return min(self._waiting, key=lambda key: not self._waiting[key].reduction)

    def _take(self, key: Axis | None) -> tuple[Waiting, Callable[[], bool]]:
        """Return the order to write now, and a function that tells if it is still wanted."""
        waiting, withdrawn = self._waiting.pop(key), self._withdrawn[key]

        def wanted() -> bool:
            return self._withdrawn[key] == withdrawn and key not in self._waiting

        return waiting, wanted

    def _expired(self, waiting: Waiting) -> bool:
        """True for a start that has waited too long; also reports it to the handler."""
        late = self._clock.now() - waiting.given > START_LIMIT
        if not isinstance(waiting.order, StartBelt) or not late:
            return False
        self._handler.refused(waiting.order, TOO_LATE)
        return True
