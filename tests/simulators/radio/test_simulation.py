"""Simulated treadmill over the air, at a plain central."""

import asyncio
from contextlib import AsyncExitStack
from importlib.metadata import PackageNotFoundError
from typing import Any

import pytest
from bumble.core import AdvertisingData

from protocols.ftms.ranges import HeartRateRange
from protocols.ftms.treadmill_data import Defragmenter
from simulators.ftms.profile import STRICT
from simulators.physics.machine import Phase
from simulators.physics.spec import MachineSpec
from simulators.radio import services as services_module
from simulators.simulation import Simulation
from tests.simulators.central import Central, central, uuid, watch_loss

FEATURE, DATA, TRAINING = 0x2ACC, 0x2ACD, 0x2AD3
CONTROL, STATUS = 0x2AD9, 0x2ADA
SUPERVISION_TIMEOUT = 0x08
QUICK = MachineSpec(countdown=0.1)


pytestmark = pytest.mark.simulation(spec=QUICK, sample_interval=0.1)


@pytest.fixture
async def unconfirming(phone: Central, monkeypatch: pytest.MonkeyPatch) -> Central:
    """It hears the control point's answers, and confirms none."""
    await phone.subscribe(CONTROL)
    assert phone.connection is not None
    client = phone.connection.gatt_client
    monkeypatch.setattr(client, "send_confirmation", lambda *_: None)
    return phone


@pytest.mark.virtual_time
class TestAdvertising:
    async def test_v01_available_treadmill_advertises_its_complete_name(
        self, stranger: Central
    ) -> None:
        found = await stranger.find()
        assert str(found.address).startswith("F0:F1:F2:F3:F4:F5")
        kinds = AdvertisingData.Type
        assert found.data.get(kinds.COMPLETE_LOCAL_NAME) == "Simulated treadmill"
        assert found.data.get(kinds.SERVICE_DATA_16_BIT_UUID) == (uuid(0x1826), b"\x01\x01\x00")
        listed = found.data.get(kinds.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS)
        assert listed == [uuid(0x1826), uuid(0x180A)]

    async def test_passive_scan_shows_no_name(self, stranger: Central) -> None:
        found = await stranger.find(active=False)
        assert found.data.get(AdvertisingData.Type.COMPLETE_LOCAL_NAME) is None

    async def test_every_part_fits_a_legacy_advertisement(self, sim: Simulation) -> None:
        advertiser = next(iter(sim.air.controllers)).le_legacy_advertiser
        assert len(advertiser.advertising_data) <= 31
        assert len(advertiser.scan_response_data) <= 31

    @pytest.mark.simulation(address="F0:F1:F2:F3:F4:00")
    async def test_address_of_the_simulation_can_be_chosen(self, stranger: Central) -> None:
        assert str((await stranger.find()).address).startswith("F0:F1:F2:F3:F4:00")


