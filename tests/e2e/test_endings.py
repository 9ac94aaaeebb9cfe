"""Every program ends when it is told to: with 0, and with nothing left open."""

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiomqtt import ProtocolVersion

from tests.e2e.house import BASE, Listener, until
from tests.e2e.processes import PATIENCE_S, program
from tests.rigs.brokers import ear, free_port, mosquitto

BRIDGE = "treadmills/bridge/availability"
V311 = ProtocolVersion.V311
"""All that the demo's own broker speaks."""
DEMO = "treadmills/demo/availability"
SIGNALS = pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda n: n.name)


def assert_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@contextmanager
def taken_port() -> Iterator[int]:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


@SIGNALS
async def test_the_demo_ends_when_told(number: signal.Signals) -> None:
    async with program("demo", "--script", "none", "--mqtt-port", "0") as demo:
        port = int((await demo.says(r"MQTT broker on 127\.0\.0\.1:(\d+)"))[1])
        async with ear(port, V311, topic="treadmills/#") as heard:
            await until("the machine", lambda: Listener(heard).word(DEMO) == "online")
        assert await demo.ended_by(number) == 0, demo.text
        assert demo.lines[-1] == "The demo has ended and closed everything."
        assert "Traceback" not in demo.text
        assert_free(port)


@SIGNALS
async def test_the_treadmill_alone_ends_when_told(number: signal.Signals) -> None:
    async with program("simulate", "--port", "0") as machine:
        port = int((await machine.says(r"tcp-client:127\.0\.0\.1:(\d+)"))[1])
        assert await machine.ended_by(number) == 0, machine.text
        assert "Traceback" not in machine.text
        assert_free(port)


@SIGNALS
async def test_the_bridge_ends_when_told_and_says_that_it_is_offline(
    number: signal.Signals, tmp_path: Path
) -> None:
    path = tmp_path / "bridge.toml"
    async with (
        mosquitto(tmp_path) as broker,
        ear(broker.port, topic="treadmills/#") as heard,
        program("simulate", "--port", "0", "--running") as machine,
    ):
        someone = Listener(heard)
        radio = (await machine.says(r"tcp-client:127\.0\.0\.1:\d+"))[0]
        path.write_text('[[treadmills]]\nid = "den"\n')
        arguments = ("--mqtt-host", "127.0.0.1", "--mqtt-port", str(broker.port))
        async with program("run", "-c", str(path), "--radio", radio, *arguments) as bridge:
            await until("online", lambda: someone.word(f"{BASE}/availability") == "online")
            assert await bridge.ended_by(number) == 0, bridge.text
            assert "Traceback" not in bridge.text
            await until(
                "both availabilities say offline",
                lambda: (
                    {
                        someone.word(BRIDGE),
                        someone.word(f"{BASE}/availability"),
                    }
                    == {"offline"}
                ),
            )


async def test_a_bridge_without_its_broker_and_its_radio_ends_when_told_too(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text('[[treadmills]]\nid = "den"\n')
    nobody = str(free_port())
    arguments = ("--mqtt-host", "127.0.0.1", "--mqtt-port", nobody)
    radio = ("--radio", f"tcp-client:127.0.0.1:{nobody}")
    async with program("run", "-c", str(path), *radio, *arguments) as bridge:
        await bridge.says("mqtt_trouble")
        await bridge.says("radio_unavailable")
        assert await bridge.ended_by(signal.SIGTERM) == 0, bridge.text
        assert "Traceback" not in bridge.text


async def test_a_duration_ends_the_demo_and_the_treadmill() -> None:
    async with (
        program("demo", "--script", "none", "--mqtt-port", "0", "--duration", "1") as demo,
        program("simulate", "--port", "0", "--duration", "1") as machine,
    ):
        assert await demo.ends(within=PATIENCE_S) == 0, demo.text
        assert await machine.ends(within=PATIENCE_S) == 0, machine.text
        assert "Traceback" not in demo.text + machine.text


async def test_the_demo_uses_a_broker_that_is_there(tmp_path: Path) -> None:
    async with mosquitto(tmp_path) as broker, ear(broker.port, topic="treadmills/#") as heard:
        where = f"127.0.0.1:{broker.port}"
        async with program("demo", "--script", "none", "--broker", where) as demo:
            await demo.says(f"Using the broker {where}")
            await until("the machine", lambda: Listener(heard).word(DEMO) == "online")
            assert await demo.ended_by(signal.SIGINT) == 0, demo.text
            await until("offline", lambda: Listener(heard).word(BRIDGE) == "offline")


async def test_a_taken_port_is_said_with_what_to_do() -> None:
    with taken_port() as port:
        async with (
            program("demo", "--script", "none", "--mqtt-port", str(port)) as demo,
            program("simulate", "--port", str(port)) as machine,
        ):
            assert await demo.ends(within=PATIENCE_S) == 2
            assert await machine.ends(within=PATIENCE_S) == 2
            assert demo.lines == [
                f"demo: port {port} is taken; name another with --mqtt-port, or leave it out"
            ]
            assert len(machine.lines) == 1
            assert machine.lines[0].startswith(f"simulate: cannot use port {port} (")
            assert machine.lines[0].endswith("choose another with --port")


async def test_a_broker_that_is_no_address_is_said() -> None:
    async with program("demo", "--broker", "127.0.0.1:") as demo:
        assert await demo.ends(within=PATIENCE_S) == 2
        assert demo.lines == [
            "demo: '127.0.0.1:' is not a broker; write HOST or HOST:PORT, such as localhost:1883"
        ]
