"""A workout through the whole bridge in virtual time, kept in a history's file.

`python -m tests.history.simulated FILE LAPS QUICKER` is a process of its own, so that nothing of it
is measured for coverage, which would take three times as long.
"""

import asyncio
import logging
import random
import subprocess
import sys
from pathlib import Path

import structlog

from bridge.history.history import History
from bridge.history.store.file import HistoryFile
from bridge.history.store.moment import Timekeeper
from simulators.ftms.profile_file import load_profile
from tests.rigs.virtual_time import LoopClock, VirtualLoop
from tests.scenarios.rigs import play, virtual_rig
from tests.scenarios.workout import workout

ROOT = Path(__file__).parents[2]


async def _record(path: Path, laps: int, quicker: int) -> None:
    file = HistoryFile(path)
    history = History(Timekeeper(LoopClock(), "boot", lambda: True), file, blank=True)
    scenario = workout(laps=laps, quicker=quicker)
    async with virtual_rig(scenario, load_profile("strict"), seed=1, history=history) as rig:
        await play(scenario, rig)
    history.close()


def record_workout(path: Path, laps: int, quicker: int) -> None:
    """Play the workout of `tests.scenarios.workout`, and keep it in a new file."""
    how = (str(path), str(laps), str(quicker))
    subprocess.run((sys.executable, "-m", "tests.history.simulated", *how), check=True, cwd=ROOT)


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    random.seed(1)
    with asyncio.Runner(loop_factory=lambda: VirtualLoop(limit=2 * 3600)) as runner:
        runner.run(_record(Path(sys.argv[1]), *map(int, sys.argv[2:])))


if __name__ == "__main__":
    main()
