"""The simulated treadmill as a Bluetooth peripheral: bumble's host around the FTMS server."""

import asyncio
from collections.abc import Callable, Coroutine
from importlib.metadata import PackageNotFoundError, version
from typing import Final, Self

from bumble import att, data_types, hci
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.transport.common import TransportSink, TransportSource

from protocols.ftms.advertising import FitnessMachineAdvertisement, MachineType
from protocols.ftms.control_server import AttError
from protocols.uuids import (
    DEVICE_INFORMATION,
    FIRMWARE_REVISION,
    FITNESS_MACHINE,
    FITNESS_MACHINE_CONTROL_POINT,
    FITNESS_MACHINE_STATUS,
    MANUFACTURER_NAME,
    MODEL_NUMBER,
    TRAINING_STATUS,
    TREADMILL_DATA,
)
from simulators.server import FtmsServer
from simulators.tasks import Tasks

NAME: Final = "Simulated treadmill"
ADDRESS: Final = "F0:F1:F2:F3:F4:F5"
MANUFACTURER: Final = "treadmill-bridge"
CENTRALS: Final = 4
"""How many centrals may be connected at once; while there is room, the treadmill advertises."""

_ADVERTISING_INTERVAL_MS = 40
_INDICATE = 0x02

_Property = Characteristic.Properties
_Permission = Characteristic.Permissions
Gatt = Characteristic[bytes]
Written = Callable[[bytes], None]


class Peripheral:
    """Carries an `FtmsServer` over Bluetooth. Use as an async context manager.

    `source` and `sink` are the two directions of HCI: a transport's, or twice a virtual controller.
    `on_write` hears of every control-point write as it arrives, whatever becomes of it.
    """

    def __init__(
        self,
        server: FtmsServer,
        source: TransportSource,
        sink: TransportSink,
        *,
        address: str = ADDRESS,
        mtu: int = 517,
        on_write: Written,
    ) -> None:
        self._server = server
        self._on_write = on_write
        self._clients: dict[Connection, _BumbleClient] = {}
        self._tasks = Tasks()
        self._has_room = asyncio.Event()
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=NAME,
                address=hci.Address(address),
                advertising_interval_min=_ADVERTISING_INTERVAL_MS,
                advertising_interval_max=_ADVERTISING_INTERVAL_MS,
            ),
            source,
            sink,
        )
        self.device.gatt_server.max_mtu = mtu
        self._characteristics = self._build()
        self.device.add_service(Service(_uuid(FITNESS_MACHINE), [*self._characteristics.values()]))
        self.device.add_service(_device_information())
        self.device.advertising_data = _advertisement()
        self.device.scan_response_data = bytes(
            AdvertisingData([data_types.CompleteLocalName(NAME)])
        )
        self.device.on(Device.EVENT_CONNECTION, self._on_connection)

    async def __aenter__(self) -> Self:
        await self.device.power_on()
        self._has_room.set()
        self._tasks.start(self._advertise())
        return self

    async def __aexit__(self, *_exception: object) -> None:
        try:
            for client in self._clients.values():
                client.close()
            await self._tasks.close()
        finally:
            await self.device.power_off()

    def _build(self) -> dict[int, Gatt]:
        server = self._server
        built: dict[int, Gatt] = {}
        for uuid in server.readable:
            properties = _Property.READ
            if uuid == TRAINING_STATUS:
                properties |= _Property.NOTIFY
            built[uuid] = Characteristic(
                _uuid(uuid), properties, _Permission.READABLE, _reading(server, uuid)
            )
        for uuid in (TREADMILL_DATA, FITNESS_MACHINE_STATUS):
            built[uuid] = Characteristic(_uuid(uuid), _Property.NOTIFY, _Permission(0))
        built[FITNESS_MACHINE_CONTROL_POINT] = Characteristic(
            _uuid(FITNESS_MACHINE_CONTROL_POINT),
            _Property.WRITE | _Property.INDICATE,
            _Permission.WRITEABLE,
            CharacteristicValue(write=self._write),
        )
        return built

    async def _advertise(self) -> None:
        while True:
            await self._has_room.wait()
            self._has_room.clear()
            await self.device.start_advertising()

    def _on_connection(self, connection: Connection) -> None:
        client = _BumbleClient(self.device, connection, self._characteristics, self._server)
        self._clients[connection] = client
        self._server.join(client)
        for work in client.work():
            client.tasks.append(self._tasks.start(work))
        connection.on(Connection.EVENT_DISCONNECTION, lambda _reason: self._on_loss(connection))
        # A connection ends the advertising.
        if len(self._clients) < CENTRALS:
            self._has_room.set()

    def _on_loss(self, connection: Connection) -> None:
        client = self._clients.pop(connection)
        client.close()
        self._server.leave(client)
        self._has_room.set()

    def _write(self, connection: Connection, value: bytes) -> None:
        self._on_write(value)
        client = self._clients[connection]
        answer = self._server.write(client, value, indicating=client.indicating)
        if isinstance(answer, AttError):
            raise att.ATT_Error(answer)
        # The task that sends it runs after this one has sent the Write Response.
        client.indicate(answer.encode())


