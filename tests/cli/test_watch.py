"""`treadmill-bridge watch`: against a real broker, with messages as a bridge publishes them."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiomqtt
import click
import pytest
from click.testing import Result

from bridge.app.watching import follow
from bridge.cli import common, watch
from bridge.config import Mqtt
from bridge.extras import install_line
from bridge.mqtt.advice import advice
from tests.app.watching.test_picture import GUARD, LINK, SESSION, STATE
from tests.cli.conftest import Invoke, beside, ended, without
from tests.e2e.bridge_rig import until
from tests.rigs.brokers import Mosquitto, free_port

RUNNING = "running  warm-up   speed  6.0 km/h (asked 12.0 km/h"
NO_BRIDGE = "No bridge is connected to this broker"
"""Printed last, for the topic that `watch` subscribes to last."""


class Closed(type(Path())):  # type: ignore[misc]  # Path is made by a factory before Python 3.12
    """A file in a directory that this user may not enter."""

    def exists(self, **_: bool) -> bool:
        raise PermissionError(13, "Permission denied", str(self))


def publish(broker: Mosquitto, treadmill: str = "home", **more: bytes) -> None:
    """Publish the retained topics of a bridge."""

    async def all_of_it() -> None:
        async with aiomqtt.Client("127.0.0.1", broker.port) as client:
            base = f"treadmills/{treadmill}"
            for kind, payload in (("state", STATE), ("guard", GUARD), ("link", LINK)):
                await client.publish(f"{base}/{kind}", json.dumps(payload), retain=True)
            for name, status in more.items():
                await client.publish(f"treadmills/{name}/availability", status, retain=True)

    asyncio.run(all_of_it())


@pytest.fixture
def watched(
    invoke: Invoke, mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Run `watch` at the broker, and press q as soon as all these texts are printed."""
    printed: list[object] = []
    echo = click.echo

    def run(words: tuple[str, ...], *arguments: str) -> Result:
        async def press(pressed: Callable[[str], None]) -> None:
            await until("the words", lambda: all(word in str(printed) for word in words))
            pressed("q")

        @contextmanager
        def keyboard(pressed: Callable[[str], None]) -> Iterator[bool]:
            task = asyncio.get_running_loop().create_task(press(pressed))
            yield True
            task.cancel()

        monkeypatch.setattr(watch, "keyboard", keyboard)
        port = str(mosquitto.port)
        return invoke("watch", "--duration", "20", *arguments, TREADMILL_BRIDGE__MQTT__PORT=port)

    def spy(text: object, **more: Any) -> None:
        printed.append(text)
        echo(text, **more)

    monkeypatch.setattr(click, "echo", spy)
    monkeypatch.setattr(watch, "PLAIN_FRAME_S", 0.05)
    return run


def test_watch_shows_the_published_state(
    watched: Callable[..., Result], mosquitto: Mosquitto
) -> None:
    publish(mosquitto)
    ended(watched((RUNNING,), "home", "--broker", f"127.0.0.1:{mosquitto.port}"), 0, RUNNING)


def test_watch_shows_mph_if_configured(
    watched: Callable[..., Result], mosquitto: Mosquitto, tmp_path: Path
) -> None:
    publish(mosquitto)
    config = tmp_path / "config.toml"
    config.write_text(f'units = "mph"\n[mqtt]\nport = {mosquitto.port}\n')
    miles = "speed   3.7 mph (asked 7.5 mph"
    assert miles in watched((miles,), "home", "-c", str(config)).stdout


def test_watch_without_an_id_shows_the_first_treadmill(
    watched: Callable[..., Result], mosquitto: Mosquitto
) -> None:
    publish(mosquitto, "loft")
    assert RUNNING in watched((RUNNING,)).stdout


