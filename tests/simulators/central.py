"""Plain bumble central, such as a phone."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from bumble import hci
from bumble.att import ATT_Error
from bumble.controller import Controller
from bumble.core import UUID
from bumble.device import Advertisement, Connection, Device, DeviceConfiguration, Peer
from bumble.gatt_client import CharacteristicProxy
from bumble.transport import open_transport

LIMIT = 10.0
"""Seconds that anything in these tests may take."""


class Central:
    """A host with at most one connection."""

    def __init__(self, device: Device) -> None:
        self.device = device
        self.connection: Connection | None = None
        self.lost: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self.received: list[tuple[int, bytes]] = []
        self.arrived = asyncio.Condition()
        self.characteristics: dict[str, CharacteristicProxy[bytes]] = {}

    async def find(self, *, active: bool = True) -> Advertisement:
        found: asyncio.Future[Advertisement] = asyncio.get_running_loop().create_future()

        def on_advertisement(advertisement: Advertisement) -> None:
            if not found.done():
                found.set_result(advertisement)

        self.device.on(Device.EVENT_ADVERTISEMENT, on_advertisement)
        await self.device.start_scanning(active=active)
        try:
            return await asyncio.wait_for(found, LIMIT)
        finally:
            await self.device.stop_scanning()
            self.device.remove_listener(Device.EVENT_ADVERTISEMENT, on_advertisement)

    async def connect(self, mtu: int = 517) -> None:
        address = (await self.find()).address
        connection = await self.device.connect(address, timeout=LIMIT)
        self.connection = connection
        self.lost = watch_loss(connection)
        peer = Peer(connection)
        await peer.request_mtu(mtu)
        await peer.discover_all()  # type: ignore[no-untyped-call]
        self.characteristics = {
            characteristic.uuid.to_hex_str().lower(): characteristic
            for service in peer.services
            for characteristic in service.characteristics
        }

    async def disconnect(self) -> None:
        assert self.connection is not None
        await self.connection.disconnect()
        await self.loss()

    async def loss(self) -> int:
        return await asyncio.wait_for(self.lost, LIMIT)

    async def read(self, uuid: int) -> bytes:
        return await self._of(uuid).read_value()

    async def subscribe(self, *uuids: int) -> None:
        for uuid in uuids:
            await self._of(uuid).subscribe(self._on_value(uuid))

    async def write(self, request: str) -> None:
        await self._of(0x2AD9).write_value(bytes.fromhex(request), with_response=True)

    async def att_error(self, request: str) -> int:
        try:
            await self.write(request)
        except ATT_Error as error:
            return error.error_code
        return 0

    async def request(self, request: str) -> str:
        """Write to the control point; the indication as hex."""
        before = len(self.of(0x2AD9))
        await self.write(request)
        await self.until(lambda: len(self.of(0x2AD9)) > before)
        return self.of(0x2AD9)[-1]

    def of(self, uuid: int) -> list[str]:
        return [value.hex() for each, value in self.received if each == uuid]

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until what was received fulfils the condition."""
        async with asyncio.timeout(LIMIT), self.arrived:
            await self.arrived.wait_for(condition)

    def _of(self, uuid: int) -> CharacteristicProxy[bytes]:
        return self.characteristics[f"{uuid:04x}"]

    def _on_value(self, uuid: int) -> Callable[[bytes], None]:
        async def announce() -> None:
            async with self.arrived:
                self.arrived.notify_all()

        def on_value(value: bytes) -> None:
            self.received.append((uuid, bytes(value)))
            announcements.add(task := asyncio.ensure_future(announce()))
            task.add_done_callback(announcements.discard)

        announcements: set[asyncio.Future[None]] = set()
        return on_value


def uuid(number: int) -> UUID:
    return UUID.from_16_bits(number)


def watch_loss(connection: Connection) -> asyncio.Future[int]:
    """Done with the reason, once the connection is lost."""
    lost: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def on_disconnection(reason: int) -> None:
        if not lost.done():
            lost.set_result(reason)

    connection.on(Connection.EVENT_DISCONNECTION, on_disconnection)
    return lost


@asynccontextmanager
async def central(
    radio: Controller | str, address: str = "C0:FF:EE:00:00:01"
) -> AsyncIterator[Central]:
    """A central on a controller in this process, or on a bumble transport."""
    transport = await open_transport(radio) if isinstance(radio, str) else None
    source, sink = (transport.source, transport.sink) if transport else (radio, radio)
    configuration = DeviceConfiguration(name="central", address=hci.Address(address))
    device = Device.from_config_with_hci(configuration, source, sink)  # type: ignore[arg-type]
    try:
        async with asyncio.timeout(LIMIT):
            await device.power_on()
        yield Central(device)
    finally:
        if transport is None:
            await device.power_off()
        else:
            await transport.close()
