"""Interfaces between the bridge and a driver.

Bytes stop at the driver. Beyond it there are only measurements, events and orders (`bridge.values`,
`bridge.values.status`). All calls are made on the event loop, and none may block.
"""

from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bridge.bluetooth.connection import Connection, Tap
from bridge.bluetooth.scan import Found
from bridge.clock import Clock
from bridge.machines import Declared, Edge, Quirk
from bridge.values import (
    Activity,
    Axis,
    Control,
    Event,
    Halt,
    MachineInfo,
    Measurement,
    Order,
    Unusable,
)
from bridge.values.status import MachineEvent

NO_ANSWER = "the machine does not answer"
"""Reason of a failure after which the machine may still carry out the order."""


class OrderHandler(Protocol):
    """Callbacks for the results of orders; also called from within an order."""

    def control(self, state: Control) -> None:
        """Control of the machine was gained, denied or lost."""
        ...

    def sending(self, order: Order) -> None:
        """An order is being written; its result follows."""
        ...

    def written(self, order: Order) -> None:
        """The machine carried out an order."""
        ...

    def refused(self, order: Order, why: str) -> None:
        """An order was refused or not sent; `why` is one plain clause."""
        ...

    def already(self, order: Order, why: str) -> None:
        """A start or halt failed, possibly because the belt is in that state already."""
        ...

    def not_started(self) -> None:
        """A start was withdrawn before it was written."""
        ...

    def observed(self, quirk: Quirk) -> None:
        """The machine was found to have a quirk."""
        ...


class Listener(Protocol):
    """Callbacks for what a machine sends."""

    def measured(self, data: Measurement) -> None:
        """The machine sent a measurement, in true units."""
        ...

    def training(self, activity: Activity | None) -> None:
        """The machine reported its training status; None means none."""
        ...

    def happened(self, event: MachineEvent) -> None:
        """The machine reported an event; targets are in true units."""
        ...

    def stepped(self, a_minute: int) -> None:
        """The runner's cadence, in steps per minute."""
        ...

    def unusable(self, what: Unusable) -> None:
        """The machine sent something that is neither a measurement nor an event."""
        ...

    def observed(self, quirk: Quirk) -> None:
        """The machine was found to have a quirk."""
        ...


class Handler(OrderHandler, Listener, Protocol):
    """Callbacks for everything that comes over the link."""

    def connected(self, machine: MachineInfo) -> None:
        """The machine is connected; later callbacks belong to this link."""
        ...

    def disconnected(self, reason: str) -> None:
        """The link ended; only after `connected`."""
        ...

    def alive(self) -> None:
        """The machine answered a read."""
        ...

    def announce(self, event: Event) -> None:
        """The machine has a property that people should know."""
        ...


class Orders(Protocol):
    """The only way to write to the machine; it accepts only the guard's decisions."""

    def set_target(self, axis: Axis, value: int, *, reduction: bool, new_request: bool) -> None:
        """Set a target, in wire units."""
        ...

    def start(self) -> None:
        """Start or resume."""
        ...

    def halt(self, kind: Halt) -> None:
        """Stop or pause, ahead of everything."""
        ...

    def withdraw(self, axis: Axis | None) -> None:
        """Cancel the waiting order of this axis (None: a start)."""
        ...

    def speak(self, edge: Edge) -> None:
        """Change the conversion of the machine's numbers."""
        ...


class Line(Protocol):
    """The link to the machine."""

    @property
    def orders(self) -> Orders:
        """The machine's orders."""
        ...

    def connect(self) -> None:
        """Establish the link."""
        ...

    def release(self) -> None:
        """Release the link, so that another app can connect."""
        ...


class Driver(Protocol):
    """Implements one protocol for one configured machine, over all its links.

    For each link `set_up` is called, then `begin`, then all of `work` until it is cancelled.
    """

    @property
    def orders(self) -> Orders:
        """Accepts orders at any time; refuses them without a link."""
        ...

    async def set_up(self, connection: Connection, found: Found) -> MachineInfo:
        """Identify the machine and subscribe, without calling the handler yet.

        Raises:
            LinkLost: no answer in time, or no link.
            BleakError: refused.
        """
        ...

    def begin(self) -> None:
        """Deliver what arrived during `set_up`, and from now on everything at once."""
        ...

    def work(self) -> Sequence[Coroutine[Any, Any, None]]:
        """Return the coroutines to run while the link is up: to monitor it and carry out orders.

        Each runs until it is cancelled, and may raise LinkLost.
        """
        ...

    async def halted(self) -> None:
        """Return once no stop or pause is in flight, or about to be repeated."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """Options of a driver.

    Args:
        observe_only: send no orders (`control = "never"`).
        declared: the owner's declarations, which override the table of models.
        tap: callback for every value on the link; also reads each value fit for a capture once.
    """

    observe_only: bool = False
    declared: Declared = Declared()  # noqa: RUF009 - frozen
    tap: Tap | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A supported protocol.

    `service` is its GATT service, which identifies it on a connected machine. `advertises` judges
    an advertisement. `dangers` are warnings for the owner, as sentences.
    """

    name: str
    title: str
    service: int
    advertises: Callable[[Found], bool]
    build: Callable[[Handler, Clock, Options], Driver]
    dangers: tuple[str, ...] = ()
