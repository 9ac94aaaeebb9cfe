"""A handler of links, orders and frames that records every call."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from bridge.machines import Quirk
from bridge.values import Activity, Control, Event, MachineInfo, Measurement, Order, Unusable
from bridge.values.status import MachineEvent


@dataclass
class Recorder:
    """`log` has the name and the argument of each call; `hook` is called after each.

    Orders that are being written are in `sent` instead.
    """

    log: list[tuple[str, Any]] = field(default_factory=list)
    sent: list[Order] = field(default_factory=list)
    hook: Callable[[str], None] = lambda _: None

    def _add(self, name: str, value: object = None) -> None:
        self.log.append((name, value))
        self.hook(name)

    def connected(self, machine: MachineInfo) -> None:
        self._add("connected", machine)

    def disconnected(self, reason: str) -> None:
        self._add("disconnected", reason)

    def measured(self, data: Measurement) -> None:
        self._add("data", data)

    def training(self, activity: Activity | None) -> None:
        self._add("training", activity)

    def happened(self, event: MachineEvent) -> None:
        self._add("event", event)

    def stepped(self, a_minute: int) -> None:
        self._add("steps", a_minute)

    def unusable(self, what: Unusable) -> None:
        self._add("unusable", what)

    def announce(self, event: Event) -> None:
        self._add("announce", event)

    def alive(self) -> None:
        self._add("alive")

    def control(self, state: Control) -> None:
        self._add("control", state)

    def sending(self, order: Order) -> None:
        self.sent.append(order)

    def written(self, order: Order) -> None:
        self._add("written", order)

    def refused(self, order: Order, why: str) -> None:
        self._add("refused", (order, why))

    def already(self, order: Order, why: str) -> None:
        self._add("already", (order, why))

    def not_started(self) -> None:
        self._add("not started")

    def observed(self, quirk: Quirk) -> None:
        self._add("observed", quirk)

    def all(self, name: str) -> list[Any]:
        """Return the arguments of all calls of this name."""
        return [value for each, value in self.log if each == name]

    def refusals(self) -> list[Order]:
        """Return the refused orders."""
        return [order for order, _ in self.all("refused")]

    def reasons(self) -> list[str]:
        """Return why orders were refused."""
        return [why for _, why in self.all("refused")]

    async def until(self, name: str, count: int = 1, *, limit: float = 200.0) -> Any:
        """Return the argument of the count-th call of this name."""
        async with asyncio.timeout(limit):
            while len(self.all(name)) < count:  # noqa: ASYNC110 - virtual time costs nothing
                await asyncio.sleep(0.01)
        return self.all(name)[count - 1]
