"""What tasks that run for long need: pauses between attempts, a race, and their end."""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

from bridge.clock import Clock

FIRST_S, LONGEST_S = 1.0, 30.0
GOOD_S = 60.0
PATIENCE_S = 1.0
"""Seconds until a task that goes on although it was cancelled is cancelled again."""


class Backoff:
    """The pauses of one task that tries again for ever: they grow until an attempt lasts.

    Args:
        clock: the time.
        first_s: the first pause, in seconds; each further one is twice as long.
        longest_s: no pause is longer than this.
        good_s: an attempt that lasted this long starts the pauses anew.
        randomness: where the jitter comes from, by default the module `random`: each pause is cut
            to between half and all of it, so that many clients do not come back together.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        first_s: float = FIRST_S,
        longest_s: float = LONGEST_S,
        good_s: float = GOOD_S,
        randomness: random.Random | None = None,
    ) -> None:
        self._clock = clock
        self._first_s, self._longest_s, self._good_s = first_s, longest_s, good_s
        self._uniform = random.uniform if randomness is None else randomness.uniform
        self._pause_s = first_s
        self._began = clock.now()

    def attempt(self) -> None:
        """An attempt begins."""
        self._began = self._clock.now()

    def reset(self) -> None:
        """Start the pauses anew: there is a reason to believe that the next attempt succeeds."""
        self._pause_s = self._first_s

    def next_s(self, at_most: float | None = None) -> float:
        """Seconds to wait after an attempt that failed; the pause after that will be longer."""
        if self._clock.now() - self._began >= self._good_s:
            self.reset()
        pause = self._pause_s if at_most is None else min(self._pause_s, at_most)
        self._pause_s = min(2 * self._pause_s, self._longest_s)
        return pause * self._uniform(0.5, 1.0)

    async def rest(self) -> None:
        """Wait after an attempt that failed."""
        await asyncio.sleep(self.next_s())


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks and wait until they have ended, however they do.

    More than once where a library swallows it, as `wait_for` of Python 3.11 may.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=PATIENCE_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # else asyncio complains that nobody asked for it


async def race(*work: Coroutine[Any, Any, object], timeout_s: float | None = None) -> int | None:
    """Run coroutines until the first one ends, and end the others.

    Returns:
        The place of that one; None if none ended within `timeout_s`.

    Raises:
        Exception: what it ended with.
    """
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return next((place for place, task in enumerate(tasks) if task in done), None)
    finally:
        await end(*tasks)
