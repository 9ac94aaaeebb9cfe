"""Replayed frames of a real machine, measured by the bridge over the air."""

import asyncio
import json
from pathlib import Path

import pytest

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Match
from bridge.drivers.link import Link
from bridge.tracking.snapshot import SnapshotBuilder
from bridge.values import MachineInfo
from protocols.captures.capture import Capture, Frame, Header, Kind, Offer
from simulators.replay import Replay
from tests.bluetooth.link.link_rig import running
from tests.bluetooth.recorder import Recorder
from tests.rigs.virtual_time import LoopClock

RECORDED = json.loads(
    (Path(__file__).parents[2] / "data" / "frames-sample.json").read_text("utf-8")
)
UREVO = [each for each in RECORDED if each["id"].startswith("ur-")]
KINDS = {"notify": Kind.NOTIFY, "read": Kind.READ, "write_without_response": Kind.COMMAND}


def capture() -> Capture:
    """The walking pad's session, a frame every half second, as the machine sends them."""
    values = {
        int(each["characteristic"], 16): bytes.fromhex(each["hex"])
        for each in UREVO
        if each["direction"] == "read"
    }
    offers = {uuid: Offer(("read",), value) for uuid, value in values.items()}
    offers |= {uuid: Offer(("notify",)) for uuid in (0x2ACD, 0x2ADA)}
    offers[0x2AD3] = Offer(("read", "notify"), b"\0\x01")
    offers[0x2AD9] = Offer(("write-without-response", "indicate"))
    frames = [each for each in UREVO if each["direction"] != "read"]
    return Capture(
        Header("test", "", machine={"name": "URTM041"}, offers=offers),
        tuple(
            Frame(
                500 * number,
                KINDS[each["direction"]],
                int(each["characteristic"], 16),
                bytes.fromhex(each["hex"]),
            )
            for number, each in enumerate(frames)
        ),
    )


@pytest.mark.virtual_time
async def test_replayed_session_of_a_real_machine_is_measured_as_recorded() -> None:
    recorded, handler, builder = capture(), Recorder(), SnapshotBuilder()
    async with (
        Replay(recorded) as replay,
        open_radio(replay.new_controller()) as radio,
        running(Link(radio, Match(), handler, LoopClock())),
    ):
        await replay.run()
        await asyncio.sleep(1)

    (machine,) = [value for what, value in handler.log if what == "connected"]
    assert isinstance(machine, MachineInfo)
    assert machine.name == "URTM041"
    assert machine.speed_range is not None
    assert (machine.speed_range.minimum, machine.speed_range.maximum) == (96, 643)
    builder.connected(machine, 0.0)
    samples = [
        builder.measured(value, float(number))
        for number, (what, value) in enumerate(handler.log)
        if what == "data"
    ]
    seen = [None if s is None else (s.data.speed, s.data.step_count) for s in samples]
    told = [
        (round(each["decode"]["inst_speed_kmh"] * 100), each["decode"]["vendor_step_count"])
        for each in UREVO
        if each["characteristic"] == "2ACD"
    ]
    assert seen == told
