"""Runs of the demo: its broker, its script, its page and its keys; and a short run of all of it."""

import asyncio
import io
import os
import pty
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from aiomqtt import ProtocolVersion
from rich.console import Console

from bridge.config import Config
from bridge.contract.message import Circumstances
from bridge.contract.parser import parse
from bridge.demo import page, run
from bridge.demo.broker import BrokerError, embedded_broker
from bridge.demo.page import serve_page
from bridge.demo.run import broker_address, demo_config, play_demo
from bridge.demo.script import SCRIPTS, WALK_JUMP_CLIMB, Step
from bridge.demo.view import View
from bridge.values import Command, Verb
from simulators.physics.machine import Machine
from tests.demo.addresses import NOW, taken
from tests.rigs.brokers import PATIENCE_S, subscriber
from tests.rigs.brokers import free_port as any_port


class TestScript:
    def test_steps_of_the_script_are_in_order(self) -> None:
        times = [step.at for step in WALK_JUMP_CLIMB]

        assert times == sorted(set(times))

    @pytest.mark.parametrize("step", WALK_JUMP_CLIMB)
    def test_each_step_of_the_script_is_a_command_with_a_sentence(self, step: Step) -> None:
        around = Circumstances(0.0, NOW, "x")

        assert isinstance(parse(step.kind, step.payload.encode(), around), Command)
        assert step.text.endswith(".")

    def test_script_starts_the_belt_and_finishes(self) -> None:
        around = Circumstances(0.0, NOW, "x")
        commands = [parse(s.kind, s.payload.encode(), around) for s in WALK_JUMP_CLIMB]
        verbs = [command.verb for command in commands if isinstance(command, Command)]

        assert (verbs[0], verbs[-1]) == (Verb.START, Verb.FINISH)

    def test_demo_script_none_has_no_steps(self) -> None:
        assert SCRIPTS["none"] == ()


class Paper(io.StringIO):
    """Output of the demo; `shows` waits for a text."""

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


async def test_embedded_broker_serves_until_it_is_closed() -> None:
    port = any_port()
    async with (
        asyncio.timeout(PATIENCE_S),
        embedded_broker(port),
        subscriber(port, ProtocolVersion.V311) as listener,
    ):
        await listener.client.publish("treadmills/demo/set/speed", "4")
        await listener.receive("treadmills/demo/set/speed")

    with taken(port):
        pass


async def test_embedded_broker_that_cannot_start_is_an_error() -> None:
    port = any_port()
    with taken(port), pytest.raises(BrokerError, match="does not start"):
        async with embedded_broker(port):
            pass


@pytest.mark.parametrize("terminal", [False, True])
async def test_demo_plays_its_script(terminal: bool) -> None:
    paper = Paper()
    console = Console(file=paper, force_terminal=terminal, width=200, height=60, color_system=None)
    address = broker_address(None, any_port())
    config = Config.model_validate(demo_config(address, None))
    script = (Step(4.5, "belt", "start", "A person starts."), Step(4.6, "speed", "0.1", "Slow."))
    play = asyncio.create_task(
        play_demo(config, address, script, console, duration=None, shortened=True)
    )
    try:
        for text in ("A person starts.", "start → accepted", "speed 0.1 km/h → rejected",
                     "Your turn"):  # fmt: skip
            await paper.shows(text)
    finally:
        play.cancel()
        await asyncio.gather(play, return_exceptions=True)
    with taken(address.port):
        pass


async def test_demo_ends_after_its_duration() -> None:
    paper = Paper()
    address = broker_address(None, any_port())
    config = Config.model_validate(demo_config(address, None))

    async with asyncio.timeout(PATIENCE_S):
        await play_demo(config, address, (), Console(file=paper), duration=0.3, shortened=False)

    assert "divided by 20" not in paper.getvalue()
    assert "MQTT broker on 127.0.0.1" in paper.getvalue()


async def test_demo_with_an_unreachable_broker_continues_and_prints_a_warning(
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

    async def test_demo_prints_its_dashboard_address_and_ends_the_dashboard(
        self, config: Config
    ) -> None:
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

    async def test_dashboard_of_the_demo_without_its_extra_is_one_line(
        self, config: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page, "missing_extra", lambda **_: "it needs its extra")
        paper = Paper()

        await serve_page(config, View(Console(file=paper), []))

        assert "No dashboard: it needs its extra." in paper.getvalue()

    async def test_dashboard_of_the_demo_that_ends_is_reported(
        self, config: Config, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(page, "PROGRAM", (sys.executable, "-c", ""))
        paper = Paper()

        await serve_page(config, View(Console(file=paper, width=200), []))

        assert "The dashboard has ended" in paper.getvalue()

    async def test_dashboard_of_the_demo_that_ignores_sigterm_is_killed(
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

    async def test_console_keys_press_the_buttons_of_the_machine(self, keyboard: int) -> None:
        paper = Paper()
        view = View(Console(file=paper), [])
        machine: Any = Machine()

        with run._console_keys(machine, view):
            os.write(keyboard, b"?gk")
            await paper.shows("Console: pull the safety key")

        assert "Console: start" in paper.getvalue()
        assert "g start" in run._keys_hint()
        assert "g start" in paper.getvalue()  # the answer to ?

    async def test_refused_console_key_is_printed_with_its_reason(self, keyboard: int) -> None:
        paper = Paper()
        machine: Any = Machine()
        with run._console_keys(machine, View(Console(file=paper), [])):
            os.write(keyboard, b"kg")
            await paper.shows(
                "Console: start is refused: the safety key is pulled; insert it first"
            )

    async def test_q_key_ends_the_demo_like_ctrl_c(
        self, keyboard: int, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGINT, ended.set)
        with run._console_keys(Machine(), View(Console(file=Paper()), [])):
            os.write(keyboard, b"q")
            await asyncio.wait_for(ended.wait(), 10)
        asyncio.get_running_loop().remove_signal_handler(signal.SIGINT)

    async def test_console_keys_need_a_terminal(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(sys, "stdin", io.StringIO())

        with run._console_keys(Machine(), View(Console(file=Paper()), [])):
            assert run._keys_hint() == "Ctrl-C ends the demo."
