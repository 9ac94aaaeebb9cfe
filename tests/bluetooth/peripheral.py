"""Scripted treadmill on the virtual air, which can also violate the protocol."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from bumble import att, core, data_types, hci
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service

from simulators.radio.air import Air

ADDRESS = "F0:F1:F2:F3:F4:F5"
NAME = "Scripted treadmill"
VENDOR = "6e400002-b5a3-f393-e0a9-e50e24dcca9e"
SERVICE_DATA = bytes.fromhex("01 0100")  # available, treadmill

NOTIFY = Characteristic.Properties.NOTIFY
INDICATE = Characteristic.Properties.INDICATE
READ = Characteristic.Properties.READ
WRITE = Characteristic.Properties.WRITE
WRITE_COMMAND = Characteristic.Properties.WRITE_WITHOUT_RESPONSE

READS = {
    "2acc": bytes.fromhex("0c100000 03000000"),
    "2ad3": bytes.fromhex("00 01"),
    "2ad4": bytes.fromhex("5000 4006 0a00"),
    "2ad5": bytes.fromhex("0000 9600 0500"),
    "2a29": b"Maker",
    "2a24": b"Model 1\0",
    "2a26": b"1.2.3",
}
SERVICES = {
    "180a": ("2a29", "2a24", "2a26"),
    "1826": ("2acc", "2ad3", "2ad4", "2ad5", "2acd", "2ad9", "2ada"),
}
PROPERTIES = {"2acd": NOTIFY, "2ad3": READ | NOTIFY, "2ad9": WRITE | INDICATE, "2ada": NOTIFY}


class Peripheral:
    """A device with the Fitness Machine Service.

    `reads` are the values by short UUID: bytes, or an ATT error to answer with. `missing` leaves
    characteristics out. `on_write` may raise an ATT error; by default each request succeeds.
    """

    def __init__(
        self,
        air: Air,
        *,
        mtu: int = 517,
        missing: frozenset[str] = frozenset(),
        properties: dict[str, Characteristic.Properties] | None = None,
        encrypted: frozenset[str] = frozenset(),
        advertise_service: bool = True,
        service_data: bytes | None = SERVICE_DATA,
        more: tuple[str, ...] = (),
        vendor: bool = False,
        name: str = NAME,
        address: str = ADDRESS,
        reads: Mapping[str, bytes | int] | None = None,
    ) -> None:
        self.air = air
        self.reads: dict[str, bytes | int] = {**READS, **(reads or {})}
        self.read_log: list[str] = []
        self.writes: list[bytes] = []
        self.arrived = asyncio.Condition()
        self.on_write: Callable[[bytes], bytes | None] = lambda value: bytes([0x80, value[0], 1])
        self._tasks: set[asyncio.Task[None]] = set()
        controller = air.new_controller("treadmill")
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=name,
                address=hci.Address(address),
                advertising_interval_min=20,
                advertising_interval_max=20,
            ),
            controller,
            controller,
        )
        self.device.gatt_server.max_mtu = mtu
        self.properties = {**PROPERTIES, **(properties or {})}
        self.characteristics: dict[str, Characteristic[bytes]] = {}
        for service, members in SERVICES.items():
            wanted = (*members, VENDOR) if vendor else members
            if service == "1826":
                wanted = (*wanted, *more)
            present = [self._new(uuid, encrypted) for uuid in wanted if uuid not in missing]
            self.device.add_service(Service(service, present))
        fields: list[core.DataType] = [data_types.CompleteLocalName(name)]
        if advertise_service:
            fields.append(data_types.IncompleteListOf16BitServiceUUIDs([core.UUID("1826")]))
        if advertise_service and service_data is not None:
            fields.append(data_types.ServiceData16BitUUID(core.UUID("1826"), service_data))
        self.device.advertising_data = bytes(core.AdvertisingData(fields))

    def _new(self, uuid: str, encrypted: frozenset[str]) -> Characteristic[bytes]:
        permissions = Characteristic.Permissions.READABLE | Characteristic.Permissions.WRITEABLE
        if uuid in encrypted:
            permissions |= Characteristic.Permissions.READ_REQUIRES_ENCRYPTION
            permissions |= Characteristic.Permissions.WRITE_REQUIRES_ENCRYPTION

        def read(_connection: Connection) -> bytes:
            self.read_log.append(uuid)
            value = self.reads.get(uuid, b"")
            if isinstance(value, int):
                raise att.ATT_Error(att.ErrorCode(value))
            return value

        async def write(connection: Connection, value: bytes) -> None:
            await self._written(connection, bytes(value))

        found: Characteristic[bytes] = Characteristic(
            uuid,
            self.properties.get(uuid, READ),
            permissions,
            CharacteristicValue(read=read, write=write),
        )
        self.characteristics[uuid] = found
        return found

    async def _written(self, connection: Connection, value: bytes) -> None:
        async with self.arrived:
            self.writes.append(value)
            self.arrived.notify_all()
        answer = self.on_write(value)
        if answer is not None:
            task = asyncio.create_task(self._answer(connection, answer))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _answer(self, connection: Connection, answer: bytes) -> None:
        control = self.characteristics["2ad9"]
        server = self.device.gatt_server
        with contextlib.suppress(core.BaseBumbleError, asyncio.CancelledError):
            if control.properties & INDICATE:
                await server.indicate_subscriber(connection, control, answer)
            else:
                await server.notify_subscriber(connection, control, answer)

    async def notify(self, uuid: str, value: bytes) -> None:
        await self.device.gatt_server.notify_subscribers(self.characteristics[uuid], value)

    async def hang_up(self) -> None:
        for connection in list(self.device.connections.values()):
            await connection.disconnect()

    async def wait_for_connection(self) -> None:
        connected = asyncio.Event()
        self.device.on(Device.EVENT_CONNECTION, lambda _: connected.set())
        async with asyncio.timeout(5):
            await connected.wait()

    async def wait_for_writes(self, count: int) -> None:
        async with asyncio.timeout(5), self.arrived:
            await self.arrived.wait_for(lambda: len(self.writes) >= count)


@asynccontextmanager
async def powered(peripheral: Peripheral) -> AsyncIterator[Peripheral]:
    """Power it on and advertise, again after each connection."""
    await peripheral.device.power_on()
    await peripheral.device.start_advertising(auto_restart=True)
    try:
        yield peripheral
    finally:
        with contextlib.suppress(core.BaseBumbleError):
            await peripheral.device.power_off()
