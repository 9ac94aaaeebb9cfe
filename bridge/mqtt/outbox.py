"""What waits to be published while the broker is slow or away."""

import asyncio
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace

CAPACITY = 1000
IN_A_ROW = 16
"""After so many that happened but once, one of the retained has its turn: a flood of outcomes must
not keep the state from everybody."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish.

    `each` is whether each one matters although it is retained, as with the summaries of sessions;
    `minor` is what gives way first, as the refusals of a flood do;
    `correlation` is the MQTT 5 correlation data of an answer; `number` is given by the outbox.
    """

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    correlation: bytes | None = None
    each: bool = False
    minor: bool = False
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
        self._queue: deque[Outgoing] = deque()
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
            if len(self._queue) >= CAPACITY:
                self._make_room(message.topic)
            self._number += 1
            self._queue.append(replace(message, number=self._number))
        else:
            self._due[message.topic] = None
        self._filled.set()

    def restore(self, messages: Iterable[Outgoing]) -> list[int]:
        """Take what an earlier process could not send, oldest first; their numbers."""
        earlier = [replace(m, number=at) for at, m in enumerate(messages, start=-CAPACITY)]
        newest = {message.topic: message for message in earlier if message.retain}
        self._retained = {**newest, **self._retained}
        self._queue.extendleft(reversed(earlier))
        if earlier:
            self._filled.set()
        return [message.number for message in earlier]

    def waiting(self) -> list[Outgoing]:
        """What matters by itself and has not been sent, in its order."""
        return [*(message for message in self._underway if message.once), *self._queue]

    def _make_room(self, topic: str) -> None:
        # The same topic first, so that a flood of commands cannot wash an alarm away; and of it
        # the refusals, so that they cannot wash away what became of a stop.
        def first(*, minor: bool) -> int | None:
            places = enumerate(self._queue)
            return next((at for at, m in places if m.topic == topic and m.minor >= minor), None)

        del self._queue[first(minor=True) or first(minor=False) or 0]
        self._dropped += 1

    def take_dropped(self) -> int:
        """How many messages made room since this was asked last."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def put_back(self) -> None:
        """Let all that is underway wait again in its place; a newer retained one keeps its own."""
        for message in reversed(self._underway):
            if message.once:
                self._queue.appendleft(message)
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
        if self._queue and not (self._due and self._in_a_row >= IN_A_ROW):
            self._in_a_row += 1
            message = self._queue.popleft()
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
        return not self._queue and not self._due
