"""The only module that uses the MQTT library: aiomqtt 2, on paho.

It uses only public parts of both, so that another library needs changes only here; see
docs/decisions/0005-mqtt-behind-one-seam.md.
"""

import asyncio
import logging
import socket
import ssl
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from types import TracebackType
from typing import NoReturn, Self, cast

import aiomqtt
from aiomqtt.exceptions import MqttCodeError, MqttConnectError
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.subscribeoptions import SubscribeOptions

REFUSED = 128
"""Reason codes from here on are refusals (MQTT 5, 2.4)."""
MAX_PACKET = 1 << 20
"""Maximum size of a packet from the broker, in bytes; the contract's messages are far smaller."""
LONGEST = 0xFFFF
"""Longest user name or password, in bytes."""
BAD_LOGIN = 134
"""Reason code of a user name or password that the broker does not accept."""
PENDING = 64
"""Pending calls before the library warns; a flood of outcomes is expected to reach this."""
GRACE_S = 0.8
"""Seconds that a cancelled attempt may take to open its TCP connection, so that it can be closed.

Brokers in reach accept sooner. Less than `tasks.PATIENCE_S`, after which it is cancelled again.
"""


class Version(StrEnum):
    """MQTT versions, as the configuration and `protocol` name them."""

    V5 = "5"
    V311 = "3.1.1"


