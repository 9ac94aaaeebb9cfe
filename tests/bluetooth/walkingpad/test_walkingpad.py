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
    async def test_it_is_described_and_its_dangers_are_told_once(self, here: PadHome) -> None:
        await here.connected()
        machine = here.snapshot.machine
        assert machine is not None
        assert (machine.name, machine.maker, machine.model) == ("WalkingPad", "KingSmith", "A1")
        assert machine.speed_range is not None
        assert (machine.speed_range.minimum, machine.speed_range.maximum) == (50, 600)
        assert machine.incline_range is None
        assert machine.can_control
        assert here.kinds() == ["machine_dangers"]
        assert "runs on when the link drops" in here.events[0].text

    async def test_it_is_only_asked_for_its_status_and_changes_no_mode(self, here: PadHome) -> None:
        await here.connected()
        await asyncio.sleep(60)
        assert here.commands == []
        assert here.simulation.pad.mode is Mode.STANDBY
        assert here.belt == Belt.IDLE
        times = [time for time, _ in here.simulation.written]
        assert min(b - a for a, b in itertools.pairwise(times)) >= 0.69
        assert here.snapshot.control is Control.NONE

    async def test_it_streams_a_walk_that_was_started_at_the_remote(self, here: PadHome) -> None:
        await here.connected()
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


class TestOrders:
    async def test_a_start_brings_it_into_manual_mode_and_ends_at_its_own_speed(
        self, here: PadHome
    ) -> None:
        await here.walks()
        assert here.commands == [MANUAL, START]
        assert here.kmh == pytest.approx(2.5, abs=0.1)
        assert here.results("start") == [Result.ACCEPTED, Result.CONFIRMED]
        assert here.kinds() == ["machine_dangers"]
        assert here.treadmill.decision.setpoint[Axis.SPEED] == 250

    async def test_a_speed_climbs_by_the_ramp_and_is_confirmed(self, here: PadHome) -> None:
        await here.walks()
        here.ask(Verb.SPEED, 350)
        await asyncio.sleep(40)
        assert here.results("speed") == [Result.ACCEPTED, Result.CONFIRMED]
        assert here.kmh == pytest.approx(3.5, abs=0.1)
        speeds = [int(each[9:11], 16) for each in here.commands[2:]]
        assert speeds == sorted(speeds)
        assert speeds[0] <= 30
        assert speeds[-1] == 35
        assert here.kinds() == ["machine_dangers"]

    async def test_a_speed_beyond_its_range_is_limited(self, here: PadHome) -> None:
        await here.walks()
        here.ask(Verb.SPEED, 1200)
        await asyncio.sleep(60)
        assert here.results("speed")[0] is Result.LIMITED
        assert here.kmh == pytest.approx(6.0, abs=0.1)

    @pytest.mark.parametrize("verb", [Verb.STOP, Verb.PAUSE])
    async def test_a_stop_passes_at_once_and_a_pause_stops(self, here: PadHome, verb: Verb) -> None:
        await here.walks()
        asked = asyncio.get_running_loop().time()
        here.ask(verb)
        await asyncio.sleep(15)
        stopped = next(time for time, value in here.simulation.written if value.hex(" ") == STOP)
        assert stopped - asked < 0.1
        assert here.kmh == 0
        assert here.belt == Belt.IDLE
        assert here.results(verb.value) == [Result.ACCEPTED, Result.CONFIRMED]

    async def test_a_stop_that_the_pad_drops_is_written_again(self, here: PadHome) -> None:
        await here.walks()
        here.simulation.pad.deaf = True
        here.ask(Verb.STOP)
        await asyncio.sleep(1)
        here.simulation.pad.deaf = False
        await asyncio.sleep(15)
        assert here.commands.count(STOP) >= 2
        assert here.kmh == 0
        assert here.results("stop")[-1] is Result.CONFIRMED

    async def test_an_incline_is_rejected(self, here: PadHome) -> None:
        await here.walks()
        here.ask(Verb.INCLINE, 20)
        await asyncio.sleep(1)
        assert here.results("incline") == [Result.REJECTED]

    async def test_a_pad_in_automatic_mode_is_brought_into_manual_only_by_a_command(
        self, here: PadHome
    ) -> None:
        await here.connected()
        here.simulation.pad.mode = Mode.AUTOMATIC
        here.simulation.pad.press(Button.STOP)
        await asyncio.sleep(30)
        assert here.commands == []
        assert here.kinds() == ["machine_dangers", "automatic_mode"]
        here.ask(Verb.SPEED, 200)
        await asyncio.sleep(10)
        assert here.commands[0] == MANUAL
        assert here.kmh == pytest.approx(2.0, abs=0.1)

    async def test_a_speed_that_no_status_shows_is_written_twice_and_then_refused(
        self, here: PadHome
    ) -> None:
        await here.walks()
        here.simulation.pad.deaf = True
        here.ask(Verb.SPEED, 200)
        await asyncio.sleep(4)
        assert "refused" not in here.kinds()
        await asyncio.sleep(5)
        assert "refused" in here.kinds()
        assert here.commands[2:4] == ["f7 a2 01 14 b7 fd"] * 2
        assert here.results("speed")[-1] is Result.FAILED

    async def test_a_bridge_that_observes_orders_nothing(self) -> None:
        async with pad_home(observe_only=True) as here:
            await here.connected()
            here.ask(Verb.START)
            await asyncio.sleep(5)
            assert here.results("start") == [Result.REJECTED]
            assert here.commands == []


class TestTheRemote:
    async def test_a_stop_there_is_a_persons_stop(self, here: PadHome) -> None:
        await here.walks()
        here.simulation.pad.press(Button.STOP)
        await asyncio.sleep(2)
        assert here.belt == Belt.STOPPING
        await asyncio.sleep(15)
        assert here.belt == Belt.IDLE
        assert STOP not in here.commands

    async def test_slower_there_is_obeyed(self, here: PadHome) -> None:
        await here.walks()
        here.ask(Verb.SPEED, 400)
        await asyncio.sleep(40)
        before = len(here.commands)
        for _ in range(10):
            here.simulation.pad.press(Button.DOWN)
        await asyncio.sleep(20)
        assert here.kmh == pytest.approx(3.0, abs=0.1)
        assert len(here.commands) - before <= 1
        assert "console_slowed" in here.kinds()


class TestLost:
    async def test_a_lost_link_is_told_and_the_belt_runs_on(self, here: PadHome) -> None:
        await here.walks()
        before = len(here.commands)
        here.simulation.go_dark()
        await asyncio.sleep(10)
        assert not here.linked()
        assert here.belt == Belt.UNKNOWN
        assert "link_lost" in here.kinds()
        assert here.kmh == pytest.approx(2.5, abs=0.1)
        here.simulation.back()
        await asyncio.sleep(60)
        assert here.linked()
        assert here.belt == Belt.RUNNING
        assert len(here.commands) == before

    async def test_a_found_belt_can_be_stopped(self, here: PadHome) -> None:
        await here.walks()
        here.simulation.go_dark()
        await asyncio.sleep(10)
        here.simulation.back()
        await asyncio.sleep(60)
        here.ask(Verb.STOP)
        await asyncio.sleep(15)
        assert here.kmh == 0

    async def test_a_pad_that_answers_no_more_is_a_lost_link(self, here: PadHome) -> None:
        await here.walks()
        here.simulation.pad.mute = True
        await asyncio.sleep(9)
        assert "link_lost" in here.kinds()
        here.simulation.pad.mute = False
        await asyncio.sleep(60)
        assert here.linked()