def test_watch_prints_events_and_the_end_of_a_session_as_lines(
    watched: Callable[..., Result], mosquitto: Mosquitto
) -> None:
    over = asyncio.Event()

    async def publish_events() -> None:
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
            while not over.is_set():
                await client.publish("treadmills/home/event", b'{"type": "x", "text": "Hello."}')
                await client.publish("treadmills/home/event", b"no json")
                await client.publish("treadmills/home/event", b"[]")
                await client.publish("treadmills/home/session", json.dumps(SESSION))
                await asyncio.sleep(0.1)

    with beside(publish_events):
        result = watched(("The last run", "Hello."), "home")
        over.set()
    assert "  Hello." in result.stdout
    assert "The last run: 5.20 km in 38:20" in result.stdout


def test_watch_reports_that_no_bridge_is_connected(
    watched: Callable[..., Result], mosquitto: Mosquitto
) -> None:
    publish(mosquitto, bridge=b"offline")
    assert NO_BRIDGE in watched((NO_BRIDGE,), "home").stdout


def test_watch_reports_once_that_the_bridge_is_away_and_that_it_is_back(
    watched: Callable[..., Result], mosquitto: Mosquitto
) -> None:
    over = asyncio.Event()

    async def come_and_go() -> None:
        async with aiomqtt.Client("127.0.0.1", mosquitto.port) as client:
            while not over.is_set():
                for status in (b"offline", b"offline", b"online", b"online"):
                    await client.publish("treadmills/bridge/availability", status, qos=1)

    with beside(come_and_go):
        lines = watched((NO_BRIDGE, "A bridge is connected again."), "home").stdout.splitlines()
        over.set()
    told = [line.partition("  ")[2] for line in lines]
    assert all(one != other for one, other in pairwise(told))


def test_watch_reports_that_the_broker_is_back(
    watched: Callable[..., Result], mosquitto: Mosquitto, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "AGAIN_S", 0.05)
    mosquitto.end()
    missed = threading.Event()

    def missing(error: Exception, settings: Mqtt) -> str:
        missed.set()
        return advice(error, settings)

    monkeypatch.setattr(follow, "advice", missing)

    async def come_back() -> None:
        await asyncio.to_thread(missed.wait)
        await mosquitto.start()

    with beside(come_back):
        words = ("Cannot reach the broker", "Connected to the broker again.")
        assert words[1] in watched(words, "home").stdout


def test_watch_reports_a_treadmill_that_does_not_publish(
    watched: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "NOTHING_S", 0.2)
    sentence = "No treadmill nosuch publishes at this broker. Check the id"
    assert sentence in watched((sentence,), "nosuch").stdout


def test_watch_reports_an_unreachable_broker_once(
    invoke: Invoke, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(follow, "AGAIN_S", 0.05)
    result = invoke("watch", "home", "--broker", f"127.0.0.1:{free_port()}", "--duration", "1")
    assert result.stdout.count("Check that the broker runs") == 1


def test_watch_names_the_file_of_the_password_that_cannot_be_read(
    invoke: Invoke, tmp_path: Path
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[mqtt]\nusername = "a"\npassword_file = "{tmp_path}"\n')
    result = invoke("watch", "home", "-c", str(config), "--duration", "0.3")
    assert "mqtt.password_file: cannot be read (Is a directory)" in result.stdout


def test_watch_saves_its_view_as_svg(
    watched: Callable[..., Result], mosquitto: Mosquitto, tmp_path: Path
) -> None:
    publish(mosquitto, bridge=b"offline")
    target = tmp_path / "view.svg"
    watched((NO_BRIDGE,), "home", "--svg", str(target))
    assert "Horizon" in target.read_text()
    assert "url(http" not in target.read_text().replace('"', "")


def test_watch_works_without_permission_to_read_the_configuration(
    watched: Callable[..., Result], monkeypatch: pytest.MonkeyPatch, mosquitto: Mosquitto
) -> None:
    publish(mosquitto)
    # The tests may run as root, whom no mode keeps out.
    monkeypatch.setattr(common, "DEFAULT_PATH", Closed("/etc/treadmill-bridge/config.toml"))
    result = watched((RUNNING,))
    assert "only root and the service" in result.stderr
    assert RUNNING in result.stdout


def test_watch_without_its_extra_exits_with_an_install_hint() -> None:
    result = without("rich", "watch")
    assert result.returncode == 2
    assert install_line("watch") in result.stderr
