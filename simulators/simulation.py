"""The complete simulator: the machine and its clock, its server, its radio, and the air."""

import asyncio
from collections.abc import Callable, Iterable
from contextlib import AsyncExitStack
from typing import Self

from simulators.ftms.faults import Scheduled
from simulators.ftms.profile import STRICT, Profile
from simulators.ftms.treadmill import Treadmill
from simulators.physics.spec import MachineSpec
from simulators.radio.adapter import Adapter
from simulators.radio.peripheral import ADDRESS, Peripheral
from simulators.radio.reach import InReach


class Simulation(InReach):
    """A treadmill within range, of the model that `profile` describes. An async context manager.

    `spec`, `mtu` and `sample_interval` (seconds) override the profile. The machine uses the running
    event loop's time, virtual or real. `speed` 10 runs it ten times as fast, without changing
    Bluetooth's own timeouts. `faults` strike at their times; `faults.strike` triggers one now.
    With `tcp_port` (0 means any free one) other processes reach the air by
    `tcp-client:127.0.0.1:<port>`; within this process, `new_controller` is a client's adapter.
    With an `adapter` the machine uses that radio instead of the virtual air.
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
        super().__init__(tcp_port=tcp_port, adapter=adapter, speed=speed)
        self.treadmill = Treadmill(
            profile, spec, seed=seed, sample_interval=sample_interval, faults=faults
        )
        self.machine = self.treadmill.machine
        self.server = self.treadmill.server
        self.faults = self.treadmill.faults
        self.peripheral = Peripheral(
            self.treadmill,
            *self._own_adapter("treadmill"),
            address=address,
            mtu=mtu,
            on_write=self._note,
        )
        self.faults.link = self
        self.on_write = on_write

    def hang_up(self) -> None:
        """Disconnect every client from the machine's side."""
        for connection in tuple(self.peripheral.device.connections.values()):
            self._tasks.start(connection.disconnect())

    async def __aenter__(self) -> Self:
        async with AsyncExitStack() as stack:
            # A port in use raises before anything is on the air.
            if self._tcp is not None:
                await stack.enter_async_context(self._tcp)
            await stack.enter_async_context(self.peripheral)
            # Closed before the peripheral, so that its host sees the lost connections too.
            stack.callback(self.air.close)
            stack.push_async_callback(self._tasks.close)
            self._tasks.start(self._live(self.treadmill.advance))
            self._stack = stack.pop_all()
        return self

    def _note(self, value: bytes) -> None:
        now = asyncio.get_running_loop().time()
        self.written.append((now, value))
        if self.on_write is not None:
            self.on_write(now, value)
