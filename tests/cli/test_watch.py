"""`treadmill-bridge watch`: against a real broker, with messages as a bridge publishes them."""

import asyncio
import json
import threading
from pathlib import Path

import aiomqtt
import pytest

from bridge.app.watching import follow
from bridge.cli import common
from bridge.extras import install_line
from tests.app.watching.test_picture import GUARD, LINK, SESSION, STATE
from tests.cli.conftest import Invoke, without
from tests.rigs.brokers import Mosquitto, free_port


class Closed(type(Path())):  # type: ignore[misc]  # Path is made by a factory before Python 3.12
    """A file in a directory that this user may not enter."""

    def exists(self, **_: bool) -> bool:
        raise PermissionError(13, "Permission denied", str(self))


def publish(broker: Mosquitto, treadmill: str = "home", **more: bytes) -> None:
    """What a bridge leaves at the broker, and then a word of news again and again."""

    async def all_of_it() -> None:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            base = f"treadmills/{treadmill}"
            for kind, payload in (("state", STATE), ("guard", GUARD), ("link", LINK)):
                await client.publish(f"{base}/{kind}", json.dumps(payload), retain=True)
            for topic, raw in more.items():
                await client.publish(topic.replace("__", "/"), raw, retain=True)

    asyncio.run(all_of_it())


def test_watch_shows_what_the_bridge_publishes(invoke: Invoke, mosquitto: Mosquitto) -> None:
    publish(mosquitto)
    result = invoke("watch", "home", "--broker", f"127.0.0.1:{mosquitto.port}", "--duration", "2")
    assert result.exit_code == 0
    assert "running  warm_up   speed  6.0 km/h (asked 12.0 km/h" in result.stdout


def test_watch_without_an_id_shows_the_first_treadmill(
    invoke: Invoke, mosquitto: Mosquitto
) -> None:
    publish(mosquitto, "loft")
    result = invoke("watch", "--broker", f"127.0.0.1:{mosquitto.port}", "--duration", "2")
    assert "running  warm_up" in result.stdout


def test_watch_prints_events_and_the_end_of_a_session_as_lines(
    invoke: Invoke, mosquitto: Mosquitto
) -> None:
    done = threading.Event()

    async def tell() -> None:
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
            while not done.is_set():
                await client.publish("treadmills/home/event", b'{"type": "x", "text": "Hello."}')
                await client.publish("treadmills/home/event", b"no json")
                await client.publish("treadmills/home/event", b"[]")
                await client.publish("treadmills/home/session", json.dumps(SESSION))
                await asyncio.sleep(0.2)

    speaker = threading.Thread(target=lambda: asyncio.run(tell()))
    speaker.start()
    try:
        address = f"127.0.0.1:{mosquitto.port}"
        result = invoke("watch", "home", "--broker", address, "--duration", "2")
    finally:
        done.set()
        speaker.join()
    assert "  Hello." in result.stdout
    assert "The last run: 5.20 km in 38:20" in result.stdout


def test_watch_reports_that_no_bridge_is_connected(invoke: Invoke, mosquitto: Mosquitto) -> None:
    publish(mosquitto, treadmills__bridge__availability=b"offline")
    address = f"127.0.0.1:{mosquitto.port}"
    result = invoke("watch", "home", "--broker", address, "--duration", "2")
    assert "No bridge is connected to this broker" in result.stdout


def test_watch_says_that_a_treadmill_does_not_publish(
    invoke: Invoke, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "NOTHING_S", 0.2)
    address = f"127.0.0.1:{mosquitto.port}"
    result = invoke("watch", "nosuch", "--broker", address, "--duration", "2")
    assert "No treadmill nosuch publishes at this broker. Check the id" in result.stdout


def test_watch_reports_an_unreachable_broker_once(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "AGAIN_S", 0.1)
    result = invoke("watch", "home", "--broker", f"127.0.0.1:{free_port()}", "--duration", "2")
    assert result.stdout.count("Check that the broker runs") == 1


def test_watch_saves_its_view_as_svg(invoke: Invoke, mosquitto: Mosquitto, tmp_path: Path) -> None:
    publish(mosquitto)
    target = tmp_path / "view.svg"
    address = f"127.0.0.1:{mosquitto.port}"
    invoke("watch", "home", "--broker", address, "--duration", "2", "--svg", str(target))
    assert "Horizon" in target.read_text()
    assert "url(http" not in target.read_text().replace('"', "")


@pytest.mark.parametrize("address", [":1883", "host:0", "host:many"])
def test_watch_refuses_an_invalid_broker_address(invoke: Invoke, address: str) -> None:
    result = invoke("watch", "--broker", address)
    assert result.exit_code == 2
    assert "HOST or HOST:PORT" in result.stderr


def test_watch_works_without_permission_to_read_the_configuration(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch, mosquitto: Mosquitto
) -> None:
    publish(mosquitto)
    # The tests may run as root, whom no mode keeps out.
    monkeypatch.setattr(common, "DEFAULT_PATH", Closed("/etc/treadmill-bridge/config.toml"))
    port = {"TREADMILL_BRIDGE__MQTT__PORT": str(mosquitto.port)}
    result = invoke("watch", "--duration", "2", **port)
    assert "only root and the service" in result.stderr
    assert "running  warm_up" in result.stdout


def test_watch_without_its_extra_names_it() -> None:
    result = without("rich", "watch")
    assert result.returncode == 2
    assert install_line("watch") in result.stderr
