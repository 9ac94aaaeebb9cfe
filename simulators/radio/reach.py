"""A simulated machine within reach: its air, the adapter it is on, and its time."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

from simulators.physics.machine import TICK
from simulators.radio.adapter import Adapter
from simulators.radio.air import Air, AirController, AirServer
from simulators.radio.tasks import Tasks


class InReach:
    """What every simulation has, whatever its machine speaks.

    Args:
        tcp_port: where other processes reach the air; 0 means any free port, None none.
        adapter: a real one, whose air the machine is on instead.
        speed: how many times as fast as the event loop's time the machine lives.
    """

    def __init__(self, *, tcp_port: int | None, adapter: Adapter | None, speed: float) -> None:
        self.air = Air()
        self.written: list[tuple[float, bytes]] = []
        """Every command that was written, refused ones too, with the loop's time in seconds."""
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
        """An adapter for a host in this process."""
        return self.air.new_controller()

    def go_dark(self) -> None:
        """Out of range; after the supervision timeout both ends know."""
        self.air.go_dark()

    def back(self) -> None:
        """In range again."""
        self.air.back()

    async def lost(self) -> None:
        """Return when the real adapter is gone; the virtual air never is."""
        if self._adapter is None:
            await asyncio.Event().wait()
        else:
            await self._adapter.lost()

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    def _own_adapter(self, name: str) -> Adapter:
        """The machine's adapter: the real one, or one on the air."""
        if self._adapter is not None:
            return self._adapter
        controller = self.air.new_controller(name)
        return Adapter(controller, controller)

    async def _live(self, advance: Callable[[float], None]) -> None:
        """Let time pass for the machine, by seconds of its own."""
        loop = asyncio.get_running_loop()
        last = loop.time()
        while True:
            await asyncio.sleep(TICK)
            now = loop.time()
            advance((now - last) * self._speed)
            last = now
