"""A connection to one machine: its services, and reads and subscriptions with time limits.

Missing characteristics, empty reads and refusals are normal and never end the set-up. A call that
times out, or a lost link, does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import (
    BleakDBusError,
    BleakError,
    BleakGATTProtocolError,
    BleakGATTProtocolErrorCode,
)

from bridge.bluetooth.scan import Found
from bridge.machines import Pairing, WriteType
from protocols import uuids
from protocols.captures.kind import Kind
from protocols.errors import DecodeError

READ_LIMIT = 3.0
SUBSCRIBE_LIMIT = 5.0
PAIR_LIMIT = 15.0
WRITE_LIMIT = 5.0
SUBSCRIBE_GAP = 0.1
"""Seconds between subscriptions: some machines drop one that follows too soon."""

NEEDS_PAIRING = frozenset(
    {
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHENTICATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_AUTHORIZATION,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION_KEY_SIZE,
        BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION,
    }
)
NOT_PERMITTED, NOT_PAIRED = "org.bluez.Error.NotPermitted", "Not paired"
"""BlueZ's error if an encrypted link is required (create_gatt_dbus_error in its gatt-client.c)."""
_SERVICES = frozenset({uuids.FITNESS_MACHINE, uuids.DEVICE_INFORMATION, uuids.KINGSMITH})
_BESIDE = {uuids.RUNNING_SPEED_AND_CADENCE: uuids.RSC_MEASUREMENT}
"""Additional services, and the characteristic used from each."""
_T = TypeVar("_T")
_Value_co = TypeVar("_Value_co", covariant=True)


class LinkLost(Exception):  # noqa: N818 - an event rather than an error
    """The link is lost or unusable; the text gives the reason."""


class _Decodes(Protocol[_Value_co]):
    @classmethod
    def decode(cls, value: bytes, /) -> _Value_co: ...


class Tap(Protocol):
    """Callbacks for all traffic on a link, both ways; they must not block."""

    def linked(self, found: Found, offered: Mapping[int, tuple[str, ...]]) -> None:
        """A link was established; gives its characteristics and their properties."""
        ...

    def frame(self, kind: Kind, uuid: int, value: bytes) -> None:
        """A value was transferred."""
        ...

    def ready(self) -> None:
        """The initial reads and subscriptions are complete."""
        ...

    def lost(self) -> None:
        """The link ended."""
        ...


