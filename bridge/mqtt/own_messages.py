"""Finds out whether the broker's access list lets the bridge's messages through. Pure.

An acknowledgement does not tell: MQTT 3.1.1 has no reason for it, and brokers acknowledge what they
drop. The bridge is therefore subscribed to one topic of each branch that it writes, and looks for
its own messages there.
"""

from collections.abc import Iterable

OVERDUE_S = 3.0
"""Seconds after which a message that did not come back is taken for refused."""


class OwnMessages:
    """Knows which of the bridge's own messages have come back.

    Args:
        topics: what the bridge both writes and is subscribed to.
    """

    def __init__(self, topics: Iterable[str] = ()) -> None:
        self._topics = set(topics)
        self._sent: dict[str, float] = {}
        self._refused: set[str] = set()

    def add(self, topic: str) -> None:
        """Look for the messages of this topic, too."""
        self._topics.add(topic)

    def sent(self, topic: str, now: float) -> None:
        """A message is being sent, at `now` (monotonic seconds)."""
        if topic in self._topics:
            self._sent.setdefault(topic, now)

    def received(self, topic: str) -> None:
        """A message of this topic came from the broker."""
        self._sent.pop(topic, None)
        self._refused.discard(topic)

    def reset(self) -> None:
        """The connection is gone, and what was on its way with it."""
        self._sent.clear()

    def take_refused(self, now: float) -> list[str]:
        """Topics whose messages do not come back; each is named once, and again after one did."""
        overdue = [topic for topic, since in self._sent.items() if now - since > OVERDUE_S]
        for topic in overdue:
            del self._sent[topic]
        new = [topic for topic in overdue if topic not in self._refused]
        self._refused.update(new)
        return new
