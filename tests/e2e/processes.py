"""The programs as processes of their own, started as a person starts them."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.e2e.bridge_rig import until
from tests.rigs.brokers import PATIENCE_S


class Program:
    """A subcommand of `treadmill-bridge` in a process of its own; its lines are kept.

    What outlives it lies under `state`. `code` is Python to run instead of `-m bridge`.
    """

    def __init__(self, state: Path, *arguments: str, code: str = "") -> None:
        self._how = ("-c", code) if code else ("-m", "bridge")
        self.arguments = arguments
        self.state = state
        self.lines: list[str] = []
        self.process: asyncio.subprocess.Process | None = None
        self._reader: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-u", *self._how, *self.arguments),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            env=os.environ | {"NO_COLOR": "1", "COLUMNS": "200", "XDG_STATE_HOME": str(self.state)},
        )
        self._reader = asyncio.create_task(self._read(self.process))

    async def _read(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            self.lines.append(line.decode().rstrip())

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    async def prints(self, pattern: str, within: float = 20.0) -> re.Match[str]:
        """Return the first match in its output so far, or later within the time."""

        def found() -> re.Match[str] | None:
            assert self._reader is not None
            match = re.search(pattern, self.text)
            assert match or not self._reader.done(), f"it ended without {pattern}:\n{self.text}"
            return match

        return await until(f"{pattern!r} from {' '.join(self.arguments)}", found, within)

    def send(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)

    async def ends(self, within: float) -> int:
        """Its exit code."""
        assert self.process is not None
        assert self._reader is not None
        async with asyncio.timeout(within):
            code = await self.process.wait()
        await self._reader
        return code

    async def ended_by(self, number: signal.Signals) -> int:
        """Return its exit code after a signal; `benchmarks.endings` measures the time."""
        self.send(number)
        return await self.ends(within=PATIENCE_S)

    async def kill(self) -> None:
        """End it as a power cut does."""
        self.send(signal.SIGKILL)
        await self.ends(within=PATIENCE_S)


@asynccontextmanager
async def program(*arguments: str, code: str = "") -> AsyncIterator[Program]:
    with TemporaryDirectory() as state:
        started = Program(Path(state), *arguments, code=code)
        await started.start()
        try:
            yield started
        finally:
            if started.process is not None and started.process.returncode is None:
                await started.kill()
