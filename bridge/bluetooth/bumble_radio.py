"""A radio that needs no operating system: bleak over bumble's host."""

import asyncio
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager, nullcontext
from typing import Any, Self

from bleak.backends.device import BLEDevice
from bumble.controller import Controller

from bridge.bluetooth.bumble_backend import BumbleClient, scanner_kwargs
from bridge.bluetooth.bumble_host import Host
from bridge.bluetooth.shared_scanner import SharedScanner


class BumbleRadio:
    """Radio on bumble's host, for use with bleak."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.scanner = SharedScanner(self.scanner_kwargs)

    @classmethod
    async def open(cls, spec: str | Controller, address: str | None = None) -> Self:
        """Open a bumble transport, or use a controller in this process.

        Raises:
            OSError, ValueError: the transport does not open.
        """
        return cls(await Host.open(spec, address))

    @property
    def scanner_kwargs(self) -> Mapping[str, Any]:
        """Arguments for `BleakScanner`."""
        return scanner_kwargs(self._host)

    @property
    def client_kwargs(self) -> Mapping[str, Any]:
        """Arguments for `BleakClient`."""
        return {"backend": BumbleClient, "host": self._host}

    def pairing(self, address: str) -> AbstractAsyncContextManager[None]:  # noqa: ARG002
        """Return an empty context: this radio pairs without an agent."""
        return nullcontext()

    async def lost(self) -> None:
        """Return when the other side closes the transport."""
        await self._host.lost()

    async def back(self) -> None:
        """Never return: a lost transport must be opened again."""
        await asyncio.Event().wait()

    async def connected_devices(self, service: str) -> list[BLEDevice]:  # noqa: ARG002
        """Return nothing: a link on this radio ends with its process."""
        return []

    async def close(self) -> None:
        """Power off and close the transport; all links end."""
        await self._host.close()
