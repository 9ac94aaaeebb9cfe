"""A simulated hour through the whole bridge, kept in a history's file."""

import asyncio
import random
from pathlib import Path

from bridge.history.history import History
from bridge.history.store.file import HistoryFile
from bridge.history.store.moment import Timekeeper
from simulators.ftms.profile_file import load_profile
from tests.rigs.virtual_time import LoopClock, VirtualLoop
from tests.scenarios.stages import play, virtual_stage
from tests.scenarios.workout import workout


async def _run(path: Path) -> None:
    file = HistoryFile(path)
    history = History(Timekeeper(LoopClock(), "boot", lambda: True), file, blank=True)
    scenario = workout()
    async with virtual_stage(scenario, load_profile("strict"), seed=1, history=history) as stage:
        await play(scenario, stage)
    history.close()


def run_an_hour(path: Path) -> None:
    """Run the workout of `tests.scenarios.workout`, and keep it in a new file."""
    random.seed(1)
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit=2 * 3600)) as runner:
        runner.run(_run(path))
