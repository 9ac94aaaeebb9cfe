"""Targets, control and links: see `control_rig` for the bytes."""

import asyncio

import pytest

from bridge.values import (
    Axis,
    Control,
    Halt,
    SetTarget,
    StartBelt,
)
from tests.bluetooth.control.control_rig import (
    FAILED,
    FORBIDDEN,
    INVALID,
    NEVER,
    STOP,
    SUCCESS,
    UNSUPPORTED,
    Heard,
    Rig,
    rigged,
    settle,
)

pytestmark = pytest.mark.virtual_time


class TestTargets:
    async def test_nothing_is_written_unasked(self, rig: Rig) -> None:
        await settle(300)
        assert rig.machine.writes == []
        assert rig.heard == Heard()

    @pytest.mark.parametrize("early", [False, True])
    async def test_control_is_asked_for_once_before_the_first_write(
        self, rig: Rig, early: bool
    ) -> None:
        rig.machine.early = early
        rig.speed(820)
        await settle()
        rig.incline(-15)
        await settle()
        assert rig.machine.writes == ["00", "02 3403", "03 f1ff"]
        assert rig.heard.controls == [Control.HELD]
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 820), SetTarget(Axis.INCLINE, -15)]
        assert rig.heard.refusals == []

    async def test_writes_keep_half_a_second_apart(self, rig: Rig) -> None:
        rig.speed(500)
        rig.incline(10)
        await settle()
        assert [time for time, _ in rig.machine.log] == [0.0, 0.5, 1.0]

    async def test_the_newest_target_of_an_axis_wins(self, rig: Rig) -> None:
        await rig.has_control()
        for value in range(500, 600):
            rig.speed(value)
        await settle()
        rig.speed(600)
        await asyncio.sleep(0.01)
        for value in range(601, 700):
            rig.speed(value)
        await settle()
        assert rig.heard.written_ == [
            SetTarget(Axis.SPEED, 599),
            SetTarget(Axis.SPEED, 600),
            SetTarget(Axis.SPEED, 699),
        ]

    async def test_reductions_go_first(self, rig: Rig) -> None:
        await rig.has_control()
        rig.speed(500)
        rig.incline(0, reduction=True)
        await settle()
        assert rig.machine.writes == ["03 0000", "02 f401"]

    async def test_one_procedure_at_a_time(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.late = 10.0
        rig.speed(500)
        rig.incline(10)
        await settle(9)
        assert rig.machine.writes == ["02 f401"]
        await settle(5)
        assert rig.machine.writes == ["02 f401", "03 0a00"]

    async def test_start_is_written_as_asked(self, rig: Rig) -> None:
        rig.point.start()
        await settle()
        assert rig.machine.writes == ["00", "07"]
        assert rig.heard.written_ == [StartBelt()]

    @pytest.mark.parametrize(
        ("result", "why"),
        [
            (UNSUPPORTED, "does not know"),
            (INVALID, "does not accept"),
            (FAILED, "failed"),
            (0x42, "unknown result 0x42"),
        ],
    )
    async def test_a_refusal_is_told_in_words(self, rig: Rig, result: int, why: str) -> None:
        await rig.has_control()
        rig.machine.script = [result]
        rig.speed(9999)
        await settle()
        ((request, text),) = rig.heard.refusals
        assert request == SetTarget(Axis.SPEED, 9999)
        assert why in text
        assert rig.machine.writes == ["02 0f27"]

    async def test_a_value_that_does_not_fit_is_refused_and_the_next_one_works(
        self, rig: Rig
    ) -> None:
        await rig.has_control()
        rig.speed(-1)
        await settle()
        assert [request for request, _ in rig.heard.refusals] == [SetTarget(Axis.SPEED, -1)]
        rig.speed(500)
        await settle()
        assert rig.machine.writes == ["02 f401"]

    async def test_strange_answers_are_passed_over(self, rig: Rig) -> None:
        rig.point.answered(b"\x80\x02\x01")
        rig.machine.late = 1.0
        rig.speed(500)
        await asyncio.sleep(0.5)
        for junk in (b"", b"\x80", b"\x00\x00\x01", b"\x80\x07\x01"):
            rig.point.answered(junk)
        await settle()
        rig.point.answered(b"\x80\x02\x05")
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 500)]


