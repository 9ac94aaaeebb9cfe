"""The log of a whole run at full detail contains no secrets; and a run without a log."""

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import pytest

from simulators.radio.peripheral import ADDRESS
from tests.e2e.bridge_rig import Listener, until
from tests.e2e.processes import program
from tests.rigs.brokers import PATIENCE_S, free_port, mosquitto, subscriber

PASSWORD = "correct-horse-battery"

CONFIGURATION = """
[mqtt]
host = "127.0.0.1"
port = {broker}
username = "bridge"
password_file = "{secret}"
[bluetooth]
radio = "tcp-client:127.0.0.1:{radio}"
[[treadmills]]
id = "den"
address = "{address}"
speed_unit = "kmh"
allow_remote_start = true
"""


async def test_bridge_log_has_no_password_address_or_traceback(tmp_path: Path) -> None:
    users, secret, config = (tmp_path / name for name in ("users", "secret", "bridge.toml"))
    secret.write_text(f"{PASSWORD}\n")
    users.touch()
    maker = await asyncio.create_subprocess_exec(
        "mosquitto_passwd", "-b", str(users), "bridge", PASSWORD
    )
    assert await maker.wait() == 0
    options = ("allow_anonymous false", f"password_file {users}")
    radio = free_port()
    async with mosquitto(tmp_path, *options) as broker:
        config.write_text(
            CONFIGURATION.format(broker=broker.port, secret=secret, radio=radio, address=ADDRESS)
        )
        async with (
            program("simulate", "--port", str(radio)) as machine,
            program("run", "-vv", "--config", str(config)) as bridge,
            subscriber(broker.port, username="bridge", password=PASSWORD) as heard,
        ):
            await machine.prints("in range of the radio")
            listener = Listener(heard)
            await listener.belt("idle", within=30)
            await listener.send("belt", "start")
            await listener.belt("running")
            await machine.kill()
            await bridge.prints("disconnected")
            broker.end(signal.SIGKILL)
            await bridge.prints("mqtt_trouble")
            await broker.start()
            code = await bridge.ended_by(signal.SIGTERM)

    assert code == 0
    happenings = [json.loads(line) for line in bridge.lines]
    assert {h["logger"] for h in happenings if "logger" in h} >= {"mqtt"}
    for happening in happenings:
        about_the_machine = happening["event"] in {"connected", "disconnected", "command"}
        assert not about_the_machine or happening["treadmill"] == "den"
    everything = bridge.text.casefold()
    assert PASSWORD not in everything
    for separator in (":", "-", "_", ""):
        assert ADDRESS.replace(":", separator).casefold() not in everything
    assert "traceback" not in everything


@pytest.mark.parametrize("log", ["2>/dev/full", "2>&-"])
async def test_bridge_with_an_unwritable_log_serves_until_a_signal_ends_it(
    tmp_path: Path, log: str
) -> None:
    config = tmp_path / "bridge.toml"
    async with (
        mosquitto(tmp_path) as broker,
        subscriber(broker.port, topic="treadmills/#") as heard,
    ):
        config.write_text(
            f'[mqtt]\nhost = "127.0.0.1"\nport = {broker.port}\n'
            f'[bluetooth]\nradio = "tcp-client:127.0.0.1:{free_port()}"\n'
            '[[treadmills]]\nid = "den"\n'
        )
        bridge = await asyncio.create_subprocess_exec(
            *("sh", "-c", f"exec {sys.executable} -m bridge run -c {config} {log}"),
            env=os.environ | {"XDG_STATE_HOME": str(tmp_path)},
        )
        listener = Listener(heard)
        await until(
            "the bridge is online",
            lambda: listener.word("treadmills/bridge/availability") == "online",
        )
        await listener.send("belt", {"command": "start", "id": "early"})
        assert (await listener.outcome("early"))["outcome"] == "rejected"
        bridge.send_signal(signal.SIGTERM)
        async with asyncio.timeout(PATIENCE_S):
            assert await bridge.wait() == 0
