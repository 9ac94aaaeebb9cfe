"""Replays a capture as a machine: its services, its notifications with their times, its answers.

A write gets the recorded answers to the same write, in the recording's order. A write that the
recording does not contain is answered with OPERATION FAILED.
"""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Final, Self

from bumble import data_types, hci
from bumble.att import ATT_Error
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service

from protocols import uuids
from protocols.captures.capture import FROM_MACHINE, TEXTS, TO_MACHINE, Capture, Frame, Kind
from protocols.ftms.advertising import FitnessMachineAdvertisement, MachineType
from protocols.ftms.control_point import Response, ResultCode
from simulators.radio.air import Air, AirController, AirServer
from simulators.radio.tasks import Tasks

ADDRESS: Final = "F0:F1:F2:F3:F4:F6"
"""Assumed: a capture does not contain the machine's own."""
NAME: Final = "Replayed treadmill"
AS_FAST_AS_POSSIBLE: Final = 0.0

_Property = Characteristic.Properties
_Permission = Characteristic.Permissions
_ABLE: Final = {
    "read": (_Property.READ, _Permission.READABLE),
    "write-without-response": (_Property.WRITE_WITHOUT_RESPONSE, _Permission.WRITEABLE),
    "write": (_Property.WRITE, _Permission.WRITEABLE),
    "notify": (_Property.NOTIFY, _Permission(0)),
    "indicate": (_Property.INDICATE, _Permission(0)),
}
_SERVICES: Final = {
    uuids.HEART_RATE_MEASUREMENT: uuids.HEART_RATE,
    uuids.RSC_MEASUREMENT: uuids.RUNNING_SPEED_AND_CADENCE,
    uuids.RSC_FEATURE: uuids.RUNNING_SPEED_AND_CADENCE,
    **dict.fromkeys(TEXTS, uuids.DEVICE_INFORMATION),
}
_LONGEST_NAME: Final = 29
_Gatt = Characteristic[bytes]


class Answers:
    """Recorded answers to each request, in order; the last one repeats."""

    def __init__(self, frames: tuple[Frame, ...]) -> None:
        self._known: defaultdict[bytes, deque[Frame]] = defaultdict(deque)
        asked: bytes | None = None
        for frame in frames:
            if frame.uuid != uuids.FITNESS_MACHINE_CONTROL_POINT:
                continue
            if frame.kind in TO_MACHINE:
                asked = frame.value
            elif frame.kind is not Kind.READ and asked is not None:
                self._known[asked].append(frame)
                asked = None

    def to(self, request: bytes) -> Frame:
        """The recorded answer: an indication, a notification, or a refusal."""
        known = self._known.get(request)
        if known:
            return known.popleft() if len(known) > 1 else known[0]
        failed = Response(request[0] if request else 0, ResultCode.OPERATION_FAILED)
        return Frame(0, Kind.INDICATE, uuids.FITNESS_MACHINE_CONTROL_POINT, failed.encode())


