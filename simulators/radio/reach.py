"""A simulated machine within range: its air, its adapter, and its clock."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from simulators.physics.machine import TICK
from simulators.radio.adapter import Adapter
from simulators.radio.air import Air, AirController, AirServer
from simulators.radio.tasks import Tasks


class InReach:
    """Common part of all simulations, for any protocol.

    Args:
        tcp_port: TCP port of the air for other processes; 0 means any free port, None none.
        adapter: a real adapter, instead of the virtual air.
        speed: factor of the machine's time over the event loop's.
    """

    def __init__(self, *, tcp_port: int | None, adapter: Adapter | None, speed: float) -> None:
        self.air = Air()
        self.written: list[tuple[float, bytes]] = []
        """Every command written, including refused ones, with the loop's time in seconds."""
        self._adapter = adapter
        self._tcp = None if tcp_port is None else AirServer(self.air, tcp_port)
        self._speed = speed
        self._tasks = Tasks()
        self._stack = AsyncExitStack()

    @property
    def port(self) -> int | None:
        """The TCP port of the air; None without one."""
        return None if self._tcp is None else self._tcp.port

    def new_controller(self) -> AirController:
        """Return an adapter for a host in this process."""
        return self.air.new_controller()

    def go_dark(self) -> None:
        """Go out of range; both ends see a supervision timeout."""
        self.air.go_dark()

    def back(self) -> None:
        """Come back into range."""
        self.air.back()

    async def lost(self) -> None:
        """Return when the real adapter is lost; the virtual air never is."""
        if self._adapter is None:
            await asyncio.Event().wait()
        else:
            await self._adapter.lost()

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    def _own_adapter(self, name: str) -> Adapter:
        """Return the machine's adapter: the real one, or a virtual one."""
        if self._adapter is not None:
            return self._adapter
        controller = self.air.new_controller(name)
        return Adapter(controller, controller)

    async def _live(self, advance: Callable[[float], None]) -> None:
        """Advance the machine's time."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(TICK)
            now = loop.time()
            advance((now - last) * self._speed)
            last = now
