"""How machines refuse, and ways of their own: see `control_rig` for the bytes."""

import asyncio

import pytest
from bleak.exc import BleakError

from bridge.bluetooth.connection import LinkLost
from bridge.machines import Edge, HaltWord, Profile, Quirk, SpeedUnit
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
    NEVER,
    PAUSE,
    STOP,
    Rig,
    gatt,
    settle,
)

pytestmark = pytest.mark.virtual_time


async def never_answers(rig: Rig) -> None:
    """Have two orders go without an answer."""
    rig.machine.script = [NEVER] * 20
    for value in (500, 400):
        rig.speed(value)
        await settle(40)
    rig.machine.log.clear()
    rig.heard.refusals.clear()


class TestErrors:
    async def test_an_order_without_an_answer_ends_the_link(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.speed(500)
        await settle(29)
        assert not rig.serving.done()
        await settle(2)
        with pytest.raises(LinkLost, match="never answered"):
            await rig.serving
        assert rig.heard.refusals == [(SetTarget(Axis.SPEED, 500), "the machine does not answer")]
        assert rig.heard.controls[-1] is Control.NONE

    async def test_a_machine_that_has_never_answered_keeps_its_link_and_is_named(
        self, rig: Rig
    ) -> None:
        rig.machine.script = [NEVER] * 20
        rig.speed(500)
        await settle(35)
        assert rig.heard.refusals == [(SetTarget(Axis.SPEED, 500), "the machine does not answer")]
        assert rig.machine.repairs == 1
        assert Quirk.NO_ANSWERS not in rig.heard.quirks
        rig.speed(400)
        await settle(20)
        rig.incline(10)
        await settle(20)
        assert rig.heard.quirks[-1] is Quirk.NO_ANSWERS
        assert [request for request, _ in rig.heard.refusals[1:]] == [
            SetTarget(Axis.SPEED, 400),
            SetTarget(Axis.INCLINE, 10),
        ]
        assert not rig.serving.done()

    async def test_a_machine_that_never_answers_still_gets_stops_and_nothing_else(
        self, rig: Rig
    ) -> None:
        await never_answers(rig)
        rig.speed(300)
        rig.point.start()
        rig.point.halt(Halt.STOP)
        await settle(2)
        rig.point.halt(Halt.STOP)
        await settle(2)
        assert rig.machine.writes == ["08 01", "08 01"]
        assert "never answers" in rig.heard.refusals[0][1]
        assert not rig.serving.done()

    async def test_that_a_machine_never_answers_outlives_the_link_and_not_the_machine(
        self, rig: Rig
    ) -> None:
        await never_answers(rig)
        rig.point.meet("")
        rig.speed(300)
        await settle()
        assert rig.machine.writes == []
        rig.point.meet("F0:F1:F2:F3:F4:F5")
        rig.machine.script = []
        rig.speed(300)
        await settle()
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 300)]

    async def test_an_answer_to_a_stop_ends_it(self, rig: Rig) -> None:
        await never_answers(rig)
        rig.machine.script = []
        rig.point.halt(Halt.STOP)
        await settle()
        rig.speed(300)
        await settle()
        assert rig.heard.written_ == [STOP, SetTarget(Axis.SPEED, 300)]

    async def test_a_stop_that_was_never_answered_counts_as_one_order(self, rig: Rig) -> None:
        rig.machine.script = [NEVER] * 20
        rig.point.halt(Halt.STOP)
        await settle()
        rig.speed(300)
        await settle(40)
        assert rig.heard.refusals[-1] == (SetTarget(Axis.SPEED, 300), "the machine does not answer")
        assert not rig.serving.done()

    async def test_a_write_that_never_returns_ends_the_link(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [LinkLost("no answer within 5 s")]
        rig.speed(500)
        await settle()
        with pytest.raises(LinkLost):
            await rig.serving

    async def test_a_forgotten_subscription_is_made_again(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFD)]
        rig.speed(500)
        await settle()
        assert rig.machine.repairs == 1
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 500)]

    async def test_one_that_cannot_be_made_again_is_a_refusal(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFD), gatt(0xFD)]
        rig.speed(500)
        await settle()
        assert rig.machine.repairs == 1
        rig.machine.script = [gatt(0xFD)]
        rig.machine.repair_error = BleakError("no")
        rig.speed(600)
        await settle()
        assert len(rig.heard.refusals) == 2

    async def test_a_busy_machine_is_tried_again_at_the_pace(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFE), gatt(0xFE)]
        rig.speed(500)
        await settle()
        assert [time for time, _ in rig.machine.log] == [5.0, 5.53, 6.06]
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 500)]

    async def test_any_other_error_is_a_refusal(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0x0E)]
        rig.speed(500)
        await settle()
        assert rig.machine.writes == ["02 f401"]
        assert len(rig.heard.refusals) == 1


