"""What one viewer has yet to be sent. A slow one loses detail, and holds up nobody."""

import asyncio
import json
from dataclasses import dataclass
from itertools import count

LIMIT = 256
"""Messages that wait for one viewer; beyond that it gets everything anew."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, encoded once for all viewers. Of those with the same key the newest counts."""

    text: bytes
    key: str | None = None


def message(kind: str, treadmill: str | None, data: object, *, newest: bool = False) -> Message:
    """Encode a server-sent event; `newest` lets it replace one of its kind that still waits."""
    document = {"kind": kind, "treadmill": treadmill, "data": data}
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return Message(f"data: {text}\n\n".encode(), f"{kind} {treadmill}" if newest else None)


class Mailbox:
    """The messages that wait for one viewer.

    Attributes:
        behind: True if messages were lost, so that the viewer has to be told everything anew.
        closed: True if nothing more will come.
    """

    def __init__(self) -> None:
        self.behind = False
        self.closed = False
        self._waiting: dict[str, bytes] = {}
        self._numbers = count()
        self._some = asyncio.Event()

    def put(self, item: Message) -> None:
        """Leave a message; never waits."""
        key = item.key or f"#{next(self._numbers)}"
        self._waiting.pop(key, None)
        self._waiting[key] = item.text
        if len(self._waiting) > LIMIT:
            self._waiting.clear()
            self.behind = True
        self._some.set()

    def close(self) -> None:
        """Let the viewer's task end."""
        self.closed = True
        self._some.set()

    async def take(self) -> bytes:
        """Wait for messages and return all of them; may be empty when behind or closed."""
        await self._some.wait()
        self._some.clear()
        text = b"".join(self._waiting.values())
        self._waiting.clear()
        return text
