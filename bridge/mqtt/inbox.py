"""Queue of commands: ordered, bounded, paced, and with stops ahead of everything."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import NoReturn, TypeVar

import structlog

from bridge.clock import Clock
from bridge.contract.parser import Refusal
from bridge.values import HALTS, Command, Reason, Verb

CAPACITY = 64
"""Maximum number of waiting commands, and size of a burst before the rate limit applies."""
PACE_S = 0.02
"""Seconds between two ordinary commands; a stop may arrive meanwhile."""
REPORT_EVERY_S = 10.0
"""Seconds between log lines during a flood."""

log = structlog.get_logger()

_T = TypeVar("_T")

_TARGETS = frozenset({Verb.SPEED, Verb.INCLINE})
_MOTION = _TARGETS | {Verb.START, Verb.RESUME, Verb.FINISH}


@dataclass(frozen=True, slots=True)
class Incoming:
    """A parsed message for one treadmill: a command, or a refusal."""

    treadmill: str
    content: Command | Refusal

    def is_command(self, verbs: frozenset[Verb]) -> bool:
        """True if it is a command with one of these verbs."""
        return isinstance(self.content, Command) and self.content.verb in verbs

    def refused(self, reason: Reason) -> "Incoming":
        """Return the same message, refused."""
        if isinstance(self.content, Refusal):
            return self
        command = self.content
        refusal = Refusal(command.id, command.verb, command.source, reason, command.requested)
        return replace(self, content=refusal)


class Allowance:
    """Token bucket: allows a burst, then `per_s` per second. Pure."""

    def __init__(self, per_s: float) -> None:
        self._per_s = per_s
        self._left = float(CAPACITY)
        self._time = float("-inf")

    def take(self, now: float) -> bool:
        """True if one more is allowed at `now` (monotonic seconds)."""
        self._left = min(CAPACITY, self._left + (now - self._time) * self._per_s)
        self._time = now
        allowed = self._left >= 1
        if allowed:
            self._left -= 1
        return allowed


class Inbox:
    """The waiting commands of one treadmill. Pure.

    A stop or pause never waits, and discards queued commands that would move the belt again. If
    there are too many targets, the newest of each source is kept, so that a slider ends at its
    final value. Of other commands the first are kept.

    Args:
        per_s: commands of each kind allowed per second, beyond a short burst.

    Attributes:
        turned_down: number of commands refused because there were too many.
    """

    def __init__(self, per_s: float) -> None:
        self.turned_down = 0
        self._per_s = per_s
        self._waiting: deque[Incoming] = deque()
        self._allowances: defaultdict[Verb, Allowance] = defaultdict(lambda: Allowance(per_s))

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, incoming: Incoming, now: float) -> Incoming | None:
        """Queue a message, or return one to handle now.

        Returned are a stop or pause, a message that is not a command, and a refusal for lack of
        room or rate.
        """
        content = incoming.content
        if isinstance(content, Refusal):
            return incoming
        if content.verb in HALTS:
            self._overtake()
            return incoming
        if not self._allowances[content.verb].take(now):
            if content.verb not in _TARGETS:
                return self._turn_down(incoming)
            place = self._place_of_older(content)
            if place is not None:
                older, self._waiting[place] = self._waiting[place], incoming
                return self._turn_down(older, content.id)
        if len(self) >= CAPACITY:
            return self._turn_down(incoming)
        self._waiting.append(incoming)
        return None

    def get(self) -> Incoming:
        """Return the message that has waited longest; the queue must not be empty."""
        return self._waiting.popleft()

    def _turn_down(self, incoming: Incoming, newer: str | None = None) -> Incoming:
        self.turned_down += 1
        numbers = (("capacity", CAPACITY), ("per_s", self._per_s))
        if newer is None:
            return incoming.refused(Reason("too_many", values=numbers))
        values = (*numbers, ("newer", newer))
        return incoming.refused(Reason("too_many", values=values, case="newer"))

    def _place_of_older(self, command: Command) -> int | None:
        """Return the position of the waiting target with the same axis and source."""
        for place in range(len(self) - 1, -1, -1):
            waiting = self._waiting[place].content
            if (
                isinstance(waiting, Command)
                and waiting.verb is command.verb
                and waiting.source == command.source
            ):
                return place
        return None

    def _overtake(self) -> None:
        for place, waiting in enumerate(self._waiting):
            if waiting.is_command(_MOTION):
                self._waiting[place] = waiting.refused(Reason("halted"))


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
        self.delivered = float("-inf")
        """Monotonic time of the last ordinary command that was passed on, in seconds."""
        self.reported = float("-inf")

    def due(self, now: float) -> bool:
        """True if one message waits, and no other was passed on just before."""
        return len(self.inbox) == 1 and now - self.delivered >= PACE_S


class Delivery:
    """Passes messages to `handler`: stop and pause at once, all others in order, `PACE_S` apart.

    The handler may be set later, but before the first message.
    """

    def __init__(
        self,
        treadmills: Iterable[str],
        handler: Callable[[Incoming], None] | None,
        clock: Clock,
        per_s: float,
    ) -> None:
        self._lanes = {treadmill: _Lane(per_s) for treadmill in treadmills}
        self.handler = handler or (lambda _: None)
        self._clock = clock

    def put(self, incoming: Incoming) -> None:
        """Accept a message for one of the treadmills."""
        lane, now = self._lanes[incoming.treadmill], self._clock.now()
        at_once = lane.inbox.put(incoming, now)
        if at_once is not None:
            guarded(self.handler, at_once)
        elif lane.due(now):
            self._pass_on(lane)
        else:
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
                await asyncio.sleep(PACE_S)
                self._pass_on(lane)

    def _pass_on(self, lane: _Lane) -> None:
        lane.delivered = self._clock.now()
        guarded(self.handler, lane.inbox.get())
