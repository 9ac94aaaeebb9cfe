"""A link on the air of one process, over real HCI, ATT and GATT, and a handler that remembers."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.bluetooth.radio import open_radio
from bridge.bluetooth.scan import Match
from bridge.drivers.link import Link
from bridge.machines import Quirk
from bridge.values import Activity, Control, Event, MachineInfo, Measurement, Order, Unusable
from bridge.values.status import MachineEvent
from simulators.radio.air import Air
from tests.bluetooth.peripheral import Peripheral, powered
from tests.rigs.virtual_time import LoopClock


@dataclass
class Heard:
    """A handler that remembers, for whoever waits for something."""

    log: list[tuple[str, Any]] = field(default_factory=list)
    hook: Callable[[str], None] = lambda _: None

    def _hear(self, what: str, value: object = None) -> None:
        self.log.append((what, value))
        self.hook(what)

    def connected(self, machine: MachineInfo) -> None:
        self._hear("connected", machine)

    def disconnected(self, reason: str) -> None:
        self._hear("disconnected", reason)

    def measured(self, data: Measurement) -> None:
        self._hear("data", data)

    def training(self, activity: Activity | None) -> None:
        self._hear("training", activity)

    def happened(self, event: MachineEvent) -> None:
        self._hear("event", event)

    def stepped(self, a_minute: int) -> None:
        self._hear("steps", a_minute)

    def unusable(self, what: Unusable) -> None:
        self._hear("unusable", what)

    def announce(self, event: Event) -> None:
        self._hear("announce", event)

    def alive(self) -> None:
        self._hear("alive")

    def control(self, state: Control) -> None:
        self._hear("control", state)

    def written(self, order: Order) -> None:
        self._hear("written", order)

    def refused(self, order: Order, why: str) -> None:
        self._hear("refused", (order, why))

    def already(self, order: Order, why: str) -> None:
        self._hear("already", (order, why))

    def observed(self, quirk: Quirk) -> None:
        self._hear("observed", quirk)

    def all(self, what: str) -> list[Any]:
        return [value for name, value in self.log if name == what]

    async def until(self, what: str, count: int = 1, *, limit: float = 200.0) -> Any:
        """The count-th of its kind."""
        async with asyncio.timeout(limit):
            while len(self.all(what)) < count:  # noqa: ASYNC110 - virtual time costs nothing
                await asyncio.sleep(0.01)
        return self.all(what)[count - 1]


@asynccontextmanager
async def running(link: Link) -> AsyncIterator[Link]:
    task = asyncio.create_task(link.run())
    try:
        yield link
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@asynccontextmanager
async def linked(air: Air, **options: Any) -> AsyncIterator[tuple[Link, Heard]]:
    """A running link on this air."""
    heard = Heard()
    async with open_radio(air.new_controller()) as radio:
        match = options.pop("match", Match())
        try:
            async with running(Link(radio, match, heard, LoopClock(), **options)) as link:
                yield link, heard
        finally:
            await asyncio.sleep(1)  # the machine advertises again


@asynccontextmanager
async def scripted(
    *, supervision_timeout: float = 2.0, **options: Any
) -> AsyncIterator[Peripheral]:
    """A scripted treadmill on an air of its own."""
    air = Air(supervision_timeout=supervision_timeout)
    try:
        async with powered(Peripheral(air, **options)) as peripheral:
            yield peripheral
    finally:
        air.close()