@pytest.mark.virtual_time
class TestService:
    async def test_sggit_cha_bv_01_02_08_09_10_14_15_v03_properties_are_exactly_these(
        self, phone: Central
    ) -> None:
        offered = {
            uuid: int(characteristic.properties)
            for uuid, characteristic in phone.characteristics.items()
            if uuid.startswith(("2ac", "2ad"))
        }
        assert offered == {
            "2acc": 0x02,  # read
            "2acd": 0x10,  # notify
            "2ad3": 0x12,  # read, notify
            "2ad4": 0x02,
            "2ad5": 0x02,
            "2ad9": 0x28,  # write, indicate
            "2ada": 0x10,
        }

    @pytest.mark.simulation(spec=MachineSpec(heart_rate=HeartRateRange(80, 180, 1)))
    async def test_sggit_cha_bv_13_heart_rate_range_exists_only_with_its_feature(
        self, phone: Central
    ) -> None:
        assert await phone.read(0x2AD7) == b"\x50\xb4\x01"

    async def test_device_information_is_read(self, phone: Central) -> None:
        assert await phone.read(0x2A29) == b"treadmill-bridge"
        assert await phone.read(0x2A24) == b"Simulated treadmill"
        assert await phone.read(0x2A26)

    def test_uninstalled_simulator_reports_version_0(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def version(_name: str) -> str:
            raise PackageNotFoundError

        monkeypatch.setattr(services_module, "version", version)
        assert services_module._version() == "0"


@pytest.mark.virtual_time
class TestControlPoint:
    async def test_v05_the_write_response_comes_before_the_indication(
        self, sim: Simulation, phone: Central, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await phone.subscribe(CONTROL)
        crossed: list[int] = []
        carry = sim.air.send_acl_data

        def watch(sender: Any, destination: Any, transport: Any, data: bytes) -> None:
            crossed.append(data[4])  # the ATT op code, after the L2CAP header
            carry(sender, destination, transport, data)

        monkeypatch.setattr(sim.air, "send_acl_data", watch)
        await phone.request("00")
        await phone.until(lambda: 0x1E in crossed)
        # write request, write response, indication, confirmation
        assert [op for op in crossed if op != 0x1B] == [0x12, 0x13, 0x1D, 0x1E]

    async def test_v05_without_indications_the_write_is_refused(self, phone: Central) -> None:
        assert await phone.att_error("00") == 0xFD

    async def test_v05_an_unconfirmed_procedure_refuses_the_next(
        self, unconfirming: Central
    ) -> None:
        await unconfirming.request("00")
        assert await unconfirming.att_error("07") == 0xFE

    @pytest.mark.simulation
    async def test_client_that_never_confirms_is_disconnected_after_30_s(
        self, unconfirming: Central
    ) -> None:
        began = asyncio.get_running_loop().time()
        await unconfirming.request("00")
        await unconfirming.lost
        assert asyncio.get_running_loop().time() - began == pytest.approx(30, abs=1)

    async def test_every_write_is_recorded_with_its_time(self) -> None:
        received: list[bytes] = []
        async with (
            Simulation(on_write=lambda _time, value: received.append(value)) as sim,
            central(sim.new_controller()) as phone,
        ):
            await phone.connect()
            before = asyncio.get_running_loop().time()
            await phone.att_error("00")
            await phone.subscribe(CONTROL)
            await phone.request("0801")
            after = asyncio.get_running_loop().time()
        assert [value for _, value in sim.written] == received == [b"\x00", b"\x08\x01"]
        assert all(before <= time <= after for time, _ in sim.written)


@pytest.mark.virtual_time
class TestData:
    @pytest.mark.parametrize(
        "parts",
        [
            pytest.param(2, marks=pytest.mark.simulation(mtu=23, sample_interval=0.1)),
            pytest.param(1, marks=pytest.mark.simulation(mtu=517, sample_interval=0.1)),
        ],
    )
    async def test_v04_a_record_is_split_to_the_mtu(self, phone: Central, parts: int) -> None:
        await phone.subscribe(DATA)
        await phone.until(lambda: len(phone.of(DATA)) >= parts)
        join = Defragmenter()
        *first, last = [join.add(value) for _, value in phone.received[:parts]]
        assert first == [None] * (parts - 1)
        assert last is not None
        assert (last.speed, last.incline, last.heart_rate, last.elapsed) == (0, 0, 62, 0)

    async def test_cn_bv_01_notifications_stop_when_disabled(self, phone: Central) -> None:
        await phone.subscribe(DATA, TRAINING)
        await phone.until(lambda: bool(phone.of(DATA)))
        await phone.characteristics["2acd"].unsubscribe()
        phone.received.clear()
        await asyncio.sleep(0.25)
        assert phone.of(DATA) == []

    @pytest.mark.simulation(seed=3)
    async def test_minute_of_virtual_time_is_sixty_records(
        self, sim: Simulation, phone: Central
    ) -> None:
        await phone.subscribe(DATA)
        sim.machine.start()
        phone.received.clear()
        await asyncio.sleep(60)
        assert len(phone.of(DATA)) == 60
        assert sim.machine.elapsed_s == pytest.approx(57, abs=1)


@pytest.mark.virtual_time
class TestTwoClients:
    async def test_advertising_ends_at_the_maximum_number_of_clients(self, sim: Simulation) -> None:
        centrals = [
            central(sim.new_controller(), f"C0:FF:EE:00:01:0{i}")
            for i in range(STRICT.link.clients)
        ]
        phones = [await each.__aenter__() for each in centrals]
        for phone in phones:
            await phone.connect()
        advertisers = [
            controller
            for controller in sim.air.controllers
            if controller.le_legacy_advertiser.enabled
        ]
        assert advertisers == []
        await phones[0].disconnect()
        await phones[0].connect()
        for each in centrals:
            await each.__aexit__(None, None, None)

    async def test_unplugged_client_loses_control_while_the_belt_runs_on(
        self, sim: Simulation
    ) -> None:
        controller = sim.new_controller()
        async with central(controller) as phone:
            await phone.connect()
            await phone.subscribe(CONTROL)
            await phone.request("00")
            await phone.request("07")
            (connection,) = sim.peripheral.device.connections.values()
            lost = watch_loss(connection)
            sim.air.unplug(controller)
            assert await asyncio.wait_for(lost, 5) == SUPERVISION_TIMEOUT
            assert sim.server.holder is None
        assert sim.machine.phase in {Phase.STARTING, Phase.RUNNING}


class TestTcp:
    async def test_each_tcp_client_has_a_controller_of_its_own(self) -> None:
        async with Simulation(tcp_port=0) as sim:
            spec = f"tcp-client:127.0.0.1:{sim.port}"
            async with central(spec) as one, central(spec, "C0:FF:EE:00:00:02") as two:
                await one.connect()
                await two.connect()
                assert await one.read(TRAINING) == await two.read(TRAINING) == b"\x00\x01"
                addresses = [str(each.device.public_address) for each in (one, two)]
        assert addresses == ["02:00:00:00:00:01/P", "02:00:00:00:00:02/P"]

    async def test_vanished_tcp_client_is_a_lost_link_and_the_next_one_connects(self) -> None:
        async with Simulation(tcp_port=0) as sim:
            spec = f"tcp-client:127.0.0.1:{sim.port}"
            async with central(spec, "C0:FF:EE:00:00:09") as phone:
                await phone.connect()
                (connection,) = sim.peripheral.device.connections.values()
                lost = watch_loss(connection)
            # Its transport closed, as the system closes that of a killed process.
            assert await asyncio.wait_for(lost, 5) == SUPERVISION_TIMEOUT
            async with central(spec) as phone:
                await phone.connect()

    async def test_simulation_has_no_tcp_port_by_default(self, sim: Simulation) -> None:
        assert sim.port is None


class TestEnd:
    async def test_closed_simulation_leaves_no_task(self) -> None:
        before = asyncio.all_tasks()
        async with Simulation(tcp_port=0) as sim, central(sim.new_controller()) as phone:
            await phone.connect()
            await phone.subscribe(DATA)
        await asyncio.sleep(0)
        assert asyncio.all_tasks() <= before
        assert sim.air.controllers == set()

    async def test_closed_simulation_is_a_lost_link_to_its_client(
        self, caplog: pytest.LogCaptureFixture
    ) -> None:
        async with AsyncExitStack() as stack:
            async with Simulation() as sim:
                phone = await stack.enter_async_context(central(sim.new_controller()))
                await phone.connect()
            assert await phone.loss() == SUPERVISION_TIMEOUT
        assert caplog.records == []

    async def test_port_in_use_is_an_error_that_leaves_no_task(self) -> None:
        async with Simulation(tcp_port=0) as sim:
            before = asyncio.all_tasks()
            with pytest.raises(OSError, match="in use"):
                async with Simulation(tcp_port=sim.port):
                    pass
            await asyncio.sleep(0)
            assert asyncio.all_tasks() <= before

    async def test_error_of_a_listener_is_raised_at_the_end(self) -> None:
        def fail(_happening: object) -> None:
            message = "as the test wants"
            raise RuntimeError(message)

        sim = Simulation(QUICK)
        await sim.__aenter__()
        sim.machine.start()
        sim.machine.listen(fail)
        await asyncio.sleep(0.3)
        with pytest.raises(RuntimeError, match="as the test wants"):
            await sim.__aexit__()
