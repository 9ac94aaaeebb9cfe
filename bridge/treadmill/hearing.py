"""What a treadmill hears of its machine: each call of the link becomes an entry of one queue."""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, TypeVar

from bridge.clock import Clock
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
    Snapshot,
    Trouble,
    Unusable,
)
from bridge.values.status import MachineEvent

_T = TypeVar("_T")


def _tick() -> None:
    """The entry for a pause without any other: only the guard decides then."""


class Hearing(ABC):
    """The handler of a link. It notes what was heard, and when; the queue's task deals with it.

    Args:
        reports: hears why there is no link.
        clock: the time.
        log: of this treadmill.
    """

    def __init__(self, reports: Reports, clock: Clock, log: Any) -> None:
        self._reports = reports
        self._clock = clock
        self._log = log
        self._builder = SnapshotBuilder()
        self._todo: asyncio.Queue[Callable[[], object]] = asyncio.Queue()
        self._troubles: set[Trouble] = set()
        self._linked = asyncio.Event()

    @property
    def no_link(self) -> Trouble | None:
        """Why there is no link to the machine; None while there is one."""
        return None if self.snapshot.connected else self._reports.trouble

    @property
    def snapshot(self) -> Snapshot:
        """The latest knowledge of the machine."""
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

    async def wait_connected(self) -> None:
        """Return once the machine is connected."""
        await self._linked.wait()

    def connected(self, machine: MachineInfo) -> None:
        """The machine is connected."""
        self._log.info("connected", machine=machine.name, model=machine.model)
        self._soon(self._connect, machine)
        self._linked.set()
        self._troubles.clear()

    def disconnected(self, reason: str) -> None:
        """The link is gone; said again it is no news."""
        if not self._linked.is_set():
            return
        self._linked.clear()
        self._log.info("disconnected", reason=reason)
        lost = reason == LINK_LOST
        self._todo.put_nowait(partial(self._builder.disconnected, self._clock.now(), lost=lost))

    def trouble(self, trouble: Trouble) -> None:
        """There is no link, and why; a warning, unless it was said since the last link."""
        self._reports.trouble = trouble
        if trouble in self._troubles:
            return
        self._troubles.add(trouble)
        amiss = trouble not in {LOOKING, RELEASED}
        level = logging.WARNING if amiss else logging.DEBUG
        self._log.log(level, "no_link", reason=trouble.rule, text=trouble.text)

    def measured(self, data: Measurement) -> None:
        """The machine measured."""
        self._soon(self._measure, data)

    def training(self, activity: Activity | None) -> None:
        """The machine reports what the workout does."""
        self._soon(self._builder.training, activity)

    def happened(self, event: MachineEvent) -> None:
        """The machine reports an event."""
        self._soon(self._hear, event)

    def stepped(self, a_minute: int) -> None:
        """The runner's steps a minute."""
        self._soon(self._builder.stepped, a_minute)

    def unusable(self, what: Unusable) -> None:
        """The machine sent what is neither a measurement nor an event."""
        self._soon(self._builder.unusable, what)

    def heart_rate(self, bpm: int) -> None:
        """A heart rate of a strap, in beats per minute; 0 without contact."""
        self._soon(self._builder.strap, bpm)

    def alive(self) -> None:
        """A read was answered."""
        self._todo.put_nowait(partial(self._builder.alive, self._clock.now()))

    def control(self, state: Control) -> None:
        """The control point has a new state."""
        self._todo.put_nowait(partial(self._control, state))

    def written(self, order: Order) -> None:
        """The machine carried out an order."""
        self._soon(self._carried_out, order)

    def refused(self, order: Order, why: str) -> None:
        """The machine did not carry out an order."""
        self._todo.put_nowait(partial(self._refuse, order, why))

    def already(self, order: Order, why: str) -> None:
        """The machine "failed" to start or to halt: it may be so already."""
        self._soon(self._check, (order, why))

    def observed(self, quirk: Quirk) -> None:
        """The link or the control point saw a way of the machine."""
        self._todo.put_nowait(partial(self._builder.observed, quirk))

    def _soon(self, work: Callable[[_T, float], object], value: _T) -> None:
        self._todo.put_nowait(partial(work, value, self._clock.now()))

    # --- what the queue's task does about it

    @abstractmethod
    def _connect(self, machine: MachineInfo, now: float) -> None: ...

    @abstractmethod
    def _measure(self, data: Measurement, now: float) -> None: ...

    @abstractmethod
    def _hear(self, event: MachineEvent, now: float) -> None: ...

    @abstractmethod
    def _control(self, state: Control) -> None: ...

    @abstractmethod
    def _carried_out(self, order: Order, now: float) -> None: ...

    @abstractmethod
    def _refuse(self, order: Order, why: str) -> None: ...

    @abstractmethod
    def _check(self, answer: tuple[Order, str], now: float) -> None: ...
