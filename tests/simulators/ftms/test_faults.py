"""Each fault really happens on the air, and the strict machine is well again after it."""

import asyncio

import pytest

from protocols.ftms.control_point import OpCode
from simulators.ftms.faults import (
    AnswerWith,
    At,
    DelayAnswers,
    DelayWrites,
    DropAnswers,
    Duplicate,
    Fault,
    Garble,
    HangUp,
    LoseControl,
    LoseLink,
    On,
    PullKey,
    RefuseWrites,
    Reorder,
    RepeatAnswers,
    RunOn,
    Scheduled,
    Silence,
    StartItself,
    Step,
    Tear,
    WrongOpAnswers,
)
from simulators.ftms.treadmill import Treadmill
from simulators.physics.machine import Phase
from simulators.simulation import Simulation
from tests.simulators.central import Central

DATA, TRAINING, CONTROL, STATUS = 0x2ACD, 0x2AD3, 0x2AD9, 0x2ADA
SUPERVISION_TIMEOUT, REMOTE_USER = 0x08, 0x13

pytestmark = pytest.mark.virtual_time


@pytest.fixture
def phone(stranger: Central) -> Central:
    """It connects in its own time, and may have to again."""
    return stranger


def now() -> float:
    return asyncio.get_running_loop().time()


async def walking(sim: Simulation, phone: Central) -> None:
    """Connected, in control, the belt at 5 km/h."""
    await phone.connect()
    await phone.subscribe(CONTROL, DATA, STATUS, TRAINING)
    await phone.order("00")
    await phone.order("07")
    await phone.order("02f401")
    await asyncio.sleep(15)
    assert sim.machine.true_speed_kmh == pytest.approx(5.0, abs=0.01)
    phone.heard.clear()


async def assert_well(sim: Simulation, phone: Central) -> None:
    """The machine takes a new connection, obeys and reports as if nothing had been."""
    if phone.connection is None or phone.lost.done():
        await phone.connect()
        await phone.subscribe(CONTROL, DATA)
    assert await phone.order("00") == "800001"
    sim.machine.insert_safety_key()
    if sim.machine.phase in {Phase.IDLE, Phase.PAUSED}:
        assert await phone.order("07") == "800701"
        await asyncio.sleep(5)
    assert await phone.order("029001") == "800201"
    await asyncio.sleep(15)
    assert sim.machine.true_speed_kmh == pytest.approx(4.0, abs=0.01)
    phone.heard.clear()
    await asyncio.sleep(3)
    assert [frame[4:8] for frame in phone.of(DATA)] == ["9001"] * 3
    assert await phone.order("0801") == "800801"
    await asyncio.sleep(10)
    assert sim.machine.stands


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


class TestMachine:
    async def test_control_lost(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(LoseControl())
        await phone.until(lambda: phone.of(STATUS) == ["ff"])
        assert await phone.order("02c800") == "800205"
        await assert_well(sim, phone)

    async def test_the_safety_key_is_pulled(self, sim: Simulation, phone: Central) -> None:
        await walking(sim, phone)
        sim.faults.strike(PullKey())
        await phone.until(lambda: phone.of(STATUS) == ["03"])
        await asyncio.sleep(3)
        assert sim.machine.stands
        assert await phone.order("07") == "800704"
        await assert_well(sim, phone)

    @pytest.mark.parametrize(("speed", "belt_kmh"), [(0, 0.8), (600, 6.0)])
    async def test_it_starts_by_itself(
        self, sim: Simulation, phone: Central, speed: int, belt_kmh: float
    ) -> None:
        sim.faults.schedule(Scheduled(StartItself(speed), At(5)))
        await phone.connect()
        await phone.subscribe(CONTROL, DATA, STATUS)
        await asyncio.sleep(20)
        assert phone.of(STATUS)[0] == "04"
        assert phone.of(CONTROL) == []
        assert sim.machine.true_speed_kmh == pytest.approx(belt_kmh, abs=0.01)
        await assert_well(sim, phone)

    async def test_it_runs_on_though_it_accepted_the_stop(
        self, sim: Simulation, phone: Central
    ) -> None:
        await walking(sim, phone)
        sim.faults.strike(RunOn(10))
        assert await phone.order("0801") == "800801"
        assert await phone.order("02c800") == "800201"
        await asyncio.sleep(8)
        assert sim.machine.true_speed_kmh == pytest.approx(2.0, abs=0.01)
        await asyncio.sleep(4)
        assert await phone.order("0801") == "800801"
        await asyncio.sleep(5)
        assert sim.machine.stands
        await assert_well(sim, phone)


class TestMoments:
    def test_a_time_is_the_treadmills_own(self) -> None:
        struck = Treadmill(faults=[Scheduled(StartItself(), At(12.5))])
        struck.advance(12.4)
        assert struck.machine.phase is Phase.IDLE
        struck.advance(0.2)
        assert struck.machine.phase is not Phase.IDLE

    def test_faults_strike_in_the_order_of_their_times_within_one_long_step(self) -> None:
        struck = Treadmill(
            faults=[
                Scheduled(PullKey(), At(30)),
                Scheduled(StartItself(), At(10)),
            ]
        )
        struck.advance(60)
        assert not struck.machine.key_inserted
        assert struck.machine.elapsed_s == pytest.approx(17, abs=0.1)

    def test_a_time_that_has_passed_is_now(self) -> None:
        struck = Treadmill()
        struck.advance(10)
        struck.faults.schedule(Scheduled(PullKey(), At(5)))
        assert not struck.machine.key_inserted

    def test_the_nth_time_that_a_step_is_reached(self) -> None:
        struck = Treadmill(faults=[Scheduled(PullKey(), On(Step.CONNECTED, nth=3))])
        for _ in range(2):
            struck.faults.reach(Step.CONNECTED)
        struck.faults.reach(Step.READ)
        assert struck.machine.key_inserted
        struck.faults.reach(Step.CONNECTED)
        assert not struck.machine.key_inserted

    def test_without_a_radio_a_lost_client_is_one_that_left(self) -> None:
        class Phone:
            mtu = 517

            def notify(self, uuid: int, value: bytes) -> None:
                heard.append(uuid)

        heard: list[int] = []
        for fault in (LoseLink(5), HangUp()):
            struck = Treadmill()
            struck.server.join(Phone())
            struck.faults.strike(fault)
            assert struck.server.clients == ()
            struck.advance(10)
        assert heard == []

    def test_one_seed_one_garbage(self) -> None:
        def garbage(seed: int) -> list[bytes]:
            struck = Treadmill(seed=seed)
            struck.faults.strike(Garble(count=3))
            return [frame for _ in range(3) for frame in struck.faults.on_frame(DATA, bytes(8))]

        assert garbage(1) == garbage(1) != garbage(2)