class Replay:
    """A capture within range. Use as an async context manager; `run` plays it once.

    The recording begins when a client subscribes to Treadmill Data, and never pauses. With
    `tcp_port` (0 means any free one) other processes reach it by `tcp-client:127.0.0.1:<port>`;
    within this process, `new_controller` is a client's adapter.
    """

    def __init__(
        self,
        capture: Capture,
        *,
        speed: float = 1.0,
        tcp_port: int | None = None,
        address: str = ADDRESS,
    ) -> None:
        """`speed` is a factor of the recorded speed; 0 means as fast as possible."""
        self._capture = capture
        self._speed = speed
        self._answers = Answers(capture.frames)
        self._values = {u: o.value for u, o in capture.header.offers.items() if o.value is not None}
        self._tasks = Tasks()
        self._stack = AsyncExitStack()
        self._client: Connection | None = None
        self._listened = asyncio.Event()
        self.air = Air()
        self._tcp = None if tcp_port is None else AirServer(self.air, tcp_port)
        controller = self.air.new_controller("replay")
        self._name = capture.header.machine.get("name") or NAME
        self._device = Device.from_config_with_hci(
            DeviceConfiguration(name=self._name, address=hci.Address(address)),
            controller,
            controller,
        )
        self._device.gatt_server.max_mtu = 517
        self._characteristics = self._build()
        self._advertise()
        self._device.on(Device.EVENT_CONNECTION, self._on_connection)

    @property
    def port(self) -> int | None:
        """The TCP port of the air; None without one."""
        return None if self._tcp is None else self._tcp.port

    def new_controller(self) -> AirController:
        """Return an adapter for a host in this process."""
        return self.air.new_controller()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            if self._tcp is not None:
                await stack.enter_async_context(self._tcp)
            await self._device.power_on()
            stack.push_async_callback(self._device.power_off)
            stack.callback(self.air.close)
            stack.push_async_callback(self._tasks.close)
            await self._device.start_advertising(auto_restart=True)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    async def run(self) -> int:
        """Play it to its end, once a client subscribes; return the number of values sent."""
        await self._listened.wait()
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        for frame in self._capture.frames:
            if self._speed:
                due = began + frame.ms / 1000 / self._speed
                await asyncio.sleep(max(0.0, due - loop.time()))
            if frame.kind is Kind.DOWN and self._client is not None:
                await self._client.disconnect()
            elif frame.kind is Kind.READ:
                self._values[frame.uuid] = frame.value
            elif frame.kind in FROM_MACHINE and await self._send(frame):
                sent += 1
        return sent

    async def _send(self, frame: Frame) -> bool:
        """Send a frame to all subscribers. Answers to writes are skipped: a write triggers them."""
        characteristic = self._characteristics.get(frame.uuid)
        if characteristic is None or frame.uuid == uuids.FITNESS_MACHINE_CONTROL_POINT:
            return False
        if self._client is None:
            return False
        await self._device.gatt_server.notify_subscriber(self._client, characteristic, frame.value)
        return True

    def _build(self) -> dict[int, _Gatt]:
        built: dict[int, _Gatt] = {}
        services: defaultdict[int, list[_Gatt]] = defaultdict(list)
        for uuid, offer in self._capture.header.offers.items():
            properties, permissions = _Property(0), _Permission(0)
            for name in offer.properties:
                properties |= _ABLE[name][0]
                permissions |= _ABLE[name][1]
            built[uuid] = characteristic = _Gatt(
                UUID.from_16_bits(uuid), properties, permissions, self._value(uuid)
            )
            characteristic.on(Characteristic.EVENT_SUBSCRIPTION, self._on_subscription(uuid))
            services[_SERVICES.get(uuid, uuids.FITNESS_MACHINE)].append(characteristic)
        for service, characteristics in services.items():
            self._device.add_service(Service(UUID.from_16_bits(service), characteristics))
        return built

    def _advertise(self) -> None:
        self._device.advertising_data = bytes(
            AdvertisingData(
                [
                    data_types.Flags(
                        AdvertisingData.Flags.LE_GENERAL_DISCOVERABLE_MODE
                        | AdvertisingData.Flags.BR_EDR_NOT_SUPPORTED
                    ),
                    data_types.CompleteListOf16BitServiceUUIDs(
                        [UUID.from_16_bits(uuids.FITNESS_MACHINE)]
                    ),
                    data_types.ServiceData16BitUUID(
                        UUID.from_16_bits(uuids.FITNESS_MACHINE),
                        FitnessMachineAdvertisement(
                            available=True, machine_types=MachineType.TREADMILL
                        ).encode(),
                    ),
                ]
            )
        )
        self._device.scan_response_data = bytes(
            AdvertisingData([data_types.CompleteLocalName(self._name[:_LONGEST_NAME])])
        )

    def _value(self, uuid: int) -> CharacteristicValue[bytes]:
        def read(_: Connection) -> bytes:
            return self._values.get(uuid, b"")

        def write(connection: Connection, value: bytes) -> None:
            self._answer(connection, uuid, value)

        return CharacteristicValue(read=read, write=write)

    def _on_subscription(self, uuid: int) -> Callable[[Connection, bool, bool], None]:
        def subscribed(connection: Connection, notifies: bool, indicates: bool) -> None:
            if uuid == uuids.TREADMILL_DATA and (notifies or indicates):
                self._client = connection
                self._listened.set()

        return subscribed

    def _on_connection(self, connection: Connection) -> None:
        def gone(_: int) -> None:
            if self._client is connection:
                self._client = None

        connection.on(Connection.EVENT_DISCONNECTION, gone)

    def _answer(self, connection: Connection, uuid: int, value: bytes) -> None:
        if uuid != uuids.FITNESS_MACHINE_CONTROL_POINT:
            return
        answer = self._answers.to(value)
        if answer.kind is Kind.REFUSED:
            raise ATT_Error(answer.value[0] if answer.value else 0x80)
        characteristic = self._characteristics[uuid]
        gatt = self._device.gatt_server
        indicates = "indicate" in self._capture.header.offers[uuid].properties
        send = gatt.indicate_subscriber if indicates else gatt.notify_subscriber
        # The task that sends it runs after this one has sent the Write Response.
        self._tasks.start(send(connection, characteristic, answer.value))
