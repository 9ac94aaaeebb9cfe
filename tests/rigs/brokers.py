"""Real brokers to test against, a listener beside the bridge, and a line between to cut."""

import asyncio
import shutil
import signal
import socket
import subprocess
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import aiomqtt
import pytest

from bridge.demo.broker import embedded_broker

PATIENCE_S = 60.0
"""Longest wait in seconds for what surely comes, on a computer with ten times as much to do."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@dataclass
class Mosquitto:
    """Debian's broker as a process of its own, without memory on disk."""

    directory: Path
    options: tuple[str, ...] = ("allow_anonymous true",)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None
    whole: str = ""
    """A configuration of the test's own, instead."""

    async def start(self) -> None:
        program = shutil.which("mosquitto", path="/usr/sbin:/usr/local/sbin:/usr/bin:/bin")
        if program is None:
            pytest.fail("these tests need mosquitto: apt install mosquitto")
        config = self.directory / "mosquitto.conf"
        lines = (f"listener {self.port} 127.0.0.1", "user root", "persistence false")
        config.write_text(self.whole or "\n".join((*lines, *self.options, "")))
        log = (self.directory / "mosquitto.log").open("ab")
        with log:
            self.process = subprocess.Popen(  # noqa: ASYNC220 - returns at once
                [program, "-c", str(config)], stdout=log, stderr=log
            )
        async with asyncio.timeout(PATIENCE_S):
            await listening(self.port)

    def end(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(PATIENCE_S)
            self.process = None


async def listening(port: int) -> None:
    """Return once a server listens there."""
    while True:
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            await writer.wait_closed()
            return
        await asyncio.sleep(0.01)


@asynccontextmanager
async def mosquitto(directory: Path, *options: str) -> AsyncIterator[Mosquitto]:
    broker = Mosquitto(directory, options or ("allow_anonymous true",))
    try:
        await broker.start()
        yield broker
    finally:
        broker.end(signal.SIGKILL)


class Subscriber:
    """A client that receives everything on a broker, and publishes for a test."""

    def __init__(self, client: aiomqtt.Client) -> None:
        self.client = client
        self.received: list[aiomqtt.Message] = []
        self._by_topic: defaultdict[str, list[aiomqtt.Message]] = defaultdict(list)
        self._news = asyncio.Condition()

    async def listen(self) -> None:
        async for message in self.client.messages:
            async with self._news:
                self.received.append(message)
                self._by_topic[message.topic.value].append(message)
                self._news.notify_all()

    def on(self, topic: str) -> list[aiomqtt.Message]:
        return self._by_topic[topic][:]

    async def receive(
        self, topic: str, fits: Callable[[aiomqtt.Message], bool] = lambda _: True
    ) -> aiomqtt.Message:
        """The first message on a topic that fits, from the past or within the time limit."""

        def found() -> aiomqtt.Message | None:
            return next((message for message in self.on(topic) if fits(message)), None)

        async with asyncio.timeout(PATIENCE_S), self._news:
            await self._news.wait_for(lambda: found() is not None)
        message = found()
        assert message is not None
        return message

    def forget(self) -> None:
        self.received.clear()
        self._by_topic.clear()


@asynccontextmanager
async def subscriber(
    port: int,
    protocol: aiomqtt.ProtocolVersion = aiomqtt.ProtocolVersion.V5,
    topic: str = "#",
    **arguments: str,
) -> AsyncIterator[Subscriber]:
    async with aiomqtt.Client(
        "127.0.0.1",
        port,
        protocol=protocol,
        username=arguments.get("username"),
        password=arguments.get("password"),
    ) as client:
        listener = Subscriber(client)
        task = asyncio.create_task(listener.listen())
        await client.subscribe(topic, qos=1)
        try:
            yield listener
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


MQTT_5 = b"\x00\x04MQTT\x05"
"""Start of an MQTT 5 connect packet."""


class Line:
    """A TCP line to a broker that a test can cut or silence.

    `unheard` is how many of the next MQTT 5 clients get no answer.
    """

    def __init__(self, target: int) -> None:
        self.port = 0
        self.silent = False
        self.unheard = 0.0
        self.accepted = 0
        self._target = target
        self._writers: set[asyncio.StreamWriter] = set()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", self._target)
        self._writers |= {writer, there_writer}
        with suppress(OSError):
            await asyncio.gather(
                self._carry(reader, there_writer), self._carry(there_reader, writer)
            )

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(4096):
            if self.unheard and MQTT_5 in data:
                self.unheard -= 1
            elif not self.silent:
                writer.write(data)
                await writer.drain()
        writer.close()

    def cut(self) -> None:
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()


@asynccontextmanager
async def line(target: int) -> AsyncIterator[Line]:
    between = Line(target)
    server = await asyncio.start_server(between._accept, "127.0.0.1", 0)
    between.port = server.sockets[0].getsockname()[1]
    try:
        yield between
    finally:
        server.close()
        between.cut()
        await server.wait_closed()


@asynccontextmanager
async def amqtt() -> AsyncIterator[int]:
    """The demo's broker, which speaks MQTT 3.1.1 alone; yields its port."""
    port = free_port()
    async with embedded_broker(port):
        yield port
