"""Reads the broker's retained topics and finds running bridges, without publishing anything.

Used by commands that run beside a bridge.
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
from bridge.mqtt.client import KEEPALIVE_S, find_version, make_client
from bridge.mqtt.rivals import Rivals
from bridge.mqtt.transport import Connection

LISTEN_S = 2.0
"""Seconds to listen for a bridge's echo, which it sends once a second."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Retained payloads by topic, and the echoes of running bridges."""

    retained: dict[str, bytes]
    echoes: tuple[bytes, ...]

    def served(self, treadmill: str) -> bool:
        """True if a running bridge serves this treadmill."""
        return any(Rivals("", [treadmill]).received(echo) for echo in self.echoes)


@asynccontextmanager
async def connected(
    settings: Mqtt, purpose: str, *, keepalive_s: int = KEEPALIVE_S
) -> AsyncIterator[Connection]:
    """Connect to the broker for a command; `purpose` becomes part of the client id.

    Raises:
        MqttError: The broker cannot be reached, or refuses the login.
        ConfigError: A file of the configuration cannot be used.
    """
    identity = f"treadmill-bridge-{purpose}-{secrets.token_hex(4)}"
    version = await find_version(settings, identity)
    async with await make_client(settings, identity, version, keepalive_s=keepalive_s) as client:
        yield client


async def listen(client: Connection, topics: Topics, filters: Sequence[str]) -> Heard:
    """Listen to these filters and to the bridges' echoes for `LISTEN_S`."""
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
    # A retained echo is not a treadmill's topic.
    retained.pop(topics.echo, None)
    return Heard(retained, tuple(echoes))


@dataclass(frozen=True, slots=True)
class Running:
    """A running bridge's publications about one treadmill, with the contract's keys."""

    link: dict[str, Any]
    state: dict[str, Any]


async def ask_running(settings: Mqtt, treadmill: str) -> Running | None:
    """Return the publications of the bridge that serves a treadmill; None if none runs.

    Raises:
        MqttError: The broker cannot be reached, or refuses the login.
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
