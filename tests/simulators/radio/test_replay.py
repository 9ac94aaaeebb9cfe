"""Capture played back over the air: values, answers and their times at a plain central."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from protocols.captures.capture import Capture, Frame, Header, Kind, Offer
from simulators.replay import NAME, Answers, Replay
from tests.simulators.central import Central, central

pytestmark = pytest.mark.virtual_time

RANGE = bytes.fromhex("500040060a00")
HEADER = Header(
    software="test",
    began="2030-01-01T07:00:00Z",
    machine={"name": "Sole F85"},
    offers={
        0x2AD4: Offer(("read",), RANGE),
        0x2ACD: Offer(("notify",)),
        0x2ADA: Offer(("notify",)),
        0x2AD3: Offer(("read", "notify"), b"\0\x01"),
        0x2AD9: Offer(("write", "indicate")),
        0x2A24: Offer(("read",), b"F85"),
    },
)


def data(ms: int, speed: str) -> Frame:
    return Frame(ms, Kind.NOTIFY, 0x2ACD, bytes.fromhex(f"0000{speed}"))


def control(ms: int, kind: Kind, value: str) -> Frame:
    return Frame(ms, kind, 0x2AD9, bytes.fromhex(value))


FRAMES = (
    data(0, "0000"),
    control(500, Kind.WRITE, "00"),
    control(600, Kind.INDICATE, "800001"),
    control(700, Kind.WRITE, "07"),
    control(700, Kind.REFUSED, "05"),
    control(800, Kind.WRITE, "07"),
    control(900, Kind.NOTIFY, "800701"),
    Frame(950, Kind.NOTIFY, 0x2ADA, b"\x04"),
    Frame(960, Kind.NOTIFY, 0x2AFF, b"\x04"),
    Frame(970, Kind.READ, 0x2AD3, b"\0\x0d"),
    data(10_000, "5000"),
)


@asynccontextmanager
async def listening(
    capture: Capture, speed: float = 1.0
) -> AsyncIterator[tuple[Central, "asyncio.Task[int]"]]:
    async with Replay(capture, speed=speed) as replay, central(replay.new_controller()) as phone:
        play = asyncio.create_task(replay.run())
        await phone.connect()
        await phone.subscribe(0x2AD9, 0x2ADA, 0x2ACD)
        yield phone, play
        play.cancel()


async def test_replay_offers_the_recorded_characteristics() -> None:
    async with listening(Capture(HEADER, FRAMES)) as (phone, _):
        assert await phone.read(0x2AD4) == RANGE
        assert await phone.read(0x2A24) == b"F85"
        assert await phone.read(0x2AD3) == b"\0\x01"


async def test_replay_sends_the_recorded_values_at_their_times() -> None:
    async with listening(Capture(HEADER, FRAMES)) as (phone, play):
        began = asyncio.get_running_loop().time()
        assert await play == 3
        await phone.until(lambda: len(phone.of(0x2ACD)) == 2)

        assert asyncio.get_running_loop().time() - began == pytest.approx(10, abs=0.2)
        assert phone.of(0x2ACD) == ["00000000", "00005000"]
        assert phone.of(0x2ADA) == ["04"]
        assert phone.of(0x2AD9) == []
        assert await phone.read(0x2AD3) == b"\0\x0d"


@pytest.mark.parametrize(("speed", "took"), [(4.0, 2.5), (0.0, 0.0)])
async def test_replay_can_be_faster_than_real_time(speed: float, took: float) -> None:
    async with listening(Capture(HEADER, FRAMES), speed) as (phone, play):
        began = asyncio.get_running_loop().time()
        await play
        assert asyncio.get_running_loop().time() - began == pytest.approx(took, abs=0.2)
        await phone.until(lambda: len(phone.of(0x2ACD)) == 2)


async def test_replayed_request_gets_the_recorded_answer() -> None:
    async with listening(Capture(HEADER, FRAMES)) as (phone, _):
        assert await phone.request("00") == "800001"
        assert await phone.att_error("07") == 0x05
        assert await phone.request("07") == "800701"
        assert await phone.request("07") == "800701", "its last answer stays"


async def test_unrecorded_request_fails() -> None:
    async with listening(Capture(HEADER, FRAMES)) as (phone, _):
        assert await phone.request("02e803") == "800204"


async def test_recorded_link_loss_is_replayed() -> None:
    frames = (data(0, "0000"), Frame(1000, Kind.DOWN), Frame(2000, Kind.UP), data(2500, "5000"))
    async with listening(Capture(HEADER, frames)) as (phone, play):
        await phone.loss()
        assert await play == 1, "no client listens any more"


async def test_replay_without_a_name_gets_a_default_name() -> None:
    async with Replay(Capture(Header("test", ""))) as replay:
        assert replay.port is None
        async with central(replay.new_controller()) as phone:
            assert NAME.encode() in bytes((await phone.find()).data)


def test_empty_request_gets_a_failed_answer() -> None:
    answers = Answers((control(0, Kind.INDICATE, "800001"), control(1, Kind.READ, "00")))
    assert answers.to(b"").value == bytes.fromhex("800004")
