"""Refusals, missing answers and declared behaviour: see `control_rig` for the bytes."""

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
)
from tests.bluetooth.control.control_rig import (
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
    rig.recorder.log.clear()


class TestErrors:
    async def test_unanswered_order_ends_the_link(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.speed(500)
        await settle(29)
        assert not rig.serving.done()
        await settle(2)
        with pytest.raises(LinkLost, match="never answered"):
            await rig.serving
        assert rig.recorder.all("refused") == [
            (SetTarget(Axis.SPEED, 500), "the machine does not answer")
        ]
        assert rig.recorder.all("control")[-1] is Control.NONE

    async def test_machine_that_has_never_answered_keeps_its_link_and_is_reported(
        self, rig: Rig
    ) -> None:
        rig.machine.script = [NEVER] * 20
        rig.speed(500)
        await settle(35)
        assert rig.recorder.all("refused") == [
            (SetTarget(Axis.SPEED, 500), "the machine does not answer")
        ]
        assert rig.machine.repairs == 1
        assert Quirk.NO_ANSWERS not in rig.recorder.all("observed")
        rig.speed(400)
        await settle(20)
        rig.incline(10)
        await settle(20)
        assert rig.recorder.all("observed")[-1] is Quirk.NO_ANSWERS
        assert rig.recorder.refusals()[1:] == [
            SetTarget(Axis.SPEED, 400),
            SetTarget(Axis.INCLINE, 10),
        ]
        assert not rig.serving.done()

    async def test_machine_that_never_answers_is_written_only_stops(self, rig: Rig) -> None:
        await never_answers(rig)
        rig.speed(300)
        rig.point.start()
        rig.point.halt(Halt.STOP)
        await settle(2)
        rig.point.halt(Halt.STOP)
        await settle(2)
        assert rig.machine.writes == ["08 01", "08 01"]
        assert "never answers" in rig.recorder.reasons()[0]
        assert not rig.serving.done()

    async def test_missing_answers_are_remembered_for_the_same_machine_on_the_next_link(
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
        assert rig.recorder.all("written") == [SetTarget(Axis.SPEED, 300)]

    async def test_answer_to_a_stop_allows_other_orders_again(self, rig: Rig) -> None:
        await never_answers(rig)
        rig.machine.script = []
        rig.point.halt(Halt.STOP)
        await settle()
        rig.speed(300)
        await settle()
        assert rig.recorder.all("written") == [STOP, SetTarget(Axis.SPEED, 300)]

    async def test_unanswered_stop_and_order_do_not_end_the_link(self, rig: Rig) -> None:
        rig.machine.script = [NEVER] * 20
        rig.point.halt(Halt.STOP)
        await settle()
        rig.speed(300)
        await settle(40)
        assert rig.recorder.all("refused")[-1] == (
            SetTarget(Axis.SPEED, 300),
            "the machine does not answer",
        )
        assert not rig.serving.done()

    async def test_write_that_never_returns_ends_the_link(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [LinkLost("no answer within 5 s")]
        rig.speed(500)
        await settle()
        with pytest.raises(LinkLost):
            await rig.serving

    async def test_forgotten_subscription_is_renewed(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFD)]
        rig.speed(500)
        await settle()
        assert rig.machine.repairs == 1
        assert rig.recorder.all("written") == [SetTarget(Axis.SPEED, 500)]

    async def test_order_is_refused_if_the_subscription_cannot_be_renewed(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFD), gatt(0xFD)]
        rig.speed(500)
        await settle()
        assert rig.machine.repairs == 1
        rig.machine.script = [gatt(0xFD)]
        rig.machine.repair_error = BleakError("no")
        rig.speed(600)
        await settle()
        assert len(rig.recorder.all("refused")) == 2

    async def test_busy_machine_is_tried_again_every_half_second(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFE), gatt(0xFE)]
        rig.speed(500)
        await settle()
        assert [time for time, _ in rig.machine.log] == [5.0, 5.53, 6.06]
        assert rig.recorder.all("written") == [SetTarget(Axis.SPEED, 500)]


class TestDeclaredBehaviour:
    """What its profile declares is done at the moment of writing, and nowhere else."""

    @pytest.mark.profile(target_speed_unit=SpeedUnit.MPH)
    async def test_targets_in_miles_are_rounded_down_and_reported_in_kilometres(
        self, rig: Rig
    ) -> None:
        rig.speed(820)
        await settle()
        assert rig.machine.writes == ["00", "02 f401"]  # 5.00 mph are 8.05 km/h
        assert rig.recorder.all("written") == [SetTarget(Axis.SPEED, 820)]

    async def test_unit_detected_during_the_link_counts_from_the_next_target(
        self, rig: Rig
    ) -> None:
        rig.speed(820)
        await settle()
        rig.point.speak(Edge(Profile(target_speed_unit=SpeedUnit.MPH)))
        rig.speed(820)
        await settle()
        assert rig.machine.writes == ["00", "02 3403", "02 f401"]

    @pytest.mark.parametrize("kind", Halt)
    @pytest.mark.profile(halt=HaltWord.PAUSE)
    async def test_machine_with_one_halt_command_is_halted_by_it(
        self, rig: Rig, kind: Halt
    ) -> None:
        await rig.has_control()
        rig.point.halt(kind)
        await settle()
        assert rig.machine.writes == ["08 02"]
        assert rig.recorder.all("written") == [STOP if kind is Halt.STOP else PAUSE]

    @pytest.mark.profile(pace_s=1.0)
    async def test_slow_machine_gets_a_second_between_writes_but_a_stop_at_once(
        self, rig: Rig
    ) -> None:
        rig.speed(500)
        rig.incline(20)
        await asyncio.sleep(1.1)
        rig.point.halt(Halt.STOP)
        await settle()
        assert rig.machine.log == [(0.0, "00"), (1.0, "02 f401"), (1.1, "08 01")]

    @pytest.mark.profile(start_before_target=True)
    async def test_control_and_start_are_repeated_before_each_speed(self, rig: Rig) -> None:
        rig.speed(500)
        rig.incline(20)
        await settle()
        assert rig.machine.writes == ["00", "00", "07", "02 f401", "03 1400"]
        assert rig.recorder.all("written") == [
            SetTarget(Axis.SPEED, 500),
            SetTarget(Axis.INCLINE, 20),
        ]

    @pytest.mark.profile(start_before_target=True)
    async def test_repeated_start_is_not_written_while_no_data_come(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.silent = True
        rig.speed(300, reduction=True)
        await settle()
        assert rig.machine.writes == ["00", "02 2c01"]

    @pytest.mark.parametrize("silent", [False, True])
    @pytest.mark.profile(start_toggles=True)
    async def test_start_that_toggles_is_written_only_while_data_come(
        self, rig: Rig, silent: bool
    ) -> None:
        await rig.has_control()
        rig.machine.silent = silent
        rig.point.start()
        await settle()
        assert ("07" in rig.machine.writes) is not silent
        assert any("takes a start" in why for why in rig.recorder.reasons()) is silent

    @pytest.mark.profile(start_before_target=True)
    async def test_repeated_start_is_not_written_once_the_speed_is_withdrawn(
        self, rig: Rig
    ) -> None:
        await rig.has_control()
        rig.speed(500)
        await asyncio.sleep(0.2)
        rig.point.withdraw(Axis.SPEED)
        await settle()
        assert "07" not in rig.machine.writes
        assert rig.recorder.all("written") == []


class TestDetectedQuirks:
    async def test_answer_before_the_write_response_is_a_quirk(self, rig: Rig) -> None:
        rig.machine.early, rig.machine.slow = True, 0.05
        rig.speed(500)
        await settle()
        assert set(rig.recorder.all("observed")) == {Quirk.ANSWERS_EARLY}
        assert rig.recorder.all("written") == [SetTarget(Axis.SPEED, 500)]

    async def test_answer_together_with_the_write_response_is_no_quirk(self, rig: Rig) -> None:
        rig.machine.early, rig.machine.slow = True, 0.01
        rig.speed(500)
        await settle()
        assert rig.recorder.all("observed") == []

    async def test_unanswered_request_for_control_is_a_quirk(self, rig: Rig) -> None:
        rig.machine.script = [NEVER]
        rig.speed(500)
        await settle(10)
        assert rig.recorder.all("observed") == [Quirk.CONTROL_UNANSWERED]
        assert rig.recorder.all("written") == [SetTarget(Axis.SPEED, 500)]
