"""Runs the dashboard: socket, uvicorn, broker connection, and clean shutdown."""

import asyncio
import logging
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from bridge.dashboard.feed import Feed
from bridge.dashboard.settings import Settings
from bridge.dashboard.web.app import make_app
from bridge.tasks import end, on_ending_signals

log = logging.getLogger(__name__)

KEEP_ALIVE_S = 75
"""Seconds that an idle connection of a phone stays open, so that STOP needs no new one."""
REQUEST_S = 10.0
"""Seconds for the first request of a connection; without it, idle ones would use up the sockets."""
END_S = 1
BACKLOG = 64
USER_TIMEOUT_MS = 20_000
"""Milliseconds without a TCP acknowledgement after which a client is dropped."""


class ListenError(OSError):
    """The address cannot be used; the text gives advice."""


class _Connection(H11Protocol):
    """Closes a connection whose first request does not arrive, as a phone's may never do."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait for the first request."""
        super().connection_made(transport)
        self._deadline = self.loop.call_later(REQUEST_S, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        """Stop waiting."""
        self._deadline.cancel()
        super().connection_lost(exc)

    def _close_if_idle(self) -> None:
        begun: object = self.cycle  # None at first, whatever uvicorn declares
        if begun is None:
            self.transport.close()


class _Server(uvicorn.Server):
    """Reports when it serves, and leaves signals to `serve`."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.serving = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and report it."""
        await super().startup(sockets)
        self.serving.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to `serve`, which ends cleanly instead of raising them again."""
        yield


def listen(address: str, port: int, more_ports: int = 0) -> socket.socket:
    """Open the socket at `port`, or at one of the next `more_ports` if it is taken.

    Raises:
        ListenError: none of them can be used.
    """
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    problem: OSError | None = None
    for candidate in range(port, min(port + more_ports, 65_535) + 1):
        listener = socket.socket(family, socket.SOCK_STREAM)
        try:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if hasattr(socket, "TCP_USER_TIMEOUT"):
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, USER_TIMEOUT_MS)
            listener.bind((address, candidate))
            listener.listen(BACKLOG)
        except OSError as error:
            listener.close()
            problem = error
        else:
            return listener
    text = (
        f"cannot listen on {address} port {port} ({problem.strerror if problem else 'no port'});"
        " choose another with --address or --port"
    )
    raise ListenError(text)


def url(listener: socket.socket) -> str:
    """Return the address for a browser; for all interfaces, this computer's."""
    address, port = listener.getsockname()[:2]
    if address in {"0.0.0.0", "::"}:  # noqa: S104 - compared only, not bound
        address = "localhost"
    return f"http://{f'[{address}]' if ':' in address else address}:{port}/"


async def serve(
    settings: Settings, listener: socket.socket, ready: Callable[[str], None] | None = None
) -> None:
    """Serve until a signal ends the command, or the end of standard input if the settings say so.

    Args:
        settings: what to serve.
        listener: socket from `listen`; closed at the end.
        ready: called with the page's address once it answers.
    """
    feed = Feed(settings)
    config = uvicorn.Config(
        make_app(settings, feed),
        access_log=False,
        date_header=True,
        http=_Connection,
        lifespan="off",
        log_config=None,
        loop="asyncio",
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=END_S,
        timeout_keep_alive=KEEP_ALIVE_S,
        ws="none",
    )
    server = _Server(config)

    def shut_down() -> None:
        server.should_exit = True
        feed.close()

    loop = asyncio.get_running_loop()
    on_ending_signals(shut_down)
    tasks = [asyncio.create_task(feed.run())]
    if settings.ends_with_stdin:
        tasks.append(asyncio.create_task(_end_with_stdin(shut_down)))
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        await server.serving.wait()
        if ready is not None:
            ready(url(listener))
        # If a task fails, the page must not go on looking alive.
        done, _ = await asyncio.wait({serving, tasks[0]}, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        shut_down()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)
        await end(*tasks)
        await asyncio.gather(serving, return_exceptions=True)


async def _end_with_stdin(shut_down: Callable[[], None]) -> None:
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    transport, _ = await loop.connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), sys.stdin
    )
    try:
        with suppress(OSError):
            while await reader.read(4096):
                pass
        shut_down()
    finally:
        transport.close()
