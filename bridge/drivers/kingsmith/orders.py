"""The only writer to a WalkingPad: paces writes, and confirms them by the pad's status.

A pad never acknowledges a command, so an order counts as done once a status shows it. It accepts a
speed only in manual mode. The driver selects that mode only for an order.
"""

import asyncio
from collections.abc import Callable

from bleak.exc import BleakError

from bridge.bluetooth.connection import Connection
from bridge.clock import Clock
from bridge.drivers.driver import OrderHandler
from bridge.drivers.order_queue import OrderQueue
from bridge.machines import Edge
from bridge.values import NOT_LINKED, Axis, Control, Halt, HaltBelt, Order, SetTarget, StartBelt
from protocols import kingsmith
from protocols.errors import EncodeError
from protocols.kingsmith import BeltState, Command, Mode, Status

POLL_S = 1.0
"""Seconds between status polls; a pad sends nothing by itself."""
SHOWN_S = 3.0
"""Seconds within which a status shows a command's effect: two polls, one of them lost."""
PACE_S = kingsmith.PACE_S + 0.06
"""Seconds between writes: the pad's minimum, plus two connection intervals of jitter."""
HALT_SHOWN_S = POLL_S + PACE_S + 0.3
"""The same after a stop, for a single poll."""
EXPLAINS_S = 6.0
"""Seconds for which our own start or stop explains that the belt starts or stops."""
TRIES = 2
"""Attempts for a command that no status confirms: pads drop one now and then."""

_SILENT = "the pad's status does not show it"
_UNKNOWN = "the pad has not answered yet"
_MOVES = "the belt is not known to stand"
_NO_INCLINE = "the pad has no incline"
_FOLLOWS = "the pad follows the walker, who asked for nothing else"