class TestControl:
    async def test_a_machine_that_never_answers_request_control_is_asked_once(
        self, rig: Rig
    ) -> None:
        rig.machine.script = [NEVER]
        rig.speed(500)
        await settle(10)
        rig.speed(600)
        await settle()
        assert rig.machine.writes == ["00", "02 f401", "02 5802"]
        assert rig.machine.log[1][0] == pytest.approx(3.03)
        assert rig.heard.controls == [Control.HELD]

    async def test_a_machine_that_does_not_know_request_control_obeys_without(
        self, rig: Rig
    ) -> None:
        rig.machine.script = [UNSUPPORTED]
        rig.speed(500)
        await settle()
        assert rig.machine.writes == ["00", "02 f401"]

    async def test_denied_control_is_told_and_asked_for_again_with_the_next_request(
        self, rig: Rig
    ) -> None:
        rig.machine.script = [FORBIDDEN]
        rig.speed(500)
        await settle()
        assert rig.heard.controls == [Control.DENIED]
        assert rig.heard.refusals == [
            (SetTarget(Axis.SPEED, 500), "the machine does not give control")
        ]
        rig.speed(550, new_request=False)
        await settle()
        assert rig.machine.writes == ["00"]
        rig.speed(600)
        await settle()
        assert rig.machine.writes == ["00", "00", "02 5802"]

    async def test_not_permitted_now_and_then_is_asked_once_more(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FORBIDDEN]
        rig.speed(500)
        await settle()
        assert rig.machine.writes == ["02 f401", "00", "02 f401"]
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 500)]
        assert rig.heard.refusals == []

    async def test_the_second_try_takes_a_newer_target(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FORBIDDEN]
        rig.speed(500)
        await asyncio.sleep(0.3)
        rig.speed(400)
        await settle()
        assert rig.machine.writes == ["02 f401", "00", "02 9001"]
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 400)]

    async def test_not_permitted_twice_is_a_refusal(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FORBIDDEN, SUCCESS, FORBIDDEN]
        rig.speed(500)
        await settle()
        assert rig.machine.writes == ["02 f401", "00", "02 f401"]
        ((_, why),) = rig.heard.refusals
        assert "not permit" in why
        assert rig.heard.controls[-1] is Control.DENIED

    async def test_not_permitted_and_control_denied_is_one_refusal(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FORBIDDEN, FORBIDDEN]
        rig.speed(500)
        await settle()
        assert rig.machine.writes == ["02 f401", "00"]
        assert len(rig.heard.refusals) == 1

    async def test_control_taken_away_is_left_alone_until_a_person_asks_or_it_gets_less(
        self, rig: Rig
    ) -> None:
        await rig.has_control()
        rig.point.permission_lost()
        assert rig.heard.controls[-1] is Control.TAKEN
        rig.speed(550, new_request=False)
        await settle()
        ((_, why),) = rig.heard.refusals
        assert "taken control" in why
        assert rig.machine.writes == []
        rig.speed(500, reduction=True, new_request=False)
        await settle()
        assert rig.machine.writes == ["00", "02 f401"]

    async def test_control_is_taken_back_at_most_once_a_minute(self, rig: Rig) -> None:
        await rig.has_control()
        rig.point.permission_lost()
        rig.speed(500)
        await settle(10)
        rig.point.permission_lost()
        rig.speed(600)
        await settle(10)
        assert rig.machine.writes == ["00", "02 f401"]
        assert len(rig.heard.refusals) == 1
        assert rig.heard.controls[-1] is Control.TAKEN
        await settle(50)
        rig.speed(600)
        await settle()
        assert rig.machine.writes == ["00", "02 f401", "00", "02 5802"]

    async def test_losing_what_was_never_held_is_nothing(self, rig: Rig) -> None:
        rig.point.permission_lost()
        assert rig.heard.controls == []

    async def test_losing_it_in_the_middle_of_an_order_keeps_to_the_rule(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FORBIDDEN]
        rig.speed(500, new_request=False)
        await asyncio.sleep(0.02)
        rig.point.permission_lost()
        await settle()
        assert rig.machine.writes == ["02 f401"]
        assert rig.heard.controls[-1] is Control.TAKEN
        assert len(rig.heard.refusals) == 1

    async def test_a_wish_is_not_forgotten_because_the_guard_refines_it(self, rig: Rig) -> None:
        await rig.has_control()
        rig.point.permission_lost()
        rig.speed(600, new_request=True)
        rig.speed(590, new_request=False)
        await settle()
        assert rig.machine.writes == ["00", "02 4e02"]


class TestLinks:
    async def test_without_a_link_every_order_is_refused(self) -> None:
        async with rigged(serve=False) as rig:
            rig.speed(500)
            rig.point.start()
            rig.point.halt(Halt.STOP)
            await settle()
            assert [request for request, _ in rig.heard.refusals] == [
                SetTarget(Axis.SPEED, 500),
                StartBelt(),
                STOP,
            ]
            assert all("not connected" in why for _, why in rig.heard.refusals)

    async def test_observing_only_every_order_is_refused(self) -> None:
        async with rigged(never=True) as rig:
            rig.speed(500)
            rig.point.halt(Halt.STOP)
            await settle()
            assert all("observes" in why for _, why in rig.heard.refusals)
            assert len(rig.heard.refusals) == 2
            assert rig.machine.writes == []

    async def test_nothing_outlives_the_link(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.speed(900)
        rig.incline(50)
        await settle(1)
        rig.serving.cancel()
        await asyncio.gather(rig.serving, return_exceptions=True)
        assert rig.heard.controls[-1] is Control.NONE
        rig.machine.log.clear()
        again = asyncio.create_task(rig.point.serve(rig.machine))
        await settle(120)
        assert rig.machine.writes == []
        rig.speed(300)
        await settle()
        assert rig.machine.writes == ["00", "02 2c01"]
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)
