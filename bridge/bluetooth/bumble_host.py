"""A bumble host on one HCI transport, hardened for sharing, cancellation and loss."""

import asyncio
import contextlib
from collections.abc import Callable, Iterator
from typing import Self

from bleak.exc import (
    BleakBluetoothNotAvailableError,
    BleakBluetoothNotAvailableReason,
    BleakError,
)
from bumble import core, hci
from bumble.controller import Controller
from bumble.device import Advertisement, Connection, Device, DeviceConfiguration
from bumble.transport import open_transport
from bumble.transport.common import Transport

ADDRESS = "C0:FF:EE:00:00:01"
"""Static random address of the bridge on an adapter of its own."""
HANG_UP_LIMIT = 2.0
"""Seconds for the controller to cancel a connection attempt or to end a link."""

OUT_OF_STEP = (AssertionError, RuntimeError)
"""bumble's exceptions when a controller gives an unexpected answer, such as a delayed one."""

Listener = Callable[[Advertisement], None]


def cancelled_by_bumble() -> bool:
    """True if a `CancelledError` just caught is bumble's signal of a lost link."""
    task = asyncio.current_task()
    return task is not None and not task.cancelling()


def bleak_error(error: Exception) -> BleakError:
    """Return bumble's error as bleak's, in words; bumble's assertions have none."""
    return BleakError(f"the controller does not obey: {str(error) or 'its answer is unexpected'}")


@contextlib.contextmanager
def _as_bleak_errors() -> Iterator[None]:
    try:
        yield
    except (core.BaseBumbleError, *OUT_OF_STEP) as error:
        raise bleak_error(error) from error


class Host:
    """A bumble host on one HCI transport: the equivalent of an adapter."""

    def __init__(self, device: Device, transport: Transport | None) -> None:
        """Use `open` instead."""
        self._closed = False
        self._device = device
        self._transport = transport
        self._listeners: set[Listener] = set()
        self._connecting = asyncio.Lock()  # bumble supports one pending connect per device
        device.on(Device.EVENT_ADVERTISEMENT, self._on_advertisement)

    @classmethod
    async def open(cls, spec: str | Controller, address: str | None = None) -> Self:
        """Open a bumble transport, or use a controller in this process.

        Without an address it is `ADDRESS`. On a radio over TCP, which several programs share, it is
        a random one: two hosts with the same address would receive each other's links.

        Raises:
            OSError, ValueError: the transport does not open.
        """
        transport = await open_transport(spec) if isinstance(spec, str) else None
        source, sink = (transport.source, transport.sink) if transport else (spec, spec)
        shared = isinstance(spec, str) and spec.startswith("tcp-client:")
        if address is None and shared:
            own = hci.Address.generate_static_address()
        else:
            own = hci.Address(address or ADDRESS)
        configuration = DeviceConfiguration(name="treadmill-bridge", address=own)
        device = Device.from_config_with_hci(configuration, source, sink)  # type: ignore[arg-type]
        host = cls(device, transport)
        try:
            await device.power_on()
        except BaseException:
            await host.close()
            raise
        return host

    @property
    def alive(self) -> bool:
        """True if the transport is open. Its loss ends all links, with their callbacks."""
        lost = self._transport is not None and self._transport.source.terminated.done()
        return not self._closed and not lost

    async def close(self) -> None:
        """Power off and close the transport; all links end."""
        self._closed = True
        with contextlib.suppress(core.BaseBumbleError, TimeoutError, OSError, *OUT_OF_STEP):
            async with asyncio.timeout(HANG_UP_LIMIT):
                await self._device.power_off()
        if self._transport is not None:
            await self._transport.close()

    async def lost(self) -> None:
        """Return when the other side closes the transport; never for a local controller."""
        if self._transport is None:
            await asyncio.Event().wait()
        else:
            await asyncio.wait([self._transport.source.terminated])

    def check(self) -> None:
        """Raise bleak's error for missing Bluetooth if the transport is lost."""
        if not self.alive:
            message = "the radio's transport is closed"
            raise BleakBluetoothNotAvailableError(
                message, BleakBluetoothNotAvailableReason.NO_BLUETOOTH
            )

    async def connect(self, address: hci.Address) -> Connection:
        """Connect; when cancelled, also cancel the request at the controller.

        bumble's own connect leaves the request there, and the controller would connect later,
        unnoticed.
        """
        async with self._connecting:
            attempt = asyncio.ensure_future(self._device.connect(address, timeout=None))
            try:
                return await asyncio.shield(attempt)
            except asyncio.CancelledError:
                if cancelled_by_bumble():
                    self.check()
                await self._take_back(attempt)
                raise

    async def _take_back(self, attempt: "asyncio.Future[Connection]") -> None:
        with contextlib.suppress(core.BaseBumbleError, TimeoutError, *OUT_OF_STEP):
            async with asyncio.timeout(HANG_UP_LIMIT):
                if not attempt.done():
                    # There may be nothing left to cancel.
                    with contextlib.suppress(core.BaseBumbleError, *OUT_OF_STEP):
                        await self._device.cancel_connection()  # type: ignore[no-untyped-call]
                connection = await attempt
                await connection.disconnect()  # the connection was established first

    async def add_listener(self, listener: Listener, *, active: bool) -> None:
        """Add a listener; the first one starts the scan, and decides if it is `active`."""
        self.check()
        self._listeners.add(listener)
        if len(self._listeners) == 1:
            try:
                with _as_bleak_errors():
                    await self._device.start_scanning(filter_duplicates=False, active=active)
            except BaseException:
                self._listeners.discard(listener)
                raise

    async def remove_listener(self, listener: Listener) -> None:
        """Remove a listener; the last one ends the scan."""
        if listener in self._listeners:
            self._listeners.remove(listener)
            if not self._listeners and self.alive:
                with _as_bleak_errors():
                    await self._device.stop_scanning()

    def _on_advertisement(self, advertisement: Advertisement) -> None:
        for listener in tuple(self._listeners):
            listener(advertisement)
