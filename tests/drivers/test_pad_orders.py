"""The order queue of a WalkingPad, with a scripted pad behind it, in virtual time.

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
from bridge.values import Axis, Control, SetTarget
from protocols.kingsmith import BeltState, Mode, Status
from tests.bluetooth.recorder import Recorder
from tests.drivers.orders import give, named
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time

RUNS = Status(BeltState.RUNNING, speed=250)
FOLLOWS = replace(RUNS, mode=Mode.AUTOMATIC)
"""In automatic mode the pad follows the walker."""
STANDS = Status()


@dataclass
class Pad:
    """Records what is written; a refusal is raised instead."""

    log: list[tuple[float, str]] = field(default_factory=list)
    refusal: BleakError | None = None
    takes_s: float = 0.0
    """Seconds until the radio has sent a write."""

    async def write(self, _uuid: int, value: bytes) -> None:
        self.log.append((LoopClock().now(), value[2:4].hex(" ")))
        if self.refusal is not None:
            raise self.refusal
        await asyncio.sleep(self.takes_s)

    @property
    def writes(self) -> list[str]:
        return [octets for _, octets in self.log]


@dataclass
class Rig:
    orders: PadOrders
    pad: Pad
    recorder: Recorder
    status: Status
    shows: bool = True
    answers: bool = True

    async def send_statuses(self) -> None:
        """Send a status each second, which shows what was written last."""
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


@asynccontextmanager
async def rigged(status: Status, *, serve: bool = True) -> AsyncIterator[Rig]:
    recorder, pad = Recorder(), Pad()
    orders = PadOrders(recorder, LoopClock())
    rig = Rig(orders, pad, recorder, status)
    tasks = [asyncio.create_task(rig.send_statuses())]
    if serve:
        tasks.append(asyncio.create_task(orders.serve(cast("Connection", pad))))
    await asyncio.sleep(0)
    try:
        yield rig
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class Case:
    """What a pad of this status is written, and what is reported, when orders come so."""

    status: Status
    timeline: str
    writes: str
    done: str = ""
    refused: str = ""
    why: str = ""
    """Part of the reason of each refusal."""
    shows: bool = True
    """True if statuses show what was written."""
    answers: bool = True
    refusal: str = ""
    """Why each write fails."""


NOT_STANDING = "the belt is not known to stand"
CASES = {
    "newest_target_alone_is_written": Case(
        RUNS, "speed 300, speed 310, speed 320, 6", "01 20", done="speed 320"
    ),
    "start_is_not_written_to_a_moving_belt": Case(
        RUNS, "start, 3", "", refused="start", why=NOT_STANDING
    ),
    "nothing_is_written_before_the_pad_has_answered": Case(
        RUNS,
        "speed 300, 5",
        "",
        refused="speed 300",
        why="the pad has not answered yet",
        answers=False,
    ),
    "speed_is_not_written_to_a_pad_that_stays_automatic": Case(
        FOLLOWS,
        "speed 300, 10",
        "02 01, 02 01",
        refused="speed 300",
        why="the pad does not take the manual mode",
        shows=False,
    ),
    "only_a_request_or_a_reduction_changes_the_mode": Case(
        FOLLOWS,
        "speed 300 refined, 3, speed 200 reduction refined, 5",
        "02 01, 01 14",
        done="speed 200",
        refused="speed 300",
        why="follows the walker",
    ),
    "withdrawn_order_changes_no_mode": Case(FOLLOWS, "speed 300, 0.5, withdraw speed, 10", ""),
    "withdrawn_target_is_not_written_again": Case(
        RUNS, "speed 300, 2, withdraw speed, 10", "01 1e", shows=False
    ),
    "failed_write_of_the_mode_refuses_the_order": Case(
        FOLLOWS,
        "speed 300, 4",
        "02 01",
        refused="speed 300",
        why="the pad refused the write: no",
        refusal="no",
    ),
    "failed_write_refuses_a_target_and_a_stop": Case(
        RUNS, "speed 310, 5, stop, 1", "01 1f, 01 00", refused="speed 310, stop", refusal="no"
    ),
    "start_is_refused_after_a_long_wait": Case(
        replace(STANDS, mode=Mode.STANDBY),
        "start, 5, speed 300, 30",
        "02 01, 02 01, 02 01, 02 01",
        refused="start, speed 300",
        shows=False,
    ),
    "target_that_would_stop_the_pad_is_refused": Case(
        RUNS, "speed 5, 3", "", refused="speed 5", why="stop"
    ),
    "incline_is_refused": Case(
        RUNS, "incline 20, 3", "", refused="incline 20", why="the pad has no incline"
    ),
    "pause_stops_the_pad": Case(RUNS, "pause, 5", "01 00", done="stop"),
    "stop_that_no_status_shows_is_written_twice_and_refused": Case(
        RUNS, "stop, 10", "01 00, 01 00", refused="stop", shows=False
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_pad_orders_follow_their_course(case: Case) -> None:
    async with rigged(case.status) as rig:
        rig.shows, rig.answers = case.shows, case.answers
        rig.pad.refusal = BleakError(case.refusal) if case.refusal else None
        await give(rig.orders, case.timeline)
        assert ", ".join(rig.pad.writes) == case.writes
        assert named(rig.recorder.all("written")) == case.done
        assert named(rig.recorder.refusals()) == case.refused
        assert all(case.why in reason for reason in rig.recorder.reasons())


async def test_target_is_carried_out_once_a_status_shows_it() -> None:
    async with rigged(RUNS) as rig:
        await give(rig.orders, "speed 300, 1.9")
        assert rig.pad.writes == ["01 1e"]
        assert rig.recorder.all("written") == []
        await asyncio.sleep(1)
        assert named(rig.recorder.all("written")) == "speed 300"
        assert rig.recorder.all("control") == [Control.HELD]
    assert rig.recorder.all("control") == [Control.HELD, Control.NONE]


async def test_only_a_target_that_is_written_is_reported_as_sending() -> None:
    async with rigged(RUNS) as rig:
        for value in (300, 310, 320):
            rig.orders.set_target(Axis.SPEED, value, reduction=False, new_request=True)
        await asyncio.sleep(6)
        assert rig.recorder.sent == [SetTarget(Axis.SPEED, 320)]


async def test_writes_are_at_least_the_pace_apart() -> None:
    async with rigged(replace(STANDS, mode=Mode.AUTOMATIC)) as rig:
        await give(rig.orders, "start, 8")
        assert rig.pad.writes == ["02 01", "04 01"]
        (first, _), (second, _) = rig.pad.log
        assert second - first >= PACE_S


async def test_start_is_not_written_to_a_belt_started_in_the_meantime() -> None:
    async with rigged(replace(STANDS, mode=Mode.AUTOMATIC)) as rig:
        await give(rig.orders, "start, 1.5")
        assert rig.pad.writes == ["02 01"]
        rig.shows = False
        rig.status = RUNS
        await asyncio.sleep(5)
        assert rig.pad.writes == ["02 01"]
        assert rig.recorder.reasons() == [NOT_STANDING]


class TestHalt:
    async def test_stop_that_a_pad_may_have_dropped_as_too_early_is_written_again_at_once(
        self,
    ) -> None:
        async with rigged(RUNS) as rig:
            rig.shows = False
            await give(rig.orders, "speed 300, 1.3, stop, 1.5")
            (_, speed), (first, stop), (second, again) = rig.pad.log
            assert (speed, stop, again) == ("01 1e", "01 00", "01 00")
            assert second - first == pytest.approx(PACE_S)

    async def test_pace_counts_from_the_end_of_a_write(self) -> None:
        async with rigged(RUNS) as rig:
            rig.pad.takes_s = 0.5
            await rig.orders.ask_status()
            await rig.orders.ask_status()
            (first, _), (second, _) = rig.pad.log
            assert second - first == pytest.approx(0.5 + PACE_S)

    async def test_stop_is_neither_paced_nor_held_up_by_an_order(self) -> None:
        async with rigged(RUNS) as rig:
            await give(rig.orders, "speed 300, 1.3, stop, 0.01")
            assert rig.pad.writes == ["01 1e", "01 00"]
            await rig.orders.halted()
            assert named(rig.recorder.all("written")) == "stop"

    async def test_orders_are_refused_without_a_link(self) -> None:
        async with rigged(RUNS, serve=False) as rig:
            await give(rig.orders, "stop, speed 300")
            assert named(rig.recorder.refusals()) == "stop, speed 300"
            await rig.orders.ask_status()
            assert rig.pad.writes == []
