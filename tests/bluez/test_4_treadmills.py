"""Several treadmills: two of ours, one on demand, one that is not there, one that is foreign."""

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace

import pytest
import pytest_asyncio

from simulators.ftms.profile import STRICT
from simulators.radio.peripheral import ADDRESS
from simulators.simulation import Simulation
from tests.bluez.faults import ALLOWANCE, RECOVERY_S, climbing
from tests.bluez.rig import START_S, Rig

pytestmark = [pytest.mark.asyncio(loop_scope="package"), pytest.mark.timeout(900)]
ATTIC, SPARE = "F0:F1:F2:F3:F4:A1", "F0:F1:F2:F3:F4:A2"
NOWHERE = "F0:F1:F2:F3:F4:FF"
SAID_S = 5.0
"""Seconds within which the reason for a treadmill without a link is published."""
CONFIG = """
[mqtt]
host = "127.0.0.1"
[bluetooth]
adapter = "hci0"
"""
TREADMILL = """
[[treadmills]]
id = "{id}"
address = "{address}"
speed_unit = "kmh"
allow_remote_start = true
"""
ENCRYPTED = replace(STRICT, link=replace(STRICT.link, encrypted=True))
PYTHON = "$(head -1 $(command -v treadmill-bridge) | tail -c +3)"
"""The Python that the bridge is installed for: it has the library for D-Bus."""


@dataclass(frozen=True, slots=True)
class Others:
    """The treadmills beside that of the rig."""

    attic: Simulation
    spare: Simulation
    foreign: str


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def others(rig: Rig) -> AsyncIterator[Others]:
    """A second treadmill, one on demand that needs encryption, and one that is missing."""
    async with AsyncExitStack() as stack:
        attic = await stack.enter_async_context(rig.further(ATTIC, name="Attic"))
        spare = await stack.enter_async_context(rig.further(SPARE, ENCRYPTED, "Spare"))
        await rig.guest.run("systemctl start dongle@2")
        both = "until bluetoothctl list | grep -c . | grep -q 2; do sleep 0.5; done"
        listed = await rig.guest.run(f"timeout 60 sh -c '{both}'; bluetoothctl list")
        (foreign,) = {
            address
            for address in re.findall(r"02:00:00:00:\w\w:\w\w", listed)
            if address != await _address_of_hci0(rig)
        }
        treadmills = [
            TREADMILL.format(id=name, address=address)
            for name, address in (
                ("home", ADDRESS),
                ("attic", ATTIC),
                ("nowhere", NOWHERE),
                ("foreign", foreign),
                ("spare", SPARE),
            )
        ]
        spare_on_demand = 'connect = "on_demand"\n'
        await rig.configure(CONFIG + "".join(treadmills) + spare_on_demand)
        yield Others(attic, spare, foreign)


async def _address_of_hci0(rig: Rig) -> str:
    command = (
        "busctl get-property org.bluez /org/bluez/hci0 org.bluez.Adapter1 Address | cut -d'\"' -f2"
    )
    return (await rig.guest.run(command)).strip()


async def test_two_treadmills_stream_while_others_are_searched_for(
    rig: Rig, others: Others
) -> None:
    await rig.streaming("home")
    await rig.streaming("attic")


async def test_wrong_address_is_reported_within_five_seconds(rig: Rig, others: Others) -> None:
    await rig.guest.run("systemctl restart treadmill-bridge", limit_s=START_S)
    ready = await rig.message("bridge/availability", lambda p: p == "online", since=rig.now())
    reason = await rig.reason("not_found", name="nowhere", since=ready.at)
    assert reason.at - ready.at <= SAID_S
    assert "compare its address" in reason.payload["reason"]["text"]


async def test_one_of_two_treadmills_runs_while_the_other_stands(rig: Rig, others: Others) -> None:
    await rig.streaming("attic")
    await rig.stop_belt()
    await rig.run_belt("attic")
    assert others.attic.machine.true_speed_kmh > 0
    assert rig.simulation.machine.true_speed_kmh == 0
    await rig.stop_belt("attic")


async def test_treadmill_reconnects_while_another_is_searched_for(rig: Rig, others: Others) -> None:
    async with climbing(rig, "one of two treadmills hung up, a third is missing") as fault:
        rig.simulation.hang_up()
        fault.over((await rig.offline(since=fault.began)).at)
    assert not rig.went_offline(fault.began, "attic"), "the other treadmill's link ended too"


async def test_on_demand_treadmill_is_connected_only_by_a_connect_command(
    rig: Rig, others: Others
) -> None:
    await rig.reason("released", name="spare", since=0.0)
    assert not others.spare.peripheral.device.connections
    asked = rig.now()
    await rig.command("belt", "connect", name="spare")
    streaming = await rig.streaming("spare", since=asked)
    assert streaming.at - asked <= ALLOWANCE * RECOVERY_S


async def test_machine_whose_control_point_needs_encryption_is_paired(
    rig: Rig, others: Others
) -> None:
    began = rig.now()
    await rig.command("belt", "connect", name="spare")
    await rig.streaming("spare")
    # BlueZ asks the newest agent, which from here on is that of another link.
    others.attic.hang_up()
    gone = await rig.offline("attic", since=began)
    await rig.streaming("attic", since=gone.at)
    await rig.run_belt("spare")
    (connection,) = others.spare.peripheral.device.connections.values()
    assert connection.is_encrypted
    await rig.stop_belt("spare")
    await rig.command("belt", "release", name="spare")
    await rig.offline("spare", since=began)


async def test_treadmill_served_by_bluez_itself_can_be_run(rig: Rig, others: Others) -> None:
    await rig.guest.run(
        f"systemd-run --unit foreign {PYTHON} /guest/treadmill.py hci1 && "
        "timeout 60 sh -c 'until journalctl -u foreign | grep -q advertising; do sleep 0.5; done'"
    )
    began = rig.now()
    await rig.streaming("foreign")
    link = await rig.message("foreign/link", lambda p: p["connected"], since=0.0)
    assert link.payload["machine"]["name"] == "Another treadmill"
    await rig.run_belt("foreign")
    await rig.command("speed", 1.5, name="foreign")
    await rig.message("foreign/state", lambda s: s["speed_kmh"] == 1.5, since=began)
    await rig.stop_belt("foreign")
    written = await rig.guest.run("journalctl -u foreign -o cat | grep written")
    assert written.split()[1::2][:2] == ["00", "07"]
