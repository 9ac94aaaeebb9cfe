"""Targets, control and withdrawn orders: see `control_rig` for the bytes."""

import asyncio

import pytest

from bridge.machines import Quirk
from bridge.values import Axis, Control, SetTarget
from tests.bluetooth.control.control_rig import (
    FAILED,
    FORBIDDEN,
    INVALID,
    NEVER,
    SUCCESS,
    UNSUPPORTED,
    Case,
    Rig,
    gatt,
    rigged,
    settle,
)
from tests.drivers.orders import named

pytestmark = pytest.mark.virtual_time

BUSY = gatt(0xFE)
CASES = {
    "newest_target_of_an_axis_is_written": Case(
        "speed 500, speed 550, speed 599, 5, speed 600, 0.01, speed 601, speed 699",
        "02 5702, 02 5802, 02 bb02",
        done="speed 599, speed 600, speed 699",
    ),
    "reduction_is_written_first": Case(
        "speed 500, incline 0 reduction", "03 0000, 02 f401", done="incline 0, speed 500"
    ),
    "start_is_written_after_a_request_for_control": Case(
        "start", "00, 07", done="start", has_control=False
    ),
    "value_that_does_not_fit_is_refused_and_the_next_is_written": Case(
        "speed -1, 5, speed 500", "02 f401", done="speed 500", refused="speed -1"
    ),
    "write_error_refuses_the_order": Case(
        "speed 500", "02 f401", refused="speed 500", replies=(gatt(0x0E),)
    ),
    "start_that_failed_may_be_done_already": Case(
        "start", "07", already="start", replies=(FAILED,)
    ),
    # --- control
    "machine_without_request_control_obeys_without_it": Case(
        "speed 500", "00, 02 f401", done="speed 500", replies=(UNSUPPORTED,), has_control=False
    ),
    "denied_control_is_requested_again_only_for_a_new_request": Case(
        "speed 500, 5, speed 550 refined, 5, speed 600",
        "00, 00, 02 5802",
        done="speed 600",
        refused="speed 500, speed 550",
        why="the machine does not give control",
        replies=(FORBIDDEN,),
        has_control=False,
    ),
    "second_try_writes_a_newer_target": Case(
        "speed 500, 0.3, speed 400", "02 f401, 00, 02 9001", done="speed 400", replies=(FORBIDDEN,)
    ),
    "second_refusal_of_control_refuses_the_order": Case(
        "speed 500",
        "02 f401, 00, 02 f401",
        refused="speed 500",
        why="not permit",
        replies=(FORBIDDEN, SUCCESS, FORBIDDEN),
        ends=Control.DENIED,
    ),
    "control_denied_at_the_second_try_refuses_the_order_once": Case(
        "speed 500", "02 f401, 00", refused="speed 500", replies=(FORBIDDEN, FORBIDDEN)
    ),
    "taken_control_is_regained_at_most_once_a_minute": Case(
        "taken, speed 500, 10, taken, speed 600, 60, speed 600",
        "00, 02 f401, 00, 02 5802",
        done="speed 500, speed 600",
        refused="speed 600",
        why="taken control",
    ),
    "control_taken_during_an_order_is_not_requested_again": Case(
        "speed 500 refined, 0.02, taken",
        "02 f401",
        refused="speed 500",
        replies=(FORBIDDEN,),
        ends=Control.TAKEN,
    ),
    "request_of_a_person_regains_control_though_the_guard_refines_it": Case(
        "taken, speed 600, speed 590 refined", "00, 02 4e02", done="speed 590"
    ),
    # --- withdrawn orders
    "withdrawn_target_is_not_written": Case(
        "speed 500, incline 20, withdraw speed", "03 1400", done="incline 20"
    ),
    "refused_target_is_not_tried_again_once_withdrawn": Case(
        "speed 500, 0.65, withdraw speed", "02 f401, 00", replies=(FORBIDDEN,)
    ),
    "busy_machine_is_not_tried_again_with_a_withdrawn_target": Case(
        "speed 500, 0.8, withdraw speed", "02 f401, 02 f401", replies=(BUSY, BUSY)
    ),
    "busy_machine_is_tried_again_with_the_newest_target": Case(
        "speed 500, 0.8, speed 300",
        "02 f401, 02 f401, 02 2c01",
        done="speed 300",
        replies=(BUSY, BUSY),
    ),
    "target_given_after_a_withdrawal_is_written": Case(
        "speed 500, withdraw speed, speed 300",
        "02 2c01, 02 2c01",
        done="speed 300",
        replies=(BUSY,),
    ),
    "withdrawn_speed_leaves_a_waiting_start": Case("start, withdraw speed", "07", done="start"),
    "withdrawn_start_is_not_written": Case("start, withdraw start", "", not_started=1),
    "refused_start_is_not_tried_again_once_withdrawn": Case(
        "start, 0.65, withdraw start", "07, 00", replies=(FORBIDDEN,), not_started=1
    ),
    "start_after_a_withdrawn_one_is_not_reported_as_withdrawn": Case(
        "start, 0.65, withdraw start, start", "07, 00, 07", done="start", replies=(FORBIDDEN,)
    ),
    "start_is_written_after_waiting_nine_seconds": Case(
        "incline 20, 0.1, start, 15", "03 1400, 07", done="incline 20, start", late=9.0
    ),
    "start_is_refused_after_waiting_twelve_seconds": Case(
        "incline 20, 0.1, start, 15",
        "03 1400",
        done="incline 20",
        refused="start",
        why="the machine was busy for too long; ask again",
        late=12.0,
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_control_point_carries_out_orders(case: Case) -> None:
    await case.check()


class TestTargets:
    async def test_nothing_is_written_without_an_order(self, rig: Rig) -> None:
        await rig.play("taken, 295")
        assert rig.machine.writes == []
        assert rig.recorder.log == []

    @pytest.mark.parametrize("early", [False, True])
    async def test_control_is_requested_once_before_the_first_write(
        self, rig: Rig, early: bool
    ) -> None:
        rig.machine.early = early
        await rig.play("speed 820, 5, incline -15")
        assert rig.machine.writes == ["00", "02 3403", "03 f1ff"]
        assert rig.recorder.all("control") == [Control.HELD]
        assert named(rig.recorder.all("written")) == "speed 820, incline -15"
        assert rig.recorder.refusals() == []

    async def test_writes_are_half_a_second_apart(self, rig: Rig) -> None:
        await rig.play("speed 500, incline 10")
        assert [time for time, _ in rig.machine.log] == [0.0, 0.5, 1.0]

    async def test_only_a_target_that_is_written_is_reported_as_sending(self, rig: Rig) -> None:
        await rig.has_control()
        rig.recorder.sent.clear()
        rig.machine.late = 2.0
        rig.speed(500)
        await settle(0.1)
        assert rig.recorder.sent == [SetTarget(Axis.SPEED, 500)]  # before the answer
        rig.speed(510)
        rig.incline(10)
        rig.speed(520)
        rig.point.withdraw(Axis.INCLINE)
        await settle()
        assert rig.recorder.sent[1:] == [SetTarget(Axis.SPEED, 520)]
        assert rig.machine.writes == ["02 f401", "02 0802"]

    async def test_second_procedure_waits_for_the_first(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.late = 10.0
        rig.speed(500)
        rig.incline(10)
        await settle(9)
        assert rig.machine.writes == ["02 f401"]
        await settle(5)
        assert rig.machine.writes == ["02 f401", "03 0a00"]

    @pytest.mark.parametrize(
        ("result", "why"),
        [
            (UNSUPPORTED, "does not know"),
            (INVALID, "does not accept"),
            (FAILED, "failed"),
            (0x42, "unknown result 0x42"),
        ],
    )
    async def test_refusal_by_the_machine_carries_a_readable_reason(
        self, result: int, why: str
    ) -> None:
        refused = Case("speed 9999", "02 0f27", refused="speed 9999", why=why, replies=(result,))
        await refused.check()

    async def test_answers_to_no_pending_request_are_ignored(self, rig: Rig) -> None:
        rig.point.answered(b"\x80\x02\x01")
        rig.machine.late = 1.0
        rig.speed(500)
        await asyncio.sleep(0.5)
        for junk in (b"", b"\x80", b"\x00\x00\x01", b"\x80\x07\x01"):
            rig.point.answered(junk)
        await settle()
        rig.point.answered(b"\x80\x02\x05")
        assert rig.recorder.all("written") == [SetTarget(Axis.SPEED, 500)]


class TestControl:
    async def test_unanswered_request_for_control_is_not_repeated(self, rig: Rig) -> None:
        rig.machine.script = [NEVER]
        await rig.play("speed 500, 10, speed 600")
        assert rig.machine.writes == ["00", "02 f401", "02 5802"]
        assert rig.machine.log[1][0] == pytest.approx(3.03)
        assert rig.recorder.all("control") == [Control.HELD]

    async def test_forgotten_control_is_requested_once_more(self) -> None:
        forgotten = Case(
            "speed 500",
            "02 f401, 00, 02 f401",
            done="speed 500",
            replies=(FORBIDDEN,),
            quirks=(Quirk.CONTROL_FORGOTTEN,),
        )
        await forgotten.check()

    async def test_taken_control_is_regained_only_for_a_person_or_a_reduction(
        self, rig: Rig
    ) -> None:
        await rig.has_control()
        await rig.play("taken, speed 550 refined")
        assert rig.recorder.all("control")[-1] is Control.TAKEN
        (why,) = rig.recorder.reasons()
        assert "taken control" in why
        assert rig.machine.writes == []
        await rig.play("speed 500 reduction refined")
        assert rig.machine.writes == ["00", "02 f401"]

    async def test_request_refused_within_a_minute_reports_taken_control_again(
        self, rig: Rig
    ) -> None:
        await rig.has_control()
        await rig.play("taken, speed 500, 5, taken, speed 600")
        assert named(rig.recorder.refusals()) == "speed 600"
        assert rig.recorder.all("control") == [
            Control.TAKEN,
            Control.HELD,
            Control.TAKEN,
            Control.TAKEN,
        ]


class TestLinks:
    async def test_every_order_is_refused_without_a_link(self) -> None:
        async with rigged(serve=False) as rig:
            await rig.play("speed 500, start, stop")
            assert named(rig.recorder.refusals()) == "speed 500, start, stop"
            assert all("not connected" in why for why in rig.recorder.reasons())

    async def test_every_order_is_refused_by_a_bridge_that_only_observes(self) -> None:
        async with rigged(never=True) as rig:
            await rig.play("speed 500, stop")
            assert named(rig.recorder.refusals()) == "speed 500, stop"
            assert all("observes" in why for why in rig.recorder.reasons())
            assert rig.machine.writes == []

    async def test_orders_do_not_survive_the_link(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.speed(900)
        rig.incline(50)
        await settle(1)
        rig.serving.cancel()
        await asyncio.gather(rig.serving, return_exceptions=True)
        assert rig.recorder.all("control")[-1] is Control.NONE
        rig.machine.log.clear()
        again = asyncio.create_task(rig.point.serve(rig.machine))
        await settle(120)
        assert rig.machine.writes == []
        await rig.play("speed 300")
        assert rig.machine.writes == ["00", "02 2c01"]
        again.cancel()
        await asyncio.gather(again, return_exceptions=True)
