"""The connection to the MQTT broker: monitored, and re-established after a loss.

Failures of the broker or the network are logged with advice and retried; they raise nothing here.
"""

import asyncio
import random
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import NoReturn

import structlog

from bridge.clock import Clock
from bridge.config import Mqtt
from bridge.contract.message import Circumstances
from bridge.contract.parser import Refusal, parse
from bridge.contract.payloads import OFFLINE, ONLINE, OutcomePayload
from bridge.contract.topics import Topics
from bridge.mqtt import access
from bridge.mqtt.advice import advice, taken_over
from bridge.mqtt.backlog import Backlog
from bridge.mqtt.client import find_version, make_client, new_identity
from bridge.mqtt.echo import Echo
from bridge.mqtt.inbox import Delivery, Incoming, guarded
from bridge.mqtt.outbox import Outbox, Outgoing, Rank, Sending
from bridge.mqtt.own_messages import OwnMessages
from bridge.mqtt.replies import Replies
from bridge.mqtt.rivals import ASIDE_S, RivalError, Rivals
from bridge.mqtt.transport import Connection, Message, MqttError, Version, Will
from bridge.tasks import LONGEST_S, Backoff, end, heed_cancellation
from bridge.texts import Texts
from bridge.values import Outcome

ECHO_S = 1.0
WITH_OTHERS = 0.1
"""Part of `ECHO_S` by which an echo is early or late to leave with another message, at no further
wakeup: while states are sent it keeps their rhythm."""
ECHOES_UNANSWERED = 5
"""Unanswered echoes after connecting that mean the broker denies the topic, not that it is slow."""
GOODBYE_S = 1.0
LISTEN_S = 0.25
"""Seconds that a new bridge waits for the echo of one that already runs."""

log = structlog.get_logger()


