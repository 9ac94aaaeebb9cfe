"""The broker connection: messages go to all viewers, and viewers' commands out at once."""

import asyncio
import logging
import time

from bridge.clock import SystemClock
from bridge.contract.topics import Topics
from bridge.dashboard.board import Board
from bridge.dashboard.mailbox import Mailbox, Message, message
from bridge.dashboard.past import Past
from bridge.dashboard.settings import Broker, Settings
from bridge.dashboard.web.commands import Command
from bridge.mqtt.advice import advice
from bridge.mqtt.exposure import PlaintextPasswordError, check_password_stays_private
from bridge.mqtt.transport import Connection, Endpoint, MqttError, Version
from bridge.tasks import Backoff
from bridge.tls import TlsFileError

log = logging.getLogger(__name__)

KEEPALIVE_S = 3
"""Keepalive in seconds: a silent broker is noticed within twice this, even without a bridge."""
CONNECT_S = 5.0
PUBLISH_S = 1.0
"""Seconds after which an unacknowledged command is reported as not sent."""
TICK_S = 1.0
FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 4.0
"""Seconds between connection attempts; short, because someone watches the page."""


class UnsentError(Exception):
    """A command did not reach the broker; the text gives the reason. It is not retried."""


class Feed:
    """Keeps the board up to date and sends changes to every viewer; one connection at a time."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._topics = Topics(settings.base_topic)
        self.board = Board(self._topics)
        self._client: Connection | None = None
        self._viewers: set[Mailbox] = set()
        self._why = ""
        """Why there is no connection, as reported."""
        self.past = Past(settings.history)

    @property
    def connected(self) -> bool:
        """True while the broker is connected."""
        return self._client is not None

    @property
    def viewers(self) -> int:
        """The number of open pages."""
        return len(self._viewers)

    async def run(self) -> None:
        """Keep the connection until cancelled; retries with back-off."""
        ticking = asyncio.create_task(self._tick())
        pauses = Backoff(SystemClock(), first_s=FIRST_WAIT_S, longest_s=LONGEST_WAIT_S)
        try:
            while True:
                pauses.attempt()
                try:
                    await self._listen()
                except (
                    MqttError,
                    OSError,
                    UnicodeDecodeError,
                    TlsFileError,
                    PlaintextPasswordError,
                ) as error:
                    if self.connected:
                        pauses.reset()
                    self._complain(error)
                finally:
                    self._lose()
                await pauses.rest()
        finally:
            ticking.cancel()
            self.close()

    async def publish(self, command: Command) -> None:
        """Send a command, and wait for the broker's acknowledgement.

        Raises:
            UnsentError: The broker is not connected, or did not acknowledge it.
        """
        client = self._client
        if client is None:
            reason = "the broker is unreachable"
            raise UnsentError(reason)
        topic = self._topics.set(command.treadmill, command.kind)
        payload = command.payload(time.time() - self.board.skew_s)
        try:
            await client.publish(topic, payload, qos=1, timeout_s=PUBLISH_S)
        except (MqttError, OSError, ValueError) as error:
            reason = "the broker did not acknowledge it"
            raise UnsentError(reason) from error

    def open(self) -> Mailbox:
        """Add a viewer, who receives the full state first."""
        mailbox = Mailbox()
        self._viewers.add(mailbox)
        return mailbox

    def shut(self, mailbox: Mailbox) -> None:
        """Remove a viewer."""
        self._viewers.discard(mailbox)

    def close(self) -> None:
        """End every viewer's task."""
        for mailbox in self._viewers:
            mailbox.close()

    def hello(self) -> bytes:
        """Return the first server-sent event for a new viewer."""
        now = time.monotonic()
        everything = {
            "broker": self.connected,
            "bridge": self.board.bridge,
            "treadmills": self.board.everything(now),
            "people": self._settings.people,
            "shoes": self._settings.shoes,
            "past": self.past.is_there,
            "units": self._settings.units,
        }
        return message("hello", None, everything).text

    def tick(self) -> Message:
        """Return the heartbeat that each viewer gets every second."""
        now = time.monotonic()
        life = {
            "broker": self.connected,
            "bridge": self.board.bridge,
            "quiet": self.board.quiet(now),
            "ages": self.board.ages(now),
        }
        return message("tick", None, life, newest=True)

    async def _listen(self) -> None:
        await check_password_stays_private(self._settings.broker)
        async with make_client(self._settings.broker) as client:
            for topic in self.board.subscriptions():
                await client.subscribe(topic, qos=1)
            log.info("Connected to the broker.")
            self._why = ""
            self._client = client
            self._broadcast(self.tick())
            async for item in client.messages():
                changes = self.board.take(
                    item.topic,
                    item.payload,
                    retained=item.retain,
                    now=time.monotonic(),
                    wall=time.time(),
                )
                for each in changes:
                    self._broadcast(each)

    def _complain(self, error: Exception) -> None:
        """Report why there is no connection, once until that changes."""
        broker = self._settings.broker
        why = f"{broker.host}:{broker.port} ({error}). Trying again; {advice(error, broker)}."
        level = logging.DEBUG if why == self._why else logging.WARNING
        log.log(level, "Cannot reach the broker %s", why)
        self._why = why

    def _lose(self) -> None:
        self._client = None
        self.board.lose()
        self._broadcast(self.tick())

    def _broadcast(self, item: Message) -> None:
        for mailbox in self._viewers:
            mailbox.put(item)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            self._broadcast(self.tick())


def make_client(broker: Broker) -> Connection:
    """Create a client that is not yet connected. It has no session, so nothing arrives late.

    Raises:
        OSError: The password's file cannot be read.
        UnicodeDecodeError: The password's file is not UTF-8.
        TlsFileError: A certificate or key cannot be used.
    """
    endpoint = Endpoint(
        broker.host, broker.port, broker.username, broker.secret(), broker.tls_context()
    )
    version = Version.V5 if broker.five else Version.V311
    return Connection(endpoint, None, version, keepalive_s=KEEPALIVE_S, timeout_s=CONNECT_S)
