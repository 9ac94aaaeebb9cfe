"""One connection: passes frames to the decoder, monitors silence, and writes to 2AD9."""

import asyncio
from collections.abc import Callable
from functools import partial
from typing import NoReturn

from bridge.bluetooth.connection import Connection
from bridge.clock import Clock
from bridge.drivers.driver import Handler
from bridge.drivers.ftms.control_point import ControlPoint
from bridge.drivers.ftms.decoder import Decoder
from bridge.machines import Cadence, Profile, Quirk, TrainingStatusUse
from protocols import uuids
from protocols.errors import DecodeError
from protocols.ftms.machine_status import MachineStatus, StatusOp

SILENCE = 2.0
"""Seconds without a sample after which, and between which, a read tests the link."""

_ASKED = (uuids.TRAINING_STATUS, uuids.FITNESS_MACHINE_FEATURE, uuids.SUPPORTED_SPEED_RANGE)
"""Characteristics for that read, in order of preference."""


def left_alone(profile: Profile) -> frozenset[int]:
    """Return the characteristics that must not be read from this machine."""
    reads = (
        (uuids.TRAINING_STATUS, profile.training_status is not TrainingStatusUse.NONE),
        (uuids.FITNESS_MACHINE_STATUS, profile.status),
        (uuids.RSC_MEASUREMENT, profile.cadence is not Cadence.NONE),
    )
    return frozenset(uuid for uuid, wanted in reads if not wanted)


class Session:
    """One active connection. It is the control point's port."""

    def __init__(
        self,
        connection: Connection,
        handler: Handler,
        control_point: ControlPoint,
        clock: Clock,
        profile: Profile,
    ) -> None:
        self._connection = connection
        self._handler = handler
        self._control_point = control_point
        self._decoder = Decoder(handler, lambda: control_point.edge)
        self._clock = clock
        self._without = left_alone(profile)
        self._unsubscribed = self._without
        if profile.training_status is TrainingStatusUse.READ:
            self._unsubscribed |= {uuids.TRAINING_STATUS}
        self._early: list[Callable[[], None]] | None = []
        self._ask_every = profile.ask_every_s or float("inf")
        self._heard = self._asked = clock.now()

    async def subscribe(self) -> bool:
        """Subscribe to everything; return True if the control point's answers are enabled.

        Values are buffered until `open`: machines send at once, or even earlier.

        Raises:
            LinkLost: no answer in time, or no link.
        """
        status = await self._read(uuids.TRAINING_STATUS)
        if status is not None:
            self._on_training_status(status)
        for uuid, callback in (
            (uuids.FITNESS_MACHINE_STATUS, self._on_machine_status),
            (uuids.TRAINING_STATUS, self._on_training_status),
            (uuids.TREADMILL_DATA, self._on_treadmill_data),
            (uuids.RSC_MEASUREMENT, self._on_running_speed),
        ):
            if uuid not in self._unsubscribed:
                await self._connection.subscribe(uuid, callback)
        control = uuids.FITNESS_MACHINE_CONTROL_POINT
        if not self._connection.can(control, "write", "write-without-response"):
            return False
        return await self._connection.subscribe(control, self._control_point.answered)

    def open(self) -> None:
        """Deliver the buffered values, and from now on everything at once."""
        early, self._early = self._early or [], None
        for each in early:
            each()

    async def watch(self) -> NoReturn:
        """Test the link while no samples arrive, and for some machines always.

        Raises:
            LinkLost: the test failed; only a read detects that the system's Bluetooth has died.
        """
        while True:
            due = min(self._heard + SILENCE, self._asked + self._ask_every)
            wait = due - self._clock.now()
            if wait > 0:
                await asyncio.sleep(wait)
                continue
            self._asked = self._clock.now()
            for uuid in _ASKED:
                if self._connection.can(uuid, "read") and uuid not in self._without:
                    await self._ask(uuid)
                    break
            await asyncio.sleep(SILENCE)

    async def write(self, value: bytes) -> None:
        """Write to the control point."""
        self._asked = self._clock.now()
        before = self._connection.paired
        await self._connection.write(uuids.FITNESS_MACHINE_CONTROL_POINT, value)
        if self._connection.paired and not before:
            self._handler.observed(Quirk.NEEDS_PAIRING)

    def is_silent(self) -> bool:
        """True if no sample has arrived for long enough that the link is tested."""
        return self._clock.now() - self._heard > SILENCE

    async def repair(self) -> None:
        """Enable the control point's indications again."""
        await self._connection.resubscribe(uuids.FITNESS_MACHINE_CONTROL_POINT)

    async def _read(self, uuid: int) -> bytes | None:
        return None if uuid in self._without else await self._connection.read(uuid)

    async def _ask(self, uuid: int) -> None:
        value = await self._connection.read(uuid)
        if value is not None and uuid == uuids.TRAINING_STATUS:
            self._decoder.training_status(value)
        self._handler.alive()  # a refusal proves that the link is alive

    def _deliver(self, call: Callable[[], None]) -> None:
        if self._early is None:
            call()
        else:
            self._early.append(call)

    def _decode_now(self, decode: Callable[[bytes, float], None], value: bytes) -> None:
        decode(value, self._clock.now())

    def _on_treadmill_data(self, value: bytes) -> None:
        self._heard = self._clock.now()
        self._deliver(partial(self._decode_now, self._decoder.treadmill_data, value))

    def _on_running_speed(self, value: bytes) -> None:
        self._deliver(partial(self._decoder.running_speed, value))

    def _on_training_status(self, value: bytes) -> None:
        self._deliver(partial(self._decoder.training_status, value))

    def _on_machine_status(self, value: bytes) -> None:
        if _takes_control(value):
            self._control_point.permission_lost()
        decode = self._decoder.machine_status
        self._deliver(partial(self._decode_now, decode, value))


def _takes_control(value: bytes) -> bool:
    try:
        return MachineStatus.decode(value).op == StatusOp.CONTROL_PERMISSION_LOST
    except DecodeError:
        return False
