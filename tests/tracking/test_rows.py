"""Odd records end to end: what the whole treadmill writes, counts and reports of them."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from bridge.values import (
    Axis,
    Belt,
    Halt,
    HaltBelt,
    Result,
    Verb,
)
from tests.rigs.treadmill_rig import MACHINE, POLICY, TreadmillRig, treadmill_rig
from tests.tracking.rig import frame

pytestmark = pytest.mark.virtual_time
REPLAY_OVER = 2


class Tread:
    """The treadmill of the bridge, and a belt whose frames a test sets."""

    def __init__(self, rig: TreadmillRig) -> None:
        self.rig = rig
        self.metres = 0.0
        self.seconds = 0

    async def link(self) -> None:
        self.rig.treadmill.connected(MACHINE)
        await asyncio.sleep(REPLAY_OVER)

    async def send(self, speed: int, *, moves: bool = True, times: int = 1) -> Belt:
        """One frame a second; counters advance if the belt `moves`."""
        for _ in range(times):
            if moves:
                self.metres += speed / 360
                self.seconds += 1 if speed else 0
            self.raw(frame(speed, int(self.metres), self.seconds))
            await asyncio.sleep(1)
        return self.rig.treadmill.snapshot.belt

    def raw(self, value: bytes) -> None:
        self.rig.treadmill.treadmill_data(value)

    def status(self, octets: str) -> None:
        self.rig.treadmill.machine_status(bytes.fromhex(octets))


@pytest.fixture
async def tread() -> AsyncIterator[Tread]:
    async with treadmill_rig(replace(POLICY, warm_up_s=0.0)) as rig:
        rig.machine.obeys = False
        found = Tread(rig)
        await found.link()
        yield found


async def test_two_seconds_of_zeros_at_12_kmh_neither_write_nor_end_the_session(
    tread: Tread,
) -> None:
    await tread.send(600, times=10)
    tread.rig.machine.given.clear()
    for _ in range(2):
        tread.raw(frame(0, int(tread.metres), tread.seconds))
        await asyncio.sleep(1)
    await tread.send(600, times=10)
    assert tread.rig.machine.given == []
    assert "session_ended" not in tread.rig.event_types()


async def test_blank_record_in_a_run_keeps_the_request_and_the_distance(tread: Tread) -> None:
    await tread.send(600, times=20)
    requested = tread.rig.treadmill.decision.requested
    assert requested[Axis.SPEED] == 600
    tread.raw(frame(0, 0, 0))
    await asyncio.sleep(1)
    await tread.send(600, times=20)
    assert tread.rig.treadmill.decision.requested == requested
    tread.status("02 01")
    await tread.send(0, times=5)
    (summary,) = tread.rig.on("session")
    assert summary["distance_m"] == pytest.approx(40 * 600 / 360, abs=5)


async def test_frozen_speed_after_a_pause_is_a_standstill(tread: Tread) -> None:
    await tread.send(500, times=20)
    tread.rig.request(Verb.PAUSE)
    await asyncio.sleep(0.3)
    assert tread.rig.machine.given[-1] == (Halt.PAUSE,)
    tread.rig.treadmill.written(HaltBelt(Halt.PAUSE))
    tread.status("02 02")
    assert await tread.send(500, moves=False, times=8) is Belt.PAUSED
    assert tread.rig.results("pause") == [Result.ACCEPTED, Result.CONFIRMED]
    orders = len(tread.rig.machine.given)
    tread.status("04 00 00")
    assert await tread.send(500, moves=False, times=3) is Belt.STARTING
    assert await tread.send(80, times=10) is Belt.RUNNING
    assert (Halt.STOP,) not in tread.rig.machine.given[orders:]
    assert (Halt.PAUSE,) not in tread.rig.machine.given[orders:]
    assert "stop_ignored" not in tread.rig.event_types()


async def test_a_console_start_three_seconds_after_a_stop_in_the_countdown_runs(
    tread: Tread,
) -> None:
    await tread.send(0, times=4)
    tread.rig.request(Verb.START)
    await tread.send(0, times=1)
    tread.rig.request(Verb.STOP)
    await asyncio.sleep(0.3)
    tread.rig.treadmill.written(HaltBelt(Halt.STOP))
    tread.status("02 01")
    assert await tread.send(0, times=3) is Belt.IDLE
    orders = len(tread.rig.machine.given)
    tread.status("04 00 00")
    await tread.send(0, times=3)
    assert await tread.send(80, times=10) is Belt.RUNNING
    assert (Halt.STOP,) not in tread.rig.machine.given[orders:]
