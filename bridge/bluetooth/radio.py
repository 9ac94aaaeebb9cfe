"""What carries Bluetooth: the operating system's stack, or one in Python over any HCI transport."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

from bleak import BleakAdapter
from bleak.backends.device import BLEDevice

if TYPE_CHECKING:
    from bumble.controller import Controller

SYSTEM = "system"
OPEN_LIMIT = 10.0
"""Seconds within which a transport opens and its controller answers."""


class RadioError(Exception):
    """A radio that cannot be used; the text says what to do."""


class Radio(Protocol):
    """What bleak needs to work over this radio, as keyword arguments for its classes."""

    @property
    def scanner_kwargs(self) -> Mapping[str, Any]:
        """For `BleakScanner` and its class methods."""
        ...

    @property
    def client_kwargs(self) -> Mapping[str, Any]:
        """For `BleakClient`."""
        ...

    async def connected_devices(self, service: str) -> list[BLEDevice]:
        """Devices with this service that are connected already: no scan finds those."""
        ...

    async def lost(self) -> None:
        """Return when the radio is gone for good, and has to be opened anew."""
        ...


class SystemRadio:
    """The operating system's own Bluetooth, as bleak finds it."""

    scanner_kwargs: Mapping[str, Any] = {}
    client_kwargs: Mapping[str, Any] = {}

    async def connected_devices(self, service: str) -> list[BLEDevice]:
        """Devices whose link outlived the process that made it: BlueZ keeps such links open.

        Raises:
            BleakError: the operating system's Bluetooth is away.
        """
        try:
            adapter = await BleakAdapter.get()
            return await adapter.get_connected_devices([service])
        except NotImplementedError:  # not on this operating system
            return []

    async def lost(self) -> None:
        """Never: the operating system's Bluetooth comes back by itself."""
        await asyncio.Event().wait()


def check_installed(spec: str) -> None:
    """See that what a radio needs is there; no waiting would bring it.

    Raises:
        RadioError: bumble is not installed.
    """
    # Only those who use it pay for it: bumble is an extra, and takes a quarter of a second to load.
    if spec == SYSTEM:
        return
    try:
        import bridge.bluetooth.bumble_radio  # noqa: F401, PLC0415
    except ImportError as error:
        message = (
            f"the radio {spec!r} needs bumble, which is not installed:"
            " pip install 'treadmill-bridge[simulator]'"
        )
        raise RadioError(message) from error


@asynccontextmanager
async def open_radio(spec: "str | Controller") -> AsyncIterator[Radio]:
    """Open the radio that the configuration names.

    Args:
        spec: `system`, or a bumble transport such as `tcp-client:127.0.0.1:9000` or `usb:0`, or a
            bumble controller in this process.

    Raises:
        RadioError: the transport does not open, or bumble is not installed.
    """
    if spec == SYSTEM:
        yield SystemRadio()
        return
    check_installed(str(spec))
    from bridge.bluetooth.bumble_radio import BumbleRadio  # noqa: PLC0415

    try:
        async with asyncio.timeout(OPEN_LIMIT):
            radio = await BumbleRadio.open(spec)
    except TimeoutError as error:
        message = f"the radio {spec!r} did not answer within {OPEN_LIMIT:.0f} s"
        raise RadioError(message) from error
    except (OSError, ValueError) as error:
        message = f"the radio {spec!r} does not open: {error}"
        if isinstance(error, ConnectionRefusedError):
            message += ". Does `treadmill-bridge simulate` run there?"
        raise RadioError(message) from error
    try:
        yield radio
    finally:
        await radio.close()
