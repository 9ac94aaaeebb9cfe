"""The one gate to a pad, with a scripted pad behind it, in virtual time.

Written octets are op and argument: 01 19 is 2.5 km/h, 02 01 manual mode, 04 01 start.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import cast

import pytest
from bleak.exc import BleakError

from bridge.bluetooth.connection import Connection
from bridge.drivers.kingsmith.orders import PACE_S, PadOrders
from bridge.values import Axis, Control, Halt, HaltBelt, Order, SetTarget, StartBelt
from protocols.kingsmith import BeltState, Mode, Status
from tests.bluetooth.control.control_rig import Heard
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time

RUNS = Status(BeltState.RUNNING, speed=250)
STANDS = Status()


@dataclass
class Pad:
    """Remembers what is written; a refusal is raised instead."""

    log: list[tuple[float, str]] = field(default_factory=list)
    refusal: BleakError | None = None

    async def write(self, _uuid: int, value: bytes) -> None:
        self.log.append((LoopClock().now(), value[2:4].hex(" ")))
        if self.refusal is not None:
            raise self.refusal

    @property
    def writes(self) -> list[str]:
        return [octets for _, octets in self.log]


@dataclass
class Rig:
    orders: PadOrders
    pad: Pad
    heard: Heard
    status: Status
    shows: bool = True
    answers: bool = True

    async def answer(self) -> None:
        """A status a second, which shows what was written last."""
        while True:
            await asyncio.sleep(1)
            if self.shows:
                self.obey()
            if self.answers:
                self.orders.shown(self.status)

    def obey(self) -> None:
        match self.pad.writes[-1:]:
            case ["02 01"]:
                self.status = replace(self.status, mode=Mode.MANUAL)
            case ["04 01"]:
                self.status = replace(self.status, belt=BeltState.STARTING)
            case ["01 00"]:
                self.status = replace(self.status, belt=BeltState.STOPPED)
            case [speed] if speed.startswith("01"):
                self.status = replace(self.status, asked=int(speed[3:], 16) * 10)

    def refusals(self) -> list[tuple[Order, str]]:
        return self.heard.refusals

    def speed(self, value: int) -> None:
        self.orders.set_target(Axis.SPEED, value, reduction=False, new_request=True)


@asynccontextmanager
async def rigged(status: Status, *, serve: bool = True) -> AsyncIterator[Rig]:
    heard, pad = Heard(), Pad()
    orders = PadOrders(heard, LoopClock())
    rig = Rig(orders, pad, heard, status)
    tasks = [asyncio.create_task(rig.answer())]
    if serve:
        tasks.append(asyncio.create_task(orders.serve(cast("Connection", pad))))
    await asyncio.sleep(0)
    try:
        yield rig
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_target_is_carried_out_once_a_status_shows_it() -> None:
    async with rigged(RUNS) as rig:
        rig.speed(300)
        await asyncio.sleep(1.9)
        assert rig.pad.writes == ["01 1e"]
        assert rig.heard.written_ == []
        await asyncio.sleep(1)
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 300)]
        assert rig.heard.controls == [Control.HELD]


async def test_the_newest_target_is_written_and_no_older_one() -> None:
    async with rigged(RUNS) as rig:
        for value in (300, 310, 320):
            rig.speed(value)
        await asyncio.sleep(6)
        assert rig.pad.writes == ["01 20"]


async def test_writes_keep_their_distance() -> None:
    async with rigged(replace(STANDS, mode=Mode.AUTOMATIC)) as rig:
        rig.orders.start()
        await asyncio.sleep(8)
        assert rig.pad.writes == ["02 01", "04 01"]
        (first, _), (second, _) = rig.pad.log
        assert second - first >= PACE_S


async def test_a_start_is_not_written_to_a_belt_that_moves() -> None:
    async with rigged(RUNS) as rig:
        rig.orders.start()
        await asyncio.sleep(3)
        assert rig.refusals() == [(StartBelt(), "the belt is not known to stand")]
        assert rig.pad.writes == []


async def test_nothing_is_written_before_the_pad_has_answered() -> None:
    async with rigged(RUNS) as rig:
        rig.answers = False
        rig.speed(300)
        await asyncio.sleep(5)
        assert rig.refusals() == [(SetTarget(Axis.SPEED, 300), "the pad has not answered yet")]


async def test_a_pad_that_stays_automatic_is_told_no_speed() -> None:
    async with rigged(replace(RUNS, mode=Mode.AUTOMATIC)) as rig:
        rig.shows = False
        rig.speed(300)
        await asyncio.sleep(10)
        assert rig.pad.writes == ["02 01", "02 01"]
        assert rig.refusals()[0][1] == "the pad does not take the manual mode"


async def test_what_nobody_asked_for_changes_no_mode() -> None:
    async with rigged(replace(RUNS, mode=Mode.AUTOMATIC)) as rig:
        rig.orders.set_target(Axis.SPEED, 300, reduction=False, new_request=False)
        await asyncio.sleep(3)
        assert rig.pad.writes == []
        assert "follows the walker" in rig.refusals()[0][1]
        rig.orders.set_target(Axis.SPEED, 200, reduction=True, new_request=False)
        await asyncio.sleep(5)
        assert rig.pad.writes == ["02 01", "01 14"]


async def test_an_order_that_is_withdrawn_changes_no_mode() -> None:
    async with rigged(replace(RUNS, mode=Mode.AUTOMATIC)) as rig:
        rig.speed(300)
        await asyncio.sleep(0.5)
        rig.orders.withdraw(Axis.SPEED)
        await asyncio.sleep(10)
        assert rig.pad.writes == []
        assert rig.refusals() == []


async def test_a_target_that_is_withdrawn_is_not_written_again() -> None:
    async with rigged(RUNS) as rig:
        rig.shows = False
        rig.speed(300)
        await asyncio.sleep(2)
        rig.orders.withdraw(Axis.SPEED)
        await asyncio.sleep(10)
        assert rig.pad.writes == ["01 1e"]
        assert rig.refusals() == []


async def test_a_start_is_not_written_to_a_belt_that_was_started_meanwhile() -> None:
    async with rigged(replace(STANDS, mode=Mode.AUTOMATIC)) as rig:
        rig.orders.start()
        await asyncio.sleep(1.5)
        assert rig.pad.writes == ["02 01"]
        rig.shows = False
        rig.status = RUNS
        await asyncio.sleep(5)
        assert rig.pad.writes == ["02 01"]
        assert rig.refusals() == [(StartBelt(), "the belt is not known to stand")]


async def test_a_mode_that_cannot_be_written_is_told() -> None:
    async with rigged(replace(RUNS, mode=Mode.AUTOMATIC)) as rig:
        rig.pad.refusal = BleakError("no")
        rig.speed(300)
        await asyncio.sleep(4)
        assert rig.refusals()[0][1] == "the pad refused the write: no"


async def test_control_ends_with_the_link() -> None:
    async with rigged(RUNS) as rig:
        rig.speed(300)
        await asyncio.sleep(4)
    assert rig.heard.controls == [Control.HELD, Control.NONE]


async def test_a_start_that_waited_for_too_long_is_refused() -> None:
    async with rigged(replace(STANDS, mode=Mode.STANDBY)) as rig:
        rig.shows = False
        rig.orders.start()
        await asyncio.sleep(5)
        rig.speed(300)
        await asyncio.sleep(30)
        assert "04 01" not in rig.pad.writes


async def test_a_target_that_would_be_a_stop_is_refused() -> None:
    async with rigged(RUNS) as rig:
        rig.speed(5)
        await asyncio.sleep(3)
        assert "stop" in rig.refusals()[0][1]
        assert rig.pad.writes == []


async def test_an_incline_is_refused() -> None:
    async with rigged(RUNS) as rig:
        rig.orders.set_target(Axis.INCLINE, 20, reduction=False, new_request=True)
        await asyncio.sleep(3)
        assert rig.refusals() == [(SetTarget(Axis.INCLINE, 20), "the pad has no incline")]


async def test_a_refused_write_is_told() -> None:
    async with rigged(replace(RUNS, mode=Mode.AUTOMATIC)) as rig:
        rig.pad.refusal = BleakError("no")
        rig.speed(300)
        await asyncio.sleep(5)
        assert rig.refusals() == [(SetTarget(Axis.SPEED, 300), "the pad refused the write: no")]
        rig.status = RUNS
        rig.speed(310)
        await asyncio.sleep(5)
        rig.orders.halt(Halt.STOP)
        await asyncio.sleep(1)
        assert [order for order, _ in rig.refusals()[1:]] == [
            SetTarget(Axis.SPEED, 310),
            HaltBelt(Halt.STOP),
        ]


class TestHalt:
    async def test_goes_ahead_of_pacing_and_of_what_is_under_way(self) -> None:
        async with rigged(RUNS) as rig:
            rig.speed(300)
            await asyncio.sleep(1.3)
            rig.orders.halt(Halt.STOP)
            await asyncio.sleep(0.01)
            assert rig.pad.writes == ["01 1e", "01 00"]
            await rig.orders.halted()
            assert rig.heard.written_ == [HaltBelt(Halt.STOP)]

    async def test_a_pause_stops(self) -> None:
        async with rigged(RUNS) as rig:
            rig.orders.halt(Halt.PAUSE)
            await rig.orders.halted()
            assert rig.heard.written_ == [HaltBelt(Halt.STOP)]

    async def test_that_no_status_shows_is_written_twice_and_then_refused(self) -> None:
        async with rigged(RUNS) as rig:
            rig.shows = False
            rig.orders.halt(Halt.STOP)
            await rig.orders.halted()
            assert rig.pad.writes == ["01 00", "01 00"]
            assert rig.refusals()[0][0] == HaltBelt(Halt.STOP)

    async def test_without_a_link_is_refused(self) -> None:
        async with rigged(RUNS, serve=False) as rig:
            rig.orders.halt(Halt.STOP)
            rig.speed(300)
            assert [order for order, _ in rig.refusals()] == [
                HaltBelt(Halt.STOP),
                SetTarget(Axis.SPEED, 300),
            ]
            await rig.orders.ask_status()
            assert rig.pad.writes == []
