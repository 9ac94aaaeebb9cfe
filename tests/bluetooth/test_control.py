"""Targets, control and links: see `control_rig` for the bytes."""

import asyncio

import pytest

from bridge.bluetooth.control import ControlPoint
from bridge.values import Axis, Control, Halt
from protocols.ftms.control_point import (
    SetTargetIncline,
    SetTargetSpeed,
    StartOrResume,
)
from tests.bluetooth.control_rig import (
    FAILED,
    FORBIDDEN,
    INVALID,
    NEVER,
    STOP,
    SUCCESS,
    UNSUPPORTED,
    Heard,
    Machine,
    rig,
    settle,
)
from tests.bluetooth.virtual_time import LoopClock, run


class TestTargets:
    def test_nothing_is_written_unasked(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await settle(300)
                assert r.machine.writes == []
                assert r.heard == Heard()

        run(story())

    @pytest.mark.parametrize("early", [False, True])
    def test_control_is_asked_for_once_before_the_first_write(self, early: bool) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.early = early
                r.speed(820)
                await settle()
                r.incline(-15)
                await settle()
                assert r.machine.writes == ["00", "02 3403", "03 f1ff"]
                assert r.heard.controls == [Control.HELD]
                assert r.heard.written_ == [SetTargetSpeed(820), SetTargetIncline(-15)]
                assert r.heard.refusals == []

        run(story())

    def test_writes_keep_half_a_second_apart(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.speed(500)
                r.incline(10)
                await settle()
                assert [time for time, _ in r.machine.log] == [0.0, 0.5, 1.0]

        run(story())

    def test_the_newest_target_of_an_axis_wins(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                for value in range(500, 600):
                    r.speed(value)
                await settle()
                r.speed(600)
                await asyncio.sleep(0.01)
                for value in range(601, 700):
                    r.speed(value)
                await settle()
                assert r.heard.written_ == [
                    SetTargetSpeed(599),
                    SetTargetSpeed(600),
                    SetTargetSpeed(699),
                ]

        run(story())

    def test_reductions_go_first(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(500)
                r.incline(0, reduction=True)
                await settle()
                assert r.machine.writes == ["03 0000", "02 f401"]

        run(story())

    def test_one_procedure_at_a_time(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.late = 10.0
                r.speed(500)
                r.incline(10)
                await settle(9)
                assert r.machine.writes == ["02 f401"]
                await settle(5)
                assert r.machine.writes == ["02 f401", "03 0a00"]

        run(story())

    def test_start_is_written_as_asked(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.point.start()
                await settle()
                assert r.machine.writes == ["00", "07"]
                assert r.heard.written_ == [StartOrResume()]

        run(story())

    @pytest.mark.parametrize(
        ("result", "why"),
        [
            (UNSUPPORTED, "does not know"),
            (INVALID, "does not accept"),
            (FAILED, "failed"),
            (0x42, "unknown result 0x42"),
        ],
    )
    def test_a_refusal_is_told_in_words(self, result: int, why: str) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [result]
                r.speed(9999)
                await settle()
                ((request, text),) = r.heard.refusals
                assert request == SetTargetSpeed(9999)
                assert why in text
                assert r.machine.writes == ["02 0f27"]

        run(story())

    def test_a_value_that_does_not_fit_is_refused_and_the_next_one_works(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(-1)
                await settle()
                assert [request for request, _ in r.heard.refusals] == [SetTargetSpeed(-1)]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401"]

        run(story())

    def test_strange_answers_are_passed_over(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.point.answered(b"\x80\x02\x01")
                r.machine.late = 1.0
                r.speed(500)
                await asyncio.sleep(0.5)
                for junk in (b"", b"\x80", b"\x00\x00\x01", b"\x80\x07\x01"):
                    r.point.answered(junk)
                await settle()
                r.point.answered(b"\x80\x02\x05")
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())


class TestControl:
    def test_a_machine_that_never_answers_request_control_is_asked_once(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [NEVER]
                r.speed(500)
                await settle(10)
                r.speed(600)
                await settle()
                assert r.machine.writes == ["00", "02 f401", "02 5802"]
                assert r.machine.log[1][0] == pytest.approx(3.03)
                assert r.heard.controls == [Control.HELD]

        run(story())

    def test_a_machine_that_does_not_know_request_control_obeys_without(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [UNSUPPORTED]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["00", "02 f401"]

        run(story())

    def test_denied_control_is_told_and_asked_for_again_with_the_next_request(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.heard.controls == [Control.DENIED]
                assert r.heard.refusals == [
                    (SetTargetSpeed(500), "the machine does not give control")
                ]
                r.speed(550, new_request=False)
                await settle()
                assert r.machine.writes == ["00"]
                r.speed(600)
                await settle()
                assert r.machine.writes == ["00", "00", "02 5802"]

        run(story())

    def test_not_permitted_now_and_then_is_asked_once_more(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401", "00", "02 f401"]
                assert r.heard.written_ == [SetTargetSpeed(500)]
                assert r.heard.refusals == []

        run(story())

    def test_the_second_try_takes_a_newer_target(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await asyncio.sleep(0.3)
                r.speed(400)
                await settle()
                assert r.machine.writes == ["02 f401", "00", "02 9001"]
                assert r.heard.written_ == [SetTargetSpeed(400)]

        run(story())

    def test_not_permitted_twice_is_a_refusal(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN, SUCCESS, FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401", "00", "02 f401"]
                ((_, why),) = r.heard.refusals
                assert "not permit" in why
                assert r.heard.controls[-1] is Control.DENIED

        run(story())

    def test_not_permitted_and_control_denied_is_one_refusal(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN, FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401", "00"]
                assert len(r.heard.refusals) == 1

        run(story())

    def test_control_taken_away_is_left_alone_until_a_person_asks_or_it_gets_less(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.permission_lost()
                assert r.heard.controls[-1] is Control.TAKEN
                r.speed(550, new_request=False)
                await settle()
                ((_, why),) = r.heard.refusals
                assert "taken control" in why
                assert r.machine.writes == []
                r.speed(500, reduction=True, new_request=False)
                await settle()
                assert r.machine.writes == ["00", "02 f401"]

        run(story())

    def test_control_is_taken_back_at_most_once_a_minute(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.permission_lost()
                r.speed(500)
                await settle(10)
                r.point.permission_lost()
                r.speed(600)
                await settle(10)
                assert r.machine.writes == ["00", "02 f401"]
                assert len(r.heard.refusals) == 1
                assert r.heard.controls[-1] is Control.TAKEN
                await settle(50)
                r.speed(600)
                await settle()
                assert r.machine.writes == ["00", "02 f401", "00", "02 5802"]

        run(story())

    def test_losing_what_was_never_held_is_nothing(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.point.permission_lost()
                assert r.heard.controls == []

        run(story())

    def test_losing_it_in_the_middle_of_an_order_keeps_to_the_rule(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500, new_request=False)
                await asyncio.sleep(0.02)
                r.point.permission_lost()
                await settle()
                assert r.machine.writes == ["02 f401"]
                assert r.heard.controls[-1] is Control.TAKEN
                assert len(r.heard.refusals) == 1

        run(story())

    def test_a_wish_is_not_forgotten_because_the_guard_refines_it(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.permission_lost()
                r.speed(600, new_request=True)
                r.speed(590, new_request=False)
                await settle()
                assert r.machine.writes == ["00", "02 4e02"]

        run(story())


class TestLinks:
    def test_without_a_link_every_order_is_refused(self) -> None:
        async def story() -> None:
            async with rig(serve=False) as r:
                r.speed(500)
                r.point.start()
                r.point.halt(Halt.STOP)
                await settle()
                assert [request for request, _ in r.heard.refusals] == [
                    SetTargetSpeed(500),
                    StartOrResume(),
                    STOP,
                ]
                assert all("not connected" in why for _, why in r.heard.refusals)

        run(story())

    def test_observing_only_every_order_is_refused(self) -> None:
        async def story() -> None:
            heard = Heard()
            point = ControlPoint(heard, LoopClock(), never=True)
            machine = Machine(point.answered)
            serving = asyncio.create_task(point.serve(machine))
            await asyncio.sleep(0)
            point.set_target(Axis.SPEED, 500, reduction=False, new_request=True)
            point.halt(Halt.STOP)
            await settle()
            assert all("observes" in why for _, why in heard.refusals)
            assert len(heard.refusals) == 2
            assert machine.writes == []
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

        run(story())

    def test_nothing_outlives_the_link(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.speed(900)
                r.incline(50)
                await settle(1)
                r.serving.cancel()
                await asyncio.gather(r.serving, return_exceptions=True)
                assert r.heard.controls[-1] is Control.NONE
                r.machine.log.clear()
                again = asyncio.create_task(r.point.serve(r.machine))
                await settle(120)
                assert r.machine.writes == []
                r.speed(300)
                await settle()
                assert r.machine.writes == ["00", "02 2c01"]
                again.cancel()
                await asyncio.gather(again, return_exceptions=True)

        run(story())
