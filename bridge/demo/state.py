"""The demo's temporary history and workouts.

They are in a directory that is deleted with the demo, whatever the owner's configuration says.
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
"""A few minutes long, like everything in the demo; the hill exceeds its guard's steep time."""


@contextmanager
def own_state(config: Config, *, own_workouts: bool) -> Iterator[tuple[Config, History]]:
    """Create a state directory for the demo, and delete it afterwards.

    Args:
        config: the rest of the configuration.
        own_workouts: True to use the demo's workouts; else the owner's.
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
        # The simulated machine is new, so nobody has been on it before.
        history = History(Timekeeper.of_this_computer(SystemClock()), file, blank=True)
        try:
            yield mine, history
        finally:
            history.close()
