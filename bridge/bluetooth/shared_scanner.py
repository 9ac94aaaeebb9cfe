"""One scan shared by all callers that look for a device on a radio.

BlueZ refuses a second scan from a program that is already scanning ("In Progress"). A bridge for
two treadmills that are both away needs two at once.
"""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

Filter = Callable[[BLEDevice, AdvertisementData], bool]


class SharedScanner:
    """Scans while at least one caller looks for a device.

    Args:
        options: the radio's keyword arguments for `BleakScanner`.
    """

    def __init__(self, options: Mapping[str, Any]) -> None:
        self._options = options
        self._seekers: dict[asyncio.Future[BLEDevice], Filter] = {}
        self._scanner: BleakScanner | None = None
        self._outdated = False
        self._lock = asyncio.Lock()

    async def find(self, is_meant: Filter, seconds: float) -> BLEDevice | None:
        """Return the first matching device, or None if none is heard for so many seconds.

        Raises:
            BleakError: the radio is away.
        """
        met: asyncio.Future[BLEDevice] = asyncio.get_running_loop().create_future()
        self._seekers[met] = is_meant
        # A stack reports a device with an unchanged advertisement only once per scan.
        self._outdated = True
        found: BLEDevice | None = None
        try:
            await self._settle()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    found = await met
        except BaseException:
            self._leave(met)
            with contextlib.suppress(Exception):  # the earlier exception is the one that counts
                await self._settle()
            raise
        self._leave(met)
        await self._settle()
        return found

    def _leave(self, met: "asyncio.Future[BLEDevice]") -> None:
        self._seekers.pop(met, None)
        met.cancel()
        _retrieve(met)

    async def _settle(self) -> None:
        """Start or stop the scan as needed; a change is always completed."""
        change = asyncio.ensure_future(self._switch())
        # After a cancellation nothing awaits it any more, and a radio that closes fails it.
        change.add_done_callback(_retrieve)
        await asyncio.shield(change)

    async def _switch(self) -> None:
        async with self._lock:
            if self._scanner is not None and (self._outdated or not self._seekers):
                scanner, self._scanner = self._scanner, None
                # A lost radio reports it on starting, too.
                with contextlib.suppress(*([Exception] if self._seekers else [])):
                    await scanner.stop()
            self._outdated = False
            if self._scanner is None and self._seekers:
                scanner = BleakScanner(self._on_device, **self._options)
                try:
                    await scanner.start()
                except Exception as error:
                    for met in self._seekers:
                        if not met.done():
                            met.set_exception(error)
                    raise
                self._scanner = scanner

    def _on_device(self, device: BLEDevice, advertisement: AdvertisementData) -> None:
        for met, is_meant in self._seekers.items():
            if not met.done() and is_meant(device, advertisement):
                met.set_result(device)


def _retrieve(done: "asyncio.Future[Any]") -> None:
    """Mark an exception as retrieved, so that asyncio does not log it."""
    if not done.cancelled():
        done.exception()
