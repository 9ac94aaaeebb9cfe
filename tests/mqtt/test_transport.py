"""Transport over the MQTT library: errors and messages, and no use of private parts."""

import ast
import asyncio
import logging
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest

from bridge.mqtt.transport import Connection, Endpoint, Message, MqttError, Version
from tests.rigs.brokers import Mosquitto, free_port, subscriber

ROOT = Path(__file__).parents[2]
SEAM = ROOT / "bridge" / "mqtt" / "transport.py"

# MQTT 5, 3.2: CONNACK, two bytes of flags and reason, no properties; 3.14: DISCONNECT.
LET_IN = bytes.fromhex("20 03 00 00 00")
NOT_AUTHORIZED = bytes.fromhex("20 03 00 87 00")
TAKEN_OVER = bytes.fromhex("e0 02 8e 00")


@asynccontextmanager
async def scripted_broker(*answers: bytes) -> AsyncIterator[int]:
    """A broker that answers each packet with the next of these; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving.append(task)
        for answer in answers:
            await reader.read(100)
            writer.write(answer)
        await over.wait()
        await reader.read()  # returns when the client closes its connection
        writer.close()

    over = asyncio.Event()
    serving: list[asyncio.Task[object]] = []
    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
        over.set()
        await asyncio.gather(*serving)


def to(port: int, version: Version = Version.V5, timeout_s: float = 5.0) -> Connection:
    endpoint = Endpoint("127.0.0.1", port)
    return Connection(endpoint, None, version, keepalive_s=5, timeout_s=timeout_s)


class TestErrors:
    async def test_missing_broker_is_neither_a_refusal_nor_a_timeout(self) -> None:
        with pytest.raises(MqttError) as caught:
            async with to(free_port()):
                pass
        assert (caught.value.refused, caught.value.timed_out) == (False, False)

    async def test_refused_connection_has_the_reason_code_of_the_broker(self) -> None:
        async with scripted_broker(NOT_AUTHORIZED) as port:
            with pytest.raises(MqttError, match="Not authorized") as caught:
                async with to(port):
                    pass
        assert (caught.value.refused, caught.value.code) == (True, 0x87)

    async def test_broker_timeout_is_distinguished_from_a_refusal(self) -> None:
        async with scripted_broker(b"") as port:
            with pytest.raises(MqttError) as caught:
                async with to(port, timeout_s=0.2):
                    pass
        assert (caught.value.refused, caught.value.timed_out) == (False, True)

    @pytest.mark.parametrize("after_s", [0.0, 0.1])
    async def test_cancelled_attempt_to_connect_leaves_no_open_socket(self, after_s: float) -> None:
        async with scripted_broker(b"") as port:
            attempt = asyncio.create_task(to(port).__aenter__())
            await asyncio.sleep(after_s)
            attempt.cancel()
            with pytest.raises(asyncio.CancelledError):
                await attempt

    async def test_connection_end_has_the_reason_code_of_the_broker(self) -> None:
        async with scripted_broker(LET_IN, TAKEN_OVER) as port, to(port) as connection:
            await connection.publish("a", b"")
            with pytest.raises(MqttError) as caught:
                await connection.until_lost()
        assert (caught.value.refused, caught.value.code) == (False, 0x8E)


class TestMessages:
    async def test_messages_are_passed_on_when_read_or_awaited(
        self, broker_process: Mosquitto
    ) -> None:
        read: asyncio.Queue[Message] = asyncio.Queue()
        port = broker_process.port
        at_once = Connection(
            Endpoint("127.0.0.1", port),
            "door",
            Version.V5,
            keepalive_s=5,
            timeout_s=5.0,
            receive=read.put_nowait,
        )
        async with at_once, to(port) as waiting, subscriber(port) as client:
            assert await at_once.subscribe("a/#", 1, retain_as_published=True)
            assert await waiting.subscribe("a/#", 1)
            await client.client.publish("a/b", b"c", qos=1, retain=True)
            assert await read.get() == Message("a/b", b"c", retain=True)
            async for message in waiting.messages():
                assert message == Message("a/b", b"c", retain=False)
                break

    @pytest.mark.parametrize("version", Version)
    async def test_correlation_data_is_passed_on_if_present(
        self, broker_process: Mosquitto, version: Version
    ) -> None:
        async with (
            subscriber(broker_process.port) as client,
            to(broker_process.port, version) as us,
        ):
            await us.publish("answers", b"1", qos=1, correlation=b"7")
            properties = (await client.receive("answers")).properties
        found = getattr(properties, "CorrelationData", None)
        assert found == (b"7" if version is Version.V5 else None)


async def test_message_does_not_wait_for_the_acknowledgement_of_the_one_before(
    broker_process: Mosquitto,
) -> None:
    async with to(broker_process.port):
        (delays,) = nagle_of_connections_to(broker_process.port)
    assert not delays


def nagle_of_connections_to(port: int) -> list[bool]:
    """Return for each connection to this port if Nagle's algorithm delays small packets."""
    found = []
    for descriptor in Path("/proc/self/fd").iterdir():
        try:
            ours = socket.socket(fileno=os.dup(int(descriptor.name)))
        except OSError:  # not a socket, or closed meanwhile
            continue
        with ours, suppress(OSError):  # not connected
            if ours.family == socket.AF_INET and ours.getpeername()[1] == port:
                found.append(not ours.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY))
    return found


