"""A short soak: after each lap the process holds what it held after the one before."""

import asyncio
import random
from pathlib import Path

import pytest

from simulators.scenario.script import Scenario, read_scenario
from tests.rigs.virtual_time import VirtualLoop
from tests.scenarios.soak import Figures, grown, live

LAPS = 3


def walk(ids: str) -> Scenario:
    return read_scenario(
        f"""
title = "A walk"
[[step]]
press = "start"
[[step]]
after = 20
ask = "speed 4"
id = "{ids}walk"
[[step]]
after = 30
ask = "belt stop"
id = "{ids}stop"
[[step]]
expect = "machine.stands is true"
within = 60
""",
        "walk",
    )


@pytest.mark.unmeasured
def test_soak_laps_leave_no_task_and_no_open_file(tmp_path: Path) -> None:
    random.seed(1)
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit=7200)) as runner:
        day = runner.run(live(LAPS, tmp_path, walk))
    assert len(day) == LAPS
    assert {each.tasks for each in day} == {day[0].tasks}
    assert {each.files for each in day} == {day[0].files}


def test_soak_check_names_each_growing_figure() -> None:
    flat = [Figures(hour, 80_000, 100_000, 29, 12, 4_000) for hour in range(1, 25)]
    assert grown(flat) == []
    assert grown([*flat, Figures(25, 90_000, 110_000, 30, 13, 5_000)]) == [
        "tasks: 29 → 30",
        "files: 12 → 13",
        "objects: 100000 → 110000",
        "memory: 80000 → 90000 kB",
    ]
