"""Deviations of profiles on the link itself, at a plain central; names have the ids."""

import asyncio
from typing import Any

import pytest
from bumble.core import AdvertisingData

from simulators.ftms.faults import RefuseWrites
from simulators.ftms.profile import Advertising, Control, Link, Profile
from simulators.ftms.profile_file import load_profile
from simulators.radio.peripheral import Peripheral
from simulators.simulation import Simulation
from tests.simulators.central import Central, central, uuid

DATA, TRAINING, CONTROL, STATUS = 0x2ACD, 0x2AD3, 0x2AD9, 0x2ADA
NOTIFICATION, INDICATION = 0x1B, 0x1D
INSUFFICIENT_ENCRYPTION = 0x0F
REMOTE_USER = 0x13
Watched = list[int]

pytestmark = pytest.mark.virtual_time


def watch(sim: Simulation, monkeypatch: pytest.MonkeyPatch) -> Watched:
    """The ATT op codes as they cross."""
    crossed: Watched = []
    carry = sim.air.send_acl_data

    def see(sender: Any, destination: Any, transport: Any, data: bytes) -> None:
        crossed.append(data[4])
        carry(sender, destination, transport, data)

    monkeypatch.setattr(sim.air, "send_acl_data", see)
    return crossed


async def command(phone: Central, request: str) -> None:
    """Write without response."""
    proxy = phone.characteristics["2ad9"]
    await proxy.write_value(bytes.fromhex(request), with_response=False)


@pytest.mark.simulation("urevo-e1l")
async def test_p2_p3_write_without_response_is_answered_by_notification(
    sim: Simulation, phone: Central, monkeypatch: pytest.MonkeyPatch
) -> None:
    control = phone.characteristics["2ad9"]
    assert int(control.properties) == 0x24  # write without response, indicate
    await control.subscribe(lambda value: phone.received.append((CONTROL, bytes(value))))
    crossed = watch(sim, monkeypatch)
    await command(phone, "00")
    await asyncio.sleep(0.2)
    assert NOTIFICATION in crossed
    assert INDICATION not in crossed
    await command(phone, "07")
    await asyncio.sleep(10)
    assert not sim.machine.stands


@pytest.mark.simulation("urevo-e1l")
async def test_p3_refused_write_without_response_is_lost_silently(
    sim: Simulation, phone: Central, caplog: pytest.LogCaptureFixture
) -> None:
    sim.faults.strike(RefuseWrites(0x0F))
    await command(phone, "07")
    await asyncio.sleep(5)
    assert sim.machine.stands
    assert [each for each in caplog.records if "exception" in each.message] == []
    await phone.subscribe(CONTROL)
    await command(phone, "07")
    await asyncio.sleep(5)
    assert not sim.machine.stands


