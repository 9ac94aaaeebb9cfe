"""A client on the air with a machine whose faults are tested."""

import asyncio

import pytest

from simulators.physics.machine import Phase
from simulators.simulation import Simulation
from tests.simulators.central import Central

DATA, TRAINING, CONTROL, STATUS = 0x2ACD, 0x2AD3, 0x2AD9, 0x2ADA


async def walking(sim: Simulation, phone: Central) -> None:
    """In control, the belt at 5 km/h."""
    await phone.subscribe(CONTROL, DATA, STATUS, TRAINING)
    await phone.request("00")
    await phone.request("07")
    await phone.request("02f401")
    await asyncio.sleep(11)
    assert sim.machine.true_speed_kmh == pytest.approx(5.0, abs=0.01)
    phone.received.clear()


async def assert_well(sim: Simulation, phone: Central) -> None:
    """Check that the machine takes a new connection, obeys and reports as usual."""
    if phone.connection is None or phone.lost.done():
        await phone.connect()
        await phone.subscribe(CONTROL, DATA)
    assert await phone.request("00") == "800001"
    sim.machine.insert_safety_key()
    if sim.machine.phase in {Phase.IDLE, Phase.PAUSED}:
        assert await phone.request("07") == "800701"
        await asyncio.sleep(5)
    assert await phone.request("029001") == "800201"
    await asyncio.sleep(8)
    assert sim.machine.true_speed_kmh == pytest.approx(4.0, abs=0.01)
    phone.received.clear()
    await asyncio.sleep(3)
    assert [frame[4:8] for frame in phone.of(DATA)] == ["9001"] * 3
    assert await phone.request("0801") == "800801"
    await asyncio.sleep(5)
    assert sim.machine.stands
