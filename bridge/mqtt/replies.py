"""Response topics of MQTT 5 clients."""

from collections import OrderedDict
from dataclasses import dataclass

import structlog

from bridge.contract.message import REMEMBERED
from bridge.contract.topics import Topics
from bridge.mqtt.transport import Message
from bridge.names import OWN

_LONGEST = 512

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Reply:
    """Response topic and correlation data of a command."""

    topic: str
    correlation: bytes | None = None


class Replies:
    """Remembers the response topics of the newest commands, by treadmill and id.

    Of an id that several clients used, the first and the newest one get the outcomes.
    """

    def __init__(self, topics: Topics, discovery_prefix: str) -> None:
        self._topics = topics
        self._discovery = Topics(discovery_prefix)
        self._own = Topics(OWN)
        self._known: OrderedDict[tuple[str, str], tuple[Reply, ...]] = OrderedDict()

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

    def remember(self, treadmill: str, command: str, message: Message) -> None:
        """Remember where to reply to this command, until enough newer ones have come."""
        topic = message.response_topic
        if topic is None:
            return
        if not self.allows(topic):
            log.warning(
                "mqtt_response_topic_ignored",
                topic=topic,
                hint="use one outside the bridge's base topic, the discovery prefix and $",
            )
            return
        reply = Reply(topic, message.correlation)
        first = self._known.get((treadmill, command), ())[:1]
        self._known[treadmill, command] = first if reply in first else (*first, reply)
        self._known.move_to_end((treadmill, command))
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)

    def find(self, treadmill: str, command: str) -> tuple[Reply, ...]:
        """Return where to reply to a command."""
        return self._known.get((treadmill, command), ())
