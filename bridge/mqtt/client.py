"""How a client of the broker is made: who it is, how it is encrypted, which MQTT it speaks."""

import asyncio
from collections.abc import Callable
from typing import Any

import aiomqtt
import structlog
from aiomqtt.exceptions import MqttConnectError
from paho.mqtt.client import MQTT_CLEAN_START_FIRST_ONLY, MQTTMessageInfo
from paho.mqtt.client import Client as PahoClient
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from bridge.config import Mqtt
from bridge.mqtt.advice import WRONG_CREDENTIALS, number
from bridge.mqtt.exposure import check_password_stays_private

KEEPALIVE_S = 5
TIMEOUT_S = 5.0
MAX_PACKET = 1 << 20
"""What a broker may send at once, in bytes: far more than any message of the contract has."""

V5, V311 = aiomqtt.ProtocolVersion.V5, aiomqtt.ProtocolVersion.V311

log = structlog.get_logger()


class Client(aiomqtt.Client):
    """Tells also whether the broker took what was published to it with a QoS of 1 or 2.

    Attributes:
        on_acknowledged: called with the topic of a message, and why the broker did not take it
            (with MQTT 3.1.1 it does not say) or an empty text.
    """

    on_acknowledged: Callable[[str, str], None] | None = None

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self.pending_calls_threshold = 64  # so many at once are meant
        self._topics: dict[int, str] = {}
        self._publish = self._client.publish
        self._client.publish = self._noted_publish  # type: ignore[method-assign]

    def _noted_publish(
        self, topic: str, payload: object = None, qos: int = 0, *others: Any, **named: Any
    ) -> MQTTMessageInfo:
        info = self._publish(topic, payload, qos, *others, **named)  # type: ignore[arg-type]
        if qos:
            self._topics[info.mid] = topic
        return info

    def _on_socket_register_write(self, client: PahoClient, userdata: object, sock: Any) -> None:  # noqa: ARG002
        """As aiomqtt does it, but for a line that is gone by then, which is no error of the loop's.

        paho may call it from another thread, so the loop's turn comes later.
        """

        def write() -> None:
            try:
                client.loop_write()
            except Exception as error:  # noqa: BLE001 - whatever it is, the line is broken
                if not self._disconnected.done():
                    self._disconnected.set_exception(error)

        def register() -> None:
            if (descriptor := sock.fileno()) >= 0:
                self._loop.add_writer(descriptor, write)

        self._loop.call_soon_threadsafe(register)

    def _on_publish(
        self,
        client: PahoClient,
        userdata: object,
        mid: int,
        reason_code: ReasonCode,
        properties: Properties,
    ) -> None:
        topic = self._topics.pop(mid, None)
        if topic is not None and self.on_acknowledged is not None:
            self.on_acknowledged(topic, str(reason_code) if number(reason_code) >= 128 else "")
        super()._on_publish(client, userdata, mid, reason_code, properties)


async def make_client(
    settings: Mqtt,
    identity: str,
    version: aiomqtt.ProtocolVersion,
    *,
    will: aiomqtt.Will | None = None,
    queue_type: type[asyncio.Queue[aiomqtt.Message]] | None = None,
) -> Client:
    """Make one, not yet connected.

    Raises:
        ConfigError: A file of the configuration cannot be used.
        PlaintextPasswordError: The password would be there for strangers to read.
    """
    await check_password_stays_private(settings)
    five = version is V5
    properties = None
    if five:
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.MaximumPacketSize = MAX_PACKET
    return Client(
        settings.host,
        settings.effective_port,
        username=settings.username,
        password=settings.secret(),
        identifier=identity,
        protocol=version,
        # No session, so that nothing arrives late; MQTT 5 keeps none unless it is asked to.
        clean_session=None if five else True,
        clean_start=True if five else MQTT_CLEAN_START_FIRST_ONLY,
        properties=properties,
        will=will,
        keepalive=KEEPALIVE_S,
        timeout=TIMEOUT_S,
        tls_context=await asyncio.to_thread(settings.tls_context),
        queue_type=queue_type,
    )


async def find_version(
    settings: Mqtt, identity: str, *, doubt: bool = False
) -> aiomqtt.ProtocolVersion:
    """The configured version, or what is found by connecting in MQTT 5 and going again.

    MQTT 3.1.1 is to be tried where that may have been the trouble. Without a will: brokers that
    know no MQTT 5 misread one, and wait. With `doubt` silence is not believed to be about the
    version: a broker that was busy or away for a moment is asked again once it answers.

    Raises:
        MqttError: The broker cannot be reached, or does not let us in.
    """
    if settings.version != "auto":
        return V5 if settings.version == "5" else V311
    try:
        async with await make_client(settings, identity, V5):
            return V5
    except aiomqtt.MqttError as error:
        if not _may_be_the_version(error):
            raise
        if doubt and not isinstance(error, MqttConnectError):
            async with await make_client(settings, identity, V311):
                pass
            return await find_version(settings, identity)
        log.info("mqtt_no_version_5", reason=str(error))
        return V311


def _may_be_the_version(error: Exception) -> bool:
    """Whether another version of MQTT is worth a try: this one was refused, or met silence."""
    if isinstance(error, MqttConnectError):
        return number(error.rc) not in WRONG_CREDENTIALS
    return isinstance(error.__context__, TimeoutError)
