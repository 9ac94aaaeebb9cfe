"""Routes of the web page, and their access checks."""

import asyncio
import gzip
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bridge.dashboard.feed import Feed, UnsentError
from bridge.dashboard.settings import Settings
from bridge.dashboard.web import files, history
from bridge.dashboard.web.access import Access
from bridge.dashboard.web.checks import HEADERS, Hosts, refusal
from bridge.dashboard.web.commands import MAX_BODY, BadCommandError, Pace, read
from bridge.dashboard.web.stream import EventStream

log = logging.getLogger(__name__)

MAX_VIEWERS = 64
BODY_S = 5.0
Handler = Callable[[Request], Awaitable[Response]]


def make_app(settings: Settings, feed: Feed) -> ASGIApp:
    """Build the application.

    Raises:
        ImportError: `metrics` is on, and prometheus-client is not installed.
    """
    key_file = Path(settings.key_file) if settings.key_file else None
    access = Access(settings.password_hash, key_file, settings.port)
    routes = [
        Route("/events", _Events(feed, access)),
        Route("/command", _command(feed, access), methods=["POST"]),
        Route("/login", _login(access), methods=["POST"]),
        Route("/session", _session(access), methods=["GET"]),
        *history.routes(feed.past, access, settings.units),
    ]
    if settings.metrics:
        from bridge.dashboard.metrics import Metrics  # noqa: PLC0415 - an extra

        routes.append(Route("/metrics", _metrics(Metrics(feed), access), methods=["GET"]))
    for path, file in files.load().items():
        routes.append(Route(path, _file(file), methods=["GET"]))
    app = Starlette(routes=routes, exception_handlers={BodyError: _without_body})
    return Guarded(app, Hosts((*settings.hosts, settings.address)))


class Guarded:
    """Checks each request first, and adds the headers to each response."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app, self._hosts = app, hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(HEADERS)
                headers.setdefault("cache-control", "no-store")
            await send(message)

        reason = refusal(scope["method"], Headers(scope=scope), self._hosts)
        app = self._app if reason is None else _refused(reason, 403)
        await app(scope, receive, send_with_headers)


class BodyError(Exception):
    """The body of a request cannot be taken; `status` is that of the answer."""

    def __init__(self, reason: str, status: int) -> None:
        super().__init__(reason)
        self.status = status


def _refused(reason: str, status: int) -> Response:
    return JSONResponse({"error": reason}, status)


async def _without_body(_: Request, error: Exception) -> Response:
    """Refuse a request whose body is not taken; closing spares the rest of it."""
    assert isinstance(error, BodyError)  # noqa: S101 - registered for it alone
    return JSONResponse({"error": str(error)}, error.status, {"connection": "close"})


class _Events:
    """The event stream."""

    def __init__(self, feed: Feed, access: Access) -> None:
        self._feed, self._access = feed, access
        self._stream = EventStream(feed)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app: ASGIApp = self._stream
        if scope["method"] != "GET":
            app = _refused("Use GET.", 405)
        elif not self._access.may(Request(scope)):
            app = _refused("Log in first.", 401)
        elif self._feed.viewers >= MAX_VIEWERS:
            app = _refused(f"{MAX_VIEWERS} pages are open already.", 503)
        await app(scope, receive, send)


def _command(feed: Feed, access: Access) -> Handler:
    pace = Pace()

    async def answer(request: Request) -> Response:
        if not access.may(request):
            return _refused("Log in first.", 401)
        try:
            command = read(await _body(request))
        except BadCommandError as error:
            return _refused(str(error), 400)
        if command.treadmill not in feed.board.treadmills:
            return _refused("There is no such treadmill.", 404)
        if not command.urgent and not pace.passes(time.monotonic()):
            return _refused("Too many commands at once.", 429)
        try:
            await feed.publish(command)
        except UnsentError as error:
            return _refused(f"Not sent: {error}.", 503)
        return JSONResponse({"id": command.id}, 202)

    return answer


def _login(access: Access) -> Handler:
    async def answer(request: Request) -> Response:
        return await access.log_in(request, await _body(request))

    return answer


def _session(access: Access) -> Handler:
    async def answer(request: Request) -> Response:
        return JSONResponse({"login": not access.may(request), "password": access.needed})

    return answer


def _metrics(metrics: Callable[[], tuple[bytes, str]], access: Access) -> Handler:
    async def answer(request: Request) -> Response:
        if not access.may(request) and not await access.knows_basic(request):
            headers = {"www-authenticate": 'Basic realm="treadmill"'}
            return PlainTextResponse("Log in first.\n", 401, headers)
        data, kind = metrics()
        return Response(data, media_type=kind)

    return answer


def _file(file: files.File) -> Handler:
    headers = {"etag": file.tag, "cache-control": "no-cache", "content-type": file.type}
    if file.compressed:
        headers |= {"content-encoding": "gzip", "vary": "accept-encoding"}

    async def answer(request: Request) -> Response:
        if request.headers.get("if-none-match") == file.tag:
            return Response(status_code=304, headers={"etag": file.tag})
        if file.compressed and "gzip" not in request.headers.get("accept-encoding", ""):
            plain = {key: value for key, value in headers.items() if key != "content-encoding"}
            return Response(gzip.decompress(file.data), headers=plain)
        return Response(file.data, headers=headers)

    return answer


async def _body(request: Request) -> bytes:
    """Return the body of a request; empty if the browser is gone.

    Raises:
        BodyError: it is too long, or does not arrive.
    """
    data = b""
    try:
        async with asyncio.timeout(BODY_S):
            async for part in request.stream():
                data += part
                if len(data) > MAX_BODY:
                    reason = f"The request is longer than {MAX_BODY} bytes."
                    raise BodyError(reason, 413)
    except TimeoutError as error:
        reason = f"The request did not arrive within {BODY_S:g} s."
        raise BodyError(reason, 408) from error
    except ClientDisconnect:
        return b""
    return data
