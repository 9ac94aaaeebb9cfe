"""Finds treadmills by address, by name, or by the Fitness Machine Service."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Protocol

from bleak import BleakClient, BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData

from bridge.bluetooth.radio import Radio
from bridge.bluetooth.trouble import StackSilentError
from protocols import uuids
from protocols.errors import DecodeError
from protocols.ftms.advertising import FitnessMachineAdvertisement, MachineType

SERVICE = uuids.full(uuids.FITNESS_MACHINE)
_PADS = uuids.full(uuids.KINGSMITH)
MISSING_AFTER = 3.0
"""Seconds of a search after which a machine is missing; most advertise once a second."""
CALL_LIMIT = 5.0
"""Seconds that the stack may take beyond the scan itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """A device in range.

    `machine` is its service data, None if it sends none, as with many machines.
    `advertises_service` is True if the advertisement or the scan response has the Fitness Machine
    Service. `shared` is True if the system is already connected, for a running bridge or another
    program.
    """

    address: str
    name: str
    rssi: int | None
    machine: FitnessMachineAdvertisement | None
    advertises_service: bool
    device: BLEDevice = field(repr=False, compare=False)
    shared: bool = False

    @property
    def is_treadmill(self) -> bool:
        """True for a treadmill, or for a fitness machine of unknown type."""
        types = MachineType(0) if self.machine is None else self.machine.machine_types
        return self.advertises_service and (not types or MachineType.TREADMILL in types)


def look_at(device: BLEDevice, advertisement: AdvertisementData) -> Found:
    """Parse an advertisement; meaningless service data counts as none."""
    data = advertisement.service_data.get(SERVICE)
    try:
        machine = None if data is None else FitnessMachineAdvertisement.decode(data)
    except DecodeError:
        machine = None
    return Found(
        address=device.address,
        name=advertisement.local_name or device.name or "",
        rssi=advertisement.rssi,
        machine=machine,
        advertises_service=data is not None or SERVICE in advertisement.service_uuids,
        device=device,
    )


@dataclass(frozen=True, slots=True)
class Match:
    """Selects a machine by address, else by name, else any treadmill."""

    address: str = ""
    name: str = ""

    def matches(self, found: Found) -> bool:
        """True if this is the machine; a named one need not advertise a service."""
        if self.address:
            return found.address.lower() == self.address.lower()
        if self.name:
            return found.name == self.name
        return found.is_treadmill


@asynccontextmanager
async def _answered_within(seconds: float) -> AsyncIterator[None]:
    try:
        async with asyncio.timeout(seconds):
            yield
    except TimeoutError as error:
        message = f"no answer within {seconds:.0f} s"
        raise StackSilentError(message) from error


async def scan(radio: Radio, seconds: float) -> list[Found]:
    """Return every device in range, the nearest first.

    Raises:
        BleakError: the radio is away.
        StackSilentError: the stack does not answer.
    """
    async with _answered_within(seconds + CALL_LIMIT):
        seen = await BleakScanner.discover(seconds, return_adv=True, **radio.scanner_kwargs)
        connected = await shared_machines(radio)
    theirs = {each.address for each in connected}
    found = [look_at(device, advertisement) for device, advertisement in seen.values()]
    found = [*connected, *(each for each in found if each.address not in theirs)]
    return sorted(found, key=lambda each: each.rssi or -128, reverse=True)


async def shared_machines(radio: Radio) -> list[Found]:
    """Return machines to which the system is already connected: those do not advertise.

    Raises:
        BleakError: the radio is away.
    """
    return [
        Found(
            device.address, device.name or "", None, None, service == SERVICE, device, shared=True
        )
        for service in (SERVICE, _PADS)
        for device in await radio.connected_devices(service)
    ]


def client_of(radio: Radio, found: Found, seconds: float) -> BleakClient:
    """Return a client for a machine; one for an already connected machine leaves the link alone."""
    if not found.shared:
        return BleakClient(found.device, timeout=seconds, **radio.client_kwargs)
    from bridge.bluetooth.shared import SharedClient  # noqa: PLC0415 - dbus-fast is for Linux only

    return BleakClient(found.device, timeout=seconds, backend=SharedClient)


class Matcher(Protocol):
    """Selects a machine."""

    def matches(self, found: Found, /) -> bool:
        """True if this is the machine."""
        ...


async def find(
    radio: Radio,
    match: Matcher,
    seconds: float,
    on_missing: Callable[[], None] = lambda: None,
) -> Found | None:
    """Return the selected machine, or None.

    A machine whose link survived the process that made it does not advertise; it is found among the
    connected ones.

    Args:
        radio: the Bluetooth radio.
        match: selects the machine.
        seconds: duration of the scan.
        on_missing: called once if it is not found within `MISSING_AFTER`; the scan continues.

    Raises:
        BleakError: the radio is away.
        StackSilentError: the stack does not answer.
    """
    async with _answered_within(CALL_LIMIT):
        connected = await shared_machines(radio)
    for found in connected:
        if match.matches(found):
            return found
    newest: list[Found] = []

    def is_meant(device: BLEDevice, advertisement: AdvertisementData) -> bool:
        newest[:] = [look_at(device, advertisement)]
        return match.matches(newest[0])

    missing = asyncio.get_running_loop().call_later(MISSING_AFTER, on_missing)
    try:
        async with _answered_within(seconds + CALL_LIMIT):
            met = await radio.scanner.find(is_meant, seconds)
    finally:
        missing.cancel()
    return None if met is None else newest[0]