class _BumbleClient:
    """A connected central, as the server sees it; what is sent keeps its order."""

    def __init__(
        self,
        device: Device,
        connection: Connection,
        characteristics: dict[int, Gatt],
        server: FtmsServer,
    ) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self._gatt = device.gatt_server
        self._connection = connection
        self._characteristics = characteristics
        self._server = server
        self._notifications: asyncio.Queue[tuple[Gatt, bytes]] = asyncio.Queue()
        self._indications: asyncio.Queue[bytes] = asyncio.Queue()

    @property
    def mtu(self) -> int:
        return self._connection.att_mtu

    @property
    def indicating(self) -> bool:
        control_point = self._characteristics[FITNESS_MACHINE_CONTROL_POINT]
        return bool(self._gatt.read_cccd(self._connection, control_point)[0] & _INDICATE)

    def notify(self, uuid: int, value: bytes) -> None:
        self._notifications.put_nowait((self._characteristics[uuid], value))

    def indicate(self, response: bytes) -> None:
        self._indications.put_nowait(response)

    def work(self) -> tuple[Coroutine[object, object, None], Coroutine[object, object, None]]:
        return self._send_notifications(), self._send_indications()

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()

    async def _send_notifications(self) -> None:
        while True:
            characteristic, value = await self._notifications.get()
            await self._gatt.notify_subscriber(self._connection, characteristic, value)

    async def _send_indications(self) -> None:
        control_point = self._characteristics[FITNESS_MACHINE_CONTROL_POINT]
        try:
            while True:
                response = await self._indications.get()
                await self._gatt.indicate_subscriber(self._connection, control_point, response)
                self._server.confirmed(self)
        except TimeoutError:
            # Unconfirmed for 30 s: nothing more may be asked on this link (Core 3.F, 3.3.3).
            await self._connection.disconnect()


def _uuid(number: int) -> UUID:
    return UUID.from_16_bits(number)


def _reading(server: FtmsServer, uuid: int) -> CharacteristicValue[bytes]:
    return CharacteristicValue(read=lambda _connection: server.read(uuid))


def _device_information() -> Service:
    texts = {
        MANUFACTURER_NAME: MANUFACTURER,
        MODEL_NUMBER: NAME,
        FIRMWARE_REVISION: _firmware(),
    }
    return Service(
        _uuid(DEVICE_INFORMATION),
        [
            Characteristic(_uuid(uuid), _Property.READ, _Permission.READABLE, text.encode())
            for uuid, text in texts.items()
        ],
    )


def _firmware() -> str:
    try:
        return version("treadmill-bridge")
    except PackageNotFoundError:
        return "0"


def _advertisement() -> bytes:
    flags = AdvertisingData.Flags
    service_data = FitnessMachineAdvertisement(
        available=True, machine_types=MachineType.TREADMILL
    ).encode()
    return bytes(
        AdvertisingData(
            [
                data_types.Flags(flags.LE_GENERAL_DISCOVERABLE_MODE | flags.BR_EDR_NOT_SUPPORTED),
                data_types.CompleteListOf16BitServiceUUIDs(
                    [_uuid(FITNESS_MACHINE), _uuid(DEVICE_INFORMATION)]
                ),
                data_types.ServiceData16BitUUID(_uuid(FITNESS_MACHINE), service_data),
            ]
        )
    )
