"""The actor and its machine: orders, events, faults and restarts of the link."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from bridge.drivers.driver import NO_ANSWER
from bridge.machines import Quirk
from bridge.values import (
    NOT_LINKED,
    NOT_THIS_VALUE,
    Axis,
    Belt,
    Command,
    Control,
    Halt,
    HaltBelt,
    Result,
    SetTarget,
    StartBelt,
    Verb,
)
from protocols.ftms.machine_status import MachineStatus, StatusOp
from protocols.ftms.training_status import TrainingStatus, TrainingStatusValue
from protocols.ftms.treadmill_data import TreadmillData
from tests.rigs.treadmill_rig import MACHINE, POLICY, TreadmillRig, treadmill_rig
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


@dataclass(frozen=True, slots=True)
class Case:
    """What comes of a timeline (see `TreadmillRig.play`).

    `results` are those of commands by their ids, `events` how often each event type is published.
    """

    timeline: str
    results: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    """Part of the reasons of the command `again`."""

    async def check(self) -> None:
        async with treadmill_rig() as rig:
            await rig.play(self.timeline)
            assert {name: " ".join(rig.results(name)) for name in self.results} == self.results
            told = rig.event_types()
            assert {name: told.count(name) for name in self.events} == self.events
            assert self.why in rig.reasons("again")


REFUSED = "refused stop it does not answer, 1"
CASES = {
    "start_that_failed_may_be_there_already": Case(
        "connect, disobeys, start, 1, already start, belt 80, 3",
        {"start": "accepted confirmed"},
        {"refused": 0},
    ),
    "start_that_moves_nothing_fails_and_is_reported": Case(
        "connect, disobeys, start, 1, already start, 18",
        {"start": "accepted failed"},
        {"no_motion": 1},
    ),
    "refused_start_can_be_requested_again_at_once": Case(
        "connect, disobeys, start, 1, refused start not permitted, start as again, 1",
        {"again": "accepted"},
    ),
    "start_that_was_not_answered_is_awaited": Case(
        f"connect, disobeys, start, 1, refused start {NO_ANSWER}, start as again, 1",
        {"again": "rejected"},
        why="already starting",
    ),
    "belt_can_be_started_after_a_stop_that_withdrew_a_start": Case(
        "connect, disobeys, start, stop, 1, not started, 1, start as again, 1",
        {"again": "accepted"},
    ),
    "start_is_awaited_although_an_earlier_one_was_withdrawn": Case(
        "connect, disobeys, start, not started, 1, start as again, 1",
        {"again": "rejected"},
        why="already starting",
    ),
    "second_stop_that_failed_because_the_belt_slows_already_is_no_news": Case(
        "runs, disobeys, stop, written stop, belt 50, 1, already stop, 1", events={"refused": 0}
    ),
    "stop_that_failed_counts_while_the_belt_moves": Case(
        "runs, already stop, 1", events={"refused": 1}
    ),
    "stop_that_failed_does_not_count_once_the_belt_stands": Case(
        "connect, already stop, 1", events={"refused": 0}
    ),
    # The guard orders a stop each second; clients need not get an event for each of them.
    "stop_that_is_refused_each_time_is_told_once_and_is_one_order": Case(
        f"runs, disobeys, stop, {', '.join([REFUSED] * 5)}",
        events={"refused": 1, "refuses_everything": 0},
    ),
    "stop_that_is_refused_while_the_belt_slows_is_not_told_again": Case(
        f"runs, disobeys, stop, {REFUSED}, written stop, belt 50, 1, {REFUSED}",
        events={"refused": 1},
    ),
    "stop_that_is_asked_anew_is_told_anew": Case(
        f"runs, disobeys, stop, {REFUSED}, stop as again, {REFUSED}", events={"refused": 2}
    ),
    "stop_refused_between_written_speeds_is_reported_once": Case(
        "runs, disobeys, stop, 1" + ", refused stop failed, written speed 80, 1" * 3,
        events={"refused": 1},
    ),
    "refusal_after_a_success_is_reported_again": Case(
        "runs" + ", refused speed 80 failed, written speed 80" * 2 + ", 1", events={"refused": 2}
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
async def test_order_outcome_follows_the_answer_of_the_machine(case: Case) -> None:
    await case.check()


class TestTheMachine:
    async def test_wait_for_a_link_ends_when_the_machine_is_connected(
        self, rig: TreadmillRig
    ) -> None:
        waiting = asyncio.create_task(rig.treadmill.wait_connected())
        await asyncio.sleep(1)
        assert not waiting.done()
        rig.treadmill.connected(MACHINE)
        await waiting

    async def test_refusal_of_the_target_fails_the_command_and_is_reported(
        self, rig: TreadmillRig
    ) -> None:
        await rig.play("runs, disobeys, speed 400, silence 0, refused speed 400 not permitted")
        await asyncio.sleep(1)
        assert rig.results("speed") == [Result.ACCEPTED, Result.FAILED]
        assert "not permitted" in rig.reasons("speed")
        assert rig.on("event")[-1] | {"time": ""} == {
            "type": "refused",
            "time": "",
            "text": "The treadmill refused the speed 4 km/h: not permitted.",
            "details": {"axis": "speed", "limit": 4.0, "order": "speed", "cause": "not permitted"},
        }

    @pytest.mark.parametrize(
        ("request_", "words"),
        [
            (SetTarget(Axis.INCLINE, 25), "the incline 2.5 %"),
            (HaltBelt(Halt.STOP), "the stop"),
            (HaltBelt(Halt.PAUSE), "the pause"),
            (StartBelt(), "the start"),
        ],
    )
    async def test_refusal_by_the_machine_is_published_as_a_sentence(
        self, rig: TreadmillRig, request_: Any, words: str
    ) -> None:
        rig.treadmill.refused(request_, "no")
        await asyncio.sleep(1)
        assert rig.on("event")[-1]["text"] == f"The treadmill refused {words}: no."

    async def test_start_that_moves_nothing_is_a_quirk(self, rig: TreadmillRig) -> None:
        await rig.play("connect, disobeys, start, 1, already start, 18")
        assert "start_without_motion" in rig.on("link")[-1]["quirks"]

    async def test_waiting_targets_are_dropped_once_the_belt_stops(self, rig: TreadmillRig) -> None:
        await rig.start()
        rig.machine.withdrawn.clear()
        await rig.play("speed 90, incline 10, 12")
        assert rig.machine.withdrawn == []
        await rig.play("belt 0, 4")
        assert {*rig.machine.withdrawn} == {*Axis}

    async def test_waiting_target_is_dropped_after_a_slower_press_at_the_console(
        self, rig: TreadmillRig
    ) -> None:
        await rig.play("runs, speed 400, 40")
        rig.machine.withdrawn.clear()
        slower = MachineStatus(StatusOp.TARGET_SPEED_CHANGED, 200)
        rig.treadmill.machine_status(slower.encode())
        await rig.live(2)
        assert "console_slowed" in rig.event_types()
        assert rig.machine.withdrawn == [Axis.SPEED]

    async def test_waiting_start_is_dropped_once_the_belt_moves(self, rig: TreadmillRig) -> None:
        await rig.play("connect, disobeys, start, 2")
        assert rig.machine.withdrawn == []
        await rig.play("belt 300, 2")
        assert rig.machine.withdrawn[:1] == [None]

    async def test_detected_mph_is_used_for_every_later_target(self) -> None:
        async with treadmill_rig(replace(POLICY, unit_is_kmh=False, warm_up_s=0.0)) as rig:
            await rig.play("runs, speed 400")
            for _ in range(90):
                await rig.live(1)
                if rig.machine.edges:
                    break
                told = [80, *rig.machine.ordered(Axis.SPEED)][-1]
                assert isinstance(told, int)
                rig.machine.speed = round(told * 1.609)
            await rig.live(1)
            (edge,) = rig.machine.edges
            assert edge.speed_order(500) == 310
            assert "targets_in_mph" in rig.on("link")[-1]["quirks"]

    async def test_refused_half_percents_do_not_fail_a_climb_in_whole_percents(
        self, rig: TreadmillRig
    ) -> None:
        await rig.play("runs, disobeys, incline 20")
        answered = 0
        for _ in range(60):
            orders = rig.machine.ordered(Axis.INCLINE)
            for value in orders[answered:]:
                assert isinstance(value, int)
                if value % 10:
                    rig.treadmill.refused(SetTarget(Axis.INCLINE, value), NOT_THIS_VALUE)
                else:
                    rig.machine.incline = value
                    rig.treadmill.written(SetTarget(Axis.INCLINE, value))
            answered = len(orders)
            await rig.live(1)
        assert rig.treadmill.snapshot.learned.incline.grid == 10
        assert rig.machine.incline == 20
        assert rig.results("incline") == [Result.ACCEPTED, Result.CONFIRMED]

    async def test_quirk_that_the_link_observes_is_published(self, rig: TreadmillRig) -> None:
        await rig.connect()
        rig.treadmill.observed(Quirk.ANSWERS_EARLY)
        await rig.live(1)
        assert rig.on("link")[-1]["quirks"] == ["answers_early"]

    async def test_three_refusals_are_a_quirk_unless_the_value_was_refused(
        self, rig: TreadmillRig
    ) -> None:
        await rig.connect()
        for why in (NOT_THIS_VALUE, NOT_THIS_VALUE, NOT_THIS_VALUE, "no", "no"):
            rig.treadmill.refused(SetTarget(Axis.SPEED, 400), why)
        await rig.live(1)
        assert "refuses_everything" not in rig.event_types()
        await rig.play("refused speed 400 no, 1")
        assert "refuses_everything" in rig.event_types()

    async def test_order_without_a_link_does_not_count_as_a_refusal(
        self, rig: TreadmillRig
    ) -> None:
        await rig.play("runs, speed 500")
        for _ in range(3):
            rig.treadmill.refused(SetTarget(Axis.SPEED, 500), NOT_LINKED)
        await rig.live(1)
        assert rig.results("speed") == [Result.ACCEPTED, Result.FAILED]
        assert rig.reasons("speed") == "The link to the treadmill is down."
        assert {"refused", "refuses_everything"}.isdisjoint(rig.event_types())

    @pytest.mark.parametrize(("program", "tried"), [(False, True), (True, False)])
    async def test_machine_that_refuses_everything_is_retried_only_for_a_person(
        self, rig: TreadmillRig, program: bool, tried: bool
    ) -> None:
        await rig.play("connect, disobeys, belt 200, 5" + ", refused speed 400 no" * 3 + ", 1")
        command = Command("speed", Verb.SPEED, "test", LoopClock().now(), 100, program=program)
        rig.treadmill.take(command)
        await rig.live(1)
        assert (Result.ACCEPTED in rig.results("speed")) is tried
        await rig.play("refused speed 400 no, 1")
        assert rig.results("speed")[-1] is (Result.FAILED if tried else Result.REJECTED)
        assert rig.event_types().count("refuses_everything") == 1

    @pytest.mark.parametrize(
        ("state", "fault"),
        [(Control.TAKEN, "control_taken"), (Control.DENIED, "control_denied")],
    )
    async def test_lost_control_is_a_published_fault(
        self, rig: TreadmillRig, state: Control, fault: str
    ) -> None:
        await rig.start()
        rig.treadmill.control(state)
        await rig.live(1)
        assert rig.on("guard")[-1]["faults"] == [fault]
        assert rig.on("link")[-1]["control"] == state
        assert fault in rig.event_types()

    async def test_held_control_is_no_fault(self, rig: TreadmillRig) -> None:
        await rig.connect()
        rig.treadmill.control(Control.HELD)
        await rig.live(1)
        assert rig.on("guard")[-1]["faults"] == []

    async def test_machine_status_reaches_the_guard(self, rig: TreadmillRig) -> None:
        await rig.start()
        key = MachineStatus(StatusOp.STOPPED_BY_SAFETY_KEY)
        rig.treadmill.machine_status(key.encode())
        await rig.play("belt 0, 3, start as again, 1")
        assert "safety_key" in rig.event_types()
        assert rig.results("again") == [Result.REJECTED]
        assert "safety key" in rig.reasons("again")

    async def test_a_silent_machine_that_answers_is_known_to_stand(self, rig: TreadmillRig) -> None:
        rig.treadmill.connected(MACHINE)
        idle = TrainingStatusValue(TrainingStatus.IDLE).encode()
        rig.treadmill.training_status(idle)
        for _ in range(15):
            rig.treadmill.alive()
            await asyncio.sleep(1)
        assert rig.treadmill.snapshot.belt is Belt.IDLE
        assert rig.on("state")[-1]["speed_kmh"] == 0

    async def test_silence_of_a_moving_belt_is_a_fault_after_ten_seconds(
        self, rig: TreadmillRig
    ) -> None:
        await rig.play("runs, silence 8.5")
        assert rig.on("guard")[-1]["faults"] == []
        await asyncio.sleep(2)
        assert rig.on("guard")[-1]["faults"] == ["stale"]
        assert rig.event_types()[-1] == "stale"
        await rig.live(3)
        assert rig.on("guard")[-1]["faults"] == []
        assert "fresh" in rig.event_types()

    async def test_partial_record_is_no_sample(self, rig: TreadmillRig) -> None:
        rig.treadmill.connected(MACHINE)
        rig.treadmill.treadmill_data(bytes.fromhex("0500000000"))
        rig.treadmill.treadmill_data(b"\x00")
        await asyncio.sleep(1)
        assert rig.treadmill.snapshot.sample is None

    async def test_incline_request_without_incline_control_is_rejected_at_rest_too(
        self, rig: TreadmillRig
    ) -> None:
        rig.treadmill.connected(replace(MACHINE, incline_range=None))
        await rig.live(4)
        rig.request(Verb.INCLINE, 20)
        await rig.live(1)
        assert rig.results("incline") == [Result.REJECTED]
        assert "This machine's incline cannot be set." in rig.reasons("incline")

    async def test_incline_of_a_machine_without_one_is_published_as_null(
        self, rig: TreadmillRig
    ) -> None:
        rig.treadmill.connected(replace(MACHINE, incline_range=None))
        rig.treadmill.treadmill_data(TreadmillData(speed=0, distance=5).encode())
        await asyncio.sleep(1)
        assert rig.on("state")[-1]["incline_percent"] is None
