"""Removes a treadmill's topics from the broker, and its device from Home Assistant."""

import json
from dataclasses import dataclass

from bridge.app.listening import connected, listen
from bridge.config import Mqtt
from bridge.contract.topics import Topics, discovery_topic
from bridge.home_assistant import ours


class StillServedError(Exception):
    """A running bridge serves the treadmill, and would publish everything again."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """Topics that were cleared, and topics of other software that were kept."""

    cleared: tuple[str, ...]
    left: tuple[str, ...] = ()


async def forget(settings: Mqtt, treadmill: str, *, force: bool = False) -> Forgotten:
    """Clear all retained topics of a treadmill, the discovery message first.

    Raises:
        MqttError: The broker cannot be reached, or refuses the login.
        StillServedError: A bridge serves this treadmill, and `force` was not given.
        ConfigError: A file of the configuration cannot be used.
    """
    topics = Topics(settings.base_topic)
    discovery = discovery_topic(settings.discovery_prefix, treadmill)
    async with connected(settings, "forget") as client:
        heard = await listen(client, topics, (topics.all(treadmill), discovery))
        retained = heard.retained
        if not force and heard.served(treadmill):
            message = f"a bridge is running for {treadmill}"
            raise StillServedError(message)
        left: tuple[str, ...] = ()
        if discovery in retained and not _is_ours(retained[discovery]):
            left = (discovery,)
        cleared = sorted(retained.keys() - set(left), key=lambda topic: (topic != discovery, topic))
        for topic in cleared:
            await client.publish(topic, b"", qos=1, retain=True)
    return Forgotten(tuple(cleared), left)


def _is_ours(payload: bytes) -> bool:
    try:
        return ours(json.loads(payload))
    except (ValueError, RecursionError):
        return False
