"""One procedure at a time on the Fitness Machine Control Point: write, await the answer, pace.

What is written, and what an answer means, `control_point` decides.
"""

import asyncio
from collections.abc import Callable
from typing import Protocol

from bleak.exc import BleakError, BleakGATTProtocolError, BleakGATTProtocolErrorCode

from bridge.clock import Clock
from bridge.machines import Quirk
from protocols.errors import DecodeError
from protocols.ftms.control_point import Request, RequestControl, Response
from protocols.ftms.procedure import Procedure, State

PACE = 0.5
"""Seconds between writes, unless the machine's profile says more. Not for stop and pause."""
BUSY_LIMIT = 2.0
"""Seconds for which a write that finds the machine busy is tried again."""
HALT_RETRY = 0.1
EARLY = 0.02
"""Seconds by which an answer overtakes its write's response beyond doubt."""

_NEVER = float("-inf")


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


class RefusedError(Exception):
    """The write of a request was refused; the text says why."""


class UnansweredError(Exception):
    """A stop was never answered, and nothing else may be asked before it is."""


class NotWantedError(Exception):
    """The machine was busy until nobody wanted the request any more."""


class Exchange:
    """The procedures of one machine, link after link.

    `unanswered` counts orders in a row without an answer, for the owner to raise.
    """

    def __init__(self, observed: Callable[[Quirk], None], clock: Clock) -> None:
        """`observed` hears of ways of the machine."""
        self._observed = observed
        self._clock = clock
        self._port: Port | None = None
        self._procedure = Procedure()
        self._answer: asyncio.Future[Response] | None = None
        self._written_at = _NEVER
        self._answered_at = _NEVER
        self.unanswered = 0

    def open(self, port: Port | None) -> None:
        """Begin a link; None: a machine without control point."""
        self._port, self._procedure = port, Procedure()

    def close(self) -> None:
        """The link is gone."""
        self._port = None

    def forget_machine(self) -> None:
        """Another machine may answer where the last one did not."""
        self._answered_at, self.unanswered = _NEVER, 0

    def begin_anew(self) -> None:
        """Take what was never answered for done with, against FTMP."""
        self._procedure = Procedure()

    @property
    def is_open(self) -> bool:
        """Whether there is a machine to write to."""
        return self._port is not None

    @property
    def is_idle(self) -> bool:
        """Whether nothing is under way."""
        return self._procedure.state is State.IDLE

    @property
    def has_answered(self) -> bool:
        """Whether this machine ever answered, on any link."""
        return self._answered_at > _NEVER

    def is_silent(self) -> bool:
        """Whether nobody knows whether the belt stands by now."""
        return self._port is None or self._port.is_silent()

    def answered(self, value: bytes) -> None:
        """A value of 2AD9, indicated or notified; it may come before the write returns."""
        try:
            response = self._procedure.indication(value, self._clock.now())
        except DecodeError:
            return
        self._answered_at = self._clock.now()
        self.unanswered = 0
        if response is not None and self._answer is not None and not self._answer.done():
            self._answer.set_result(response)

    async def pace(self, seconds: float) -> None:
        """Wait until a write may follow the last one, and nothing is under way any more.

        Raises:
            UnansweredError: a stop was never answered.
        """
        pace = max(PACE, seconds)
        await asyncio.sleep(max(0.0, self._written_at + pace - self._clock.now()))
        while self._procedure.state is not State.IDLE:
            self._procedure.tick(self._clock.now())
            if self._procedure.state is State.POISONED:
                raise UnansweredError
            await asyncio.sleep(PACE)

    async def ask(
        self,
        request: Request,
        limit: float,
        *,
        urgent: bool = False,
        wanted: Callable[[], bool] = lambda: True,
    ) -> Response | None:
        """One procedure: the answer, or None if none came within `limit` of the write.

        A busy machine is asked again for as long as it is `wanted`.

        Raises:
            RefusedError: the write was refused.
            NotWantedError: it was not wanted any more by the time the machine was free.
            EncodeError: the request does not fit the wire.
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
        assert port is not None  # noqa: S101 - `open` sets it for as long as there is work
        give_up = self._clock.now() + BUSY_LIMIT
        repaired = False
        while True:
            self._written_at = self._clock.now()
            value = self._procedure.start(request, self._written_at)
            try:
                await port.write(value)
            except BleakError as error:
                self._procedure.write_refused()
                code = error.code if isinstance(error, BleakGATTProtocolError) else None
                if code == BleakGATTProtocolErrorCode.CCCD_IMPROPERLY_CONFIGURED and not repaired:
                    repaired = True
                    await self.repair()
                    continue
                busy = code == BleakGATTProtocolErrorCode.PROCEDURE_ALREADY_IN_PROGRESS
                if not (busy or urgent) or self._clock.now() >= give_up:
                    message = f"the machine refused the write: {error}"
                    raise RefusedError(message) from error
            except BaseException:  # a halt overtook it, or it never came back
                self._procedure.write_refused()
                raise
            else:
                early = self._clock.now() - self._answered_at >= EARLY
                if self._procedure.state is State.ANSWERED and early:
                    self._observed(Quirk.ANSWERS_EARLY)
                self._procedure.write_acknowledged(self._clock.now())
                return
            await asyncio.sleep(HALT_RETRY if urgent else PACE)
            if not wanted():
                raise NotWantedError

    async def repair(self) -> None:
        """Enable the machine's answers once more.

        Raises:
            RefusedError: it refuses.
        """
        assert self._port is not None  # noqa: S101 - as in `_write`
        try:
            await self._port.repair()
        except BleakError as error:
            message = f"the machine does not let its answers be subscribed to: {error}"
            raise RefusedError(message) from error
