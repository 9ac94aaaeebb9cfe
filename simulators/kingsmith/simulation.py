"""A WalkingPad within range: the pad and its clock, its GATT service, its radio, and the air."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Self

from bumble import att, data_types, hci
from bumble.core import UUID, AdvertisingData
from bumble.device import Connection, Device, DeviceConfiguration
from bumble.gatt import Characteristic, CharacteristicValue, Service

from protocols import kingsmith, uuids
from simulators.kingsmith.pad import SPEC, START_SPEED, Pad
from simulators.physics.machine import Machine
from simulators.radio.adapter import Adapter
from simulators.radio.peripheral import ADDRESS
from simulators.radio.reach import InReach

NAME = "WalkingPad"
_ADVERTISING_INTERVAL_MS = 40

_Property = Characteristic.Properties
_Permission = Characteristic.Permissions
Gatt = Characteristic[bytes]


class PadSimulation(InReach):
    """A pad within range; an async context manager. See `Simulation` for FTMS treadmills.

    Time is the running event loop's, `speed` times as fast. With `tcp_port` (0 means any free one)
    other processes reach the air; with an `adapter` the pad uses that radio.
    """

    def __init__(
        self,
        *,
        seed: int = 0,
        speed: float = 1.0,
        start_speed: int = START_SPEED,
        tcp_port: int | None = None,
        adapter: Adapter | None = None,
    ) -> None:
        super().__init__(tcp_port=tcp_port, adapter=adapter, speed=speed)
        self.machine = Machine(SPEC, seed=seed)
        self.pad = Pad(self.machine, start_speed)
        self.device = Device.from_config_with_hci(
            DeviceConfiguration(
                name=NAME,
                address=hci.Address(ADDRESS),
                advertising_interval_min=_ADVERTISING_INTERVAL_MS,
                advertising_interval_max=_ADVERTISING_INTERVAL_MS,
            ),
            *self._own_adapter("pad"),
        )
        self._status: Gatt = Characteristic(
            UUID.from_16_bits(kingsmith.NOTIFY),
            _Property.NOTIFY,
            _Permission(0),
            CharacteristicValue(read=_refuse),
        )
        self.device.add_service(_vendors_service(self._status, self._write))
        self.device.add_service(_device_information())
        self.device.on(Device.EVENT_CONNECTION, self._on_connection)

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            if self._tcp is not None:
                await stack.enter_async_context(self._tcp)
            await self.device.power_on()
            stack.push_async_callback(self.device.power_off)
            stack.callback(self.air.close)
            stack.push_async_callback(self._tasks.close)
            await self._advertise()
            self._tasks.start(self._live(self.pad.advance))
            self._stack = stack.pop_all()
        return self

    async def _advertise(self) -> None:
        flags = AdvertisingData.Flags
        self.device.advertising_data = bytes(
            AdvertisingData(
                [
                    data_types.Flags(
                        flags.LE_GENERAL_DISCOVERABLE_MODE | flags.BR_EDR_NOT_SUPPORTED
                    ),
                    data_types.CompleteLocalName(NAME),
                ]
            )
        )
        await self.device.start_advertising()

    def _on_connection(self, connection: Connection) -> None:
        def on_loss(_reason: int) -> None:
            self._tasks.start(self._advertise())

        connection.on(Connection.EVENT_DISCONNECTION, on_loss)

    async def _write(self, connection: Connection, value: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self.written.append((now, value))
        answer = self.pad.write(value, now)
        if answer is not None:
            await self.device.gatt_server.notify_subscriber(connection, self._status, answer)


def _refuse(_connection: Connection) -> bytes:
    raise att.ATT_Error(att.ErrorCode.READ_NOT_PERMITTED)


def _vendors_service(
    status: Gatt, write: Callable[[Connection, bytes], Awaitable[None]]
) -> Service:
    commands: Gatt = Characteristic(
        UUID.from_16_bits(kingsmith.WRITE),
        _Property.WRITE_WITHOUT_RESPONSE,
        _Permission.WRITEABLE,
        CharacteristicValue(read=_refuse, write=write),
    )
    return Service(UUID.from_16_bits(uuids.KINGSMITH), [status, commands])


def _device_information() -> Service:
    texts = {uuids.MODEL_NUMBER: "A1", uuids.FIRMWARE_REVISION: "simulated"}

    def reading(text: str) -> CharacteristicValue[bytes]:
        return CharacteristicValue(read=lambda _connection: text.encode())

    return Service(
        UUID.from_16_bits(uuids.DEVICE_INFORMATION),
        [
            Characteristic(
                UUID.from_16_bits(uuid), _Property.READ, _Permission.READABLE, reading(text)
            )
            for uuid, text in texts.items()
        ],
    )
