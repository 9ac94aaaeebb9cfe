"""All of the simulator at once: the machine in time, its server, its radio, and the air."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from typing import Self

from simulators.ftms.faults import Scheduled
from simulators.ftms.profile import STRICT, Profile
from simulators.ftms.treadmill import Treadmill
from simulators.physics.machine import TICK
from simulators.physics.spec import MachineSpec
from simulators.radio.adapter import Adapter
from simulators.radio.air import Air, AirController, AirServer
from simulators.radio.peripheral import ADDRESS, Peripheral
from simulators.radio.tasks import Tasks


class Simulation:
    """A treadmill in reach, of the model that `profile` describes. An async context manager.

    `spec`, `mtu` and `sample_interval` (seconds) take the place of the profile's own. Time is the
    running event loop's: in a loop of virtual time the machine lives in virtual time. With `speed`
    10 the machine lives ten times as fast, though Bluetooth's own timeouts stay. `faults` strike at
    their moments, and `faults.strike` lets one strike now.
    With `tcp_port` (0 means any free one) other processes reach the air by
    `tcp-client:127.0.0.1:<port>`; within this process, `new_controller` is a client's adapter.
    With an `adapter` it is on that one's air instead, and nothing reaches it here.
    """

    def __init__(
        self,
        spec: MachineSpec | None = None,
        *,
        profile: Profile = STRICT,
        seed: int = 0,
        tcp_port: int | None = None,
        address: str = ADDRESS,
        mtu: int | None = None,
        sample_interval: float | None = None,
        speed: float = 1.0,
        faults: Iterable[Scheduled] = (),
        on_write: Callable[[float, bytes], None] | None = None,
        adapter: Adapter | None = None,
    ) -> None:
        self.treadmill = Treadmill(
            profile, spec, seed=seed, sample_interval=sample_interval, faults=faults
        )
        self.machine = self.treadmill.machine
        self.server = self.treadmill.server
        self.faults = self.treadmill.faults
        self.air = Air()
        self.written: list[tuple[float, bytes]] = []
        """Every control-point write, refused ones too, with the loop's time in seconds."""
        self._adapter = adapter
        if adapter is None:
            controller = self.air.new_controller("treadmill")
            adapter = Adapter(controller, controller)
        self.peripheral = Peripheral(
            self.treadmill, *adapter, address=address, mtu=mtu, on_write=self._note
        )
        self._tcp = None if tcp_port is None else AirServer(self.air, tcp_port)
        self._speed = speed
        self.faults.link = self
        self.on_write = on_write
        self._tasks = Tasks()
        self._stack = AsyncExitStack()

    @property
    def port(self) -> int | None:
        """The TCP port of the air; None without one."""
        return None if self._tcp is None else self._tcp.port

    def new_controller(self) -> AirController:
        """An adapter for a host in this process."""
        return self.air.new_controller()

    def go_dark(self) -> None:
        """Out of range; after the supervision timeout both ends know."""
        self.air.go_dark()

    def back(self) -> None:
        """In range again."""
        self.air.back()

    def hang_up(self) -> None:
        """End every connection from the machine's side."""
        for connection in tuple(self.peripheral.device.connections.values()):
            self._tasks.start(connection.disconnect())

    async def lost(self) -> None:
        """Return when the real adapter is gone; the virtual air never is."""
        if self._adapter is None:
            await asyncio.Event().wait()
        else:
            await self._adapter.lost()

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            # A port that is taken is found out before anything is on the air.
            if self._tcp is not None:
                await stack.enter_async_context(self._tcp)
            await stack.enter_async_context(self.peripheral)
            # Ends before the peripheral does, so that its host hears of the lost connections too.
            stack.callback(self.air.close)
            stack.push_async_callback(self._tasks.close)
            self._tasks.start(self._live())
            self._stack = stack.pop_all()
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    def _note(self, value: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self.written.append((now, value))
        if self.on_write is not None:
            self.on_write(now, value)

    async def _live(self) -> None:
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(TICK)
            now = loop.time()
            self.treadmill.advance((now - last) * self._speed)
            last = now
