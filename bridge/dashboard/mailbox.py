"""Queue of one viewer. A slow viewer loses detail, and delays no other."""

import asyncio
import json
from dataclasses import dataclass
from itertools import count

LIMIT = 256
"""Maximum number of waiting messages; above it the viewer gets the full state again."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message, encoded once for all viewers; the newest replaces others with the same key."""

    text: bytes
    key: str | None = None


def message(kind: str, treadmill: str | None, data: object, *, newest: bool = False) -> Message:
    """Encode a server-sent event; `newest` lets it replace a waiting one of its kind."""
    document = {"kind": kind, "treadmill": treadmill, "data": data}
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return Message(f"data: {text}\n\n".encode(), f"{kind} {treadmill}" if newest else None)


class Mailbox:
    """Messages that wait for one viewer.

    Attributes:
        behind: True if messages were dropped, so that the viewer needs the full state again.
        closed: True if no more messages will come.
    """

    def __init__(self) -> None:
        self.behind = False
        self.closed = False
        self._waiting: dict[str, bytes] = {}
        self._numbers = count()
        self._some = asyncio.Event()

    def put(self, item: Message) -> None:
        """Add a message; never waits."""
        key = item.key or f"#{next(self._numbers)}"
        self._waiting.pop(key, None)
        self._waiting[key] = item.text
        if len(self._waiting) > LIMIT:
            self._waiting.clear()
            self.behind = True
        self._some.set()

    def close(self) -> None:
        """End the viewer's task."""
        self.closed = True
        self._some.set()

    async def take(self) -> bytes:
        """Wait for messages and return all of them; may be empty when behind or closed."""
        await self._some.wait()
        self._some.clear()
        text = b"".join(self._waiting.values())
        self._waiting.clear()
        return text
