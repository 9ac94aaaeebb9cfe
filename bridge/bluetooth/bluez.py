"""BlueZ over D-Bus, beyond what bleak offers: adapters, devices, and when Bluetooth returns.

Linux only; dbus-fast comes with bleak there. The bus is the system's, or the one in
`DBUS_SYSTEM_BUS_ADDRESS`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, NoReturn

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDBusError,
    BleakError,
)
from dbus_fast import BusType, Message, MessageType
from dbus_fast.aio import MessageBus
from dbus_fast.errors import AuthError

from bridge.clock import SystemClock
from bridge.tasks import Backoff, end

SERVICE = "org.bluez"
ADAPTER = "org.bluez.Adapter1"
DEVICE = "org.bluez.Device1"
BUS = "org.freedesktop.DBus"
ACCESS_DENIED = "org.freedesktop.DBus.Error.AccessDenied"
PROPERTIES = "org.freedesktop.DBus.Properties"
OBJECTS = "org.freedesktop.DBus.ObjectManager"
CALL_S = 5.0
LONGEST_S = 10.0
"""Maximum seconds between attempts to connect to the bus; a container may have none for months."""

Objects = Mapping[str, Mapping[str, Mapping[str, Any]]]
"""Interfaces by path, and properties by interface."""

_RULES = (
    f"type='signal',sender='{BUS}',member='NameOwnerChanged',arg0='{SERVICE}'",
    f"type='signal',sender='{SERVICE}',interface='{PROPERTIES}',arg0='{ADAPTER}'",
    f"type='signal',sender='{SERVICE}',interface='{OBJECTS}'",
)


@dataclass(frozen=True, slots=True)
class Adapter:
    """A Bluetooth adapter: `hci0`, its address, and True if it is switched on."""

    name: str
    address: str
    powered: bool


@dataclass(frozen=True, slots=True)
class Device:
    """A device that BlueZ knows; `adapter` is the name of its adapter."""

    path: str
    adapter: str
    address: str
    name: str
    connected: bool
    services: frozenset[str]


@dataclass(frozen=True, slots=True)
class State:
    """The present adapters and devices."""

    adapters: tuple[Adapter, ...] = ()
    devices: tuple[Device, ...] = ()

    def usable(self, adapter: str = "") -> bool:
        """True if this adapter is on; without a name, if any is."""
        return any(each.powered for each in self.adapters if adapter in {"", each.name})


@asynccontextmanager
async def system_bus() -> AsyncIterator[MessageBus]:
    """Yield a separate connection to the system bus.

    Raises:
        OSError, EOFError: there is no bus, or it refuses this user.
        BleakBluetoothNotAvailableError: it refuses this user.
        BleakDBusError: it refuses this program.
    """
    bus = MessageBus(bus_type=BusType.SYSTEM)
    try:
        try:
            async with asyncio.timeout(CALL_S):
                await bus.connect()
        except AuthError as error:
            denied = BleakBluetoothNotAvailableReason.DENIED_BY_SYSTEM
            raise BleakBluetoothNotAvailableError(str(error), denied) from error
        # If AppArmor refuses the first message, dbus-fast mistakes the error for a reply.
        if not (bus.unique_name or "").startswith(":"):
            raise BleakDBusError(ACCESS_DENIED, [bus.unique_name])
        yield bus
    finally:
        bus.disconnect()  # also after a failed connect, which leaves a socket open


async def call(  # noqa: PLR0917 - in the order of a D-Bus method call
    bus: MessageBus,
    path: str,
    interface: str,
    member: str,
    signature: str = "",
    body: tuple[Any, ...] = (),
    *,
    destination: str = SERVICE,
) -> list[Any]:
    """Call a method, and return its reply.

    Raises:
        BleakDBusError: the service is away, or refuses.
        TimeoutError: no reply in time.
    """
    message = Message(
        destination=destination,
        path=path,
        interface=interface,
        member=member,
        signature=signature,
        body=list(body),
    )
    async with asyncio.timeout(CALL_S):
        reply = await bus.call(message)
    if reply.message_type is MessageType.ERROR:
        raise BleakDBusError(reply.error_name or "", reply.body)
    return list(reply.body)


async def add_match(bus: MessageBus, rule: str) -> None:
    """Subscribe to signals that match the rule."""
    path = "/org/freedesktop/DBus"
    await call(bus, path, BUS, "AddMatch", "s", (rule,), destination=BUS)


async def objects(bus: MessageBus) -> Objects:
    """Return all objects of BlueZ.

    Raises:
        BleakDBusError: BlueZ does not run, or refuses this user.
    """
    (found,) = await call(bus, "/", OBJECTS, "GetManagedObjects")
    return {
        path: {
            interface: {key: variant.value for key, variant in properties.items()}
            for interface, properties in interfaces.items()
        }
        for path, interfaces in found.items()
    }


def state_of(found: Objects) -> State:
    """Extract adapters and devices from BlueZ's objects."""
    adapters = [
        Adapter(_last(path), each[ADAPTER]["Address"], bool(each[ADAPTER]["Powered"]))
        for path, each in found.items()
        if ADAPTER in each
    ]
    devices = []
    for path, interfaces in found.items():
        if (each := interfaces.get(DEVICE)) is not None:
            name = each.get("Name") or each.get("Alias") or ""
            services = frozenset(each.get("UUIDs", ()))
            adapter = _last(each["Adapter"])
            connected = bool(each["Connected"])
            devices.append(Device(path, adapter, each["Address"], name, connected, services))
    return State(tuple(sorted(adapters, key=lambda each: each.name)), tuple(devices))


