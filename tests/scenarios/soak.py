"""A day through the whole bridge in virtual time, to see whether memory, files or tasks grow.

Run: make day, or python -m tests.scenarios.soak [--hours N]

Each hour has a workout with presses, climbs and a cool-down, a link that is lost while the belt
moves, and a minute without a broker. The history is a real file. One process lives through all of
it. It ends with 1 if anything grew.
"""

import argparse
import asyncio
import gc
import logging
import os
import random
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog

from bridge.history.history import History
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from simulators.ftms.profile_file import load_profile
from simulators.scenario.script import Scenario
from tests.rigs.virtual_time import LoopClock, VirtualLoop
from tests.scenarios.rigs import VirtualRig, play, ready, virtual_rig
from tests.scenarios.workout import workout

AWAY_S = 60.0
SETTLED = 8
"""Hours after which nothing may grow: the bridge knows the ids of 256 commands, 40 an hour."""
MORE_KB = 1024
"""Growth of the memory from then on that is noise of the allocator."""
MORE_OBJECTS = 0.02
"""The same for Python's objects, as a share."""


@dataclass(frozen=True, slots=True)
class Figures:
    """The process after an hour."""

    hour: int
    rss_kb: int
    objects: int
    tasks: int
    files: int
    history_kb: int

    def __str__(self) -> str:
        return (
            f"{self.hour:4d} {self.rss_kb:9,d} {self.objects:9,d} {self.tasks:6d} {self.files:6d}"
            f" {self.history_kb:10,d}"
        )


HEAD = "hour    RSS kB   objects  tasks  files history kB"


def figures(hour: int, history: Path) -> Figures:
    """Look at this process; Linux only."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text("ascii").split()[1])
    return Figures(
        hour,
        pages * os.sysconf("SC_PAGE_SIZE") // 1024,
        len(gc.get_objects()),
        len(asyncio.all_tasks()),
        len(list(Path("/proc/self/fd").iterdir())),
        sum(each.stat().st_size for each in history.parent.glob(f"{NAME}*")) // 1024,
    )


def grown(day: Sequence[Figures]) -> list[str]:
    """Return what grew after the first hours, as text; empty if all is flat."""
    settled, last = day[min(SETTLED, len(day)) - 1], day[-1]
    found = []
    if last.tasks > settled.tasks:
        found.append(f"tasks: {settled.tasks} → {last.tasks}")
    if last.files > settled.files:
        found.append(f"files: {settled.files} → {last.files}")
    if last.objects > settled.objects * (1 + MORE_OBJECTS):
        found.append(f"objects: {settled.objects} → {last.objects}")
    if last.rss_kb > settled.rss_kb + MORE_KB:
        found.append(f"memory: {settled.rss_kb} → {last.rss_kb} kB")
    return found


@asynccontextmanager
async def _history(directory: Path) -> AsyncIterator[History]:
    file = HistoryFile(directory / NAME)
    history = History(Timekeeper(LoopClock(), "boot", lambda: True), file, blank=True)
    try:
        yield history
    finally:
        history.close()


async def _trouble(rig: VirtualRig) -> None:
    """Lose the link while the belt moves, then the broker; both come back."""
    await rig.send("treadmills/den/set/belt", b"start", retain=False)
    await asyncio.sleep(20)
    rig.simulation.hang_up()
    await asyncio.sleep(AWAY_S)
    await ready(rig)
    await rig.send("treadmills/den/set/belt", b"stop", retain=False)
    await asyncio.sleep(AWAY_S)
    rig.exchange.outage()
    await asyncio.sleep(AWAY_S)
    rig.exchange.back()
    await ready(rig)


async def live(
    hours: int, directory: Path, lap: Callable[[str], Scenario] = workout
) -> list[Figures]:
    """Live through `hours` laps and troubles, and look after each.

    Args:
        hours: how many.
        directory: where the history is.
        lap: the scenario, with a beginning for its ids: the bridge carries out none twice.
    """
    day = []
    scenario = lap("")
    async with (
        _history(directory) as history,
        virtual_rig(scenario, load_profile("strict"), history=history) as rig,
    ):
        for hour in range(1, hours + 1):
            await play(lap(f"{hour}."), rig)
            await _trouble(rig)
            # What the rig remembers of the transcript is not the bridge's.
            rig.messages.outcomes.clear()
            rig.messages.transcript.lines.clear()
            rig.simulation.written.clear()
            day.append(figures(hour, directory / NAME))
            print(day[-1], flush=True)  # noqa: T201
    return day


def _lines(trouble: Sequence[str]) -> Iterator[str]:
    yield from (f"grew: {each}" for each in trouble)
    if not trouble:
        yield f"flat from hour {SETTLED} on"


def main() -> int:
    """Print a line for each hour; 1 if anything grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--hours", type=int, default=24)
    hours = parser.parse_args().hours
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    random.seed(1)  # what spreads the attempts to connect
    print(HEAD)  # noqa: T201
    with (
        tempfile.TemporaryDirectory() as directory,
        asyncio.Runner(loop_factory=lambda: VirtualLoop(limit=7200 * hours)) as runner,
    ):
        day = runner.run(live(hours, Path(directory)))
    trouble = grown(day)
    print(*_lines(trouble), sep="\n")  # noqa: T201
    return 1 if trouble else 0


if __name__ == "__main__":
    sys.exit(main())
