"""Mutants of the scenarios, played by guard and machine model alone: no promise is broken by any.

The gate plays some hundred, `make test-full` ten thousand. A failing one is named by its number,
which is all that it is made from: `play(number)` finds it again.
"""

from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from bridge.guard import Policy
from simulators.ftms.profile import Profile
from simulators.ftms.profile_file import load_profile
from simulators.scenario.script import library
from tests.guard.proof.actions import QUICK
from tests.guard.proof.guard_rig import KNOWN
from tests.rigs.effort import effort
from tests.timelines.mutate import Timeline, mutant, timeline
from tests.timelines.wired_rig import WiredRig

pytestmark = pytest.mark.unmeasured

NUMBER = effort(100, 10_000)
LOTS = effort(2, 10)
"""Tests that they are dealt to, so that several workers share them."""
SEEDS: list[Timeline] = [timeline(scenario) for scenario in library().values()]
PROFILES: list[Profile] = [
    load_profile(name)
    for name in (
        "strict", "citysports-cs-wp8", "kingsmith-z1", "life-fitness", "matrix-touchxl",
        "reebok-fr30z", "run500", "start-toggle", "xterra-t85", "yesoul-w2-pro",
    )
]  # fmt: skip
"""Those whose numbers mean what the guard reads in them; the others' need the quirk table."""
POLICIES: list[Policy] = [
    QUICK,
    KNOWN,
    replace(QUICK, warm_up_s=0.0),
    replace(QUICK, allow_remote_start=False),
    replace(QUICK, unit_is_kmh=False),
]


def play(number: int) -> WiredRig:
    """The timeline of one mutant; anything that raises names it."""
    chance = Random(number)  # noqa: S311 - the same number, the same mutant
    steps = mutant(chance, SEEDS)
    rig = WiredRig(policy=chance.choice(POLICIES), profile=chance.choice(PROFILES), seed=number)
    done = []
    try:
        for step in steps:
            done.append(step)
            step.act(rig)
    except Exception as error:
        happened = "\n".join(f"  {each}" for each in done)
        error.add_note(f"mutant {number} on {rig.profile.key}:\n{happened}")
        raise
    return rig


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("lot", range(LOTS))
def test_every_decision_of_a_mutated_scenario_satisfies_the_judges(lot: int) -> None:
    """They judge belts that are started, halted and slowed at the console, on many machines."""
    numbers = range(lot, NUMBER, LOTS)
    happened: Counter[str] = Counter()
    for number in numbers:
        rig = play(number)
        happened["written"] += bool(rig.written)
        happened["halted"] += bool(rig.halts)
        happened["pressed"] += bool(rig.heard("console_slowed") or rig.heard("console_raised"))
        happened[rig.profile.key] += 1
    assert happened["written"] >= len(numbers) / 4
    assert happened["halted"] >= len(numbers) / 10
    assert happened["pressed"] >= len(numbers) / 15
    assert len(happened) >= 3 + 8


def test_equal_mutation_number_gives_the_same_timeline() -> None:
    first, again = play(7), play(7)
    assert (first.written, first.halts) == (again.written, again.halts)
