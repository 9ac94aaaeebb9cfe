"""The tap on a link, and the import of the same session from a log.

bumble's own snooper writes the log: its HCI packets are an independent check of both.
"""

import asyncio
import io
from collections.abc import Mapping

import pytest
from bumble.snoop import BtSnooper

from bridge.bluetooth.bumble_radio import BumbleRadio
from bridge.bluetooth.scan import Found, Match
from bridge.drivers.link import Link
from bridge.values import Axis
from protocols.captures.att_log import from_att
from protocols.captures.btsnoop import att_pdus
from protocols.captures.capture import FROM_MACHINE, TO_MACHINE, Kind
from simulators.ftms.profile_file import load_profile
from simulators.simulation import Simulation
from tests.bluetooth.link.link_rig import running
from tests.bluetooth.recorder import Recorder
from tests.rigs.virtual_time import LoopClock

Values = list[tuple[str, int, bytes]]


class RecordingTap:
    """Records each call with its characteristic and value."""

    def __init__(self) -> None:
        self.log: Values = []

    def linked(self, found: Found, offered: Mapping[int, tuple[str, ...]]) -> None:
        self.log += [(f"offers {' '.join(able)}", uuid, b"") for uuid, able in offered.items()]

    def frame(self, kind: Kind, uuid: int, value: bytes) -> None:
        self.log.append((kind, uuid, value))

    def ready(self) -> None:
        self.log.append(("ready", 0, b""))

    def lost(self) -> None:
        self.log.append(("lost", 0, b""))


def values_of(log: Values, kinds: frozenset[Kind]) -> list[tuple[int, bytes]]:
    return [(uuid, value) for kind, uuid, value in log if kind in kinds]


@pytest.mark.virtual_time
async def test_tap_and_imported_log_have_every_value_of_a_session() -> None:
    log, tap = io.BytesIO(), RecordingTap()
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

    kinds = [kind for kind, _, _ in tap.log]
    ready = kinds.index("ready")
    assert ("offers notify", 0x2ACD, b"") in tap.log[:ready]
    assert (Kind.READ, 0x2AD4, bytes.fromhex("500040060a00")) in tap.log[:ready]
    control = [(kind, value.hex()) for kind, uuid, value in tap.log[ready:] if uuid == 0x2AD9]
    assert [value for kind, value in control if kind is Kind.WRITE] == ["00", "07", "02c800"]
    answers = ["800001", "800701", "800201"]
    assert [value for kind, value in control if kind is Kind.NOTIFY] == answers
    assert kinds[-1] == "lost"

    imported = from_att(att_pdus(log.getvalue()), "test").capture
    assert imported.header.offers[0x2AD4].value == bytes.fromhex("500040060a00")
    assert "indicate" in imported.header.offers[0x2AD9].properties
    logged: Values = [(frame.kind, frame.uuid, frame.value) for frame in imported.frames]
    # The tap gets a write before it is sent, so the two directions are compared separately.
    assert values_of(logged, FROM_MACHINE) == values_of(tap.log, FROM_MACHINE)
    assert values_of(logged, TO_MACHINE) == values_of(tap.log, TO_MACHINE)
    assert len(values_of(logged, FROM_MACHINE)) > 20
