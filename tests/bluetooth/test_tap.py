"""What a tap on the link hears: every value, both ways, over real HCI, ATT and GATT."""

import asyncio
from collections.abc import Mapping

import pytest

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Found, Match
from bridge.drivers.link import Link
from bridge.values import Axis
from protocols.captures.capture import Kind
from simulators.simulation import Simulation
from tests.bluetooth.link.link_rig import running
from tests.bluetooth.recorder import Recorder
from tests.rigs.virtual_time import LoopClock


class Listening:
    """A tap that remembers."""

    def __init__(self) -> None:
        self.log: list[tuple[str, int, bytes]] = []

    def linked(self, found: Found, offered: Mapping[int, tuple[str, ...]]) -> None:
        self.log += [(f"offers {' '.join(able)}", uuid, b"") for uuid, able in offered.items()]

    def frame(self, kind: Kind, uuid: int, value: bytes) -> None:
        self.log.append((kind, uuid, value))

    def ready(self) -> None:
        self.log.append(("ready", 0, b""))

    def lost(self) -> None:
        self.log.append(("lost", 0, b""))


@pytest.mark.virtual_time
async def test_tap_gets_every_value_in_both_directions() -> None:
    tap, handler = Listening(), Recorder()
    async with (
        Simulation() as simulation,
        open_radio(simulation.new_controller()) as radio,
        running(Link(radio, Match(), handler, LoopClock(), tap=tap)) as link,
    ):
        await asyncio.sleep(5)
        link.orders.start()
        await asyncio.sleep(5)
        link.orders.set_target(Axis.SPEED, 100, reduction=False, new_request=True)
        await asyncio.sleep(3)
        link.release()
        await asyncio.sleep(1)

    kinds = [kind for kind, _, _ in tap.log]
    ready = kinds.index("ready")
    assert ("offers notify", 0x2ACD, b"") in tap.log[:ready]
    assert (Kind.READ, 0x2AD4, bytes.fromhex("500040060a00")) in tap.log[:ready]
    control = [(k, value.hex()) for k, uuid, value in tap.log[ready:] if uuid == 0x2AD9]
    assert [value for kind, value in control if kind is Kind.WRITE] == ["00", "07", "026400"]
    assert [value for kind, value in control if kind is Kind.NOTIFY] == [
        "800001", "800701", "800201",
    ]  # fmt: skip
    assert sum(uuid == 0x2ACD for _, uuid, _ in tap.log[ready:]) >= 10
    assert kinds[-1] == "lost"
