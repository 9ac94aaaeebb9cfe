"""A dozen scenarios in real time, with mosquitto: the same files as in virtual time.

They are played side by side, each with a bridge of its own, so that they take no longer than the
longest of them.
"""

import asyncio
from pathlib import Path

import pytest

from simulators.scenario.script import load_scenario
from tests.scenarios.rigs import play, real_rig

DOZEN = (
    "connects-whatever-is-missing",
    "control-denied",
    "exact-speed",
    "link-lost-while-connecting",
    "not-allowed-to-start",
    "old-command",
    "pause",
    "repeated-start-from-afar",
    "start-after-a-stopped-countdown",
    "stop-is-refused",
    "subscriber-joins-late",
    "zero-is-a-stop",
)
"""None of them takes much more than half a minute."""


async def one(name: str, directory: Path) -> None:
    scenario = load_scenario(name)
    async with real_rig(scenario, directory) as rig:
        await play(scenario, rig)


@pytest.fixture
def directories(tmp_path: Path) -> dict[str, Path]:
    """A directory for each."""
    places = {name: tmp_path / name for name in DOZEN}
    for place in places.values():
        place.mkdir()
    return places


@pytest.mark.unmeasured
@pytest.mark.timeout(400)
async def test_scenarios_pass_in_real_time(directories: dict[str, Path]) -> None:
    loaded = await asyncio.gather(
        *(one(name, place) for name, place in directories.items()), return_exceptions=True
    )
    failed = {name: error for name, error in zip(DOZEN, loaded, strict=True) if error is not None}
    assert not failed, "\n\n".join(f"{name}: {error}" for name, error in failed.items())
