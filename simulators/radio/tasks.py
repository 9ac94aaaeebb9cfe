"""Background tasks that end with their owner."""

import asyncio
from collections.abc import Coroutine

_PATIENCE = 0.1
"""Seconds to wait for a cancelled task before it is cancelled again."""


class Tasks:
    """Background tasks of one owner: kept alive and ended together; `close` raises a failure."""

    def __init__(self) -> None:
        self._running: set[asyncio.Task[None]] = set()
        self._failure: BaseException | None = None

    def start(self, work: Coroutine[object, object, None]) -> asyncio.Task[None]:
        """Run a coroutine in the background."""
        task = asyncio.create_task(work)
        self._running.add(task)
        task.add_done_callback(self._on_done)
        return task

    async def close(self) -> None:
        """Cancel the running tasks, and wait for them.

        Raises:
            Exception: the first one that any of the tasks ended with.
        """
        # Repeated, because until Python 3.12 a `wait_for` that has just completed swallows the
        # cancellation, and bumble uses many of them.
        while self._running:
            for task in self._running:
                task.cancel()
            await asyncio.wait(self._running, timeout=_PATIENCE)
        if self._failure is not None:
            failure, self._failure = self._failure, None
            raise failure

    def _on_done(self, task: asyncio.Task[None]) -> None:
        self._running.discard(task)
        if not task.cancelled() and self._failure is None:
            self._failure = task.exception()
