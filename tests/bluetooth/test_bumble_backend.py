"""bleak's own API over the virtual radio: real HCI, L2CAP, ATT and GATT between two hosts."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import pytest
from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakDeviceNotFoundError,
    BleakError,
    BleakGATTProtocolError,
)
from bumble import att, core, hci

from bridge.bluetooth.radio import Radio, RadioError, open_radio
from simulators.air import Air, AirServer
from simulators.simulation import Simulation
from tests.bluetooth.peripheral import ADDRESS, NAME, SERVICE_DATA, Peripheral, powered

LIMIT = 5.0


async def out_of_step(*_arguments: object, **_named: object) -> object:
    """What a controller sends that was silent for a while: the answer to something else."""
    return hci.HCI_Event(b"", event_code=0xFF)


def u(short: str) -> str:
    return f"0000{short}-0000-1000-8000-00805f9b34fb"


@dataclass
class Rig:
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


@asynccontextmanager
async def rig(*, tcp: bool = False, **options: object) -> AsyncIterator[Rig]:
    air = Air(supervision_timeout=0.2)
    async with AsyncExitStack() as stack:
        stack.callback(air.close)
        peripheral = Peripheral(air, **options)  # type: ignore[arg-type]
        await stack.enter_async_context(powered(peripheral))
        spec: object = air.new_controller("bridge")
        if tcp:
            server = await stack.enter_async_context(AirServer(air))
            spec = f"tcp-client:127.0.0.1:{server.port}"
        radio = await stack.enter_async_context(open_radio(spec))  # type: ignore[arg-type]
        yield Rig(air, peripheral, radio)


@pytest.fixture(params=[False, True], ids=["in-process", "tcp"])
async def both(request: pytest.FixtureRequest) -> AsyncIterator[Rig]:
    async with rig(tcp=request.param) as found:
        yield found


@pytest.fixture
async def here() -> AsyncIterator[Rig]:
    async with rig() as found:
        yield found


class TestScanner:
    async def test_finds_a_device_with_all_that_it_advertises(self, both: Rig) -> None:
        seen = await BleakScanner.discover(0.2, return_adv=True, **both.radio.scanner_kwargs)
        device, data = seen[ADDRESS]
        assert (device.address, device.name) == (ADDRESS, NAME)
        assert data.local_name == NAME
        assert data.service_uuids == [u("1826")]
        assert data.service_data == {u("1826"): SERVICE_DATA}
        assert isinstance(data.rssi, int)

    async def test_filters_by_service(self, here: Rig) -> None:
        kwargs = here.radio.scanner_kwargs
        assert await BleakScanner.discover(0.2, service_uuids=[u("1826")], **kwargs)
        assert not await BleakScanner.discover(0.2, service_uuids=[u("180d")], **kwargs)

    async def test_calls_back_for_each_advertisement(self, here: Rig) -> None:
        seen = asyncio.Event()
        times = 0

        def on_device(_device: BLEDevice, _data: AdvertisementData) -> None:
            nonlocal times
            times += 1
            if times == 2:
                seen.set()

        async with BleakScanner(on_device, **here.radio.scanner_kwargs), asyncio.timeout(LIMIT):
            await seen.wait()

    async def test_a_controller_that_answers_something_else_is_a_bleak_error(
        self, here: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bumble.host.Host._send_command", out_of_step)
        with pytest.raises(BleakError, match="AssertionError"):
            await BleakScanner.discover(0.1, **here.radio.scanner_kwargs)
        monkeypatch.undo()
        assert await BleakScanner.discover(0.2, **here.radio.scanner_kwargs)

    async def test_two_scanners_share_one_radio(self, here: Rig) -> None:
        kwargs = here.radio.scanner_kwargs
        both = await asyncio.gather(
            BleakScanner.discover(0.1, **kwargs), BleakScanner.discover(0.3, **kwargs)
        )
        assert all(both)

    async def test_stopping_twice_is_harmless(self, here: Rig) -> None:
        scanner = BleakScanner(**here.radio.scanner_kwargs)
        await scanner.start()
        await scanner.stop()
        await scanner.stop()


class TestConnecting:
    async def test_discovers_services_with_properties_and_descriptors(self, both: Rig) -> None:
        async with await both.client() as client:
            assert client.is_connected
            assert client.name == NAME
            control = client.services.get_characteristic(u("2ad9"))
            assert control is not None
            assert set(control.properties) == {"write", "indicate"}
            assert [each.uuid for each in control.descriptors] == [u("2902")]
            assert control.max_write_without_response_size == client.mtu_size - 3
        assert not client.is_connected

    async def test_by_address_scans_by_itself(self, here: Rig) -> None:
        async with BleakClient(ADDRESS, timeout=LIMIT, **here.radio.client_kwargs) as client:
            assert client.name == NAME

    async def test_by_an_address_that_nobody_has(self, here: Rig) -> None:
        client = BleakClient("F0:00:00:00:00:01", timeout=0.2, **here.radio.client_kwargs)
        assert client.name == "F0-00-00-00-00-01"
        assert client.mtu_size == 23
        with pytest.raises(BleakDeviceNotFoundError):
            await client.connect()

    async def test_to_some_services_only(self, here: Rig) -> None:
        client = BleakClient(
            await here.find(), services=["180a"], timeout=LIMIT, **here.radio.client_kwargs
        )
        async with client:
            assert [each.uuid for each in client.services] == [u("180a")]

    async def test_twice_is_an_error(self, here: Rig) -> None:
        async with await here.client() as client:
            with pytest.raises(BleakError, match="already connected"):
                await client.connect()

    async def test_in_vain_times_out_and_the_next_one_works(self, here: Rig) -> None:
        device = await here.find()
        here.air.go_dark()
        client = BleakClient(device, timeout=0.2, **here.radio.client_kwargs)
        with pytest.raises(TimeoutError):
            await client.connect()
        here.air.back()
        async with await here.client() as client:
            assert client.is_connected

    async def test_cancelled_is_taken_back_and_the_next_one_works(self, here: Rig) -> None:
        device = await here.find()
        here.air.go_dark()
        client = BleakClient(device, timeout=LIMIT, **here.radio.client_kwargs)
        task = asyncio.create_task(client.connect())
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        here.air.back()
        async with await here.client() as client:
            assert client.is_connected

    async def test_cancelled_at_the_very_moment_of_success_leaves_no_link(self, here: Rig) -> None:
        client = await here.client()
        task = asyncio.create_task(client.connect())
        device = here.radio._host._device  # type: ignore[attr-defined]
        device.once("connection", lambda _: task.cancel())
        with pytest.raises(asyncio.CancelledError):
            await task
        assert not device.connections
        async with await here.client() as again:
            assert again.is_connected

    async def test_refused_by_the_controller_is_a_bleak_error(
        self, here: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(*_args: object, **_kwargs: object) -> None:
            raise core.CommandTimeoutError

        client = await here.client()
        monkeypatch.setattr("bumble.device.Device.connect", refuse)
        with pytest.raises(BleakError):
            await client.connect()

    async def test_to_a_controller_that_answers_something_else_is_a_bleak_error(
        self, here: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        client = await here.client()
        monkeypatch.setattr("bumble.host.Host._send_command", out_of_step)
        with pytest.raises(BleakError, match="AssertionError"):
            await client.connect()
        monkeypatch.undo()
        async with client:
            assert client.is_connected

    async def test_lost_while_discovering_is_a_timeout_and_no_disconnection(
        self, here: Rig
    ) -> None:
        calls: list[BleakClient] = []
        client = await here.client(calls.append)
        task = asyncio.create_task(client.connect())
        await here.peripheral.wait_for_connection()
        here.air.go_dark()
        with pytest.raises(BleakError, match="disconnected"):
            await task
        assert not calls
        assert not client.is_connected


class TestDisconnecting:
    async def test_by_ourselves_calls_back(self, both: Rig) -> None:
        calls: list[BleakClient] = []
        client = await both.client(calls.append)
        await client.connect()
        await client.disconnect()
        await client.disconnect()
        assert calls == [client]

    async def test_by_the_device_calls_back(self, both: Rig) -> None:
        gone = asyncio.Event()
        client = await both.client(lambda _: gone.set())
        await client.connect()
        await both.peripheral.hang_up()
        async with asyncio.timeout(LIMIT):
            await gone.wait()
        assert not client.is_connected
        with pytest.raises(BleakError):
            _ = client.services

    async def test_out_of_range_calls_back(self, here: Rig) -> None:
        gone = asyncio.Event()
        client = await here.client(lambda _: gone.set())
        await client.connect()
        here.air.go_dark()
        async with asyncio.timeout(LIMIT):
            await gone.wait()

    async def test_from_a_device_that_hears_nothing_ends_all_the_same(
        self, here: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bridge.bluetooth.bumble_backend.HANG_UP_LIMIT", 0.05)
        calls: list[BleakClient] = []
        client = await here.client(calls.append)
        await client.connect()

        async def never() -> None:
            await asyncio.Event().wait()

        backend = client._backend
        monkeypatch.setattr(backend._connection, "disconnect", never)  # type: ignore[attr-defined]
        await client.disconnect()
        assert calls == [client]

    async def test_calls_fail_afterwards(self, here: Rig) -> None:
        client = await here.client()
        await client.connect()
        feature = client.services.get_characteristic(u("2acc"))
        assert feature is not None
        await client.disconnect()
        with pytest.raises(BleakError, match="Not connected"):
            await client._backend.read_gatt_char(feature)


class TestValues:
    async def test_read(self, both: Rig) -> None:
        async with await both.client() as client:
            assert await client.read_gatt_char(u("2a24")) == b"Model 1\0"

    async def test_a_long_value_is_read_whole(self) -> None:
        async with rig(mtu=23) as found, await found.client() as client:
            found.peripheral.reads["2a29"] = bytes(range(100))
            assert client.mtu_size == 23
            assert await client.read_gatt_char(u("2a29")) == bytes(range(100))

    async def test_an_empty_read_is_empty(self, here: Rig) -> None:
        here.peripheral.reads["2ad3"] = b""
        async with await here.client() as client:
            assert await client.read_gatt_char(u("2ad3")) == b""

    async def test_a_refused_read_bears_its_att_error(self, here: Rig) -> None:
        here.peripheral.reads["2ad3"] = 0x02
        async with await here.client() as client:
            with pytest.raises(BleakGATTProtocolError) as caught:
                await client.read_gatt_char(u("2ad3"))
            assert caught.value.code == 0x02

    async def test_descriptors(self, here: Rig) -> None:
        async with await here.client() as client:
            data = client.services.get_characteristic(u("2acd"))
            assert data is not None
            (cccd,) = data.descriptors
            await client.start_notify(u("2acd"), lambda *_: None)
            assert await client.read_gatt_descriptor(cccd.handle) == b"\x01\x00"
            await client._backend.write_gatt_descriptor(cccd, b"\x00\x00")
            assert await client.read_gatt_descriptor(cccd.handle) == b"\x00\x00"

    async def test_write_with_response_and_indication(self, both: Rig) -> None:
        answers: asyncio.Queue[bytes] = asyncio.Queue()
        async with await both.client() as client:
            await client.start_notify(u("2ad9"), lambda _, value: answers.put_nowait(bytes(value)))
            await client.write_gatt_char(u("2ad9"), b"\x00", response=True)
            async with asyncio.timeout(LIMIT):
                assert await answers.get() == b"\x80\x00\x01"
        assert both.peripheral.writes == [b"\x00"]

    async def test_notifications_answer_where_the_machine_says_indicate(self, here: Rig) -> None:
        answers: asyncio.Queue[bytes] = asyncio.Queue()
        async with await here.client() as client:
            await client.start_notify(u("2ad9"), lambda _, value: answers.put_nowait(bytes(value)))
            (connection,) = here.peripheral.device.connections.values()
            control = here.peripheral.characteristics["2ad9"]
            await here.peripheral.device.gatt_server.notify_subscriber(
                connection, control, b"\x80\x00\x01", force=True
            )
            async with asyncio.timeout(LIMIT):
                assert await answers.get() == b"\x80\x00\x01"

    async def test_notifications_until_stopped(self, both: Rig) -> None:
        values: asyncio.Queue[bytes] = asyncio.Queue()
        async with await both.client() as client:
            await client.start_notify(u("2acd"), lambda _, value: values.put_nowait(bytes(value)))
            with pytest.raises(BleakError, match="already started"):
                await client.start_notify(u("2acd"), lambda *_: None)
            await both.peripheral.notify("2acd", b"\x00\x00\x34\x03")
            async with asyncio.timeout(LIMIT):
                assert await values.get() == b"\x00\x00\x34\x03"
            await client.stop_notify(u("2acd"))
            await both.peripheral.notify("2acd", b"\x00\x00\x35\x03")
            await client.read_gatt_char(u("2acc"))  # whatever was sent has arrived by then
            assert values.empty()
            await client.stop_notify(u("2acd"))
            await client.start_notify(u("2acd"), lambda _, value: values.put_nowait(bytes(value)))
            await both.peripheral.notify("2acd", b"\x00\x00\x36\x03")
            async with asyncio.timeout(LIMIT):
                assert await values.get() == b"\x00\x00\x36\x03"

    async def test_a_notification_is_cut_to_a_small_mtu(self) -> None:
        values: asyncio.Queue[bytes] = asyncio.Queue()
        async with rig(mtu=23) as found, await found.client() as client:
            await client.start_notify(u("2acd"), lambda _, value: values.put_nowait(bytes(value)))
            await found.peripheral.notify("2acd", bytes(range(40)))
            async with asyncio.timeout(LIMIT):
                assert await values.get() == bytes(range(20))

    async def test_what_neither_notifies_nor_indicates_cannot_be_subscribed_to(self) -> None:
        async with rig() as found, await found.client() as client:
            with pytest.raises(BleakError, match="neither"):
                await client.start_notify(u("2acc"), lambda *_: None)

    async def test_a_refused_write_bears_its_att_error(self, here: Rig) -> None:
        def refuse(_: bytes) -> None:
            raise att.ATT_Error(att.ErrorCode(0xFD))

        here.peripheral.on_write = refuse
        async with await here.client() as client:
            with pytest.raises(BleakGATTProtocolError) as caught:
                await client.write_gatt_char(u("2ad9"), b"\x00", response=True)
            assert caught.value.code == 0xFD

    async def test_a_link_lost_during_a_write_is_att_error_0e(self, here: Rig) -> None:
        client = await here.client()
        await client.connect()
        here.air.go_dark()
        with pytest.raises(BleakGATTProtocolError) as caught:
            await client.write_gatt_char(u("2ad9"), b"\x00", response=True)
        assert caught.value.code == 0x0E

    async def test_a_link_lost_during_a_read_is_no_cancellation(self, here: Rig) -> None:
        client = await here.client()
        await client.connect()
        here.air.go_dark()
        with pytest.raises(BleakError, match="disconnected"):
            await client.read_gatt_char(u("2acc"))

    async def test_a_cancelled_read_is_cancelled_and_the_next_one_works(self, here: Rig) -> None:
        async with await here.client() as client:
            task = asyncio.create_task(client.read_gatt_char(u("2acc")))
            await asyncio.sleep(0)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert await client.read_gatt_char(u("2a26")) == b"1.2.3"

    async def test_a_device_that_never_answers_is_an_error(
        self, here: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("bumble.gatt_client.GATT_REQUEST_TIMEOUT", 0.05)
        async with await here.client() as client:
            here.air.go_dark()
            with pytest.raises(BleakError, match="does not answer"):
                await client.read_gatt_char(u("2acc"))

    async def test_an_encrypted_value_can_be_read_once_paired(self) -> None:
        async with rig(encrypted=frozenset({"2a26"})) as found, await found.client() as client:
            with pytest.raises(BleakGATTProtocolError) as caught:
                await client.read_gatt_char(u("2a26"))
            assert caught.value.code == 0x0F
            await client.pair()
            assert await client.read_gatt_char(u("2a26")) == b"1.2.3"
            with pytest.raises(NotImplementedError):
                await client.unpair()

    async def test_a_failed_pairing_is_a_bleak_error(
        self, here: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def fail(*_: object) -> None:
            raise core.ProtocolError(3, "smp", "pairing not supported")

        async with await here.client() as client:
            monkeypatch.setattr("bumble.device.Connection.pair", fail)
            with pytest.raises(BleakError):
                await client.pair()

    async def test_pairing_before_connecting(self) -> None:
        async with rig(encrypted=frozenset({"2a26"})) as found:
            device = await found.find()
            client = BleakClient(device, pair=True, timeout=LIMIT, **found.radio.client_kwargs)
            async with client:
                assert await client.read_gatt_char(u("2a26")) == b"1.2.3"


class TestRadio:
    async def test_has_no_devices_connected_beforehand(self, here: Rig) -> None:
        assert await here.radio.connected_devices(u("1826")) == []

    async def test_a_dead_transport_is_bluetooth_not_available(self) -> None:
        air = Air()
        gone = asyncio.Event()
        async with AsyncExitStack() as stack:
            stack.callback(air.close)
            peripheral = await stack.enter_async_context(powered(Peripheral(air)))
            server = AirServer(air)
            await server.__aenter__()
            spec = f"tcp-client:127.0.0.1:{server.port}"
            radio = await stack.enter_async_context(open_radio(spec))
            found = Rig(air, peripheral, radio)
            client = await found.client(lambda _: gone.set())
            await client.connect()
            lost = asyncio.create_task(radio.lost())
            await server.__aexit__()
            async with asyncio.timeout(LIMIT):
                await gone.wait()
                await lost
            assert not client.is_connected
            with pytest.raises(BleakBluetoothNotAvailableError) as caught:
                await BleakScanner.discover(0.1, **radio.scanner_kwargs)
            assert caught.value.reason is BleakBluetoothNotAvailableReason.NO_BLUETOOTH
            with pytest.raises(BleakBluetoothNotAvailableError):
                await client.connect()

    async def test_two_programs_that_share_a_radio_leave_each_other_s_links_alone(self) -> None:
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

    async def test_a_transport_that_dies_while_connecting_is_no_cancellation(self) -> None:
        air = Air()
        async with AsyncExitStack() as stack:
            stack.callback(air.close)
            peripheral = await stack.enter_async_context(powered(Peripheral(air)))
            server = AirServer(air)
            await server.__aenter__()
            spec = f"tcp-client:127.0.0.1:{server.port}"
            radio = await stack.enter_async_context(open_radio(spec))
            client = await Rig(air, peripheral, radio).client()
            air.go_dark()
            task = asyncio.create_task(client.connect())
            await asyncio.sleep(0.05)
            await server.__aexit__()
            with pytest.raises(BleakBluetoothNotAvailableError):
                await task

    async def test_a_controller_in_this_process_is_never_lost(self, here: Rig) -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(here.radio.lost(), 0.01)

    async def test_a_transport_that_does_not_open_says_so(self) -> None:
        with pytest.raises(RadioError, match="does not open"):
            async with open_radio("tcp-client:127.0.0.1:1"):
                pass

    async def test_a_transport_that_nobody_knows_says_so(self) -> None:
        with pytest.raises(RadioError, match="does not open"):
            async with open_radio("pigeon:1"):
                pass

    async def test_a_transport_without_a_controller_behind_it_says_so(
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
        self, here: Rig, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def refuse(*_args: object, **_kwargs: object) -> None:
            raise core.CommandTimeoutError

        monkeypatch.setattr("bumble.device.Device.start_scanning", refuse)
        with pytest.raises(BleakError, match="controller"):
            await BleakScanner.discover(0.1, **here.radio.scanner_kwargs)

    async def test_without_bumble_the_error_names_the_extra(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(__import__("sys").modules, "bridge.bluetooth.bumble_radio", None)
        with pytest.raises(RadioError, match=r"treadmill-bridge\[simulator\]"):
            async with open_radio("usb:0"):
                pass
