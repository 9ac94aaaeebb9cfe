"""Detects whether the broker's access list blocks the bridge's messages. Pure.

An acknowledgement proves nothing: MQTT 3.1.1 has no reason codes, and brokers acknowledge messages
that they drop. So the bridge subscribes to one topic of each branch that it writes to, and expects
its own messages there.
"""

from collections.abc import Iterable

OVERDUE_S = 3.0
"""Seconds after which a missing message counts as refused."""


class OwnMessages:
    """Tracks which of the bridge's own messages have come back.

    Args:
        topics: topics that the bridge both publishes and subscribes to.
    """

    def __init__(self, topics: Iterable[str] = ()) -> None:
        self._topics = set(topics)
        self._sent: dict[str, float] = {}
        self._refused: set[str] = set()

    def add(self, topic: str) -> None:
        """Track a further topic."""
        self._topics.add(topic)

    def sent(self, topic: str, now: float) -> None:
        """Note that a message is being sent, at `now` (monotonic seconds)."""
        if topic in self._topics:
            self._sent.setdefault(topic, now)

    def received(self, topic: str) -> None:
        """Note that a message of this topic arrived from the broker."""
        self._sent.pop(topic, None)
        self._refused.discard(topic)

    def reset(self) -> None:
        """Forget the messages in flight: the connection is lost."""
        self._sent.clear()

    def take_refused(self, now: float) -> list[str]:
        """Return topics whose messages do not come back; each once, and again after a success."""
        overdue = [topic for topic, since in self._sent.items() if now - since > OVERDUE_S]
        for topic in overdue:
            del self._sent[topic]
        new = [topic for topic in overdue if topic not in self._refused]
        self._refused.update(new)
        return new
