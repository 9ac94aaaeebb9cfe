"""The pad's driver with a scripted connection, in virtual time."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import cast

import pytest
from bleak.backends.device import BLEDevice
from bleak.exc import BleakError

from bridge.bluetooth.connection import Connection, LinkLost
from bridge.bluetooth.scan import Found
from bridge.drivers.driver import Options
from bridge.drivers.kingsmith.driver import SILENCE_S, KingsmithDriver
from bridge.machines import Declared, Pairing, Quirk, WriteType
from bridge.values import Axis, Doing, MachineInfo, Measurement, Unusable
from bridge.values.status import Started
from protocols import kingsmith
from protocols.kingsmith import BeltState, Mode, Status
from protocols.ranges import SpeedRange
from tests.bluetooth.recorder import Recorder
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time

ADDRESS = "12:34:56:78:9A:BC"
FOUND = Found(ADDRESS, "KS-R1", -50, None, False, BLEDevice(ADDRESS, "KS-R1", None))


@dataclass
class Line:
    """A connection to a pad whose answers a test sets."""

    notifies: bool = True
    writable: bool = True
    error: BleakError | None = None
    write_type: WriteType = WriteType.AUTO
    pairing: Pairing = Pairing.ON_DEMAND
    writes: list[bytes] = field(default_factory=list)
    send: Callable[[bytes], None] = lambda _: None

    def can(self, _uuid: int, *_properties: str) -> bool:
        return self.writable

    async def subscribe(self, uuid: int, callback: Callable[[bytes], None]) -> bool:
        assert uuid == kingsmith.NOTIFY
        self.send = callback
        return self.notifies

    async def text(self, _uuid: int) -> str:
        return "M26"

    async def write(self, uuid: int, value: bytes) -> None:
        assert uuid == kingsmith.WRITE
        self.writes.append(value)
        if self.error is not None:
            raise self.error


@dataclass
class Rig:
    driver: KingsmithDriver
    line: Line
    recorder: Recorder
    machine: MachineInfo
    work: list["asyncio.Task[None]"]


@asynccontextmanager
async def driven(line: Line, options: Options | None = None) -> AsyncIterator[Rig]:
    recorder = Recorder()
    driver = KingsmithDriver(recorder, LoopClock(), options or Options())
    machine = await driver.set_up(cast("Connection", line), FOUND)
    rig = Rig(driver, line, recorder, machine, [])
    try:
        yield rig
    finally:
        for task in rig.work:
            task.cancel()
        await asyncio.gather(*rig.work, return_exceptions=True)


def works(rig: Rig) -> None:
    rig.driver.begin()
    rig.work += [asyncio.create_task(each) for each in rig.driver.work()]


async def test_early_status_is_reported_after_begin() -> None:
    async with driven(Line()) as rig:
        rig.line.send(Status(elapsed=7).encode())
        assert rig.recorder.log == []
        rig.driver.begin()
        assert rig.recorder.all("data") == [
            Measurement(speed=0, distance=0, elapsed=7, step_count=0)
        ]
        assert [each.doing for each in rig.recorder.all("training")] == [Doing.RESTING]


async def test_dangers_of_a_pad_are_reported_once() -> None:
    async with driven(Line()) as rig:
        rig.driver.begin()
        await rig.driver.set_up(cast("Connection", rig.line), FOUND)
        rig.driver.begin()
        assert [event.type for event in rig.recorder.all("announce")] == ["machine_dangers"]


async def test_automatic_mode_is_reported_each_time_it_begins() -> None:
    async with driven(Line()) as rig:
        rig.driver.begin()
        for mode in (Mode.MANUAL, Mode.AUTOMATIC, Mode.AUTOMATIC, Mode.MANUAL, Mode.AUTOMATIC):
            rig.line.send(Status(mode=mode).encode())
        told = [event.type for event in rig.recorder.all("announce")]
        assert told == ["machine_dangers", "automatic_mode", "automatic_mode"]


async def test_start_at_the_remote_is_an_event() -> None:
    async with driven(Line()) as rig:
        rig.driver.begin()
        rig.line.send(Status().encode())
        rig.line.send(Status(BeltState.RUNNING, 250).encode())
        assert [type(event) for event in rig.recorder.all("event")] == [Started]


async def test_frame_with_a_wrong_checksum_is_unusable_and_other_frames_are_ignored() -> None:
    async with driven(Line()) as rig:
        rig.driver.begin()
        rig.line.send(bytes.fromhex("f8a2013c0100022a00004f0003d1b4000000e4fd"))
        rig.line.send(bytes.fromhex("f8a7001c2d00119700008c0000050000b901e3fd"))
        rig.line.send(bytes.fromhex("f8b20c09010c0f0d00140a00170e3c6ffd"))
        assert rig.recorder.all("unusable") == [Unusable.MEASUREMENT]
        assert rig.recorder.all("data") == []


@pytest.mark.parametrize("line", [Line(writable=False), Line(notifies=False)])
async def test_pad_without_write_or_notify_takes_no_orders(line: Line) -> None:
    async with driven(line) as rig:
        assert not rig.machine.can_control
        assert (Quirk.NO_CONTROL_POINT in rig.machine.quirks) is not line.writable
        works(rig)
        rig.driver.orders.set_target(Axis.SPEED, 200, reduction=False, new_request=True)
        await asyncio.sleep(3)
        assert rig.line.writes == []
        assert len(rig.recorder.all("refused")) == 1


async def test_declared_speed_range_is_used() -> None:
    declared = Declared(settings={"speed_range": SpeedRange(50, 1000, 10)})
    async with driven(Line(), Options(declared=declared)) as rig:
        assert rig.machine.speed_range == SpeedRange(50, 1000, 10)


async def test_observing_bridge_requests_only_the_status() -> None:
    async with driven(Line(), Options(observe_only=True)) as rig:
        assert not rig.machine.can_control
        works(rig)
        await asyncio.sleep(2.5)
        assert set(rig.line.writes) == {bytes.fromhex("f7a20000a2fd")}


async def test_failed_request_for_the_status_ends_the_link() -> None:
    async with driven(Line(error=BleakError("gone"))) as rig:
        works(rig)
        with pytest.raises(LinkLost, match="cannot be asked: gone"):
            await rig.work[0]


async def test_silence_ends_the_link_before_the_guard_loses_sight_of_the_belt() -> None:
    async with driven(Line()) as rig:
        works(rig)
        began = LoopClock().now()
        with pytest.raises(LinkLost, match="does not answer"):
            await rig.work[0]
        assert SILENCE_S < LoopClock().now() - began < 10


async def test_wait_for_a_halt_returns_at_once_without_one() -> None:
    async with driven(Line()) as rig:
        works(rig)
        async with asyncio.timeout(1):
            await rig.driver.halted()
