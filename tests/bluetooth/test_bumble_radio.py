"""bumble radios: transports that fail, that do not open, and that are shared."""

import asyncio
import contextlib
from contextlib import AsyncExitStack

import pytest
from bleak import BleakClient, BleakScanner
from bleak.exc import BleakBluetoothNotAvailableError, BleakBluetoothNotAvailableReason, BleakError
from bumble import core

from bridge.bluetooth.radio import RadioError, open_radio
from simulators.simulation import Simulation
from tests.bluetooth.near_rig import LIMIT, Near, near_by_tcp, u
from tests.bluetooth.peripheral import ADDRESS


class TestRadio:
    async def test_bumble_radio_lists_no_connected_devices(self, near: Near) -> None:
        assert await near.radio.connected_devices(u("1826")) == []

    async def test_lost_transport_is_reported_as_bluetooth_unavailable(self) -> None:
        gone = asyncio.Event()
        async with near_by_tcp() as (near, server):
            client = await near.client(lambda _: gone.set())
            await client.connect()
            lost = asyncio.create_task(near.radio.lost())
            await server.__aexit__()
            async with asyncio.timeout(LIMIT):
                await gone.wait()
                await lost
            assert not client.is_connected
            with pytest.raises(BleakBluetoothNotAvailableError) as caught:
                await BleakScanner.discover(0.1, **near.radio.scanner_kwargs)
            assert caught.value.reason is BleakBluetoothNotAvailableReason.NO_BLUETOOTH
            with pytest.raises(BleakBluetoothNotAvailableError):
                await client.connect()

    async def test_programs_that_share_a_radio_keep_their_own_links(self) -> None:
        async with Simulation(tcp_port=0) as treadmill, AsyncExitStack() as stack:
            clients = []
            for _ in range(2):
                spec = f"tcp-client:127.0.0.1:{treadmill.port}"
                radio = await stack.enter_async_context(open_radio(spec))
                device = await BleakScanner.find_device_by_address(
                    ADDRESS, timeout=LIMIT, **radio.scanner_kwargs
                )
                assert device is not None
                client = BleakClient(device, timeout=LIMIT, **radio.client_kwargs)
                clients.append(await stack.enter_async_context(client))
            for client in clients:
                async with asyncio.timeout(LIMIT):
                    assert await client.read_gatt_char(u("2ad3")) == b"\x00\x01"
            await clients[1].disconnect()
            assert clients[0].is_connected

    async def test_transport_lost_while_connecting_raises_no_cancellation(self) -> None:
        async with near_by_tcp() as (near, server):
            client = await near.client()
            near.air.go_dark()
            task = asyncio.create_task(client.connect())
            await asyncio.sleep(0.05)
            await server.__aexit__()
            with pytest.raises(BleakBluetoothNotAvailableError):
                await task

    async def test_controller_in_this_process_is_never_reported_as_lost(self, near: Near) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(near.radio.lost(), 0.01)

    async def test_transport_that_does_not_open_is_an_error(self) -> None:
        with pytest.raises(RadioError, match="does not open"):
            async with open_radio("tcp-client:127.0.0.1:1"):
                pass

    async def test_unknown_transport_is_an_error(self) -> None:
        with pytest.raises(RadioError, match="does not open"):
            async with open_radio("pigeon:1"):
                pass

    async def test_transport_without_a_controller_is_an_error(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bridge.bluetooth.radio.OPEN_LIMIT", 0.05)
        monkeypatch.setattr("bridge.bluetooth.bumble_host.HANG_UP_LIMIT", 0.05)

        served = asyncio.Event()

        async def swallow(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            with contextlib.suppress(ConnectionError):
                while await reader.read(100):
                    pass
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()
            served.set()

        server = await asyncio.start_server(swallow, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        with pytest.raises(RadioError, match="did not answer"):
            async with open_radio(f"tcp-client:127.0.0.1:{port}"):
                pass
        server.close()
        await server.wait_closed()
        async with asyncio.timeout(LIMIT):
            await served.wait()

    async def test_a_controller_that_refuses_to_scan_is_a_bleak_error(
        self, near: Near, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(*_args: object, **_kwargs: object) -> None:
            raise core.CommandTimeoutError

        monkeypatch.setattr("bumble.device.Device.start_scanning", refuse)
        with pytest.raises(BleakError, match="controller"):
            await BleakScanner.discover(0.1, **near.radio.scanner_kwargs)

    async def test_radio_without_bumble_is_an_error_that_names_the_extra(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "bridge.bluetooth.bumble_radio", None)
        with pytest.raises(RadioError, match=r"pip install 'bumble"):
            async with open_radio("usb:0"):
                pass
