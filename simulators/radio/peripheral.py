"""The simulated treadmill as a Bluetooth peripheral: a bumble host around the FTMS server."""

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Final, Self

from bumble import att, data_types, hci
from bumble.core import AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.transport.common import TransportSink, TransportSource

from protocols.uuids import (
    FITNESS_MACHINE,
    FITNESS_MACHINE_CONTROL_POINT,
    FITNESS_MACHINE_STATUS,
    RSC_MEASUREMENT,
    TRAINING_STATUS,
    TREADMILL_DATA,
)
from simulators.ftms.faults import Step
from simulators.ftms.profile import Carrier
from simulators.ftms.treadmill import Treadmill
from simulators.physics.machine import Happening, Kind
from simulators.radio.services import (
    Gatt,
    advertisement,
    device_information,
    properties_of,
    running_speed,
    uuid_of,
    value_of,
)
from simulators.radio.tasks import Tasks

ADDRESS: Final = "F0:F1:F2:F3:F4:F5"

_ANSWER_S = 1.0
"""Timeout in seconds for a controller's answer at the end."""
_ADVERTISING_INTERVAL_MS = 40
_NOTIFY, _INDICATE = 0x01, 0x02
_MAKERS_SERVICE, _MAKERS_WORDS = 0xFFF0, 0xFFF2
"""Service through which the vendor's app unlocks the machine."""
_WRITE_RESPONSE_LATE_S = 0.05
"""Delay of the Write Response after the answer, on machines that answer first (P1: 30 to 75 ms)."""

_Property = Characteristic.Properties
_Permission = Characteristic.Permissions
Written = Callable[[bytes], None]


