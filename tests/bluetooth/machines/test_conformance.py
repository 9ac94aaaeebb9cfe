"""What docs/conformance.md asks of the bridge as a client, where no other test says it outright."""

import pytest

from bridge.drivers.ftms.decoder import activity
from bridge.drivers.link import Link
from bridge.values import Control, Measurement
from protocols.ftms.training_status import TrainingStatus
from protocols.ranges import InclineRange
from simulators.radio.air import Air
from simulators.simulation import Simulation
from tests.bluetooth.link.link_rig import Heard, linked
from tests.bluetooth.peripheral import Peripheral, powered

pytestmark = pytest.mark.virtual_time

TRAINING, DATA = "2ad3", "2acd"


async def test_c04_c05_indications_are_enabled_and_control_is_requested_before_anything_else(
    simulation: Simulation, link: Link, heard: Heard
) -> None:
    await heard.until("connected")
    link.orders.start()
    await heard.until("written")
    # A strict machine refuses the one without indications, the other without control.
    assert heard.all("refused") == []
    assert heard.all("control")[-1] is Control.HELD
    assert [value for _, value in simulation.written] == [b"\x00", b"\x07"]


async def test_c03_c14_a_new_layout_after_an_update_is_found_out_on_the_next_connection() -> None:
    air = Air()
    async with linked(air) as (_link, heard):
        async with powered(Peripheral(air)) as old:
            before = await heard.until("connected")
            await old.hang_up()
        async with powered(Peripheral(air, missing=frozenset({"2ad5"}), vendor=True)) as new:
            after = await heard.until("connected", 2)
            await new.notify(DATA, bytes.fromhex("0000 f401"))
            assert await heard.until("data") == Measurement(speed=500)
        assert isinstance(before.incline_range, InclineRange)
        assert after.incline_range is None
    air.close()


async def test_c15_after_a_loss_it_reads_and_subscribes_anew(
    peripheral: Peripheral, heard: Heard
) -> None:
    await heard.until("connected")
    reads = peripheral.read_log.count(TRAINING)
    peripheral.reads[TRAINING] = b"\x00\x0d"
    await peripheral.hang_up()
    await heard.until("connected", 2)
    assert peripheral.read_log.count(TRAINING) > reads
    assert heard.all("training")[-1] == activity(TrainingStatus.MANUAL)
    await peripheral.notify(DATA, bytes.fromhex("0000 f401"))
    await heard.until("data")
