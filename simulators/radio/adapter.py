"""Real Bluetooth adapters for the simulated treadmill: any HCI transport that bumble opens."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from bumble.transport import open_transport
from bumble.transport.common import TransportSink, TransportSource

OPEN_LIMIT = 10.0
"""Timeout in seconds for opening a transport."""


class AdapterError(Exception):
    """The adapter cannot be used; the text says what to do."""


class Adapter(NamedTuple):
    """The HCI source and sink of an adapter."""

    source: TransportSource
    sink: TransportSink

    async def lost(self) -> None:
        """Return when the adapter is lost."""
        terminated = getattr(self.source, "terminated", None)
        if terminated is None:
            await asyncio.Event().wait()
        else:
            await asyncio.wait([terminated])


@asynccontextmanager
async def open_adapter(spec: str) -> AsyncIterator[Adapter]:
    """Open `usb:0`, `hci-socket:0`, `serial:/dev/…` and the like.

    Raises:
        AdapterError: the transport does not open.
    """
    try:
        async with asyncio.timeout(OPEN_LIMIT):
            transport = await open_transport(spec)
    except TimeoutError as error:
        message = f"the adapter {spec!r} did not answer within {OPEN_LIMIT:.0f} s"
        raise AdapterError(message) from error
    except Exception as error:
        message = (
            f"the adapter {spec!r} does not open: {error}. Is it plugged in, free (hciconfig hci0"
            " down), and may you use it?"
        )
        raise AdapterError(message) from error
    try:
        yield Adapter(transport.source, transport.sink)
    finally:
        await transport.close()
