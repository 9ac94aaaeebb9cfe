"""Additions to bumble's link: loss, timeouts, cancelling, resets, public addresses."""

import asyncio
import logging
from collections.abc import Callable

import pytest
from bumble import hci
from bumble.core import BaseBumbleError
from bumble.core import TimeoutError as BumbleTimeoutError

from simulators.radio.air import Air, AirController, AirServer
from simulators.simulation import Simulation
from tests.e2e.bridge_rig import until
from tests.simulators.central import Central, central, watch_loss

TRAINING, CONTROL, DATA = 0x2AD3, 0x2AD9, 0x2ACD
SUPERVISION_TIMEOUT = 0x08


@pytest.mark.virtual_time
class TestRadioOutage:
    async def test_both_ends_lose_the_link_after_the_supervision_timeout(
        self, sim: Simulation, phone: Central
    ) -> None:
        loop = asyncio.get_running_loop()
        (connection,) = sim.peripheral.device.connections.values()
        theirs = watch_loss(connection)
        began = loop.time()
        sim.air.go_dark()
        sim.air.go_dark()  # a second time is no second timer
        assert await phone.loss() == await theirs == SUPERVISION_TIMEOUT
        assert loop.time() - began == pytest.approx(2.0, abs=0.1)

    async def test_radio_outage_hides_advertisements_until_its_end(
        self, sim: Simulation, stranger: Central
    ) -> None:
        sim.air.go_dark()
        with pytest.raises(TimeoutError):
            await stranger.find()
        sim.air.back()
        await stranger.connect()
        assert await stranger.read(TRAINING) == b"\x00\x01"

    async def test_link_ended_during_a_radio_outage_ends_for_the_peer_afterwards(
        self, sim: Simulation, phone: Central
    ) -> None:
        (connection,) = sim.peripheral.device.connections.values()
        theirs = watch_loss(connection)
        sim.air.go_dark()
        await phone.disconnect()
        assert not theirs.done()
        sim.air.back()
        assert await theirs == SUPERVISION_TIMEOUT
        await phone.connect()


@pytest.mark.virtual_time
@pytest.mark.simulation(sample_interval=0.1)
class TestController:
    async def test_connect_can_be_cancelled_and_repeated(self, sim: Simulation) -> None:
        async with central(sim.new_controller()) as phone:
            address = (await phone.find()).address
            sim.air.go_dark()
            with pytest.raises((BumbleTimeoutError, BaseBumbleError)):
                await phone.device.connect(address, timeout=0.1)
            sim.air.back()
            await phone.connect()
            assert await phone.read(TRAINING) == b"\x00\x01"

    async def test_cancelling_without_a_connect_is_disallowed(self) -> None:
        controller = Air().new_controller()
        answer = controller.on_hci_le_create_connection_cancel_command(
            hci.HCI_LE_Create_Connection_Cancel_Command()
        )
        assert answer.status == hci.HCI_ErrorCode.COMMAND_DISALLOWED_ERROR

    async def test_controller_reset_is_a_lost_link_for_its_peer(self, sim: Simulation) -> None:
        controller = sim.new_controller()
        async with central(controller) as phone:
            await phone.connect()
            (connection,) = sim.peripheral.device.connections.values()
            theirs = watch_loss(connection)
            await phone.device.host.reset()
            assert await asyncio.wait_for(theirs, 5) == SUPERVISION_TIMEOUT
            assert controller.le_connections == {}
            assert controller.pending_le_connection is None

    async def test_host_with_a_public_address_connects(self, sim: Simulation) -> None:
        controller = AirController(
            "usb", link=sim.air, public_address=hci.Address("C0:FF:EE:00:00:07/P")
        )
        async with central(controller) as phone:
            address = (await phone.find()).address
            connection = await phone.device.connect(
                address, own_address_type=hci.OwnAddressType.PUBLIC, timeout=5
            )
            phone.connection = connection
            phone.lost = watch_loss(connection)
            assert await connection.gatt_client.request_mtu(100) == 100
            await phone.disconnect()

    async def test_unplugging_a_controller_twice_is_allowed(self) -> None:
        air = Air()
        controller = air.new_controller()
        air.unplug(controller)
        air.unplug(controller)
        assert air.controllers == set()

    async def test_scan_response_of_a_missing_device_is_empty(self) -> None:
        assert Air().scan_response(hci.Address("F0:F1:F2:F3:F4:F5")) == b""


class TestServer:
    async def test_garbage_from_a_radio_client_does_not_affect_others(self) -> None:
        async with Simulation(tcp_port=0) as sim:
            reader, writer = await asyncio.open_connection("127.0.0.1", sim.port)
            writer.write(b"GET / HTTP/1.1\r\n\r\n" + bytes(range(256)))
            await writer.drain()
            async with central(f"tcp-client:127.0.0.1:{sim.port}") as phone:
                await phone.connect()
                assert await phone.read(TRAINING) == b"\x00\x01"
            writer.close()
            await writer.wait_closed()
            assert reader.at_eof() or not await reader.read()

    @pytest.mark.parametrize(
        ("garbage", "why"),
        [
            pytest.param(b"GET / HTTP/1.1\r\n\r\n", "invalid packet type 71", id="HTTP"),
            pytest.param(b"\x05" + bytes(4), "ISO data packet truncated", id="torn data"),
            pytest.param(bytes.fromhex("01 0520 02 0000"), "invalid address", id="torn command"),
        ],
    )
    async def test_garbage_is_reported_once_for_each_client_and_later_packets_are_read(
        self, garbage: bytes, why: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        caplog.set_level(logging.DEBUG, "simulators.radio.air")

        def told(level: int) -> list[logging.LogRecord]:
            return [each for each in caplog.records if each.levelno == level]

        def refused(times: int) -> Callable[[], bool]:
            return lambda: len(told(logging.DEBUG)) == times

        async with AirServer(Air()) as server:
            for _ in range(2):
                caplog.clear()
                reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
                for times in range(1, 4):
                    writer.write(garbage)
                    # One after the other: what arrives together is thrown away together.
                    await until("its refusal", refused(times))
                writer.write(hci.HCI_Reset_Command().__bytes__())
                async with asyncio.timeout(5):
                    assert await reader.readexactly(7)  # the command's completion
                host, port = writer.get_extra_info("sockname")
                writer.close()
                await writer.wait_closed()
                (warning,) = told(logging.WARNING)
                assert warning.getMessage().startswith(
                    f"{host}:{port} sends no HCI to the virtual radio, which ignores it: {why}"
                )
                assert warning.exc_info is None

    async def test_closed_server_disconnects_its_clients(self) -> None:
        air = Air()
        async with AirServer(air) as server:
            reader, writer = await asyncio.open_connection("127.0.0.1", server.port)
            writer.write(hci.HCI_Reset_Command().__bytes__())
            assert await reader.readexactly(7)  # the command's completion
            assert len(air.controllers) == 1
        assert await asyncio.wait_for(reader.read(), 5) == b""
        assert air.controllers == set()
        writer.close()
        await writer.wait_closed()
