"""A simulated treadmill for the tests of any program that speaks to one through bleak.

The pytest fixtures in `pytest_treadmill_bridge` use this module, which works with any other test
runner too. docs/simulator.md has recipes.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Self, TypeVar

from bridge.bluetooth.backends import Backends, backends
from protocols.units import from_kmh, from_percent
from simulators.ftms.profile_file import load_profile
from simulators.physics.console import BUTTONS
from simulators.physics.machine import Machine
from simulators.radio.peripheral import ADDRESS
from simulators.simulation import Simulation

__all__ = ["Backends", "SimulatedTreadmill", "backends"]

START_LIMIT = 20.0
CALL_LIMIT = 5.0

_T = TypeVar("_T")


class SimulatedTreadmill:
    """A treadmill in reach of a virtual radio, in a thread of its own. A context manager.

    It lives in real time, whatever the test does with its own loop. All methods may be called from
    anywhere, and return when it is done.

    Args:
        machine: which one to be: `strict`, a known model such as `urevo-e1l`, or a file.
        seed: chooses the runner.
        running: whether Start was pressed at the console.
        speed: how many times as fast as real time it lives.

    Raises:
        ProfileError: there is no such machine; its text names those that there are.
    """

    def __init__(
        self,
        machine: str = "strict",
        *,
        seed: int = 0,
        running: bool = False,
        speed: float = 1.0,
    ) -> None:
        self._profile = load_profile(machine)
        self._seed = seed
        self._running = running
        self._speed = speed
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._simulation: Simulation | None = None
        self._stop: asyncio.Event | None = None

    def __enter__(self) -> Self:
        ready: Future[None] = Future()
        self._thread = threading.Thread(
            target=asyncio.run, args=(self._live(ready),), name="treadmill", daemon=True
        )
        self._thread.start()
        ready.result(START_LIMIT)
        return self

    def __exit__(self, *_exception: object) -> None:
        if self._loop is not None and self._stop is not None:
            self._loop.call_soon_threadsafe(self._stop.set)
        if self._thread is not None:
            self._thread.join(START_LIMIT)
        self._simulation = None

    async def _live(self, ready: "Future[None]") -> None:
        try:
            simulation = Simulation(
                profile=self._profile, seed=self._seed, tcp_port=0, speed=self._speed
            )
            async with simulation:
                if self._running:
                    simulation.machine.start()
                self._loop, self._stop = asyncio.get_running_loop(), asyncio.Event()
                self._simulation = simulation
                ready.set_result(None)
                await self._stop.wait()
        except BaseException as error:
            if not ready.done():
                ready.set_exception(error)
            raise

    # --- how to reach it

    @property
    def radio(self) -> str:
        """The radio that reaches it, as `bluetooth.radio` and `--radio` take it."""
        return f"tcp-client:127.0.0.1:{self._alive.port}"

    @property
    def address(self) -> str:
        """Its Bluetooth address."""
        return ADDRESS

    @property
    def name(self) -> str:
        """Its name on the air."""
        return self._profile.identity.name

    @property
    def backends(self) -> Backends:
        """What makes bleak reach it: `BleakClient(device, backend=treadmill.backends.client)`."""
        return backends(self.radio)

    # --- its console

    def press(self, button: str) -> bool:
        """Press a button; whether the machine did it.

        Raises:
            ValueError: it has no such button.
        """
        if button not in BUTTONS:
            message = f"no button {button!r}; there are: {', '.join(BUTTONS)}"
            raise ValueError(message)
        return self.do(BUTTONS[button])

    def set_speed(self, kmh: float) -> bool:
        """Choose a speed at the console, in km/h; whether the machine did it."""
        return self.do(lambda machine: machine.set_speed(from_kmh(kmh)))

    def set_incline(self, percent: float) -> bool:
        """Choose an incline at the console; whether the machine did it."""
        return self.do(lambda machine: machine.set_incline(from_percent(percent)))

    # --- its belt

    @property
    def speed_kmh(self) -> float:
        """What the belt truly does, whatever the machine says of it."""
        return self.do(lambda machine: machine.true_speed_kmh)

    @property
    def incline_percent(self) -> float:
        """Where the deck truly is."""
        return self.do(lambda machine: machine.true_incline_percent)

    @property
    def stands(self) -> bool:
        """Whether the belt stands still."""
        return self.do(lambda machine: machine.stands)

    @property
    def written(self) -> list[bytes]:
        """Every write to the control point so far, those that were refused too."""
        simulation = self._alive
        return self._call(lambda: [value for _, value in simulation.written])

    # --- its air

    def out_of_range(self) -> None:
        """Let nothing pass any more: links are lost by their supervision timeout."""
        self._call(self._alive.air.go_dark)

    def back_in_range(self) -> None:
        """Let everything pass again."""
        self._call(self._alive.air.back)

    def do(self, what: Callable[[Machine], _T]) -> _T:
        """Do anything with the machine, in its own thread."""
        machine = self._alive.machine
        return self._call(lambda: what(machine))

    @property
    def _alive(self) -> Simulation:
        if self._simulation is None:
            message = "the treadmill is not there: use it in a with statement"
            raise RuntimeError(message)
        return self._simulation

    def _call(self, what: Callable[[], _T]) -> _T:
        assert self._loop is not None  # noqa: S101 - as `_simulation` is not
        done: Future[_T] = Future()

        def call() -> None:
            try:
                done.set_result(what())
            except Exception as error:  # noqa: BLE001 - it belongs to whoever waits
                done.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        return done.result(CALL_LIMIT)
