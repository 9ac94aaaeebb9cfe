"""Processor time and memory of processes; and the broker that they need."""

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

READY_S = 120.0
ROOT = Path(__file__).resolve().parent.parent
PROGRAM = str(Path(sys.executable).with_name("treadmill-bridge"))


def compile_all() -> None:
    """Compile the measured code, like an installation; some environments disable bytecode files."""
    folders = [str(ROOT / name) for name in ("bridge", "protocols", "simulators", "benchmarks")]
    subprocess.run([sys.executable, "-m", "compileall", "-q", *folders], check=True)


def processor_s(pid: int) -> float:
    """Return the processor seconds of a process so far, including all threads.

    From the scheduler's own count in ns: `/proc/PID/stat` has ticks of 10 ms.
    """
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


@dataclass(frozen=True, slots=True)
class Memory:
    """Resident memory, and the share of it that is this process's own, in MB."""

    rss: float
    pss: float


NOTHING = Memory(0.0, 0.0)


def memory(pid: int | str = "self") -> Memory:
    """Return the current memory of a process."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    known = {line.split()[0]: int(line.split()[1]) for line in lines[1:]}
    return Memory(known["Rss:"] / 1024, known["Pss:"] / 1024)


@asynccontextmanager
async def mosquitto(directory: Path) -> AsyncIterator[int]:
    """Run Debian's broker, and yield its port once it answers."""
    program = shutil.which("mosquitto", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        message = "the benchmark needs mosquitto: apt install mosquitto"
        raise SystemExit(message)
    server = await asyncio.start_server(lambda *_: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    config = directory / "mosquitto.conf"
    settings = ("user root", "allow_anonymous true", "set_tcp_nodelay true")
    config.write_text("\n".join((f"listener {port} 127.0.0.1", *settings, "")))
    async with running(program, "-c", str(config)):
        await answering(port)
        yield port


async def answering(port: int) -> None:
    """Wait until a server listens there."""
    async with asyncio.timeout(READY_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.02)
            else:
                writer.close()
                await writer.wait_closed()
                return


@asynccontextmanager
async def running(
    *command: str, log: Path | None = None
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Run a program in the background; its output goes to a file."""
    with (log or Path(os.devnull)).open("wb") as out:
        process = await asyncio.create_subprocess_exec(*command, stdout=out, stderr=out, cwd=ROOT)
        try:
            yield process
        finally:
            if process.returncode is None:
                process.terminate()
            try:
                await asyncio.wait_for(process.wait(), 15)
            except TimeoutError:
                process.kill()
                await process.wait()
