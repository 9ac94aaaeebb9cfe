"""Probes a machine with the belt stopped: services, frames, and control.

Beyond subscriptions it writes at most one Request Control, which moves no belt. It does so only if
agreed to, and if the belt is known to stand.
"""

import asyncio
import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import pairwise

from bleak import BleakClient
from bleak.backends.characteristic import BleakGATTCharacteristic
from bleak.backends.service import BleakGATTService
from bleak.exc import BleakError, BleakGATTProtocolError

from bridge.bluetooth.connection import READ_LIMIT, Connection, LinkLost
from bridge.bluetooth.radio import Radio
from bridge.bluetooth.scan import Found, client_of
from bridge.clock import Clock
from bridge.drivers.ftms.describe import describe
from bridge.drivers.ftms.frames import FrameBuilder
from bridge.drivers.ftms.session import left_alone
from bridge.drivers.link import CONNECT_LIMIT, DISCONNECT_LIMIT
from bridge.drivers.registry import FTMS, spoken
from bridge.machines import Declared, Model, Pairing, Quirk, TrainingStatusUse
from bridge.values import Belt, MachineInfo
from protocols import uuids
from protocols.errors import DecodeError
from protocols.ftms.control_point import RequestControl, Response, ResultCode
from protocols.ftms.procedure import Procedure

LISTEN_S = 5.0
"""Seconds to listen: a few samples, even if the machine sends one every two seconds."""
ANSWER_S = 3.0
TICK_S = 0.25
FRAMES = 12
"""Frames kept of each characteristic: enough to see a pattern."""

UNREAD = frozenset({uuids.SERIAL_NUMBER, uuids.SYSTEM_ID})
"""Characteristics never read, because they identify the owner's machine."""
_READ = frozenset(
    {
        uuids.FITNESS_MACHINE,
        uuids.DEVICE_INFORMATION,
        uuids.RUNNING_SPEED_AND_CADENCE,
        uuids.HEART_RATE,
    }
)
"""Services whose values are read; vendor-specific ones are only listed."""

