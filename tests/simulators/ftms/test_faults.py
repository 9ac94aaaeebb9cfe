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


SUPERVISION_TIMEOUT, REMOTE_USER = 0x08, 0x13


def now() -> float:
    return asyncio.get_running_loop().time()


class TestLink:
    @pytest.mark.unmeasured
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
    async def test_link_is_lost_at_each_step(
        self, sim: Simulation, stranger: Central, step: Step, op: int | None, started: bool | None
    ) -> None:
        async def talk() -> None:
            await stranger.connect()
            await stranger.read(TRAINING)
            await stranger.subscribe(CONTROL, DATA)
            for request in ("00", "07", "02f401"):
                await stranger.request(request)
            await asyncio.sleep(60)

        sim.faults.schedule(Scheduled(LoseLink(6), On(step, op)))
        talking = asyncio.ensure_future(talk())
        await asyncio.wait({talking}, timeout=20)
        assert await stranger.loss() == SUPERVISION_TIMEOUT
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        if started is not None:
            assert (sim.machine.phase is not Phase.IDLE) == started
        await asyncio.sleep(10)
        await assert_well(sim, stranger)

    async def test_short_link_loss_loses_only_the_records_in_between(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(LoseLink(1.5))
        await asyncio.sleep(10)
        assert 8 <= len(phone.of(DATA)) <= 9
        await assert_well(sim, phone)

    @pytest.mark.simulation(mtu=23)
    async def test_link_is_lost_between_the_parts_of_a_record(
        self, sim: Simulation, stranger: Central
    ) -> None:
        sim.faults.schedule(Scheduled(LoseLink(6), On(Step.SAMPLED)))
        await stranger.connect()
        await stranger.subscribe(DATA)
        await stranger.loss()
        (only,) = stranger.of(DATA)
        assert int(only[:2], 16) & 1  # More Data, and no more came
        await asyncio.sleep(10)
        stranger.received.clear()
        await stranger.connect()
        await stranger.subscribe(DATA)
        await stranger.until(lambda: len(stranger.of(DATA)) == 2)
        assert int(stranger.of(DATA)[0][:2], 16) & 1
        assert not int(stranger.of(DATA)[1][:2], 16) & 1

    async def test_hang_up_fault_disconnects_the_client(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(HangUp())
        assert await phone.loss() == REMOTE_USER
        assert not sim.machine.stands
        await assert_well(sim, phone)


class TestWrites:
    @pytest.mark.parametrize("error", [0x0F, 0xFE])
    async def test_refused_write_changes_nothing(
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

    async def test_link_lost_while_a_response_waits_leaves_nothing_behind(
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
    @pytest.mark.parametrize(
        ("fault", "expected"),
        [
            (DelayWrites(3.0), (["800201"], 3.0, 200)),
            (DropAnswers(), ([], 35.0, 200)),
            (DelayAnswers(5.0), (["800201"], 5.0, 200)),
            (RepeatAnswers(), (["800201", "800201"], 0.1, 200)),
            (WrongOpAnswers(op=0x03), (["800301"], 0.0, 200)),
            # Another result, and nothing is done.
            *((AnswerWith(each), ([f"8002{each:02x}"], 0.0, 500)) for each in (1, 2, 4, 5, 0x77)),
        ],
        ids=str,
    )
    async def test_faulty_answer_to_a_speed_request_is_as_configured(
        self, sim: Simulation, phone: Central, fault: Fault, expected: tuple[list[str], float, int]
    ) -> None:
        answers, late, target = expected
        await walking(sim, phone)
        sim.faults.strike(fault)
        began = now()
        writing = asyncio.ensure_future(phone.write("02c800"))
        if len(answers) == 1:
            await phone.until(lambda: bool(phone.of(CONTROL)))
            assert now() - began == pytest.approx(late, abs=0.1)
        else:
            await asyncio.sleep(late)
        await writing
        assert phone.of(CONTROL) == answers
        assert sim.machine.target_speed == target
        if isinstance(fault, DelayWrites):
            assert sim.machine.true_speed_kmh < 4, "the belt obeys before the response comes"
        await assert_well(sim, phone)

    async def test_fault_ends_after_its_count(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(AnswerWith(0x04, count=2))
        answers = [await phone.request("02c800") for _ in range(3)]
        assert answers == ["800204", "800204", "800201"]


class TestFrames:
    async def _frames(self, sim: Simulation, phone: Central, fault: Fault) -> list[str]:
        await walking(sim, phone)
        sim.faults.strike(fault)
        await asyncio.sleep(4.5)
        return phone.of(DATA)

    async def test_frame_is_truncated(self, sim: Simulation, phone: Central) -> None:
        frames = await self._frames(sim, phone, Tear(7, count=2))
        assert [len(frame) // 2 for frame in frames[:3]] == [7, 7, len(frames[2]) // 2]
        assert len(frames[2]) > 2 * 7
        await assert_well(sim, phone)

    async def test_frame_is_duplicated(self, sim: Simulation, phone: Central) -> None:
        frames = await self._frames(sim, phone, Duplicate())
        assert frames[0] == frames[1] != frames[2]
        await assert_well(sim, phone)

    async def test_frames_are_reordered(self, sim: Simulation, phone: Central) -> None:
        frames = await self._frames(sim, phone, Reorder())
        elapsed = [int.from_bytes(bytes.fromhex(frame)[-2:], "little") for frame in frames]
        assert elapsed[0] == elapsed[1] + 1
        assert elapsed[1:] == sorted(elapsed[1:])
        await assert_well(sim, phone)

    async def test_frame_is_garbled(self, sim: Simulation, phone: Central) -> None:
        frames = await self._frames(sim, phone, Garble(count=2))
        assert len({len(frame) for frame in frames}) == 1
        assert frames[0][:4] != "9c05" != frames[1][:4]
        assert frames[2][:4] == "9c05"
        await assert_well(sim, phone)

    async def test_fault_affects_only_its_characteristic(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(Duplicate(uuid=STATUS))
        sim.machine.speed_up()
        await asyncio.sleep(2)
        assert len(phone.of(STATUS)) == 2
        assert len(set(phone.of(DATA))) == len(phone.of(DATA))

    async def test_characteristic_is_silent_while_the_link_stays(
        self, sim: Simulation, phone: Central
    ) -> None:
        frames = await self._frames(sim, phone, Silence(20))
        assert frames == []
        sim.machine.speed_up()
        await asyncio.sleep(10)
        assert phone.of(DATA) == []
        assert phone.of(STATUS) == ["05fe01"]  # only the one characteristic is silent
        assert await phone.request("00") == "800001"
        await asyncio.sleep(10)
        assert phone.of(DATA)
        await assert_well(sim, phone)
