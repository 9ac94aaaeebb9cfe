"""A simulated treadmill for tests of any program that uses bleak.

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
    """A treadmill in range of a virtual radio, in its own thread. A context manager.

    It runs in real time, independent of the test's event loop. All methods may be called from any
    thread, and return when the action is done.

    Args:
        machine: `strict`, a known model such as `urevo-e1l`, or a file.
        seed: chooses the runner.
        running: True if Start was pressed at the console.
        speed: factor on real time.

    Raises:
        ProfileError: there is no such machine; the text names the known ones.
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

    # --- connection

    @property
    def radio(self) -> str:
        """The radio, as `bluetooth.radio` and `--radio` take it."""
        return f"tcp-client:127.0.0.1:{self._alive.port}"

    @property
    def address(self) -> str:
        """Its Bluetooth address."""
        return ADDRESS

    @property
    def name(self) -> str:
        """Its advertised name."""
        return self._profile.identity.name

    @property
    def backends(self) -> Backends:
        """Backends for bleak: `BleakClient(device, backend=treadmill.backends.client)`."""
        return backends(self.radio)

    # --- console

    def press(self, button: str) -> bool:
        """Press a button; True if the machine accepted it.

        Raises:
            ValueError: it has no such button.
        """
        if button not in BUTTONS:
            message = f"no button {button!r}; there are: {', '.join(BUTTONS)}"
            raise ValueError(message)
        return self.do(BUTTONS[button])

    def set_speed(self, kmh: float) -> bool:
        """Set a speed at the console, in km/h; True if the machine accepted it."""
        return self.do(lambda machine: machine.set_speed(from_kmh(kmh)))

    def set_incline(self, percent: float) -> bool:
        """Set an incline at the console; True if the machine accepted it."""
        return self.do(lambda machine: machine.set_incline(from_percent(percent)))

    # --- belt

    @property
    def speed_kmh(self) -> float:
        """True speed of the belt, whatever the machine reports."""
        return self.do(lambda machine: machine.true_speed_kmh)

    @property
    def incline_percent(self) -> float:
        """True incline of the deck, in percent."""
        return self.do(lambda machine: machine.true_incline_percent)

    @property
    def stands(self) -> bool:
        """True if the belt stands still."""
        return self.do(lambda machine: machine.stands)

    @property
    def written(self) -> list[bytes]:
        """All writes to the control point so far, including refused ones."""
        simulation = self._alive
        return self._call(lambda: [value for _, value in simulation.written])

    # --- radio conditions

    def out_of_range(self) -> None:
        """Block all traffic: links are lost by their supervision timeout."""
        self._call(self._alive.air.go_dark)

    def back_in_range(self) -> None:
        """Let all traffic pass again."""
        self._call(self._alive.air.back)

    def do(self, what: Callable[[Machine], _T]) -> _T:
        """Call a function with the machine, in its own thread; return the result."""
        machine = self._alive.machine
        return self._call(lambda: what(machine))

    @property
    def _alive(self) -> Simulation:
        if self._simulation is None:
            message = "the treadmill is not there: use it in a with statement"
            raise RuntimeError(message)
        return self._simulation

    def _call(self, what: Callable[[], _T]) -> _T:
        assert self._loop is not None  # noqa: S101 - set together with `_simulation`
        done: Future[_T] = Future()

        def call() -> None:
            try:
                done.set_result(what())
            except Exception as error:  # noqa: BLE001 - passed to the waiting caller
                done.set_exception(error)

        self._loop.call_soon_threadsafe(call)
        return done.result(CALL_LIMIT)
