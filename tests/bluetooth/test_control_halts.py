"""Stop and pause go ahead of everything: see `control_rig` for the bytes."""

import asyncio

import pytest
from bleak.exc import BleakError

from bridge.bluetooth.connection import LinkLost
from bridge.values import Halt
from protocols.ftms.control_point import (
    Request,
    SetTargetSpeed,
)
from tests.bluetooth.control_rig import (
    FAILED,
    FORBIDDEN,
    INVALID,
    NEVER,
    PAUSE,
    STOP,
    UNSUPPORTED,
    Reply,
    gatt,
    rig,
    settle,
)
from tests.bluetooth.virtual_time import run


class TestHalt:
    @pytest.mark.parametrize(
        ("kind", "octets", "request_"), [(Halt.STOP, "08 01", STOP), (Halt.PAUSE, "08 02", PAUSE)]
    )
    def test_goes_at_once(self, kind: Halt, octets: str, request_: Request) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(500)
                await settle(0.1)  # less than the pace after the last write
                r.point.halt(kind)
                await settle(0.01)
                assert r.machine.log == [(5.0, "02 f401"), (5.1, octets)]
                await settle()
                assert r.heard.written_ == [SetTargetSpeed(500), request_]

        run(story())

    def test_overtakes_a_pending_procedure_and_drops_what_waits(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.speed(900)
                r.incline(50)
                await settle(1)
                r.point.halt(Halt.STOP)
                await settle(60)
                assert r.machine.writes == ["02 8403", "08 01"]
                assert r.heard.written_ == [STOP]
                assert not r.serving.done()

        run(story())

    def test_overtakes_a_write_in_flight(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.slow = 1.0
                r.speed(900)
                await asyncio.sleep(0.5)
                r.point.halt(Halt.STOP)
                await settle(60)
                assert r.machine.log == [(5.0, "02 8403"), (5.5, "08 01")]
                assert r.heard.written_ == [STOP]
                r.speed(300)
                await settle()
                assert r.machine.writes[-1] == "02 2c01"

        run(story())

    def test_overtakes_pacing(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(500)
                await settle(0.2)
                r.speed(900)
                await settle(0.1)
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["02 f401", "08 01"]

        run(story())

    def test_asks_for_control_first_where_there_is_none(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.log == [(0.0, "00"), (0.06, "08 01")]

        run(story())

    @pytest.mark.parametrize("reply", [NEVER, FORBIDDEN, gatt(0x80), BleakError("no")])
    def test_waits_two_seconds_for_control_at_most(self, reply: Reply) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [reply] * (1 if reply in {NEVER, FORBIDDEN} else 16)
                r.point.halt(Halt.STOP)
                await settle()
                time, octets = r.machine.log[-1]
                assert octets == "08 01"
                assert time <= 2.3
                assert r.heard.written_ == [STOP]

        run(story())

    def test_overtakes_our_own_pending_request_for_control(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [NEVER]
                r.speed(900)
                await settle(0.5)
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["00", "00", "08 01"]

        run(story())

    def test_takes_back_control_whatever_the_minute_says(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.permission_lost()
                r.speed(500)
                await settle()
                r.point.permission_lost()
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["00", "02 f401", "00", "08 01"]

        run(story())

    def test_not_permitted_asks_for_control_and_tries_again(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["08 01", "00", "08 01"]
                assert r.heard.written_ == [STOP]

        run(story())

    @pytest.mark.parametrize("reply", [UNSUPPORTED, INVALID])
    def test_a_machine_that_cannot_pause_stops(self, reply: int) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [reply]
                r.point.halt(Halt.PAUSE)
                await settle()
                assert r.machine.writes == ["08 02", "08 01"]
                assert r.heard.written_ == [STOP]

        run(story())

    def test_failed_may_mean_that_the_belt_stands_already(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FAILED]
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["08 01"]
                assert r.heard.alreadies == [STOP]
                assert r.heard.refusals == []

        run(story())

    def test_without_an_answer_it_can_be_repeated_every_second(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER] * 3
                for _ in range(4):
                    r.point.halt(Halt.STOP)
                    await settle(1.1)
                assert r.machine.writes == ["08 01"] * 4
                assert [request for request, _ in r.heard.refusals] == [STOP] * 3
                assert r.heard.written_ == [STOP]

        run(story())

    def test_given_again_while_under_way_is_written_again(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.halt(Halt.STOP)
                await asyncio.sleep(0.02)
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.writes == ["08 01", "08 01"]

        run(story())

    def test_a_stop_overtakes_a_pause(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.point.halt(Halt.PAUSE)
                await settle(0.1)
                r.point.halt(Halt.STOP)
                await settle(0.01)
                assert r.machine.log == [(5.0, "08 02"), (5.1, "08 01")]

        run(story())

    def test_never_answered_it_ends_the_link_when_something_else_is_asked(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.point.halt(Halt.STOP)
                await settle()
                r.speed(300)
                await settle(40)
                assert r.machine.writes == ["08 01"]
                with pytest.raises(LinkLost, match="never answered"):
                    await r.serving

        run(story())

    def test_a_busy_machine_is_tried_every_tenth_of_a_second(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE), BleakError("in progress")]
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.log == [(5.0, "08 01"), (5.13, "08 01"), (5.26, "08 01")]
                assert r.heard.written_ == [STOP]

        run(story())

    def test_a_machine_that_stays_busy_is_a_refusal_after_two_seconds(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE)] * 30
                r.point.halt(Halt.STOP)
                await settle()
                ((request, why),) = r.heard.refusals
                assert request == STOP
                assert "refused the write" in why
                assert r.machine.log[-1][0] == pytest.approx(7.0, abs=0.15)

        run(story())
