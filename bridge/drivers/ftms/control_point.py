"""The one gate to the Fitness Machine Control Point.

Orders are given without waiting; one worker carries them out, one procedure at a time, the newest
target of each axis only. Stop and pause go ahead of everything. Nothing outlives the link.
"""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Protocol

from bleak.exc import BleakError, BleakGATTProtocolError, BleakGATTProtocolErrorCode

from bridge.bluetooth.connection import LinkLost
from bridge.clock import Clock
from bridge.machines import PLAIN_EDGE, Edge, Quirk
from bridge.values import NOT_THIS_VALUE, Axis, Control, Halt
from protocols.errors import DecodeError, EncodeError
from protocols.ftms.control_point import (
    Request,
    RequestControl,
    Response,
    ResultCode,
    SetTargetIncline,
    SetTargetSpeed,
    StartOrResume,
    StopKind,
    StopOrPause,
)
from protocols.ftms.procedure import TIMEOUT, Procedure, State

PACE = 0.5
"""Seconds between writes, unless the machine's profile says more. Not for stop and pause."""
CONTROL_LIMIT = 3.0
"""Seconds for the answer to Request Control: some machines never give one, and obey anyway."""
HALT_CONTROL_LIMIT = 2.0
HALT_ANSWER_LIMIT = 1.0
"""Seconds for the answer to a stop; whoever wants it stopped repeats it."""
BUSY_LIMIT = 2.0
"""Seconds for which a write that finds the machine busy is tried again."""
HALT_RETRY = 0.1
EARLY = 0.02
"""Seconds by which an answer overtakes its write's response beyond doubt."""
START_LIMIT = 10.0
"""Seconds for which a start may wait for its turn: nobody expects a belt to start after that."""
UNANSWERED = 2
"""So many orders without an answer, and never one, are a machine that does not answer at all."""
TAKE_BACK_EVERY = 60.0
"""Seconds between two attempts to take back control that was taken away."""

_REASONS = {
    ResultCode.OP_CODE_NOT_SUPPORTED: "the machine does not know this command",
    ResultCode.INVALID_PARAMETER: NOT_THIS_VALUE,
    ResultCode.OPERATION_FAILED: "the machine says that it failed: it may be so already",
    ResultCode.CONTROL_NOT_PERMITTED: "the machine does not permit control",
}
_TAKEN = "another app or the console has taken control of the machine"
_DENIED = "the machine does not give control"
_SILENT = "the machine does not answer"
_TOO_LATE = "the machine was busy for too long; ask again"
_MAY_MOVE = "the machine sends nothing now, and takes a start to a belt that moves for a pause"
_MUTE = "the machine's answers cannot be subscribed to, so only stops are sent"
_NO_ANSWER = "an order was never answered"
_NEVER_ANSWERS = "this machine never answers an order, so only stops are sent"


class Port(Protocol):
    """What the control point needs of a link."""

    async def write(self, value: bytes) -> None:
        """Write to 2AD9. Raises BleakError if refused, LinkLost after its time limit."""
        ...

    async def repair(self) -> None:
        """Enable its answers once more. Raises as `write` does."""
        ...

    def is_silent(self) -> bool:
        """Whether its data are missing, so that nobody knows whether the belt stands by now."""
        ...


class ControlHandler(Protocol):
    """Who hears what became of orders; called on the loop, also from within an order."""

    def control(self, state: Control) -> None:
        """The control point's state changed."""
        ...

    def written(self, request: Request) -> None:
        """The machine answered success."""
        ...

    def refused(self, request: Request, why: str) -> None:
        """It did not, or was not asked; `why` is one plain clause."""
        ...

    def observed(self, quirk: Quirk) -> None:
        """The machine has a way of its own."""
        ...

    def already(self, request: Request, why: str) -> None:
        """A start or halt "failed": it may be so already, which the belt will show."""
        ...


@dataclass(frozen=True, slots=True)
class _Order:
    request: Request
    reduction: bool
    wilful: bool
    """Whether it may take back control that was taken away."""
    given: float
    """When, in monotonic seconds."""


class _RefusedError(Exception):
    """The write of a request was refused; the text says why."""


class _UnansweredError(Exception):
    """A stop was never answered, and nothing else may be asked before it is."""


class _NotWantedError(Exception):
    """The machine was busy until nobody wanted the request any more."""


