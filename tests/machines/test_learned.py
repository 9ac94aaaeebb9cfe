"""Figures of a machine that follow from others. Seconds."""

from dataclasses import replace

import pytest

from bridge.machines.learned import UNLEARNED, Echo


@pytest.mark.parametrize(
    ("echo", "soonest_s", "longest_s", "prompt"),
    [
        (Echo.EACH, 0.5, 2.0, True),
        (Echo.EACH, 0.5, 2.1, False),
        (Echo.EACH, 3.0, 3.5, True),  # late, but always as late
        (Echo.EACH, 0.0, 0.5, False),  # too few echoes
        (Echo.UNKNOWN, 0.5, 2.0, False),
        (Echo.NEVER, 0.5, 2.0, False),
    ],
)
def test_machine_is_prompt_if_all_its_echoes_take_about_the_same_time(
    echo: Echo, soonest_s: float, longest_s: float, *, prompt: bool
) -> None:
    machine = replace(UNLEARNED, echo=echo, soonest_s=soonest_s, echo_s=longest_s)
    assert machine.is_prompt is prompt


def test_echo_may_come_one_second_later_than_any_before() -> None:
    assert replace(UNLEARNED, echo_s=3.0).latest_s == 4.0
