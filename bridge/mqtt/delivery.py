"""Delivery of commands to the treadmills, each at its own pace."""

import asyncio
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeVar

import structlog

from bridge.clock import Clock
from bridge.mqtt.inbox import Inbox, Incoming

PACE_S = 0.02
"""Seconds between two ordinary commands; a stop may arrive meanwhile."""
REPORT_EVERY_S = 10.0
"""Seconds between log lines during a flood."""

log = structlog.get_logger()

_T = TypeVar("_T")


def guarded(call: Callable[[_T], None], argument: _T) -> None:
    """Call a function that must not fail, and log its exception."""
    try:
        call(argument)
    except Exception:  # a bad message must not end the connection, nor block a later stop
        log.exception("mqtt_handler_failed")


class _Lane:
    """Pending commands of one treadmill."""

    def __init__(self, per_s: float) -> None:
        self.inbox = Inbox(per_s)
        self.arrived = asyncio.Event()
        self.reported = float("-inf")


class Delivery:
    """Passes messages to `handler`: stop and pause at once, all others in order."""

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
        """Accept a message for one of the treadmills."""
        lane, now = self._lanes[incoming.treadmill], self._clock.now()
        at_once = lane.inbox.put(incoming, now)
        if at_once is not None:
            guarded(self._handler, at_once)
        lane.arrived.set()
        if lane.inbox.turned_down and now - lane.reported >= REPORT_EVERY_S:
            log.warning(
                "mqtt_flood",
                treadmill=incoming.treadmill,
                turned_down=lane.inbox.turned_down,
                hint="a client floods the bridge with commands; their outcomes name the source",
            )
            lane.reported, lane.inbox.turned_down = now, 0

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
                # Also after the last one: in a flood another is about to arrive.
                await asyncio.sleep(PACE_S)
