"""A dashboard of the test's own: in this process or in one of its own, with a real broker."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from bridge.dashboard.launch import PROGRAM
from bridge.dashboard.settings import Broker, Settings
from bridge.dashboard.web.server import listen, serve, url
from tests.rigs.brokers import PATIENCE_S, free_port

PAGE = {"content-type": "application/json", "x-treadmill": "1"}
"""Headers that the page sends with each POST, besides Origin."""


def settings(broker_port: int, **more: Any) -> Settings:
    return Settings(Broker("127.0.0.1", broker_port), "treadmills", "127.0.0.1", 0, **more)


@dataclass
class Answer:
    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Dashboard:
    """A running dashboard, and a browser's part of HTTP by hand."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def ask(self, method: str, path: str, body: bytes = b"", **headers: str | None) -> Answer:
        """One request on a connection of its own; a header of None is left out."""
        given = {"host": f"127.0.0.1:{self.port}", "connection": "close"}
        if method == "POST":
            given |= {"origin": self.origin, "content-length": str(len(body)), **PAGE}
        if self.cookies:
            given["cookie"] = "; ".join(f"{key}={value}" for key, value in self.cookies.items())
        named = {key.replace("_", "-"): value for key, value in headers.items()}
        lines = [f"{k}: {v}" for k, v in (given | named).items() if v is not None]
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            head = "\r\n".join((f"{method} {path} HTTP/1.1", *lines, "", ""))
            writer.write(head.encode() + body)
            async with asyncio.timeout(PATIENCE_S):
                raw = await reader.read()
        finally:
            writer.close()
        top, _, content = raw.partition(b"\r\n\r\n")
        status, *rest = top.decode().split("\r\n")
        parsed = dict(line.split(": ", 1) for line in rest)
        return Answer(int(status.split()[1]), parsed, content)

    async def command(
        self, kind: str, id_: str = "tap-1", treadmill: str = "den", **values: object
    ) -> Answer:
        document = {"treadmill": treadmill, "kind": kind, "values": values, "id": id_}
        return await self.ask("POST", "/command", json.dumps(document).encode())

    @asynccontextmanager
    async def watch(self) -> AsyncIterator["Stream"]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(f"GET /events HTTP/1.1\r\nhost: 127.0.0.1:{self.port}\r\n\r\n".encode())
        stream = Stream(reader)
        try:
            yield stream
        finally:
            writer.close()


class Stream:
    """Server-sent events, as they come."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self._reader = reader

    async def next(self) -> dict[str, Any]:
        while line := await self._reader.readline():
            if line.startswith(b"data: "):
                document: dict[str, Any] = json.loads(line[6:])
                return document
        raise EOFError

    async def until(self, kind: str, **wanted: object) -> dict[str, Any]:
        """The first message of a kind whose data have these values."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.next()
                data = message["data"]
                if message["kind"] == kind and all(
                    data.get(key) == value for key, value in wanted.items()
                ):
                    return message


@asynccontextmanager
async def dashboard(given: Settings) -> AsyncIterator[Dashboard]:
    """Serve in this process."""
    listener = listen(given.address, given.port)
    ready = asyncio.Event()
    task = asyncio.create_task(serve(given, listener, lambda _: ready.set()))
    address = url(listener)
    waiting = asyncio.create_task(ready.wait())
    await asyncio.wait({task, waiting}, return_when=asyncio.FIRST_COMPLETED)
    waiting.cancel()
    if task.done():
        task.result()
    try:
        yield Dashboard(int(address.rstrip("/").rpartition(":")[2]))
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@dataclass
class Process:
    """The dashboard as people have it."""

    port: int
    process: asyncio.subprocess.Process

    @property
    def rss_mb(self) -> float:
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as file:  # noqa: PTH123
            line = next(line for line in file if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024


@asynccontextmanager
async def dashboard_process(given: Settings) -> AsyncIterator[Process]:
    process = await asyncio.create_subprocess_exec(
        *PROGRAM,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{given.encode()}\n".encode())
    async with asyncio.timeout(PATIENCE_S):
        line = (await process.stdout.readline()).decode().strip()
    try:
        yield Process(int(line.rstrip("/").rpartition(":")[2]), process)
    finally:
        if process.returncode is None:
            process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            await process.communicate()


@asynccontextmanager
async def demo_process(broker_port: int) -> AsyncIterator[None]:
    """Simulator and bridge with their treadmill `demo`, at a broker of the test's own."""
    command = (
        *(sys.executable, "-m", "bridge", "demo", "--script", "none", "--no-dashboard"),
        *("--broker", f"127.0.0.1:{broker_port}"),
    )
    process = await asyncio.create_subprocess_exec(
        *command,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        async with asyncio.timeout(PATIENCE_S):
            await process.wait()


__all__ = ["Dashboard", "dashboard", "dashboard_process", "demo_process", "free_port", "settings"]
