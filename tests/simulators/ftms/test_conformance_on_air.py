"""The checks of FTMS.TS that need a link: services, CCCDs and bonds."""

import asyncio

import pytest
from bumble import att
from bumble.core import AdvertisingData
from bumble.gatt_client import CharacteristicProxy

from simulators.physics.programme import Leg, Programme
from simulators.simulation import Simulation
from tests.simulators.central import Central, central, uuid
from tests.simulators.ftms.bench import LONG

FEATURE, DATA, TRAINING, CONTROL, STATUS = 0x2ACC, 0x2ACD, 0x2AD3, 0x2AD9, 0x2ADA


async def cccd(proxy: CharacteristicProxy[bytes]) -> bytes:
    (descriptor,) = [each for each in proxy.descriptors if each.type == uuid(0x2902)]
    return bytes(await descriptor.read_value())


@pytest.mark.virtual_time
class TestOnAir:
    async def test_sggit_ser_bv_01_the_service_is_primary_and_there_once(
        self, phone: Central
    ) -> None:
        assert phone.connection is not None
        found = await phone.connection.gatt_client.discover_service(uuid(0x1826))
        assert len(found) == 1

    @pytest.mark.parametrize(
        ("characteristic", "enabled"),
        [
            ("2acd", b"\x01\x00"),
            ("2ad3", b"\x01\x00"),
            ("2ad9", b"\x02\x00"),
            ("2ada", b"\x01\x00"),
        ],
    )
    async def test_con_bv_01_07_08_09_cccds_are_written_read_and_forgotten_with_the_link(
        self, phone: Central, characteristic: str, enabled: bytes
    ) -> None:
        proxy = phone.characteristics[characteristic]
        assert await cccd(proxy) == b"\x00\x00"
        await proxy.subscribe(lambda _value: None)
        assert await cccd(proxy) == enabled
        await phone.disconnect()
        await phone.connect()
        assert await cccd(phone.characteristics[characteristic]) == b"\x00\x00"

    @pytest.mark.simulation(mtu=23)
    async def test_tsn_bv_03_a_long_text_is_read_in_parts(
        self, sim: Simulation, phone: Central
    ) -> None:
        await phone.subscribe(TRAINING)
        sim.machine.play(Programme((Leg(60, 300),), name=LONG))
        await phone.until(lambda: phone.of(TRAINING)[-1:] != [])
        assert len(phone.of(TRAINING)[0]) == 2 * 20
        assert await phone.read(TRAINING) == b"\x03\x0e" + LONG.encode()

    async def test_v01_unavailable_machine_is_advertised_as_such(
        self, sim: Simulation, stranger: Central
    ) -> None:
        seen = []
        for act in (None, sim.machine.pull_safety_key, sim.machine.insert_safety_key):
            assert act is None or act()
            await asyncio.sleep(1)
            data = (await stranger.find()).data
            seen.append(data.get(AdvertisingData.Type.SERVICE_DATA_16_BIT_UUID))
        assert seen == [
            (uuid(0x1826), b"\x01\x01\x00"),
            (uuid(0x1826), b"\x00\x01\x00"),
            (uuid(0x1826), b"\x01\x01\x00"),
        ]

    async def test_v07_v10_fmsn_bv_23_24_control_passes_and_changes_are_reported_to_others(
        self, sim: Simulation, phone: Central
    ) -> None:
        async with central(sim.new_controller(), "C0:FF:EE:00:00:02") as watch:
            await watch.connect()
            for each in (phone, watch):
                await each.subscribe(CONTROL, STATUS)
            assert await phone.request("00") == "800001"
            assert await watch.request("07") == "800705"
            assert await phone.request("07") == "800701"
            await watch.until(lambda: watch.of(STATUS) == ["04"])
            assert await watch.request("00") == "800001"
            await phone.until(lambda: phone.of(STATUS) == ["ff"])
            assert await phone.request("02c800") == "800205"
            assert await watch.request("02c800") == "800201"
            await phone.until(lambda: phone.of(STATUS) == ["ff", "05c800"])
            sim.machine.speed_up()
            for each in (phone, watch):
                await each.until(lambda each=each: each.of(STATUS)[-1] == "05d200")  # type: ignore[misc]
            assert watch.of(STATUS) == ["04", "05d200"]

    @pytest.mark.parametrize("characteristic", ["2acd", "2ad9", "2ada"])
    async def test_characteristic_without_read_refuses_a_read(
        self, phone: Central, characteristic: str
    ) -> None:
        with pytest.raises(att.ATT_Error) as refused:
            await phone.characteristics[characteristic].read_value()
        assert refused.value.error_code == att.ErrorCode.READ_NOT_PERMITTED
        assert await phone.read(TRAINING) == b"\x00\x01"

    @pytest.mark.parametrize("characteristic", ["2acc", "2acd", "2ad3", "2ad4", "2ada", "2a29"])
    async def test_characteristic_without_write_refuses_a_write(
        self, phone: Central, characteristic: str
    ) -> None:
        with pytest.raises(att.ATT_Error) as refused:
            await phone.characteristics[characteristic].write_value(b"x", with_response=True)
        assert refused.value.error_code == att.ErrorCode.WRITE_NOT_PERMITTED
        assert await phone.read(0x2A29) == b"treadmill-bridge"
