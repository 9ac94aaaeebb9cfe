"""A read-only bleak client for a link that BlueZ holds for another program.

BlueZ has one link to a machine for all processes, and `Disconnect` ends it for all. bleak's own
client disconnects at its end, and on failures. This one never connects, disconnects, pairs or
writes; its subscriptions end with its D-Bus connection.
"""

from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any, NoReturn

from bleak.args import SizedBuffer
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import (
    BleakDBusError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)
from dbus_fast import Message
from dbus_fast.aio import MessageBus

from bridge.bluetooth.bluez import (
    DEVICE,
    PROPERTIES,
    SERVICE,
    Objects,
    add_match,
    call,
    objects,
    system_bus,
)

GATT_SERVICE = "org.bluez.GattService1"
CHARACTERISTIC = "org.bluez.GattCharacteristic1"
LEAST_MTU = 23


class SharedClient(BaseBleakClient):
    """Reads from a machine over an existing link."""

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        **_: Any,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout
        )
        if not isinstance(address_or_ble_device, BLEDevice):
            message = "a shared link is one to a device that BlueZ lists as connected"
            raise BleakError(message)
        self._path: str = address_or_ble_device.details["path"]
        self._device = address_or_ble_device
        self._held = AsyncExitStack()
        self._bus: MessageBus | None = None
        self._linked = False
        self._callbacks: dict[str, NotifyCallback] = {}

    @property
    def name(self) -> str:
        """The device's name, else its address with dashes."""
        return self._device.name or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """The minimum: without a write, BlueZ reports no MTU over D-Bus."""
        return LEAST_MTU

    @property
    def is_connected(self) -> bool:
        """True while the other program's link is up."""
        return self._linked and self._bus is not None and self._bus.connected

    async def connect(self, pair: bool, **_: Any) -> None:  # noqa: ARG002 - bleak's signature
        """Load the device's characteristics.

        Raises:
            BleakError: the link was lost, or BlueZ refuses.
        """
        self._bus = await self._held.enter_async_context(system_bus())
        try:
            found = await objects(self._bus)
            _check_connected(found, self._path)
            self.services = self._collect(found)
            self._bus.add_message_handler(self._on_signal)
            rule = (
                f"type='signal',sender='{SERVICE}',interface='{PROPERTIES}',"
                f"path_namespace='{self._path}'"
            )
            await add_match(self._bus, rule)
            self._linked = True
        except BaseException:
            await self.disconnect()
            raise

    def _collect(self, found: Objects) -> BleakGATTServiceCollection:
        collection = BleakGATTServiceCollection()
        ours = sorted(path for path in found if path.startswith(f"{self._path}/"))
        services: dict[str, BleakGATTService] = {}
        for path in ours:
            if (each := found[path].get(GATT_SERVICE)) is not None:
                services[path] = BleakGATTService(path, _handle(path), each["UUID"])
                collection.add_service(services[path])
        for path in ours:
            if (each := found[path].get(CHARACTERISTIC)) is not None:
                size = int(each.get("MTU", LEAST_MTU)) - 3
                collection.add_characteristic(
                    BleakGATTCharacteristic(
                        path,
                        _handle(path),
                        each["UUID"],
                        list(each["Flags"]),
                        lambda size=size: size,  # type: ignore[misc]
                        services[each["Service"]],
                    )
                )
        return collection

    def _on_signal(self, message: Message) -> None:
        if message.member != "PropertiesChanged":
            return
        interface, changed = message.body[:2]
        if interface == DEVICE and message.path == self._path and "Connected" in changed:
            self._linked = bool(changed["Connected"].value)
        elif interface == CHARACTERISTIC and "Value" in changed:
            callback = self._callbacks.get(message.path or "")
            if callback is not None:
                callback(bytearray(changed["Value"].value))

    async def disconnect(self) -> None:
        """Close this client's D-Bus connection; the link stays."""
        self._linked, self.services = False, None
        self._callbacks.clear()
        await self._held.aclose()
        self._bus = None

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
        """Read a value.

        Raises:
            BleakGATTProtocolError: refused.
            BleakError: no link.
        """
        (value,) = await self._call(characteristic, "ReadValue", "a{sv}", ({},))
        return bytearray(value)

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any
    ) -> None:
        """Subscribe to a value.

        Raises:
            BleakGATTProtocolError: refused.
            BleakError: no link.
        """
        self._callbacks[characteristic.obj] = callback
        await self._call(characteristic, "StartNotify")

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Unsubscribe; other programs are not affected."""
        self._callbacks.pop(characteristic.obj, None)
        await self._call(characteristic, "StopNotify")

    async def _call(
        self,
        characteristic: BleakGATTCharacteristic,
        member: str,
        signature: str = "",
        body: tuple[Any, ...] = (),
    ) -> list[Any]:
        if self._bus is None:
            message = "Not connected"
            raise BleakError(message)
        path = str(characteristic.obj)
        try:
            return await call(self._bus, path, CHARACTERISTIC, member, signature, body)
        except BleakDBusError as error:
            if not error.dbus_error.startswith("org.bluez.Error."):
                raise
            raise BleakGATTProtocolError(BleakGATTProtocolErrorCode.UNLIKELY_ERROR) from error

    async def write_gatt_char(
        self,
        characteristic: BleakGATTCharacteristic,  # noqa: ARG002
        data: SizedBuffer,  # noqa: ARG002
        response: bool,  # noqa: ARG002
    ) -> None:
        """Refuse.

        Raises:
            BleakError: always.
        """
        _refuse()

    async def read_gatt_descriptor(
        self,
        descriptor: BleakGATTDescriptor,  # noqa: ARG002
        **_: Any,
    ) -> bytearray:
        """Refuse; descriptors are not listed.

        Raises:
            BleakError: always.
        """
        _refuse()

    async def write_gatt_descriptor(
        self,
        descriptor: BleakGATTDescriptor,  # noqa: ARG002
        data: SizedBuffer,  # noqa: ARG002
    ) -> None:
        """Refuse.

        Raises:
            BleakError: always.
        """
        _refuse()

    async def pair(self, *_arguments: Any, **_options: Any) -> None:
        """Refuse.

        Raises:
            BleakError: always.
        """
        _refuse()

    async def unpair(self) -> None:
        """Refuse.

        Raises:
            BleakError: always.
        """
        _refuse()


def _check_connected(found: Objects, path: str) -> None:
    if not found.get(path, {}).get(DEVICE, {}).get("Connected"):
        message = "it is no longer connected; try again"
        raise BleakError(message)


def _handle(path: str) -> int:
    """Return the handle of a path `…/service0010/char0011`."""
    return int(path[-4:], 16)


def _refuse() -> NoReturn:
    message = "this link belongs to another program: nothing is written to the machine"
    raise BleakError(message)
