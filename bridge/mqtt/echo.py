"""How late the broker is, by an echo that the bridge sends itself."""

OVERDUE_S = 3.0
_KEPT = 16


class Echo:
    """Pure: numbers what is sent, and tells the age of the newest that came back.

    The age counts from the sending, so a message that took long proves nothing but that. What comes
    back is matched by number against what was sent, so that nobody else's message passes for it.
    """

    def __init__(self, client_id: str) -> None:
        self._client_id = client_id
        self._number = 0
        self._sent: dict[bytes, float] = {}
        self._newest: float | None = None

    def send(self, now: float, more: str = "") -> bytes:
        """The next payload to publish, at `now` (monotonic seconds); `more` goes along in it."""
        self._number += 1
        payload = f"{self._client_id} {self._number} {more}".rstrip().encode()
        self._sent[payload] = now
        if len(self._sent) > _KEPT:
            del self._sent[next(iter(self._sent))]
        return payload

    def received(self, payload: bytes) -> None:
        """Something came back on the topic of the echo."""
        sent = self._sent.pop(payload, None)
        if sent is not None:
            self._newest = sent if self._newest is None else max(sent, self._newest)

    def reset(self) -> None:
        """The connection is gone, and what it proved with it."""
        self._sent.clear()
        self._newest = None

    @property
    def proven(self) -> bool:
        """Whether any has come back on this connection."""
        return self._newest is not None

    def late(self, now: float) -> bool:
        """Whether the newest echo is overdue, or none has come back yet."""
        return self._newest is None or now - self._newest > OVERDUE_S