class PadOrders(OrderQueue):
    """The only writer to a pad: paces writes, and confirms them by the pad's status."""

    def __init__(self, handler: OrderHandler, clock: Clock, *, never: bool = False) -> None:
        """`never`: observe only, every order is refused."""
        super().__init__(handler, clock, never=never)
        self._connection: Connection | None = None
        self._status: Status | None = None
        self._news = asyncio.Event()
        self._written_at = float("-inf")
        self._explained: dict[type[Order], float] = {}
        self._held = False

    @property
    def edge(self) -> Edge:
        """The current conversion between the pad's numbers and true ones."""
        return self._edge

    async def serve(self, connection: Connection | None) -> None:
        """Carry out orders over one link until cancelled; None is a pad that cannot be written to.

        Raises:
            LinkLost: a write was never answered.
        """
        self._connection, self._status = connection, None
        try:
            await self._work_off()
        finally:
            self._connection = None
            if self._held:
                self._held = False
                self._handler.control(Control.NONE)

    async def ask_status(self) -> None:
        """Request a status, once the pace allows a write. Raises as `Connection.write`."""
        await self._send(kingsmith.ASK_STATUS)

    def shown(self, status: Status) -> None:
        """Process a status."""
        self._status = status
        self._news.set()

    def explains(self, kind: type[Order], now: float) -> bool:
        """True if an order of this kind explains the belt's change; else a key was pressed."""
        return now <= self._explained.get(kind, float("-inf"))

    def _unavailable(self, *, halt: bool) -> str:  # noqa: ARG002 - the same for both
        return "" if self._connection is not None else NOT_LINKED

    async def _carry_out(self) -> None:
        key = self._next()
        waiting = self._waiting[key]
        why = _NO_INCLINE if key is Axis.INCLINE else await self._get_ready(key)
        if why:
            if key in self._waiting:
                self._handler.refused(self._waiting.pop(key, waiting).order, why)
            return
        await self._pace()
        if key not in self._waiting:
            return  # the order was withdrawn meanwhile
        waiting, wanted = self._take(key)
        if self._expired(waiting):
            return
        if key is None and self._status is not None and not stands(self._status):
            # the remote control started the belt meanwhile
            self._handler.refused(waiting.order, _MOVES)
            return
        try:
            command = command_for(waiting.order, self._edge)
        except EncodeError as error:
            self._handler.refused(waiting.order, str(error))
            return
        self._handler.sending(waiting.order)
        for _ in range(TRIES):
            if not wanted():
                return
            if why := await self._write(command, waiting.order):
                self._handler.refused(waiting.order, why)
                return
            if await self._is_shown(waiting.order):
                self._handler.written(waiting.order)
                return
        self._handler.refused(waiting.order, _SILENT)

    async def _get_ready(self, key: Axis | None) -> str:
        """Wait for the pad's status and select manual mode; return the reason for a failure."""
        if self._status is None and not await self._until(lambda _: True):
            return _UNKNOWN
        status = self._status
        assert status is not None  # noqa: S101 - `_until` waited for it
        if key is None and not stands(status):
            return _MOVES
        for _ in range(TRIES):
            if self._status is not None and self._status.mode == Mode.MANUAL:
                return ""
            if key in self._waiting and not self._waiting[key].wilful:
                return _FOLLOWS  # neither a person's request nor a limit, so the mode stays
            await self._pace()
            if key not in self._waiting:
                return ""  # the order was withdrawn, so the mode stays
            if why := await self._write(kingsmith.set_mode(Mode.MANUAL)):
                return why
            if await self._until(lambda status: status.mode == Mode.MANUAL):
                return ""
        return "the pad does not take the manual mode"

    async def _halt_now(self, kind: Halt) -> bool:
        """Stop at once, ignoring the pace; a pad drops a write that is too early."""
        order, waits = HaltBelt(Halt.STOP), [HALT_SHOWN_S] * TRIES
        if self._clock.now() - self._written_at < PACE_S:
            waits = [0.0, *waits]  # no status need tell that this one may be lost
        for wait_s in waits:
            if why := await self._write(kingsmith.STOP, order):
                self._handler.refused(HaltBelt(kind), why)
                return False
            if await self._until(lambda s: shows(order, s, self._edge), wait_s):
                self._handler.written(order)
                return True
            await self._pace()
        self._handler.refused(HaltBelt(kind), _SILENT)
        return False

    async def _is_shown(self, order: Order) -> bool:
        return await self._until(lambda status: shows(order, status, self._edge))

    async def _until(self, condition: Callable[[Status], bool], limit: float = SHOWN_S) -> bool:
        """True if a status within the limit meets the condition."""
        try:
            async with asyncio.timeout(limit):
                while True:
                    self._news.clear()
                    await self._news.wait()
                    if self._status is not None and condition(self._status):
                        return True
        except TimeoutError:
            return False

    async def _pace(self) -> None:
        while (wait := self._written_at + PACE_S - self._clock.now()) > 0:  # noqa: ASYNC110
            # Another write may happen meanwhile.
            await asyncio.sleep(wait)

    async def _send(self, command: Command) -> None:
        await self._pace()
        await self._write_now(command)

    async def _write_now(self, command: Command) -> None:
        connection = self._connection
        if connection is None:
            return
        self._written_at = self._clock.now()
        await connection.write(kingsmith.WRITE, command.encode())
        self._written_at = self._clock.now()  # a busy radio sends late

    async def _write(self, command: Command, order: Order | None = None) -> str:
        """Write an order's command; return the reason if it was refused."""
        if order is not None:
            self._explained[type(order)] = self._clock.now() + EXPLAINS_S
        try:
            await self._write_now(command)
        except BleakError as error:
            return f"the pad refused the write: {error}"
        if not self._held:
            self._held = True
            self._handler.control(Control.HELD)
        return ""


def command_for(order: Order, edge: Edge) -> Command:
    """Return the command for an order.

    Raises:
        EncodeError: the speed would be a stop, or is out of range.
    """
    match order:
        case SetTarget(_, value):
            return kingsmith.set_speed(edge.speed_order(value))
        case StartBelt():
            return kingsmith.START
        case HaltBelt():
            return kingsmith.STOP


def shows(order: Order, status: Status, edge: Edge) -> bool:
    """True if a status shows that an order was carried out, or is in progress."""
    match order:
        case SetTarget(_, value):
            tenths = edge.speed_order(value) // kingsmith.WIRE_SPEED * kingsmith.WIRE_SPEED
            return tenths in {status.asked, status.speed}
        case StartBelt():
            return not stands(status)
        case HaltBelt():
            return status.belt in {BeltState.STOPPED, BeltState.STANDBY}


def stands(status: Status) -> bool:
    """True if the belt stands, and is not about to start."""
    return status.belt in {BeltState.STOPPED, BeltState.STANDBY} and status.speed == 0