@pytest.mark.simulation("urevo-e1l")
@pytest.mark.usefixtures("phone")
async def test_d15_records_are_sent_before_any_subscription(
    sim: Simulation, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossed = watch(sim, monkeypatch)
    await asyncio.sleep(3)
    assert crossed.count(NOTIFICATION) >= 5


@pytest.mark.parametrize(
    ("advertising", "kinds"),
    [
        (Advertising(), {"name", "service", "data"}),
        (Advertising(service_data=False), {"name", "service"}),
        (Advertising(service_uuid=False), {"name", "data"}),
        (Advertising(service_uuid=False, service_data=False), {"name"}),
        (load_profile("horizon-omega-z").advertising, {"service", "data"}),
    ],
)
async def test_l1_parts_of_the_advertisement_may_be_missing(
    advertising: Advertising, kinds: set[str]
) -> None:
    profile = Profile(advertising=advertising)
    async with Simulation(profile=profile) as sim, central(sim.new_controller()) as stranger:
        data = (await stranger.find()).data
    types = AdvertisingData.Type
    services = data.get(types.COMPLETE_LIST_OF_16_BIT_SERVICE_CLASS_UUIDS)
    found = {
        "name": data.get(types.COMPLETE_LOCAL_NAME) is not None,
        "service": uuid(0x1826) in (services or []),
        "data": data.get(types.SERVICE_DATA_16_BIT_UUID) is not None,
    }
    assert {kind for kind, there in found.items() if there} == kinds


@pytest.mark.simulation("kingsmith-z1")
async def test_l2_connected_machine_stops_advertising_to_others(
    sim: Simulation, phone: Central
) -> None:
    async with central(sim.new_controller(), "C0:FF:EE:00:00:02") as late:
        with pytest.raises(TimeoutError):
            await late.find()
        await phone.disconnect()
        await late.connect()


@pytest.mark.simulation("life-fitness")
async def test_l3_v13_machine_disconnects_idle_clients_only(phone: Central) -> None:
    profile = load_profile("life-fitness")
    await phone.subscribe(CONTROL, DATA)
    for _ in range(5):
        await asyncio.sleep(profile.link.idle_s - 1)
        await phone.request("00")
    assert not phone.lost.done()
    began = asyncio.get_running_loop().time()
    await phone.lost
    idle = asyncio.get_running_loop().time() - began
    assert idle == pytest.approx(profile.link.idle_s, abs=0.5)
    assert idle >= 5


@pytest.mark.parametrize(
    "mtu",
    [
        pytest.param(100, marks=pytest.mark.simulation("citysports-cs-wp8")),
        pytest.param(23, marks=pytest.mark.simulation("matrix")),
    ],
)
async def test_l4_link_uses_the_mtu_of_the_machine(phone: Central, mtu: int) -> None:
    assert phone.connection is not None
    assert phone.connection.att_mtu == mtu


@pytest.mark.simulation("horizon")
async def test_l5_data_of_other_machine_types_are_offered_but_never_sent(
    sim: Simulation, phone: Central
) -> None:
    await phone.subscribe(0x2AD2, DATA)
    sim.machine.start()
    await phone.until(lambda: len(phone.of(DATA)) > 3)
    assert {"2ace", "2ad1", "2ad2"} <= set(phone.characteristics)
    assert phone.of(0x2AD2) == []


@pytest.mark.simulation("kingsmith-z1")
async def test_p21_subscription_to_training_status_drops_the_link(
    phone: Central,
) -> None:
    await phone.subscribe(DATA, STATUS, CONTROL)
    await asyncio.sleep(30)
    assert not phone.lost.done()
    assert await phone.read(TRAINING) == b"\x00\x01"
    await phone.subscribe(TRAINING)
    assert await phone.loss() == REMOTE_USER


@pytest.mark.simulation(profile=Profile(link=Link(encrypted=True)))
async def test_control_point_may_need_an_encrypted_link(phone: Central) -> None:
    await phone.subscribe(CONTROL)
    assert await phone.att_error("00") == INSUFFICIENT_ENCRYPTION
    assert phone.connection is not None
    await phone.connection.pair()
    assert await phone.request("00") == "800001"


@pytest.mark.simulation(profile=Profile(control=Control(answer_delay_s=2.0)))
async def test_control_point_answer_may_be_delayed(phone: Central) -> None:
    await phone.subscribe(CONTROL)
    began = asyncio.get_running_loop().time()
    await phone.request("00")
    assert asyncio.get_running_loop().time() - began == pytest.approx(2.0, abs=0.2)


@pytest.mark.simulation(speed=10)
async def test_simulation_may_run_ten_times_as_fast(sim: Simulation) -> None:
    sim.machine.start()
    await asyncio.sleep(10)
    assert sim.machine.elapsed_s == pytest.approx(97, abs=1)


@pytest.mark.simulation("urevo-e1l")
async def test_peripheral_has_the_name_of_the_machine(sim: Simulation, phone: Central) -> None:
    assert isinstance(sim.peripheral, Peripheral)
    assert sim.peripheral.device.name == "URTM041"
    assert await phone.read(0x2A29) == b"0x01"
