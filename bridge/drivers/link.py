"""The link to one machine: found, connected, served until lost, and found again.

Apart from subscriptions it writes nothing on its own, on no connect or reconnect.
"""

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from bleak import BleakClient
from bleak.exc import BleakError

from bridge.bluetooth.connection import Connection, LinkLost, Tap
from bridge.bluetooth.radio import Radio
from bridge.bluetooth.scan import Found, Match, find
from bridge.bluetooth.trouble import NOT_FOUND, diagnose, link_lost
from bridge.clock import Clock
from bridge.drivers.driver import Driver, Handler, Kind, Options, Orders
from bridge.drivers.registry import KINDS, Wanted, spoken
from bridge.machines import Declared, Pairing
from bridge.tasks import Backoff, end
from bridge.values import LINK_LOST, LOOKING, Trouble
from bridge.values import RELEASED as RELEASED_TROUBLE

SCAN = 10.0
CONNECT_LIMIT = 20.0
DISCONNECT_LIMIT = 3.0
"""Seconds for a disconnect; BlueZ without its daemon takes 10 to give up."""
LONGEST_PAUSE = 60.0
"""Maximum seconds between attempts: a machine is often off for days."""
NOT_FOUND_PAUSE = 10.0
"""Maximum seconds between attempts while the machine is off: it should connect soon after."""
HALT_LIMIT = 4.0
"""Seconds that a released link stays up for a pending stop: Request Control, and the answer."""
RELEASED = "released"
ENDED = "the bridge stopped"
"""Reason for a link that the bridge ended itself."""

# EOFError: the system's message bus disappeared.
_NORMAL_END = (BleakError, TimeoutError, OSError, EOFError, LinkLost)


class _LinkEnded(Exception):  # noqa: N818 - not an error, it only leaves the link
    """A link was set up and has ended, and its end is reported."""