class Connection:
    """A connected bleak client, addressed by 16-bit UUIDs; every call has a time limit.

    The machine's profile sets `write_type` and `pairing`; `paired` is True if `pair` encrypted the
    link. `services` are the machine's; 0 stands for a vendor-specific one.
    """

    def __init__(self, client: BleakClient, tap: Tap | None = None) -> None:
        self._client = client
        self._tap = tap
        self._offered: dict[int, BleakGATTCharacteristic] = {}
        self._callbacks: dict[int, Callable[[bytes], None]] = {}
        self.write_type = WriteType.AUTO
        self.pairing = Pairing.ON_DEMAND
        self.paired = False
        self.services: set[int] = set()
        for service in client.services:
            self.services.add(_short(service.uuid))
            wanted = _BESIDE.get(_short(service.uuid))
            for characteristic in service.characteristics:
                uuid = _short(characteristic.uuid)
                if uuid == wanted or _short(service.uuid) in _SERVICES:
                    self._offered.setdefault(uuid, characteristic)

    def can(self, uuid: int, *properties: str) -> bool:
        """True if the characteristic exists with one of these properties."""
        found = self._offered.get(uuid)
        return found is not None and not set(properties).isdisjoint(found.properties)

    @property
    def offered(self) -> dict[int, tuple[str, ...]]:
        """Return the known characteristics with their properties."""
        return {uuid: tuple(found.properties) for uuid, found in self._offered.items() if uuid}

    async def read(self, uuid: int) -> bytes | None:
        """Return the value; None if it is missing or refused.

        Raises:
            LinkLost: no answer in time, or no link.
        """
        if not self.can(uuid, "read"):
            return None
        try:
            value = bytes(
                await _asked(READ_LIMIT, self._client.read_gatt_char(self._offered[uuid]))
            )
        except BleakGATTProtocolError:
            return None
        except BleakError as error:
            message = f"a read failed: {error}"
            raise LinkLost(message) from error
        self._record(Kind.READ, uuid, value)
        return value

    async def subscribe(self, uuid: int, callback: Callable[[bytes], None]) -> bool:
        """Subscribe; True if the machine accepts. The callback may be called at once.

        Raises:
            LinkLost: no answer in time, or no link.
        """
        if not self.can(uuid, "notify", "indicate"):
            return False
        self._callbacks[uuid] = callback
        try:
            await self.with_pairing(lambda: self._start(uuid))
        except BleakGATTProtocolError:
            return False
        except BleakError as error:
            message = f"a subscription failed: {error}"
            raise LinkLost(message) from error
        await asyncio.sleep(SUBSCRIBE_GAP)
        return True

    async def resubscribe(self, uuid: int) -> None:
        """Subscribe again, for a machine that forgot the subscription.

        Raises:
            LinkLost: no answer in time.
            BleakError: refused.
        """
        characteristic = self._offered[uuid]
        await _within(SUBSCRIBE_LIMIT, self._client.stop_notify(characteristic))
        await self._start(uuid)

    async def _start(self, uuid: int) -> None:
        callback = self._callbacks[uuid]

        def on_value(_: BleakGATTCharacteristic, value: bytearray) -> None:
            self._record(Kind.NOTIFY, uuid, bytes(value))
            callback(bytes(value))

        await _asked(SUBSCRIBE_LIMIT, self._client.start_notify(self._offered[uuid], on_value))

    async def write(self, uuid: int, value: bytes) -> None:
        """Write, with a response if the machine supports it.

        Raises:
            LinkLost: no answer in time.
            BleakError: refused, or no link.
        """
        await self.with_pairing(lambda: self._write(uuid, value))

    async def _write(self, uuid: int, value: bytes) -> None:
        characteristic = self._offered[uuid]
        response = "write" in characteristic.properties
        if self.write_type is not WriteType.AUTO:
            response = self.write_type is WriteType.REQUEST
        # Reported first: an answer may arrive before the write returns.
        self._record(Kind.WRITE if response else Kind.COMMAND, uuid, value)
        try:
            await _asked(
                WRITE_LIMIT, self._client.write_gatt_char(characteristic, value, response=response)
            )
        except BleakGATTProtocolError as error:
            self._record(Kind.REFUSED, uuid, bytes([int(error.code) & 0xFF]))
            raise

    def _record(self, kind: Kind, uuid: int, value: bytes) -> None:
        if self._tap is not None:
            self._tap.frame(kind, uuid, value)

    async def with_pairing(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Run the attempt; if the machine requires encryption, pair and run it again."""
        try:
            await attempt()
        except BleakGATTProtocolError as error:
            if error.code not in NEEDS_PAIRING or self.pairing is Pairing.NEVER:
                raise
            await self.pair()
            await attempt()

    async def pair(self) -> None:
        """Encrypt the link.

        Raises:
            LinkLost: no answer in time.
            BleakError: refused, or no link.
        """
        await _within(PAIR_LIMIT, self._client.pair())
        self.paired = True

    async def value(self, uuid: int, kind: type[_Decodes[_T]]) -> _T | None:
        """Return the decoded value; None if it is missing or meaningless.

        Raises:
            LinkLost: no answer in time, or no link.
        """
        value = await self.read(uuid)
        try:
            return kind.decode(value) if value else None
        except DecodeError:
            return None

    async def text(self, uuid: int) -> str:
        """Return the value as text; empty if there is none. Raises as `read` does."""
        value = await self.read(uuid) or b""
        return value.decode(errors="replace").rstrip("\0").strip()


async def _within(seconds: float, call: Awaitable[_T]) -> _T:
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError as error:
        message = f"no answer within {seconds:.0f} s"
        raise LinkLost(message) from error


async def _asked(seconds: float, request: Awaitable[_T]) -> _T:
    """Await a request to the machine, and convert the system's refusals to ATT errors."""
    try:
        return await _within(seconds, request)
    except BleakDBusError as error:
        # BlueZ uses this error for three ATT errors, and bleak does not convert it.
        if error.dbus_error == NOT_PERMITTED and error.dbus_error_details == NOT_PAIRED:
            code = BleakGATTProtocolErrorCode.INSUFFICIENT_ENCRYPTION
            raise BleakGATTProtocolError(code) from error
        raise


def _short(uuid: str) -> int:
    try:
        return uuids.short(uuid)
    except DecodeError:  # vendor-specific
        return 0
