"""An event loop whose time passes only when everybody waits: half a minute takes no time at all.

A test, a class or a file that is marked `virtual_time` lives on it together with its fixtures; the
hook that sees to it is in `tests/conftest.py`.
"""

import asyncio
import selectors
from collections.abc import Awaitable, Coroutine, Generator
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

LIMIT = 600.0
"""Virtual seconds that a timeline may take."""

_T = TypeVar("_T")


class _Selector(selectors.DefaultSelector):
    """Waits by moving the clock."""

    skipped = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        ready = super().select(0)
        if not ready and timeout:
            self.skipped += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    def __init__(self, limit: float = LIMIT) -> None:
        self._virtual = _Selector()
        self._limit = limit
        super().__init__(self._virtual)

    def time(self) -> float:
        return self._virtual.skipped

    def run_until_complete(self, future: Generator[Any, None, _T] | Awaitable[_T]) -> _T:
        """Run with a limit: an endless wait in virtual time would hang silently."""
        return super().run_until_complete(asyncio.wait_for(future, self._limit))


class LoopClock:
    """The running loop's time, as the bridge's clock."""

    def now(self) -> float:
        return asyncio.get_running_loop().time()

    def utc(self) -> datetime:
        return datetime(2030, 1, 1, tzinfo=UTC) + timedelta(seconds=self.now())


def run(timeline: Coroutine[Any, Any, _T]) -> _T:
    """Run a timeline in virtual time and return what it comes to: for a test that tells several."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(timeline)