class MqttError(Exception):
    """The broker could not be reached, refused the connection, or was lost.

    Attributes:
        code: the broker's reason code as a number; None if it gave none.
        refused: True if the broker answered the connection attempt with a refusal.
        timed_out: True if it did not answer in time.
    """

    def __init__(
        self,
        text: str,
        *,
        code: int | None = None,
        refused: bool = False,
        timed_out: bool = False,
    ) -> None:
        super().__init__(text)
        self.code = code
        self.refused = refused
        self.timed_out = timed_out


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Address and credentials of the broker; `tls` is None for an unencrypted connection."""

    host: str
    port: int
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    tls: ssl.SSLContext | None = None

    def check(self) -> None:
        """Check that the login fits into a packet.

        Raises:
            MqttError: It does not; a broker would refuse it.
        """
        for name, text in (("user name", self.username), ("password", self.password)):
            if text is not None and len(text.encode()) > LONGEST:
                message = f"the {name} is longer than {LONGEST} bytes, the most that MQTT allows"
                raise MqttError(message, code=BAD_LOGIN, refused=True)


@dataclass(frozen=True, slots=True)
class Will:
    """The broker publishes it, retained and with QoS 1, when the connection breaks."""

    topic: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """A message from the broker.

    Attributes:
        retain: the flag as the subscription asked for it; see `Connection.subscribe`.
        expired: True if its message expiry interval is over (MQTT 5).
        response_topic: where the sender expects a reply (MQTT 5).
        correlation: data to send along with the reply (MQTT 5).
    """

    topic: str
    payload: bytes
    retain: bool = False
    expired: bool = False
    response_topic: str | None = None
    correlation: bytes | None = None


Receive = Callable[[Message], None]


class Connection:
    """A connection without a session, so that nothing is delivered late; not yet open.

    Args:
        endpoint: the broker.
        identity: the client id; None lets the library make one.
        version: the MQTT version to use.
        keepalive_s: seconds; a silent broker is noticed within twice this.
        timeout_s: seconds to wait for the broker's replies.
        will: message that the broker publishes when the connection breaks.
        receive: callback for each message as it is read, on the event loop, instead of
            `messages`: in a queue a stop could not overtake earlier messages.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        identity: str | None,
        version: Version,
        *,
        keepalive_s: int,
        timeout_s: float,
        will: Will | None = None,
        receive: Receive | None = None,
    ) -> None:
        self.version = version
        self._endpoint = endpoint
        five = version is Version.V5
        properties = None
        if five:
            properties = _properties(PacketTypes.CONNECT)
            properties.MaximumPacketSize = MAX_PACKET
        queue = None if receive is None else partial(_Direct, receive)
        self._client = aiomqtt.Client(
            endpoint.host,
            endpoint.port,
            username=endpoint.username,
            password=endpoint.password,
            identifier=identity,
            protocol=aiomqtt.ProtocolVersion.V5 if five else aiomqtt.ProtocolVersion.V311,
            # MQTT 5 keeps no session by default, and each connection starts a new one.
            clean_session=None if five else True,
            properties=properties,
            will=None if will is None else aiomqtt.Will(will.topic, will.payload, 1, retain=True),
            keepalive=keepalive_s,
            timeout=timeout_s,
            tls_context=endpoint.tls,
            queue_type=cast("type[asyncio.Queue[aiomqtt.Message]] | None", queue),
            # Otherwise a message waits up to 40 ms for the acknowledgement of the one before.
            socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        )
        self._client.pending_calls_threshold = PENDING

    async def __aenter__(self) -> Self:
        """Connect.

        Raises:
            MqttError: The broker cannot be reached, or refuses the login.
        """
        self._endpoint.check()
        logging.getLogger("asyncio").addFilter(_GONE)
        opening = asyncio.ensure_future(self._client.__aenter__())
        try:
            with _translated():
                await asyncio.shield(opening)
        except MqttError as error:
            if error.timed_out:
                await self._drop()
            raise
        except asyncio.CancelledError:
            # The library connects in a thread, which goes on and opens a socket even so.
            await asyncio.wait({opening}, timeout=GRACE_S)
            opening.cancel()
            await asyncio.gather(opening, return_exceptions=True)
            await self._drop()
            raise
        return self

    async def _drop(self) -> None:
        """Close the socket of an attempt that was given up; the library leaves it open."""
        self._client.timeout = 0
        with suppress(aiomqtt.MqttError):
            await self._client.__aexit__(None, None, None)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Disconnect cleanly, so that the broker does not publish the will."""
        with _translated():
            await self._client.__aexit__(kind, error, trace)

    async def subscribe(
        self, topic: str, qos: int = 0, *, retain_as_published: bool = False
    ) -> bool:
        """Subscribe; False if the broker refuses.

        With `retain_as_published`, MQTT 5 delivers the sender's retain flag. Otherwise the flag is
        set only on messages retained before the subscription.

        Raises:
            MqttError: The connection is lost.
        """
        options = None
        if self.version is Version.V5:
            # The options contain the QoS; the library refuses both together.
            options = SubscribeOptions(qos, retainAsPublished=retain_as_published)
            qos = 0
        with _translated():
            codes = await self._client.subscribe(topic, qos, options)
        return all(_number(code) < REFUSED for code in codes)

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        qos: int = 0,
        retain: bool = False,
        correlation: bytes | None = None,
        timeout_s: float | None = None,
    ) -> None:
        """Publish; with QoS 1 wait for the acknowledgement. MQTT 3.1.1 has no `correlation`.

        An acknowledged message may still have been dropped by the broker's access list.

        Raises:
            MqttError: The connection is lost, or was silent for `timeout_s`.
            ValueError: The message can never be sent.
        """
        properties = None
        if correlation is not None and self.version is Version.V5:
            properties = _properties(PacketTypes.PUBLISH)
            properties.CorrelationData = correlation
        with _translated():
            await self._client.publish(topic, payload, qos, retain, properties, timeout=timeout_s)

    async def messages(self) -> AsyncIterator[Message]:
        """Yield messages until the connection is lost.

        Raises:
            MqttError: The connection is lost.
        """
        with _translated():
            async for message in self._client.messages:
                yield _message(message)

    async def until_lost(self) -> NoReturn:
        """Wait until a connection with `receive` is lost.

        Raises:
            MqttError: The connection is lost.
        """
        async for _ in self.messages():
            pass
        raise AssertionError  # messages go to `receive`; the loop ends by raising


class _Direct(asyncio.Queue[aiomqtt.Message]):
    """Passes each message on as it is read, instead of queueing it."""

    def __init__(self, receive: Receive, maxsize: int = 0) -> None:
        super().__init__(maxsize)
        self._hand_on = receive

    def put_nowait(self, item: aiomqtt.Message) -> None:
        """Pass on a message from the library."""
        self._hand_on(_message(item))


class _GoneFilter(logging.Filter):
    """Drops the traceback for a connection that closed before the event loop could watch it.

    paho connects in a thread, and the loop registers the socket later. If the broker closes the
    connection in between, the attempt fails by itself and is reported.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """False for such a record."""
        error = record.exc_info[1] if record.exc_info else None
        if not isinstance(error, OSError | ValueError):
            return True
        frames = traceback.extract_tb(error.__traceback__)
        return not any(frame.name in {"add_reader", "add_writer"} for frame in frames)


_GONE = _GoneFilter()


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except aiomqtt.MqttError as error:
        raise MqttError(
            str(error),
            code=_code_of(error),
            refused=isinstance(error, MqttConnectError),
            # The library raises its error from None; the cause is only in its context.
            timed_out=isinstance(error.__context__, TimeoutError),
        ) from error


def _code_of(error: BaseException | None) -> int | None:
    while error is not None:
        if isinstance(error, MqttCodeError) and error.rc is not None:
            return _number(error.rc)
        error = error.__cause__ or error.__context__
    return None


def _number(code: object) -> int:
    """Return the number of a reason code, which MQTT 5 wraps."""
    return cast("int", getattr(code, "value", code))


def _message(message: aiomqtt.Message) -> Message:
    found = message.properties
    return Message(
        message.topic.value,
        message.payload,
        bool(message.retain),
        getattr(found, "MessageExpiryInterval", None) == 0,
        getattr(found, "ResponseTopic", None),
        getattr(found, "CorrelationData", None),
    )


def _properties(packet: int) -> Properties:
    return Properties(packet)  # type: ignore[no-untyped-call]
