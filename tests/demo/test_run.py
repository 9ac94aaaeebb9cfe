"""Runs of the demo: broker, limits, script; and a short run of all of it."""

import asyncio
import io
import os
import pty
import random
import shlex
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

import pytest
from aiomqtt import ProtocolVersion
from rich.console import Console

from bridge.config import Config
from bridge.contract.message import Circumstances
from bridge.contract.parser import parse
from bridge.demo import broker, page, run
from bridge.demo.broker import BrokerError, embedded_broker, free_port
from bridge.demo.page import serve_page
from bridge.demo.run import (
    BrokerAddress,
    broker_address,
    demo_config,
    hints,
    play_demo,
)
from bridge.demo.script import SCRIPTS, WALK_JUMP_CLIMB, Step
from bridge.demo.view import View
from bridge.values import Command, Verb
from simulators.physics.machine import Machine
from tests.rigs.brokers import PATIENCE_S, ear
from tests.rigs.brokers import free_port as any_port

OWN = BrokerAddress("127.0.0.1", 1899, own=True)
NOW = datetime(2030, 1, 1, tzinfo=UTC)
GIVEN = BrokerAddress("broker.lan", 1884, own=False)


@contextmanager
def taken(*ports: int) -> Iterator[None]:
    with ExitStack() as stack:
        for port in ports:
            stack.enter_context(socket.create_server(("127.0.0.1", port)))
        yield


def two_ports() -> int:
    """The first of two free neighbours, below where the system takes ports for connections."""
    for first in random.sample(range(20_000, 30_000, 2), 100):
        with suppress(OSError), taken(first, first + 1):
            return first
    message = "no two ports side by side are free"
    raise AssertionError(message)


class TestPort:
    @pytest.fixture(autouse=True)
    def _ports(self, monkeypatch: pytest.MonkeyPatch) -> None:
        first = two_ports()
        monkeypatch.setattr(broker, "FIRST_PORT", first)
        monkeypatch.setattr(broker, "LAST_PORT", first + 2)

    def test_the_usual_one_if_it_is_free(self) -> None:
        assert free_port(None) == broker.FIRST_PORT

    def test_else_the_next(self) -> None:
        with taken(broker.FIRST_PORT):
            assert free_port(None) == broker.FIRST_PORT + 1

    def test_none_is_free(self) -> None:
        with (
            taken(broker.FIRST_PORT, broker.FIRST_PORT + 1),
            pytest.raises(BrokerError, match="is free; name one with --mqtt-port"),
        ):
            free_port(None)

    def test_a_wanted_one(self) -> None:
        port = any_port()

        assert free_port(port) == port

    def test_any(self) -> None:
        assert free_port(0) > 1023

    def test_a_wanted_one_that_is_taken_is_not_replaced(self) -> None:
        port = any_port()
        with taken(port), pytest.raises(BrokerError, match=f"port {port} is taken"):
            free_port(port)


class TestAddress:
    def test_one_of_our_own(self) -> None:
        port = any_port()

        assert broker_address(None, port) == BrokerAddress("127.0.0.1", port, own=True)

    @pytest.mark.parametrize(
        ("given", "host", "port"),
        [
            ("broker.lan", "broker.lan", 1883),
            ("broker.lan:1884", "broker.lan", 1884),
            ("[::1]:1884", "::1", 1884),
            ("[::1]", "::1", 1883),
            ("::1", "::1", 1883),
        ],
    )
    def test_a_given_one(self, given: str, host: str, port: int) -> None:
        assert broker_address(given, None) == BrokerAddress(host, port, own=False)

    @pytest.mark.parametrize("given", ["", ":1883", "broker:", "broker:0", "broker:65536", "a:b"])
    def test_none(self, given: str) -> None:
        with pytest.raises(ValueError, match="write HOST or HOST:PORT"):
            broker_address(given, None)


