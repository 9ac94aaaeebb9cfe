"""Plays a scenario on a rig, in the running event loop's time, real or virtual."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Protocol

from simulators.scenario.condition import Condition
from simulators.scenario.script import (
    ENVIRONMENT_FAULTS,
    Action,
    Ask,
    Choose,
    Expect,
    Fault,
    Hold,
    Press,
    Scenario,
    Wait,
    Watch,
)

POLL_S = 0.1
"""Interval in seconds between checks of conditions."""
_NOTHING = 1e-6
"""Tolerance in seconds of sums of times."""


class Rig(Protocol):
    """The system that plays a scenario: a machine, and optionally a bridge."""

    @property
    def has_bridge(self) -> bool:
        """True if there is a bridge."""
        ...

    def press(self, button: str) -> bool:
        """Press a button of the console; return True if the machine obeyed."""
        ...

    def choose(self, axis: str, value: float) -> bool:
        """Set a target at the console; return True if the machine obeyed."""
        ...

    async def fault(self, fault: Fault) -> None:
        """Inject a fault.

        Raises:
            ValueError: unknown fault.
        """
        ...

    async def ask(self, command: Ask) -> None:
        """Send the bridge a command."""
        ...

    def look(self, name: str) -> object:
        """Return the current value of a name.

        Raises:
            ValueError: unknown name.
        """
        ...

    def tick(self) -> None:
        """Update after time has passed."""
        ...


class ScenarioFailedError(AssertionError):
    """An expectation failed; the text is the transcript so far."""


@dataclass
class Transcript:
    """Log of a run, with the seconds since its start."""

    now: Callable[[], float]
    lines: list[tuple[float, str]] = field(default_factory=list)
    on_line: Callable[[float, str], None] = lambda _time, _text: None
    _began: float | None = None

    @property
    def time(self) -> float:
        """Seconds since the start."""
        if self._began is None:
            self._began = self.now()
        return self.now() - self._began

    def add(self, text: str) -> None:
        """Add a line to the log."""
        time = self.time
        self.lines.append((time, text))
        self.on_line(time, text)

    def __str__(self) -> str:
        return "\n".join(f"{time:8.1f}  {text}" for time, text in self.lines)


class Player:
    """Plays one scenario once.

    Without a bridge on the rig, commands and expectations of the bridge are skipped, and the log
    says so.
    """

    def __init__(self, scenario: Scenario, rig: Rig, transcript: Transcript) -> None:
        self._scenario = scenario
        self._rig = rig
        self._transcript = transcript
        self._watched: list[Condition] = self._judged(scenario.always)

    async def play(self) -> None:
        """Play it to its end.

        Raises:
            ScenarioFailedError: an expectation failed.
        """
        self._transcript.add(f"scenario: {self._scenario.title}")
        for step in self._scenario.steps:
            await self._do(step)
            self._check(self._watched, "always")
        self._transcript.add("the end, all as expected")

    async def _do(self, step: Action) -> None:
        rig, log = self._rig, self._transcript.add
        match step:
            case Press(button):
                done = rig.press(button)
                log(f"console: {button}{'' if done else ' (the machine did not)'}")
            case Choose(axis, value):
                done = rig.choose(axis, value)
                log(f"console: {axis} {value:g}{'' if done else ' (the machine did not)'}")
            case Ask() if rig.has_bridge:
                log(f"command: {_command(step)}")
                await rig.ask(step)
            case Ask():
                log(f"command, left to you: {_command(step)}")
            case Fault(name) if name in ENVIRONMENT_FAULTS and not rig.has_bridge:
                log(f"fault, left to you: {name}")
            case Fault(name, details):
                more = " ".join(f"{key}={value}" for key, value in details.items())
                log(f"fault: {name}{' ' + more if more else ''}")
                await rig.fault(step)
            case Wait(seconds):
                await self._pass(seconds)
            case Expect(conditions, within):
                await self._expect(self._judged(conditions), within)
            case Hold(conditions, seconds):
                await self._hold(self._judged(conditions), seconds)
            case Watch(conditions):
                self._watched += self._judged(conditions)

    async def _pass(self, seconds: float) -> None:
        end = self._transcript.time + seconds
        while (left := end - self._transcript.time) > _NOTHING:
            await asyncio.sleep(min(POLL_S, left))
            self._rig.tick()
            self._check(self._watched, "always")

    async def _expect(self, conditions: list[Condition], within: float) -> None:
        end = self._transcript.time + within
        while not self._all(conditions):
            if end - self._transcript.time <= _NOTHING:
                self._fail(conditions, f"within {within:g} s" if within else "now")
            await self._pass(POLL_S)
        for condition in conditions:
            self._transcript.add(f"as expected: {condition.text}")

    async def _hold(self, conditions: list[Condition], seconds: float) -> None:
        end = self._transcript.time + seconds
        self._check(conditions, f"for {seconds:g} s")
        while end - self._transcript.time > _NOTHING:
            await self._pass(POLL_S)
            self._check(conditions, f"for {seconds:g} s")

    def _judged(self, conditions: Iterable[Condition]) -> list[Condition]:
        """Return the conditions that this rig can check."""
        judged = []
        for condition in conditions:
            if self._rig.has_bridge or condition.of_machine:
                judged.append(condition)
            else:
                self._transcript.add(f"not checked without a bridge: {condition.text}")
        return judged

    def _all(self, conditions: list[Condition]) -> bool:
        return all(condition.holds(self._rig.look) for condition in conditions)

    def _check(self, conditions: list[Condition], when: str) -> None:
        if not self._all(conditions):
            self._fail(conditions, when)

    def _fail(self, conditions: list[Condition], when: str) -> None:
        look = self._rig.look
        missed = [condition for condition in conditions if not condition.holds(look)]
        for condition in missed:
            self._transcript.add(f"EXPECTED {when}: {condition.text}, BUT {condition.found(look)}")
        message = f"{self._scenario.title}\n{self._transcript}"
        raise ScenarioFailedError(message)


def _command(command: Ask) -> str:
    return f"set/{command.topic} {command.payload}{' (retained)' if command.retain else ''}"
