"""Stop and pause go ahead of everything: see `control_rig` for the bytes."""

import pytest
from bleak.exc import BleakError

from bridge.bluetooth.connection import LinkLost
from bridge.drivers.ftms.control_point import HALT_ANSWER_LIMIT
from bridge.drivers.order_queue import HALT_REPEAT_S
from tests.bluetooth.control.control_rig import (
    FAILED,
    FORBIDDEN,
    INVALID,
    NEVER,
    PAUSE,
    STOP,
    UNSUPPORTED,
    Case,
    Reply,
    Rig,
    gatt,
    settle,
)

pytestmark = pytest.mark.virtual_time

CASES = {
    "stop_is_not_paced": Case(
        "speed 500, 0.1, stop", "02 f401 @0.0, 08 01 @0.1", done="speed 500, stop"
    ),
    "pause_is_not_paced": Case(
        "speed 500, 0.1, pause", "02 f401 @0.0, 08 02 @0.1", done="speed 500, pause"
    ),
    "stop_ends_a_pending_procedure_and_drops_waiting_orders": Case(
        "speed 900, incline 50, 1, stop, 55", "02 8403, 08 01", done="stop", replies=(NEVER,)
    ),
    "stop_is_written_during_another_write": Case(
        "speed 900, 0.5, stop, 60, speed 300",
        "02 8403 @0.0, 08 01 @0.5, 02 2c01 @60.5",
        done="stop, speed 300",
        slow=1.0,
    ),
    "stop_drops_a_target_that_waits_for_its_turn": Case(
        "speed 500, 0.2, speed 900, 0.1, stop", "02 f401, 08 01", done="speed 500, stop"
    ),
    "stop_requests_missing_control_first": Case(
        "stop", "00 @0.0, 08 01 @0.06", done="stop", has_control=False
    ),
    "stop_ends_the_wait_for_an_answer_to_request_control": Case(
        "speed 900, 0.5, stop", "00, 00, 08 01", done="stop", replies=(NEVER,), has_control=False
    ),
    "stop_withdraws_a_start_that_waits_for_control": Case(
        "start, 0.5, stop",
        "00, 00, 08 01",
        done="stop",
        replies=(NEVER,),
        has_control=False,
        not_started=1,
    ),
    "stop_does_not_withdraw_a_written_start": Case(
        "start, 0.7, stop", "07, 08 01", done="stop", replies=(NEVER,)
    ),
    "stop_regains_control_within_the_minute": Case(
        "taken, speed 500, 5, taken, stop", "00, 02 f401, 00, 08 01", done="speed 500, stop"
    ),
    "forbidden_stop_is_written_again_after_a_request_for_control": Case(
        "stop", "08 01, 00, 08 01", done="stop", replies=(FORBIDDEN,)
    ),
    "unsupported_pause_becomes_a_stop": Case(
        "pause", "08 02, 08 01", done="stop", replies=(UNSUPPORTED,)
    ),
    "invalid_pause_becomes_a_stop": Case("pause", "08 02, 08 01", done="stop", replies=(INVALID,)),
    "stop_that_failed_may_be_done_already": Case(
        "stop", "08 01", already="stop", replies=(FAILED,)
    ),
    "pause_that_failed_may_be_done_already": Case(
        "pause", "08 02", already="pause", replies=(FAILED,)
    ),
    "unanswered_stop_can_be_repeated_every_second": Case(
        "stop, 1.1, stop, 1.1, stop, 1.1, stop",
        "08 01, 08 01, 08 01, 08 01",
        done="stop",
        refused="stop, stop, stop",
        replies=(NEVER,) * 3,
    ),
    "stop_given_again_is_written_again": Case(
        "stop, 0.02, stop", "08 01, 08 01", done="stop, stop"
    ),
    "stop_does_not_wait_for_the_answer_to_a_pause": Case(
        "pause, 0.1, stop", "08 02 @0.0, 08 01 @0.1", done="stop", replies=(NEVER,)
    ),
    "busy_machine_is_stopped_every_tenth_of_a_second": Case(
        "stop",
        "08 01 @0.0, 08 01 @0.13, 08 01 @0.26",
        done="stop",
        replies=(gatt(0xFE), BleakError("in progress")),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_control_point_carries_out_halts(case: Case) -> None:
    await case.check()


class TestHalt:
    @pytest.mark.parametrize("reply", [NEVER, FORBIDDEN, gatt(0x80), BleakError("no")])
    async def test_stop_waits_two_seconds_for_control_at_most(self, rig: Rig, reply: Reply) -> None:
        rig.machine.script = [reply] * (1 if reply in {NEVER, FORBIDDEN} else 16)
        await rig.play("stop")
        time, octets = rig.machine.log[-1]
        assert octets == "08 01"
        assert time <= 2.3
        assert rig.recorder.all("written") == [STOP]

    async def test_order_after_an_unanswered_stop_ends_the_link(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        await rig.play("stop, 5, speed 300, 35")
        assert rig.machine.writes == ["08 01"]
        with pytest.raises(LinkLost, match="never answered"):
            await rig.serving

    async def test_stop_is_refused_by_a_machine_busy_for_two_seconds(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [gatt(0xFE)] * 30
        await rig.play("stop")
        assert rig.recorder.refusals() == [STOP]
        assert "refused the write" in rig.recorder.reasons()[0]
        assert rig.machine.log[-1][0] == pytest.approx(7.0, abs=0.15)

    async def test_pause_never_replaces_a_pending_stop(self) -> None:
        await Case("stop, pause", "08 01", done="stop").check()

    async def test_alternating_stop_and_pause_delay_neither(self, rig: Rig) -> None:
        """The machine never answers a request for control."""
        rig.machine.script = [NEVER] * 100
        for _ in range(3):
            rig.point.halt(STOP.kind)
            await settle(0.9)
            rig.point.halt(PAUSE.kind)
            await settle(0.9)
        assert rig.machine.log[:2] == [(0.0, "00"), (2.0, "08 01")]

    async def test_failed_stop_counts_as_pending_until_the_guard_can_repeat_it(
        self, rig: Rig
    ) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.point.halt(STOP.kind)
        began = rig.clock.now()
        await rig.point.halted()
        assert rig.clock.now() - began == pytest.approx(HALT_ANSWER_LIMIT + HALT_REPEAT_S, abs=0.1)

    async def test_repeated_stop_that_succeeds_is_no_longer_pending(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [NEVER]
        rig.point.halt(STOP.kind)
        began = rig.clock.now()
        await settle(HALT_ANSWER_LIMIT + 0.2)
        rig.point.halt(STOP.kind)
        await rig.point.halted()
        assert rig.clock.now() - began < HALT_ANSWER_LIMIT + HALT_REPEAT_S + 0.1
        assert rig.recorder.all("written") == [STOP]
