"""Heart-rate strap on the virtual air, read through bleak."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from bumble import core, data_types, hci
from bumble.device import Device, DeviceConfiguration
from bumble.gatt import Characteristic, Service

from bridge.bluetooth import strap as module
from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.strap import Strap
from simulators.radio.air import Air

pytestmark = pytest.mark.virtual_time

ADDRESS, NAME = "F0:F1:F2:F3:F4:A0", "HRM 7"


class Worn:
    """A strap that is worn."""

    def __init__(self, air: Air) -> None:
        controller = air.new_controller("strap")
        settings = DeviceConfiguration(
            name=NAME,
            address=hci.Address(ADDRESS),
            advertising_interval_min=20,
            advertising_interval_max=20,
        )
        self.device = Device.from_config_with_hci(settings, controller, controller)
        self.rate: Characteristic[bytes] = Characteristic(
            "2a37", Characteristic.Properties.NOTIFY, Characteristic.Permissions.READABLE, b""
        )
        self.device.add_service(Service("180d", [self.rate]))
        fields: list[core.DataType] = [
            data_types.CompleteLocalName(NAME),
            data_types.IncompleteListOf16BitServiceUUIDs([core.UUID("180d")]),
        ]
        self.device.advertising_data = bytes(core.AdvertisingData(fields))

    async def beats(self, value: str, until: asyncio.Event) -> None:
        """Notify a value until it was received."""
        async with asyncio.timeout(20):
            while not until.is_set():
                await self.device.gatt_server.notify_subscribers(self.rate, bytes.fromhex(value))
                await asyncio.sleep(0.05)

    async def hang_up(self) -> None:
        for connection in list(self.device.connections.values()):
            await connection.disconnect()


@contextlib.asynccontextmanager
async def worn(air: Air) -> AsyncIterator[Worn]:
    found = Worn(air)
    await found.device.power_on()
    await found.device.start_advertising(auto_restart=True)
    try:
        yield found
    finally:
        with contextlib.suppress(core.BaseBumbleError):
            await found.device.power_off()


class Rates:
    """Records heart rates, with an event for each."""

    def __init__(self) -> None:
        self.received: list[int] = []
        self.wanted: dict[int, asyncio.Event] = {}

    def __call__(self, bpm: int) -> None:
        self.received.append(bpm)
        self.event(bpm).set()

    def event(self, bpm: int) -> asyncio.Event:
        return self.wanted.setdefault(bpm, asyncio.Event())


@pytest.mark.parametrize(("address", "name"), [(ADDRESS.lower(), ""), ("", NAME), ("", "")])
async def test_strap_is_found_read_and_found_again(
    address: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.1)
    air, rates = Air(), Rates()
    async with worn(air) as strap, open_radio(air.new_controller("bridge")) as radio:
        work = asyncio.create_task(Strap(radio, address, name, rates).run())
        try:
            await strap.beats("00 78", rates.event(120))
            await strap.beats("04 78", rates.event(0))  # without skin contact
            await strap.hang_up()
            await strap.beats("06 79", rates.event(121))
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
    assert set(rates.received) == {120, 0, 121}


async def test_truncated_heart_rate_is_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.1)
    air, rates = Air(), Rates()
    async with worn(air) as strap, open_radio(air.new_controller("bridge")) as radio:
        work = asyncio.create_task(Strap(radio, ADDRESS, "", rates).run())
        try:
            await strap.beats("00 78", rates.event(120))
            await strap.device.gatt_server.notify_subscribers(strap.rate, b"\x00")
            await strap.beats("00 79", rates.event(121))
        finally:
            work.cancel()
            await asyncio.gather(work, return_exceptions=True)
    assert set(rates.received) == {120, 121}


async def test_missing_strap_is_searched_for_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_S", 0.1)
    monkeypatch.setattr(module, "SCAN_S", 0.1)
    air, rates = Air(), Rates()
    async with open_radio(air.new_controller("bridge")) as radio:
        work = asyncio.create_task(Strap(radio, "", "another", rates).run())
        async with worn(air):
            await asyncio.sleep(1)
        assert not work.done()
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
    assert rates.received == []
