"""How machines refuse, and ways of their own: see `control_rig` for the bytes."""

import asyncio

import pytest
from bleak.exc import BleakError

from bridge.bluetooth.connection import LinkLost
from bridge.machines import Edge, HaltWord, Profile, Quirk, SpeedUnit
from bridge.values import Axis, Control, Halt
from protocols.ftms.control_point import (
    SetTargetIncline,
    SetTargetSpeed,
    StartOrResume,
)
from tests.bluetooth.control_rig import (
    FAILED,
    FORBIDDEN,
    NEVER,
    PAUSE,
    STOP,
    gatt,
    rig,
    settle,
)
from tests.bluetooth.virtual_time import run


class TestErrors:
    def test_an_order_without_an_answer_ends_the_link(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [NEVER]
                r.speed(500)
                await settle(29)
                assert not r.serving.done()
                await settle(2)
                with pytest.raises(LinkLost, match="never answered"):
                    await r.serving
                assert r.heard.refusals == [(SetTargetSpeed(500), "the machine does not answer")]
                assert r.heard.controls[-1] is Control.NONE

        run(story())

    def test_a_write_that_never_returns_ends_the_link(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [LinkLost("no answer within 5 s")]
                r.speed(500)
                await settle()
                with pytest.raises(LinkLost):
                    await r.serving

        run(story())

    def test_a_forgotten_subscription_is_made_again(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFD)]
                r.speed(500)
                await settle()
                assert r.machine.repairs == 1
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())

    def test_one_that_cannot_be_made_again_is_a_refusal(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFD), gatt(0xFD)]
                r.speed(500)
                await settle()
                assert r.machine.repairs == 1
                r.machine.script = [gatt(0xFD)]
                r.machine.repair_error = BleakError("no")
                r.speed(600)
                await settle()
                assert len(r.heard.refusals) == 2

        run(story())

    def test_a_busy_machine_is_tried_again_at_the_pace(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE), gatt(0xFE)]
                r.speed(500)
                await settle()
                assert [time for time, _ in r.machine.log] == [5.0, 5.53, 6.06]
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())

    def test_any_other_error_is_a_refusal(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0x0E)]
                r.speed(500)
                await settle()
                assert r.machine.writes == ["02 f401"]
                assert len(r.heard.refusals) == 1

        run(story())


class TestTheMachineSOwnWays:
    """What its profile declares is done at the moment of writing, and nowhere else."""

    def test_targets_in_miles_are_rounded_down_and_told_in_kilometres(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(target_speed_unit=SpeedUnit.MPH))) as r:
                r.speed(820)
                await settle()
                assert r.machine.writes == ["00", "02 f401"]  # 5.00 mph are 8.05 km/h
                assert r.heard.written_ == [SetTargetSpeed(820)]

        run(story())

    def test_miles_that_are_found_out_count_from_then_on(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.speed(820)
                await settle()
                r.point.speak(Edge(Profile(target_speed_unit=SpeedUnit.MPH)))
                r.speed(820)
                await settle()
                assert r.machine.writes == ["00", "02 3403", "02 f401"]

        run(story())

    @pytest.mark.parametrize("kind", Halt)
    def test_a_machine_of_one_word_is_halted_by_it(self, kind: Halt) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(halt=HaltWord.PAUSE))) as r:
                await r.has_control()
                r.point.halt(kind)
                await settle()
                assert r.machine.writes == ["08 02"]
                assert r.heard.written_ == [STOP if kind is Halt.STOP else PAUSE]

        run(story())

    def test_a_slow_machine_gets_a_second_between_writes_but_no_stop_waits(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(pace_s=1.0))) as r:
                r.speed(500)
                r.incline(20)
                await asyncio.sleep(1.1)
                r.point.halt(Halt.STOP)
                await settle()
                assert r.machine.log == [(0.0, "00"), (1.0, "02 f401"), (1.1, "08 01")]

        run(story())

    def test_some_want_control_and_start_before_each_speed(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(start_before_target=True))) as r:
                r.speed(500)
                r.incline(20)
                await settle()
                assert r.machine.writes == ["00", "00", "07", "02 f401", "03 1400"]
                assert r.heard.written_ == [SetTargetSpeed(500), SetTargetIncline(20)]

        run(story())

    def test_that_start_is_not_sent_while_nobody_knows_whether_the_belt_stands(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(start_before_target=True))) as r:
                await r.has_control()
                r.machine.silent = True
                r.speed(300, reduction=True)
                await settle()
                assert r.machine.writes == ["00", "02 2c01"]

        run(story())

    @pytest.mark.parametrize("silent", [False, True])
    def test_a_start_that_is_a_toggle_is_sent_only_while_data_come(self, silent: bool) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(start_toggles=True))) as r:
                await r.has_control()
                r.machine.silent = silent
                r.point.start()
                await settle()
                assert ("07" in r.machine.writes) is not silent
                assert any("takes a start" in why for _, why in r.heard.refusals) is silent

        run(story())

    def test_that_start_is_never_sent_once_the_belt_has_stopped(self) -> None:
        async def story() -> None:
            async with rig(edge=Edge(Profile(start_before_target=True))) as r:
                await r.has_control()
                r.speed(500)
                await asyncio.sleep(0.2)
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert "07" not in r.machine.writes
                assert r.heard.written_ == []

        run(story())

    @pytest.mark.parametrize("request_", ["start", "halt"])
    def test_a_start_or_halt_that_failed_may_be_so_already(self, request_: str) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FAILED]
                if request_ == "start":
                    r.point.start()
                else:
                    r.point.halt(Halt.PAUSE)
                await settle()
                assert r.heard.alreadies == [StartOrResume() if request_ == "start" else PAUSE]
                assert r.heard.refusals == []

        run(story())


class TestWhatItSees:
    def test_answers_that_come_before_the_response_of_the_write(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.early, r.machine.slow = True, 0.05
                r.speed(500)
                await settle()
                assert set(r.heard.quirks) == {Quirk.ANSWERS_EARLY}
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())

    def test_at_the_same_moment_is_not_before(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.early, r.machine.slow = True, 0.01
                r.speed(500)
                await settle()
                assert r.heard.quirks == []

        run(story())

    def test_a_request_for_control_that_nobody_answers(self) -> None:
        async def story() -> None:
            async with rig() as r:
                r.machine.script = [NEVER]
                r.speed(500)
                await settle(10)
                assert r.heard.quirks == [Quirk.CONTROL_UNANSWERED]
                assert r.heard.written_ == [SetTargetSpeed(500)]

        run(story())

    def test_control_that_was_forgotten(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await settle()
                assert r.heard.quirks == [Quirk.CONTROL_FORGOTTEN]

        run(story())
