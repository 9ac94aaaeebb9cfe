"""Callbacks of the link, each queued for the treadmill's task."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from bridge.clock import Clock
from bridge.guard import Guard
from bridge.machines import Quirk
from bridge.tracking.snapshot import SnapshotBuilder
from bridge.treadmill.publisher import Reports
from bridge.values import (
    LINK_LOST,
    LOOKING,
    RELEASED,
    Activity,
    Control,
    MachineInfo,
    Measurement,
    Order,
    SetTarget,
    Snapshot,
    Trouble,
    Unusable,
)
from bridge.values.status import MachineEvent

TURNS = 4
"""Turns of the event loop until what was just queued has left: a task wakes and writes, the library
asks for the socket to be watched, and the loop finds it writable."""

_T = TypeVar("_T")


def _tick() -> None:
    """An entry without work of its own: only the guard decides then."""


class Hearing(ABC):
    """Handler of a link. It records time and data; the queue's task processes them.

    Args:
        reports: receives the reason of a missing link.
        clock: the time.
        log: logger of this treadmill.
    """

    _guard: Guard

    def __init__(self, reports: Reports, clock: Clock, log: Any) -> None:
        self._reports = reports
        self._clock = clock
        self._log = log
        self._builder = SnapshotBuilder()
        self._todo: asyncio.Queue[Callable[[], object]] = asyncio.Queue()
        self._troubles: set[Trouble] = set()
        self._linked = asyncio.Event()
        self._released = asyncio.Event()

    @property
    def no_link(self) -> Trouble | None:
        """Reason of the missing link; None while there is one."""
        return None if self.snapshot.connected else self._reports.trouble

    @property
    def snapshot(self) -> Snapshot:
        """Latest snapshot of the machine."""
        return self._builder.snapshot

    async def _next(self, pause_s: float) -> None:
        """Deal with the next entry of the queue; without one, return after a pause."""
        if self._todo.empty():
            tick = asyncio.get_running_loop().call_later(pause_s, self._todo.put_nowait, _tick)
            work = await self._todo.get()
            tick.cancel()
        else:
            work = self._todo.get_nowait()
        work()

    @staticmethod
    async def _let_out() -> None:
        """Let queued orders and messages leave before anything else is done."""
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def wait_connected(self) -> None:
        """Return once the machine is connected."""
        await self._linked.wait()

    async def wait_released(self) -> None:
        """Return once the machine was released, until the next link."""
        await self._released.wait()

    def connected(self, machine: MachineInfo) -> None:
        """Record that the machine is connected."""
        self._log.info("connected", machine=machine.name, model=machine.model)
        self._soon(self._connect, machine)
        self._linked.set()
        self._released.clear()
        self._troubles.clear()

    def disconnected(self, reason: str) -> None:
        """Record that the link is gone; a repetition is ignored."""
        if not self._linked.is_set():
            return
        self._linked.clear()
        if reason == RELEASED.rule:
            self._released.set()
        self._log.info("disconnected", reason=reason)
        lost = reason == LINK_LOST
        self._todo.put_nowait(partial(self._builder.disconnected, self._clock.now(), lost=lost))

    def trouble(self, trouble: Trouble) -> None:
        """Report why there is no link; a warning once per outage."""
        if trouble != self._reports.trouble:
            self._reports.trouble = trouble
            self._todo.put_nowait(_tick)
        if trouble in self._troubles:
            return
        self._troubles.add(trouble)
        amiss = trouble not in {LOOKING, RELEASED}
        level = logging.WARNING if amiss else logging.DEBUG
        self._log.log(level, "no_link", reason=trouble.rule, text=trouble.text)

    def measured(self, data: Measurement) -> None:
        """Queue a measurement."""
        self._soon(self._measure, data)

    def training(self, activity: Activity | None) -> None:
        """Queue a workout state."""
        self._soon(self._builder.training, activity)

    def happened(self, event: MachineEvent) -> None:
        """Queue an event of the machine."""
        self._soon(self._on_machine_event, event)

    def stepped(self, a_minute: int) -> None:
        """Queue the runner's steps per minute."""
        self._soon(self._builder.stepped, a_minute)

    def unusable(self, what: Unusable) -> None:
        """Queue data that are neither a measurement nor an event."""
        self._soon(self._builder.unusable, what)

    def heart_rate(self, bpm: int) -> None:
        """Queue a chest strap's heart rate, in beats per minute; 0 without contact."""
        self._soon(self._builder.strap, bpm)

    def alive(self) -> None:
        """Queue an answered read."""
        self._todo.put_nowait(partial(self._builder.alive, self._clock.now()))

    def control(self, state: Control) -> None:
        """Queue a new state of the control point."""
        self._todo.put_nowait(partial(self._control, state))

    def sending(self, order: Order) -> None:
        """Queue an order that is being written."""
        self._soon(self._sending, order)

    def written(self, order: Order) -> None:
        """Queue an order that the machine carried out."""
        self._soon(self._carried_out, order)

    def refused(self, order: Order, why: str) -> None:
        """Queue an order that the machine did not carry out."""
        self._todo.put_nowait(partial(self._refuse, order, why))

    def already(self, order: Order, why: str) -> None:
        """Queue a start or halt that "failed", maybe because it had already happened."""
        self._soon(self._check, (order, why))

    def not_started(self) -> None:
        """Queue that a start was withdrawn before it was written; a newer one may have followed."""
        self._todo.put_nowait(partial(self._guard.start_failed, self._clock.now()))

    def observed(self, quirk: Quirk) -> None:
        """Queue a quirk that the link or the control point observed."""
        self._todo.put_nowait(partial(self._builder.observed, quirk))

    def _soon(self, work: Callable[[_T, float], object], value: _T) -> None:
        self._todo.put_nowait(partial(work, value, self._clock.now()))

    # --- processing in the queue's task

    def _sending(self, order: Order, now: float) -> None:
        if isinstance(order, SetTarget):
            self._builder.sending(order, now)
            self._guard.sending(order, self.snapshot, now)

    @abstractmethod
    def _connect(self, machine: MachineInfo, now: float) -> None: ...

    @abstractmethod
    def _measure(self, data: Measurement, now: float) -> None: ...

    @abstractmethod
    def _on_machine_event(self, event: MachineEvent, now: float) -> None: ...

    @abstractmethod
    def _control(self, state: Control) -> None: ...

    @abstractmethod
    def _carried_out(self, order: Order, now: float) -> None: ...

    @abstractmethod
    def _refuse(self, order: Order, why: str) -> None: ...

    @abstractmethod
    def _check(self, answer: tuple[Order, str], now: float) -> None: ...
