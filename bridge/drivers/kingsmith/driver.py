"""Driver for KingSmith WalkingPads without FTMS: describes the pad, and polls its status."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, Final, NoReturn

from bleak.exc import BleakError

from bridge.bluetooth.connection import Connection, LinkLost
from bridge.bluetooth.scan import Found
from bridge.clock import Clock
from bridge.drivers.driver import Handler, Options
from bridge.drivers.kingsmith.advertising import DANGERS
from bridge.drivers.kingsmith.orders import POLL_S, PadOrders
from bridge.drivers.kingsmith.status import Follower
from bridge.machines import Declared, Edge, Quirk, declared_quirks
from bridge.values import (
    Event,
    Features,
    HaltBelt,
    MachineInfo,
    StartBelt,
    Unusable,
)
from protocols import kingsmith, uuids
from protocols.errors import DecodeError
from protocols.kingsmith import Mode, Status
from protocols.ranges import SpeedRange

SILENCE_S = 6.0
"""Seconds without an answer after which the link counts as lost.

It must be below the 10 s after which the belt is unknown and the guard could not report a moving
belt.
"""

SPEEDS: Final = SpeedRange(50, 600, 10)
"""0.5 to 6.0 km/h, as supported by every known pad. Faster pads need a `speed_range_kmh`."""

_FEATURES = Features(("total_distance", "step_count", "elapsed_time"), ("speed",))
_NOTHING_DECLARED = Declared()


async def describe(
    connection: Connection, found: Found, declared: Declared = _NOTHING_DECLARED
) -> MachineInfo:
    """Read the pad's short description.

    Raises:
        LinkLost: no answer in time, or no link.
    """
    profile = declared.profile(found.name)
    edge = Edge(profile, SPEEDS)
    writable = connection.can(kingsmith.WRITE, "write", "write-without-response")
    quirks = declared_quirks(profile)
    return MachineInfo(
        address=found.address,
        name=found.name,
        maker="KingSmith",
        model=await connection.text(uuids.MODEL_NUMBER),
        firmware=await connection.text(uuids.FIRMWARE_REVISION),
        features=_FEATURES,
        speed_range=edge.speed_range,
        can_control=writable,
        rssi=found.rssi,
        quirks=quirks if writable else (*quirks, Quirk.NO_CONTROL_POINT),
        edge=edge,
    )


class KingsmithDriver:
    """Drives one pad over all its links (see `Driver`)."""

    def __init__(self, handler: Handler, clock: Clock, options: Options) -> None:
        self.orders = PadOrders(handler, clock, never=options.observe_only)
        self._handler = handler
        self._clock = clock
        self._options = options
        self._follower = Follower()
        self._early: list[bytes] | None = []
        self._heard = 0.0
        self._connection: Connection | None = None
        self._told: set[str] = set()
        self._automatic = False
        self._address = ""

    async def set_up(self, connection: Connection, found: Found) -> MachineInfo:
        """Read the pad's description and subscribe; see `Driver.set_up`."""
        machine = await describe(connection, found, self._options.declared)
        profile = machine.edge.profile
        connection.write_type, connection.pairing = profile.write, profile.pairing
        self._early, self._follower, self._automatic = [], Follower(), False
        self._address = found.address
        self.orders.speak(machine.edge)
        notifies = await connection.subscribe(kingsmith.NOTIFY, self._on_value)
        self._connection = connection if notifies and machine.can_control else None
        self._heard = self._clock.now()
        can_control = self._connection is not None and not self._options.observe_only
        return replace(machine, can_control=can_control)

    def begin(self) -> None:
        """Deliver what arrived during `set_up`; report the dangers once per pad."""
        early, self._early = self._early or [], None
        for value in early:
            self._take(value)
        if self._address not in self._told:
            self._told.add(self._address)
            self._handler.announce(
                Event("machine_dangers", values=(("dangers", " ".join(DANGERS)),))
            )

    def work(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Poll, and carry out orders; see `Driver.work`."""
        return self._poll(), self.orders.serve(self._connection)

    async def halted(self) -> None:
        """Return once no stop or pause is in flight, or about to be repeated."""
        await self.orders.halted()

    async def _poll(self) -> NoReturn:
        """Poll the status.

        Raises:
            LinkLost: the pad stopped answering.
        """
        while True:
            if self._connection is not None:
                try:
                    await self.orders.ask_status()
                except BleakError as error:
                    message = f"the pad cannot be asked: {error}"
                    raise LinkLost(message) from error
                if self._clock.now() - self._heard > SILENCE_S:
                    message = "the pad does not answer any more"
                    raise LinkLost(message)
            await asyncio.sleep(POLL_S)

    def _on_value(self, value: bytes) -> None:
        if self._early is None:
            self._take(value)
        else:
            self._early.append(value)

    def _take(self, value: bytes) -> None:
        if not kingsmith.is_status(value):
            return  # a stored run, or an undocumented frame
        try:
            status = Status.decode(value)
        except DecodeError:
            self._handler.unusable(Unusable.MEASUREMENT)
            return
        self._heard = now = self._clock.now()
        started, stopped = (self.orders.explains(kind, now) for kind in (StartBelt, HaltBelt))
        news = self._follower.take(status, now, started=started, stopped=stopped)
        # The order's result is reported before the belt's reaction to it.
        self.orders.shown(status)
        self._handler.measured(news.measurement(self.orders.edge))
        if news.activity is not None:
            self._handler.training(news.activity)
        if news.event is not None:
            self._handler.happened(news.event)
        automatic = status.mode == Mode.AUTOMATIC
        if automatic and not self._automatic:
            self._handler.announce(Event("automatic_mode"))
        self._automatic = automatic
