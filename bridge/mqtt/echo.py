"""Latency of the broker, measured with an echo that the bridge sends to itself."""

OVERDUE_S = 3.0
_KEPT = 16


class Echo:
    """Numbers the echoes sent, and returns the age of the newest that came back. Pure.

    The age counts from sending, so a slow message proves no more than its own delay. An echo is
    matched by its number, so that no other client's message counts.
    """

    def __init__(self, client_id: str) -> None:
        self._client_id = client_id
        self._number = 0
        self._sent: dict[bytes, float] = {}
        self._newest: float | None = None

    def send(self, now: float, more: str = "") -> bytes:
        """Return the next payload, at `now` (monotonic seconds); `more` is appended to it."""
        self._number += 1
        payload = f"{self._client_id} {self._number} {more}".rstrip().encode()
        self._sent[payload] = now
        if len(self._sent) > _KEPT:
            del self._sent[next(iter(self._sent))]
        return payload

    def received(self, payload: bytes) -> None:
        """Process a payload from the echo's topic."""
        sent = self._sent.pop(payload, None)
        if sent is not None:
            self._newest = sent if self._newest is None else max(sent, self._newest)

    def reset(self) -> None:
        """Forget all echoes: the connection is lost."""
        self._sent.clear()
        self._newest = None

    @property
    def proven(self) -> bool:
        """True if an echo has come back on this connection."""
        return self._newest is not None

    def late(self, now: float) -> bool:
        """True if the newest echo is overdue, or none has come back yet."""
        return self._newest is None or now - self._newest > OVERDUE_S
