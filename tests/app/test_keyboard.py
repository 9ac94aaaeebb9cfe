"""The keyboard of a terminal, and the simulated machine's console on it."""

import asyncio
import io
import os
import pty
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from bridge.app.keyboard import BUTTON_KEYS, help_on_buttons, keyboard
from bridge.cli import simulate
from simulators.physics.console import BUTTONS
from simulators.physics.machine import Machine
from tests.rigs.brokers import PATIENCE_S


@pytest.fixture
def keys(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """A terminal as standard input; yields where its keys are pressed."""
    pressed, end = pty.openpty()
    with os.fdopen(end, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)
        yield pressed
    os.close(pressed)


async def test_each_key_press_calls_the_handler(keys: int) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    with keyboard(heard.put_nowait) as there:
        assert there
        os.write(keys, b"a\x01b")
        found = [await asyncio.wait_for(heard.get(), PATIENCE_S) for _ in range(2)]
    assert found == ["a", "b"]


async def test_terminal_that_closes_ends_the_keyboard_without_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    pressed, end = pty.openpty()
    loop, removed = asyncio.get_running_loop(), asyncio.Event()
    remove = loop.remove_reader
    with os.fdopen(end, "r") as terminal:
        monkeypatch.setattr(sys, "stdin", terminal)

        def note(descriptor: int) -> bool:
            removed.set()
            return remove(descriptor)

        monkeypatch.setattr(loop, "remove_reader", note)
        with keyboard(lambda _: None):
            os.close(pressed)
            await asyncio.wait_for(removed.wait(), PATIENCE_S)


async def test_keyboard_is_off_without_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    with keyboard(lambda _: None) as there:
        assert not there


def test_every_console_button_has_a_keyboard_key() -> None:
    assert set(BUTTON_KEYS.values()) == set(BUTTONS)
    assert "g start" in help_on_buttons()


async def test_simulate_maps_the_keyboard_to_the_machine_console(
    keys: int, capsys: pytest.CaptureFixture[str]
) -> None:
    machine = Machine()
    simulation: Any = SimpleNamespace(machine=machine)
    said = ""
    with simulate._console(simulation):
        os.write(keys, b"kgx")
        async with asyncio.timeout(PATIENCE_S):
            while "'x' is not a button" not in said:
                said += capsys.readouterr().out
                await asyncio.sleep(0.01)
    assert "console: pull the safety key\n" in said
    assert "console: start is refused: the safety key is pulled; insert it first" in said
