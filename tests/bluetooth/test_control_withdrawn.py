"""What nobody wants any more is not written: see `control_rig` for the bytes."""

import asyncio

import pytest

from bridge.values import Axis
from tests.bluetooth.control_rig import (
    FORBIDDEN,
    gatt,
    rig,
    settle,
)
from tests.bluetooth.virtual_time import run


class TestWhatIsWithdrawn:
    def test_what_waited_for_it_is_not_written(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.speed(500)
                r.incline(20)
                await asyncio.sleep(0)
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert r.machine.writes == ["03 1400"]

        run(story())

    def test_what_was_refused_before_is_not_tried_again(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.speed(500)
                await asyncio.sleep(0.65)  # control was asked for once more
                assert r.machine.writes == ["02 f401", "00"]
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert r.machine.writes == ["02 f401", "00"]

        run(story())

    def test_a_busy_machine_is_not_asked_again_for_it(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE), gatt(0xFE)]
                r.speed(500)
                await asyncio.sleep(0.8)
                assert r.machine.writes == ["02 f401"] * 2
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert r.machine.writes == ["02 f401"] * 2
                assert r.heard.refusals == []

        run(story())

    def test_a_busy_machine_gets_the_newest_when_it_has_time(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE), gatt(0xFE)]
                r.speed(500)
                await asyncio.sleep(0.8)
                r.speed(300)
                await settle()
                assert r.machine.writes == ["02 f401", "02 f401", "02 2c01"]

        run(story())

    def test_what_was_asked_after_that_is_wanted(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [gatt(0xFE)]
                r.speed(500)
                await asyncio.sleep(0)
                r.point.withdraw(Axis.SPEED)
                r.speed(300)
                await settle()
                assert r.machine.writes == ["02 2c01", "02 2c01"]

        run(story())

    def test_a_start_that_waits_is_none_of_that(self) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.point.start()
                r.point.withdraw(Axis.SPEED)
                await settle()
                assert r.machine.writes == ["07"]

        run(story())

    @pytest.mark.parametrize("refused", [False, True])
    def test_a_start_is_not_written_to_a_belt_that_moves_by_now(self, refused: bool) -> None:
        """Some machines take a start as a toggle."""

        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.script = [FORBIDDEN]
                r.point.start()
                await asyncio.sleep(0.65 if refused else 0)
                before = list(r.machine.writes)
                r.point.withdraw(None)
                await settle()
                assert r.machine.writes == before == ["07", "00"] * refused

        run(story())

    @pytest.mark.parametrize(("late", "starts"), [(9.0, True), (12.0, False)])
    def test_a_start_that_waited_for_too_long_is_told_and_not_written(
        self, late: float, starts: bool
    ) -> None:
        async def story() -> None:
            async with rig() as r:
                await r.has_control()
                r.machine.late = late
                r.incline(20)
                await asyncio.sleep(0.1)
                r.point.start()
                await settle(20)
                assert r.machine.writes == ["03 1400"] + ["07"] * starts
                assert [why for _, why in r.heard.refusals] == [
                    "the machine was busy for too long; ask again"
                ] * (not starts)

        run(story())
