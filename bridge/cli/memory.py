"""A person's history, for commands that run beside the bridge."""

import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bridge.clock import SystemClock
from bridge.config import Config
from bridge.history.history import History
from bridge.history.store.database import open_to_read
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from bridge.history.store.schema import NewerSchemaError


@contextmanager
def remembered(config: Config) -> Iterator[tuple[History, str]]:
    """Yield a copy of the history, and a problem or ""; an unreadable history counts as empty.

    A running bridge is not disturbed, and its file not changed.
    """
    path = config.state_directory() / NAME
    if not path.exists():
        yield History.blank(SystemClock()), ""
        return
    with tempfile.TemporaryDirectory() as directory:
        copy = Path(directory) / NAME
        try:
            with (
                closing(open_to_read(path)) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                source.backup(target)
            file = HistoryFile(copy)
        except (sqlite3.Error, NewerSchemaError) as error:
            trouble = f"cannot read the history, so it counts as empty ({error})"
            yield History.blank(SystemClock()), trouble
            return
        with closing(History(Timekeeper.of_this_computer(SystemClock()), file)) as history:
            yield history, ""
