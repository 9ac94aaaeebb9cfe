"""What waits to be published while the broker is slow or away."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from itertools import chain

CAPACITY = 1000
IN_A_ROW = 16
"""After so many that happened but once, one of the retained has its turn: a flood of outcomes must
not keep the state from everybody."""


class Rank(IntEnum):
    """Which messages go ahead of others: a slow broker takes a few a second in a flood."""

    FIRST = 0
    """What became of a stop or a pause: a person waits for it."""
    USUAL = 1
    LAST = 2
    """The refusals of a flood; where there are too many messages, these give way."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish.

    `each` is whether each one matters although it is retained, as with the summaries of sessions;
    `correlation` is the MQTT 5 correlation data of an answer; `number` is given by the outbox.
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
        """Whether this very message matters, and not just the newest of its topic."""
        return self.each or not self.retain


class Outbox:
    """Of a retained topic only the newest message matters; of the others each, up to a bound.

    Every retained message is remembered, because a broker may come back without its memory.
    A message that was got is underway until it is `done`; all that are can be `put_back`.
    """

    def __init__(self) -> None:
        self._retained: dict[str, Outgoing] = {}
        self._due: dict[str, None] = {}
        self._queues: dict[Rank, deque[Outgoing]] = {rank: deque() for rank in Rank}
        self._underway: list[Outgoing] = []
        self._filled = asyncio.Event()
        self._dropped = 0
        self._number = 0
        self._in_a_row = 0

    def put(self, message: Outgoing) -> None:
        """Take a message; where there is no room for one that matters, an older one makes it."""
        if message.retain:
            self._retained[message.topic] = message
        if message.once:
            self._number += 1
            newest = replace(message, number=self._number)
            self._queues[message.rank].append(newest)
            if sum(map(len, self._queues.values())) > CAPACITY:
                self._drop_one(newest)
        else:
            self._due[message.topic] = None
        self._filled.set()

    def restore(self, messages: Iterable[Outgoing]) -> list[int]:
        """Take what an earlier process could not send, oldest first; their numbers."""
        earlier = [replace(m, number=at) for at, m in enumerate(messages, start=-CAPACITY)]
        newest = {message.topic: message for message in earlier if message.retain}
        self._retained = {**newest, **self._retained}
        self._queues[Rank.USUAL].extendleft(reversed(earlier))
        if earlier:
            self._filled.set()
        return [message.number for message in earlier]

    def waiting(self) -> list[Outgoing]:
        """What matters by itself and has not been sent, in its order."""
        underway = (message for message in self._underway if message.once)
        return [*underway, *chain.from_iterable(self._queues.values())]

    def _drop_one(self, newest: Outgoing) -> None:
        if last := self._queues[Rank.LAST]:
            last.popleft()
        else:
            queues = (self._queues[Rank.USUAL], self._queues[Rank.FIRST])
            older = [(q, message) for q in queues for message in q if message is not newest]
            # The same topic first, so that no flood of commands can wash an alarm away.
            same = (place for place in older if place[1].topic == newest.topic)
            queue, oldest = next(same, older[0])
            queue.remove(oldest)
        self._dropped += 1

    def take_dropped(self) -> int:
        """How many messages made room since this was asked last."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def put_back(self) -> None:
        """Let all that is underway wait again in its place; a newer retained one keeps its own."""
        for message in reversed(self._underway):
            if message.once:
                self._queues[message.rank].appendleft(message)
            else:
                self._due.setdefault(message.topic)
        self._underway.clear()
        self._filled.set()

    def done(self, message: Outgoing) -> None:
        """It has been sent."""
        self._underway = [other for other in self._underway if other is not message]

    def all_due(self) -> None:
        """Every retained message is to be sent again."""
        self._due.update(dict.fromkeys(self._retained))
        self._filled.set()

    async def get(self) -> Outgoing:
        """The next message: what happens but once goes ahead of what is true for longer."""
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

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not (self._due or any(self._queues.values()))
