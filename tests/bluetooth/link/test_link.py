"""Link at work: description of the machine, values, orders, and polls of a silent machine."""

import asyncio

import pytest
from bleak.exc import BleakError

from bridge.drivers.ftms.decoder import activity
from bridge.drivers.link import Link
from bridge.machines import Declared
from bridge.values import Axis, Control, Halt, HaltBelt, Measurement, SetTarget, StartBelt, Unusable
from bridge.values.status import ControlLost, Started
from protocols.ftms.training_status import TrainingStatus
from protocols.ranges import InclineRange, SpeedRange
from simulators.simulation import Simulation
from tests.bluetooth.peripheral import ADDRESS, Peripheral
from tests.bluetooth.recorder import Recorder

pytestmark = pytest.mark.virtual_time


@pytest.mark.usefixtures("simulation")
class TestSimulatedTreadmill:
    async def test_connected_machine_is_described(self, recorder: Recorder) -> None:
        machine = await recorder.until("connected")
        assert machine.address == ADDRESS
        assert machine.maker == "treadmill-bridge"
        assert machine.model == "Simulated treadmill"
        assert machine.can_control
        assert isinstance(machine.speed_range, SpeedRange)
        assert isinstance(machine.incline_range, InclineRange)
        assert machine.features is not None
        assert machine.rssi is not None
        await recorder.until("data", 3)
        assert recorder.log[0][0] == "connected"

    @pytest.mark.unmeasured
    async def test_link_writes_nothing_without_an_order(
        self, simulation: Simulation, recorder: Recorder
    ) -> None:
        await recorder.until("data", 60)
        assert simulation.written == []

    async def test_link_carries_out_orders(
        self, simulation: Simulation, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("data")
        link.orders.start()
        assert await recorder.until("written") == StartBelt()
        await asyncio.sleep(10)
        link.orders.set_target(Axis.SPEED, 500, reduction=False, new_request=True)
        assert await recorder.until("written", 2) == SetTarget(Axis.SPEED, 500)
        await asyncio.sleep(20)
        assert simulation.machine.true_speed_kmh == pytest.approx(5.0, abs=0.1)
        link.orders.halt(Halt.STOP)
        assert await recorder.until("written", 3) == HaltBelt(Halt.STOP)
        octets = [value.hex() for _, value in simulation.written]
        assert octets == ["00", "07", "02f401", "0801"]

    @pytest.mark.unmeasured
    async def test_orders_are_dropped_with_a_lost_link(
        self, simulation: Simulation, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("data")
        link.orders.start()
        await recorder.until("written")
        simulation.air.go_dark()
        link.orders.set_target(Axis.SPEED, 900, reduction=False, new_request=True)
        assert await recorder.until("disconnected") == "the link was lost"
        before = list(simulation.written)
        simulation.air.back()
        await recorder.until("connected", 2)
        await recorder.until("data", len(recorder.all("data")) + 60)
        assert simulation.written == before
        assert recorder.all("control")[-1] is Control.NONE

    @pytest.mark.simulation(mtu=23)
    async def test_records_split_by_a_small_mtu_are_joined(self, recorder: Recorder) -> None:
        await recorder.until("data", 6)
        assert recorder.all("unusable")[:6] == [Unusable.PART] * 6
        whole = recorder.all("data")
        assert all(data.speed == 0 and data.elapsed is not None for data in whole)


class TestStatus:
    async def test_statuses_and_training_status_are_reported(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        await peripheral.notify("2ada", b"\x04")
        await peripheral.notify("2ad3", b"\x00\x0d")
        await peripheral.notify("2ada", b"")
        await recorder.until("unusable")
        assert [type(event) for event in recorder.all("event")] == [Started]
        assert recorder.all("unusable") == [Unusable.STATUS]
        assert activity(TrainingStatus.MANUAL) in recorder.all("training")

    async def test_control_lost_status_is_reported_as_taken_control(
        self, peripheral: Peripheral, link: Link, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        link.orders.start()
        await recorder.until("written")
        await peripheral.notify("2ada", b"\xff")
        assert await recorder.until("control", 2) is Control.TAKEN
        assert [type(event) for event in recorder.all("event")] == [ControlLost]


class TestSilence:
    async def test_silent_machine_is_polled_every_two_seconds(self, recorder: Recorder) -> None:
        await recorder.until("connected")
        began = asyncio.get_running_loop().time()
        await recorder.until("alive", 5)
        assert asyncio.get_running_loop().time() - began == pytest.approx(10, abs=1)
        assert len(recorder.all("training")) == 6

    async def test_sending_machine_is_not_polled(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        for _ in range(20):
            await peripheral.notify("2acd", b"\x00\x00\x34\x03")
            await asyncio.sleep(1)
        assert recorder.all("data") == [Measurement(speed=820)] * 20
        assert recorder.all("alive") == []

    @pytest.mark.link(declared=Declared(settings={"ask_every_s": 5.0}))
    async def test_sending_machine_is_polled_if_declared(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        asked = len(peripheral.read_log)
        for _ in range(21):
            await peripheral.notify("2acd", b"\x00\x00\x34\x03")
            await asyncio.sleep(1)
        assert peripheral.read_log[asked:] == ["2ad3"] * 4

    async def test_refused_read_counts_as_an_answer(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        peripheral.reads["2ad3"] = 0x80
        await recorder.until("alive", 3)

    @pytest.mark.peripheral(supervision_timeout=1000)
    async def test_unanswered_read_ends_the_link(
        self, peripheral: Peripheral, recorder: Recorder
    ) -> None:
        await recorder.until("connected")
        peripheral.air.go_dark()
        assert await recorder.until("disconnected", limit=8) == "no answer within 3 s"

    async def test_failed_read_ends_the_link(
        self, recorder: Recorder, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        await recorder.until("connected")

        async def fail(*_: object, **__: object) -> bytearray:
            message = "org.freedesktop.DBus.Error.ServiceUnknown"
            raise BleakError(message)

        with monkeypatch.context() as broken:
            broken.setattr("bleak.BleakClient.read_gatt_char", fail)
            reason = await recorder.until("disconnected", limit=8)
        assert reason.startswith("a read failed")
