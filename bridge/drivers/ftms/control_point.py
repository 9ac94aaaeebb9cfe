"""The only writer to the Fitness Machine Control Point.

It takes orders from the queue, requests control when an order needs it, and reports the machine's
answers. Only one procedure runs at a time.
"""

import asyncio
import contextlib
from collections.abc import Callable

from bridge.bluetooth.connection import LinkLost
from bridge.clock import Clock
from bridge.drivers.driver import NO_ANSWER, OrderHandler
from bridge.drivers.ftms.exchange import (
    Exchange,
    NotWantedError,
    Port,
    RefusedError,
    UnansweredError,
)
from bridge.drivers.order_queue import OrderQueue, Waiting
from bridge.machines import Edge, HaltWord, Quirk
from bridge.values import (
    NOT_LINKED,
    NOT_THIS_VALUE,
    Axis,
    Control,
    Halt,
    HaltBelt,
    Order,
    SetTarget,
    StartBelt,
)
from protocols.errors import EncodeError
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
from protocols.ftms.procedure import TIMEOUT

CONTROL_LIMIT = 3.0
"""Seconds to wait for the answer to Request Control: some machines never answer, but obey."""
HALT_CONTROL_LIMIT = 2.0
HALT_ANSWER_LIMIT = 1.0
"""Seconds to wait for the answer to a stop; the guard repeats an unanswered stop."""
UNANSWERED = 2
"""Unanswered orders, without any answer before, after which a machine counts as never answering."""
TAKE_BACK_EVERY = 60.0
"""Seconds between attempts to regain control that was taken away."""

_REASONS = {
    ResultCode.OP_CODE_NOT_SUPPORTED: "the machine does not know this command",
    ResultCode.INVALID_PARAMETER: NOT_THIS_VALUE,
    ResultCode.OPERATION_FAILED: "the machine reports that it failed; the belt may do so already",
    ResultCode.CONTROL_NOT_PERMITTED: "the machine does not permit control",
}
_TAKEN = "another app or the console has taken control of the machine"
_DENIED = "the machine does not give control"
_MAY_MOVE = "the machine sends nothing now, and takes a start to a belt that moves for a pause"
_MUTE = "the machine's answers cannot be subscribed to, so only stops are sent"
_NO_ANSWER = "an order was never answered"
_NEVER_ANSWERS = "this machine never answers an order, so only stops are sent"


