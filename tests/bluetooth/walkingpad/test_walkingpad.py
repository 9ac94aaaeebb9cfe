"""A WalkingPad on the virtual radio: found, streamed, driven under the guard, and lost.

Commands are spelled out: F7 A2 01 is a speed in 0.1 km/h, 02 the mode (01 manual), 04 01 a start.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator

import pytest

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import scan
from bridge.drivers.registry import FTMS, KINGSMITH, advertised
from bridge.values import Axis, Belt, Control, Result, Verb
from protocols.kingsmith import Button, Mode
from simulators.kingsmith.simulation import PadSimulation
from tests.bluetooth.walkingpad.pad_rig import PadHome, pad_home

pytestmark = pytest.mark.virtual_time

MANUAL, START, STOP = "f7 a2 02 01 a5 fd", "f7 a2 04 01 a7 fd", "f7 a2 01 00 a3 fd"


@pytest.fixture
async def here() -> AsyncIterator[PadHome]:
    async with pad_home() as found:
        yield found


async def test_a_scan_finds_the_pad_by_its_name() -> None:
    async with PadSimulation() as pad, open_radio(pad.new_controller()) as radio:
        (found,) = await scan(radio, 2.0)
        assert (found.name, found.advertises_service) == ("WalkingPad", False)
        assert advertised(found) is KINGSMITH
        assert not FTMS.advertises(found)


class TestConnected:
    async def test_connected_pad_is_described_and_its_dangers_are_reported_once(
        self, here: PadHome
    ) -> None:
        await here.connect()
        machine = here.snapshot.machine
        assert machine is not None
        assert (machine.name, machine.maker, machine.model) == ("WalkingPad", "KingSmith", "A1")
        assert machine.speed_range is not None
        assert (machine.speed_range.minimum, machine.speed_range.maximum) == (50, 600)
        assert machine.incline_range is None
        assert machine.can_control
        assert here.warnings() == ["machine_dangers"]
        assert "runs on when the link drops" in here.events[0].text

    async def test_connected_pad_gets_only_status_requests(self, here: PadHome) -> None:
        await here.connect()
        await asyncio.sleep(60)
        assert here.commands == []
        assert here.simulation.pad.mode is Mode.STANDBY
        assert here.belt == Belt.IDLE
        times = [time for time, _ in here.simulation.written]
        assert min(b - a for a, b in itertools.pairwise(times)) >= 0.69
        assert here.snapshot.control is Control.NONE

    async def test_walk_started_at_the_remote_is_reported(self, here: PadHome) -> None:
        await here.connect()
        here.simulation.pad.press(Button.STOP)
        await asyncio.sleep(60)
        assert here.belt == Belt.RUNNING
        sample = here.snapshot.sample
        assert sample is not None
        assert sample.data.speed == 250
        assert sample.data.distance
        assert sample.data.step_count
        assert sample.data.incline is None
        assert here.commands == []


@pytest.mark.unmeasured
class TestOrders:
    async def test_start_sets_manual_mode_and_reaches_the_pads_own_speed(
        self, here: PadHome
    ) -> None:
        await here.start()
        assert here.commands == [MANUAL, START]
        assert here.kmh == pytest.approx(2.5, abs=0.1)
        assert here.results("start") == [Result.ACCEPTED, Result.CONFIRMED]
        assert here.warnings() == ["machine_dangers"]
        assert here.treadmill.decision.setpoint[Axis.SPEED] == 250

    async def test_speed_rises_by_the_ramp_and_is_confirmed(self, here: PadHome) -> None:
        await here.start()
        await here.play("speed 350, 40")
        assert here.results("speed") == [Result.ACCEPTED, Result.CONFIRMED]
        assert here.kmh == pytest.approx(3.5, abs=0.1)
        speeds = [int(each[9:11], 16) for each in here.commands[2:]]
        assert speeds == sorted(speeds)
        assert speeds[0] <= 30
        assert speeds[-1] == 35
        assert here.warnings() == ["machine_dangers"]

    async def test_speed_above_the_range_is_limited(self, here: PadHome) -> None:
        await here.start()
        await here.play("speed 1200, 60")
        assert here.results("speed")[0] is Result.LIMITED
        assert here.kmh == pytest.approx(6.0, abs=0.1)

    @pytest.mark.parametrize("verb", [Verb.STOP, Verb.PAUSE])
    async def test_stop_and_pause_stop_the_pad_at_once(self, here: PadHome, verb: Verb) -> None:
        await here.start()
        asked = asyncio.get_running_loop().time()
        here.request(verb)
        await asyncio.sleep(15)
        stopped = next(time for time, value in here.simulation.written if value.hex(" ") == STOP)
        assert stopped - asked < 0.1
        assert here.kmh == 0
        assert here.belt == Belt.IDLE
        assert here.results(verb) == [Result.ACCEPTED, Result.CONFIRMED]

    async def test_dropped_stop_is_written_again(self, here: PadHome) -> None:
        await here.start()
        here.simulation.pad.deaf = True
        await here.play("stop, 1")
        here.simulation.pad.deaf = False
        await asyncio.sleep(15)
        assert here.commands.count(STOP) >= 2
        assert here.kmh == 0
        assert here.results("stop")[-1] is Result.CONFIRMED

    async def test_incline_is_rejected(self, here: PadHome) -> None:
        await here.start()
        await here.play("incline 20, 1")
        assert here.results("incline") == [Result.REJECTED]

    async def test_automatic_mode_is_changed_only_by_a_command(self, here: PadHome) -> None:
        await here.connect()
        here.simulation.pad.mode = Mode.AUTOMATIC
        here.simulation.pad.press(Button.STOP)
        await asyncio.sleep(30)
        assert here.commands == []
        assert here.warnings() == ["machine_dangers", "automatic_mode"]
        await here.play("speed 200, 10")
        assert here.commands[0] == MANUAL
        assert here.kmh == pytest.approx(2.0, abs=0.1)

    async def test_ignored_speed_is_written_twice_and_then_refused(self, here: PadHome) -> None:
        await here.start()
        here.simulation.pad.deaf = True
        await here.play("speed 200, 4")
        assert "refused" not in here.warnings()
        await asyncio.sleep(5)
        assert "refused" in here.warnings()
        assert here.commands[2:4] == ["f7 a2 01 14 b7 fd"] * 2
        assert here.results("speed")[-1] is Result.FAILED

    async def test_observing_bridge_rejects_a_start(self) -> None:
        async with pad_home(observe_only=True) as here:
            await here.connect()
            await here.play("start, 5")
            assert here.results("start") == [Result.REJECTED]
            assert here.commands == []


class TestRemote:
    async def test_stop_at_the_remote_ends_the_walk(self, here: PadHome) -> None:
        await here.start()
        here.simulation.pad.press(Button.STOP)
        await asyncio.sleep(2)
        assert here.belt == Belt.STOPPING
        await asyncio.sleep(15)
        assert here.belt == Belt.IDLE
        assert STOP not in here.commands

    async def test_slower_at_the_remote_lowers_the_setpoint(self, here: PadHome) -> None:
        await here.start()
        await here.play("speed 400, 40")
        before = len(here.commands)
        for _ in range(10):
            here.simulation.pad.press(Button.DOWN)
        await asyncio.sleep(20)
        assert here.kmh == pytest.approx(3.0, abs=0.1)
        assert len(here.commands) - before <= 1
        assert "console_slowed" in here.warnings()


@pytest.mark.unmeasured
class TestLost:
    async def test_link_loss_of_a_running_pad_is_reported(self, here: PadHome) -> None:
        await here.start()
        before = len(here.commands)
        here.simulation.go_dark()
        await asyncio.sleep(10)
        assert not here.is_connected()
        assert here.belt == Belt.UNKNOWN
        assert "link_lost" in here.warnings()
        assert here.kmh == pytest.approx(2.5, abs=0.1)
        here.simulation.back()
        await asyncio.sleep(60)
        assert here.is_connected()
        assert here.belt == Belt.RUNNING
        assert len(here.commands) == before
        await here.play("stop, 15")
        assert here.kmh == 0

    async def test_pad_that_stops_answering_is_a_lost_link(self, here: PadHome) -> None:
        await here.start()
        here.simulation.pad.mute = True
        await asyncio.sleep(9)
        assert "link_lost" in here.warnings()
        here.simulation.pad.mute = False
        await asyncio.sleep(60)
        assert here.is_connected()
