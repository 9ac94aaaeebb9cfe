"""Drives a KingSmith WalkingPad that does not speak FTMS: polls its status, carries orders out.

A pad never acknowledges a command, so an order counts as carried out once a status shows it. It
takes a speed only in manual mode, into which it is brought for an order and never otherwise.
"""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import Any, Final, NoReturn

from bleak.exc import BleakError

from bridge.bluetooth.connection import Connection, LinkLost
from bridge.bluetooth.scan import Found
from bridge.clock import Clock
from bridge.drivers.driver import Handler, Options, OrderHandler
from bridge.drivers.kingsmith_status import Follower
from bridge.drivers.order_queue import OrderQueue
from bridge.machines import Declared, Edge, Quirk, declared_quirks
from bridge.texts import tell
from bridge.values import (
    Axis,
    Control,
    Features,
    Halt,
    HaltBelt,
    MachineInfo,
    Order,
    SetTarget,
    StartBelt,
    Unusable,
)
from protocols import kingsmith, uuids
from protocols.errors import DecodeError, EncodeError
from protocols.kingsmith import BeltState, Command, Mode, Status
from protocols.ranges import SpeedRange

POLL_S = 1.0
"""Seconds between two questions for the status; a pad sends none by itself."""
SHOWN_S = 3.0
"""Seconds within which a status shows what became of a command: two answers, and one lost."""
PACE_S = kingsmith.PACE_S + 0.06
"""Seconds between two writes: what the pad needs, and two connection intervals of jitter."""
HALT_SHOWN_S = POLL_S + PACE_S + 0.3
"""The same after a stop: one answer."""
SILENCE_S = 6.0
"""Seconds without any answer after which the link is of no more use. After 10 the belt would count
as unknown, and the guard would not tell that it was left moving."""
EXPLAINS_S = 6.0
"""Seconds for which a start or stop of ours explains that the belt starts or stops."""
TRIES = 2
"""How often a command is written that no status shows: pads drop one now and then."""

SPEEDS: Final = SpeedRange(50, 600, 10)
"""0.5 to 6.0 km/h: what every known pad can do. The faster ones need a `speed_range_kmh`."""
DANGERS: Final = (
    "This WalkingPad starts at a speed of its own, 2.5 km/h on some, whatever was asked before.",
    "Its belt runs on when the link drops: then only its remote control and its plug stop it.",
    "It has no safety key and no pause: a pause stops the belt.",
    "In automatic mode it follows your feet. A speed, a start or a limit puts it in manual mode.",
)

_FEATURES = Features(("total_distance", "step_count", "elapsed_time"), ("speed",))
_SILENT = "the pad's status does not show it"
_UNKNOWN = "the pad has not answered yet"
_MOVES = "the belt is not known to stand"
_NO_INCLINE = "the pad has no incline"
_NOTHING_DECLARED = Declared()
_FOLLOWS = "the pad follows the walker, who asked for nothing else"
_NO_LINK = "the pad is not connected, or cannot be written to"


def advertises(found: Found) -> bool:
    """Whether a machine in reach seems to be a pad, by its name: other devices use the service too.

    A pad that advertises FTMS speaks that, and is no matter of this driver's.
    """
    name = found.name.lower()
    return not found.advertises_service and ("walkingpad" in name or name.startswith("ks-"))


async def describe(
    connection: Connection, found: Found, declared: Declared = _NOTHING_DECLARED
) -> MachineInfo:
    """Read what little a pad says of itself.

    Raises:
        LinkLost: no answer in time, or no link.
    """
    profile = declared.profile(found.name)
    edge = Edge(profile, SPEEDS)
    writable = connection.can(kingsmith.WRITE, "write", "write-without-response")
    quirks = declared_quirks(profile)
    return MachineInfo(
        address=found.address,
        name=found.name,
        maker="KingSmith",
        model=await connection.text(uuids.MODEL_NUMBER),
        firmware=await connection.text(uuids.FIRMWARE_REVISION),
        features=_FEATURES,
        speed_range=edge.speed_range,
        can_control=writable,
        rssi=found.rssi,
        quirks=quirks if writable else (*quirks, Quirk.NO_CONTROL_POINT),
        edge=edge,
    )


