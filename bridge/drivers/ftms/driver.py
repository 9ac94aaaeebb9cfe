"""Driver for FTMS: describes the machine, listens, and carries out orders."""

from collections.abc import Coroutine
from dataclasses import replace
from typing import Any

from bridge.bluetooth.connection import Connection
from bridge.bluetooth.scan import Found
from bridge.clock import Clock
from bridge.drivers.driver import Handler, Options
from bridge.drivers.ftms.control_point import ControlPoint
from bridge.drivers.ftms.describe import describe
from bridge.drivers.ftms.session import Session, left_alone
from bridge.machines import Pairing, Quirk
from bridge.values import MachineInfo
from protocols import uuids

_FOR_A_CAPTURE = frozenset(
    {
        *(uuids.SUPPORTED_RESISTANCE_LEVEL_RANGE, uuids.SUPPORTED_HEART_RATE_RANGE),
        *(uuids.SUPPORTED_POWER_RANGE, uuids.HARDWARE_REVISION, uuids.SOFTWARE_REVISION),
    }
)


class FtmsDriver:
    """Drives one machine over all its links (see `Driver`)."""

    def __init__(self, handler: Handler, clock: Clock, options: Options) -> None:
        self.orders = ControlPoint(handler, clock, never=options.observe_only)
        self._handler = handler
        self._clock = clock
        self._options = options
        self._session: Session | None = None
        self._answers = False
        self._has_control_point = False

    async def set_up(self, connection: Connection, found: Found) -> MachineInfo:
        """Read the description and subscribe; see `Driver.set_up`."""
        machine = await describe(connection, found, self._options.declared)
        profile = machine.edge.profile
        connection.write_type, connection.pairing = profile.write, profile.pairing
        if self._options.tap is not None:
            for uuid in sorted(_FOR_A_CAPTURE - left_alone(profile)):
                await connection.read(uuid)  # characteristics that `describe` does not use
        session = Session(connection, self._handler, self.orders, self._clock, profile)
        # Before the session receives anything: its decoder depends on it.
        self.orders.meet(machine.address)
        self.orders.speak(machine.edge)
        answers = await session.subscribe()
        quirks = machine.quirks
        if connection.paired and profile.pairing is not Pairing.FIRST:
            quirks = (*quirks, Quirk.NEEDS_PAIRING)
        if not (answers or Quirk.NO_CONTROL_POINT in quirks or Quirk.NO_ANSWERS in quirks):
            # the characteristic is there, but the subscription was refused
            quirks = (*quirks, Quirk.NO_ANSWERS)
        self._session, self._answers = session, answers
        self._has_control_point = Quirk.NO_CONTROL_POINT not in quirks
        can_control = answers and not self._options.observe_only
        return replace(machine, can_control=can_control, quirks=quirks)

    def begin(self) -> None:
        """Deliver what arrived during `set_up`, and from now on everything at once."""
        if self._session is not None:
            self._session.open()

    def work(self) -> tuple[Coroutine[Any, Any, None], ...]:
        """Monitor the link and carry out orders; see `Driver.work`."""
        session = self._session
        assert session is not None  # noqa: S101 - `set_up` comes first
        port = session if self._has_control_point else None
        return session.watch(), self.orders.serve(port, answers=self._answers)

    async def halted(self) -> None:
        """Return once no stop or pause is in flight, or about to be repeated."""
        await self.orders.halted()