_RESULTS = {
    ResultCode.SUCCESS: "given",
    ResultCode.OP_CODE_NOT_SUPPORTED: "not supported",
    ResultCode.INVALID_PARAMETER: "refused (invalid parameter)",
    ResultCode.OPERATION_FAILED: "refused (operation failed)",
    ResultCode.CONTROL_NOT_PERMITTED: "refused (control not permitted)",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A characteristic: UUIDs, properties, and the value read or why there is none."""

    service: str
    uuid: str
    properties: tuple[str, ...]
    value: bytes | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Frame:
    """A notified value; seconds since the first subscription."""

    time: float
    uuid: int
    value: bytes


@dataclass(frozen=True, slots=True)
class Interval:
    """Seconds between samples."""

    mean: float
    least: float
    most: float


@dataclass(frozen=True, slots=True)
class Finding:
    """The results for one machine."""

    found: Found
    machine: MachineInfo
    row: Model | None
    settings: Mapping[str, object]
    offers: tuple[Offer, ...]
    mtu: int
    frames: tuple[Frame, ...]
    samples: int
    interval: Interval | None
    belt: Belt
    control: str
    control_s: float | None


async def probe(
    radio: Radio,
    found: Found,
    declared: Declared,
    clock: Clock,
    *,
    no_control: str = "",
) -> Finding:
    """Connect, read, listen and disconnect.

    Args:
        radio: the Bluetooth radio.
        found: the machine, as just found.
        declared: the owner's declarations.
        clock: the source of time.
        no_control: why control must not be requested; empty if it may.

    Raises:
        LinkLost: it did not answer, or disconnected.
        BleakError: it cannot be connected, or the radio is away.
        TimeoutError: connecting took too long.
    """
    client = client_of(radio, found, CONNECT_LIMIT)
    if found.shared:
        no_control = "another program is connected to it, perhaps a running bridge"
    try:
        async with asyncio.timeout(CONNECT_LIMIT):
            await client.connect()
        return await _Probe(client, found, declared, clock).run(no_control)
    finally:
        with contextlib.suppress(BleakError, TimeoutError, OSError, EOFError):
            async with asyncio.timeout(DISCONNECT_LIMIT):
                await client.disconnect()


@dataclass
class _Probe:
    client: BleakClient
    found: Found
    declared: Declared
    clock: Clock
    builder: FrameBuilder = field(default_factory=FrameBuilder)
    procedure: Procedure = field(default_factory=Procedure)
    frames: list[Frame] = field(default_factory=list)
    sample_times: list[float] = field(default_factory=list)
    began: float = 0.0

    def __post_init__(self) -> None:
        self.connection = Connection(self.client)
        self.answers: asyncio.Queue[Response] = asyncio.Queue()

    async def run(self, no_control: str) -> Finding:
        connection = self.connection
        if (kind := spoken(connection)) is not FTMS:
            message = f"it is a {kind.title}, which only `scan` and `run` support"
            raise LinkLost(message)
        connection.pairing = self.declared.profile(self.found.name).pairing
        if connection.pairing is Pairing.FIRST:
            await connection.pair()
        machine = await describe(connection, self.found, self.declared)
        profile = machine.edge.profile
        connection.write_type, connection.pairing = profile.write, profile.pairing
        alone = left_alone(profile)
        offers = await self._survey(alone)
        self.began = self.clock.now()
        self.builder.connected(machine, self.began)
        self._take_training(offers)
        unsubscribed = set(alone)
        if profile.training_status is TrainingStatusUse.READ:
            unsubscribed.add(uuids.TRAINING_STATUS)
        answers = await self._subscribe(unsubscribed)
        await self._listen(LISTEN_S, alone)
        control, seconds = await self._ask_control(no_control, answers)
        belt = self.builder.snapshot.belt
        known = self.builder.snapshot.machine or machine
        if connection.paired and profile.pairing is not Pairing.FIRST:
            known = replace(known, quirks=(*known.quirks, Quirk.NEEDS_PAIRING))
        return Finding(
            found=self.found,
            machine=replace(known, can_control=answers),
            row=self.declared.row(self.found.name, machine.maker, machine.model),
            settings=dict(self.declared.settings),
            offers=offers,
            mtu=self._mtu(),
            frames=tuple(self.frames),
            samples=len(self.sample_times),
            interval=self._interval(),
            belt=belt,
            control=control,
            control_s=seconds,
        )

    async def _survey(self, alone: frozenset[int]) -> tuple[Offer, ...]:
        return tuple(
            [
                await self._offer(service, characteristic, alone)
                for service in self.client.services
                for characteristic in service.characteristics
            ]
        )

    async def _offer(
        self,
        service: BleakGATTService,
        characteristic: BleakGATTCharacteristic,
        alone: frozenset[int],
    ) -> Offer:
        properties = tuple(sorted(str(each) for each in characteristic.properties))
        offer = Offer(_short(service.uuid), _short(characteristic.uuid), properties)
        number = _number(characteristic.uuid)
        if "read" not in properties or not number or _number(service.uuid) not in _READ:
            return offer
        if number in UNREAD:
            return replace(offer, note="not read: it identifies the owner's machine")
        if number in alone:
            return replace(offer, note="not read: excluded by its profile")
        try:
            async with asyncio.timeout(READ_LIMIT):
                value = bytes(await self.client.read_gatt_char(characteristic))
        except BleakGATTProtocolError as error:
            return replace(offer, note=f"refused: {error}")
        except (BleakError, TimeoutError) as error:
            message = f"a read failed: {str(error) or 'no answer'}"
            raise LinkLost(message) from error
        return replace(offer, value=value)

    def _take_training(self, offers: tuple[Offer, ...]) -> None:
        for offer in offers:
            if _number(offer.uuid) == uuids.TRAINING_STATUS and offer.value is not None:
                self.builder.training_status(offer.value, self.began)
        self.builder.alive(self.began)

    async def _subscribe(self, unsubscribed: set[int]) -> bool:
        for uuid in (uuids.FITNESS_MACHINE_STATUS, uuids.TRAINING_STATUS, uuids.TREADMILL_DATA):
            if uuid not in unsubscribed:
                await self.connection.subscribe(uuid, partial(self._on_frame, uuid))
        control = uuids.FITNESS_MACHINE_CONTROL_POINT
        if not self.connection.can(control, "write", "write-without-response"):
            return False
        return await self.connection.subscribe(control, partial(self._on_frame, control))

    def _on_frame(self, uuid: int, value: bytes) -> None:
        now = self.clock.now()
        if sum(frame.uuid == uuid for frame in self.frames) < FRAMES:
            self.frames.append(Frame(now - self.began, uuid, value))
        match uuid:
            case uuids.TREADMILL_DATA:
                if self.builder.treadmill_data(value, now) is not None:
                    self.sample_times.append(now)
            case uuids.TRAINING_STATUS:
                self.builder.training_status(value, now)
            case uuids.FITNESS_MACHINE_STATUS:
                self.builder.machine_status(value, now)
            case _:
                with contextlib.suppress(DecodeError):
                    response = self.procedure.indication(value, now)
                    if response is not None:
                        self.answers.put_nowait(response)

    async def _listen(self, seconds: float, alone: frozenset[int]) -> None:
        """Listen; if the machine sends nothing, test the link with reads, as the bridge does."""
        end = self.clock.now() + seconds
        asked = self.clock.now()
        while self.clock.now() < end:
            await asyncio.sleep(TICK_S)
            now = self.clock.now()
            if not self.client.is_connected:
                message = "the machine disconnected"
                raise LinkLost(message)
            if not self.sample_times and now - asked >= 2.0 and uuids.TRAINING_STATUS not in alone:
                asked = now
                value = await self.connection.read(uuids.TRAINING_STATUS)
                if value is not None:
                    self.builder.training_status(value, now)
                    self.builder.alive(now)
            self.builder.tick(self.clock.now())

    async def _ask_control(self, no_control: str, answers: bool) -> tuple[str, float | None]:
        belt = self.builder.snapshot.belt
        if no_control:
            return f"not asked: {no_control}", None
        if not answers:
            return "not asked: it has no control point that answers", None
        if not belt.stands:
            return f"not asked: the belt is not known to stand ({belt})", None
        began = self.clock.now()
        octets = self.procedure.start(RequestControl(), began)
        try:
            await self.connection.write(uuids.FITNESS_MACHINE_CONTROL_POINT, octets)
            self.procedure.write_acknowledged(self.clock.now())
            async with asyncio.timeout(ANSWER_S):
                response = await self.answers.get()
        except TimeoutError:
            self.builder.observed(Quirk.CONTROL_UNANSWERED)
            self.builder.tick(self.clock.now())
            return f"not answered within {ANSWER_S:.0f} s", None
        except BleakError as error:
            return f"the write was refused: {error}", None
        known = (text for code, text in _RESULTS.items() if code == response.result)
        return next(known, f"unknown result {response.result:#04x}"), self.clock.now() - began

    def _mtu(self) -> int:
        """Return the ATT MTU. BlueZ reports it only by characteristic; 23 may mean unknown."""
        sizes = [
            each.max_write_without_response_size + 3
            for service in self.client.services
            for each in service.characteristics
        ]
        return max(sizes, default=23)

    def _interval(self) -> Interval | None:
        times = self.sample_times
        gaps = [after - before for before, after in pairwise(times)]
        if not gaps:
            return None
        return Interval(sum(gaps) / len(gaps), min(gaps), max(gaps))


def _number(uuid: str) -> int:
    try:
        return uuids.short(uuid)
    except DecodeError:
        return 0


def _short(uuid: str) -> str:
    """Return `2acd`, or the whole UUID if vendor-specific."""
    number = _number(uuid)
    return f"{number:04x}" if number else uuid