class Link:
    """Keeps one machine connected while it is wanted.

    `orders` accepts orders; `run` does the work, and is called once. The driver is chosen after
    connecting.
    """

    def __init__(
        self,
        radio: Radio,
        match: Match,
        handler: Handler,
        clock: Clock,
        *,
        observe_only: bool = False,
        wanted: bool = True,
        declared: Declared | None = None,
        tap: Tap | None = None,
        on_trouble: Callable[[Trouble], None] | None = None,
    ) -> None:
        """Prepare a link.

        Args:
            radio: the Bluetooth radio.
            match: the machine to connect to.
            handler: receives all callbacks.
            clock: the source of time.
            observe_only: send no orders (`control = "never"`).
            wanted: True connects at once; False only after `connect`.
            declared: the owner's declarations, which override the table of models.
            tap: callback for every value on the link, both ways; each readable value that is fit
                for a
                capture is also read once.
            on_trouble: called with the reason each time there is no link.
        """
        self._options = Options(observe_only, declared or Declared(), tap)
        self._drivers: dict[str, Driver] = {}
        self._radio = radio
        self._match = match
        self._handler = handler
        self._clock = clock
        self._tap = tap
        self._on_trouble = on_trouble or (lambda _: None)
        self._driver: Driver | None = None
        self._wanted = asyncio.Event()
        self._released = asyncio.Event()
        self._hurry = asyncio.Event()
        self._pauses = Backoff(clock, longest_s=LONGEST_PAUSE)
        (self._wanted if wanted else self._released).set()

    @property
    def orders(self) -> Orders:
        """Orders of the newest link; they are refused without one."""
        return (self._driver or self._driver_of(KINDS[0])).orders

    @property
    def wanted(self) -> bool:
        """True while the link is to be kept; False after `release`."""
        return self._wanted.is_set()

    def connect(self) -> None:
        """Establish the link; ends the pause between two attempts."""
        if not self._wanted.is_set():
            self._on_trouble(LOOKING)
        self._released.clear()
        self._wanted.set()
        self._hurry.set()

    def release(self) -> None:
        """Release the link until `connect`, so that another app can use the machine."""
        self._wanted.clear()
        self._released.set()

    async def run(self) -> None:
        """Find, connect and serve, until cancelled."""
        while True:
            if not self._wanted.is_set():
                self._on_trouble(RELEASED_TROUBLE)
                await self._wanted.wait()
            self._hurry.clear()
            # Created before the attempt, so that a radio returning during it counts.
            back = asyncio.create_task(self._radio.back())
            try:
                await self._attempt(back)
            finally:
                await end(back)

    async def _attempt(self, back: "asyncio.Task[None]") -> None:
        """Try once to find and serve the machine, then pause."""
        self._pauses.attempt()
        limit = LONGEST_PAUSE
        found: Found | None = None
        try:
            search = find(self._radio, Wanted(self._match), SCAN, on_missing=self._missing)
            found = await self._unless_released(search, back)
            if found is not None:
                await self._one_link(found)
            elif self._wanted.is_set() and not back.done():
                self._on_trouble(NOT_FOUND)
                limit = NOT_FOUND_PAUSE
        except _LinkEnded:
            pass  # already reported
        except _NORMAL_END as error:
            self._on_trouble(self._trouble(error, connecting=found is not None))
        if self._wanted.is_set():
            await self._rest(limit, back)

    def _trouble(self, error: Exception, *, connecting: bool) -> Trouble:
        """Return why there is no link after this error."""
        if not isinstance(error, LinkLost):
            return diagnose(error, connecting=connecting)
        if str(error) != RELEASED:
            return link_lost(str(error))
        # Released, and wanted again before the link ended: not a failure.
        return LOOKING if self._wanted.is_set() else RELEASED_TROUBLE

    def _missing(self) -> None:
        self._on_trouble(NOT_FOUND)

    async def _rest(self, limit: float, back: "asyncio.Task[None]") -> None:
        """Pause before the next attempt, at most `limit` seconds."""
        # The radio returned during the attempt, which may have been just too early.
        if back.done():
            self._pauses.reset()
            await self._pauses.rest()
            return
        seconds = self._pauses.next_s(limit)
        hurry = asyncio.create_task(self._hurry.wait())
        try:
            await asyncio.wait({hurry, back}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await end(hurry)
        if back.done():
            self._pauses.reset()

    async def _unless_released(
        self, work: Coroutine[Any, Any, "Found | None"], back: "asyncio.Task[None]"
    ) -> "Found | None":
        """Search until found, released, or Bluetooth returns and the search must restart."""
        task = asyncio.create_task(work)
        released = asyncio.create_task(self._released.wait())
        try:
            await asyncio.wait({task, released, back}, return_when=asyncio.FIRST_COMPLETED)
            return task.result() if task.done() else None
        finally:
            await end(task, released)

    async def _let_go(self, driver: Driver) -> NoReturn:
        """End a released link; a pending stop is sent first."""
        while True:
            await self._released.wait()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(HALT_LIMIT):
                    await driver.halted()
            if self._released.is_set():
                raise LinkLost(RELEASED)

    def _driver_of(self, kind: Kind) -> Driver:
        """Return the driver, kept across links: it remembers how the machine answers."""
        driver = self._drivers.get(kind.name)
        if driver is None:
            driver = kind.build(self._handler, self._clock, self._options)
            self._drivers[kind.name] = driver
        return driver

    async def _one_link(self, found: Found) -> None:
        lost = asyncio.Event()
        client = BleakClient(
            found.device,
            lambda _: lost.set(),
            timeout=CONNECT_LIMIT,
            **self._radio.client_kwargs,
        )
        try:
            async with asyncio.timeout(CONNECT_LIMIT):
                await client.connect()
            if not self._released.is_set():
                async with self._agreement(found):
                    await self._serve(client, found, lost)
        finally:
            await _hang_up(client)

    def _agreement(self, found: Found) -> contextlib.AbstractAsyncContextManager[None]:
        """Context in which the system accepts pairing, unless the owner's profile forbids it."""
        if self._options.declared.profile(found.name).pairing is Pairing.NEVER:
            return contextlib.nullcontext()
        return self._radio.pairing(found.address)

    async def _serve(self, client: BleakClient, found: Found, lost: asyncio.Event) -> None:
        """Set up, then work until the link is lost, released, silent or unusable."""
        connection = Connection(client, self._tap)
        connection.pairing = self._options.declared.profile(found.name).pairing
        if connection.pairing is Pairing.FIRST:
            await connection.pair()
        if self._tap is not None:
            self._tap.linked(found, connection.offered)
        driver = self._driver = self._driver_of(spoken(connection))
        self._handler.connected(await driver.set_up(connection, found))
        if self._tap is not None:
            self._tap.ready()
        driver.begin()
        reason = ENDED
        tasks = [
            asyncio.create_task(_wait(lost, LINK_LOST)),
            asyncio.create_task(self._let_go(driver)),
            *map(asyncio.create_task, driver.work()),
        ]
        try:
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        except _NORMAL_END as error:
            reason = str(error) or type(error).__name__
            if reason == RELEASED:  # which says that another app can connect
                await end(*tasks)
                await _hang_up(client)
            # Not left to the caller: to disconnect the client may take seconds.
            self._on_trouble(self._trouble(error, connecting=True))
            raise _LinkEnded from error
        finally:
            await end(*tasks)
            if self._tap is not None:
                self._tap.lost()
            self._handler.disconnected(reason)


async def _hang_up(client: BleakClient) -> None:
    """Disconnect; without an answer give up after a while. Does nothing without a link."""
    # The callback fires for this too, but is no longer needed.
    with contextlib.suppress(*_NORMAL_END):
        async with asyncio.timeout(DISCONNECT_LIMIT):
            await client.disconnect()


async def _wait(event: asyncio.Event, reason: str) -> None:
    await event.wait()
    raise LinkLost(reason)
