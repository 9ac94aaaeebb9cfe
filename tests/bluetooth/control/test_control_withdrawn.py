"""What nobody wants any more is not written: see `control_rig` for the bytes."""

import asyncio

import pytest

from bridge.values import Axis
from tests.bluetooth.control.control_rig import (
    FORBIDDEN,
    Rig,
    gatt,
    settle,
)

pytestmark = pytest.mark.virtual_time


class TestWhatIsWithdrawn:
    async def test_what_waited_for_it_is_not_written(self, rig: Rig) -> None:
        await rig.has_control()
        rig.speed(500)
        rig.incline(20)
        await asyncio.sleep(0)
        rig.point.withdraw(Axis.SPEED)
        await settle()
        assert rig.machine.writes == ["03 1400"]

    async def test_what_was_refused_before_is_not_tried_again(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [FORBIDDEN]
        rig.speed(500)
        await asyncio.sleep(0.65)  # control was asked for once more
        assert rig.machine.writes == ["02 f401", "00"]
        rig.point.withdraw(Axis.SPEED)
        await settle()
        assert rig.machine.writes == ["02 f401", "00"]

    async def test_a_busy_machine_is_not_asked_again_for_it(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFE), gatt(0xFE)]
        rig.speed(500)
        await asyncio.sleep(0.8)
        assert rig.machine.writes == ["02 f401"] * 2
        rig.point.withdraw(Axis.SPEED)
        await settle()
        assert rig.machine.writes == ["02 f401"] * 2
        assert rig.heard.refusals == []

    async def test_a_busy_machine_gets_the_newest_when_it_has_time(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFE), gatt(0xFE)]
        rig.speed(500)
        await asyncio.sleep(0.8)
        rig.speed(300)
        await settle()
        assert rig.machine.writes == ["02 f401", "02 f401", "02 2c01"]

    async def test_what_was_asked_after_that_is_wanted(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFE)]
        rig.speed(500)
        await asyncio.sleep(0)
        rig.point.withdraw(Axis.SPEED)
        rig.speed(300)
        await settle()
        assert rig.machine.writes == ["02 2c01", "02 2c01"]

    async def test_a_start_that_waits_is_none_of_that(self, rig: Rig) -> None:
        await rig.has_control()
        rig.point.start()
        rig.point.withdraw(Axis.SPEED)
        await settle()
        assert rig.machine.writes == ["07"]

    @pytest.mark.parametrize("refused", [False, True])
    async def test_a_start_is_not_written_to_a_belt_that_moves_by_now(
        self, rig: Rig, refused: bool
    ) -> None:
        """Some machines take a start as a toggle."""
        await rig.has_control()
        rig.machine.script = [FORBIDDEN]
        rig.point.start()
        await asyncio.sleep(0.65 if refused else 0)
        before = list(rig.machine.writes)
        rig.point.withdraw(None)
        await settle()
        assert rig.machine.writes == before == ["07", "00"] * refused

    @pytest.mark.parametrize(("late", "starts"), [(9.0, True), (12.0, False)])
    async def test_a_start_that_waited_for_too_long_is_told_and_not_written(
        self, rig: Rig, late: float, starts: bool
    ) -> None:
        await rig.has_control()
        rig.machine.late = late
        rig.incline(20)
        await asyncio.sleep(0.1)
        rig.point.start()
        await settle(20)
        assert rig.machine.writes == ["03 1400"] + ["07"] * starts
        assert [why for _, why in rig.heard.refusals] == [
            "the machine was busy for too long; ask again"
        ] * (not starts)
