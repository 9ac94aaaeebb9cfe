"""Server-sent events: one endless response per viewer, which blocks only that viewer."""

import asyncio

from starlette.types import Receive, Scope, Send

from bridge.dashboard.feed import Feed

SEND_S = 10.0
"""Seconds after which a viewer that accepts no bytes is disconnected; its page reconnects."""
RETRY_MS = 500
_HEADERS = [
    (b"content-type", b"text/event-stream; charset=utf-8"),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),
]


async def stream(feed: Feed, receive: Receive, send: Send) -> None:
    """Send the full state, then every change, until either side ends."""
    mailbox = feed.open()
    gone = asyncio.create_task(_gone(receive))
    gone.add_done_callback(lambda _: mailbox.close())
    try:
        async with asyncio.timeout(SEND_S):
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await _write(send, b"retry: %d\n\n" % RETRY_MS + feed.hello() + feed.tick().text)
        while not mailbox.closed:
            text = await mailbox.take()
            if mailbox.behind:
                mailbox.behind = False
                text = feed.hello()
            async with asyncio.timeout(SEND_S):
                await _write(send, text)
        if not gone.done():
            async with asyncio.timeout(SEND_S):
                await send({"type": "http.response.body", "body": b"", "more_body": False})
    except TimeoutError:
        pass  # returning without an end makes the server close the connection
    finally:
        feed.shut(mailbox)
        gone.cancel()


async def _write(send: Send, text: bytes) -> None:
    await send({"type": "http.response.body", "body": text, "more_body": True})


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStream:
    """The stream as an ASGI application."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Handle one request."""
        await stream(self._feed, receive, send)