class Peripheral:
    """Carries a `Treadmill` over Bluetooth. Use as an async context manager.

    `source` and `sink` are the two directions of HCI: a transport's, or twice a virtual controller.
    `on_write` is called with every control-point write on arrival, refused ones too.
    """

    def __init__(
        self,
        treadmill: Treadmill,
        source: TransportSource,
        sink: TransportSink,
        *,
        address: str = ADDRESS,
        mtu: int | None = None,
        on_write: Written,
    ) -> None:
        self._treadmill = treadmill
        self._faults = treadmill.faults
        self._server = server = treadmill.server
        self._profile = profile = server.profile
        self._on_write = on_write
        self._clients: dict[Connection, _BumbleClient] = {}
        self._tasks = Tasks()
        self._has_room = asyncio.Event()
        self._announcing = asyncio.Lock()
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=profile.identity.name,
                address=hci.Address(address),
                advertising_interval_min=_ADVERTISING_INTERVAL_MS,
                advertising_interval_max=_ADVERTISING_INTERVAL_MS,
            ),
            source,
            sink,
        )
        self.device.gatt_server.max_mtu = mtu or profile.link.mtu
        self._characteristics = self._build()
        self.device.add_service(
            Service(uuid_of(FITNESS_MACHINE), [*self._characteristics.values()])
        )
        self.device.add_service(device_information(profile.identity))
        if profile.running.present:
            measurement: Gatt = Characteristic(
                uuid_of(RSC_MEASUREMENT), _Property.NOTIFY, _Permission(0), value_of()
            )
            self._characteristics[RSC_MEASUREMENT] = measurement
            self.device.add_service(running_speed(measurement))
        if profile.lock.present:
            self.device.add_service(self._makers_service())
        if profile.advertising.name:
            self.device.scan_response_data = bytes(
                AdvertisingData([data_types.CompleteLocalName(profile.identity.name)])
            )
        self.device.gatt_server.on(
            self.device.gatt_server.EVENT_CHARACTERISTIC_SUBSCRIPTION, self._on_subscription
        )
        self.device.on(Device.EVENT_CONNECTION, self._on_connection)
        server.machine.listen(self._on_happening)

    async def __aenter__(self) -> Self:
        await self.device.power_on()
        self._has_room.set()
        self._tasks.start(self._advertise())
        return self

    async def __aexit__(self, *_exception: object) -> None:
        try:
            for client in self._clients.values():
                client.close()
            # bumble raises for an answer without a waiter; a lost adapter never answers.
            with suppress(TimeoutError):
                async with asyncio.timeout(_ANSWER_S):
                    await self._announcing.acquire()
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
                uuid_of(uuid), properties, _Permission.READABLE, self._reading(uuid)
            )
        for uuid in (TREADMILL_DATA, FITNESS_MACHINE_STATUS, *self._profile.data.others):
            built[uuid] = Characteristic(
                uuid_of(uuid), _Property.NOTIFY, _Permission(0), value_of()
            )
        control = self._profile.control
        if control.present:
            permissions = _Permission.WRITEABLE
            if self._profile.link.encrypted:
                permissions |= _Permission.WRITE_REQUIRES_ENCRYPTION
            built[FITNESS_MACHINE_CONTROL_POINT] = Characteristic(
                uuid_of(FITNESS_MACHINE_CONTROL_POINT),
                properties_of(control),
                permissions,
                value_of(write=self._write),
            )
        return built

    def _makers_service(self) -> Service:
        async def write(connection: Connection, value: bytes) -> None:
            self._clients[connection].active()
            self._server.on_vendor_write(value)

        words: Gatt = Characteristic(
            uuid_of(_MAKERS_WORDS),
            _Property.WRITE | _Property.WRITE_WITHOUT_RESPONSE,
            _Permission.WRITEABLE,
            value_of(write=write),
        )
        return Service(uuid_of(_MAKERS_SERVICE), [words])

    async def _advertise(self) -> None:
        while True:
            await self._has_room.wait()
            self._has_room.clear()
            async with self._announcing:
                if self.device.is_advertising:
                    await self.device.stop_advertising()
                self.device.advertising_data = advertisement(
                    self._profile.advertising, available=self._server.machine.key_inserted
                )
                await self.device.start_advertising()

    def _on_connection(self, connection: Connection) -> None:
        client = _BumbleClient(self.device, connection, self._characteristics, self._treadmill)
        self._clients[connection] = client
        self._server.join(client)
        for work in client.work():
            client.tasks.append(self._tasks.start(work))
        connection.on(Connection.EVENT_DISCONNECTION, lambda _reason: self._on_loss(connection))
        # Advertising ends with a connection.
        if len(self._clients) < self._profile.link.clients:
            self._has_room.set()
        self._faults.reach(Step.CONNECTED)

    def _on_happening(self, happening: Happening) -> None:
        """Advertise the machine as unavailable while its safety key is out."""
        keys = {Kind.SAFETY_KEY, Kind.SAFETY_KEY_BACK}
        if happening.kind in keys and len(self._clients) < self._profile.link.clients:
            self._has_room.set()

    def _reading(self, uuid: int) -> CharacteristicValue[bytes]:
        def read(connection: Connection) -> bytes:
            self._faults.reach(Step.READ)
            if client := self._clients.get(connection):
                client.active()
            return self._server.read(uuid, connection.att_mtu)

        return value_of(read=read)

    def _on_subscription(
        self, connection: Connection, characteristic: Gatt, notify: bool, _indicate: bool
    ) -> None:
        client = self._clients.get(connection)
        if client is None:
            return
        client.active()
        uuid = int.from_bytes(bytes(characteristic.uuid), "little")
        if notify:
            self._server.subscribed(client, uuid)
            if uuid == TRAINING_STATUS and self._profile.training.breaks_link:
                self._tasks.start(connection.disconnect())
        self._faults.reach(Step.SUBSCRIBED)

    def _on_loss(self, connection: Connection) -> None:
        client = self._clients.pop(connection)
        client.close()
        self._server.leave(client)
        self._has_room.set()

    async def _write(self, connection: Connection, value: bytes) -> None:
        self._on_write(value)
        client = self._clients[connection]
        client.active()
        client.settle()
        written = self._treadmill.write(client, value, indicating=client.indicating)
        if written.error is not None:
            if self._profile.control.write:  # a command without response cannot be refused
                raise att.ATT_Error(att.ErrorCode(written.error))
            return
        if written.answers_first:
            client.answer(written.answers)
            await asyncio.sleep(_WRITE_RESPONSE_LATE_S)
        if written.response_delay_s:
            await asyncio.sleep(written.response_delay_s)
        if not written.answers_first:
            # Their task runs after this one has sent the Write Response.
            client.answer(written.answers)