async def test_socket_closed_before_the_loop_watches_it_leaves_no_traceback(
    broker_process: Mosquitto, caplog: pytest.LogCaptureFixture
) -> None:
    ours, theirs = socket.socketpair()
    gone = ours.fileno()
    ours.close()
    theirs.close()
    loop = asyncio.get_running_loop()
    async with to(broker_process.port):
        # As aiomqtt does it, by the loop's own turn.
        loop.call_soon(loop.add_writer, -1, print)
        loop.call_soon(loop.add_reader, gone, print)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        loop.remove_reader(gone)
        logging.getLogger("asyncio").error("another", exc_info=ValueError())
    assert [record.message for record in caplog.records if record.name == "asyncio"] == ["another"]


def _imported(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in found if name.split(".")[0] in {"aiomqtt", "paho"}}


def test_only_the_transport_imports_the_mqtt_library() -> None:
    knowing = {
        path.relative_to(ROOT)
        for path in (ROOT / "bridge").rglob("*.py")
        if _imported(ast.parse(path.read_text()))
    }
    assert knowing == {SEAM.relative_to(ROOT)}


def test_transport_uses_no_private_name_of_the_mqtt_library() -> None:
    tree = ast.parse(SEAM.read_text())
    private = {
        name for name in _imported(tree) if any(part.startswith("_") for part in name.split("."))
    }
    own = {"_client", "_endpoint", "_hand_on", "_drop"}
    for node in ast.walk(tree):
        # Our own attributes are `self._…`; behind anything else an underscore is the library's.
        if isinstance(node, ast.Attribute) and _is_private(node.attr):
            ours = isinstance(node.value, ast.Name) and node.value.id == "self"
            if not (ours and node.attr in own):
                private.add(ast.unparse(node))
        if isinstance(node, ast.Call) and ast.unparse(node.func) in {"setattr", "getattr"}:
            name = node.args[1]
            if not isinstance(name, ast.Constant) or str(name.value).startswith("_"):
                private.add(ast.unparse(node))
        if isinstance(node, ast.ClassDef):
            parents = {ast.unparse(base) for base in node.bases}
            # A subclass could override what is private; a queue has nothing of the library's.
            private |= {parent for parent in parents if parent.startswith(("aiomqtt", "paho"))}
    assert private == set()


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


@pytest.mark.parametrize("login", [("a" * 65536, "b"), ("a", "\N{SNOWMAN}" * 21846)])
async def test_oversized_login_is_refused_before_it_is_sent(login: tuple[str, str]) -> None:
    endpoint = Endpoint("127.0.0.1", free_port(), *login)
    connection = Connection(endpoint, None, Version.V5, keepalive_s=5, timeout_s=1)
    with pytest.raises(MqttError, match="is longer than 65535 bytes") as refused:
        async with connection:
            pass
    assert refused.value.refused
