"""A session logged by bumble's own snooper is imported as what the link's tap heard of it.

The snooper is the oracle for the reading of logs: its HCI packets are nobody's invention here.
"""

import asyncio
import io

import pytest
from bumble.snoop import BtSnooper

from bridge.bluetooth.bumble_radio import BumbleRadio
from bridge.bluetooth.scan import Match
from bridge.drivers.link import Link
from bridge.values import Axis
from protocols.captures.att_log import from_att
from protocols.captures.btsnoop import att_pdus
from protocols.captures.capture import FROM_MACHINE, TO_MACHINE, Frame
from simulators.ftms.profile_file import load_profile
from simulators.simulation import Simulation
from tests.bluetooth.link.link_rig import running
from tests.bluetooth.recorder import Recorder
from tests.bluetooth.test_tap import Listening
from tests.rigs.virtual_time import LoopClock


@pytest.mark.virtual_time
async def test_imported_log_has_the_frames_of_the_tap() -> None:
    log, tap = io.BytesIO(), Listening()
    async with Simulation(profile=load_profile("matrix-touchxl")) as simulation:
        radio = await BumbleRadio.open(simulation.new_controller())
        radio._host._device.host.snooper = BtSnooper(log)
        async with running(Link(radio, Match(), Recorder(), LoopClock(), tap=tap)) as link:
            await asyncio.sleep(5)
            link.orders.start()
            await asyncio.sleep(6)
            link.orders.set_target(Axis.SPEED, 200, reduction=False, new_request=True)
            await asyncio.sleep(5)
            link.release()
            await asyncio.sleep(1)
        await radio.close()

    imported = from_att(att_pdus(log.getvalue()), "test").capture
    values = {uuid: offer.value for uuid, offer in imported.header.offers.items()}
    assert values[0x2AD4] == bytes.fromhex("500040060a00")
    assert "indicate" in imported.header.offers[0x2AD9].properties

    def crossing(frame: Frame) -> tuple[bool, int, bytes]:
        return frame.kind in TO_MACHINE, frame.uuid, frame.value

    logged = [crossing(f) for f in imported.frames if f.kind in FROM_MACHINE | TO_MACHINE]
    recorder = [
        (kind in TO_MACHINE, uuid, value)
        for kind, uuid, value in tap.log
        if kind in FROM_MACHINE | TO_MACHINE
    ]
    assert len(recorder) > 20
    # A write is told before it is on its way, so that order is another matter.
    assert [each for each in logged if not each[0]] == [each for each in recorder if not each[0]]
    assert [each for each in logged if each[0]] == [each for each in recorder if each[0]]
