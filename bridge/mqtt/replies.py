"""Response topics of MQTT 5 clients."""

from collections import OrderedDict
from dataclasses import dataclass

from bridge.contract.topics import Topics
from bridge.names import OWN

REMEMBERED = 256
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Reply:
    """Response topic and correlation data of a command."""

    topic: str
    correlation: bytes | None = None


class Replies:
    """Remembers the response topics of the newest commands, by treadmill and id. Pure."""

    def __init__(self, topics: Topics, discovery_prefix: str) -> None:
        self._topics = topics
        self._discovery = Topics(discovery_prefix)
        self._own = Topics(OWN)
        self._known: OrderedDict[tuple[str, str], Reply] = OrderedDict()

    def allows(self, topic: str) -> bool:
        """True if a reply may go to this topic, and cannot pass for the bridge's message."""
        return (
            0 < len(topic) <= _LONGEST
            and not topic.startswith("$")
            and not set(topic) & set("+#\0")
            and not self._topics.owns(topic)
            and not self._own.owns(topic)
            and not self._discovery.owns(topic)
        )

    def remember(self, treadmill: str, command: str, reply: Reply) -> None:
        """Remember where to reply to this command, until enough newer ones have come."""
        self._known[treadmill, command] = reply
        self._known.move_to_end((treadmill, command))
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def find(self, treadmill: str, command: str) -> Reply | None:
        """Return the reply's destination for a command; None without one."""
        return self._known.get((treadmill, command))
