"""Refusals, missing answers and declared behaviour: see `control_rig` for the bytes."""

import pytest
from bleak.exc import BleakError

from bridge.bluetooth.connection import LinkLost
from bridge.machines import Edge, HaltWord, Profile, Quirk, SpeedUnit
from bridge.values import Axis, Control, Halt, SetTarget
from tests.bluetooth.control.control_rig import NEVER, STOP, Case, Rig, gatt, settle
from tests.drivers.orders import named

pytestmark = pytest.mark.virtual_time

BUSY, FORGOTTEN = gatt(0xFE), gatt(0xFD)
STARTS_FIRST = Profile(start_before_target=True)
NO_ANSWER = "the machine does not answer"
CASES = {
    "forgotten_subscription_is_renewed": Case(
        "speed 500", "02 f401, 02 f401", done="speed 500", replies=(FORGOTTEN,), repairs=1
    ),
    "subscription_is_renewed_once": Case(
        "speed 500", "02 f401, 02 f401", refused="speed 500", replies=(FORGOTTEN,) * 2, repairs=1
    ),
    "order_is_refused_if_the_subscription_cannot_be_renewed": Case(
        "speed 500",
        "02 f401",
        refused="speed 500",
        replies=(FORGOTTEN,),
        repairs=1,
        repair_error=BleakError("no"),
    ),
    "busy_machine_is_tried_again_every_half_second": Case(
        "speed 500",
        "02 f401 @0.0, 02 f401 @0.53, 02 f401 @1.06",
        done="speed 500",
        replies=(BUSY, BUSY),
    ),
    # --- what its profile declares is done at the moment of writing, and nowhere else
    "targets_in_miles_are_rounded_down_and_reported_in_kilometres": Case(
        "speed 820",
        "00, 02 f401",  # 5.00 mph are 8.05 km/h
        done="speed 820",
        has_control=False,
        profile=Profile(target_speed_unit=SpeedUnit.MPH),
    ),
    **{
        f"machine_with_one_halt_command_obeys_a_{kind}_by_it": Case(
            kind, "08 02", done=kind, profile=Profile(halt=HaltWord.PAUSE)
        )
        for kind in Halt
    },
    "slow_machine_gets_a_second_between_writes_but_a_stop_at_once": Case(
        "speed 500, incline 20, 1.1, stop",
        "00 @0.0, 02 f401 @1.0, 08 01 @1.1",
        done="speed 500, stop",
        has_control=False,
        profile=Profile(pace_s=1.0),
    ),
    "control_and_start_are_repeated_before_each_speed": Case(
        "speed 500, incline 20",
        "00, 00, 07, 02 f401, 03 1400",
        done="speed 500, incline 20",
        has_control=False,
        profile=STARTS_FIRST,
    ),
    "repeated_start_is_not_written_while_no_data_come": Case(
        "speed 300 reduction", "00, 02 2c01", done="speed 300", silent=True, profile=STARTS_FIRST
    ),
    "repeated_start_is_not_written_once_the_speed_is_withdrawn": Case(
        "speed 500, 0.2, withdraw speed", "00", profile=STARTS_FIRST
    ),
    "start_that_toggles_is_written_while_data_come": Case(
        "start", "07", done="start", profile=Profile(start_toggles=True)
    ),
    "start_that_toggles_is_not_written_while_no_data_come": Case(
        "start",
        "",
        refused="start",
        why="takes a start",
        silent=True,
        profile=Profile(start_toggles=True),
    ),
    # --- quirks
    "answer_before_the_write_response_is_a_quirk": Case(
        "speed 500",
        "02 f401",
        done="speed 500",
        early=True,
        slow=0.05,
        quirks=(Quirk.ANSWERS_EARLY,),
    ),
    "answer_together_with_the_write_response_is_no_quirk": Case(
        "speed 500", "02 f401", done="speed 500", early=True, slow=0.01
    ),
    "unanswered_request_for_control_is_a_quirk": Case(
        "speed 500, 5",
        "00, 02 f401",
        done="speed 500",
        replies=(NEVER,),
        has_control=False,
        quirks=(Quirk.CONTROL_UNANSWERED,),
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_orders_of_deviating_machines(case: Case) -> None:
    await case.check()


async def never_answers(rig: Rig) -> None:
    """Have two orders go without an answer."""
    rig.machine.script = [NEVER] * 20
    await rig.play("speed 500, 35, speed 400, 35")
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
        assert rig.recorder.all("refused") == [(SetTarget(Axis.SPEED, 500), NO_ANSWER)]
        assert rig.recorder.all("control")[-1] is Control.NONE

    async def test_write_that_never_returns_ends_the_link(self, rig: Rig) -> None:
        await rig.has_control()
        rig.machine.script = [LinkLost("no answer within 5 s")]
        await rig.play("speed 500")
        with pytest.raises(LinkLost):
            await rig.serving

    async def test_machine_that_has_never_answered_keeps_its_link_and_is_reported(
        self, rig: Rig
    ) -> None:
        rig.machine.script = [NEVER] * 20
        await rig.play("speed 500, 30")
        assert rig.recorder.all("refused") == [(SetTarget(Axis.SPEED, 500), NO_ANSWER)]
        assert rig.machine.repairs == 1
        assert Quirk.NO_ANSWERS not in rig.recorder.all("observed")
        await rig.play("speed 400, 20, incline 10, 15")
        assert rig.recorder.all("observed")[-1] is Quirk.NO_ANSWERS
        assert named(rig.recorder.refusals()) == "speed 500, speed 400, incline 10"
        assert not rig.serving.done()

    async def test_machine_that_never_answers_is_written_only_stops(self, rig: Rig) -> None:
        await never_answers(rig)
        await rig.play("speed 300, start, stop, 2, stop")
        assert rig.machine.writes == ["08 01", "08 01"]
        assert "never answers" in rig.recorder.reasons()[0]
        assert not rig.serving.done()

    async def test_missing_answers_are_remembered_for_the_same_machine_on_the_next_link(
        self, rig: Rig
    ) -> None:
        await never_answers(rig)
        rig.point.meet("")
        await rig.play("speed 300")
        assert rig.machine.writes == []
        rig.point.meet("F0:F1:F2:F3:F4:F5")
        rig.machine.script = []
        await rig.play("speed 300")
        assert named(rig.recorder.all("written")) == "speed 300"

    async def test_answer_to_a_stop_allows_other_orders_again(self, rig: Rig) -> None:
        await never_answers(rig)
        rig.machine.script = []
        await rig.play("stop, 5, speed 300")
        assert rig.recorder.all("written") == [STOP, SetTarget(Axis.SPEED, 300)]

    async def test_unanswered_stop_and_order_do_not_end_the_link(self, rig: Rig) -> None:
        rig.machine.script = [NEVER] * 20
        await rig.play("stop, 5, speed 300, 35")
        assert rig.recorder.all("refused")[-1] == (SetTarget(Axis.SPEED, 300), NO_ANSWER)
        assert not rig.serving.done()


async def test_detected_unit_applies_from_the_next_target(rig: Rig) -> None:
    await rig.play("speed 820")
    rig.point.speak(Edge(Profile(target_speed_unit=SpeedUnit.MPH)))
    await rig.play("speed 820")
    assert rig.machine.writes == ["00", "02 3403", "02 f401"]
