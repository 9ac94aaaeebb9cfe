"""Bluetooth radios: the operating system's stack, or bumble over any HCI transport."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, Any, Protocol, Self

from bleak import BleakAdapter
from bleak.backends.device import BLEDevice

from bridge.bluetooth.shared_scanner import SharedScanner
from bridge.extras import install_line
from bridge.tasks import end

if TYPE_CHECKING:
    from bumble.controller import Controller

    from bridge.bluetooth.bluez import Watch

SYSTEM = "system"
OPEN_LIMIT = 10.0
"""Seconds for a transport to open and its controller to answer."""


class RadioError(Exception):
    """The radio cannot be used; the text includes advice."""


class Radio(Protocol):
    """A radio, as keyword arguments for bleak's classes."""

    @property
    def scanner_kwargs(self) -> Mapping[str, Any]:
        """Arguments for `BleakScanner` and its class methods."""
        ...

    @property
    def client_kwargs(self) -> Mapping[str, Any]:
        """Arguments for `BleakClient`."""
        ...

    @property
    def scanner(self) -> SharedScanner:
        """Scanner that several callers can use at once."""
        ...

    def pairing(self, address: str) -> AbstractAsyncContextManager[None]:
        """Accept pairing with this machine inside the block, if it requires encryption."""
        ...

    async def connected_devices(self, service: str) -> list[BLEDevice]:
        """Return already connected devices with this service: no scan finds those."""
        ...

    async def lost(self) -> None:
        """Return when the radio is lost and must be opened again."""
        ...

    async def back(self) -> None:
        """Return when Bluetooth returns after an absence, counted from this call."""
        ...


class SystemRadio:
    """The operating system's Bluetooth, through bleak.

    Args:
        adapter: the adapter to use, such as `hci1`; empty is the first that is switched on.
    """

    def __init__(self, adapter: str = "") -> None:
        chosen: Mapping[str, Any] = {"bluez": {"adapter": adapter}} if adapter else {}
        self.scanner_kwargs = self.client_kwargs = self._adapter_kwargs = chosen
        self.scanner = SharedScanner(chosen)
        self._watch: Watch | None = None
        self._adapter = adapter
        self._linked: list[str] = []

    def pairing(self, address: str) -> AbstractAsyncContextManager[None]:
        """Accept BlueZ's pairing requests for this machine; other systems ask a person."""
        if sys.platform != "linux":
            return nullcontext()
        from bridge.bluetooth.bluez_agent import agreeing  # noqa: PLC0415 - dbus-fast, as below

        return agreeing(address, self._linked)

    async def connected_devices(self, service: str) -> list[BLEDevice]:
        """Return devices whose link survived the process that made it: BlueZ keeps such links open.

        Raises:
            BleakError: the operating system's Bluetooth is away.
        """
        try:
            adapter = await BleakAdapter.get(**self._adapter_kwargs)
            return await adapter.get_connected_devices([service])
        except NotImplementedError:  # not supported on this operating system
            return []

    async def lost(self) -> None:
        """Never return: the operating system's Bluetooth recovers by itself."""
        await asyncio.Event().wait()

    async def back(self) -> None:
        """Return when BlueZ starts or the adapter is switched on; on other systems never."""
        if self._watch is None:
            await asyncio.Event().wait()
        else:
            await self._watch.back()

    @asynccontextmanager
    async def watching(self) -> AsyncIterator[Self]:
        """Watch for Bluetooth's return inside the block."""
        if sys.platform != "linux":
            yield self
            return
        from bridge.bluetooth.bluez import Watch  # noqa: PLC0415 - dbus-fast is for Linux only

        self._watch = Watch(self._adapter)
        work = asyncio.create_task(self._watch.run())
        try:
            yield self
        finally:
            await end(work)


def check_installed(spec: str) -> None:
    """Check that a radio's libraries are installed.

    Raises:
        RadioError: bumble is not installed.
    """
    # Imported only if used: bumble is an extra, and takes a quarter of a second to load.
    if spec == SYSTEM:
        return
    try:
        import bridge.bluetooth.bumble_radio  # noqa: F401, PLC0415
    except ImportError as error:
        message = (
            f"the radio {spec!r} needs bumble, which is not installed: {install_line('simulator')}"
        )
        raise RadioError(message) from error


@asynccontextmanager
async def open_radio(spec: "str | Controller", adapter: str = "") -> AsyncIterator[Radio]:
    """Open the configured radio.

    Args:
        spec: `system`, or a bumble transport such as `tcp-client:127.0.0.1:9000` or `usb:0`, or a
            bumble controller in this process.
        adapter: for `system`, the adapter to use, such as `hci1`.

    Raises:
        RadioError: the transport does not open, or bumble is not installed.
    """
    if spec == SYSTEM:
        async with SystemRadio(adapter).watching() as system:
            yield system
        return
    check_installed(str(spec))
    from bridge.bluetooth.bumble_radio import BumbleRadio  # noqa: PLC0415

    try:
        async with asyncio.timeout(OPEN_LIMIT):
            radio = await BumbleRadio.open(spec)
    except TimeoutError as error:
        message = f"the radio {spec!r} did not answer within {OPEN_LIMIT:.0f} s"
        raise RadioError(message) from error
    except Exception as error:
        # Each kind of transport has its own exceptions, including libusb's.
        message = f"the radio {spec!r} does not open: {error}"
        if str(spec).startswith("usb:"):
            message += ". Is the adapter plugged in, and may this user open it?"
        if isinstance(error, ConnectionRefusedError):
            message += ". Does `treadmill-bridge simulate` run there?"
        raise RadioError(message) from error
    try:
        yield radio
    finally:
        await radio.close()
