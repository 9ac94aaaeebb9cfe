"""The demo's own broker."""

import asyncio
import socket
from pathlib import Path

import aiomqtt

from bridge.demo.broker import embedded_broker, free_port


async def test_commands_of_brief_clients_arrive_beside_a_listener_to_all_topics() -> None:
    port = free_port(0)
    async with embedded_broker(port), _client(port) as bridge, _client(port) as listener:
        await bridge.subscribe("treadmills/demo/set/#", 1)
        for name in ("state", "guard", "link", "availability"):
            await bridge.publish(f"treadmills/demo/{name}", b"x" * 500, retain=True)
        await listener.subscribe("treadmills/#")

        for number in range(20):
            async with _client(port) as once:
                await once.publish("treadmills/demo/set/speed", str(number))

        async with asyncio.timeout(10):
            heard = [(await anext(bridge.messages)).payload for _ in range(20)]
        assert heard == [str(number).encode() for number in range(20)]


def _client(port: int) -> aiomqtt.Client:
    return aiomqtt.Client("127.0.0.1", port, protocol=aiomqtt.ProtocolVersion.V311)


async def test_demo_broker_listens_only_on_loopback() -> None:
    port = free_port(0)
    async with embedded_broker(port):
        listeners = await asyncio.to_thread(_listeners, port)
    assert listeners == ["127.0.0.1"]


def _listeners(port: int) -> list[str]:
    """Addresses on which this computer listens on a port, as Linux reports them."""
    found = []
    for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6")):
        for line in Path("/proc/net", table).read_text("ascii").splitlines()[1:]:
            _, local, _, state, *_ = line.split()
            address, _, number = local.partition(":")
            if state == "0A" and int(number, 16) == port:
                words = bytes.fromhex(address)
                swapped = b"".join(words[at : at + 4][::-1] for at in range(0, len(words), 4))
                found.append(socket.inet_ntop(family, swapped))
    return found
