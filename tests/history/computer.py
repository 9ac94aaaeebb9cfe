"""A computer whose clocks a test sets, and the history on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.history.history import History
from bridge.history.store.file import HistoryFile
from bridge.history.store.moment import Timekeeper

START = datetime(2030, 1, 1, 12, tzinfo=UTC)


DAY_S = 86_400.0


@dataclass
class Computer:
    """A computer that can be switched off, and whose clocks a test sets."""

    boot: str = "monday"
    ticks: float = 1000.0
    wall: datetime = START
    vouched: bool = True

    def now(self) -> float:
        return self.ticks

    def utc(self) -> datetime:
        return self.wall

    def spend(self, seconds: float) -> None:
        self.ticks += seconds
        self.wall += timedelta(seconds=seconds)

    def off(self, seconds: float) -> None:
        self.boot += "+"
        self.ticks = 20.0
        self.wall += timedelta(seconds=seconds)

    @property
    def keeper(self) -> Timekeeper:
        return Timekeeper(self, self.boot, lambda: self.vouched)


@contextmanager
def history(path: Path, computer: Computer) -> Iterator[History]:
    """One process's memory."""
    memory = History(computer.keeper, HistoryFile(path))
    try:
        yield memory
    finally:
        memory.close()
