"""The radio that needs no operating system: bleak over bumble's host."""

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
    """The radio of bumble's host, as bleak reaches it."""

    def __init__(self, host: Host) -> None:
        self._host = host
        self.scanner = SharedScanner(self.scanner_kwargs)

    @classmethod
    async def open(cls, spec: str | Controller, address: str | None = None) -> Self:
        """Open a bumble transport, or take a controller in this process.

        Raises:
            OSError, ValueError: the transport does not open.
        """
        return cls(await Host.open(spec, address))

    @property
    def scanner_kwargs(self) -> Mapping[str, Any]:
        """For `BleakScanner`."""
        return scanner_kwargs(self._host)

    @property
    def client_kwargs(self) -> Mapping[str, Any]:
        """For `BleakClient`."""
        return {"backend": BumbleClient, "host": self._host}

    def pairing(self, address: str) -> AbstractAsyncContextManager[None]:  # noqa: ARG002
        """Nothing: this radio pairs unasked."""
        return nullcontext()

    async def lost(self) -> None:
        """Return when the transport is closed from its other side."""
        await self._host.lost()

    async def back(self) -> None:
        """Never: a transport that is lost is opened anew."""
        await asyncio.Event().wait()

    async def connected_devices(self, service: str) -> list[BLEDevice]:  # noqa: ARG002
        """Nothing: a link on this radio ends with the process that made it."""
        return []

    async def close(self) -> None:
        """Power off and close the transport; links end."""
        await self._host.close()
