"""bleak's API over the virtual radio: real HCI, L2CAP, ATT and GATT between two hosts."""

import asyncio

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakDeviceNotFoundError, BleakError
from bumble import core

from tests.bluetooth.near_rig import LIMIT, Near, out_of_step, u
from tests.bluetooth.peripheral import ADDRESS, NAME, SERVICE_DATA


class TestScanner:
    async def test_scanner_finds_a_device_with_its_advertised_data(self, both: Near) -> None:
        seen = await BleakScanner.discover(0.2, return_adv=True, **both.radio.scanner_kwargs)
        device, data = seen[ADDRESS]
        assert (device.address, device.name) == (ADDRESS, NAME)
        assert data.local_name == NAME
        assert data.service_uuids == [u("1826")]
        assert data.service_data == {u("1826"): SERVICE_DATA}
        assert isinstance(data.rssi, int)

    async def test_scanner_filters_by_service(self, near: Near) -> None:
        kwargs = near.radio.scanner_kwargs
        assert await BleakScanner.discover(0.2, service_uuids=[u("1826")], **kwargs)
        assert not await BleakScanner.discover(0.2, service_uuids=[u("180d")], **kwargs)

    async def test_scanner_calls_back_for_each_advertisement(self, near: Near) -> None:
        seen = asyncio.Event()
        times = 0

        def on_device(_device: BLEDevice, _data: AdvertisementData) -> None:
            nonlocal times
            times += 1
            if times == 2:
                seen.set()

        async with BleakScanner(on_device, **near.radio.scanner_kwargs), asyncio.timeout(LIMIT):
            await seen.wait()

    async def test_scan_with_an_unexpected_controller_response_is_a_bleak_error(
        self, near: Near, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bumble.host.Host._send_command", out_of_step)
        with pytest.raises(BleakError, match="does not obey: its answer is unexpected"):
            await BleakScanner.discover(0.1, **near.radio.scanner_kwargs)
        monkeypatch.undo()
        assert await BleakScanner.discover(0.2, **near.radio.scanner_kwargs)

    async def test_two_scanners_share_one_radio(self, near: Near) -> None:
        kwargs = near.radio.scanner_kwargs
        both = await asyncio.gather(
            BleakScanner.discover(0.1, **kwargs), BleakScanner.discover(0.3, **kwargs)
        )
        assert all(both)

    async def test_scanner_can_be_stopped_twice(self, near: Near) -> None:
        scanner = BleakScanner(**near.radio.scanner_kwargs)
        await scanner.start()
        await scanner.stop()
        await scanner.stop()


class TestConnecting:
    async def test_connect_discovers_services_properties_and_descriptors(self, both: Near) -> None:
        async with await both.client() as client:
            assert client.is_connected
            assert client.name == NAME
            control = client.services.get_characteristic(u("2ad9"))
            assert control is not None
            assert set(control.properties) == {"write", "indicate"}
            assert [each.uuid for each in control.descriptors] == [u("2902")]
            assert control.max_write_without_response_size == client.mtu_size - 3
        assert not client.is_connected

    async def test_connect_by_address_scans_first(self, near: Near) -> None:
        async with BleakClient(ADDRESS, timeout=LIMIT, **near.radio.client_kwargs) as client:
            assert client.name == NAME

    async def test_connect_to_an_unknown_address_fails(self, near: Near) -> None:
        client = BleakClient("F0:00:00:00:00:01", timeout=0.2, **near.radio.client_kwargs)
        assert client.name == "F0-00-00-00-00-01"
        assert client.mtu_size == 23
        with pytest.raises(BleakDeviceNotFoundError):
            await client.connect()

    async def test_connect_discovers_only_the_requested_services(self, near: Near) -> None:
        client = BleakClient(
            await near.find(), services=["180a"], timeout=LIMIT, **near.radio.client_kwargs
        )
        async with client:
            assert [each.uuid for each in client.services] == [u("180a")]

    async def test_second_connect_is_an_error(self, near: Near) -> None:
        async with await near.client() as client:
            with pytest.raises(BleakError, match="already connected"):
                await client.connect()

    async def test_connect_times_out_and_can_be_repeated(self, near: Near) -> None:
        device = await near.find()
        near.air.go_dark()
        client = BleakClient(device, timeout=0.2, **near.radio.client_kwargs)
        with pytest.raises(TimeoutError):
            await client.connect()
        near.air.back()
        async with await near.client() as client:
            assert client.is_connected

    async def test_connect_can_be_cancelled_and_repeated(self, near: Near) -> None:
        device = await near.find()
        near.air.go_dark()
        client = BleakClient(device, timeout=LIMIT, **near.radio.client_kwargs)
        task = asyncio.create_task(client.connect())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        near.air.back()
        async with await near.client() as client:
            assert client.is_connected

    async def test_connect_cancelled_on_success_leaves_no_link(self, near: Near) -> None:
        client = await near.client()
        task = asyncio.create_task(client.connect())
        device = near.radio._host._device  # type: ignore[attr-defined]
        device.once("connection", lambda _: task.cancel())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not device.connections
        async with await near.client() as again:
            assert again.is_connected

    async def test_connect_refused_by_the_controller_is_a_bleak_error(
        self, near: Near, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(*_args: object, **_kwargs: object) -> None:
            raise core.CommandTimeoutError

        client = await near.client()
        monkeypatch.setattr("bumble.device.Device.connect", refuse)
        with pytest.raises(BleakError):
            await client.connect()

    async def test_connect_with_an_unexpected_controller_response_is_a_bleak_error(
        self, near: Near, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await near.client()
        monkeypatch.setattr("bumble.host.Host._send_command", out_of_step)
        with pytest.raises(BleakError, match="does not obey: its answer is unexpected"):
            await client.connect()
        monkeypatch.undo()
        async with client:
            assert client.is_connected

    async def test_link_lost_during_discovery_fails_the_connect_without_a_callback(
        self, near: Near
    ) -> None:
        calls: list[BleakClient] = []
        client = await near.client(calls.append)
        task = asyncio.create_task(client.connect())
        await near.peripheral.wait_for_connection()
        near.air.go_dark()
        with pytest.raises(BleakError, match="disconnected"):
            await task
        assert not calls
        assert not client.is_connected


class TestDisconnecting:
    async def test_disconnect_calls_back_once(self, both: Near) -> None:
        calls: list[BleakClient] = []
        client = await both.client(calls.append)
        await client.connect()
        await client.disconnect()
        await client.disconnect()
        assert calls == [client]

    async def test_disconnect_by_the_device_calls_back(self, both: Near) -> None:
        gone = asyncio.Event()
        client = await both.client(lambda _: gone.set())
        await client.connect()
        await both.peripheral.hang_up()
        async with asyncio.timeout(LIMIT):
            await gone.wait()
        assert not client.is_connected
        with pytest.raises(BleakError):
            _ = client.services

    async def test_link_loss_calls_back(self, near: Near) -> None:
        gone = asyncio.Event()
        client = await near.client(lambda _: gone.set())
        await client.connect()
        near.air.go_dark()
        async with asyncio.timeout(LIMIT):
            await gone.wait()

    async def test_disconnect_returns_even_if_the_device_does_not_answer(
        self, near: Near, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bridge.bluetooth.bumble_backend.HANG_UP_LIMIT", 0.05)
        calls: list[BleakClient] = []
        client = await near.client(calls.append)
        await client.connect()

        async def never() -> None:
            await asyncio.Event().wait()

        backend = client._backend
        monkeypatch.setattr(backend._connection, "disconnect", never)  # type: ignore[attr-defined]
        await client.disconnect()
        assert calls == [client]

    async def test_read_after_a_disconnect_fails(self, near: Near) -> None:
        client = await near.client()
        await client.connect()
        feature = client.services.get_characteristic(u("2acc"))
        assert feature is not None
        await client.disconnect()
        with pytest.raises(BleakError, match="Not connected"):
            await client._backend.read_gatt_char(feature)
