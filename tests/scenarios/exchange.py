"""A broker without a network, for the bridge's own MQTT code in virtual time.

It stands where the connection would: retained messages, the retain flag of MQTT 5, the will, and
an outage on demand. That a real broker does the same is what the tests with mosquitto show.
"""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NoReturn

import aiomqtt
import pytest

from bridge.mqtt import broker as broker_module
from bridge.mqtt.transport import Message, MqttError, Receive, Version, Will

Listener = Callable[[str, bytes, bool], None]


@dataclass
class Exchange:
    """Broker in memory that passes all messages."""

    retained: dict[str, bytes] = field(default_factory=dict)
    clients: "list[ExchangeClient]" = field(default_factory=list)
    listeners: list[Listener] = field(default_factory=list)
    away: bool = False

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        if retain and payload:
            self.retained[topic] = payload
        elif retain:
            self.retained.pop(topic, None)
        for listener in self.listeners:
            listener(topic, payload, retain)
        for client in self.clients:
            client.offer(topic, payload, retain)

    def outage(self) -> None:
        """The broker is lost: every client is notified, and its will is published."""
        self.away = True
        for client in [*self.clients]:
            client.lose()

    def back(self) -> None:
        self.away = False

    @contextmanager
    def in_place_of_a_network(self) -> Iterator[None]:
        async def make(
            _settings: object,
            _identity: str,
            _version: object,
            *,
            will: Will | None = None,
            receive: Receive,
        ) -> "ExchangeClient":
            return ExchangeClient(self, will, receive)

        async def version(*_: object, **__: object) -> Version:
            if self.away:
                message = "the exchange is away"
                raise MqttError(message)
            return Version.V5

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(broker_module, "make_client", make)
            patch.setattr(broker_module, "find_version", version)
            yield


class ExchangeClient:
    """Connection of the bridge to the exchange."""

    def __init__(self, exchange: Exchange, will: Will | None, receive: Receive) -> None:
        self._exchange = exchange
        self._will = will
        self._receive = receive
        self._topics: list[aiomqtt.Wildcard] = []
        self._lost = asyncio.Event()

    async def __aenter__(self) -> "ExchangeClient":
        self._exchange.clients.append(self)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self in self._exchange.clients:
            self._exchange.clients.remove(self)

    async def until_lost(self) -> NoReturn:
        await self._lost.wait()
        message = "Disconnected"
        raise MqttError(message)

    async def subscribe(self, topic: str, _qos: int = 0, **_: object) -> bool:
        wildcard = aiomqtt.Wildcard(topic)
        self._topics.append(wildcard)
        for each, payload in self._exchange.retained.items():
            if aiomqtt.Topic(each).matches(wildcard):
                self._deliver(each, payload, retain=True)
        return True

    async def publish(
        self,
        topic: str,
        payload: bytes,
        *,
        retain: bool = False,
        **_: object,
    ) -> None:
        if self._lost.is_set():
            message = "Disconnected"
            raise MqttError(message)
        self._exchange.publish(topic, bytes(payload), retain=bool(retain))

    def offer(self, topic: str, payload: bytes, retain: bool) -> None:
        if any(aiomqtt.Topic(topic).matches(each) for each in self._topics):
            self._deliver(topic, payload, retain=retain)

    def lose(self) -> None:
        self._exchange.clients.remove(self)
        self._lost.set()
        if self._will is not None:
            self._exchange.publish(self._will.topic, self._will.payload, retain=True)

    def _deliver(self, topic: str, payload: bytes, *, retain: bool) -> None:
        message = Message(topic, payload, retain)
        asyncio.get_running_loop().call_soon(self._receive, message)
