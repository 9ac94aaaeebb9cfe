"""Requirements of docs/conformance.md for the bridge as a client that no other test names."""

import pytest

from bridge.drivers.ftms.decoder import activity
from bridge.drivers.link import Link
from bridge.values import Control, Measurement
from protocols.ftms.training_status import TrainingStatus
from protocols.ranges import InclineRange
from simulators.radio.air import Air
from simulators.simulation import Simulation
from tests.bluetooth.link.link_rig import linked
from tests.bluetooth.peripheral import Peripheral, powered
from tests.bluetooth.recorder import Recorder

pytestmark = pytest.mark.virtual_time

TRAINING, DATA = "2ad3", "2acd"


async def test_c04_c05_indications_are_enabled_and_control_is_requested_before_anything_else(
    simulation: Simulation, link: Link, recorder: Recorder
) -> None:
    await recorder.until("connected")
    link.orders.start()
    await recorder.until("written")
    # A strict machine refuses the one without indications, the other without control.
    assert recorder.all("refused") == []
    assert recorder.all("control")[-1] is Control.HELD
    assert [value for _, value in simulation.written] == [b"\x00", b"\x07"]


async def test_c03_c14_changed_services_are_discovered_on_the_next_connection() -> None:
    air = Air()
    async with linked(air) as (_link, recorder):
        async with powered(Peripheral(air)) as old:
            before = await recorder.until("connected")
            await old.hang_up()
        async with powered(Peripheral(air, missing=frozenset({"2ad5"}), vendor=True)) as new:
            after = await recorder.until("connected", 2)
            await new.notify(DATA, bytes.fromhex("0000 f401"))
            assert await recorder.until("data") == Measurement(speed=500)
        assert isinstance(before.incline_range, InclineRange)
        assert after.incline_range is None
    air.close()


async def test_c15_reads_and_subscriptions_are_repeated_after_a_link_loss(
    peripheral: Peripheral, recorder: Recorder
) -> None:
    await recorder.until("connected")
    reads = peripheral.read_log.count(TRAINING)
    peripheral.reads[TRAINING] = b"\x00\x0d"
    await peripheral.hang_up()
    await recorder.until("connected", 2)
    assert peripheral.read_log.count(TRAINING) > reads
    assert recorder.all("training")[-1] == activity(TrainingStatus.MANUAL)
    await peripheral.notify(DATA, bytes.fromhex("0000 f401"))
    await recorder.until("data")
