"""Finding treadmills: by address, by name, or any that offers the Fitness Machine Service."""

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
from protocols import kingsmith, uuids
from protocols.errors import DecodeError
from protocols.ftms.advertising import FitnessMachineAdvertisement, MachineType

SERVICE = uuids.full(uuids.FITNESS_MACHINE)
_PADS = uuids.full(kingsmith.SERVICE)
MISSING_AFTER = 3.0
"""Seconds of a search after which a machine counts as missing; most advertise once a second."""
CALL_LIMIT = 5.0
"""Seconds that the stack may take beyond the scan itself."""


@dataclass(frozen=True, slots=True)
class Found:
    """One device in reach.

    `machine` is what its service data says, None where it sends none, as many machines do;
    `advertises_service` is whether it names the Fitness Machine Service in either place. `shared`:
    the system has connected it already, for a running bridge or another program.
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
        """A treadmill, or a fitness machine that does not say what it is."""
        types = MachineType(0) if self.machine is None else self.machine.machine_types
        return self.advertises_service and (not types or MachineType.TREADMILL in types)


def look_at(device: BLEDevice, advertisement: AdvertisementData) -> Found:
    """Read one advertisement; service data that means nothing is as good as none."""
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
    """Which machine is meant: by address, else by name, else any treadmill."""

    address: str = ""
    name: str = ""

    def matches(self, found: Found) -> bool:
        """Whether this is the one; one named by its owner need not advertise any service."""
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
    """Every device in reach, the nearest first.

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
    """The machines that the system has connected already: those do not advertise.

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
    """A client to look at a machine: of one that is connected already, it leaves the link alone."""
    if not found.shared:
        return BleakClient(found.device, timeout=seconds, **radio.client_kwargs)
    from bridge.bluetooth.shared import SharedClient  # noqa: PLC0415 - dbus-fast is for Linux only

    return BleakClient(found.device, timeout=seconds, backend=SharedClient)


class Matcher(Protocol):
    """Says which machine is meant."""

    def matches(self, found: Found, /) -> bool:
        """Whether this is the one."""
        ...


async def find(
    radio: Radio,
    match: Matcher,
    seconds: float,
    on_missing: Callable[[], None] = lambda: None,
) -> Found | None:
    """The machine that is meant, or None.

    A machine whose link outlived the process that made it does not advertise, and is found among
    the connected ones.

    Args:
        radio: what carries Bluetooth.
        match: which machine.
        seconds: how long to listen.
        on_missing: called once nothing was heard of it for `MISSING_AFTER`; the search goes on.

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
