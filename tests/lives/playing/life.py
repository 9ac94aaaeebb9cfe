"""Plays one life: a person, a machine and the real `Treadmill` class, in virtual time.

There is no event loop. The actor's queue is drained by hand, in its order, with a decision after
each piece of work and four times a second, as `Treadmill.run` does.
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from bridge.contract.parser import Refusal
from bridge.contract.payloads import (
    EventPayload,
)
from bridge.contract.topics import Topics
from bridge.guard import Policy
from bridge.history.history import History
from bridge.machines import Quirk, SpeedUnit
from bridge.machines.learned import UnitVerdict
from bridge.people.hints import Care, Rhythm
from bridge.people.people import Household
from bridge.treadmill.publisher import Reports
from bridge.treadmill.ticks import TICK_S
from bridge.values import Axis, Command, MachineInfo, Outcome, Verb
from protocols.ftms.control_point import (
    StopKind,
)
from protocols.ftms.treadmill_data import TreadmillData
from protocols.ranges import InclineRange, SpeedRange
from tests.lives.judging.log import Asked, Keyed, Log, Moment, Pressed, Said, Shown
from tests.lives.judging.truth import Truth
from tests.lives.playing.gate import Gate, LifeClock, scale
from tests.lives.playing.machine import DT, MILE_KM, Machine, Miles, State, Traits
from tests.rigs.frames import FramedTreadmill
from tests.rigs.wording import text_of

LONGER_S = 500.0
"""A session may last this much longer than planned, for what is under way."""
_MPH_QUIRKS = (Quirk.TARGETS_IN_MPH, Quirk.REPORTS_MPH, Quirk.FOLLOWS_AT_0_62)


class Quiet(Reports):
    """Publishes nothing: no test reads the payloads of a life."""

    def follow(self, *_: object, **__: object) -> None: ...

    def state(self, *_: object) -> bool:
        return True

    def event(self, *_: object) -> None: ...

    def session(self, *_: object) -> None: ...


class _Mute:
    """Takes log entries and drops them."""

    def log(self, *_: object, **__: object) -> None: ...

    info = warning = debug = error = log

    def publish(self, *_: object, **__: object) -> None: ...


Script = Callable[["Person", float], Iterator[float]]
"""A session of a person, who acts and yields the seconds until the next action."""


@dataclass
class Person:
    """Abilities of a person: send commands, press keys, look at the display."""

    life: "Life"
    rng: random.Random

    @property
    def log(self) -> Log:
        return self.life.log

    @property
    def machine(self) -> Machine:
        return self.life.machine

    def now(self) -> float:
        return self.life.clock.time

    def ask(self, verb: Verb, value: float | None = None) -> Asked:
        """Send a command from the dashboard."""
        asked = Asked(self.now(), verb, value, f"c{len(self.life.commands)}")
        self.log.asked.append(asked)
        self.life.commands[asked.id] = asked
        wire = None
        if value is not None:
            wire = round(value * scale(Axis(verb.value)))
        self.life.treadmill.take(Command(asked.id, verb, "dashboard", self.now(), wire, value))
        return asked

    def keys(self, axis: Axis, steps: int, a_second: float = 4.0) -> Iterator[float]:
        """Press a key of one axis that often, at this pace; `yield from` it.

        A key that changes nothing names nothing: it is no press.
        """
        machine, began = self.machine, self.now()
        press = machine.key if axis is Axis.SPEED else machine.key_incline
        before = self._display(axis)
        one = 1 if steps > 0 else -1
        shown = []
        for count in range(abs(steps)):
            if count:
                yield 1 / a_second
            last, value = self._display(axis), press(one)
            shown += [value] if value != last else []
        if shown:
            after = max(shown) if one > 0 else min(shown)
            step = self.life.traits.key_step if axis is Axis.SPEED else 0.5
            self._note(axis, began, before, after, before + steps * step, quick=False)

    def quick(self, speed: float) -> None:
        """Press the key of a speed."""
        before = self._display(Axis.SPEED)
        after = self.machine.quick(speed)
        self._note(Axis.SPEED, self.now(), before, after, after, quick=True)

    def _display(self, axis: Axis) -> float:
        return self.machine.target if axis is Axis.SPEED else self.machine.incline_target

    def _note(
        self, axis: Axis, began: float, before: float, after: float, wished: float, *, quick: bool
    ) -> None:
        if self.machine.state is State.RUNS and abs(after - before) > 1e-6:
            press = Pressed(began, self.now(), axis, before, after, wished, quick)
            self.log.pressed.append(press)

    def key(self, what: str) -> None:
        """Press start, stop or pause."""
        self.log.keyed.append(Keyed(self.now(), what))
        if what == "start":
            self.machine.key_start()
        else:
            self.machine.key_halt(StopKind.STOP if what == "stop" else StopKind.PAUSE)


class Life:
    """One machine and one bridge, and the sessions that are played on them."""

    def __init__(self, traits: Traits, policy: Policy, rng: random.Random) -> None:
        self.traits, self.policy, self.rng = traits, policy, rng
        self.clock = LifeClock()
        self.machine = Machine(traits, rng, self._hear)
        self.history = History.blank(self.clock)
        self.logs: list[Log] = []
        self.commands: dict[str, Asked] = {}
        self.log = Log(traits, policy, self.clock.time, first=True)
        self.gate = Gate(self.machine, self.log, self.clock)
        self.treadmill = self._bridge()
        self._info = _info(traits)
        self._linked = False
        self._decide_at = 0.0

    def _bridge(self) -> FramedTreadmill:
        mute: Any = _Mute()
        treadmill = FramedTreadmill(
            "den",
            Household({"default": self.policy}, {}, {}, cues=False),
            self.history,
            care=Care(Rhythm()),
            reports=Quiet("den", Topics("treadmills"), mute, 1.0),
            answer=self._answer,
            clock=self.clock,
            on_event=self._event,
        )
        treadmill._log = treadmill._answers._log = mute
        self.gate.handler = treadmill
        treadmill.line = self.gate
        return treadmill

    # --- reports of the bridge

    def _answer(self, outcome: Outcome | Refusal) -> None:
        if isinstance(outcome, Outcome):
            asked = self.commands[outcome.command.id]
            reasons = " ".join(text_of(reason) for reason in outcome.reasons)
            asked.outcomes.append((self.clock.time, outcome.result, reasons))
            if outcome.applied is not None and asked.value is not None:
                asked.applied = outcome.applied / scale(Axis(asked.verb.value))

    def _event(self, event: EventPayload) -> None:
        self.log.said.append(Said(self.clock.time, event.type, event.text))

    def _hear(self, kind: str, value: bytes) -> None:
        if not self._linked:
            return
        if kind == "status":
            self.treadmill.machine_status(value)
            return
        data = TreadmillData.decode(value)
        incline = None if data.incline is None else data.incline / 10
        self.log.shown.append(Shown(self.clock.time, (data.speed or 0) / 100, incline))
        self.treadmill.treadmill_data(value)

    # --- time

    def play(self, script: Script, seconds: float) -> Log:
        """Play one session on a link of its own; return its log."""
        clock = self.clock
        log = Log(self.traits, self.policy, clock.time, first=not self.logs)
        log.told_before = tuple({value for each in self.logs for _, value in Truth(each).told})
        log.deck_told = any(w.axis is Axis.INCLINE for each in self.logs for w in each.wrote)
        self.log = self.gate.log = log
        self.logs.append(log)
        self._linked = True
        self.treadmill.connected(self._info)
        self._run(8.0, iter(()))
        self.machine.occupied = True
        self._run(seconds + LONGER_S, script(Person(self, self.rng), seconds))
        log.ended = clock.time
        self.machine.occupied = False
        # What follows belongs to no session.
        self.log = self.gate.log = Log(self.traits, self.policy, clock.time, first=False)
        if self.machine.state is not State.STANDS:
            self.machine.key_halt(StopKind.STOP)
            self._run(25.0, iter(()))
        return log

    def leave(self, seconds: float, *, restart: bool) -> None:
        """Pause the link for a time, and restart the bridge if requested."""
        self._linked = False
        self.gate.held = False
        self.treadmill.disconnected("released")
        for _ in range(int(seconds)):
            self.clock.time += 1.0
            self.machine.now += 1.0
            self._pump()
        if restart:
            self._pump()
            self.treadmill._close()
            self.treadmill = self._bridge()

    def _run(self, seconds: float, script: Iterator[float]) -> None:
        clock, machine, gate = self.clock, self.machine, self.gate
        wake = clock.time
        todo = self.treadmill._todo
        waits = not isinstance(script, type(iter(())))
        for _ in range(round(seconds / DT)):
            clock.time += DT
            machine.step()
            gate.step()
            if clock.time >= wake:
                pause = next(script, None)
                if pause is None and waits:
                    return
                wake = clock.time + (1e9 if pause is None else pause)
            if clock.time >= self._decide_at or not todo.empty():
                self._pump()

    def _pump(self) -> None:
        treadmill = self.treadmill
        todo = treadmill._todo
        while not todo.empty():
            todo.get_nowait()()
            treadmill._decide()
            self.gate.step()
        if self.clock.time >= self._decide_at:
            self._decide_at = self.clock.time + TICK_S - 1e-6
            treadmill._decide()
            self._note()

    def _note(self) -> None:
        machine, decision = self.machine, self.treadmill.decision
        speed = decision.setpoint.get(Axis.SPEED)
        incline = decision.setpoint.get(Axis.INCLINE)
        self.log.moments.append(
            Moment(
                self.clock.time,
                machine.state.value,
                machine.speed,
                machine.target,
                machine.incline,
                machine.incline_target,
                None if speed is None else speed / 100,
                None if incline is None else incline / 10,
                decision.limits.most(Axis.SPEED) / 100,
                decision.limits.most(Axis.INCLINE) / 10,
            )
        )
        if not self.log.miles and (why := self._miles()):
            self.log.miles.append((self.clock.time, why))

    def _miles(self) -> str:
        """Why the bridge takes this machine for one of miles; empty if it does not."""
        snapshot = self.treadmill.snapshot
        quirks = snapshot.machine.quirks if snapshot.machine else ()
        found = [quirk.value for quirk in _MPH_QUIRKS if quirk in quirks]
        edge = self.gate.edge.profile
        if SpeedUnit.MPH in {edge.target_speed_unit, edge.reported_speed_unit}:
            found.append("numbers converted")
        learned = snapshot.learned
        if learned.targets is UnitVerdict.MPH:
            found.append("learned targets")
        if learned.reports is UnitVerdict.MPH:
            found.append("learned reports")
        return ", ".join(found)


def _info(traits: Traits) -> MachineInfo:
    low, high = 80, 1600
    if traits.miles is Miles.BOTH:
        low, high = round(low / MILE_KM), round(high / MILE_KM)
    return MachineInfo(
        address="F0:00:00:00:00:07",
        name="Ordinary",
        speed_range=SpeedRange(low, high, 10),
        incline_range=InclineRange(0, 150, 5),
        can_control=True,
    )
