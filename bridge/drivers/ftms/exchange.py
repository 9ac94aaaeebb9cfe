"""Procedures on the Fitness Machine Control Point, one at a time: write, await the answer, pace.

`control_point` decides what to write and how to interpret the answer.
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
"""Seconds between writes, unless the machine's profile requires more. Not for stop and pause."""
BUSY_LIMIT = 2.0
"""Seconds during which a write to a busy machine is retried."""
HALT_RETRY = 0.1
EARLY = 0.02
"""Seconds by which an answer may precede its write's response."""

_NEVER = float("-inf")


class Port(Protocol):
    """Link operations that the control point needs."""

    async def write(self, value: bytes) -> None:
        """Write to 2AD9. Raises BleakError if refused, LinkLost after its time limit."""
        ...

    async def repair(self) -> None:
        """Enable indications again. Raises as `write` does."""
        ...

    def is_silent(self) -> bool:
        """True if samples are missing, so that the state of the belt is unknown."""
        ...


class RefusedError(Exception):
    """The machine refused a write; the text gives the reason."""


class UnansweredError(Exception):
    """A stop was never answered; no other procedure may start before it is."""


class NotWantedError(Exception):
    """The request was withdrawn while the machine was busy."""


class Exchange:
    """The procedures of one machine, over all its links.

    `unanswered` counts consecutive orders without an answer; the owner increments it.
    """

    def __init__(self, observed: Callable[[Quirk], None], clock: Clock) -> None:
        """`observed` is called with each quirk found."""
        self._observed = observed
        self._clock = clock
        self._port: Port | None = None
        self._procedure = Procedure()
        self._answer: asyncio.Future[Response] | None = None
        self._written_at = _NEVER
        self._answered_at = _NEVER
        self.unanswered = 0

    def open(self, port: Port | None) -> None:
        """Begin a link; None is a machine without control point."""
        self._port, self._procedure = port, Procedure()

    def close(self) -> None:
        """The link ended."""
        self._port = None

    def forget_machine(self) -> None:
        """Reset what is known of the machine's answers, for another machine."""
        self._answered_at, self.unanswered = _NEVER, 0

    def begin_anew(self) -> None:
        """Give up waiting for an unanswered procedure, against FTMP."""
        self._procedure = Procedure()

    @property
    def is_open(self) -> bool:
        """True if there is a machine to write to."""
        return self._port is not None

    @property
    def is_idle(self) -> bool:
        """True if no procedure is running."""
        return self._procedure.state is State.IDLE

    @property
    def has_answered(self) -> bool:
        """True if this machine ever answered, on any link."""
        return self._answered_at > _NEVER

    def is_silent(self) -> bool:
        """True if samples are missing, so that the state of the belt is unknown."""
        return self._port is None or self._port.is_silent()

    def answered(self, value: bytes) -> None:
        """Process a value of 2AD9; it may arrive before the write returns."""
        try:
            response = self._procedure.indication(value, self._clock.now())
        except DecodeError:
            return
        self._answered_at = self._clock.now()
        self.unanswered = 0
        if response is not None and self._answer is not None and not self._answer.done():
            self._answer.set_result(response)

    async def pace(self, seconds: float) -> None:
        """Wait until the pace allows a write, and no procedure is running.

        Raises:
            UnansweredError: a stop was never answered.
        """
        pace = max(PACE, seconds)
        # Without a pause there is no turn of the event loop either: the write leaves at once.
        if (wait := self._written_at + pace - self._clock.now()) > 0:
            await asyncio.sleep(wait)
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
        """Run one procedure; return the answer, or None if none came within `limit` of the write.

        A busy machine is retried while the request is `wanted`.

        Raises:
            RefusedError: the write was refused.
            NotWantedError: it was withdrawn before the machine was free.
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