class TestConfig:
    def test_it_is_gentle_with_the_long_times_divided_by_20(self) -> None:
        config = Config.model_validate(demo_config(OWN, None))
        gentle = Config().guard

        assert config.guard_of(config.treadmills[0]).model_dump() == {
            **gentle.model_dump(),
            "warm_up_s": 15,
            "cool_down_s": 15,
            "rest_s": 8640,
            "steep": (
                {"from_percent": 10, "max_s": 30, "window_s": 90, "then_percent": 5},
            ),
        }  # fmt: skip
        assert config.guard.speed_ramp_kmh_per_s == gentle.speed_ramp_kmh_per_s

    def test_its_treadmill_may_be_started_from_afar(self) -> None:
        (treadmill,) = Config.model_validate(demo_config(OWN, None)).treadmills

        assert (treadmill.id, treadmill.allow_remote_start, treadmill.speed_unit) == (
            "demo", True, "kmh",
        )  # fmt: skip

    def test_the_owner_s_limits_count_in_whole(self) -> None:
        base = Config.model_validate(
            {
                "guard": {"profile": "steady", "warm_up_s": 400},
                "treadmills": [
                    {"id": "home", "address": "12:34:56:78:9A:BC", "guard": {"max_speed_kmh": 9}},
                    {"id": "other", "name": "Other"},
                ],
            }
        )

        config = Config.model_validate(demo_config(OWN, base))

        (treadmill,) = config.treadmills
        assert config.guard_of(treadmill) == base.guard_of(base.treadmills[0])
        assert (treadmill.id, treadmill.address, treadmill.name) == ("home", None, None)

    def test_the_owner_s_radio_is_not_used(self) -> None:
        base = Config.model_validate({"bluetooth": {"radio": "usb:0"}})

        config = Config.model_validate(demo_config(OWN, base))

        assert config.bluetooth.radio == "system"
        assert [treadmill.id for treadmill in config.treadmills] == ["demo"]

    def test_the_owner_s_broker_is_not_used_but_its_topics_are(self) -> None:
        base = Config.model_validate(
            {"mqtt": {"host": "broker.lan", "username": "me", "password": "x", "tls": True,
                      "base_topic": "gym", "state_hz": 5}}
        )  # fmt: skip

        mqtt = Config.model_validate(demo_config(OWN, base)).mqtt

        assert (mqtt.host, mqtt.port, mqtt.username, mqtt.tls) == ("127.0.0.1", 1899, None, False)
        assert (mqtt.base_topic, mqtt.state_hz) == ("gym", 5)

    @pytest.mark.parametrize("base", [None, Config()])
    def test_its_own_broker_is_spoken_to_as_it_understands(self, base: Config | None) -> None:
        own = Config.model_validate(demo_config(OWN, base)).mqtt
        given = Config.model_validate(demo_config(GIVEN, base)).mqtt

        assert (own.version, given.version) == ("3.1.1", "auto")

    def test_a_given_broker_gets_the_owner_s_name_and_password(self) -> None:
        base = Config.model_validate({"mqtt": {"username": "me", "password": "x"}})

        mqtt = Config.model_validate(demo_config(GIVEN, base)).mqtt

        assert (mqtt.host, mqtt.port, mqtt.username, mqtt.secret()) == (
            "broker.lan", 1884, "me", "x",
        )  # fmt: skip

    def test_its_hints_fit(self) -> None:
        config = Config.model_validate(demo_config(GIVEN, None))

        listen, *rest = hints(config, GIVEN)

        assert listen == "mosquitto_sub -h broker.lan -p 1884 -v -t 'treadmills/#'"
        assert all(" -h broker.lan -p 1884 -t treadmills/demo/set/" in hint for hint in rest)

    def test_each_hint_is_a_command_line_as_it_stands(self) -> None:
        own = BrokerAddress("127.0.0.1", 1884, own=True)
        config = Config.model_validate(demo_config(own, None))

        listen, *commands = hints(config, own)

        assert shlex.split(listen)[-1] == "treadmills/#"
        for line in commands:
            program, *options = shlex.split(line)
            given = dict(zip(options[::2], options[1::2], strict=True))
            kind = given["-t"].rpartition("/")[2]
            around = Circumstances(0.0, NOW, "x")
            assert (program, given["-p"]) == ("mosquitto_pub", "1884")
            assert isinstance(parse(kind, given["-m"].encode(), around), Command)

    def test_its_hints_are_in_miles_for_an_owner_who_reads_miles(self) -> None:
        config = Config.model_validate({**demo_config(GIVEN, None), "units": "mph"})

        (speed,) = (hint for hint in hints(config, GIVEN) if "set/speed" in hint)

        payload = speed.partition(" -m ")[2].strip("'")
        command = parse("speed", payload.encode(), Circumstances(0.0, NOW, "x"))
        assert isinstance(command, Command)
        assert command.value == 1207


