"""Sends the outbox to the broker: in order, several at a time, without loss."""

import asyncio
from collections.abc import Callable

import structlog

from bridge.mqtt.outbox import Outbox, Outgoing
from bridge.mqtt.transport import Connection

AT_A_TIME = 16
"""Maximum number of unacknowledged messages; in a flood the broker's replies are slow."""
DROPPED_REPORT_EVERY_S = 10.0

log = structlog.get_logger()


class Sending:
    """Publishes an outbox on one connection.

    Args:
        on_send: called with the topic of each message just before it is sent.
    """

    def __init__(
        self, client: Connection, outbox: Outbox, on_send: Callable[[str], None] = lambda _: None
    ) -> None:
        self._client = client
        self._outbox = outbox
        self._on_send = on_send
        self._reported = float("-inf")

    async def run(self, *, until_empty: bool = False) -> None:
        """Publish until cancelled, or until the outbox is empty.

        Raises:
            MqttError: The connection is lost; unacknowledged messages wait again.
        """
        room = asyncio.Semaphore(AT_A_TIME)
        try:
            async with asyncio.TaskGroup() as group:
                while not (until_empty and self._outbox.empty):
                    await room.acquire()
                    message = await self._outbox.get()
                    self._tell_dropped()
                    # Tasks start in order, and each one publishes before it waits.
                    group.create_task(self._send(message, room))
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        finally:
            self._outbox.put_back()

    async def _send(self, message: Outgoing, room: asyncio.Semaphore) -> None:
        try:
            await self.send(message)
        except ValueError as error:  # it would fail again at each retry
            log.warning("mqtt_unsendable", topic=message.topic, reason=str(error))
        self._outbox.done(message)
        room.release()

    async def send(self, message: Outgoing) -> None:
        """Publish one message, and wait for the acknowledgement if its QoS has one.

        Raises:
            MqttError: The connection is lost.
            ValueError: The message can never be sent.
        """
        self._on_send(message.topic)
        await self._client.publish(
            message.topic,
            message.payload,
            qos=message.qos,
            retain=message.retain,
            correlation=message.correlation,
        )

    def _tell_dropped(self) -> None:
        now = asyncio.get_running_loop().time()
        if now - self._reported < DROPPED_REPORT_EVERY_S:
            return
        if dropped := self._outbox.take_dropped():
            self._reported = now
            log.warning("mqtt_dropped", count=dropped, reason="larger than the broker accepts")
