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
from tests.rigs.home import MACHINE, POLICY, Home, home
from tests.rigs.virtual_time import LoopClock

pytestmark = pytest.mark.virtual_time


@dataclass(frozen=True, slots=True)
class Case:
    """What comes of a story (see `Home.play`).

    `results` are those of commands by their ids, `events` how often each event type is published.
    """

    story: str
    results: Mapping[str, str] = field(default_factory=dict)
    events: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    """Part of the reasons of the command `again`."""

    async def check(self) -> None:
        async with home() as here:
            await here.play(self.story)
            assert {name: " ".join(here.results(name)) for name in self.results} == self.results
            told = here.event_types()
            assert {name: told.count(name) for name in self.events} == self.events
            assert self.why in here.reasons("again")


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
    async def test_wait_for_a_link_ends_when_the_machine_is_connected(self, here: Home) -> None:
        waiting = asyncio.create_task(here.treadmill.wait_connected())
        await asyncio.sleep(1)
        assert not waiting.done()
        here.treadmill.connected(MACHINE)
        await waiting

    async def test_refusal_of_the_target_fails_the_command_and_is_reported(
        self, here: Home
    ) -> None:
        await here.play("runs, disobeys, speed 400, silence 0, refused speed 400 not permitted")
        await asyncio.sleep(1)
        assert here.results("speed") == [Result.ACCEPTED, Result.FAILED]
        assert "not permitted" in here.reasons("speed")
        assert here.on("event")[-1] | {"time": ""} == {
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
        self, here: Home, request_: Any, words: str
    ) -> None:
        here.treadmill.refused(request_, "no")
        await asyncio.sleep(1)
        assert here.on("event")[-1]["text"] == f"The treadmill refused {words}: no."

    async def test_start_that_moves_nothing_is_a_quirk(self, here: Home) -> None:
        await here.play("connect, disobeys, start, 1, already start, 18")
        assert "start_without_motion" in here.on("link")[-1]["quirks"]

    async def test_waiting_targets_are_dropped_once_the_belt_stops(self, here: Home) -> None:
        await here.start()
        here.machine.withdrawn.clear()
        await here.play("speed 90, incline 10, 12")
        assert here.machine.withdrawn == []
        await here.play("belt 0, 4")
        assert {*here.machine.withdrawn} == {*Axis}

    async def test_waiting_target_is_dropped_after_a_slower_press_at_the_console(
        self, here: Home
    ) -> None:
        await here.play("runs, speed 400, 40")
        here.machine.withdrawn.clear()
        slower = MachineStatus(StatusOp.TARGET_SPEED_CHANGED, 200)
        here.treadmill.machine_status(slower.encode())
        await here.live(2)
        assert "console_slowed" in here.event_types()
        assert here.machine.withdrawn == [Axis.SPEED]

    async def test_waiting_start_is_dropped_once_the_belt_moves(self, here: Home) -> None:
        await here.play("connect, disobeys, start, 2")
        assert here.machine.withdrawn == []
        await here.play("belt 300, 2")
        assert here.machine.withdrawn[:1] == [None]

    async def test_detected_mph_is_used_for_every_later_target(self) -> None:
        async with home(replace(POLICY, unit_is_kmh=False, warm_up_s=0.0)) as here:
            await here.play("runs, speed 400")
            for _ in range(90):
                await here.live(1)
                if here.machine.edges:
                    break
                told = [80, *here.machine.ordered(Axis.SPEED)][-1]
                assert isinstance(told, int)
                here.machine.speed = round(told * 1.609)
            await here.live(1)
            (edge,) = here.machine.edges
            assert edge.speed_order(500) == 310
            assert "targets_in_mph" in here.on("link")[-1]["quirks"]

    async def test_refused_half_percents_do_not_fail_a_climb_in_whole_percents(
        self, here: Home
    ) -> None:
        await here.play("runs, disobeys, incline 20")
        answered = 0
        for _ in range(60):
            orders = here.machine.ordered(Axis.INCLINE)
            for value in orders[answered:]:
                assert isinstance(value, int)
                if value % 10:
                    here.treadmill.refused(SetTarget(Axis.INCLINE, value), NOT_THIS_VALUE)
                else:
                    here.machine.incline = value
                    here.treadmill.written(SetTarget(Axis.INCLINE, value))
            answered = len(orders)
            await here.live(1)
        assert here.treadmill.snapshot.learned.incline.grid == 10
        assert here.machine.incline == 20
        assert here.results("incline") == [Result.ACCEPTED, Result.CONFIRMED]

    async def test_quirk_that_the_link_observes_is_published(self, here: Home) -> None:
        await here.connect()
        here.treadmill.observed(Quirk.ANSWERS_EARLY)
        await here.live(1)
        assert here.on("link")[-1]["quirks"] == ["answers_early"]

    async def test_three_refusals_are_a_quirk_unless_the_value_was_refused(
        self, here: Home
    ) -> None:
        await here.connect()
        for why in (NOT_THIS_VALUE, NOT_THIS_VALUE, NOT_THIS_VALUE, "no", "no"):
            here.treadmill.refused(SetTarget(Axis.SPEED, 400), why)
        await here.live(1)
        assert "refuses_everything" not in here.event_types()
        await here.play("refused speed 400 no, 1")
        assert "refuses_everything" in here.event_types()

    async def test_order_without_a_link_does_not_count_as_a_refusal(self, here: Home) -> None:
        await here.play("runs, speed 500")
        for _ in range(3):
            here.treadmill.refused(SetTarget(Axis.SPEED, 500), NOT_LINKED)
        await here.live(1)
        assert here.results("speed") == [Result.ACCEPTED, Result.FAILED]
        assert here.reasons("speed") == "The link to the treadmill is down."
        assert {"refused", "refuses_everything"}.isdisjoint(here.event_types())

    @pytest.mark.parametrize(("program", "tried"), [(False, True), (True, False)])
    async def test_machine_that_refuses_everything_is_retried_only_for_a_person(
        self, here: Home, program: bool, tried: bool
    ) -> None:
        await here.play("connect, disobeys, belt 200, 5" + ", refused speed 400 no" * 3 + ", 1")
        command = Command("speed", Verb.SPEED, "test", LoopClock().now(), 100, program=program)
        here.treadmill.take(command)
        await here.live(1)
        assert (Result.ACCEPTED in here.results("speed")) is tried
        await here.play("refused speed 400 no, 1")
        assert here.results("speed")[-1] is (Result.FAILED if tried else Result.REJECTED)
        assert here.event_types().count("refuses_everything") == 1

    @pytest.mark.parametrize(
        ("state", "fault"),
        [(Control.TAKEN, "control_taken"), (Control.DENIED, "control_denied")],
    )
    async def test_lost_control_is_a_published_fault(
        self, here: Home, state: Control, fault: str
    ) -> None:
        await here.start()
        here.treadmill.control(state)
        await here.live(1)
        assert here.on("guard")[-1]["faults"] == [fault]
        assert here.on("link")[-1]["control"] == state
        assert fault in here.event_types()

    async def test_held_control_is_no_fault(self, here: Home) -> None:
        await here.connect()
        here.treadmill.control(Control.HELD)
        await here.live(1)
        assert here.on("guard")[-1]["faults"] == []

    async def test_machine_status_reaches_the_guard(self, here: Home) -> None:
        await here.start()
        key = MachineStatus(StatusOp.STOPPED_BY_SAFETY_KEY)
        here.treadmill.machine_status(key.encode())
        await here.play("belt 0, 3, start as again, 1")
        assert "safety_key" in here.event_types()
        assert here.results("again") == [Result.REJECTED]
        assert "safety key" in here.reasons("again")

    async def test_a_silent_machine_that_answers_is_known_to_stand(self, here: Home) -> None:
        here.treadmill.connected(MACHINE)
        idle = TrainingStatusValue(TrainingStatus.IDLE).encode()
        here.treadmill.training_status(idle)
        for _ in range(15):
            here.treadmill.alive()
            await asyncio.sleep(1)
        assert here.treadmill.snapshot.belt is Belt.IDLE
        assert here.on("state")[-1]["speed_kmh"] == 0

    async def test_silence_of_a_moving_belt_is_a_fault_after_ten_seconds(self, here: Home) -> None:
        await here.play("runs, silence 8.5")
        assert here.on("guard")[-1]["faults"] == []
        await asyncio.sleep(2)
        assert here.on("guard")[-1]["faults"] == ["stale"]
        assert here.event_types()[-1] == "stale"
        await here.live(3)
        assert here.on("guard")[-1]["faults"] == []
        assert "fresh" in here.event_types()

    async def test_partial_record_is_no_sample(self, here: Home) -> None:
        here.treadmill.connected(MACHINE)
        here.treadmill.treadmill_data(bytes.fromhex("0500000000"))
        here.treadmill.treadmill_data(b"\x00")
        await asyncio.sleep(1)
        assert here.treadmill.snapshot.sample is None

    async def test_incline_request_without_incline_control_is_rejected_at_rest_too(
        self, here: Home
    ) -> None:
        here.treadmill.connected(replace(MACHINE, incline_range=None))
        await here.live(4)
        here.request(Verb.INCLINE, 20)
        await here.live(1)
        assert here.results("incline") == [Result.REJECTED]
        assert "This machine's incline cannot be set." in here.reasons("incline")

    async def test_incline_of_a_machine_without_one_is_published_as_null(self, here: Home) -> None:
        here.treadmill.connected(replace(MACHINE, incline_range=None))
        here.treadmill.treadmill_data(TreadmillData(speed=0, distance=5).encode())
        await asyncio.sleep(1)
        assert here.on("state")[-1]["incline_percent"] is None
