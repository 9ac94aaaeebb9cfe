"""Search for machines by what they advertise, correct or not."""

from contextlib import AsyncExitStack
from typing import Any

import pytest
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from bridge.bluetooth.radio import SystemRadio, open_radio
from bridge.bluetooth.scan import Found, Match, find, look_at, scan
from protocols.ftms.advertising import FitnessMachineAdvertisement, MachineType
from simulators.radio.air import Air
from tests.bluetooth.peripheral import ADDRESS, NAME, Peripheral, powered

FTMS = "00001826-0000-1000-8000-00805f9b34fb"
HEART_RATE = "0000180d-0000-1000-8000-00805f9b34fb"
OTHER = "F0:00:00:00:00:02"


def seen(
    *, name: str | None = NAME, services: tuple[str, ...] = (FTMS,), data: str | None = None
) -> Found:
    return look_at(
        BLEDevice(ADDRESS, name, None),
        AdvertisementData(
            local_name=name,
            manufacturer_data={},
            service_data={} if data is None else {FTMS: bytes.fromhex(data)},
            service_uuids=list(services),
            tx_power=None,
            rssi=-60,
            platform_data=(),
        ),
    )


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        pytest.param(seen(data="01 0100"), True, id="uuid and service data"),
        pytest.param(seen(), True, id="uuid only"),
        pytest.param(seen(services=(), data="01 0100"), True, id="service data only"),
        pytest.param(seen(data="00 0100"), True, id="not available now"),
        pytest.param(seen(data="fd 21ff"), True, id="reserved bits, bike and treadmill"),
        pytest.param(seen(data="01 0000"), True, id="no type at all"),
        pytest.param(seen(data="01"), True, id="torn service data"),
        pytest.param(seen(data="01 2000"), False, id="a bike"),
        pytest.param(seen(services=(HEART_RATE,)), False, id="a heart-rate strap"),
        pytest.param(seen(services=()), False, id="a name only"),
    ],
)
def test_any_treadmill_matches_by_service_or_service_data(found: Found, expected: bool) -> None:
    assert Match().matches(found) is expected


def test_service_data_is_read() -> None:
    assert seen(data="01 0100").machine == FitnessMachineAdvertisement(
        available=True, machine_types=MachineType.TREADMILL
    )
    assert seen(data="01").machine is None


def test_named_machine_matches_without_advertising_the_service() -> None:
    found = seen(services=())
    assert Match(name=NAME).matches(found)
    assert Match(address=ADDRESS.lower()).matches(found)
    assert not Match(name="Another").matches(found)
    assert not Match(address=OTHER, name=NAME).matches(found)
    assert seen(name=None).name == ""


@pytest.mark.virtual_time
async def test_scan_lists_all_devices_and_find_returns_the_match() -> None:
    air = Air()
    async with AsyncExitStack() as stack:
        stack.callback(air.close)
        strap = Peripheral(air, advertise_service=False, name="Strap", address=OTHER)
        for peripheral in (Peripheral(air), strap):
            await stack.enter_async_context(powered(peripheral))
        radio = await stack.enter_async_context(open_radio(air.new_controller()))
        found = await scan(radio, 1.0)
        assert {each.name: each.is_treadmill for each in found} == {NAME: True, "Strap": False}
        one = await find(radio, Match(), 1.0)
        assert one is not None
        assert one.address == ADDRESS
        assert await find(radio, Match(name="Another"), 1.0) is None


class Adapter:
    """Properties that bleak reports of the system's adapter."""

    def __init__(self, *devices: BLEDevice) -> None:
        self.devices = list(devices)

    async def get(self, **_: object) -> "Adapter":
        return self

    async def get_connected_devices(self, services: list[str]) -> list[BLEDevice]:
        return self.devices if services == [FTMS] else []


async def test_device_already_connected_is_found_without_a_scan(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    other = BLEDevice(OTHER, None, None)
    device = BLEDevice(ADDRESS, NAME, None)
    monkeypatch.setattr("bridge.bluetooth.radio.BleakAdapter", Adapter(other, device))
    async with open_radio("system") as radio:
        found = await find(radio, Match(name=NAME), 1.0)
    assert found is not None
    assert found.device is device
    assert found.rssi is None


async def test_radio_lists_no_connected_devices_if_the_system_cannot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Unable:
        async def get(self) -> Any:
            raise NotImplementedError

    monkeypatch.setattr("bridge.bluetooth.radio.BleakAdapter", Unable())
    assert await SystemRadio().connected_devices(FTMS) == []
