"""A bleak backend on bumble's host: every byte is real HCI, ATT and GATT.

It behaves like bleak's BlueZ backend wherever programs can notice, including a lost link's errors.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from bleak import BleakScanner
from bleak.args import SizedBuffer
from bleak.assigned_numbers import gatt_char_props_to_strs
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.client import BaseBleakClient, NotifyCallback
from bleak.backends.descriptor import BleakGATTDescriptor
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import (
    AdvertisementData,
    AdvertisementDataCallback,
    BaseBleakScanner,
)
from bleak.backends.service import BleakGATTService, BleakGATTServiceCollection
from bleak.exc import (
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)
from bleak.uuids import normalize_uuid_str
from bumble import att, core, hci
from bumble.core import AdvertisingData
from bumble.device import Advertisement, Connection, Peer
from bumble.gatt_client import CharacteristicProxy, DescriptorProxy, ServiceProxy

from bridge.bluetooth.bumble_host import (
    HANG_UP_LIMIT,
    OUT_OF_STEP,
    Host,
    bleak_error,
    cancelled_by_bumble,
)

WANTED_MTU = 517
UNLIKELY_ERROR = 0x0E
"""The ATT error that BlueZ reports for a write on a lost link."""

_UUID_LISTS = (
    AdvertisingData.Type.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.INCOMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.COMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
    AdvertisingData.Type.INCOMPLETE_LIST_OF_128_BIT_SERVICE_CLASS_UUIDS,
)


_T = TypeVar("_T")


def _uuid(uuid: core.UUID) -> str:
    return normalize_uuid_str(uuid.to_hex_str("-").lower())


def scanner_kwargs(host: Host) -> dict[str, Any]:
    """Return the arguments that make a `BleakScanner` use this host."""
    return {"backend": BumbleScanner, "host": host}


def _forget_outcome(request: "asyncio.Future[Any]") -> None:
    """Retrieve a failure that nobody awaits any more."""
    if not request.cancelled():
        request.exception()


class BumbleScanner(BaseBleakScanner):
    """bleak's scanner over a `Host`."""

    def __init__(
        self,
        detection_callback: AdvertisementDataCallback | None,
        service_uuids: list[str] | None,
        scanning_mode: str,
        *,
        host: Host,
        **_: Any,
    ) -> None:
        super().__init__(detection_callback, service_uuids)
        self._active = scanning_mode == "active"
        self._host = host

    async def start(self) -> None:
        """Start scanning."""
        self.seen_devices = {}
        await self._host.add_listener(self.on_advertisement, active=self._active)

    async def stop(self) -> None:
        """Stop scanning."""
        await self._host.remove_listener(self.on_advertisement)

    def on_advertisement(self, advertisement: Advertisement) -> None:
        """Deliver an advertisement, if its services match."""
        fields: Any = advertisement.data  # bumble's type for a field is the union of all kinds
        # A scan response may repeat the advertisement's services.
        lists = (each for kind in _UUID_LISTS for each in fields.get_all(kind))
        uuids = list(dict.fromkeys(_uuid(uuid) for each in lists for uuid in each))
        if not self.is_allowed_uuid(uuids):
            return
        name = fields.get(AdvertisingData.Type.COMPLETE_LOCAL_NAME) or fields.get(
            AdvertisingData.Type.SHORTENED_LOCAL_NAME
        )
        data = AdvertisementData(
            local_name=name,
            manufacturer_data=dict(fields.get_all(AdvertisingData.Type.MANUFACTURER_SPECIFIC_DATA)),
            service_data={
                _uuid(uuid): bytes(value)
                for uuid, value in fields.get_all(AdvertisingData.Type.SERVICE_DATA_16_BIT_UUID)
            },
            service_uuids=uuids,
            tx_power=None,
            rssi=advertisement.rssi,
            platform_data=(advertisement,),
        )
        address = advertisement.address.to_string(with_type_qualifier=False)
        device = self.create_or_update_device(address, address, name, advertisement.address, data)
        self.call_detection_callbacks(device, data)


