"""Helpers for long-running tasks: back-off, race, cancellation and signals."""

import asyncio
import os
import random
import signal
import stat
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any

from bridge.clock import Clock

FIRST_S, LONGEST_S = 1.0, 30.0
GOOD_S = 60.0
PATIENCE_S = 1.0
"""Seconds after which a task that survived its cancellation is cancelled again."""


def on_ending_signals(call: Callable[[], object]) -> None:
    """Call this in the running event loop on Ctrl-C and SIGTERM, and if the terminal is closed.

    Under `nohup` a command ignores a closed terminal.
    """
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, call)
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        on_hangup(call)


def on_hangup(call: Callable[[], object]) -> None:
    """Call this in the running event loop on SIGHUP, which a closed terminal sends too."""
    loop = asyncio.get_running_loop()

    # Not a handler of the loop. What the loop does first might write to the closed terminal, and a
    # second SIGHUP, which a closed terminal may send, would end the process once the loop ends.
    def hung_up(*_: object) -> None:
        _leave_closed_terminal()
        with suppress(RuntimeError):  # the loop has ended
            loop.call_soon_threadsafe(call)

    signal.signal(signal.SIGHUP, hung_up)


def _leave_closed_terminal() -> None:
    """Discard all further output to a terminal that was closed: each write would be an error."""
    for descriptor in (1, 2):
        with suppress(OSError):  # a descriptor that is not open
            if stat.S_ISCHR(os.fstat(descriptor).st_mode) and not os.isatty(descriptor):
                nowhere = os.open(os.devnull, os.O_WRONLY)
                os.dup2(nowhere, descriptor)
                os.close(nowhere)


class Backoff:
    """Back-off of one task that retries forever; the pauses grow until an attempt lasts.

    Args:
        clock: the time.
        first_s: first pause in seconds; each further one is twice as long.
        longest_s: longest pause in seconds.
        good_s: an attempt of this many seconds resets the back-off.
        randomness: source of the jitter, by default the module `random`. Each pause is cut to
            between half and all of it, so that many clients do not reconnect at once.
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
        """Record the beginning of an attempt."""
        self._began = self._clock.now()

    def reset(self) -> None:
        """Reset the back-off: the next attempt is likely to succeed."""
        self._pause_s = self._first_s

    def next_s(self, at_most: float | None = None) -> float:
        """Return the seconds to wait after a failed attempt; the next pause is longer."""
        if self._clock.now() - self._began >= self._good_s:
            self.reset()
        pause = self._pause_s if at_most is None else min(self._pause_s, at_most)
        self._pause_s = min(2 * self._pause_s, self._longest_s)
        return pause * self._uniform(0.5, 1.0)

    async def rest(self, at_most: float | None = None) -> None:
        """Wait after a failed attempt, at most so many seconds."""
        await asyncio.sleep(self.next_s(at_most))


async def end(*tasks: "asyncio.Task[Any]") -> None:
    """Cancel tasks and wait until all have ended, with or without an exception.

    Cancellation is repeated, because a library may swallow it: `wait_for` of Python 3.11 does.
    """
    while pending := [task for task in tasks if not task.done()]:
        for task in pending:
            task.cancel()
        await asyncio.wait(pending, timeout=PATIENCE_S)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # otherwise asyncio logs an unretrieved exception


def heed_cancellation() -> None:
    """Raise a pending cancellation, which `wait_for` swallows before Python 3.12."""
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def race(*work: Coroutine[Any, Any, object], timeout_s: float | None = None) -> int | None:
    """Run coroutines until the first one ends, then cancel the others.

    Returns:
        Index of the first one to end; None if none ended within `timeout_s`.

    Raises:
        Exception: the exception of the first one to end.
    """
    tasks = [asyncio.create_task(each) for each in work]
    try:
        done, _ = await asyncio.wait(tasks, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
        return next((place for place, task in enumerate(tasks) if task in done), None)
    finally:
        await end(*tasks)
