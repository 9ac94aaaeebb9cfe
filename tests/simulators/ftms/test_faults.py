"""Faults of the link, of writes, answers and frames, on the air; the machine recovers."""

import asyncio

import pytest

from protocols.ftms.control_point import OpCode
from simulators.ftms.faults import (
    AnswerWith,
    DelayAnswers,
    DelayWrites,
    DropAnswers,
    Duplicate,
    Fault,
    Garble,
    HangUp,
    LoseLink,
    On,
    RefuseWrites,
    Reorder,
    RepeatAnswers,
    Scheduled,
    Silence,
    Step,
    Tear,
    WrongOpAnswers,
)
from simulators.physics.machine import Phase
from simulators.simulation import Simulation
from tests.simulators.central import Central
from tests.simulators.ftms.faulty import CONTROL, DATA, STATUS, TRAINING, assert_well, walking

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def phone(stranger: Central) -> Central:
    """A phone that is not connected yet; the test connects it when it must."""
    return stranger


SUPERVISION_TIMEOUT, REMOTE_USER = 0x08, 0x13


def now() -> float:
    return asyncio.get_running_loop().time()


class TestLink:
    @pytest.mark.parametrize(
        ("step", "op", "started"),
        [
            (Step.CONNECTED, None, False),
            (Step.READ, None, False),
            (Step.SUBSCRIBED, None, False),
            (Step.WRITTEN, OpCode.REQUEST_CONTROL, False),
            (Step.RESPONDED, OpCode.REQUEST_CONTROL, False),
            (Step.ANSWERED, OpCode.REQUEST_CONTROL, None),  # the next write may be on its way
            (Step.WRITTEN, OpCode.START_OR_RESUME, True),
            (Step.RESPONDED, OpCode.START_OR_RESUME, True),
            (Step.ANSWERED, OpCode.START_OR_RESUME, True),
            (Step.WRITTEN, OpCode.SET_TARGET_SPEED, True),
            (Step.RESPONDED, OpCode.SET_TARGET_SPEED, True),
            (Step.ANSWERED, OpCode.SET_TARGET_SPEED, True),
            (Step.SAMPLED, None, True),
        ],
    )
    async def test_it_can_be_lost_at_each_step(
        self, sim: Simulation, phone: Central, step: Step, op: int | None, started: bool | None
    ) -> None:
        async def talk(phone: Central) -> None:
            await phone.connect()
            await phone.read(TRAINING)
            await phone.subscribe(CONTROL, DATA)
            for request in ("00", "07", "02f401"):
                await phone.order(request)
            await asyncio.sleep(60)

        sim.faults.schedule(Scheduled(LoseLink(6), On(step, op)))
        talking = asyncio.ensure_future(talk(phone))
        await asyncio.wait({talking}, timeout=20)
        assert await phone.loss() == SUPERVISION_TIMEOUT
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        if started is not None:
            assert (sim.machine.phase is not Phase.IDLE) == started
        await asyncio.sleep(10)
        await assert_well(sim, phone)

    async def test_a_supervision_timeout_ends_it_at_both_ends_and_the_belt_runs_on(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        began = now()
        sim.faults.strike(LoseLink())
        assert await phone.loss() == SUPERVISION_TIMEOUT
        assert now() - began == pytest.approx(2.0, abs=0.1)
        assert sim.server.holder is None
        await asyncio.sleep(60)
        assert sim.machine.true_speed_kmh == pytest.approx(5.0, abs=0.01)
        sim.air.back()
        await assert_well(sim, phone)

    async def test_a_short_gap_costs_only_what_was_sent_meanwhile(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(LoseLink(1.5))
        await asyncio.sleep(10)
        assert 8 <= len(phone.of(DATA)) <= 9
        await assert_well(sim, phone)

    @pytest.mark.simulation(mtu=23)
    async def test_between_the_parts_of_a_record(self, sim: Simulation, phone: Central) -> None:
        sim.faults.schedule(Scheduled(LoseLink(6), On(Step.SAMPLED)))
        await phone.connect()
        await phone.subscribe(DATA)
        await phone.loss()
        (only,) = phone.of(DATA)
        assert int(only[:2], 16) & 1  # More Data, and no more came
        await asyncio.sleep(10)
        phone.heard.clear()
        await phone.connect()
        await phone.subscribe(DATA)
        await phone.until(lambda: len(phone.of(DATA)) == 2)
        assert int(phone.of(DATA)[0][:2], 16) & 1
        assert not int(phone.of(DATA)[1][:2], 16) & 1

    async def test_the_machine_hangs_up(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(HangUp())
        assert await phone.loss() == REMOTE_USER
        assert not sim.machine.stands
        await assert_well(sim, phone)


class TestWrites:
    @pytest.mark.parametrize("error", [0x05, 0x0F, 0xFD, 0xFE])
    async def test_refused_with_an_att_error_and_nothing_done(
        self, sim: Simulation, phone: Central, error: int
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(RefuseWrites(error, count=2))
        assert await phone.att_error("02c800") == error
        assert await phone.att_error("0801") == error
        assert sim.machine.target_speed == 500
        await asyncio.sleep(1)
        assert phone.of(CONTROL) == []
        await assert_well(sim, phone)

    async def test_delayed_the_belt_obeys_and_the_response_is_late(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(DelayWrites(3.0))
        began = now()
        assert await phone.order("02c800") == "800201"
        assert now() - began == pytest.approx(3.0, abs=0.1)
        assert sim.machine.true_speed_kmh < 4
        await assert_well(sim, phone)

    async def test_a_link_lost_while_a_response_waits_leaves_nothing_behind(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(DelayWrites(10.0))
        writing = asyncio.ensure_future(phone.write("02c800"))
        await asyncio.sleep(1)
        sim.faults.strike(LoseLink(4))
        await phone.loss()
        writing.cancel()
        await asyncio.gather(writing, return_exceptions=True)
        await asyncio.sleep(20)
        await assert_well(sim, phone)


class TestAnswers:
    async def test_missing(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(DropAnswers())
        await phone.write("02c800")
        await asyncio.sleep(35)
        assert phone.of(CONTROL) == []
        assert sim.machine.target_speed == 200
        await assert_well(sim, phone)

    async def test_late(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(DelayAnswers(5.0))
        began = now()
        assert await phone.order("02c800") == "800201"
        assert now() - began == pytest.approx(5.0, abs=0.1)
        await assert_well(sim, phone)

    async def test_twice(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(RepeatAnswers())
        await phone.write("02c800")
        await asyncio.sleep(2)
        assert phone.of(CONTROL) == ["800201", "800201"]
        await assert_well(sim, phone)

    async def test_of_another_request(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(WrongOpAnswers(op=0x03))
        assert await phone.order("02c800") == "800301"
        assert sim.machine.target_speed == 200
        await assert_well(sim, phone)

    @pytest.mark.parametrize("result", [0x01, 0x02, 0x04, 0x05, 0x77])
    async def test_of_another_result_with_nothing_done(
        self, sim: Simulation, phone: Central, result: int
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(AnswerWith(result))
        assert await phone.order("02c800") == f"8002{result:02x}"
        assert sim.machine.target_speed == 500
        await assert_well(sim, phone)

    async def test_only_so_many(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(AnswerWith(0x04, count=2))
        answers = [await phone.order("02c800") for _ in range(3)]
        assert answers == ["800204", "800204", "800201"]


class TestFrames:
    async def _heard(self, sim: Simulation, phone: Central, fault: Fault) -> list[str]:
        await walking(sim, phone)
        sim.faults.strike(fault)
        await asyncio.sleep(4.5)
        return phone.of(DATA)

    async def test_torn(self, sim: Simulation, phone: Central) -> None:
        heard = await self._heard(sim, phone, Tear(7, count=2))
        assert [len(frame) // 2 for frame in heard[:3]] == [7, 7, len(heard[2]) // 2]
        assert len(heard[2]) > 2 * 7
        await assert_well(sim, phone)

    async def test_duplicated(self, sim: Simulation, phone: Central) -> None:
        heard = await self._heard(sim, phone, Duplicate())
        assert heard[0] == heard[1] != heard[2]
        await assert_well(sim, phone)

    async def test_reordered(self, sim: Simulation, phone: Central) -> None:
        heard = await self._heard(sim, phone, Reorder())
        elapsed = [int.from_bytes(bytes.fromhex(frame)[-2:], "little") for frame in heard]
        assert elapsed[0] == elapsed[1] + 1
        assert elapsed[1:] == sorted(elapsed[1:])
        await assert_well(sim, phone)

    async def test_garbled(self, sim: Simulation, phone: Central) -> None:
        heard = await self._heard(sim, phone, Garble(count=2))
        assert len({len(frame) for frame in heard}) == 1
        assert heard[0][:4] != "9c05" != heard[1][:4]
        assert heard[2][:4] == "9c05"
        await assert_well(sim, phone)

    async def test_of_another_characteristic(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(Duplicate(uuid=STATUS))
        sim.machine.speed_up()
        await asyncio.sleep(2)
        assert len(phone.of(STATUS)) == 2
        assert len(set(phone.of(DATA))) == len(phone.of(DATA))

    async def test_silence_while_the_link_stays(self, sim: Simulation, phone: Central) -> None:
        heard = await self._heard(sim, phone, Silence(20))
        assert heard == []
        sim.machine.speed_up()
        await asyncio.sleep(10)
        assert phone.of(DATA) == []
        assert phone.of(STATUS) == ["05fe01"]  # only the one characteristic is silent
        assert await phone.order("00") == "800001"
        await asyncio.sleep(10)
        assert phone.of(DATA)
        await assert_well(sim, phone)