class TestTheMachineSOwnWays:
    """What its profile declares is done at the moment of writing, and nowhere else."""

    @pytest.mark.profile(target_speed_unit=SpeedUnit.MPH)
    async def test_targets_in_miles_are_rounded_down_and_told_in_kilometres(self, rig: Rig) -> None:
        rig.speed(820)
        await settle()
        assert rig.machine.writes == ["00", "02 f401"]  # 5.00 mph are 8.05 km/h
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 820)]

    async def test_miles_that_are_found_out_count_from_then_on(self, rig: Rig) -> None:
        rig.speed(820)
        await settle()
        rig.point.speak(Edge(Profile(target_speed_unit=SpeedUnit.MPH)))
        rig.speed(820)
        await settle()
        assert rig.machine.writes == ["00", "02 3403", "02 f401"]

    @pytest.mark.parametrize("kind", Halt)
    @pytest.mark.profile(halt=HaltWord.PAUSE)
    async def test_a_machine_of_one_word_is_halted_by_it(self, rig: Rig, kind: Halt) -> None:
        await rig.has_control()
        rig.point.halt(kind)
        await settle()
        assert rig.machine.writes == ["08 02"]
        assert rig.heard.written_ == [STOP if kind is Halt.STOP else PAUSE]

    @pytest.mark.profile(pace_s=1.0)
    async def test_a_slow_machine_gets_a_second_between_writes_but_no_stop_waits(
        self, rig: Rig
    ) -> None:
        rig.speed(500)
        rig.incline(20)
        await asyncio.sleep(1.1)
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.log == [(0.0, "00"), (1.0, "02 f401"), (1.1, "08 01")]

    @pytest.mark.profile(start_before_target=True)
    async def test_some_want_control_and_start_before_each_speed(self, rig: Rig) -> None:
        rig.speed(500)
        rig.incline(20)
        await settle()
        assert rig.machine.writes == ["00", "00", "07", "02 f401", "03 1400"]
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 500), SetTarget(Axis.INCLINE, 20)]

    @pytest.mark.profile(start_before_target=True)
    async def test_that_start_is_not_sent_while_nobody_knows_whether_the_belt_stands(
        self, rig: Rig
    ) -> None:
        await rig.has_control()
        rig.machine.silent = True
        rig.speed(300, reduction=True)
        await settle()
        assert rig.machine.writes == ["00", "02 2c01"]

    @pytest.mark.parametrize("silent", [False, True])
    @pytest.mark.profile(start_toggles=True)
    async def test_a_start_that_is_a_toggle_is_sent_only_while_data_come(
        self, rig: Rig, silent: bool
    ) -> None:
        await rig.has_control()
        rig.machine.silent = silent
        rig.point.start()
        await settle()
        assert ("07" in rig.machine.writes) is not silent
        assert any("takes a start" in why for _, why in rig.heard.refusals) is silent

    @pytest.mark.profile(start_before_target=True)
    async def test_that_start_is_never_sent_once_the_belt_has_stopped(self, rig: Rig) -> None:
        await rig.has_control()
        rig.speed(500)
        await asyncio.sleep(0.2)
        rig.point.withdraw(Axis.SPEED)
        await settle()
        assert "07" not in rig.machine.writes
        assert rig.heard.written_ == []

    @pytest.mark.parametrize("request_", ["start", "halt"])
    async def test_a_start_or_halt_that_failed_may_be_so_already(
        self, rig: Rig, request_: str
    ) -> None:
        await rig.has_control()
        rig.machine.script = [FAILED]
        if request_ == "start":
            rig.point.start()
        else:
            rig.point.halt(Halt.PAUSE)
        await settle()
        assert rig.heard.alreadies == [StartBelt() if request_ == "start" else PAUSE]
        assert rig.heard.refusals == []


class TestWhatItSees:
    async def test_answers_that_come_before_the_response_of_the_write(self, rig: Rig) -> None:
        rig.machine.early, rig.machine.slow = True, 0.05
        rig.speed(500)
        await settle()
        assert set(rig.heard.quirks) == {Quirk.ANSWERS_EARLY}
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 500)]

    async def test_at_the_same_moment_is_not_before(self, rig: Rig) -> None:
        rig.machine.early, rig.machine.slow = True, 0.01
        rig.speed(500)
        await settle()
        assert rig.heard.quirks == []

    async def test_a_request_for_control_that_nobody_answers(self, rig: Rig) -> None:
        rig.machine.script = [NEVER]
        rig.speed(500)
        await settle(10)
        assert rig.heard.quirks == [Quirk.CONTROL_UNANSWERED]
        assert rig.heard.written_ == [SetTarget(Axis.SPEED, 500)]

    async def test_control_that_was_forgotten(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FORBIDDEN]
        rig.speed(500)
        await settle()
        assert rig.heard.quirks == [Quirk.CONTROL_FORGOTTEN]
