"""A story of a belt under guard as a line of text."""

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
from tests.guard.proof.story import Story
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

S = TypeVar("S", bound=Story)


def play(story: S, course: str) -> S:
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
                setattr(story, *SWITCHES[switch])
            case [status] if status in STATUSES:
                story.says(STATUSES[status](story.now))
            case ["names", axis, value]:
                story.says(TargetChanged(story.now, Axis(axis), int(value)))
            case ["press", axis, value]:
                story.press(Axis(axis), float(value))
            case ["runs", *at]:
                story.runs(*map(int, at))
            case ["stands", *belt]:
                story.stands(*map(Belt, belt))
            case ["belt", belt]:
                story.belt = Belt(belt)
            case [verb, *how] if verb in set(Verb):
                verdict = _ask(story, Verb(verb), how)
                assert expected in {"", verdict.result, "/".join(rules(verdict))}, (step, verdict)
            case [seconds]:
                story.wait(float(seconds))
            case _:
                raise AssertionError(step)
    return story


def _ask(story: Story, verb: Verb, how: list[str]) -> Verdict:
    value = int(how[0]) if how and how[0].lstrip("-").isdecimal() else None
    late, program, decide = "late" in how, "program" in how, "undecided" not in how
    return story.ask(verb, value, late=late, program=program, decide=decide)
