"""Every scenario, with the whole bridge, in virtual time: the machine's true belt is what counts.

The gate plays each scenario on one machine, so that every machine has its turn; `make test-full`
plays every scenario on every machine.
"""

import random
from collections import Counter

import pytest

from simulators.ftms.profile_file import load_profile, machine_names
from simulators.scenario.script import library
from simulators.scenario.traits import reason_against
from tests.rigs.effort import FULL
from tests.scenarios.rigs import play, virtual_rig

SCENARIOS = library()
PROFILES = {name: load_profile(name) for name in machine_names()}
MACHINES = list(PROFILES)
EVERYTHING = FULL


def applicable() -> list[tuple[str, str]]:
    return [
        (key, machine)
        for key, scenario in SCENARIOS.items()
        for machine in MACHINES
        if not reason_against(scenario, PROFILES[machine])
    ]


def choice() -> list[tuple[str, str]]:
    """Each scenario on one machine: of those that it fits, on the one that had least turns."""
    turns = dict.fromkeys(MACHINES, 0)
    chosen: list[tuple[str, str]] = []
    pairs = applicable()
    for key in SCENARIOS:
        fitting = [machine for of, machine in pairs if of == key]
        machine = min(fitting, key=lambda each: turns[each])
        turns[machine] += 1
        chosen.append((key, machine))
    return chosen


@pytest.mark.parametrize(("key", "machine"), applicable() if EVERYTHING else choice())
@pytest.mark.virtual_time
@pytest.mark.unmeasured
async def test_scenario_matrix_case_passes(key: str, machine: str) -> None:
    random.seed(0)  # the pauses between attempts to connect are random
    async with virtual_rig(SCENARIOS[key], PROFILES[machine]) as rig:
        await play(SCENARIOS[key], rig)


def test_chosen_matrix_covers_every_scenario_and_machine() -> None:
    chosen = choice()
    assert {key for key, _ in chosen} == set(SCENARIOS)
    assert {machine for _, machine in chosen} == set(MACHINES)


def test_every_scenario_applies_to_at_least_five_machines() -> None:
    counts = Counter(key for key, _ in applicable())
    assert [key for key in SCENARIOS if counts[key] < 5] == []
