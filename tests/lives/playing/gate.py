"""The link of a life: what the bridge orders goes to the machine, and each order is answered."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bridge.machines import PLAIN_EDGE, Edge
from bridge.treadmill.actor import Treadmill
from bridge.values import Axis, Control, Halt, HaltBelt, Order, SetTarget, StartBelt
from protocols.ftms.control_point import StopKind
from tests.lives.judging.log import Log, Ordered, Wrote
from tests.lives.playing.machine import Machine

PACE_S = 0.5
"""Seconds between two targets that are written; the control point of the driver keeps this pace."""
ANSWER_S = 0.1
"""Seconds from a write to the machine's answer."""


class LifeClock:
    """The time of one life."""

    def __init__(self) -> None:
        self.time = 1000.0

    def now(self) -> float:
        return self.time

    def utc(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=self.time)


@dataclass
class Gate:
    """The link: paces targets, lets halts pass, and answers that each was done."""

    machine: Machine
    log: Log
    clock: LifeClock
    handler: Treadmill | None = None
    edge: Edge = PLAIN_EDGE
    held: bool = False
    waiting: dict[Axis, tuple[int, bool]] = field(default_factory=dict)
    wants_start: bool = False
    next_at: float = 0.0
    answers: list[tuple[float, Order]] = field(default_factory=list)

    @property
    def orders(self) -> "Gate":
        return self

    def connect(self) -> None: ...

    def release(self) -> None: ...

    def set_target(self, axis: Axis, value: int, *, reduction: bool, new_request: bool) -> None:
        self.waiting[axis] = (value, reduction)

    def start(self) -> None:
        self.wants_start = True

    def halt(self, kind: Halt) -> None:
        self.waiting.clear()
        self.wants_start = False
        self.machine.order_halt(StopKind.STOP if kind is Halt.STOP else StopKind.PAUSE)
        self._done(kind.value, HaltBelt(kind))

    def withdraw(self, axis: Axis | None) -> None:
        if axis is None:
            self.wants_start = False
        else:
            self.waiting.pop(axis, None)

    def speak(self, edge: Edge) -> None:
        self.edge = edge

    def _done(self, what: str, order: Order) -> None:
        self.log.ordered.append(Ordered(self.clock.time, what))
        self._answer(order)

    def _answer(self, order: Order) -> None:
        self.answers.append((self.clock.time + ANSWER_S, order))

    def step(self) -> None:
        now = self.clock.time
        assert self.handler is not None
        if self.answers and self.answers[0][0] <= now:
            if not self.held:
                self.held = True
                self.handler.control(Control.HELD)
            self.handler.written(self.answers.pop(0)[1])
        if now < self.next_at:
            return
        if self.wants_start:
            self.wants_start, self.next_at = False, now + PACE_S
            self.machine.order_start()
            self._done("start", StartBelt())
        elif self.waiting:
            self.next_at = now + PACE_S
            axis = min(self.waiting, key=lambda each: not self.waiting[each][1])
            self._write(axis, self.waiting.pop(axis)[0])

    def _write(self, axis: Axis, value: int) -> None:
        if axis is Axis.SPEED:
            self.machine.order_speed(self.edge.speed_order(value))
        else:
            self.machine.order_incline(value)
        assert self.handler is not None
        self.handler.sending(SetTarget(axis, value))
        self.log.wrote.append(Wrote(self.clock.time, axis, value / scale(axis)))
        self._answer(SetTarget(axis, value))


def scale(axis: Axis) -> float:
    return 100.0 if axis is Axis.SPEED else 10.0
