"""Despite any events between command and end: each command ends exactly once, and truthfully."""

import asyncio
from collections import defaultdict
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge.contract.parser import Refusal
from bridge.values import Axis, Command, Control, Outcome, Reason, Result, Verb
from protocols.ftms.machine_status import MachineStatus, StatusOp
from tests.rigs.effort import effort
from tests.rigs.treadmill_rig import MACHINE, TreadmillRig, treadmill_rig
from tests.rigs.virtual_time import LoopClock, run

pytestmark = pytest.mark.virtual_time

FINAL = {Result.CONFIRMED, Result.REJECTED, Result.SUPERSEDED, Result.FAILED}
FIRST = {Result.ACCEPTED, Result.LIMITED, Result.REJECTED}

DETAILS: dict[Verb, dict[str, object]] = {
    Verb.PAIN: {"place": "knee", "severity": 2},
    Verb.PLAN: {"severity": 2},
    Verb.PERSON: {"name": "nobody who is known"},
    Verb.SHOES: {"name": "none that are known"},
}
COMMANDS = st.one_of(
    st.tuples(st.just(Verb.SPEED), st.integers(50, 1700)),
    st.tuples(st.just(Verb.INCLINE), st.integers(0, 160)),
    st.tuples(st.sampled_from([v for v in Verb if v not in {Verb.SPEED, Verb.INCLINE}]), st.none()),
)
HAPPENINGS = st.lists(
    st.one_of(
        st.tuples(st.just("ask"), COMMANDS),
        st.tuples(st.just("live"), st.integers(1, 40)),
        st.tuples(st.just("console"), st.integers(0, 1200)),
        st.tuples(st.just("disobey"), st.booleans()),
        st.tuples(st.just("link"), st.booleans()),
        st.tuples(st.just("key"), st.none()),
        st.tuples(st.just("control"), st.sampled_from(Control)),
    ),
    min_size=3,
    max_size=12,
)


async def happen(rig: TreadmillRig, number: int, what: str, value: Any) -> None:
    match what:
        case "ask":
            verb, target = value
            details = DETAILS.get(verb, {})
            now = LoopClock().now()
            identity = f"{verb}-{number}"
            rig.treadmill.take(Command(identity, verb, "test", now, target, details=details))
        case "live":
            await rig.live(value)
        case "console":
            rig.machine.speed = value
        case "disobey":
            rig.machine.obeys = not value
        case "link" if value:
            rig.treadmill.connected(MACHINE)
        case "link":
            rig.treadmill.disconnected("the link was lost")
        case "key":
            rig.machine.speed = 0
            rig.treadmill.machine_status(MachineStatus(StatusOp.STOPPED_BY_SAFETY_KEY).encode())
        case "control":
            rig.treadmill.control(value)


def fates(rig: TreadmillRig) -> dict[str, list[Outcome]]:
    told = defaultdict(list)
    for answer in rig.answers:
        if isinstance(answer, Outcome):
            told[answer.command.id].append(answer)
    return told


def assert_each_ended_once(rig: TreadmillRig, asked: set[str]) -> None:
    told = fates(rig)
    assert told.keys() == asked
    for identity, outcomes in told.items():
        results = [outcome.result for outcome in outcomes]
        assert results[0] in FIRST, (identity, results)
        assert [result for result in results if result in FINAL] == results[-1:], identity
        assert len(results) == (1 if results[0] is Result.REJECTED else 2), (identity, results)
        if results[-1] in {Result.REJECTED, Result.SUPERSEDED, Result.FAILED}:
            assert outcomes[-1].reasons, identity
        if results[-1] is Result.SUPERSEDED:
            assert outcomes[-1].reasons[-1] == Reason("superseded")


@pytest.mark.unmeasured
@settings(max_examples=effort(40, 400))
@given(HAPPENINGS)
def test_each_command_has_one_first_and_one_final_outcome(
    happenings: list[tuple[str, Any]],
) -> None:
    asked: set[str] = set()

    async def timeline() -> TreadmillRig:
        async with treadmill_rig() as rig:
            await rig.start()
            asked.add("start")
            for number, (what, value) in enumerate(happenings):
                if what == "ask":
                    asked.add(f"{value[0]}-{number}")
                await happen(rig, number, what, value)
        return rig

    assert_each_ended_once(run(timeline()), asked)


async def test_open_command_fails_when_the_bridge_ends() -> None:
    async with treadmill_rig() as rig:
        await rig.play("runs, speed 600, 2")
        assert rig.results("speed") == [Result.ACCEPTED]
    assert rig.results("speed") == [Result.ACCEPTED, Result.FAILED]
    assert "bridge stopped or restarted" in rig.reasons("speed")


async def test_waiting_command_is_rejected_when_the_bridge_ends() -> None:
    async with treadmill_rig() as rig:
        await rig.connect()
        rig.request(Verb.SPEED, 600, "waiting")
        refusal = Refusal("r", "speed", "test", Reason("invalid_value"))
        rig.treadmill.take(refusal)
        rig.treadmill.alive()
    assert rig.results("waiting") == [Result.REJECTED]
    assert "Send the command again" in rig.reasons("waiting")
    assert refusal in rig.answers
    assert rig.machine.ordered(Axis.SPEED) == []


async def test_command_during_the_start_of_the_bridge_is_answered_at_once() -> None:
    async with treadmill_rig() as rig:
        await rig.play("connect, disobeys, start, speed 600, start as again, 2")
        assert rig.results("speed") == [Result.REJECTED]
        assert rig.results("again") == [Result.REJECTED]
        await rig.live(25)
        assert rig.results("start") == [Result.ACCEPTED, Result.FAILED]


@pytest.mark.parametrize(
    ("verb", "details"),
    [(Verb.PAIN, {"place": "knee", "severity": 0}), (Verb.PAIN, {"clear": True})],
)
async def test_command_that_needs_no_machine_is_confirmed_at_once(
    verb: Verb, details: dict[str, object]
) -> None:
    async with treadmill_rig() as rig:
        command = Command("p", verb, "test", LoopClock().now(), details=details)
        rig.treadmill.take(command)
        await asyncio.sleep(1)
    assert rig.results("p") == [Result.ACCEPTED, Result.CONFIRMED]
