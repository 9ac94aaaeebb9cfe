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

from bridge.app.listening import connected, listen
from bridge.config import ConfigError, Mqtt
from bridge.contract.topics import Topics
from bridge.mqtt.exposure import PlaintextPasswordError
from bridge.mqtt.transport import Message, MqttError

AGAIN_S = 60.0
"""Seconds until a retry, if the broker is unreachable or refuses."""
KEEPALIVE_S = 60
"""Seconds; nothing depends on a quick notice of a lost connection here."""
FRESH_S = 10.0
"""Seconds for which it is known what other bridges serve; nothing is known of one that is newer."""
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
        self._asked = float("-inf")

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
        async with connected(self._settings, "strays", keepalive_s=KEEPALIVE_S) as client:
            await client.subscribe(f"{self._topics.base}/+/set/#")
            async for message in client.messages():
                if not message.retain:
                    await self._note_command(message)

    async def _note_command(self, message: Message) -> None:
        target = self._topics.target(message.topic)
        if target is None or target.treadmill in self._served | self._told:
            return
        if len(self._told) >= MOST:
            return
        await self._learn_served()
        if target.treadmill in self._served:
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

    async def _learn_served(self) -> None:
        """Learn from their echoes what other bridges serve.

        Each bridge sends one a second, so only this listens to them, and on its own connection.
        """
        now = asyncio.get_running_loop().time()
        if now - self._asked < FRESH_S:
            return
        async with connected(self._settings, "strays-echoes") as client:
            heard = await listen(client, self._topics, ())
        self._asked = asyncio.get_running_loop().time()
        for echo in heard.echoes:
            # The treadmills of a bridge are the last word of its echo.
            names = echo.decode(errors="ignore").rpartition(" ")[2]
            self._served |= set(names.split(","))
