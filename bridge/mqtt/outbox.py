"""What waits to be published while the broker is slow or away."""

import asyncio
from collections import deque
from dataclasses import dataclass

CAPACITY = 256


@dataclass(frozen=True, slots=True)
class Outgoing:
    """One message to publish; `correlation` is the MQTT 5 correlation data of an answer."""

    topic: str
    payload: bytes
    qos: int = 0
    retain: bool = False
    correlation: bytes | None = None


class Outbox:
    """Of a retained topic only the newest message matters; of the others each, up to a bound.

    Every retained message is remembered, because a broker may come back without its memory.
    """

    def __init__(self) -> None:
        self._retained: dict[str, Outgoing] = {}
        self._due: dict[str, None] = {}
        self._queue: deque[Outgoing] = deque()
        self._filled = asyncio.Event()
        self._dropped = 0

    def put(self, message: Outgoing) -> None:
        """Take a message; where there is no room for an unretained one, an older one makes it."""
        if message.retain:
            self._retained[message.topic] = message
            self._due[message.topic] = None
        else:
            if len(self._queue) >= CAPACITY:
                self._make_room(message.topic)
            self._queue.append(message)
        self._filled.set()

    def _make_room(self, topic: str) -> None:
        # The same topic first, so that a flood of commands cannot wash an alarm away.
        place = next((at for at, old in enumerate(self._queue) if old.topic == topic), 0)
        del self._queue[place]
        self._dropped += 1

    def take_dropped(self) -> int:
        """How many messages made room since this was asked last."""
        dropped, self._dropped = self._dropped, 0
        return dropped

    def put_back(self, message: Outgoing) -> None:
        """Return what could not be sent; a newer retained message keeps its place."""
        if message.retain:
            self._due.setdefault(message.topic)
        else:
            self._queue.appendleft(message)
        self._filled.set()

    def all_due(self) -> None:
        """Every retained message is to be sent again."""
        self._due.update(dict.fromkeys(self._retained))
        self._filled.set()

    async def get(self) -> Outgoing:
        """The next message: what happens but once goes ahead of what is true for longer."""
        while not self._queue and not self._due:
            self._filled.clear()
            await self._filled.wait()
        if self._queue:
            return self._queue.popleft()
        topic = next(iter(self._due))
        del self._due[topic]
        return self._retained[topic]

    @property
    def empty(self) -> bool:
        """Whether nothing waits."""
        return not self._queue and not self._due