class TestScript:
    def test_its_steps_follow_each_other(self) -> None:
        times = [step.at for step in WALK_JUMP_CLIMB]

        assert times == sorted(set(times))

    @pytest.mark.parametrize("step", WALK_JUMP_CLIMB)
    def test_each_step_is_a_command_and_says_something(self, step: Step) -> None:
        around = Circumstances(0.0, NOW, "x")

        assert isinstance(parse(step.kind, step.payload.encode(), around), Command)
        assert step.text.endswith(".")

    def test_it_starts_the_belt_and_finishes(self) -> None:
        around = Circumstances(0.0, NOW, "x")
        commands = [parse(s.kind, s.payload.encode(), around) for s in WALK_JUMP_CLIMB]
        verbs = [command.verb for command in commands if isinstance(command, Command)]

        assert (verbs[0], verbs[-1]) == (Verb.START, Verb.FINISH)

    def test_no_script_has_no_steps(self) -> None:
        assert SCRIPTS["none"] == ()


class Paper(io.StringIO):
    """Where the demo prints; who waits for a text is told."""

    def __init__(self) -> None:
        super().__init__()
        self.news = asyncio.Event()

    def write(self, text: str) -> int:
        self.news.set()
        return super().write(text)

    async def shows(self, text: str) -> None:
        async with asyncio.timeout(PATIENCE_S):
            while text not in self.getvalue():
                self.news.clear()
                await self.news.wait()


async def test_embedded_broker_serves_and_goes() -> None:
    port = any_port()
    async with (
        asyncio.timeout(PATIENCE_S),
        embedded_broker(port),
        ear(port, ProtocolVersion.V311) as listener,
    ):
        await listener.client.publish("treadmills/demo/set/speed", "4")
        await listener.hear("treadmills/demo/set/speed")

    with taken(port):
        pass


async def test_a_broker_that_does_not_start_says_so() -> None:
    port = any_port()
    with taken(port), pytest.raises(BrokerError, match="does not start"):
        async with embedded_broker(port):
            pass


@pytest.mark.parametrize("terminal", [False, True])
async def test_it_plays(terminal: bool) -> None:
    paper = Paper()
    console = Console(file=paper, force_terminal=terminal, width=200, height=60, color_system=None)
    address = broker_address(None, any_port())
    config = Config.model_validate(demo_config(address, None))
    script = (Step(4.5, "belt", "start", "Somebody starts."), Step(4.6, "speed", "0.1", "Slow."))
    play = asyncio.create_task(
        play_demo(config, address, script, console, duration=None, shortened=True)
    )
    try:
        for text in ("Somebody starts.", "start → accepted", "speed 0.1 → rejected",
                     "Your turn"):  # fmt: skip
            await paper.shows(text)
    finally:
        play.cancel()
        await asyncio.gather(play, return_exceptions=True)
    with taken(address.port):
        pass


async def test_it_ends_by_itself_when_its_time_is_over() -> None:
    paper = Paper()
    address = broker_address(None, any_port())
    config = Config.model_validate(demo_config(address, None))

    async with asyncio.timeout(PATIENCE_S):
        await play_demo(config, address, (), Console(file=paper), duration=0.3, shortened=False)

    assert "divided by 20" not in paper.getvalue()
    assert "MQTT broker on 127.0.0.1" in paper.getvalue()


