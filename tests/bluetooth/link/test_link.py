"""A link at work: what it says of the machine, passes on, and asks of a silent one."""

import asyncio

import pytest
from bleak.exc import BleakError

from bridge.drivers.ftms.decoder import activity
from bridge.drivers.link import Link
from bridge.machines import Declared
from bridge.values import (
    Axis,
    Control,
    Halt,
    HaltBelt,
    Measurement,
    SetTarget,
    StartBelt,
    Unusable,
)
from bridge.values.status import ControlLost, Started
from protocols.ftms.training_status import TrainingStatus
from protocols.ranges import InclineRange, SpeedRange
from simulators.simulation import Simulation
from tests.bluetooth.link.link_rig import Heard
from tests.bluetooth.peripheral import (
    ADDRESS,
    Peripheral,
)

pytestmark = pytest.mark.virtual_time


@pytest.mark.usefixtures("simulation")
class TestSimulatedTreadmill:
    async def test_connects_and_says_what_it_is(self, heard: Heard) -> None:
        machine = await heard.until("connected")
        assert machine.address == ADDRESS
        assert machine.maker == "treadmill-bridge"
        assert machine.model == "Simulated treadmill"
        assert machine.can_control
        assert isinstance(machine.speed_range, SpeedRange)
        assert isinstance(machine.incline_range, InclineRange)
        assert machine.features is not None
        assert machine.rssi is not None
        await heard.until("data", 3)
        assert heard.log[0][0] == "connected"

    async def test_writes_nothing_of_its_own_accord(
        self, simulation: Simulation, heard: Heard
    ) -> None:
        await heard.until("data", 60)
        assert simulation.written == []

    async def test_carries_orders_out(
        self, simulation: Simulation, link: Link, heard: Heard
    ) -> None:
        await heard.until("data")
        link.orders.start()
        assert await heard.until("written") == StartBelt()
        await asyncio.sleep(10)
        link.orders.set_target(Axis.SPEED, 500, reduction=False, new_request=True)
        assert await heard.until("written", 2) == SetTarget(Axis.SPEED, 500)
        await asyncio.sleep(20)
        assert simulation.machine.true_speed_kmh == pytest.approx(5.0, abs=0.1)
        link.orders.halt(Halt.STOP)
        assert await heard.until("written", 3) == HaltBelt(Halt.STOP)
        octets = [value.hex() for _, value in simulation.written]
        assert octets == ["00", "07", "02f401", "0801"]

    async def test_stays_silent_after_a_loss_whatever_was_ordered_before(
        self, simulation: Simulation, link: Link, heard: Heard
    ) -> None:
        await heard.until("data")
        link.orders.start()
        await heard.until("written")
        simulation.air.go_dark()
        link.orders.set_target(Axis.SPEED, 900, reduction=False, new_request=True)
        assert await heard.until("disconnected") == "the link was lost"
        before = list(simulation.written)
        simulation.air.back()
        await heard.until("connected", 2)
        await heard.until("data", len(heard.all("data")) + 60)
        assert simulation.written == before
        assert heard.all("control")[-1] is Control.NONE

    @pytest.mark.simulation(mtu=23)
    async def test_a_small_mtu_splits_records_and_the_snapshot_joins_them(
        self, heard: Heard
    ) -> None:
        await heard.until("data", 6)
        assert heard.all("unusable")[:6] == [Unusable.PART] * 6
        whole = heard.all("data")
        assert all(data.speed == 0 and data.elapsed is not None for data in whole)


class TestStatus:
    async def test_statuses_and_training_are_handed_over(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("connected")
        await peripheral.notify("2ada", b"\x04")
        await peripheral.notify("2ad3", b"\x00\x0d")
        await peripheral.notify("2ada", b"")
        await heard.until("unusable")
        assert [type(event) for event in heard.all("event")] == [Started]
        assert heard.all("unusable") == [Unusable.STATUS]
        assert activity(TrainingStatus.MANUAL) in heard.all("training")

    async def test_control_lost_is_control_taken(
        self, peripheral: Peripheral, link: Link, heard: Heard
    ) -> None:
        await heard.until("connected")
        link.orders.start()
        await heard.until("written")
        await peripheral.notify("2ada", b"\xff")
        assert await heard.until("control", 2) is Control.TAKEN
        assert [type(event) for event in heard.all("event")] == [ControlLost]


class TestSilence:
    async def test_a_silent_machine_is_asked_every_two_seconds(self, heard: Heard) -> None:
        await heard.until("connected")
        began = asyncio.get_running_loop().time()
        await heard.until("alive", 5)
        assert asyncio.get_running_loop().time() - began == pytest.approx(10, abs=1)
        assert len(heard.all("training")) == 6

    async def test_a_machine_that_sends_is_not_asked(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("connected")
        for _ in range(20):
            await peripheral.notify("2acd", b"\x00\x00\x34\x03")
            await asyncio.sleep(1)
        assert heard.all("data") == [Measurement(speed=820)] * 20
        assert heard.all("alive") == []

    @pytest.mark.link(declared=Declared(settings={"ask_every_s": 5.0}))
    async def test_a_machine_that_would_hang_up_is_asked_now_and_then_though_it_sends(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("connected")
        asked = len(peripheral.read_log)
        for _ in range(21):
            await peripheral.notify("2acd", b"\x00\x00\x34\x03")
            await asyncio.sleep(1)
        assert peripheral.read_log[asked:] == ["2ad3"] * 4

    async def test_a_refusal_is_an_answer_too(self, peripheral: Peripheral, heard: Heard) -> None:
        await heard.until("connected")
        peripheral.reads["2ad3"] = 0x80
        await heard.until("alive", 3)

    @pytest.mark.peripheral(supervision_timeout=1000)
    async def test_an_unanswered_read_ends_the_link(
        self, peripheral: Peripheral, heard: Heard
    ) -> None:
        await heard.until("connected")
        peripheral.air.go_dark()
        assert await heard.until("disconnected", limit=8) == "no answer within 3 s"

    async def test_a_failed_read_ends_the_link(
        self, heard: Heard, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await heard.until("connected")

        async def fail(*_: object, **__: object) -> bytearray:
            message = "org.freedesktop.DBus.Error.ServiceUnknown"
            raise BleakError(message)

        with monkeypatch.context() as broken:
            broken.setattr("bleak.BleakClient.read_gatt_char", fail)
            reason = await heard.until("disconnected", limit=8)
        assert reason.startswith("a read failed")
