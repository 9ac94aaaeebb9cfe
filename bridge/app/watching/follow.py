"""Subscribes to a treadmill's topics and updates a picture; publishes nothing."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from bridge.app.listening import connected
from bridge.app.watching.picture import Line, Picture
from bridge.config import ConfigError, Mqtt
from bridge.contract.topics import BRIDGE, Topics
from bridge.mqtt.advice import advice
from bridge.mqtt.transport import Connection, MqttError

NOTHING_S = 2.0
"""Seconds without a state after which the view says so: a retained state arrives at once."""
AGAIN_S = 2.0
"""Seconds between attempts to reach the broker."""
ANY = "+"
"""Used instead of an id: the first treadmill that publishes."""
_AWAY = "No bridge is connected to this broker; the values may be old."
_BACK = "A bridge is connected again."
KINDS = ("state", "guard", "link", "event", "outcome", "session", "availability")


async def follow(
    settings: Mqtt, treadmill: str, picture: Picture, on_line: Callable[[Line], None]
) -> None:
    """Keep the picture up to date until cancelled; `on_line` receives each new event line."""
    complaint = ""

    def miss() -> None:
        if not picture.state:
            which = "No treadmill" if treadmill == ANY else f"No treadmill {treadmill}"
            text = f"{which} publishes at this broker. Check the id, and that its bridge runs."
            on_line(picture.add_line(text, "yellow"))

    while True:
        missing: asyncio.TimerHandle | None = None
        try:
            async with connected(settings, "watch") as client:
                if complaint:
                    on_line(picture.add_line("Connected to the broker again.", "green"))
                complaint = ""
                missing = asyncio.get_running_loop().call_later(NOTHING_S, miss)
                messages = _messages(client, settings, treadmill, picture)
                async for kind, payload, retained in messages:
                    line = picture.take(kind, payload, retained=retained)
                    if line is not None:
                        on_line(line)
        except (MqttError, OSError, ValueError) as error:
            where = f"{settings.host}:{settings.effective_port}"
            hint = advice(error, settings)
            why = f": {error}" if isinstance(error, ConfigError) else ""
            text = f"Cannot reach the broker {where}{why}. {hint[:1].upper()}{hint[1:]}."
            if text != complaint:
                complaint = text
                on_line(picture.add_line(text, "red"))
        finally:
            if missing is not None:
                missing.cancel()
        await asyncio.sleep(AGAIN_S)


async def _messages(
    client: Connection, settings: Mqtt, treadmill: str, picture: Picture
) -> AsyncIterator[tuple[str, dict[str, Any], bool]]:
    topics = Topics(settings.base_topic)
    for kind in KINDS:
        await client.subscribe(f"{settings.base_topic}/{treadmill}/{kind}", qos=1)
    await client.subscribe(topics.bridge_availability, qos=1)
    chosen, away = treadmill, False
    async for message in client.messages():
        name, _, kind = message.topic.removeprefix(f"{settings.base_topic}/").partition("/")
        if name == BRIDGE:
            if away != (message.payload == b"offline"):
                away = not away
                yield "event", {"text": _AWAY if away else _BACK}, message.retain
            continue
        if chosen == ANY:
            chosen = name
            picture.title = name
        if name != chosen or kind == "availability":
            continue
        try:
            payload = json.loads(message.payload)
        except (ValueError, RecursionError):
            continue
        if isinstance(payload, dict):
            yield kind, payload, message.retain
