"""Handing commands to the treadmills, each at its own pace: a flood for one is none for another."""

import asyncio
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeVar

import structlog

from bridge.clock import Clock
from bridge.mqtt.inbox import Inbox, Incoming

PACE_S = 0.02
"""Between two ordinary commands: what is read meanwhile may be a stop."""
TOLD_EVERY_S = 10.0
"""A flood is told of when it begins, and then this often."""

log = structlog.get_logger()

_T = TypeVar("_T")


def guarded(call: Callable[[_T], None], argument: _T) -> None:
    """Call something that must not fail, and log it if it does."""
    try:
        call(argument)
    except Exception:  # one bad message must not cost the connection, nor a later stop
        log.exception("mqtt_handler_failed")


class _Lane:
    """One treadmill's commands on their way."""

    def __init__(self, per_s: float) -> None:
        self.inbox = Inbox(per_s)
        self.arrived = asyncio.Event()
        self.told = float("-inf")


class Delivery:
    """Hands each message to `handler`: stop and pause as they come, all else in turn."""

    def __init__(
        self,
        treadmills: Iterable[str],
        handler: Callable[[Incoming], None],
        clock: Clock,
        per_s: float,
    ) -> None:
        self._lanes = {treadmill: _Lane(per_s) for treadmill in treadmills}
        self._handler = handler
        self._clock = clock

    def put(self, incoming: Incoming) -> None:
        """Take a message for one of the treadmills."""
        lane, now = self._lanes[incoming.treadmill], self._clock.now()
        at_once = lane.inbox.put(incoming, now)
        if at_once is not None:
            guarded(self._handler, at_once)
        lane.arrived.set()
        if lane.inbox.turned_down and now - lane.told >= TOLD_EVERY_S:
            log.warning(
                "mqtt_flood",
                treadmill=incoming.treadmill,
                turned_down=lane.inbox.turned_down,
                hint="something sends commands without end; their outcomes name the source",
            )
            lane.told, lane.inbox.turned_down = now, 0

    async def run(self) -> NoReturn:
        """Deliver until cancelled."""
        async with asyncio.TaskGroup() as group:
            for treadmill, lane in self._lanes.items():
                group.create_task(self._deliver(lane), name=f"commands for {treadmill}")
        raise AssertionError  # the tasks never end

    async def _deliver(self, lane: _Lane) -> NoReturn:
        while True:
            await lane.arrived.wait()
            lane.arrived.clear()
            while lane.inbox:
                guarded(self._handler, lane.inbox.get())
                # Also after the last: in a flood the next one is always about to come.
                await asyncio.sleep(PACE_S)
