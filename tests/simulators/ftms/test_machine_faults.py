"""Faults of the machine itself, and the moments at which a fault begins."""

import asyncio

import pytest

from simulators.ftms.faults import (
    At,
    Garble,
    HangUp,
    LoseControl,
    LoseLink,
    On,
    PullKey,
    RunOn,
    Scheduled,
    StartItself,
    Step,
)
from simulators.ftms.treadmill import Treadmill
from simulators.physics.machine import Phase
from simulators.simulation import Simulation
from tests.simulators.central import Central
from tests.simulators.ftms.faulty import CONTROL, DATA, STATUS, assert_well, walking

pytestmark = pytest.mark.virtual_time


class TestMachine:
    async def test_lost_control_is_reported_and_refuses_orders(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(LoseControl())
        await phone.until(lambda: phone.of(STATUS) == ["ff"])
        assert await phone.request("02c800") == "800205"
        await assert_well(sim, phone)

    async def test_pull_key_fault_stops_the_belt_until_the_key_is_back(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(PullKey())
        await phone.until(lambda: phone.of(STATUS) == ["03"])
        await asyncio.sleep(3)
        assert sim.machine.stands
        assert await phone.request("07") == "800704"
        await assert_well(sim, phone)

    @pytest.mark.parametrize(("speed", "belt_kmh"), [(0, 0.8), (600, 6.0)])
    async def test_belt_starts_by_itself(
        self, sim: Simulation, phone: Central, speed: int, belt_kmh: float
    ) -> None:
        sim.faults.schedule(Scheduled(StartItself(speed), At(5)))
        await phone.subscribe(CONTROL, DATA, STATUS)
        await asyncio.sleep(20)
        assert phone.of(STATUS)[0] == "04"
        assert phone.of(CONTROL) == []
        assert sim.machine.true_speed_kmh == pytest.approx(belt_kmh, abs=0.01)
        await assert_well(sim, phone)

    async def test_belt_runs_on_after_an_accepted_stop(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(RunOn(10))
        assert await phone.request("0801") == "800801"
        assert await phone.request("02c800") == "800201"
        await asyncio.sleep(8)
        assert sim.machine.true_speed_kmh == pytest.approx(2.0, abs=0.01)
        await asyncio.sleep(4)
        assert await phone.request("0801") == "800801"
        await asyncio.sleep(5)
        assert sim.machine.stands
        await assert_well(sim, phone)


class TestMoments:
    def test_fault_begins_at_a_time_of_the_treadmill(self) -> None:
        struck = Treadmill(faults=[Scheduled(StartItself(), At(12.5))])
        struck.advance(12.4)
        assert struck.machine.phase is Phase.IDLE
        struck.advance(0.2)
        assert struck.machine.phase is not Phase.IDLE

    def test_faults_strike_in_the_order_of_their_times_within_one_long_step(self) -> None:
        struck = Treadmill(faults=[Scheduled(PullKey(), At(30)), Scheduled(StartItself(), At(10))])
        struck.advance(60)
        assert not struck.machine.key_inserted
        assert struck.machine.elapsed_s == pytest.approx(17, abs=0.1)

    def test_fault_of_a_past_time_begins_at_once(self) -> None:
        struck = Treadmill()
        struck.advance(10)
        struck.faults.schedule(Scheduled(PullKey(), At(5)))
        assert not struck.machine.key_inserted

    def test_fault_begins_at_the_nth_time_of_a_step(self) -> None:
        struck = Treadmill(faults=[Scheduled(PullKey(), On(Step.CONNECTED, nth=3))])
        for _ in range(2):
            struck.faults.reach(Step.CONNECTED)
        struck.faults.reach(Step.READ)
        assert struck.machine.key_inserted
        struck.faults.reach(Step.CONNECTED)
        assert not struck.machine.key_inserted

    def test_lost_client_leaves_a_treadmill_without_a_radio(self) -> None:
        class Phone:
            mtu = 517

            def notify(self, uuid: int, value: bytes) -> None:
                received.append(uuid)

        received: list[int] = []
        for fault in (LoseLink(5), HangUp()):
            struck = Treadmill()
            struck.server.join(Phone())
            struck.faults.strike(fault)
            assert struck.server.clients == ()
            struck.advance(10)
        assert received == []

    def test_same_seed_gives_the_same_garbage(self) -> None:
        def garbage(seed: int) -> list[bytes]:
            struck = Treadmill(seed=seed)
            struck.faults.strike(Garble(count=3))
            return [frame for _ in range(3) for frame in struck.faults.on_frame(DATA, bytes(8))]

        assert garbage(1) == garbage(1) != garbage(2)
