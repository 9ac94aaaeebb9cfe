"""What the demo keeps while it runs: a history to look back at, and workouts to choose from.

It lies in a directory of its own that goes with the demo, whatever the owner's configuration says.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from bridge.clock import SystemClock
from bridge.config import Config
from bridge.history.history import History
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper

WORKOUTS: Mapping[str, str] = {
    "Short intervals": """
[[step]]
kind = "warm_up"
time = 40
speed = 5

[[step]]
repeat = 3

[[step.step]]
time = 45
speed = 8
incline = 2

[[step.step]]
kind = "rest"
time = 30
speed = 5.5

[[step]]
kind = "cool_down"
time = 40
speed = 5
speed_to = 3
""",
    "One steep hill": """
[[step]]
kind = "warm_up"
time = 40
speed = 5

[[step]]
time = 120
speed = 6
incline = 12
text = "Hill"
cue = [{ at = 20, text = "Short steps" }]

[[step]]
kind = "cool_down"
time = 40
speed = 5
speed_to = 3
""",
}
"""Minutes long, as all in the demo; the hill is steep for longer than its guard allows."""


@contextmanager
def own_state(config: Config, *, own_workouts: bool) -> Iterator[tuple[Config, History]]:
    """Give the demo a state directory of its own, and remove it afterwards.

    Args:
        config: what else it is to use.
        own_workouts: True for those above; else the owner's, where they are.
    """
    with TemporaryDirectory(prefix="treadmill-bridge-demo-") as name:
        directory, folder = Path(name), config.workouts_directory()
        if own_workouts:
            folder = directory / "workouts"
            folder.mkdir()
            for title, text in WORKOUTS.items():
                (folder / f"{title}.toml").write_text(text, "utf-8")
        workouts = config.workouts.model_copy(update={"directory": folder})
        mine = config.model_copy(update={"state_dir": directory, "workouts": workouts})
        file = HistoryFile(directory / NAME, config.history.retention)
        # The machine was made a moment ago, so nobody can have been on it before.
        history = History(Timekeeper.of_this_computer(SystemClock()), file, blank=True)
        try:
            yield mine, history
        finally:
            history.close()