class ControlPoint(OrderQueue):
    """Sends orders to one machine; `serve` runs for the life of one link."""

    def __init__(self, handler: OrderHandler, clock: Clock, *, never: bool = False) -> None:
        """`never`: observe only, every order is refused."""
        super().__init__(handler, clock, never=never)
        self._exchange = Exchange(handler.observed, clock)
        self._answers = True
        self._state = Control.NONE
        self._presumed = False  # control was requested, and the machine did not answer
        self._taken_back_at = float("-inf")
        self._address = ""

    def meet(self, address: str) -> None:
        """Set the machine that this link leads to; knowledge of its answers survives a link."""
        if address != self._address:
            self._address = address
            self._exchange.forget_machine()

    @property
    def edge(self) -> Edge:
        """The current conversion between the machine's numbers and true ones."""
        return self._edge

    def answered(self, value: bytes) -> None:
        """Process a value of 2AD9; it may arrive before the write returns."""
        self._exchange.answered(value)

    def permission_lost(self) -> None:
        """Handle the machine's report that it withdrew control."""
        if self._state is Control.HELD or self._presumed:
            self._presumed = False
            self._set(Control.TAKEN)

    async def serve(self, port: Port | None, *, answers: bool = True) -> None:
        """Carry out orders over one link until cancelled; None is a machine without control point.

        Without `answers` only halts are written, because the result of other orders would be
        unknown.

        Raises:
            LinkLost: a machine that answers left an order unanswered; FTMP then allows no further
                one.
        """
        self._exchange.open(port)
        self._answers = answers
        try:
            await self._work_off()
        finally:
            self._exchange.close()
            self._presumed = False
            self._set(Control.NONE)

    def _unavailable(self, *, halt: bool) -> str:
        if not (halt or self._answers):
            return _MUTE
        if not self._exchange.is_open:
            return NOT_LINKED
        never = not halt and self._exchange.unanswered >= UNANSWERED
        return _NEVER_ANSWERS if never else ""

    def _set(self, state: Control) -> None:
        # Report a repeated refusal too, so that a new request gets an outcome and nothing rises.
        if state is not self._state or state in {Control.DENIED, Control.TAKEN}:
            self._state = state
            self._handler.control(state)

    async def _carry_out(self) -> None:
        key = self._next()
        waiting = self._waiting[key]
        try:
            if why := await self._take_control(waiting.wilful):
                self._handler.refused(self._waiting.pop(key, waiting).order, why)
                return
            if key is Axis.SPEED and self._edge.profile.start_before_target:
                await self._start_again()
            await self._pace()
            if key not in self._waiting:
                return  # the order was withdrawn meanwhile
            waiting, wanted = self._take(key)
            if self._expired(waiting):
                return
            if key is None and self._edge.profile.start_toggles and self._exchange.is_silent():
                self._handler.refused(waiting.order, _MAY_MOVE)
                return
            self._handler.sending(waiting.order)
            response = await self._ask(waiting.order, TIMEOUT, wanted=wanted)
            if response is not None and response.result == ResultCode.CONTROL_NOT_PERMITTED:
                response = await self._ask_once_more(waiting, response, wanted)
        except NotWantedError:
            if key is None and key not in self._waiting:  # no other start followed meanwhile
                self._handler.not_started()
            return
        except UnansweredError:
            self._waiting.pop(key, None)
            response = None
        except (RefusedError, EncodeError) as error:
            self._handler.refused(self._waiting.pop(key, waiting).order, str(error))
            return
        self._report(waiting.order, response)
        if response is None:
            await self._go_on_unanswered()

    async def _pace(self) -> None:
        await self._exchange.pace(self._edge.profile.pace_s)

    async def _ask(
        self,
        order: Order,
        limit: float,
        *,
        urgent: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Response | None:
        request = request_for(order, self._edge)
        return await self._exchange.ask(request, limit, urgent=urgent, wanted=wanted)

    async def _go_on_unanswered(self) -> None:
        """Keep the link to a machine that has never answered: a new link would not change that.

        Raises:
            LinkLost: it has answered before.
        """
        if self._exchange.has_answered or not self._exchange.is_open:
            raise LinkLost(_NO_ANSWER)
        self._exchange.begin_anew()
        self._exchange.unanswered += 1
        if self._exchange.unanswered < UNANSWERED:
            with contextlib.suppress(RefusedError):
                await self._exchange.repair()
            return
        dropped, self._waiting = self._waiting, {}
        for each in dropped.values():
            self._handler.refused(each.order, _NEVER_ANSWERS)
        self._handler.observed(Quirk.NO_ANSWERS)

    async def _ask_once_more(
        self, waiting: Waiting, refusal: Response, wanted: Callable[[], bool]
    ) -> Response | None:
        """Request control again and retry: some machines forget who has it."""
        self._forget_control()
        if await self._take_control(waiting.wilful):
            return refusal
        await self._pace()
        if not wanted():
            raise NotWantedError
        response = await self._ask(waiting.order, TIMEOUT, wanted=wanted)
        if response is not None and response.success:
            self._handler.observed(Quirk.CONTROL_FORGOTTEN)
        return response

    async def _start_again(self) -> None:
        """Repeat a start before a target, for machines that need it; never on a stopped belt."""
        await self._pace()
        await self._request_control(CONTROL_LIMIT)
        await self._pace()
        if Axis.SPEED in self._waiting and not self._exchange.is_silent():
            await self._exchange.ask(StartOrResume(), TIMEOUT)

    async def _take_control(self, wilful: bool) -> str:
        """Request control if needed; return the reason for a failure, else an empty text."""
        if self._state is Control.HELD or self._presumed:
            return ""
        taken = self._state is Control.TAKEN
        wait = taken and self._clock.now() - self._taken_back_at < TAKE_BACK_EVERY
        if wait or (self._state is not Control.NONE and not wilful):
            self._set(self._state)
            return _TAKEN if taken else _DENIED
        if taken:
            self._taken_back_at = self._clock.now()
        await self._pace()
        await self._request_control(CONTROL_LIMIT)
        return _DENIED if self._state is Control.DENIED else ""

    def _forget_control(self, state: Control = Control.NONE) -> None:
        self._presumed = False
        if self._state is not Control.TAKEN:
            self._set(state)

    async def _request_control(self, limit: float, *, urgent: bool = False) -> None:
        response = await self._exchange.ask(RequestControl(), limit, urgent=urgent)
        if response is None:
            self._handler.observed(Quirk.CONTROL_UNANSWERED)
        self._presumed = response is None or response.result == ResultCode.OP_CODE_NOT_SUPPORTED
        if response is not None and not self._presumed:
            success = response.result == ResultCode.SUCCESS
            self._set(Control.HELD if success else Control.DENIED)

    async def _halt_now(self, kind: Halt) -> bool:
        """Stop or pause, with at most one necessary Request Control before it."""
        order = HaltBelt(kind)
        try:
            if self._exchange.is_idle and not (self._state is Control.HELD or self._presumed):
                await self._request_control_for_halt()
            response = await self._ask(order, HALT_ANSWER_LIMIT, urgent=True)
            result = None if response is None else response.result
            if result == ResultCode.CONTROL_NOT_PERMITTED:
                await self._request_control_for_halt()
                response = await self._ask(order, HALT_ANSWER_LIMIT, urgent=True)
            elif kind is Halt.PAUSE and result in {
                ResultCode.OP_CODE_NOT_SUPPORTED,
                ResultCode.INVALID_PARAMETER,
            }:
                order = HaltBelt(Halt.STOP)  # without pause support it stops
                response = await self._ask(order, HALT_ANSWER_LIMIT, urgent=True)
        except RefusedError as error:
            self._handler.refused(order, str(error))
            return False
        return self._report(order, response)

    async def _request_control_for_halt(self) -> None:
        try:
            async with asyncio.timeout(HALT_CONTROL_LIMIT):
                await self._request_control(HALT_CONTROL_LIMIT, urgent=True)
        except (RefusedError, TimeoutError):
            pass  # the stop is written anyway

    def _report(self, order: Order, response: Response | None) -> bool:
        """Report the result of an order; return True unless it was refused or not answered."""
        if response is None:
            self._handler.refused(order, NO_ANSWER)
            return False
        if response.result == ResultCode.SUCCESS:
            if self._presumed:
                self._presumed = False
                self._set(Control.HELD)
            self._handler.written(order)
            return True
        if response.result == ResultCode.CONTROL_NOT_PERMITTED:
            self._forget_control(Control.DENIED)
        unknown = f"the machine answered with the unknown result {response.result:#04x}"
        why = _reason(response.result) or unknown
        if (
            isinstance(order, StartBelt | HaltBelt)
            and response.result == ResultCode.OPERATION_FAILED
        ):
            self._handler.already(order, why)
            return True
        self._handler.refused(order, why)
        return False


def _reason(result: int) -> str:
    return next((text for code, text in _REASONS.items() if code == result), "")


def request_for(order: Order, edge: Edge) -> Request:
    """Return the request for an order, with the machine's own numbers and op codes."""
    match order:
        case SetTarget(Axis.SPEED, speed):
            return SetTargetSpeed(edge.speed_order(speed))
        case SetTarget(_, incline):
            return SetTargetIncline(edge.incline_order(incline))
        case HaltBelt(kind):
            word = edge.profile.halt
            stop = kind is Halt.STOP if word is HaltWord.BOTH else word is HaltWord.STOP
            return StopOrPause(StopKind.STOP if stop else StopKind.PAUSE)
        case StartBelt():
            return StartOrResume()
