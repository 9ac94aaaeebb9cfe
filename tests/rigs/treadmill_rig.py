"""One treadmill of the bridge, with a machine that obeys at once, and all that it publishes."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from bridge.contract.parser import Refusal
from bridge.contract.payloads import EventPayload
from bridge.contract.topics import Topics
from bridge.guard import Policy
from bridge.history.history import History
from bridge.machines import Edge
from bridge.people.hints import Care, Rhythm
from bridge.people.people import Household
from bridge.treadmill.actor import Treadmill
from bridge.treadmill.publisher import Reports
from bridge.values import (
    Axis,
    Belt,
    Command,
    Halt,
    HaltBelt,
    MachineInfo,
    Outcome,
    Result,
    SetTarget,
    StartBelt,
    Verb,
)
from protocols.ftms.treadmill_data import TreadmillData
from protocols.ranges import InclineRange, SpeedRange
from tests.drivers.orders import order_of
from tests.rigs.frames import FramedTreadmill
from tests.rigs.virtual_time import LoopClock
from tests.rigs.wording import text_of

POLICY = Policy(unit_is_kmh=True, allow_remote_start=True)
MACHINE = MachineInfo(
    address="F0:00:00:00:00:01",
    name="Horizon",
    speed_range=SpeedRange(80, 1600, 10),
    incline_range=InclineRange(0, 150, 5),
    can_control=True,
)


@dataclass
class Machine:
    """The link, its control point and a belt that obeys at once. It keeps what it was ordered."""

    given: list[tuple[object, ...]] = field(default_factory=list)
    links: list[str] = field(default_factory=list)
    edges: list[Edge] = field(default_factory=list)
    withdrawn: list[Axis | None] = field(default_factory=list)
    handler: Treadmill | None = None
    speed: int = 0
    incline: int = 0
    obeys: bool = True

    @property
    def orders(self) -> "Machine":
        return self

    def set_target(self, axis: Axis, value: int, *, reduction: bool, new_request: bool) -> None:
        self.given.append((axis, value, new_request))
        if self.obeys:
            setattr(self, axis.value, value)
            self._hear().written(SetTarget(axis, value))

    def start(self) -> None:
        self.given.append(("start",))
        if self.obeys:
            self.speed = 80
            self._hear().written(StartBelt())

    def halt(self, kind: Halt) -> None:
        self.given.append((kind,))
        if self.obeys:
            self.speed = 0
            self._hear().written(HaltBelt(kind))

    def withdraw(self, axis: Axis | None) -> None:
        self.withdrawn.append(axis)

    def speak(self, edge: Edge) -> None:
        self.edges.append(edge)

    def connect(self) -> None:
        self.links.append("connect")

    def release(self) -> None:
        self.links.append("release")

    def ordered(self, axis: Axis) -> list[object]:
        return [order[1] for order in self.given if order[0] is axis]

    def _hear(self) -> Treadmill:
        assert self.handler is not None
        return self.handler


@dataclass
class TreadmillRig:
    """A treadmill of the bridge, its machine, and everything that it published."""

    policy: Policy = POLICY
    household: Household | None = None
    history: History | None = None
    rhythm: Rhythm | None = None
    machine: Machine = field(default_factory=Machine)
    answers: list[Outcome | Refusal] = field(default_factory=list)
    events: list[EventPayload] = field(default_factory=list)
    published: list[tuple[str, bytes]] = field(default_factory=list)

    def __post_init__(self) -> None:
        clock = LoopClock()
        self.treadmill = FramedTreadmill(
            "den",
            self.household or Household({"default": self.policy}, {}, {}),
            self.history or History.blank(clock),
            care=Care(self.rhythm or Rhythm()),
            reports=Reports("den", Topics("treadmills"), self, 1.0),
            answer=self.answers.append,
            clock=clock,
            on_event=self.events.append,
        )
        self.machine.handler = self.treadmill
        self.treadmill.line = self.machine

    def publish(self, topic: str, payload: bytes, **how: object) -> None:
        self.published.append((topic.removeprefix("treadmills/den/"), payload))

    def on(self, name: str) -> list[Any]:
        return [json.loads(payload) for topic, payload in self.published if topic == name]

    def results(self, identity: str) -> list[Result]:
        return [
            a.result for a in self.answers if isinstance(a, Outcome) and a.command.id == identity
        ]

    def reasons(self, identity: str) -> str:
        return " ".join(
            text_of(reason)
            for a in self.answers
            if isinstance(a, Outcome) and a.command.id == identity
            for reason in a.reasons
        )

    def request(
        self, verb: Verb, value: int | None = None, identity: str = "", **details: object
    ) -> None:
        now = LoopClock().now()
        self.treadmill.take(
            Command(identity or verb.value, verb, "test", now, value, details=details)
        )

    def request_late(self, verb: Verb, identity: str = "", **details: object) -> None:
        """The same, by a broker that delivers late."""
        command = Command(
            identity or f"late-{verb}", verb, "test", LoopClock().now(), details=details
        )
        self.treadmill.take(replace(command, late=True))

    def event_types(self) -> list[str]:
        return [event.type for event in self.events]

    async def live(self, seconds: int) -> None:
        """Let time go by, with a sample each second."""
        for _ in range(seconds):
            data = TreadmillData(speed=self.machine.speed, incline=self.machine.incline)
            self.treadmill.treadmill_data(data.encode())
            await asyncio.sleep(1)

    async def play(self, timeline: str) -> None:
        """Live a timeline, parted by commas.

        `connect` and `runs` (as `start`) come first. A number are seconds with samples,
        `silence 5` some without. `speed 400`, `stop as a`, `person name=Ben` and `late release`
        are commands, `belt 300` and `disobeys` what the machine does, `lost` and
        `linked` its link, `written speed 80`, `already stop`, `not started` and `refused stop no`
        the fate of an order.
        """
        for step in timeline.split(", "):
            match step.split():
                case ["connect"]:
                    await self.connect()
                case ["runs"]:
                    await self.start()
                case [seconds] if seconds.isdecimal():
                    await self.live(int(seconds))
                case ["silence", seconds]:
                    await asyncio.sleep(float(seconds))
                case ["late", verb]:
                    self.request_late(Verb(verb))
                case [verb, *how] if verb in set(Verb):
                    self._request(verb, how)
                case words:
                    self._happens(words)

    def _happens(self, words: list[str]) -> None:
        match words:
            case ["belt", speed]:
                self.machine.speed = int(speed)
            case ["disobeys"]:
                self.machine.obeys = False
            case ["lost"]:
                self.treadmill.disconnected("the link was lost")
            case ["linked"]:
                self.treadmill.connected(MACHINE)
            case ["not", "started"]:
                self.treadmill.not_started()
            case ["written", *order]:
                self.treadmill.written(order_of(order))
            case ["already", *order]:
                self.treadmill.already(order_of(order), "it failed")
            case ["refused", "speed" | "incline" as axis, value, *why]:
                self.treadmill.refused(order_of([axis, value]), " ".join(why))
            case ["refused", order, *why]:
                self.treadmill.refused(order_of([order]), " ".join(why))
            case _:
                raise AssertionError(words)

    def _request(self, verb: str, how: list[str]) -> None:
        identity, details, value = "", dict[str, object](), None
        if "as" in how:
            *how, _, identity = how
        for word in how:
            name, _, detail = word.partition("=")
            if not detail:
                value = int(word)
            elif detail == "True":
                details[name] = True
            else:
                details[name] = int(detail) if detail.isdecimal() else detail
        self.request(Verb(verb), value, identity, **details)

    async def connect(self) -> None:
        """A machine at rest, seen for long enough to know that it stands."""
        self.treadmill.connected(MACHINE)
        await self.live(4)
        assert self.treadmill.snapshot.belt is Belt.IDLE

    async def start(self) -> None:
        """The same, running at the machine's minimum."""
        await self.connect()
        self.request(Verb.START)
        await self.live(3)
        assert self.treadmill.snapshot.belt is Belt.RUNNING


@asynccontextmanager
async def treadmill_rig(
    policy: Policy = POLICY,
    household: Household | None = None,
    history: History | None = None,
    rhythm: Rhythm | None = None,
) -> AsyncIterator[TreadmillRig]:
    rig = TreadmillRig(policy, household, history, rhythm)
    task = asyncio.create_task(rig.treadmill.run())
    try:
        yield rig
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled(), task.exception()