async def test_with_a_given_broker_that_is_not_there_the_show_goes_on_and_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "REACH_S", 0.01)
    paper = Paper()
    address = broker_address(f"127.0.0.1:{any_port()}", None)
    config = Config.model_validate(demo_config(address, None))

    async with asyncio.timeout(PATIENCE_S):
        await play_demo(
            config, address, WALK_JUMP_CLIMB, Console(file=paper), duration=0.3, shortened=True
        )

    assert f"Using the broker 127.0.0.1:{address.port}." in paper.getvalue()
    assert f"Cannot reach the broker 127.0.0.1:{address.port}." in " ".join(
        paper.getvalue().split()
    )


class TestPage:
    @pytest.fixture
    def config(self) -> Config:
        return Config.model_validate(demo_config(broker_address(None, any_port()), None))

    async def test_its_address_is_said_and_it_ends_with_the_demo(self, config: Config) -> None:
        paper = Paper()
        view = View(Console(file=paper, width=200), [])
        serving = asyncio.create_task(serve_page(config, view))
        await paper.shows("The dashboard is at http://127.0.0.1:")
        port = int(paper.getvalue().partition("127.0.0.1:")[2].partition("/")[0])
        with socket.create_connection(("127.0.0.1", port)):
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)

        with taken(port):
            pass
        assert view._hints[0] == f"The dashboard is at http://127.0.0.1:{port}/"

    async def test_without_its_extra_one_line_says_so(
        self, config: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page, "missing_extra", lambda **_: "it needs its extra")
        paper = Paper()

        await serve_page(config, View(Console(file=paper), []))

        assert "No dashboard: it needs its extra." in paper.getvalue()

    async def test_one_that_ends_by_itself_is_said(
        self, config: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page, "PROGRAM", (sys.executable, "-c", ""))
        paper = Paper()

        await serve_page(config, View(Console(file=paper, width=200), []))

        assert "The dashboard has ended" in paper.getvalue()

    async def test_one_that_does_not_want_to_end_is_killed(
        self, config: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        stubborn = "import signal; signal.signal(15, signal.SIG_IGN); print(1, flush=True);"
        monkeypatch.setattr(page, "PROGRAM", (sys.executable, "-c", f"{stubborn} signal.pause()"))
        monkeypatch.setattr(page, "END_S", 0.1)
        paper = Paper()
        serving = asyncio.create_task(serve_page(config, View(Console(file=paper), [])))
        await paper.shows("open it in a browser")
        serving.cancel()

        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(serving, return_exceptions=True)


class TestConsoleKeys:
    @pytest.fixture
    def keyboard(self, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
        """A terminal as standard input; yields where its keys are pressed."""
        keys, end = pty.openpty()
        with os.fdopen(end, "r") as terminal:
            monkeypatch.setattr(sys, "stdin", terminal)
            yield keys
        os.close(keys)

    async def test_they_press_the_machine_s_buttons(self, keyboard: int) -> None:
        paper = Paper()
        view = View(Console(file=paper), [])
        machine: Any = Machine()

        with run._console_keys(machine, view):
            os.write(keyboard, b"?gk")
            await paper.shows("Console: pull the safety key")

        assert "Console: start" in paper.getvalue()
        assert "g start" in run._keys_hint()
        assert "g start" in paper.getvalue()  # the answer to ?

    async def test_a_key_that_the_machine_refuses_says_why(self, keyboard: int) -> None:
        paper = Paper()
        machine: Any = Machine()
        with run._console_keys(machine, View(Console(file=paper), [])):
            os.write(keyboard, b"kg")
            await paper.shows(
                "Console: start is refused: the safety key is pulled; insert it first"
            )

    async def test_q_ends_it_as_ctrl_c_does(
        self, keyboard: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, ended.set)
        with run._console_keys(Machine(), View(Console(file=Paper()), [])):
            os.write(keyboard, b"q")
            await asyncio.wait_for(ended.wait(), 10)
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    async def test_without_a_terminal_there_are_none(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO())

        with run._console_keys(Machine(), View(Console(file=Paper()), [])):
            assert run._keys_hint() == "Ctrl-C ends the demo."