class KingsmithDriver:
    """Drives one pad over all of its links (see `Driver`)."""

    def __init__(self, handler: Handler, clock: Clock, options: Options) -> None:
        self.orders = PadOrders(handler, clock, never=options.observe_only)
        self._handler = handler
        self._clock = clock
        self._options = options
        self._follower = Follower()
        self._early: list[bytes] | None = []
        self._heard = 0.0
        self._connection: Connection | None = None
        self._told: set[str] = set()
        self._automatic = False
        self._address = ""

    async def set_up(self, connection: Connection, found: Found) -> MachineInfo:
        """Read what little the pad says of itself, and subscribe; see `Driver.set_up`."""
        machine = await describe(connection, found, self._options.declared)
        profile = machine.edge.profile
        connection.write_type, connection.pairing = profile.write, profile.pairing
        self._early, self._follower, self._automatic = [], Follower(), False
        self._address = found.address
        self.orders.speak(machine.edge)
        notifies = await connection.subscribe(kingsmith.NOTIFY, self._on_value)
        self._connection = connection if notifies and machine.can_control else None
        self._heard = self._clock.now()
        can_control = self._connection is not None and not self._options.observe_only
        return replace(machine, can_control=can_control)

    def begin(self) -> None:
        """Hand over what came early; tell of the dangers, once of each pad."""
        early, self._early = self._early or [], None
        for value in early:
            self._take(value)
        if self._address not in self._told:
            self._told.add(self._address)
            self._handler.announce(tell("machine_dangers", dangers=" ".join(DANGERS)))

    def work(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Poll, and carry out orders; see `Driver.work`."""
        return self._poll(), self.orders.serve(self._connection)

    async def halted(self) -> None:
        """Return once no stop or pause is on its way to the pad."""
        await self.orders.halted()

    async def _poll(self) -> NoReturn:
        """Ask for the status again and again.

        Raises:
            LinkLost: the pad does not answer any more.
        """
        while True:
            if self._connection is not None:
                try:
                    await self.orders.ask_status()
                except BleakError as error:
                    message = f"the pad cannot be asked: {error}"
                    raise LinkLost(message) from error
                if self._clock.now() - self._heard > SILENCE_S:
                    message = "the pad does not answer any more"
                    raise LinkLost(message)
            await asyncio.sleep(POLL_S)

    def _on_value(self, value: bytes) -> None:
        if self._early is None:
            self._take(value)
        else:
            self._early.append(value)

    def _take(self, value: bytes) -> None:
        if not kingsmith.is_status(value):
            return  # a stored run, or what nobody has explained
        try:
            status = Status.decode(value)
        except DecodeError:
            self._handler.unusable(Unusable.MEASUREMENT)
            return
        self._heard = now = self._clock.now()
        started, stopped = (self.orders.explains(kind, now) for kind in (StartBelt, HaltBelt))
        news = self._follower.take(status, now, started=started, stopped=stopped)
        # What became of an order comes before what the belt does by it.
        self.orders.shown(status)
        self._handler.measured(news.measurement(self.orders.edge))
        if news.activity is not None:
            self._handler.training(news.activity)
        if news.event is not None:
            self._handler.happened(news.event)
        automatic = status.mode == Mode.AUTOMATIC
        if automatic and not self._automatic:
            self._handler.announce(tell("automatic_mode"))
        self._automatic = automatic


class PadOrders(OrderQueue):
    """The one gate to a pad: paces what is written, and looks for it in the statuses."""

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
        """What turns the pad's numbers into true ones now."""
        return self._edge

    async def serve(self, connection: Connection | None) -> None:
        """Carry out orders over one link, until cancelled; None: a pad that cannot be written to.

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
        """Ask for a status, once a write may follow the last one. Raises as `Connection.write`."""
        await self._send(kingsmith.ASK_STATUS)

    def shown(self, status: Status) -> None:
        """A status has come."""
        self._status = status
        self._news.set()

    def explains(self, kind: type[Order], now: float) -> bool:
        """Whether an order of this kind explains what the belt does now; else it was a key."""
        return now <= self._explained.get(kind, float("-inf"))

    def _unavailable(self, *, halt: bool) -> str:  # noqa: ARG002 - the same for both
        return "" if self._connection is not None else _NO_LINK

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
            return  # it was withdrawn meanwhile
        waiting, wanted = self._take(key)
        if self._expired(waiting):
            return
        try:
            command = command_for(waiting.order, self._edge)
        except EncodeError as error:
            self._handler.refused(waiting.order, str(error))
            return
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
        """Know the pad's state, and have it in manual mode; why not, if not."""
        if self._status is None and not await self._until(lambda _: True):
            return _UNKNOWN
        status = self._status
        assert status is not None  # noqa: S101 - just waited for
        if key is None and not stands(status):
            return _MOVES
        for _ in range(TRIES):
            if self._status is not None and self._status.mode == Mode.MANUAL:
                return ""
            if key in self._waiting and not self._waiting[key].wilful:
                return _FOLLOWS  # neither a person's request nor a limit
            await self._pace()
            if key not in self._waiting:
                return ""  # no order any more: then no other mode either
            if why := await self._write(kingsmith.set_mode(Mode.MANUAL)):
                return why
            if await self._until(lambda status: status.mode == Mode.MANUAL):
                return ""
        return "the pad does not take the manual mode"

    async def _halt_now(self, kind: Halt) -> None:
        """Stop at once, ahead of pacing; a pad drops what follows too soon, so twice if need be."""
        order = HaltBelt(Halt.STOP)
        for _ in range(TRIES):
            if why := await self._write(kingsmith.STOP, order):
                self._handler.refused(HaltBelt(kind), why)
                return
            if await self._until(lambda s: shows(order, s, self._edge), HALT_SHOWN_S):
                self._handler.written(order)
                return
            await self._pace()
        self._handler.refused(HaltBelt(kind), _SILENT)

    async def _is_shown(self, order: Order) -> bool:
        return await self._until(lambda status: shows(order, status, self._edge))

    async def _until(self, condition: Callable[[Status], bool], limit: float = SHOWN_S) -> bool:
        """Whether a status that comes within the limit meets the condition."""
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
            # Another write may come in between.
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

    async def _write(self, command: Command, order: Order | None = None) -> str:
        """Write an order's command; why it was refused, if it was."""
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
    """What to write for an order.

    Raises:
        EncodeError: the speed would be a stop, or does not fit.
    """
    match order:
        case SetTarget(_, value):
            return kingsmith.set_speed(edge.speed_order(value))
        case StartBelt():
            return kingsmith.START
        case HaltBelt():
            return kingsmith.STOP


def shows(order: Order, status: Status, edge: Edge) -> bool:
    """Whether a status shows that an order is carried out, or on its way."""
    match order:
        case SetTarget(_, value):
            tenths = edge.speed_order(value) // kingsmith.WIRE_SPEED * kingsmith.WIRE_SPEED
            return tenths in {status.asked, status.speed}
        case StartBelt():
            return not stands(status)
        case HaltBelt():
            return status.belt in {BeltState.STOPPED, BeltState.STANDBY}


def stands(status: Status) -> bool:
    """Whether the belt stands, and is not about to start."""
    return status.belt in {BeltState.STOPPED, BeltState.STANDBY} and status.speed == 0