class BumbleClient(BaseBleakClient):
    """bleak's client over a `Host`."""

    def __init__(
        self,
        address_or_ble_device: BLEDevice | str,
        *,
        disconnected_callback: Callable[[], None] | None,
        timeout: float,
        host: Host,
        services: set[str] | None = None,
        **_: Any,
    ) -> None:
        super().__init__(
            address_or_ble_device, disconnected_callback=disconnected_callback, timeout=timeout
        )
        is_device = isinstance(address_or_ble_device, BLEDevice)
        self._device: BLEDevice | None = address_or_ble_device if is_device else None  # type: ignore[assignment]
        self._host = host
        self._wanted_services = services
        self._connection: Connection | None = None
        self._gone = asyncio.Event()
        self._callbacks: dict[int, Callable[[bytes], None]] = {}

    @property
    def name(self) -> str:
        """The advertised name, else the address with dashes."""
        return (self._device.name if self._device else None) or self.address.replace(":", "-")

    @property
    def mtu_size(self) -> int:
        """The negotiated ATT MTU in octets; 23 without a link."""
        return self._connection.att_mtu if self._connection else att.ATT_DEFAULT_MTU

    @property
    def is_connected(self) -> bool:
        """Whether the link is up."""
        return self._connection is not None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        """Connect and discover all services.

        Raises:
            TimeoutError: the device does not answer in time.
            BleakDeviceNotFoundError: no scan finds the address.
            BleakError: anything else.
        """
        if self._connection:
            message = "Client is already connected"
            raise BleakError(message)
        timeout = kwargs.get("timeout", self._timeout)
        device = self._device or await self._find(timeout)
        self._device = device
        self._host.check()
        try:
            async with asyncio.timeout(timeout):
                connection = await self._host.connect(device.details)
                await self._set_up(connection, pair)
        except (core.BaseBumbleError, *OUT_OF_STEP) as error:
            raise bleak_error(error) from error

    async def _find(self, timeout: float) -> BLEDevice:  # noqa: ASYNC109 - bleak's own parameter
        device = await BleakScanner.find_device_by_address(
            self.address, timeout=timeout, **scanner_kwargs(self._host)
        )
        if device is None:
            message = f"Device with address {self.address} was not found."
            raise BleakDeviceNotFoundError(self.address, message)
        return device

    async def _set_up(self, connection: Connection, pair: bool) -> None:
        self._connection = connection
        self._gone.clear()
        connection.on(connection.EVENT_DISCONNECTION, self._on_disconnection)
        callback, self._disconnected_callback = self._disconnected_callback, None
        try:
            if pair:
                await self.pair()
            peer = Peer(connection)
            await self._att(peer.request_mtu(WANTED_MTU))
            self.services = await self._discover(peer, connection)
        except BaseException:
            await self.disconnect()
            raise
        finally:
            # Set only now: a link that was never handed over is not reported as lost.
            self._disconnected_callback = callback

    async def _discover(self, peer: Peer, connection: Connection) -> BleakGATTServiceCollection:
        collection = BleakGATTServiceCollection()
        for service in await self._att(peer.discover_services()):
            if self._wanted_services and _uuid(service.uuid) not in self._wanted_services:
                continue
            ours = BleakGATTService(service, service.handle, _uuid(service.uuid))
            collection.add_service(ours)
            await self._discover_characteristics(service, ours, collection, connection)
        return collection

    async def _discover_characteristics(
        self,
        service: ServiceProxy,
        parent: BleakGATTService,
        collection: BleakGATTServiceCollection,
        connection: Connection,
    ) -> None:
        for characteristic in await self._att(service.discover_characteristics()):
            ours = BleakGATTCharacteristic(
                characteristic,
                characteristic.handle,
                _uuid(characteristic.uuid),
                list(gatt_char_props_to_strs(int(characteristic.properties))),
                lambda: connection.att_mtu - 3,
                parent,
            )
            collection.add_characteristic(ours)
            for descriptor in await self._att(characteristic.discover_descriptors()):
                collection.add_descriptor(
                    BleakGATTDescriptor(descriptor, descriptor.handle, _uuid(descriptor.type), ours)
                )
            # else bumble discovers them again on subscribe
            characteristic.descriptors_discovered = True

    def _on_disconnection(self, _reason: int) -> None:
        self._connection, self.services = None, None
        self._callbacks.clear()
        self._gone.set()
        if self._disconnected_callback:
            self._disconnected_callback()

    async def disconnect(self) -> None:
        """End the link, if there is one. The other side need not answer."""
        connection = self._connection
        if connection is None:
            return
        with contextlib.suppress(core.BaseBumbleError, TimeoutError, *OUT_OF_STEP):
            async with asyncio.timeout(HANG_UP_LIMIT):
                await connection.disconnect()
                await self._gone.wait()
        if self._connection is not None:
            self._on_disconnection(hci.HCI_ErrorCode.CONNECTION_TIMEOUT_ERROR)

    async def pair(self, *_args: Any, **_kwargs: Any) -> None:
        """Pair with the device, without user interaction."""
        await self._att(self._linked().pair())

    async def unpair(self) -> None:
        """Not supported."""
        message = "this radio keeps no bonds"
        raise NotImplementedError(message)

    def _linked(self) -> Connection:
        if self._connection is None:
            message = "Not connected"
            raise BleakError(message)
        return self._connection

    async def _att(self, request: Coroutine[Any, Any, _T], lost: BleakError | None = None) -> _T:
        """Await a request, and translate bumble's errors to bleak's.

        bumble raises `CancelledError` in a waiting request when the link is lost, which would look
        like the cancellation of the task. A cancelled caller's request continues: ATT has one at a
        time, and its answer must not be taken for the next one's.
        """
        running = asyncio.ensure_future(request)
        running.add_done_callback(_forget_outcome)
        try:
            return await asyncio.shield(running)
        except att.ATT_Error as error:
            raise BleakGATTProtocolError(int(error.error_code)) from error
        except asyncio.CancelledError:
            if self._connection is None and cancelled_by_bumble():
                raise lost or BleakError("disconnected") from None
            raise
        except core.TimeoutError as error:
            message = "the device does not answer"
            raise BleakError(message) from error
        except core.BaseBumbleError as error:
            raise BleakError(str(error)) from error

    async def read_gatt_char(self, characteristic: BleakGATTCharacteristic, **_: Any) -> bytearray:
        """Read a value of any length."""
        self._linked()
        proxy: CharacteristicProxy[bytes] = characteristic.obj
        return bytearray(await self._att(proxy.read_value()))

    async def read_gatt_descriptor(self, descriptor: BleakGATTDescriptor, **_: Any) -> bytearray:
        """Read a descriptor."""
        self._linked()
        proxy: DescriptorProxy = descriptor.obj
        return bytearray(await self._att(proxy.read_value()))

    async def write_gatt_char(
        self, characteristic: BleakGATTCharacteristic, data: SizedBuffer, response: bool
    ) -> None:
        """Write a value; a link lost during it is ATT error 0x0E, as on BlueZ."""
        self._linked()
        proxy: CharacteristicProxy[bytes] = characteristic.obj
        await self._att(
            proxy.write_value(bytes(data), with_response=response),
            lost=BleakGATTProtocolError(UNLIKELY_ERROR),
        )

    async def write_gatt_descriptor(
        self, descriptor: BleakGATTDescriptor, data: SizedBuffer
    ) -> None:
        """Write a descriptor."""
        self._linked()
        proxy: DescriptorProxy = descriptor.obj
        await self._att(proxy.write_value(bytes(data), with_response=True))

    async def start_notify(
        self, characteristic: BleakGATTCharacteristic, callback: NotifyCallback, **_: Any
    ) -> None:
        """Enable notifications, else indications; both call the callback, as on BlueZ."""
        connection = self._linked()
        if characteristic.handle in self._callbacks:
            message = "Characteristic notifications already started"
            raise BleakError(message)

        def on_value(value: bytes) -> None:
            callback(bytearray(value))

        # Some machines notify an indicated characteristic, or send before the CCCD is written.
        if not {"notify", "indicate"} & set(characteristic.properties):
            message = "the characteristic neither notifies nor indicates"
            raise BleakError(message)
        client = connection.gatt_client
        for subscribers in (client.notification_subscribers, client.indication_subscribers):
            subscribers.setdefault(characteristic.handle, set()).add(on_value)
        self._callbacks[characteristic.handle] = on_value
        try:
            await self._att(client.subscribe(characteristic.obj, prefer_notify=True))
        except BaseException:
            self._forget(connection, characteristic.handle)
            raise

    async def stop_notify(self, characteristic: BleakGATTCharacteristic) -> None:
        """Disable notifications and indications."""
        connection = self._linked()
        if self._forget(connection, characteristic.handle):
            await self._att(connection.gatt_client.unsubscribe(characteristic.obj, force=True))

    def _forget(self, connection: Connection, handle: int) -> bool:
        callback = self._callbacks.pop(handle, None)
        client = connection.gatt_client
        for subscribers in (client.notification_subscribers, client.indication_subscribers):
            subscribers.get(handle, set()).discard(callback)
        return callback is not None
