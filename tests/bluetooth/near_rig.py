"""Scripted treadmill within range of a bumble radio, for bleak's API, in real time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bumble import hci

from bridge.bluetooth.radio import Radio, open_radio
from simulators.radio.air import Air, AirServer
from tests.bluetooth.link.link_rig import scripted
from tests.bluetooth.peripheral import NAME, Peripheral

LIMIT = 5.0


async def out_of_step(*_arguments: object, **_named: object) -> object:
    """Return an event that answers no pending command, as a controller may send after silence."""
    return hci.HCI_Event(b"", event_code=0xFF)


def u(short: str) -> str:
    return f"0000{short}-0000-1000-8000-00805f9b34fb"


@dataclass
class Near:
    """A scripted treadmill, and a radio that reaches it."""

    air: Air
    peripheral: Peripheral
    radio: Radio

    async def find(self) -> BLEDevice:
        device = await BleakScanner.find_device_by_name(
            NAME, timeout=LIMIT, **self.radio.scanner_kwargs
        )
        assert device is not None
        return device

    async def client(self, callback: Callable[[BleakClient], None] | None = None) -> BleakClient:
        return BleakClient(await self.find(), callback, timeout=LIMIT, **self.radio.client_kwargs)


class Values:
    """Notified and indicated values, in order."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[bytes] = asyncio.Queue()

    def take(self, _: object, value: bytearray) -> None:
        self._queue.put_nowait(bytes(value))

    def empty(self) -> bool:
        return self._queue.empty()

    async def next(self) -> bytes:
        async with asyncio.timeout(LIMIT):
            return await self._queue.get()


@asynccontextmanager
async def near_in_process(**options: Any) -> AsyncIterator[Near]:
    async with (
        scripted(supervision_timeout=0.2, **options) as peripheral,
        open_radio(peripheral.air.new_controller("bridge")) as radio,
    ):
        yield Near(peripheral.air, peripheral, radio)


@asynccontextmanager
async def near_by_tcp(**options: Any) -> AsyncIterator[tuple[Near, AirServer]]:
    async with (
        scripted(supervision_timeout=0.2, **options) as peripheral,
        AirServer(peripheral.air) as server,
        open_radio(f"tcp-client:127.0.0.1:{server.port}") as radio,
    ):
        yield Near(peripheral.air, peripheral, radio), server
