"""A real Bluetooth adapter for the simulated treadmill: any HCI transport that bumble can open."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from bumble.transport import open_transport
from bumble.transport.common import TransportSink, TransportSource

OPEN_LIMIT = 10.0
"""Seconds within which a transport opens."""


class AdapterError(Exception):
    """An adapter that cannot be used; the text says what to do."""


class Adapter(NamedTuple):
    """The two directions of its HCI."""

    source: TransportSource
    sink: TransportSink

    async def lost(self) -> None:
        """Return when it is gone."""
        terminated = getattr(self.source, "terminated", None)
        if terminated is None:
            await asyncio.Event().wait()
        else:
            await asyncio.wait([terminated])


@asynccontextmanager
async def open_adapter(spec: str) -> AsyncIterator[Adapter]:
    """Open `usb:0`, `hci-socket:0`, `serial:/dev/…` and the like.

    Raises:
        AdapterError: it does not open.
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
