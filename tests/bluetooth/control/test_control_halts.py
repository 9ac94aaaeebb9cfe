"""Stop and pause go ahead of everything: see `control_rig` for the bytes."""

import asyncio

import pytest
from bleak.exc import BleakError

from bridge.bluetooth.connection import LinkLost
from bridge.values import (
    Axis,
    Halt,
    SetTarget,
)
from protocols.ftms.control_point import (
    Request,
)
from tests.bluetooth.control.control_rig import (
    FAILED,
    FORBIDDEN,
    INVALID,
    NEVER,
    PAUSE,
    STOP,
    UNSUPPORTED,
    Reply,
    Rig,
    gatt,
    settle,
)

pytestmark = pytest.mark.virtual_time


class TestHalt:
    @pytest.mark.parametrize(
        ("kind", "octets", "request_"), [(Halt.STOP, "08 01", STOP), (Halt.PAUSE, "08 02", PAUSE)]
    )
    async def test_goes_at_once(self, rig: Rig, kind: Halt, octets: str, request_: Request) -> None:
        await rig.has_control()
        rig.speed(500)
        await settle(0.1)  # less than the pace after the last write
        rig.point.halt(kind)
        await settle(0.01)
        assert rig.machine.log == [(5.0, "02 f401"), (5.1, octets)]
        await settle()
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 500), request_]

    async def test_overtakes_a_pending_procedure_and_drops_what_waits(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.speed(900)
        rig.incline(50)
        await settle(1)
        rig.point.halt(Halt.STOP)
        await settle(60)
        assert rig.machine.writes == ["02 8403", "08 01"]
        assert rig.heard.written_ == [STOP]
        assert not rig.serving.done()

    async def test_overtakes_a_write_in_flight(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.slow = 1.0
        rig.speed(900)
        await asyncio.sleep(0.5)
        rig.point.halt(Halt.STOP)
        await settle(60)
        assert rig.machine.log == [(5.0, "02 8403"), (5.5, "08 01")]
        assert rig.heard.written_ == [STOP]
        rig.speed(300)
        await settle()
        assert rig.machine.writes[-1] == "02 2c01"

    async def test_overtakes_pacing(self, rig: Rig) -> None:
        await rig.has_control()
        rig.speed(500)
        await settle(0.2)
        rig.speed(900)
        await settle(0.1)
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.writes == ["02 f401", "08 01"]

    async def test_asks_for_control_first_where_there_is_none(self, rig: Rig) -> None:
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.log == [(0.0, "00"), (0.06, "08 01")]

    @pytest.mark.parametrize("reply", [NEVER, FORBIDDEN, gatt(0x80), BleakError("no")])
    async def test_waits_two_seconds_for_control_at_most(self, rig: Rig, reply: Reply) -> None:
        rig.machine.script = [reply] * (1 if reply in {NEVER, FORBIDDEN} else 16)
        rig.point.halt(Halt.STOP)
        await settle()
        time, octets = rig.machine.log[-1]
        assert octets == "08 01"
        assert time <= 2.3
        assert rig.heard.written_ == [STOP]

    async def test_overtakes_our_own_pending_request_for_control(self, rig: Rig) -> None:
        rig.machine.script = [NEVER]
        rig.speed(900)
        await settle(0.5)
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.writes == ["00", "00", "08 01"]

    async def test_takes_back_control_whatever_the_minute_says(self, rig: Rig) -> None:
        await rig.has_control()
        rig.point.permission_lost()
        rig.speed(500)
        await settle()
        rig.point.permission_lost()
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.writes == ["00", "02 f401", "00", "08 01"]

    async def test_not_permitted_asks_for_control_and_tries_again(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FORBIDDEN]
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.writes == ["08 01", "00", "08 01"]
        assert rig.heard.written_ == [STOP]

    @pytest.mark.parametrize("reply", [UNSUPPORTED, INVALID])
    async def test_a_machine_that_cannot_pause_stops(self, rig: Rig, reply: int) -> None:
        await rig.has_control()
        rig.machine.script = [reply]
        rig.point.halt(Halt.PAUSE)
        await settle()
        assert rig.machine.writes == ["08 02", "08 01"]
        assert rig.heard.written_ == [STOP]

    async def test_failed_may_mean_that_the_belt_stands_already(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FAILED]
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.writes == ["08 01"]
        assert rig.heard.alreadies == [STOP]
        assert rig.heard.refusals == []

    async def test_without_an_answer_it_can_be_repeated_every_second(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER] * 3
        for _ in range(4):
            rig.point.halt(Halt.STOP)
            await settle(1.1)
        assert rig.machine.writes == ["08 01"] * 4
        assert [request for request, _ in rig.heard.refusals] == [STOP] * 3
        assert rig.heard.written_ == [STOP]

    async def test_given_again_while_under_way_is_written_again(self, rig: Rig) -> None:
        await rig.has_control()
        rig.point.halt(Halt.STOP)
        await asyncio.sleep(0.02)
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.writes == ["08 01", "08 01"]

    async def test_a_stop_overtakes_a_pause(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.point.halt(Halt.PAUSE)
        await settle(0.1)
        rig.point.halt(Halt.STOP)
        await settle(0.01)
        assert rig.machine.log == [(5.0, "08 02"), (5.1, "08 01")]

    async def test_never_answered_it_ends_the_link_when_something_else_is_asked(
        self, rig: Rig
    ) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.point.halt(Halt.STOP)
        await settle()
        rig.speed(300)
        await settle(40)
        assert rig.machine.writes == ["08 01"]
        with pytest.raises(LinkLost, match="never answered"):
            await rig.serving

    async def test_a_busy_machine_is_tried_every_tenth_of_a_second(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFE), BleakError("in progress")]
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.log == [(5.0, "08 01"), (5.13, "08 01"), (5.26, "08 01")]
        assert rig.heard.written_ == [STOP]

    async def test_a_machine_that_stays_busy_is_a_refusal_after_two_seconds(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFE)] * 30
        rig.point.halt(Halt.STOP)
        await settle()
        ((request, why),) = rig.heard.refusals
        assert request == STOP
        assert "refused the write" in why
        assert rig.machine.log[-1][0] == pytest.approx(7.0, abs=0.15)

    async def test_a_pause_never_takes_the_place_of_a_stop(self, rig: Rig) -> None:
        await rig.has_control()
        rig.point.halt(Halt.STOP)
        rig.point.halt(Halt.PAUSE)
        await settle()
        assert rig.machine.writes == ["08 01"]

    async def test_pressing_both_by_turns_delays_neither(self, rig: Rig) -> None:
        """The machine never answers a request for control."""
        rig.machine.script = [NEVER] * 100
        for kind in (Halt.STOP, Halt.PAUSE) * 3:
            rig.point.halt(kind)
            await settle(0.9)
        assert rig.machine.log[:2] == [(0.0, "00"), (2.0, "08 01")]
