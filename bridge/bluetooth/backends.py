"""bleak backends over a bumble radio, each of which opens the radio itself.

For programs that know bleak but not this project's radios, such as another project's tests:
`BleakClient(device, backend=client)`. Every scanner and client is its own adapter, open from
`start` to `stop`, or from `connect` to the end of the link.
"""

import asyncio
import secrets
from collections.abc import Callable
from typing import Any, ClassVar, NamedTuple

import bleak
from bleak.backends.client import BaseBleakClient
from bleak.backends.scanner import BaseBleakScanner
from bleak.exc import BleakError

from bridge.bluetooth.bumble_backend import BumbleClient, BumbleScanner
from bridge.bluetooth.bumble_host import Host

OPEN_LIMIT = 10.0


class Backends(NamedTuple):
    """Backend classes for `BleakScanner` and `BleakClient`."""

    scanner: type[BaseBleakScanner]
    client: type[BaseBleakClient]


def backends(radio: str) -> Backends:
    """Return both classes for a bumble transport, such as `tcp-client:127.0.0.1:7300`."""
    return Backends(
        type("RadioScanner", (_Scanner,), {"radio": radio}),
        type("RadioClient", (_Client,), {"radio": radio}),
    )


def take_over(radio: str, patch: Callable[[object, str, object], None] = setattr) -> None:
    """Make bleak use only this radio, for code that names no backend.

    `patch` sets the attribute; use pytest's `monkeypatch.setattr` to restore it later.
    """
    scanner, client = backends(radio)
    patch(bleak, "get_platform_scanner_backend_type", lambda: (scanner, scanner.__name__))
    patch(bleak, "get_platform_client_backend_type", lambda: (client, client.__name__))


async def _open(radio: str) -> Host:
    # A machine could not tell two adapters with the same address apart.
    octets = (0xC0 | secrets.randbelow(0x3F), *secrets.token_bytes(5))
    try:
        async with asyncio.timeout(OPEN_LIMIT):
            return await Host.open(radio, ":".join(f"{octet:02X}" for octet in octets))
    except TimeoutError as error:
        message = f"the radio {radio!r} did not answer within {OPEN_LIMIT:.0f} s"
        raise BleakError(message) from error
    except (OSError, ValueError) as error:
        message = f"the radio {radio!r} does not open: {error}"
        raise BleakError(message) from error


class _Scanner(BumbleScanner):
    radio: ClassVar[str]
    _host: Host | None  # type: ignore[assignment]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named, host=None)  # type: ignore[arg-type]

    async def start(self) -> None:
        self._host = await _open(self.radio)
        try:
            await super().start()
        except BaseException:
            await self._close()
            raise

    async def stop(self) -> None:
        if self._host is not None:
            try:
                await super().stop()
            finally:
                await self._close()

    async def _close(self) -> None:
        host, self._host = self._host, None
        if host is not None:
            await host.close()


class _Client(BumbleClient):
    radio: ClassVar[str]
    _host: Host | None  # type: ignore[assignment]

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named, host=None)  # type: ignore[arg-type]
        self._closing: asyncio.Task[None] | None = None

    async def connect(self, pair: bool, **kwargs: Any) -> None:
        if self._host is None:
            self._host = await _open(self.radio)
        try:
            await super().connect(pair, **kwargs)
        except BaseException:
            if not self.is_connected:
                await self._close()
            raise

    async def disconnect(self) -> None:
        await super().disconnect()
        await self._close()

    def _on_disconnection(self, reason: int) -> None:
        # After a loss nobody need call `disconnect`, so the adapter closes with its link.
        self._closing = asyncio.get_running_loop().create_task(self._close())
        super()._on_disconnection(reason)

    async def _close(self) -> None:
        host, self._host = self._host, None
        if host is not None:
            await host.close()
        elif self._closing is not None and self._closing is not asyncio.current_task():
            await asyncio.wait([self._closing])