async def look() -> State:
    """Return the present adapters and devices.

    Raises:
        OSError, EOFError: there is no bus, or it refuses this user.
        BleakError: the bus refuses this user, BlueZ does not run, or refuses this user.
    """
    async with system_bus() as bus:
        return state_of(await objects(bus))


def _last(path: str) -> str:
    return path.rpartition("/")[2]


class Watch:
    """Detects that Bluetooth returns: its service starts, or an adapter is switched on.

    Args:
        adapter: the only adapter that counts, such as `hci1`; empty for any.
    """

    def __init__(self, adapter: str = "") -> None:
        self._adapter = adapter
        self._usable = True  # an adapter present from the start has not returned
        self._changed = asyncio.Event()
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def usable(self) -> bool:
        """True while a relevant adapter is switched on, as far as known."""
        return self._usable

    async def back(self) -> None:
        """Return when Bluetooth next returns after this call."""
        waiter = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)

    async def run(self) -> NoReturn:
        """Watch until cancelled; reconnects to a bus that is away."""
        pauses = Backoff(SystemClock(), longest_s=LONGEST_S)
        while True:
            pauses.attempt()
            # Whoever needs a link reports these failures.
            with contextlib.suppress(OSError, EOFError, BleakError):
                async with system_bus() as bus:
                    await self._listen(bus)
            self._note(usable=False)
            await pauses.rest()

    async def _listen(self, bus: MessageBus) -> None:
        bus.add_message_handler(self._on_signal)
        for rule in _RULES:
            await add_match(bus, rule)
        ended: asyncio.Task[None] = asyncio.create_task(bus.wait_for_disconnect())  # type: ignore[no-untyped-call]
        try:
            while not ended.done():
                self._changed.clear()
                try:
                    state = state_of(await objects(bus))
                except BleakDBusError:  # bluetoothd is absent, or refuses this user
                    state = State()
                self._note(usable=state.usable(self._adapter))
                changed = asyncio.create_task(self._changed.wait())
                await asyncio.wait({ended, changed}, return_when=asyncio.FIRST_COMPLETED)
                changed.cancel()
        finally:
            await end(ended)

    def _on_signal(self, message: Message) -> None:
        if message.message_type is not MessageType.SIGNAL:
            return
        # Devices are irrelevant here, and a scan adds and removes many.
        if message.member in {"InterfacesAdded", "InterfacesRemoved"} and not any(
            ADAPTER in each for each in message.body[1:]
        ):
            return
        self._changed.set()

    def _note(self, *, usable: bool) -> None:
        if usable and not self._usable:
            for waiter in self._waiting:
                if not waiter.done():
                    waiter.set_result(None)
        self._usable = usable
