"""Past sessions: each query runs in a separate process, one at a time.

This keeps the dashboard small and free of the history's code, and STOP never waits for an export.
"""

import asyncio
import logging
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from contextlib import suppress
from pathlib import Path

log = logging.getLogger(__name__)

PROGRAM = (sys.executable, "-P", "-m", "bridge.history.answer")
"""Answers one query about the history's file; exit code 3 means not found."""
NOTHING = 3
ANSWER_S = 30.0
"""Timeout in seconds; a small computer needs one or two."""
WAITING = 8
"""Maximum number of waiting queries; further ones are refused."""


class NoAnswerError(Exception):
    """There is no answer; `status` is an HTTP status, the text is for people."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


class Past:
    """Queries the history's file; None if this dashboard has no history."""

    def __init__(self, file: str | None) -> None:
        self._file = file
        self._waiting = 0
        self._one_at_a_time = asyncio.Lock()

    @property
    def is_there(self) -> bool:
        """True if this computer has a history."""
        with suppress(OSError):
            return self._file is not None and Path(self._file).exists()
        return False

    async def query(self, *question: str) -> bytes:
        """Run a query and return its answer.

        Raises:
            NoAnswerError: The session does not exist, or the query failed.
        """
        if self._file is None:
            raise NoAnswerError(404, "There are no past sessions on this computer.")
        if self._waiting >= WAITING:
            raise NoAnswerError(503, "Too many questions at once. Try again in a moment.")
        self._waiting += 1
        try:
            async with self._one_at_a_time:
                return await self._answer(self._file, question)
        finally:
            self._waiting -= 1

    async def _answer(self, file: str, question: tuple[str, ...]) -> bytes:
        process = await asyncio.create_subprocess_exec(
            *PROGRAM, file, *question, stdin=DEVNULL, stdout=PIPE, stderr=PIPE
        )
        try:
            async with asyncio.timeout(ANSWER_S):
                answer, problem = await process.communicate()
        except TimeoutError:
            raise NoAnswerError(503, "The history did not answer in time.") from None
        finally:
            await _end(process)
        if process.returncode == NOTHING:
            raise NoAnswerError(404, problem.decode(errors="replace").strip())
        if process.returncode != 0:
            last = problem.decode(errors="replace").strip().rpartition("\n")[2]
            log.warning("Cannot read the history (%s).", last)
            raise NoAnswerError(500, "Cannot read the history; the dashboard's log has the reason.")
        return answer


async def _end(process: Process) -> None:
    if process.returncode is None:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