class _BumbleClient:
    """A connected central, as the server sees it; values are sent in order."""

    def __init__(
        self,
        device: Device,
        connection: Connection,
        characteristics: dict[int, Gatt],
        treadmill: Treadmill,
    ) -> None:
        self.tasks: list[asyncio.Task[None]] = []
        self._gatt = device.gatt_server
        self._connection = connection
        self._characteristics = characteristics
        self._faults = treadmill.faults
        self._server = treadmill.server
        self._control = treadmill.profile.control
        self._idle_s = treadmill.profile.link.idle_s
        self._last_active = asyncio.get_running_loop().time()
        self._notifications: asyncio.Queue[tuple[Gatt, bytes]] = asyncio.Queue()
        self._indications: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()

    @property
    def mtu(self) -> int:
        return self._connection.att_mtu

    @property
    def indicating(self) -> bool:
        control_point = self._characteristics[FITNESS_MACHINE_CONTROL_POINT]
        cccd = self._gatt.read_cccd(self._connection, control_point)[0]
        return bool(cccd & (_INDICATE if self._control.indicate else _NOTIFY))

    def notify(self, uuid: int, value: bytes) -> None:
        self._notifications.put_nowait((self._characteristics[uuid], value))

    def indicate(self, response: bytes) -> None:
        """Send a value of the control point."""
        self._indications.put_nowait((0.0, response))

    def answer(self, answers: tuple[tuple[float, bytes], ...]) -> None:
        """Send the answers, each after its delay."""
        for each in answers:
            self._indications.put_nowait(each)

    def settle(self) -> None:
        """Handle a confirmation on arrival, before the task that waits for it."""
        pending = self._gatt.pending_confirmations.get(self._connection)
        if pending is not None and pending.done():
            self._server.confirmed(self)

    def active(self) -> None:
        """Reset the idle timer after a request."""
        self._last_active = asyncio.get_running_loop().time()

    def work(self) -> list[Coroutine[object, object, None]]:
        work: list[Coroutine[object, object, None]] = [self._send_notifications()]
        if self._control.present:
            work.append(self._send_answers())
        if self._idle_s:
            work.append(self._watch_idleness())
        return work

    def close(self) -> None:
        for task in self.tasks:
            task.cancel()

    async def _send_notifications(self) -> None:
        data = self._characteristics[TREADMILL_DATA]
        unasked = self._server.profile.data.unasked
        while True:
            characteristic, value = await self._notifications.get()
            force = unasked and characteristic is data
            await self._gatt.notify_subscriber(self._connection, characteristic, value, force)
            if characteristic is data:
                self._faults.reach(Step.SAMPLED)

    async def _send_answers(self) -> None:
        control_point = self._characteristics[FITNESS_MACHINE_CONTROL_POINT]
        try:
            while True:
                delay, response = await self._indications.get()
                await asyncio.sleep(delay)
                op = response[1] if len(response) > 1 else None
                self._faults.reach(Step.RESPONDED, op)
                if self._control.answers is Carrier.NOTIFICATION:
                    # Only indications are offered, so they are what the client enabled.
                    await self._gatt.notify_subscriber(
                        self._connection, control_point, response, force=True
                    )
                else:
                    await self._gatt.indicate_subscriber(self._connection, control_point, response)
                    self._server.confirmed(self)
                self._faults.reach(Step.ANSWERED, op)
        except TimeoutError:
            # Unconfirmed for 30 s: no further request is allowed on this link (Core 3.F, 3.3.3).
            await self._connection.disconnect()

    async def _watch_idleness(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._idle_s
        while left > 0:
            await asyncio.sleep(left)
            left = self._last_active + self._idle_s - loop.time()
        await self._connection.disconnect()
