"""Messages that wait while the broker is slow or away, and how they are sent."""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import chain
from typing import NoReturn

import structlog

from bridge.contract.payloads import OutcomePayload
from bridge.mqtt.transport import Connection
from bridge.values import HALTS, Result

CAPACITY = 1000
IN_A_ROW = 16
"""Non-retained messages in a row before a retained one: a flood must not hold back the state."""
AT_A_TIME = 16
"""Maximum number of unacknowledged messages; in a flood the broker's replies are slow."""
DROPPED_REPORT_EVERY_S = 10.0

log = structlog.get_logger()


class Rank(IntEnum):
    """Priorities of messages; in a flood a slow broker takes only a few per second."""

    FIRST = 0
    """Outcomes of a stop or a pause, for which a person waits."""
    USUAL = 1
    LAST = 2
    """Refusals in a flood; these are dropped first."""

    @classmethod
    def of(cls, outcome: OutcomePayload) -> "Rank":
        """Return the priority of an outcome."""
        if outcome.command in HALTS:
            return cls.FIRST
        return cls.LAST if outcome.outcome is Result.REJECTED else cls.USUAL


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message to publish.

    `each` is True if every message matters although it is retained, as with session summaries.
    `correlation` is the MQTT 5 correlation data of a reply; the outbox assigns `number`.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    correlation: bytes | None = None
    each: bool = False
    rank: Rank = Rank.USUAL
    number: int = 0

    @property
    def once(self) -> bool:
        """True if this message itself matters, not only the newest of its topic."""
        return self.each or not self.retain


class Outbox:
    """Keeps the newest message of each retained topic, and all others up to a limit.

    All retained messages are remembered, because a restarted broker may have lost them. A message
    from `get` is in flight until it is `done`; `put_back` returns those in flight to the queue.
    """

    def __init__(self) -> None:
        self._retained: dict[str, Outgoing] = {}
        self._due: dict[str, None] = {}
        self._queues: dict[Rank, deque[Outgoing]] = {rank: deque() for rank in Rank}
        self._underway: list[Outgoing] = []
        self._filled = asyncio.Event()
        self._sent = asyncio.Event()
        self._queued = asyncio.Event()
        self._dropped = 0
        self._number = 0
        self._in_a_row = 0

    def put(self, message: Outgoing) -> None:
        """Add a message; if the queue is full, an older one is dropped."""
        if message.retain:
            self._retained[message.topic] = message
        if message.once:
            self._number += 1
            newest = replace(message, number=self._number)
            self._queues[message.rank].append(newest)
            self._queued.set()
            if sum(map(len, self._queues.values())) > CAPACITY:
                self._drop_one(newest)
        else:
            self._due[message.topic] = None
        self._filled.set()

    def restore(self, messages: Iterable[Outgoing]) -> list[int]:
        """Add messages of an earlier process, oldest first; return their numbers."""
        earlier = [replace(m, number=at) for at, m in enumerate(messages, start=-CAPACITY)]
        newest = {message.topic: message for message in earlier if message.retain}
        self._retained = {**newest, **self._retained}
        self._queues[Rank.USUAL].extendleft(reversed(earlier))
        if earlier:
            self._filled.set()
        return [message.number for message in earlier]

    async def until_queued(self) -> None:
        """Return once a message was added that matters individually."""
        self._queued.clear()
        await self._queued.wait()

    def waiting(self) -> list[Outgoing]:
        """Return the unsent messages that matter individually, in order."""
        underway = (message for message in self._underway if message.once)
        return [*underway, *chain.from_iterable(self._queues.values())]

    def _drop_one(self, newest: Outgoing) -> None:
        if last := self._queues[Rank.LAST]:
            last.popleft()
        else:
            queues = (self._queues[Rank.USUAL], self._queues[Rank.FIRST])
            older = [(q, message) for q in queues for message in q if message is not newest]
            # Drop from the same topic first, so that a flood of outcomes cannot displace an alarm.
            same = (place for place in older if place[1].topic == newest.topic)
            queue, oldest = next(same, older[0])
            queue.remove(oldest)
        self._dropped += 1

    def take_dropped(self) -> int:
        """Return the number of messages dropped since the last call."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def put_back(self) -> None:
        """Return all messages in flight to their place; a newer retained one replaces them."""
        for message in reversed(self._underway):
            if message.once:
                self._queues[message.rank].appendleft(message)
            else:
                self._due.setdefault(message.topic)
        self._underway.clear()
        self._filled.set()

    def done(self, message: Outgoing) -> None:
        """Mark a message as sent."""
        self._underway = [other for other in self._underway if other is not message]
        self._sent.set()

    def all_due(self) -> None:
        """Mark every retained message to be sent again."""
        self._due.update(dict.fromkeys(self._retained))
        self._filled.set()

    async def get(self) -> Outgoing:
        """Return the next message: non-retained ones first."""
        while self.empty:
            self._filled.clear()
            await self._filled.wait()
        queue = next(filter(None, self._queues.values()), None)
        if queue and not (self._due and self._in_a_row >= IN_A_ROW):
            self._in_a_row += 1
            message = queue.popleft()
        else:
            self._in_a_row = 0
            topic = next(iter(self._due))
            del self._due[topic]
            message = self._retained[topic]
        self._underway.append(message)
        return message

    async def drained(self) -> None:
        """Return once nothing waits and nothing is in flight."""
        while self._underway or not self.empty:
            self._sent.clear()
            await self._sent.wait()

    @property
    def empty(self) -> bool:
        """True if nothing waits."""
        return not (self._due or any(self._queues.values()))


class Sending:
    """Publishes an outbox on one connection: in order, several at a time, without loss.

    Args:
        on_send: called with the topic of each message just before it is sent.
    """

    def __init__(
        self, client: Connection, outbox: Outbox, on_send: Callable[[str], None] = lambda _: None
    ) -> None:
        self._client = client
        self._outbox = outbox
        self._on_send = on_send
        self._reported = float("-inf")

    async def run(self) -> NoReturn:
        """Publish until cancelled.

        Raises:
            MqttError: The connection is lost; unacknowledged messages wait again.
        """
        room = asyncio.Semaphore(AT_A_TIME)
        try:
            async with asyncio.TaskGroup() as group:
                while True:
                    await room.acquire()
                    message = await self._outbox.get()
                    self._log_dropped()
                    if message.qos:
                        # Tasks start in order, and each one publishes before it waits.
                        group.create_task(self._send(message, room))
                    else:
                        await self._send(message, room)
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        finally:
            self._outbox.put_back()

    async def _send(self, message: Outgoing, room: asyncio.Semaphore) -> None:
        try:
            await self.send(message)
        except ValueError as error:  # it would fail again at each retry
            log.warning("mqtt_unsendable", topic=message.topic, reason=str(error))
        self._outbox.done(message)
        room.release()

    async def send(self, message: Outgoing) -> None:
        """Publish one message, and wait for the acknowledgement if its QoS has one.

        Raises:
            MqttError: The connection is lost.
            ValueError: The message can never be sent.
        """
        self._on_send(message.topic)
        await self._client.publish(
            message.topic,
            message.payload,
            qos=message.qos,
            retain=message.retain,
            correlation=message.correlation,
        )

    def _log_dropped(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._reported < DROPPED_REPORT_EVERY_S:
            return
        if dropped := self._outbox.take_dropped():
            self._reported = now
            log.warning("mqtt_dropped", count=dropped, reason="larger than the broker accepts")
