"""Timelines out of the scenarios, and mutants of them: the same seed makes the same mutant."""

from dataclasses import dataclass
from random import Random

from bridge.values import Axis, Verb
from simulators.ftms.faults import (
    AnswerWith,
    DropAnswers,
    Duplicate,
    Fault,
    Garble,
    HangUp,
    LoseControl,
    LoseLink,
    PullKey,
    RefuseWrites,
    Reorder,
    RunOn,
    Silence,
    StartItself,
    Tear,
)
from simulators.physics.console import BUTTONS
from simulators.scenario import script
from simulators.scenario.breaking import KINDS, breakage
from simulators.scenario.script import Choose, Expect, Hold, Press, Scenario, Wait
from tests.timelines.wired_rig import WiredRig

LONGEST_S = 90.0
LONGEST_WAIT_S = 20.0
STEPS = 30
_VERBS = [verb for verb in Verb if verb not in {Verb.PAIN, Verb.PERSON, Verb.SHOES}]


@dataclass(frozen=True)
class Button:
    name: str

    def act(self, rig: WiredRig) -> None:
        rig.button(self.name)


@dataclass(frozen=True)
class Chosen:
    axis: Axis
    value: int

    def act(self, rig: WiredRig) -> None:
        rig.choose(self.axis, self.value)


@dataclass(frozen=True)
class Asked:
    verb: Verb
    value: int | None = None
    program: bool = False
    late: bool = False

    def act(self, rig: WiredRig) -> None:
        rig.ask(self.verb, self.value, program=self.program, late=self.late)


@dataclass(frozen=True)
class Broken:
    fault: Fault

    def act(self, rig: WiredRig) -> None:
        rig.breaks(self.fault)


@dataclass(frozen=True)
class Waited:
    seconds: float

    def act(self, rig: WiredRig) -> None:
        rig.wait(self.seconds)


Step = Button | Chosen | Asked | Broken | Waited
Timeline = tuple[Step, ...]


def timeline(scenario: Scenario) -> Timeline:
    """The events of a scenario; an expectation becomes elapsed time."""
    steps = [step for action in scenario.steps for step in _steps(action)]
    return tuple(steps)


def _steps(action: script.Action) -> list[Step]:
    match action:
        case Press(button):
            return [Button(button)]
        case Choose("speed", value):
            return [Chosen(Axis.SPEED, round(value * 100))]
        case Choose(_, value):
            return [Chosen(Axis.INCLINE, round(value * 10))]
        case script.Ask(topic, payload):
            return _asked(topic, payload)
        case script.Fault(name, details) if name in KINDS:
            fault, when = breakage(name, details)
            return [Broken(fault)] if when is None and isinstance(fault, Fault) else []
        case Wait(seconds):
            return [Waited(min(seconds, LONGEST_WAIT_S))]
        case Expect(_, seconds) | Hold(_, seconds):
            return [Waited(min(seconds / 2, LONGEST_WAIT_S))]
        case _:
            return []


def _asked(topic: str, payload: str) -> list[Step]:
    try:
        if topic == "belt":
            return [Asked(Verb(payload))]
        if topic in {"speed", "incline"}:
            number = float(payload)
            if 0 < number < 100:
                return [Asked(Verb(topic), round(number * (100 if topic == "speed" else 10)))]
    except ValueError:
        pass
    return []


def mutant(chance: Random, seeds: list[Timeline]) -> Timeline:
    """A scenario's timeline with some things otherwise, and never longer than the longest."""
    steps = list(chance.choice(seeds))
    for _ in range(chance.randint(1, 8)):
        _mutate(steps, chance, seeds)
    return _cut(steps)


def _mutate(steps: list[Step], chance: Random, seeds: list[Timeline]) -> None:
    place = chance.randrange(len(steps) + 1)
    other = chance.randrange(len(steps)) if steps else 0
    match chance.randrange(6):
        case 0 if steps:
            del steps[other]
        case 1 if steps:
            steps.insert(place, steps[other])
        case 2 if steps and place < len(steps):
            steps[place], steps[other] = steps[other], steps[place]
        case 3:
            part = chance.choice(seeds)
            begin = chance.randrange(len(part) + 1)
            steps[place:place] = part[begin : begin + chance.randint(1, 6)]
        case 4 if steps:
            steps[other] = _bent(steps[other], chance)
        case _:
            steps.insert(place, _made_up(chance))


def _bent(step: Step, chance: Random) -> Step:
    match step:
        case Waited(seconds):
            return Waited(min(seconds * chance.uniform(0, 2), LONGEST_WAIT_S))
        case Chosen(axis, value):
            return Chosen(axis, round(value * chance.uniform(0, 2)))
        case Asked(verb, int(value)):
            return Asked(verb, max(1, round(value * chance.uniform(0, 2))), chance.random() < 0.3)
        case _:
            return _made_up(chance)


def _made_up(chance: Random) -> Step:
    match chance.randrange(6):
        case 0:
            return Button(chance.choice(list(BUTTONS)))
        case 1:
            return Chosen(Axis.SPEED, chance.randint(80, 1600))
        case 2:
            return Chosen(Axis.INCLINE, chance.randint(0, 150))
        case 3:
            return Broken(_fault(chance))
        case 4:
            verb = chance.choice(_VERBS)
            value = {Verb.SPEED: chance.randint(1, 2000), Verb.INCLINE: chance.randint(-50, 200)}
            return Asked(verb, value.get(verb), chance.random() < 0.2, chance.random() < 0.1)
        case _:
            return Waited(chance.randint(1, 60) / 4)


def _fault(chance: Random) -> Fault:
    some = chance.randint(1, 4)
    faults: list[Fault] = [
        LoseLink(chance.uniform(0.5, 10)),
        HangUp(),
        RefuseWrites(chance.choice([0x05, 0x0F, 0xFD, 0xFE]), some),
        DropAnswers(some),
        AnswerWith(chance.randint(2, 5), some),
        Tear(chance.randint(0, 8), some),
        Duplicate(some),
        Reorder(some),
        Garble(some),
        Silence(chance.uniform(1, 15)),
        LoseControl(),
        PullKey(),
        StartItself(chance.choice([0, chance.randint(80, 1600)])),
        RunOn(chance.uniform(1, 10)),
    ]
    return chance.choice(faults)


def _cut(steps: list[Step]) -> Timeline:
    kept: list[Step] = []
    left = LONGEST_S
    for step in steps[:STEPS]:
        if isinstance(step, Waited):
            if step.seconds > left:
                break
            left -= step.seconds
        kept.append(step)
    return (*kept, Waited(2.0))
