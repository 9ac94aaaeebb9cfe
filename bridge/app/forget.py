"""Clears what a treadmill left at the broker: its topics, and its device in Home Assistant."""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from bridge.config import Mqtt
from bridge.contract.topics import Topics, discovery_topic
from bridge.home_assistant import ours
from bridge.mqtt.client import Client, find_version, make_client
from bridge.mqtt.rivals import Rivals

LISTEN_S = 2.0
"""So long is listened for a bridge that serves the treadmill: it speaks once a second."""


class StillServedError(Exception):
    """A bridge serves the treadmill, and would publish all of it again."""


@dataclass(frozen=True, slots=True)
class Forgotten:
    """The topics that were cleared, and those that were left because other software put them."""

    cleared: tuple[str, ...]
    left: tuple[str, ...] = ()


async def forget(settings: Mqtt, treadmill: str, *, force: bool = False) -> Forgotten:
    """Clear every retained topic of a treadmill; the device goes first, then what it showed.

    Raises:
        MqttError: The broker cannot be reached, or does not let us in.
        StillServedError: A bridge serves this treadmill, and `force` was not given.
        ConfigError: A file of the configuration cannot be used.
    """
    topics = Topics(settings.base_topic)
    discovery = discovery_topic(settings.discovery_prefix, treadmill)
    async with _connected(settings) as client:
        retained, echoes = await _listen(client, topics, treadmill, discovery)
        if not force and any(Rivals("", [treadmill]).heard(echo) for echo in echoes):
            message = f"a bridge is running for {treadmill}"
            raise StillServedError(message)
        left: tuple[str, ...] = ()
        if discovery in retained and not _is_ours(retained[discovery]):
            left = (discovery,)
        cleared = sorted(retained.keys() - set(left), key=lambda topic: (topic != discovery, topic))
        for topic in cleared:
            await client.publish(topic, b"", qos=1, retain=True)
    return Forgotten(tuple(cleared), left)


@asynccontextmanager
async def _connected(settings: Mqtt) -> AsyncIterator[Client]:
    identity = f"treadmill-bridge-forget-{secrets.token_hex(4)}"
    version = await find_version(settings, identity)
    async with await make_client(settings, identity, version) as client:
        yield client


async def _listen(
    client: Client, topics: Topics, treadmill: str, discovery: str
) -> tuple[dict[str, bytes], list[bytes]]:
    """What lies retained, and the echoes of bridges that run."""
    retained: dict[str, bytes] = {}
    echoes: list[bytes] = []
    for topic in (topics.all(treadmill), discovery, topics.echo):
        await client.subscribe(topic, qos=1)
    try:
        async with asyncio.timeout(LISTEN_S):
            async for message in client.messages:
                if message.retain:
                    retained[message.topic.value] = message.payload
                elif message.topic.value == topics.echo:
                    echoes.append(message.payload)
    except TimeoutError:
        pass
    # A retained echo is nobody's work here, and no treadmill's.
    retained.pop(topics.echo, None)
    return retained, echoes


def _is_ours(payload: bytes) -> bool:
    try:
        return ours(json.loads(payload))
    except (ValueError, RecursionError):
        return False
