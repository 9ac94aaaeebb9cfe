"""One treadmill put together: frames and commands in, orders and messages out, in virtual time."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from bridge.contract.parser import Refusal
from bridge.guard import SteepTier
from bridge.history.history import History
from bridge.machines import Quirk
from bridge.values import (
    NOT_THIS_VALUE,
    Axis,
    Belt,
    Command,
    Control,
    Halt,
    HaltBelt,
    Reason,
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


@pytest.fixture
async def here() -> AsyncIterator[Home]:
    async with home() as found:
        yield found


class TestARun:
    async def test_start_speed_and_stop(self, here: Home) -> None:
        await here.start()
        assert here.results("start") == [Result.ACCEPTED, Result.CONFIRMED]

        here.ask(Verb.SPEED, 400)
        await here.live(45)
        assert here.results("speed") == [Result.ACCEPTED, Result.CONFIRMED]
        speeds = here.machine.ordered(Axis.SPEED)
        assert speeds[-1] == 400
        assert speeds == sorted(speeds, key=lambda value: int(str(value)))

        here.ask(Verb.STOP)
        await here.live(4)
        assert here.results("stop") == [Result.ACCEPTED, Result.CONFIRMED]
        assert here.machine.given[-1] == (Halt.STOP,)

    async def test_its_session_is_told_when_it_is_over(self, here: Home) -> None:
        await here.start()
        await here.live(20)
        here.ask(Verb.STOP)
        await here.live(4)

        (said,) = here.on("session")
        assert said["max_speed_kmh"] == 0.8
        assert 18 <= said["moving_s"] <= 24
        assert [kind for kind in here.event_types() if "session" in kind] == [
            "session_started", "session_ended",
        ]  # fmt: skip

    async def test_a_pause_belongs_to_the_session(self, here: Home) -> None:
        await here.start()
        here.ask(Verb.PAUSE)
        await here.live(4)
        assert here.results("pause") == [Result.ACCEPTED, Result.CONFIRMED]
        assert here.treadmill.snapshot.belt is Belt.PAUSED

        assert here.on("session") == []

    async def test_a_stop_is_ordered_without_waiting_for_time_to_pass(self, here: Home) -> None:
        await here.start()
        began = LoopClock().now()
        here.ask(Verb.STOP)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert here.machine.given[-1] == (Halt.STOP,)
        assert LoopClock().now() == began

    async def test_the_first_order_of_a_target_is_marked_as_asked(self, here: Home) -> None:
        await here.start()
        before = len(here.machine.given)
        here.ask(Verb.INCLINE, 5)
        await here.live(10)
        assert [order[2] for order in here.machine.given[before:]][:1] == [True]

    async def test_a_limit_is_told_with_its_rule_and_the_belt_confirms_what_was_allowed(
        self,
        here: Home,
    ) -> None:
        await here.start()
        here.ask(Verb.INCLINE, 120)
        await here.live(30)

        assert here.results("incline") == [Result.LIMITED, Result.CONFIRMED]
        assert "Warm-up: at most 2 %" in here.reasons("incline")


class TestCommands:
    async def test_what_was_refused_at_the_door_is_answered(self, here: Home) -> None:
        refusal = Refusal("x", "speed", "mqtt", Reason("not_json"))
        here.treadmill.take(refusal)
        await asyncio.sleep(1)
        assert here.answers == [refusal]

    async def test_without_a_machine_nothing_moves_and_nothing_is_kept(self, here: Home) -> None:
        for verb in (Verb.START, Verb.STOP, Verb.FINISH):
            here.ask(verb)
        here.ask(Verb.SPEED, 500)
        await asyncio.sleep(1)
        assert all(here.results(v) == [Result.REJECTED] for v in ("start", "stop", "speed"))

        await here.connect()
        await here.live(5)
        assert here.machine.given == []

    async def test_the_same_id_twice_gets_the_first_outcome_and_is_done_once(
        self, here: Home
    ) -> None:
        await here.connect()
        here.ask(Verb.START, identity="a")
        here.ask(Verb.START, identity="a")
        await here.live(3)
        assert here.results("a")[:2] == [Result.ACCEPTED, Result.ACCEPTED]
        assert here.machine.given.count(("start",)) == 1

    async def test_connect_and_release_go_to_the_link(self, here: Home) -> None:
        here.ask(Verb.CONNECT)
        here.ask(Verb.RELEASE)
        await asyncio.sleep(1)
        assert here.machine.links == ["connect", "release"]

    @pytest.mark.parametrize("verb", [Verb.CONNECT, Verb.RELEASE])
    async def test_what_comes_late_neither_takes_nor_leaves_the_link(
        self, here: Home, verb: Verb
    ) -> None:
        await here.start()
        here.ask_late(verb)
        await here.live(1)
        assert here.results(f"late-{verb}") == [Result.REJECTED]
        assert "delivers late" in here.reasons(f"late-{verb}")
        assert here.machine.links == []

    async def test_a_release_is_confirmed_where_there_never_was_a_link(self, here: Home) -> None:
        here.ask(Verb.RELEASE)
        await asyncio.sleep(1)
        assert here.results("release") == [Result.ACCEPTED, Result.CONFIRMED]

    async def test_a_connect_is_confirmed_by_the_link(self, here: Home) -> None:
        here.ask(Verb.CONNECT)
        await here.connect()
        assert here.results("connect") == [Result.ACCEPTED, Result.CONFIRMED]

    @pytest.mark.parametrize("verb", [Verb.CONNECT, Verb.RELEASE])
    async def test_without_a_radio_the_link_takes_no_wishes(self, here: Home, verb: Verb) -> None:
        here.treadmill.line = None
        here.ask(verb)
        await asyncio.sleep(1)
        assert here.results(verb) == [Result.REJECTED]
        assert "no Bluetooth at the moment" in here.reasons(verb)

    async def test_a_line_that_is_gone_takes_no_orders(self, here: Home) -> None:
        await here.start()
        before = list(here.machine.given)
        here.treadmill.line = None
        here.ask(Verb.STOP)
        await here.live(2)
        assert here.machine.given == before


class TestTheMachine:
    async def test_who_waits_for_it_is_told(self, here: Home) -> None:
        waiting = asyncio.create_task(here.treadmill.wait_connected())
        await asyncio.sleep(1)
        assert not waiting.done()
        here.treadmill.connected(MACHINE)
        await waiting

    async def test_its_refusal_fails_the_command_and_is_told(self, here: Home) -> None:
        await here.start()
        here.machine.obeys = False
        here.ask(Verb.SPEED, 400)
        await asyncio.sleep(0)
        here.treadmill.refused(SetTarget(Axis.SPEED, 400), "not permitted")
        await asyncio.sleep(1)

        assert here.results("speed") == [Result.ACCEPTED, Result.FAILED]
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
    async def test_every_refusal_is_put_into_words(
        self, here: Home, request_: Any, words: str
    ) -> None:
        here.treadmill.refused(request_, "no")
        await asyncio.sleep(1)
        assert here.on("event")[-1]["text"] == f"The treadmill refused {words}: no."

    async def test_a_start_that_failed_may_be_there_already(self, here: Home) -> None:
        await here.connect()
        here.machine.obeys = False
        here.ask(Verb.START)
        await here.live(1)
        here.treadmill.already(StartBelt(), "it failed")
        here.machine.speed = 80
        await here.live(3)
        assert here.results("start") == [Result.ACCEPTED, Result.CONFIRMED]
        assert "refused" not in [said["type"] for said in here.on("event")]

    async def test_one_that_moves_nothing_is_told_and_has_failed(self, here: Home) -> None:
        await here.connect()
        here.machine.obeys = False
        here.ask(Verb.START)
        await here.live(1)
        here.treadmill.already(StartBelt(), "it failed")
        await here.live(18)
        assert here.results("start") == [Result.ACCEPTED, Result.FAILED]
        assert "no_motion" in [said["type"] for said in here.on("event")]
        assert "start_without_motion" in here.on("link")[-1]["quirks"]

    async def test_a_second_stop_that_failed_because_the_belt_slows_already_is_no_news(
        self,
        here: Home,
    ) -> None:
        await here.start()
        here.machine.obeys = False
        here.ask(Verb.STOP)
        here.treadmill.written(HaltBelt(Halt.STOP))
        here.machine.speed = 50
        await here.live(1)
        assert here.treadmill.snapshot.belt is Belt.STOPPING
        here.treadmill.already(HaltBelt(Halt.STOP), "it failed")
        await here.live(1)
        assert "refused" not in here.event_types()

    @pytest.mark.parametrize("slows", [True, False])
    async def test_a_stop_that_is_refused_each_time_is_told_once_and_is_one_order(
        self, here: Home, slows: bool
    ) -> None:
        """The guard says it each second; whoever listens need not hear of that each second."""
        await here.start()
        here.machine.obeys = False
        here.ask(Verb.STOP)
        for _ in range(5):
            here.treadmill.refused(HaltBelt(Halt.STOP), "it does not answer")
            await here.live(1)
        assert here.event_types().count("refused") == 1
        assert "refuses_everything" not in here.event_types()

        if slows:
            here.treadmill.written(HaltBelt(Halt.STOP))
            here.machine.speed = 50
            await here.live(1)
            assert here.treadmill.snapshot.belt is Belt.STOPPING
        else:
            here.ask(Verb.STOP)  # whoever asks anew is told anew
        here.treadmill.refused(HaltBelt(Halt.STOP), "it does not answer")
        await here.live(1)
        assert here.event_types().count("refused") == (1 if slows else 2)

    async def test_a_stop_that_failed_counts_once_the_belt_stands(self) -> None:
        async with home() as here:
            await here.start()
            here.treadmill.already(HaltBelt(Halt.STOP), "it failed")
            await here.live(1)
            assert "refused" in [said["type"] for said in here.on("event")]
        async with home() as here:
            await here.connect()
            here.treadmill.already(HaltBelt(Halt.STOP), "it failed")
            await here.live(1)
            assert "refused" not in [said["type"] for said in here.on("event")]

    async def test_targets_that_wait_are_dropped_once_the_belt_does_not_run(
        self, here: Home
    ) -> None:
        await here.start()
        here.machine.withdrawn.clear()
        here.ask(Verb.SPEED, 90)
        here.ask(Verb.INCLINE, 10)
        await here.live(12)
        assert here.machine.withdrawn == []
        here.machine.speed = 0
        await here.live(4)
        assert {*here.machine.withdrawn} == {*Axis}

    async def test_what_waits_is_dropped_once_somebody_slowed_the_belt_at_the_console(
        self, here: Home
    ) -> None:
        await here.start()
        here.ask(Verb.SPEED, 400)
        await here.live(40)
        here.machine.withdrawn.clear()
        slower = MachineStatus(StatusOp.TARGET_SPEED_CHANGED, 200)
        here.treadmill.machine_status(slower.encode())
        await here.live(2)
        assert "console_slowed" in here.event_types()
        assert here.machine.withdrawn == [Axis.SPEED]

    async def test_a_start_that_waits_is_dropped_once_the_belt_moves(self, here: Home) -> None:
        await here.connect()
        here.machine.obeys = False
        here.ask(Verb.START)
        await here.live(2)
        assert here.machine.withdrawn == []
        here.machine.speed = 300
        await here.live(2)
        assert here.machine.withdrawn[:1] == [None]

    async def test_miles_that_are_found_out_are_spoken_from_then_on(self) -> None:
        async with home(replace(POLICY, unit_is_kmh=False, warm_up_s=0.0)) as here:
            await here.start()
            here.ask(Verb.SPEED, 400)
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

    async def test_halves_that_are_refused_do_not_fail_a_climb_in_whole_percents(
        self, here: Home
    ) -> None:
        await here.start()
        here.machine.obeys = False
        here.ask(Verb.INCLINE, 20)
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

    async def test_the_ways_that_its_link_sees_are_told(self, here: Home) -> None:
        await here.connect()
        here.treadmill.observed(Quirk.ANSWERS_EARLY)
        await here.live(1)
        assert here.on("link")[-1]["quirks"] == ["answers_early"]

    async def test_three_refusals_are_the_machine_s_unless_they_are_the_order_s(
        self, here: Home
    ) -> None:
        await here.connect()
        for why in (NOT_THIS_VALUE, NOT_THIS_VALUE, NOT_THIS_VALUE, "no", "no"):
            here.treadmill.refused(SetTarget(Axis.SPEED, 400), why)
        await here.live(1)
        assert "refuses_everything" not in [said["type"] for said in here.on("event")]
        here.treadmill.refused(SetTarget(Axis.SPEED, 400), "no")
        await here.live(1)
        assert "refuses_everything" in [said["type"] for said in here.on("event")]

    @pytest.mark.parametrize(("program", "tried"), [(False, True), (True, False)])
    async def test_a_machine_that_refuses_everything_is_tried_again_by_a_person(
        self, here: Home, program: bool, tried: bool
    ) -> None:
        await here.connect()
        here.machine.obeys = False
        here.machine.speed = 200
        await here.live(5)
        for _ in range(3):
            here.treadmill.refused(SetTarget(Axis.SPEED, 400), "no")
        await here.live(1)
        command = Command("speed", Verb.SPEED, "test", LoopClock().now(), 100, program=program)
        here.treadmill.take(command)
        await here.live(1)
        assert (Result.ACCEPTED in here.results("speed")) is tried
        here.treadmill.refused(SetTarget(Axis.SPEED, 400), "no")
        await here.live(1)
        assert here.results("speed")[-1] is (Result.FAILED if tried else Result.REJECTED)
        assert here.event_types().count("refuses_everything") == 1

    async def test_a_refused_stop_has_not_failed_because_it_is_repeated(self, here: Home) -> None:
        await here.start()
        here.machine.obeys = False
        here.ask(Verb.STOP)
        await asyncio.sleep(0)
        here.treadmill.refused(HaltBelt(Halt.STOP), "failed")
        await here.live(3)
        assert here.results("stop") == [Result.ACCEPTED]
        assert here.machine.given.count((Halt.STOP,)) >= 3

    @pytest.mark.parametrize(
        ("state", "fault"),
        [(Control.TAKEN, "control_taken"), (Control.DENIED, "control_denied")],
    )
    async def test_control_that_is_gone_is_a_fault(
        self, here: Home, state: Control, fault: str
    ) -> None:
        await here.start()
        here.treadmill.control(state)
        await here.live(1)
        assert here.on("guard")[-1]["faults"] == [fault]
        assert here.on("link")[-1]["control"] == state
        assert fault in here.event_types()

    async def test_control_that_is_held_is_none(self, here: Home) -> None:
        await here.connect()
        here.treadmill.control(Control.HELD)
        await here.live(1)
        assert here.on("guard")[-1]["faults"] == []

    async def test_its_status_reaches_the_guard(self, here: Home) -> None:
        await here.start()
        key = MachineStatus(StatusOp.STOPPED_BY_SAFETY_KEY)
        here.treadmill.machine_status(key.encode())
        here.machine.speed = 0
        await here.live(3)
        assert "safety_key" in here.event_types()

        here.ask(Verb.START, identity="again")
        await here.live(1)
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

    async def test_half_a_record_is_no_sample(self, here: Home) -> None:
        here.treadmill.connected(MACHINE)
        here.treadmill.treadmill_data(bytes.fromhex("0500000000"))
        here.treadmill.treadmill_data(b"\x00")
        await asyncio.sleep(1)
        assert here.treadmill.snapshot.sample is None

    async def test_a_machine_without_incline_has_none_confirmed(self, here: Home) -> None:
        here.treadmill.connected(replace(MACHINE, incline_range=None))
        frame = TreadmillData(speed=0, distance=5).encode()
        here.treadmill.treadmill_data(frame)
        await asyncio.sleep(1)
        assert here.on("state")[-1]["incline_percent"] is None


class TestEnds:
    async def test_a_lost_link_fails_what_was_open_and_is_told(self, here: Home) -> None:
        await here.start()
        here.ask(Verb.SPEED, 500)
        await here.live(1)
        here.treadmill.disconnected("the link was lost")
        await asyncio.sleep(1)

        assert here.results("speed") == [Result.ACCEPTED, Result.FAILED]
        assert here.on("state")[-1]["belt"] == "unknown"
        assert ("availability", b"offline") in here.said

    async def test_nothing_asked_before_outlives_a_link(self, here: Home) -> None:
        await here.start()
        here.ask(Verb.SPEED, 900)
        await here.live(2)
        here.treadmill.disconnected("the link was lost")
        await asyncio.sleep(5)
        before = len(here.machine.given)

        here.treadmill.connected(MACHINE)
        await here.live(20)

        assert here.machine.given[before:] == []
        assert here.event_types()[-1] == "adopted"

    async def test_a_command_that_the_guard_overrules_has_failed(self, here: Home) -> None:
        await here.start()
        here.ask(Verb.SPEED, 500)
        await here.live(30)
        here.machine.obeys = False
        here.machine.speed = 150  # somebody at the console
        await here.live(6)
        assert "console_slowed" in here.event_types()
        assert here.results("speed") == [Result.ACCEPTED, Result.FAILED]

    async def test_its_last_word_is_offline(self) -> None:
        async with home() as here:
            await here.connect()
        assert here.said[-1] == ("availability", b"offline")

    async def test_what_comes_after_its_end_is_answered_too(self) -> None:
        """Until another takes its place, which waits for the link to be let go."""
        async with home() as here:
            await here.start()
        here.ask(Verb.STOP)
        assert here.results("stop") == [Result.REJECTED]
        assert "restarting" in here.reasons("stop")

    async def test_an_unexpected_failure_ends_its_task_and_says_offline(self) -> None:
        here = Home()
        here.treadmill.take("no message")  # type: ignore[arg-type]
        with pytest.raises(AttributeError):
            await here.treadmill.run()
        assert here.said[-1] == ("availability", b"offline")


def moment(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


class TestOnTheClock:
    """The guard has no clock on the wall; here there is one."""

    async def test_a_moment_to_come_is_told_by_it(self) -> None:
        tier = SteepTier(threshold=50, budget_s=12, window_s=600, then=20)
        policy = replace(POLICY, warm_up_s=0.0, incline_ramp=5.0, steep=(tier,))
        async with home(policy=policy) as here:
            await here.start()
            here.ask(Verb.INCLINE, 60)
            await here.live(40)
            here.ask(Verb.INCLINE, 60, identity="again")
            await here.live(1)

            (closed,) = (e for e in here.on("event") if e["type"] == "steep_closed")
            (reason,) = here.on("guard")[-1]["bounds"]["incline"]["reasons"]
            said = [closed["text"], reason["text"], here.reasons("again")]
            assert all(re.search(r"until \d\d:\d\d", text) for text in said)
            assert abs(moment(closed["details"]["until"]) - moment(reason["until"])) <= 5


async def test_what_was_learned_of_a_machine_is_there_after_a_restart() -> None:
    history = History.blank(LoopClock())
    async with home(history=history) as here:
        await here.start()
        here.ask(Verb.SPEED, 300)
        await here.live(60)
        learned = here.treadmill.snapshot.learned
        assert learned.speed.spread is not None
        assert here.on("link")[-1]["learned"]["speed"]["gain"] is not None
    async with home(history=history) as again:
        await again.connect()
        assert again.treadmill.snapshot.learned.speed == learned.speed


class TestStrap:
    async def test_its_heart_rate_stands_in_the_place_of_the_machine_s(self, here: Home) -> None:
        await here.start()
        for bpm in (120, 121, 122):
            here.treadmill.heart_rate(bpm)
            await here.live(1)
        assert here.on("state")[-1]["heart_rate_bpm"] == 122
        here.treadmill.heart_rate(0)
        await here.live(3)
        assert here.on("state")[-1]["heart_rate_bpm"] is None
