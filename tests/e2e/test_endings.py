"""Every program ends at a signal: with 0, and with nothing left open."""

import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from aiomqtt import ProtocolVersion

from tests.e2e.bridge_rig import BASE, Listener, until
from tests.e2e.processes import program
from tests.rigs.brokers import PATIENCE_S, free_port, mosquitto, subscriber

BRIDGE = "treadmills/bridge/availability"
V311 = ProtocolVersion.V311
"""The only MQTT version of the demo's own broker."""
DEMO = "treadmills/demo/availability"


def assert_free(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", port))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
async def test_demo_ends_at_a_signal_and_closes_its_broker(number: signal.Signals) -> None:
    async with program("demo", "--script", "none", "--mqtt-port", "0") as demo:
        port = int((await demo.prints(r"MQTT broker on 127\.0\.0\.1:(\d+)"))[1])
        async with subscriber(port, V311, topic="treadmills/#") as heard:
            await until("the machine", lambda: Listener(heard).word(DEMO) == "online")
        assert await demo.ended_by(number) == 0, demo.text
        assert demo.lines[-1] == "The demo has ended and closed everything."
        assert "Traceback" not in demo.text
        assert_free(port)


async def test_terminated_bridge_publishes_offline_and_exits(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bridge.toml"
    async with (
        mosquitto(tmp_path) as broker,
        subscriber(broker.port, topic="treadmills/#") as heard,
        program("simulate", "--port", "0", "--running") as machine,
    ):
        listener = Listener(heard)
        radio = (await machine.prints(r"tcp-client:127\.0\.0\.1:\d+"))[0]
        path.write_text('[[treadmills]]\nid = "den"\n')
        arguments = ("--mqtt-host", "127.0.0.1", "--mqtt-port", str(broker.port))
        async with program("run", "-c", str(path), "--radio", radio, *arguments) as bridge:
            await until("online", lambda: listener.word(f"{BASE}/availability") == "online")
            assert await bridge.ended_by(signal.SIGTERM) == 0, bridge.text
            assert "Traceback" not in bridge.text
            await until(
                "both availabilities say offline",
                lambda: (
                    {
                        listener.word(BRIDGE),
                        listener.word(f"{BASE}/availability"),
                    }
                    == {"offline"}
                ),
            )
        assert await machine.ended_by(signal.SIGTERM) == 0, machine.text
        assert "Traceback" not in machine.text
        assert_free(int(radio.rpartition(":")[2]))


async def test_bridge_without_its_broker_and_its_radio_ends_at_sigint(
    tmp_path: Path,
) -> None:
    path = tmp_path / "bridge.toml"
    path.write_text('[[treadmills]]\nid = "den"\n')
    nobody = str(free_port())
    arguments = ("--mqtt-host", "127.0.0.1", "--mqtt-port", nobody)
    radio = ("--radio", f"tcp-client:127.0.0.1:{nobody}")
    async with program("run", "-c", str(path), *radio, *arguments) as bridge:
        await bridge.prints("mqtt_trouble")
        await bridge.prints("radio_unavailable")
        assert await bridge.ended_by(signal.SIGINT) == 0, bridge.text
        assert "Traceback" not in bridge.text


async def test_demo_uses_a_running_broker_and_ends_at_sigint(tmp_path: Path) -> None:
    async with (
        mosquitto(tmp_path) as broker,
        subscriber(broker.port, topic="treadmills/#") as heard,
    ):
        where = f"127.0.0.1:{broker.port}"
        async with program("demo", "--script", "none", "--broker", where) as demo:
            await demo.prints(f"Using the broker {where}")
            await until("the machine", lambda: Listener(heard).word(DEMO) == "online")
            assert await demo.ended_by(signal.SIGINT) == 0, demo.text
            await until("offline", lambda: Listener(heard).word(BRIDGE) == "offline")


@pytest.mark.parametrize(
    "arguments",
    [
        ("demo", "--script", "none", "--mqtt-port", "0", "--no-dashboard"),
        ("simulate", "--port", "0"),
        ("watch", "--broker", "127.0.0.1:1"),
        ("dashboard", "--port", "{free}"),
    ],
    ids=lambda arguments: arguments[0],
)
def test_command_ends_without_an_error_when_its_terminal_closes(
    tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    port = str(free_port())
    here, there = pty.openpty()
    errors = tmp_path / "errors"
    with errors.open("wb") as log:
        process = subprocess.Popen(
            [
                "setsid",
                "--ctty",
                sys.executable,
                "-m",
                "bridge",
                *(each.format(free=port) for each in arguments),
            ],
            stdin=there,
            stdout=there,
            stderr=log,
            env={**os.environ, "TERM": "xterm", "XDG_STATE_HOME": str(tmp_path)},
        )
    try:
        os.close(there)
        assert os.read(here, 1), "the command is up once it prints something"
        os.close(here)  # the system sends SIGHUP
        assert process.wait(PATIENCE_S) == 0, errors.read_text()
        assert "Traceback" not in errors.read_text()
    finally:
        process.kill()
        process.wait()


async def test_bridge_fails_the_commands_of_one_that_was_killed(tmp_path: Path) -> None:
    path, state = tmp_path / "bridge.toml", tmp_path / "state"
    async with (
        mosquitto(tmp_path) as broker,
        subscriber(broker.port, topic="treadmills/#") as heard,
        program("simulate", "--port", "0", "--running") as machine,
    ):
        radio = (await machine.prints(r"tcp-client:127\.0\.0\.1:\d+"))[0]
        path.write_text(
            f'state_dir = "{state}"\n'
            f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'
            f'[bluetooth]\nradio = "{radio}"\n[[treadmills]]\nid = "den"\nspeed_unit = "kmh"\n'
        )
        listener = Listener(heard)
        async with program("run", "-c", str(path)) as bridge:
            await listener.state(
                "the guard took the belt over",
                lambda s: s["requested_speed_kmh"],
                within=PATIENCE_S,
            )
            await listener.send("speed", {"value": 5, "id": "open", "source": "zwift:ride"})
            await listener.outcome("open", "accepted")
            await until("the command is stored", lambda: b"zwift:ride" in _stored(state))
            await bridge.kill()
        async with program("run", "-c", str(path)):
            failed = await listener.outcome("open", "failed", within=PATIENCE_S)
        assert (failed["requested"], failed["applied"], failed["source"]) == (5, 5, "zwift:ride")
        assert [reason["rule"] for reason in failed["reasons"]] == ["ended"]


def _stored(state: Path) -> bytes:
    return b"".join(part.read_bytes() for part in state.glob("history.*"))


async def test_reload_while_the_bridge_loads_is_made_up_for_and_an_invalid_file_is_named(
    tmp_path: Path,
) -> None:
    """The signal comes before anything in the process could reload."""
    path = tmp_path / "bridge.toml"
    path.write_text('[[treadmills]]\nid = "den"\n[mqtt]\nhost = "127.0.0.1"\nport = 1\n')
    early = (
        "import importlib.abc, os, signal, sys\n"
        "class Early(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, fullname, path, target=None):\n"
        "        if fullname == 'bridge.app.daemon':\n"
        "            os.kill(os.getpid(), signal.SIGHUP)\n"
        "sys.meta_path.insert(0, Early())\n"
        "from bridge.__main__ import main\n"
        "main()\n"
    )
    radio = f"tcp-client:127.0.0.1:{free_port()}"
    async with program("run", "-c", str(path), "--radio", radio, code=early) as bridge:
        await bridge.prints("configuration_reloaded")
        path.write_text("[guard]\nmax_speed_kmh = 99\n")
        bridge.send(signal.SIGHUP)
        error = await bridge.prints(r'\{"file": .*99 is above 25, the highest allowed.*')
        assert str(path) in error[0]
        assert await bridge.ended_by(signal.SIGTERM) == 0, bridge.text
