"""One connection to a machine: what it offers, read and subscribed to with patience and limits.

Missing characteristics, empty reads and refusals are normal and never end a set-up; a call that
does not come back, or a lost link, does.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Protocol, TypeVar

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.exc import BleakError, BleakGATTProtocolError, BleakGATTProtocolErrorCode

from bridge.bluetooth.scan import Found
from bridge.machines import Declared, Edge, Pairing, Quirk, WriteType, declared_quirks
from bridge.values import MachineInfo
from protocols import uuids
from protocols.captures.capture import Kind
from protocols.errors import DecodeError
from protocols.ftms.feature import FitnessMachineFeature, Target
from protocols.ftms.ranges import InclineRange, SpeedRange

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
_SERVICES = frozenset({uuids.FITNESS_MACHINE, uuids.DEVICE_INFORMATION})
_BESIDE = {uuids.RUNNING_SPEED_AND_CADENCE: uuids.RSC_MEASUREMENT}
"""Services beside, and what of them is of use."""
_NOTHING_DECLARED = Declared()
_T = TypeVar("_T")
_Value_co = TypeVar("_Value_co", covariant=True)


class LinkLost(Exception):  # noqa: N818 - it is what happened, not an error of ours
    """The link is gone or of no more use; the text says why."""


class _Decodes(Protocol[_Value_co]):
    @classmethod
    def decode(cls, value: bytes, /) -> _Value_co: ...


class Tap(Protocol):
    """Hears all that crosses a link, both ways; no call may block."""

    def linked(self, found: Found, offered: Mapping[int, tuple[str, ...]]) -> None:
        """A link is up; its characteristics and their properties."""
        ...

    def frame(self, kind: Kind, uuid: int, value: bytes) -> None:
        """One value crossed."""
        ...

    def ready(self) -> None:
        """What is read and subscribed to at first has been."""
        ...

    def lost(self) -> None:
        """The link is gone."""
        ...


class Connection:
    """A connected bleak client, by 16-bit UUIDs; every call has a time limit.

    `write_type` and `pairing` are for the machine's profile to set; `paired` says whether the
    link was encrypted by `pair`.
    """

    def __init__(self, client: BleakClient, tap: Tap | None = None) -> None:
        self._client = client
        self._tap = tap
        self._offered: dict[int, BleakGATTCharacteristic] = {}
        self._callbacks: dict[int, Callable[[bytes], None]] = {}
        self.write_type = WriteType.AUTO
        self.pairing = Pairing.ON_DEMAND
        self.paired = False
        for service in client.services:
            wanted = _BESIDE.get(_short(service.uuid))
            for characteristic in service.characteristics:
                uuid = _short(characteristic.uuid)
                if uuid == wanted or _short(service.uuid) in _SERVICES:
                    self._offered.setdefault(uuid, characteristic)

    def can(self, uuid: int, *properties: str) -> bool:
        """Whether the characteristic is there with one of these properties."""
        found = self._offered.get(uuid)
        return found is not None and not set(properties).isdisjoint(found.properties)

    @property
    def offered(self) -> dict[int, tuple[str, ...]]:
        """The characteristics that it knows, with their properties."""
        return {uuid: tuple(found.properties) for uuid, found in self._offered.items() if uuid}

    async def read(self, uuid: int) -> bytes | None:
        """The value; None where there is none to be had.

        Raises:
            LinkLost: no answer in time, or no link.
        """
        if not self.can(uuid, "read"):
            return None
        try:
            value = bytes(
                await _within(READ_LIMIT, self._client.read_gatt_char(self._offered[uuid]))
            )
        except BleakGATTProtocolError:
            return None
        except BleakError as error:
            message = f"a read failed: {error}"
            raise LinkLost(message) from error
        self._tell(Kind.READ, uuid, value)
        return value

    async def subscribe(self, uuid: int, callback: Callable[[bytes], None]) -> bool:
        """Whether the machine now sends this value; the callback may come at once.

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
        """Subscribe once more, for a machine that forgot it.

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
            self._tell(Kind.NOTIFY, uuid, bytes(value))
            callback(bytes(value))

        await _within(SUBSCRIBE_LIMIT, self._client.start_notify(self._offered[uuid], on_value))

    async def write(self, uuid: int, value: bytes) -> None:
        """Write, with a response where the machine gives one.

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
        # Told first: an answer may come before the write returns.
        self._tell(Kind.WRITE if response else Kind.COMMAND, uuid, value)
        try:
            await _within(
                WRITE_LIMIT, self._client.write_gatt_char(characteristic, value, response=response)
            )
        except BleakGATTProtocolError as error:
            self._tell(Kind.REFUSED, uuid, bytes([int(error.code) & 0xFF]))
            raise

    def _tell(self, kind: Kind, uuid: int, value: bytes) -> None:
        if self._tap is not None:
            self._tap.frame(kind, uuid, value)

    async def with_pairing(self, attempt: Callable[[], Awaitable[None]]) -> None:
        """Try; if the machine asks for encryption, pair and try once more."""
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

    async def describe(self, found: Found, declared: Declared = _NOTHING_DECLARED) -> MachineInfo:
        """Read what the machine says of itself, in true numbers by its profile.

        Raises:
            LinkLost: no answer in time, or no link.
        """
        features = await self._value(uuids.FITNESS_MACHINE_FEATURE, FitnessMachineFeature)
        speed = await self._value(uuids.SUPPORTED_SPEED_RANGE, SpeedRange)
        incline = await self._value(uuids.SUPPORTED_INCLINATION_RANGE, InclineRange)
        maker = await self._text(uuids.MANUFACTURER_NAME)
        model = await self._text(uuids.MODEL_NUMBER)
        edge = Edge(declared.profile(found.name, maker, model), speed, incline)
        quirks = (
            *declared_quirks(edge.profile),
            *self._shape(found),
            *_gaps(features, speed, incline),
        )
        return MachineInfo(
            address=found.address,
            name=found.name,
            features=features,
            speed_range=edge.speed_range,
            incline_range=edge.incline_range,
            maker=maker,
            model=model,
            firmware=await self._text(uuids.FIRMWARE_REVISION),
            rssi=found.rssi,
            quirks=quirks,
            edge=edge,
        )

    def _shape(self, found: Found) -> list[Quirk]:
        """What its advertisement and its characteristics show."""
        control = uuids.FITNESS_MACHINE_CONTROL_POINT
        writable = self.can(control, "write", "write-without-response")
        told = (
            (Quirk.NOT_ADVERTISED, not found.advertises_service),
            (Quirk.NO_SERVICE_DATA, found.advertises_service and not found.machine and found.rssi),
            (Quirk.CADENCE_SERVICE, self.can(uuids.RSC_MEASUREMENT, "notify")),
            (Quirk.SEVERAL_MACHINES, not uuids.OTHER_MACHINES.isdisjoint(self._offered)),
            (Quirk.NO_TREADMILL_DATA, not self.can(uuids.TREADMILL_DATA, "notify", "indicate")),
            (Quirk.NO_STATUS, not self.can(uuids.FITNESS_MACHINE_STATUS, "notify", "indicate")),
            (Quirk.NO_TRAINING_STATUS, not self.can(uuids.TRAINING_STATUS, "read", "notify")),
            (Quirk.NO_CONTROL_POINT, not writable),
            (Quirk.NO_ANSWERS, writable and not self.can(control, "notify", "indicate")),
            (Quirk.WRITES_WITHOUT_RESPONSE, writable and not self.can(control, "write")),
            (
                Quirk.ANSWERS_AS_NOTIFICATIONS,
                self.can(control, "notify") and not self.can(control, "indicate"),
            ),
        )
        return [quirk for quirk, there in told if there]

    async def _value(self, uuid: int, kind: type[_Decodes[_T]]) -> _T | None:
        value = await self.read(uuid)
        try:
            return kind.decode(value) if value else None
        except DecodeError:
            return None

    async def _text(self, uuid: int) -> str:
        value = await self.read(uuid) or b""
        return value.decode(errors="replace").rstrip("\0").strip()


def _gaps(
    features: FitnessMachineFeature | None,
    speed: SpeedRange | None,
    incline: InclineRange | None,
) -> list[Quirk]:
    """What it does not say of itself, or says that it cannot."""
    targets = Target(0) if features is None else features.targets
    inclines = features is None or Target.INCLINATION in targets
    # Machines that can set neither lie more often than not (D13).
    tilts = Target.INCLINATION in targets and (incline is None or incline.minimum < incline.maximum)
    told = (
        (Quirk.NO_FEATURES, features is None),
        (Quirk.NO_SPEED_RANGE, speed is None),
        (Quirk.NO_INCLINE_RANGE, incline is None and inclines),
        (Quirk.NO_SPEED_CONTROL, tilts and Target.SPEED not in targets),
    )
    return [quirk for quirk, there in told if there]


async def _within(seconds: float, call: Awaitable[_T]) -> _T:
    try:
        async with asyncio.timeout(seconds):
            return await call
    except TimeoutError as error:
        message = f"no answer within {seconds:.0f} s"
        raise LinkLost(message) from error


def _short(uuid: str) -> int:
    try:
        return uuids.short(uuid)
    except DecodeError:  # a vendor's own
        return 0