class Broker:
    """One MQTT connection for all treadmills.

    `handler` is called with each message in order, on the event loop; it replies through `answer`.
    Without one the connection is prepared, and waits for `serve` before it takes commands.
    `listeners` are further topics to subscribe to, without wildcards, such as a birth message.
    `backlog` is the file that keeps unsent messages for the next process. `on_aside` is called with
    True when another bridge serves one of the treadmills, and with False when this one does.
    """

    def __init__(
        self,
        settings: Mqtt,
        treadmills: Sequence[str],
        handler: Callable[[Incoming], None] | None,
        clock: Clock,
        *,
        listeners: Mapping[str, Callable[[bytes], None]] | None = None,
        backlog: Path | None = None,
        randomness: random.Random | None = None,
        on_aside: Callable[[bool], None] | None = None,
        texts: Texts | None = None,
    ) -> None:
        self.topics = Topics(settings.base_topic)
        self.client_id = self._identity = new_identity()
        self._settings = settings
        self._treadmills = frozenset(treadmills)
        self._clock = clock
        self._texts = texts or Texts()
        self._listeners = dict(listeners or {})
        self._random = randomness or random.Random()  # noqa: S311 - jitter of the back-off, not security
        self._programs = frozenset(name.casefold() for name in settings.programs)
        self._echo = Echo(self.client_id)
        self._echo_due = asyncio.Event()
        self._sent = float("-inf")
        """Time of the last message, in monotonic seconds."""
        self._rivals = Rivals(self.client_id, treadmills)
        self._rival = asyncio.Event()
        self._met: set[str] = set()
        self._delivery = Delivery(treadmills, handler, clock, settings.commands_per_s)
        self._task: asyncio.Task[NoReturn] | None = None
        self._tried = asyncio.Event()
        self._serving = asyncio.Event()
        self._on_aside: Callable[[bool], None] = on_aside or (lambda _: None)
        self._aside = False
        if handler is not None:
            self.serve(handler, on_aside)
        self._outbox = Outbox()
        self._backlog = None if backlog is None else Backlog(backlog)
        self._replies = Replies(self.topics, settings.discovery_prefix)
        branches = (self.topics.bridge_availability, *map(self.topics.availability, treadmills))
        self._own = OwnMessages((*branches, *self._listeners))
        self._version = Version.V5
        self._connected = asyncio.Event()
        self._complaint = ""
        self.turned = clock.now()
        """Time of the last activity on the connection, in monotonic seconds."""

    @property
    def connected(self) -> bool:
        """True if the broker is connected and has accepted the subscriptions."""
        return self._connected.is_set()

    @property
    def late(self) -> bool:
        """True if the newest echo is more than 3 s old: commands may then be stale."""
        return self._echo.late(self._clock.now())

    @property
    def protocol(self) -> str:
        """The MQTT version of the current or last connection: `5` or `3.1.1`."""
        return self._version

    def listen(self, topic: str, listener: Callable[[bytes], None]) -> None:
        """Subscribe to a further topic, without wildcards; call before the connection is up."""
        self._listeners[topic] = listener
        self._own.add(topic)

    def serve(
        self, handler: Callable[[Incoming], None], on_aside: Callable[[bool], None] | None = None
    ) -> None:
        """Take commands from now on; call `on_aside` now if another bridge was met."""
        self._delivery.handler = handler
        self._on_aside = on_aside or (lambda _: None)
        if self._aside:
            self._on_aside(True)
        self._serving.set()

    def begin(self) -> "asyncio.Task[NoReturn]":
        """Start to connect, unless that began before; return the task of `run`."""
        if self._task is None:
            self._task = asyncio.create_task(self.run(), name="broker")
        return self._task

    async def wait_tried(self) -> None:
        """Return once the first attempt has sent its echo, or has failed."""
        await self._tried.wait()

    async def wait_connected(self) -> None:
        """Return once the broker is connected."""
        await self._connected.wait()

    def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        qos: int = 0,
        each: bool = False,
    ) -> None:
        """Queue a message for publishing; never waits.

        For a retained topic only the newest message is sent, unless `each` is true.
        """
        self._outbox.put(Outgoing(topic, payload, qos, retain, each=each))

    def republish(self) -> None:
        """Send all retained messages again, for Home Assistant's restart."""
        if self.connected:
            self.publish(self.topics.bridge_availability, ONLINE, retain=True, qos=1)
        self._outbox.all_due()

    def answer(self, treadmill: str, result: Outcome | Refusal) -> None:
        """Publish a command's outcome to the outcome topic and to the sender's response topic."""
        outcome = OutcomePayload.of(result, self._clock.utc(), self._texts)
        message = Outgoing(
            self.topics.outcome(treadmill), outcome.encode(), 1, rank=Rank.of(outcome)
        )
        self._outbox.put(message)
        for reply in self._replies.find(treadmill, outcome.id):
            self._outbox.put(replace(message, topic=reply.topic, correlation=reply.correlation))

    async def run(self) -> NoReturn:
        """Keep the connection until cancelled; then publish `offline` and disconnect."""
        tasks: list[asyncio.Task[NoReturn]] = []
        pauses = Backoff(self._clock, good_s=LONGEST_S, randomness=self._random)
        try:
            tasks.append(asyncio.create_task(self._delivery.run(), name="mqtt delivery"))
            if self._backlog is not None:
                await self._backlog.restore(self._outbox)
                follow = self._backlog.follow(self._outbox)
                tasks.append(asyncio.create_task(follow, name="mqtt backlog"))
            while True:
                self.turned = self._clock.now()
                pauses.attempt()
                limit = await self._attempt()
                self._tried.set()
                heed_cancellation()
                await pauses.rest(limit)
        finally:
            await end(*tasks)
            if self._backlog is not None:
                await self._backlog.close(self._outbox)

    # --- one connection ---------------------------------------------------------------------

    async def _attempt(self) -> float | None:
        """Connect and serve until the connection ends; return the longest pause after it."""
        try:
            doubt = self._version is Version.V5
            self._version = await find_version(self._settings, self._identity, doubt=doubt)
            await self._serve()
        except RivalError as error:
            self._rivals.give_way()
            self._aside = True
            self._on_aside(True)
            self._complain(error)
            return ASIDE_S
        except (MqttError, OSError, ValueError) as error:
            if taken_over(error):  # reconnecting with the same id would take it back, without end
                self._identity = new_identity()
            self._complain(error)
        return None

    async def _serve(self) -> None:
        """Connect and serve; raises when the connection is lost."""
        will = Will(self.topics.bridge_availability, OFFLINE)
        made = await make_client(
            self._settings, self._identity, self._version, will=will, receive=self._receive
        )
        async with made as client:
            heed_cancellation()
            self._rival.clear()
            work = (
                self._until_rival(),
                client.until_lost(),
                self._subscribe_and_send(client),
                self._send_echoes(client),
            )
            tasks = [asyncio.create_task(part) for part in work]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
            except asyncio.CancelledError:
                await self._publish_last(client, tasks)
                raise
            finally:
                await end(*tasks)
                self._connected.clear()
                self._echo.reset()
                self._own.reset()

    async def _subscribe_and_send(self, client: Connection) -> None:
        # Subscribe to the echo first: it returns before any command, so none is refused as late.
        await self._subscribe(client, self.topics.echo)
        await self._send_echo(client)
        self._tried.set()
        await asyncio.sleep(LISTEN_S)
        await self._serving.wait()
        self._rivals.begin(self._clock.utc())
        own, ids = self.topics.bridge_availability, sorted(self._treadmills)
        mine = (*map(self.topics.availability, ids), *map(self.topics.commands, ids))
        for topic in (own, *mine, *self._listeners):
            await self._subscribe(client, topic, qos=1)
        sending = self._sending(client)
        await sending.send(Outgoing(own, ONLINE, qos=1, retain=True))
        self._complaint = ""
        self._aside = False
        self._on_aside(False)
        log.info("mqtt_connected", host=self._settings.host, protocol=self.protocol)
        self._outbox.all_due()
        self._connected.set()
        await sending.run()

    async def _subscribe(self, client: Connection, topic: str, qos: int = 0) -> None:
        # Without this option, a command just published with the retain flag arrives without it.
        # MQTT 3.1.1 has no such option; there the command is refused after the next reconnect.
        if not await client.subscribe(topic, qos, retain_as_published=True):
            access.report_subscription(topic)

    def _sending(self, client: Connection) -> Sending:
        return Sending(client, self._outbox, self._on_send)

    def _on_send(self, topic: str) -> None:
        self._sent = now = self._clock.now()
        self._own.sent(topic, now)
        if now - self.turned >= ECHO_S * (1 - WITH_OTHERS):
            self._echo_due.set()

    async def _send_echoes(self, client: Connection) -> NoReturn:
        loop = asyncio.get_running_loop()
        for echoes in count(1):
            heed_cancellation()
            others = self._clock.now() - self._sent < ECHO_S
            wait = ECHO_S * (1 + WITH_OTHERS) if others else ECHO_S
            timer = loop.call_later(wait, self._echo_due.set)
            try:
                await self._echo_due.wait()
            finally:
                timer.cancel()
            self._echo_due.clear()
            await self._send_echo(client)
            if echoes == ECHOES_UNANSWERED and not self._echo.proven:
                access.report_echo(self.topics.echo)
            if not (self._echo.proven and self.late):  # otherwise the broker is only slow
                access.report_messages(self._own.take_refused(self._clock.now()))
        raise AssertionError  # the loop never ends

    async def _send_echo(self, client: Connection) -> None:
        self.turned = self._clock.now()
        echo = self._echo.send(self.turned, self._rivals.claim)
        await client.publish(self.topics.echo, echo)

    async def _until_rival(self) -> NoReturn:
        await self._rival.wait()
        message = "another bridge serves the same treadmill at this broker; this one stands aside"
        raise RivalError(message)

    async def _publish_last(self, client: Connection, tasks: "list[asyncio.Task[None]]") -> None:
        """Send the waiting messages, then `offline`: a clean disconnect sends no will."""
        if not self.connected:
            return
        # The sender goes on meanwhile: a new one would send what is in flight a second time.
        drained = asyncio.create_task(self._outbox.drained())
        ends = (drained, *tasks)
        try:
            await asyncio.wait(ends, timeout=GOODBYE_S, return_when=asyncio.FIRST_COMPLETED)
            if not drained.done():
                lost = next((str(task.exception()) for task in tasks if task.done()), "")
                log.warning("mqtt_unsent", reason=lost or "no time left")
        finally:
            await end(*ends)
        try:
            topic = self.topics.bridge_availability
            await client.publish(topic, OFFLINE, qos=1, retain=True, timeout_s=GOODBYE_S)
        except MqttError as error:
            log.warning("mqtt_goodbye_failed", reason=str(error))

    def _complain(self, error: Exception) -> None:
        """Log a failure with advice; a repeated one only at debug level."""
        before, self._complaint = self._complaint, f"{type(error).__name__}: {error}"
        write = log.debug if self._complaint == before else log.warning
        write("mqtt_trouble", reason=str(error), hint=advice(error, self._settings))

    # --- messages coming in -----------------------------------------------------------------

    def _receive(self, message: Message) -> None:
        topic, payload = message.topic, message.payload
        self._own.received(topic)
        if topic == self.topics.echo:
            self._echo.received(payload)
            if not message.retain:
                self._meet(payload)
        elif topic == self.topics.bridge_availability:
            # A stale will, or another bridge's: false while this bridge is connected.
            if payload != ONLINE and self.connected:
                self.publish(topic, ONLINE, retain=True, qos=1)
        elif topic in self._listeners:
            guarded(self._listeners[topic], payload)
        elif message.retain and not payload:
            pass  # someone clears a retained command, as its outcome advised
        elif (target := self.topics.target(topic)) and target.treadmill in self._treadmills:
            around = Circumstances(
                received=self._clock.now(),
                utc=self._clock.utc(),
                fallback_id=secrets.token_hex(8),
                retained=message.retain,
                expired=message.expired,
                late=self.late,
                programs=self._programs,
            )
            content = parse(target.kind, payload, around)
            self._replies.remember(target.treadmill, content.id, message)
            self._delivery.put(Incoming(target.treadmill, content))

    def _meet(self, echo: bytes) -> None:
        """Check whether an echo is from another bridge that serves one of these treadmills."""
        other = self._rivals.received(echo)
        if other is None:
            return
        if not self._rivals.first(other):
            self._rival.set()
            return
        # it has just started; answer now, so that it needs not wait for the next echo
        if not other.since:
            self._echo_due.set()
        if other.who not in self._met:
            self._met.add(other.who)
            log.warning(
                "mqtt_rival",
                rival=other.who,
                treadmills=sorted(other.treadmills),
                hint="another bridge was started for the same treadmill and should stand aside; "
                "stop it, or give it another id",
            )
