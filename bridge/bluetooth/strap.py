"""A heart-rate strap: found, connected and subscribed to, again after each loss."""

import asyncio
import contextlib
import random
from collections.abc import Callable
from typing import NoReturn

import structlog
from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData
from bleak.exc import BleakError

from bridge.bluetooth.radio import Radio
from bridge.bluetooth.scan import CALL_LIMIT
from protocols import uuids
from protocols.errors import DecodeError
from protocols.heart_rate import HeartRateMeasurement

SCAN_S, CONNECT_S, PAUSE_S = 10.0, 15.0, 10.0
"""Seconds for a scan, for a connection, and between two attempts."""
_SERVICE = uuids.full(uuids.HEART_RATE)
_MEASUREMENT = uuids.full(uuids.HEART_RATE_MEASUREMENT)

log = structlog.get_logger()


class Strap:
    """Keeps one strap connected.

    Args:
        radio: the Bluetooth radio.
        address: the strap's address; empty to search by name.
        name: its advertised name; empty as well takes any heart-rate sensor in range.
        on_heart_rate: called with each heart rate in beats per minute, 0 without skin contact.
    """

    def __init__(
        self, radio: Radio, address: str, name: str, on_heart_rate: Callable[[int], None]
    ) -> None:
        self._radio = radio
        self._address = address
        self._name = name
        self._on_heart_rate = on_heart_rate

    async def run(self) -> NoReturn:
        """Run until cancelled; a missing strap is not an error."""
        while True:
            with contextlib.suppress(BleakError, TimeoutError, OSError, EOFError):
                await self._one_link()
            await asyncio.sleep(PAUSE_S * random.uniform(0.5, 1.0))  # noqa: S311 - not for security

    async def _one_link(self) -> None:
        async with asyncio.timeout(SCAN_S + CALL_LIMIT):
            device = await self._radio.scanner.find(self._is_meant, SCAN_S)
        if device is None:
            return
        lost = asyncio.Event()
        client = BleakClient(
            device, lambda _: lost.set(), timeout=CONNECT_S, **self._radio.client_kwargs
        )
        try:
            async with asyncio.timeout(CONNECT_S):
                await client.connect()
                await client.start_notify(_MEASUREMENT, self._take)
            log.info("strap_connected", strap=device.name or device.address)
            await lost.wait()
            log.info("strap_lost", strap=device.name or device.address)
        finally:
            with contextlib.suppress(BleakError, TimeoutError, OSError, EOFError):
                async with asyncio.timeout(CALL_LIMIT):
                    await client.disconnect()

    def _is_meant(self, device: BLEDevice, advertisement: AdvertisementData) -> bool:
        if self._address:
            return device.address.lower() == self._address.lower()
        if self._name:
            return self._name in {advertisement.local_name, device.name}
        return _SERVICE in advertisement.service_uuids

    def _take(self, _: BleakGATTCharacteristic, value: bytearray) -> None:
        try:
            measured = HeartRateMeasurement.decode(bytes(value))
        except DecodeError:
            return
        self._on_heart_rate(0 if measured.contact is False else measured.heart_rate)
