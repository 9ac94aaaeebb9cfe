"""A timeline of a belt under guard as a line of text."""

from collections.abc import Callable
from typing import TypeVar

from bridge.guard import Verdict
from bridge.values import Axis, Belt, Verb
from bridge.values.status import (
    ControlLost,
    MachineEvent,
    Paused,
    SafetyKey,
    Started,
    Stopped,
    TargetChanged,
)
from tests.guard.proof.guard_rig import GuardRig
from tests.rigs.wording import rules

STATUSES: dict[str, Callable[[float], MachineEvent]] = {
    "key": SafetyKey,
    "started": Started,
    "stopped": Stopped,
    "paused": Paused,
    "taken": ControlLost,
}
SWITCHES = {
    "off": ("connected", False),
    "on": ("connected", True),
    "silent": ("silent", True),
    "heard": ("silent", False),
    "deaf": ("obeys", False),
    "obeys": ("obeys", True),
}

S = TypeVar("S", bound=GuardRig)


def play(rig: S, course: str) -> S:
    """Play a course: steps parted by commas.

    A number is a pause in seconds. `stop`, `speed 400`, `resume late`, `incline 20 program` and
    `start undecided` are commands; behind `=` is the answer, a result or the rules of its reasons:
    `speed 900=rejected`, `start=safety_key`. `runs 500`, `stands paused`, `belt stopping` and
    `press speed 300` are what happens to the belt, `names speed 300`, `key`, `started`, `stopped`,
    `paused` and `taken` are statuses. `off` and `on` are the link, `silent` and `heard` its
    samples, `deaf` and `obeys` what the machine does with orders.
    """
    for step in course.split(", "):
        does, _, expected = step.partition("=")
        match does.split():
            case [switch] if switch in SWITCHES:
                setattr(rig, *SWITCHES[switch])
            case [status] if status in STATUSES:
                rig.says(STATUSES[status](rig.now))
            case ["names", axis, value]:
                rig.says(TargetChanged(rig.now, Axis(axis), int(value)))
            case ["press", axis, value]:
                rig.press(Axis(axis), float(value))
            case ["runs", *at]:
                rig.runs(*map(int, at))
            case ["stands", *belt]:
                rig.stands(*map(Belt, belt))
            case ["belt", belt]:
                rig.belt = Belt(belt)
            case [verb, *how] if verb in set(Verb):
                verdict = _ask(rig, Verb(verb), how)
                assert expected in {"", verdict.result, "/".join(rules(verdict))}, (step, verdict)
            case [seconds]:
                rig.wait(float(seconds))
            case _:
                raise AssertionError(step)
    return rig


def _ask(rig: GuardRig, verb: Verb, how: list[str]) -> Verdict:
    value = int(how[0]) if how and how[0].lstrip("-").isdecimal() else None
    late, program, decide = "late" in how, "program" in how, "undecided" not in how
    return rig.ask(verb, value, late=late, program=program, decide=decide)
