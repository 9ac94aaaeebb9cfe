"""The demo's own broker, on loopback only."""

import asyncio
import logging
import socket
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from bridge.extras import install_line

LOOPBACK = "127.0.0.1"
FIRST_PORT = 1883
LAST_PORT = FIRST_PORT + 100
SHUTDOWN_S = 1.5


class BrokerError(Exception):
    """The broker cannot be started; the text includes advice."""


def free_port(wanted: int | None) -> int:
    """Return the wanted port (0: any), else the first free one from 1883 on.

    Raises:
        BrokerError: the wanted port is taken, or none is free.
    """
    candidates = range(FIRST_PORT, LAST_PORT) if wanted is None else (wanted,)
    for port in candidates:
        with socket.socket() as probe, suppress(OSError):
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((LOOPBACK, port))
            return int(probe.getsockname()[1])
    if wanted is None:
        message = f"no port from {FIRST_PORT} to {LAST_PORT - 1} is free; name one with --mqtt-port"
    else:
        message = f"port {wanted} is taken; name another with --mqtt-port, or leave it out"
    raise BrokerError(message)


@asynccontextmanager
async def embedded_broker(port: int) -> AsyncIterator[None]:
    """Run a broker on loopback inside the block.

    Raises:
        BrokerError: amqtt is not installed, or does not start.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            from amqtt.broker import Broker  # noqa: PLC0415 - an extra, and slow to load
    except ImportError as error:
        message = f"the demo's broker is not installed: {install_line('demo')}"
        raise BrokerError(message) from error
    logging.getLogger("amqtt").setLevel(logging.CRITICAL)
    logging.getLogger("transitions").setLevel(logging.CRITICAL)

    class LoopbackBroker(Broker):  # type: ignore[misc]  # amqtt tells no types
        """Broker that sends retained messages only to new subscriptions.

        amqtt 0.12 sends them to every client that connects, for every filter that any client has
        subscribed to; a client that publishes one message and disconnects then loses it.
        """

        async def _publish_retained_messages_for_subscription(
            self, subscription: tuple[str, int], session: Any
        ) -> None:
            subscribers = self._subscriptions.get(subscription[0], ())
            if any(subscriber is session for subscriber, _ in subscribers):
                await super()._publish_retained_messages_for_subscription(subscription, session)

        async def stream_connected(
            self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, listener_name: str
        ) -> None:
            """Close what amqtt leaves open if the client disconnected first (ENOTCONN)."""
            try:
                with suppress(OSError):
                    await super().stream_connected(reader, writer, listener_name)
            finally:
                writer.close()

    broker = LoopbackBroker(
        {
            "listeners": {"default": {"type": "tcp", "bind": f"{LOOPBACK}:{port}"}},
            "plugins": {
                "amqtt.plugins.authentication.AnonymousAuthPlugin": {"allow_anonymous": True}
            },
        }
    )
    try:
        await broker.start()
    except Exception as error:
        message = f"the demo's broker does not start: {error}"
        raise BrokerError(message) from error
    try:
        yield
    finally:
        with suppress(Exception):  # errors during shutdown do not matter
            async with asyncio.timeout(SHUTDOWN_S):
                await broker.shutdown()
