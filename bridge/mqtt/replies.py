"""Where MQTT 5 clients want their answers."""

from collections import OrderedDict
from dataclasses import dataclass

from bridge.contract.topics import Topics
from bridge.values import OWN

REMEMBERED = 256
_LONGEST = 512


@dataclass(frozen=True, slots=True)
class Reply:
    """The response topic of a command, and the correlation data to send along."""

    topic: str
    correlation: bytes | None = None


class Replies:
    """Pure: remembers the response topics of the newest commands, by treadmill and id."""

    def __init__(self, topics: Topics, discovery_prefix: str) -> None:
        self._topics = topics
        self._discovery = Topics(discovery_prefix)
        self._own = Topics(OWN)
        self._known: OrderedDict[tuple[str, str], Reply] = OrderedDict()

    def allows(self, topic: str) -> bool:
        """Whether an answer may go there: not where it could pass for the bridge's own words."""
        return (
            0 < len(topic) <= _LONGEST
            and not topic.startswith("$")
            and not set(topic) & set("+#\0")
            and not self._topics.owns(topic)
            and not self._own.owns(topic)
            and not self._discovery.owns(topic)
        )

    def remember(self, treadmill: str, command: str, reply: Reply) -> None:
        """Answers to this command go there, until enough newer ones have come."""
        self._known[treadmill, command] = reply
        self._known.move_to_end((treadmill, command))
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def find(self, treadmill: str, command: str) -> Reply | None:
        """Where the answer to a command is wanted, besides the outcome's topic."""
        return self._known.get((treadmill, command))