class ControlPoint:
    """Gives one machine its orders.

    `set_target`, `start` and `halt` return at once and may be called at any time. `serve` works for
    the life of one link.
    """

    def __init__(self, handler: ControlHandler, clock: Clock, *, never: bool = False) -> None:
        """`never`: observe only, every order is refused."""
        self._handler = handler
        self._clock = clock
        self._never = never
        self._edge = PLAIN_EDGE
        self._port: Port | None = None
        self._answers = True
        self._state = Control.NONE
        self._presumed = False  # asked for control, and got no answer
        self._orders: dict[Axis | None, _Order] = {}
        self._withdrawn: Counter[Axis | None] = Counter()
        self._halt: Halt | None = None
        self._halting: Halt | None = None
        self._halts_done = asyncio.Event()
        self._halts_done.set()
        self._wake = asyncio.Event()
        self._work: asyncio.Task[None] | None = None
        self._procedure = Procedure()
        self._answer: asyncio.Future[Response] | None = None
        self._written_at = float("-inf")
        self._taken_back_at = float("-inf")
        self._answered_at = float("-inf")
        self._address = ""
        self._unanswered = 0

    def meet(self, address: str) -> None:
        """Learn which machine this link leads to; what is known of its answers outlives a link."""
        if address != self._address:
            self._address, self._answered_at, self._unanswered = address, float("-inf"), 0

    def set_target(self, axis: Axis, value: int, *, reduction: bool, new_request: bool) -> None:
        """Write a target (wire units) as soon as it may be; a newer one for the axis replaces it.

        `reduction`: it lowers what was written before. `new_request`: a person just asked for it.
        """
        speed = axis is Axis.SPEED
        request: Request = SetTargetSpeed(value) if speed else SetTargetIncline(value)
        older = self._orders.get(axis)
        wilful = reduction or new_request or (older is not None and older.wilful)
        self._enqueue(axis, _Order(request, reduction, wilful, self._clock.now()))

    def start(self) -> None:
        """Start the belt, or resume."""
        now = self._clock.now()
        self._enqueue(None, _Order(StartOrResume(), reduction=False, wilful=True, given=now))

    def halt(self, kind: Halt) -> None:
        """Stop or pause at once: what is under way is abandoned, what waits is dropped."""
        if why := self._unavailable(halt=True):
            self._handler.refused(_halt_request(kind), why)
            return
        self._orders.clear()
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
        self._orders.pop(axis, None)

    def answered(self, value: bytes) -> None:
        """A value of 2AD9, indicated or notified; it may come before the write returns."""
        try:
            response = self._procedure.indication(value, self._clock.now())
        except DecodeError:
            return
        self._answered_at = self._clock.now()
        self._unanswered = 0
        if response is not None and self._answer is not None and not self._answer.done():
            self._answer.set_result(response)

    def permission_lost(self) -> None:
        """The machine reported that control went elsewhere."""
        if self._state is Control.HELD or self._presumed:
            self._presumed = False
            self._set(Control.TAKEN)

    async def serve(self, port: Port | None, *, answers: bool = True) -> None:
        """Carry out orders over one link, until cancelled; None: a machine without control point.

        Without `answers` only halts are written: nobody would know what became of anything else.

        Raises:
            LinkLost: a machine that answers left an order unanswered: FTMP allows no more then.
        """
        self._port, self._procedure, self._answers = port, Procedure(), answers
        try:
            while True:
                await self._wake.wait()
                self._wake.clear()
                while self._halt is not None or self._orders:
                    await self._run(self._halt_now() if self._halt else self._carry_out())
        finally:
            self._orders.clear()
            self._halt, self._port, self._presumed = None, None, False
            self._halts_done.set()
            self._wake.clear()
            self._set(Control.NONE)

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

    def _enqueue(self, key: Axis | None, order: _Order) -> None:
        why = self._unavailable() or (_NEVER_ANSWERS if self._unanswered >= UNANSWERED else "")
        if why:
            self._handler.refused(order.request, why)
            return
        self._orders[key] = order
        self._wake.set()

    def _unavailable(self, *, halt: bool = False) -> str:
        if self._never:
            return 'this bridge only observes: control is set to "never"'
        if not (halt or self._answers):
            return _MUTE
        return "" if self._port else "the machine is not connected, or has no control point"

    def _set(self, state: Control) -> None:
        # Denied once more is news: whoever asked again is to know, and nothing goes on rising.
        if state is not self._state or state is Control.DENIED:
            self._state = state
            self._handler.control(state)

    def _next(self) -> Axis | None:
        return min(self._orders, key=lambda key: not self._orders[key].reduction)

    async def _carry_out(self) -> None:
        """The next order, the newest of its kind at the moment of writing."""
        key = self._next()
        order = self._orders[key]
        try:
            if why := await self._take_control(order.wilful):
                self._handler.refused(self._orders.pop(key, order).request, why)
                return
            if key is Axis.SPEED and self._edge.profile.start_before_target:
                await self._start_again()
            await self._pace()
            if key not in self._orders:
                return  # it was withdrawn meanwhile
            order, withdrawn = self._orders.pop(key), self._withdrawn[key]

            def wanted() -> bool:
                return self._withdrawn[key] == withdrawn and key not in self._orders

            if key is None and self._clock.now() - order.given > START_LIMIT:
                self._handler.refused(order.request, _TOO_LATE)
                return
            if key is None and self._edge.profile.start_toggles and self._is_silent():
                self._handler.refused(order.request, _MAY_MOVE)
                return
            response = await self._exchange(order.request, TIMEOUT, wanted=wanted)
            if response is not None and response.result == ResultCode.CONTROL_NOT_PERMITTED:
                response = await self._ask_once_more(order, response, wanted)
        except _NotWantedError:
            return
        except _UnansweredError:
            self._orders.pop(key, None)
            response = None
        except (_RefusedError, EncodeError) as error:
            self._handler.refused(self._orders.pop(key, order).request, str(error))
            return
        self._report(order.request, response)
        if response is None:
            await self._go_on_unanswered()

    async def _go_on_unanswered(self) -> None:
        """Keep the link to a machine that has never answered: a new one would not answer either.

        Raises:
            LinkLost: it has answered before.
        """
        if self._answered_at > float("-inf") or self._port is None:
            raise LinkLost(_NO_ANSWER)
        self._procedure = Procedure()
        self._unanswered += 1
        if self._unanswered < UNANSWERED:
            with contextlib.suppress(_RefusedError):
                await self._repair(self._port)
            return
        orders, self._orders = self._orders, {}
        for order in orders.values():
            self._handler.refused(order.request, _NEVER_ANSWERS)
        self._handler.observed(Quirk.NO_ANSWERS)

    async def _ask_once_more(
        self, order: _Order, refusal: Response, wanted: Callable[[], bool]
    ) -> Response | None:
        """Some machines forget now and then whose they are."""
        self._forget_control()
        if await self._take_control(order.wilful):
            return refusal
        await self._pace()
        if not wanted():
            raise _NotWantedError
        response = await self._exchange(order.request, TIMEOUT, wanted=wanted)
        if response is not None and response.success:
            self._handler.observed(Quirk.CONTROL_FORGOTTEN)
        return response

    async def _start_again(self) -> None:
        """What some machines need before each target speed; never to a belt that may stand."""
        await self._pace()
        await self._request_control(CONTROL_LIMIT)
        await self._pace()
        if Axis.SPEED in self._orders and not self._is_silent():
            await self._exchange(StartOrResume(), TIMEOUT)

    def _is_silent(self) -> bool:
        return self._port is None or self._port.is_silent()

    async def _take_control(self, wilful: bool) -> str:
        """Have control, on demand; why not, if not."""
        if self._state is Control.HELD or self._presumed:
            return ""
        if self._state is not Control.NONE and not wilful:
            return _TAKEN if self._state is Control.TAKEN else _DENIED
        if self._state is Control.TAKEN:
            if self._clock.now() - self._taken_back_at < TAKE_BACK_EVERY:
                return _TAKEN
            self._taken_back_at = self._clock.now()
        await self._pace()
        await self._request_control(CONTROL_LIMIT)
        return _DENIED if self._state is Control.DENIED else ""

    def _forget_control(self, state: Control = Control.NONE) -> None:
        self._presumed = False
        if self._state is not Control.TAKEN:
            self._set(state)

    async def _request_control(self, limit: float, *, urgent: bool = False) -> None:
        response = await self._exchange(RequestControl(), limit, urgent=urgent)
        if response is None:
            self._handler.observed(Quirk.CONTROL_UNANSWERED)
        self._presumed = response is None or response.result == ResultCode.OP_CODE_NOT_SUPPORTED
        if response is not None and not self._presumed:
            success = response.result == ResultCode.SUCCESS
            self._set(Control.HELD if success else Control.DENIED)

    async def _halt_now(self) -> None:
        """Stop or pause, with at most a needed Request Control first."""
        self._halting, self._halt = self._halt, None
        request = _halt_request(self._halting or Halt.STOP)
        try:
            idle = self._procedure.state is State.IDLE
            if idle and not (self._state is Control.HELD or self._presumed):
                await self._request_control_for_halt()
            response = await self._exchange(request, HALT_ANSWER_LIMIT, urgent=True)
            result = None if response is None else response.result
            if result == ResultCode.CONTROL_NOT_PERMITTED:
                await self._request_control_for_halt()
                response = await self._exchange(request, HALT_ANSWER_LIMIT, urgent=True)
            elif request.kind is StopKind.PAUSE and result in {
                ResultCode.OP_CODE_NOT_SUPPORTED,
                ResultCode.INVALID_PARAMETER,
            }:
                request = _halt_request(Halt.STOP)  # it cannot pause: then it stops
                response = await self._exchange(request, HALT_ANSWER_LIMIT, urgent=True)
            self._report(request, response)
        except _RefusedError as error:
            self._handler.refused(request, str(error))
        finally:
            self._halting = None
            if self._halt is None:
                self._halts_done.set()

    async def _request_control_for_halt(self) -> None:
        try:
            async with asyncio.timeout(HALT_CONTROL_LIMIT):
                await self._request_control(HALT_CONTROL_LIMIT, urgent=True)
        except (_RefusedError, TimeoutError):
            pass  # the stop is written all the same

    async def _pace(self) -> None:
        """Wait until a write may follow the last one, and nothing is under way any more.

        Raises:
            _UnansweredError: a stop was never answered.
        """
        pace = max(PACE, self._edge.profile.pace_s)
        await asyncio.sleep(max(0.0, self._written_at + pace - self._clock.now()))
        while self._procedure.state is not State.IDLE:
            self._procedure.tick(self._clock.now())
            if self._procedure.state is State.POISONED:
                raise _UnansweredError
            await asyncio.sleep(PACE)

    async def _exchange(
        self,
        request: Request,
        limit: float,
        *,
        urgent: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Response | None:
        """One procedure: the answer, or None if none came within `limit` of the write.

        A busy machine is asked again for as long as it is `wanted`.
        """
        # Armed before writing: the answer may overtake the write's own response.
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        self._answer = answer
        try:
            await self._write(request, urgent, wanted)
            async with asyncio.timeout(limit):
                return await answer
        except TimeoutError:
            return None
        finally:
            self._answer = None
            unanswered = self._procedure.state is State.ACKNOWLEDGED
            if unanswered and isinstance(request, RequestControl):
                self._procedure.give_up()

    async def _write(self, request: Request, urgent: bool, wanted: Callable[[], bool]) -> None:
        port = self._port
        assert port is not None  # noqa: S101 - `serve` sets it for as long as there is work
        give_up = self._clock.now() + BUSY_LIMIT
        repaired = False
        while True:
            self._written_at = self._clock.now()
            value = self._procedure.start(self._edge.order(request), self._written_at)
            try:
                await port.write(value)
            except BleakError as error:
                self._procedure.write_refused()
                code = error.code if isinstance(error, BleakGATTProtocolError) else None
                if code == BleakGATTProtocolErrorCode.CCCD_IMPROPERLY_CONFIGURED and not repaired:
                    repaired = True
                    await self._repair(port)
                    continue
                busy = code == BleakGATTProtocolErrorCode.PROCEDURE_ALREADY_IN_PROGRESS
                if not (busy or urgent) or self._clock.now() >= give_up:
                    message = f"the machine refused the write: {error}"
                    raise _RefusedError(message) from error
            except BaseException:  # a halt overtook it, or it never came back
                self._procedure.write_refused()
                raise
            else:
                early = self._clock.now() - self._answered_at >= EARLY
                if self._procedure.state is State.ANSWERED and early:
                    self._handler.observed(Quirk.ANSWERS_EARLY)
                self._procedure.write_acknowledged(self._clock.now())
                return
            await asyncio.sleep(HALT_RETRY if urgent else PACE)
            if not wanted():
                raise _NotWantedError

    async def _repair(self, port: Port) -> None:
        try:
            await port.repair()
        except BleakError as error:
            message = f"the machine does not let its answers be subscribed to: {error}"
            raise _RefusedError(message) from error

    def _report(self, request: Request, response: Response | None) -> None:
        if response is None:
            self._handler.refused(request, _SILENT)
        elif response.result == ResultCode.SUCCESS:
            if self._presumed:
                self._presumed = False
                self._set(Control.HELD)
            self._handler.written(request)
        else:
            if response.result == ResultCode.CONTROL_NOT_PERMITTED:
                self._forget_control(Control.DENIED)
            unknown = f"the machine answered with the unknown result {response.result:#04x}"
            why = _reason(response.result) or unknown
            goal = isinstance(request, StartOrResume | StopOrPause)
            if goal and response.result == ResultCode.OPERATION_FAILED:
                self._handler.already(request, why)
            else:
                self._handler.refused(request, why)


def _reason(result: int) -> str:
    return next((text for code, text in _REASONS.items() if code == result), "")


def _halt_request(kind: Halt) -> StopOrPause:
    return StopOrPause(StopKind.STOP if kind is Halt.STOP else StopKind.PAUSE)
