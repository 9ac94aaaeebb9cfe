"""The seam: what the bridge needs of any machine, and what a driver may tell the bridge.

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


class OrderHandler(Protocol):
    """Hears what became of orders; also called from within an order."""

    def control(self, state: Control) -> None:
        """The machine obeys this bridge, or does not."""
        ...

    def written(self, order: Order) -> None:
        """The machine carried out an order."""
        ...

    def refused(self, order: Order, why: str) -> None:
        """It did not, or was not asked; `why` is one plain clause."""
        ...

    def already(self, order: Order, why: str) -> None:
        """A start or halt "failed": it may be so already, which the belt will show."""
        ...

    def observed(self, quirk: Quirk) -> None:
        """The machine has a way of its own."""
        ...


class Listener(Protocol):
    """Hears what a machine sends."""

    def measured(self, data: Measurement) -> None:
        """The machine measured, in true numbers."""
        ...

    def training(self, activity: Activity | None) -> None:
        """The machine reports what the workout does; None: it reports nothing."""
        ...

    def happened(self, event: MachineEvent) -> None:
        """The machine reports an event; targets are in true numbers."""
        ...

    def stepped(self, a_minute: int) -> None:
        """The runner's steps a minute."""
        ...

    def unusable(self, what: Unusable) -> None:
        """The machine sent what is neither a measurement nor an event."""
        ...

    def observed(self, quirk: Quirk) -> None:
        """The machine has a way of its own."""
        ...


class Handler(OrderHandler, Listener, Protocol):
    """Hears what comes over the link."""

    def connected(self, machine: MachineInfo) -> None:
        """The machine is connected and sends; what it sends next is news of this link."""
        ...

    def disconnected(self, reason: str) -> None:
        """After `connected`: the link is gone."""
        ...

    def alive(self) -> None:
        """A read was answered."""
        ...

    def announce(self, event: Event) -> None:
        """A person should know this of the machine."""
        ...


class Orders(Protocol):
    """The one gate to the machine; it takes only what the guard decided."""

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
        """What waits for this axis (None: a start) is not wanted any more."""
        ...

    def speak(self, edge: Edge) -> None:
        """The machine's numbers are other than declared."""
        ...


class Line(Protocol):
    """The link to the machine."""

    @property
    def orders(self) -> Orders:
        """Where orders go."""
        ...

    def connect(self) -> None:
        """Take the link."""
        ...

    def release(self) -> None:
        """Let go of the link, so that another app can take it."""
        ...


class Driver(Protocol):
    """Speaks one protocol with one configured machine, over all of its links.

    Of each link, `set_up`, then `begin`, then all of `work` until it is cancelled.
    """

    @property
    def orders(self) -> Orders:
        """Takes orders at any time; refuses them while there is no link."""
        ...

    async def set_up(self, connection: Connection, found: Found) -> MachineInfo:
        """Find out what the machine is, and subscribe; tell the handler nothing yet.

        Raises:
            LinkLost: no answer in time, or no link.
            BleakError: refused.
        """
        ...

    def begin(self) -> None:
        """Hand over what came early, and from now on everything at once."""
        ...

    def work(self) -> Sequence[Coroutine[Any, Any, None]]:
        """What is to run for as long as the link lives: watch it, and carry out orders.

        Each runs until it is cancelled, and may raise LinkLost.
        """
        ...

    async def halted(self) -> None:
        """Return once no stop or pause is on its way to the machine."""
        ...


@dataclass(frozen=True, slots=True)
class Options:
    """How a driver is to work.

    Args:
        observe_only: give no orders (`control = "never"`).
        declared: what the owner says of the machine, beyond the table of models.
        tap: hears every value that crosses the link; each that is fit for a capture is read once.
    """

    observe_only: bool = False
    declared: Declared = Declared()  # noqa: RUF009 - frozen
    tap: Tap | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """A protocol that the bridge speaks.

    `service` is the GATT service by which a connected machine is known to speak it; `advertises`
    judges what a machine sends before; `dangers` are what its owner should know, as sentences.
    """

    name: str
    title: str
    service: int
    advertises: Callable[[Found], bool]
    build: Callable[[Handler, Clock, Options], Driver]
    dangers: tuple[str, ...] = ()
