"""Buttons of the console, and the reasons why a press has no effect."""

from collections.abc import Sequence

import pytest

from simulators.physics.console import BUTTONS, refusal
from simulators.physics.machine import Machine


@pytest.mark.parametrize(
    ("before", "button", "why"),
    [
        (["start"], "start", "the belt is started already"),
        ([], "stop", "the belt is stopped already"),
        ([], "pause", "only a started belt can be paused"),
        ([], "speed down", "the belt is stopped"),
        ([], "incline down", "0 % is its lowest incline"),
        ([], "insert the safety key", "it is in its place already"),
        (["pull the safety key"], "pull the safety key", "it is pulled already"),
        (["pull the safety key"], "start", "the safety key is pulled; insert it first"),
        (["pull the safety key"], "speed up", "the safety key is pulled; insert it first"),
        (["pull the safety key"], "stop", "the belt is stopped already"),
    ],
)
def test_press_without_effect_has_a_reason(before: Sequence[str], button: str, why: str) -> None:
    machine = Machine()
    for each in before:
        assert BUTTONS[each](machine)
    assert not BUTTONS[button](machine)
    assert refusal(machine, button) == why


@pytest.mark.parametrize(
    ("button", "why"),
    [
        ("speed up", "16 is its highest speed"),
        ("speed down", "0.8 is its lowest speed; stop stops the belt"),
        ("incline up", "15 % is its steepest incline"),
        ("incline down", "0 % is its lowest incline"),
    ],
)
def test_press_beyond_a_range_names_its_end(button: str, why: str) -> None:
    machine = Machine()
    machine.start()
    machine.advance(10)
    while BUTTONS[button](machine):
        pass
    assert refusal(machine, button) == why
