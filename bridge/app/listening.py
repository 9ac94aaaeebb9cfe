"""A short look at the broker: what lies retained, and which bridges run.

For commands beside a running bridge. Nothing is published.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from bridge.config import Mqtt
from bridge.contract.topics import Topics
from bridge.mqtt.client import find_version, make_client
from bridge.mqtt.rivals import Rivals
from bridge.mqtt.transport import Connection

LISTEN_S = 2.0
"""Seconds to listen for a bridge that serves the treadmill: it sends an echo once a second."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a short look showed: retained payloads by topic, and the echoes of running bridges."""

    retained: dict[str, bytes]
    echoes: tuple[bytes, ...]

    def served(self, treadmill: str) -> bool:
        """True if a bridge that serves this treadmill runs."""
        return any(Rivals("", [treadmill]).heard(echo) for echo in self.echoes)


@asynccontextmanager
async def connected(settings: Mqtt, purpose: str) -> AsyncIterator[Connection]:
    """A connection for a command; `purpose` becomes part of the client's name.

    Raises:
        MqttError: The broker cannot be reached, or does not let us in.
        ConfigError: A file of the configuration cannot be used.
    """
    identity = f"treadmill-bridge-{purpose}-{secrets.token_hex(4)}"
    version = await find_version(settings, identity)
    async with await make_client(settings, identity, version) as client:
        yield client


async def listen(client: Connection, topics: Topics, filters: Sequence[str]) -> Heard:
    """Listen for `LISTEN_S` to these filters, and to the bridges' echoes."""
    retained: dict[str, bytes] = {}
    echoes: list[bytes] = []
    for topic in (*filters, topics.echo):
        await client.subscribe(topic, qos=1)
    try:
        async with asyncio.timeout(LISTEN_S):
            async for message in client.messages():
                if message.retain:
                    retained[message.topic] = message.payload
                elif message.topic == topics.echo:
                    echoes.append(message.payload)
    except TimeoutError:
        pass
    # A retained echo is nobody's work here, and no treadmill's.
    retained.pop(topics.echo, None)
    return Heard(retained, tuple(echoes))


@dataclass(frozen=True, slots=True)
class Running:
    """What a running bridge publishes of one treadmill, as it stands in the contract."""

    link: dict[str, Any]
    state: dict[str, Any]


async def ask_running(settings: Mqtt, treadmill: str) -> Running | None:
    """Ask the bridge that serves a treadmill; None if none runs.

    Raises:
        MqttError: The broker cannot be reached, or does not let us in.
        ConfigError: A file of the configuration cannot be used.
    """
    topics = Topics(settings.base_topic)
    wanted = (topics.link(treadmill), topics.state(treadmill))
    async with connected(settings, "ask") as client:
        heard = await listen(client, topics, wanted)
    if not heard.served(treadmill):
        return None
    link, state = (_object(heard.retained.get(topic, b"")) for topic in wanted)
    return Running(link, state)


def _object(payload: bytes) -> dict[str, Any]:
    try:
        found = json.loads(payload)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
