"""Detects commands for treadmills that no bridge at this broker serves, such as a misspelt id.

The bridge subscribes only to its own treadmills, so it never receives such a command. This uses its
own connection: some brokers deliver a message twice if subscriptions overlap, and a broker that
refuses this subscription must not affect the bridge.
"""

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import NoReturn

import structlog

from bridge.app.listening import connected
from bridge.config import ConfigError, Mqtt
from bridge.contract.topics import Topics
from bridge.mqtt.exposure import PlaintextPasswordError
from bridge.mqtt.transport import Message, MqttError

AGAIN_S = 60.0
"""Seconds until a retry, if the broker is unreachable or refuses."""
ECHOES_S = 2.5
"""Seconds to wait for the echoes of other bridges, which they send once a second."""
MOST = 32
"""Maximum number of ids logged per process, against floods."""
ID_LENGTH = 64
"""Maximum characters of an id that are logged, because anyone may have invented it."""

log = structlog.get_logger()


class Strays:
    """Logs the first command for each id that no bridge serves.

    Args:
        settings: the broker.
        treadmills: the ids that this bridge serves.
    """

    def __init__(self, settings: Mqtt, treadmills: Iterable[str]) -> None:
        self._settings = settings
        self._own = sorted(treadmills)
        self._served = set(self._own)
        self._told: set[str] = set()
        self._topics = Topics(settings.base_topic)

    async def run(self) -> NoReturn:
        """Listen until cancelled, and retry after any failure of the broker."""
        while True:
            try:
                # The bridge's own connection reports problems with the broker.
                with suppress(MqttError, ConfigError, PlaintextPasswordError, OSError):
                    await self._listen()
            except Exception:  # a bug here must not end the guard
                log.warning("strays_failed", exc_info=True)
            await asyncio.sleep(AGAIN_S)

    async def _listen(self) -> None:
        async with connected(self._settings, "strays") as client:
            await client.subscribe(self._topics.echo)
            await client.subscribe(f"{self._topics.base}/+/set/#")
            loop = asyncio.get_running_loop()
            ready = loop.time() + ECHOES_S
            async for message in client.messages():
                if message.topic == self._topics.echo:
                    self._note_served(message)
                elif loop.time() >= ready and not message.retain:
                    self._note_command(message)

    def _note_served(self, echo: Message) -> None:
        """Record the treadmills of another bridge, from the last word of its echo."""
        self._served |= set(echo.payload.decode(errors="ignore").rpartition(" ")[2].split(","))

    def _note_command(self, message: Message) -> None:
        target = self._topics.target(message.topic)
        if target is None or target.treadmill in self._served | self._told:
            return
        if len(self._told) >= MOST:
            return
        self._told.add(target.treadmill)
        shown = target.treadmill[:ID_LENGTH]
        log.warning(
            "command_for_unknown",
            treadmill=shown if shown.isprintable() else ascii(shown),
            text=(
                "A command for a treadmill that no bridge serves had no effect. "
                f"This bridge serves {', '.join(self._own)}."
            ),
        )
