"""The machine's side of a scenario: its console, its faults, and its true state."""

from collections import deque
from collections.abc import Callable, Mapping
from typing import Final

from protocols.errors import DecodeError
from protocols.ftms.control_point import (
    RequestControl,
    SetTargetIncline,
    SetTargetSpeed,
    StartOrResume,
    StopKind,
    StopOrPause,
    decode_request,
)
from protocols.units import from_percent, to_kmh, to_percent
from simulators.ftms.faults import Scheduled
from simulators.physics.console import BUTTONS
from simulators.physics.machine import Happening, Kind, Machine, Origin
from simulators.scenario.breaking import ComeBack, Say, Unlock, breakage
from simulators.scenario.player import Transcript
from simulators.scenario.script import Ask, Fault
from simulators.simulation import Simulation

WINDOW_S = 5.0
"""Window in seconds over which a rise is measured."""
_SPOKEN: Final = frozenset({Kind.STARTED, Kind.STOPPED, Kind.PAUSED, Kind.SAFETY_KEY, Kind.RESET})


class MachineRig:
    """A rig with a machine alone, controlled over the air."""

    has_bridge = False

    def __init__(self, simulation: Simulation, transcript: Transcript) -> None:
        self.simulation = simulation
        self._machine = simulation.machine
        self._transcript = transcript
        self._truth = Truth(simulation.machine)
        self._orders = Orders(transcript)
        self._looks: Mapping[str, Callable[[], object]] = {
            "speed_kmh": lambda: self._machine.true_speed_kmh,
            "incline_percent": lambda: self._machine.true_incline_percent,
            "stands": lambda: self._machine.stands,
            "phase": lambda: self._machine.phase.value,
            "key": lambda: self._machine.key_inserted,
            "distance_m": lambda: self._machine.distance_m,
            "clients": lambda: len(simulation.peripheral.device.connections),
            "controlled": lambda: simulation.server.holder is not None,
            **self._truth.looks,
            **self._orders.looks,
        }
        simulation.machine.listen(self._on_happening)
        simulation.on_write = self._orders.record

    def press(self, button: str) -> bool:
        """Press a button of the console."""
        return BUTTONS[button](self._machine)

    def choose(self, axis: str, value: float) -> bool:
        """Set a target at the console, in km/h or percent, to the nearest possible value."""
        spec = self._machine.spec
        if axis == "speed":
            wanted = round(value * 100 / spec.unit.kmh)
            return self._machine.set_speed(
                spec.speed.floor(min(max(wanted, spec.speed.minimum), spec.speed.maximum))
            )
        wanted = min(max(from_percent(value), spec.incline.minimum), spec.incline.maximum)
        return self._machine.set_incline(spec.incline.floor(wanted))

    async def fault(self, fault: Fault) -> None:
        """Inject a fault, now or at its step."""
        broken, when = breakage(fault.name, fault.details)
        match broken:
            case ComeBack():
                self.simulation.back()
            case Unlock():
                self.simulation.server.unlock()
            case Say():
                self.simulation.server.send(broken.uuid, broken.octets)
            case _ if when is None:
                self.simulation.faults.strike(broken)
            case _:
                self.simulation.faults.schedule(Scheduled(broken, when))

    async def ask(self, command: Ask) -> None:
        """Raise NotImplementedError: there is no bridge."""
        raise NotImplementedError

    def look(self, name: str) -> object:
        """Return a value of the machine by its name."""
        root, _, rest = name.partition(".")
        if root != "machine" or rest not in self._looks:
            message = f"unknown name {name!r}; names of the machine: {', '.join(self._looks)}"
            raise ValueError(message)
        return self._looks[rest]()

    def tick(self) -> None:
        """Update after time has passed."""
        self._truth.take(self._transcript.time)

    def _on_happening(self, happening: Happening) -> None:
        if happening.kind in _SPOKEN:
            who = "console" if happening.origin is Origin.CONSOLE else "control point"
            self._transcript.add(f"machine: {happening.kind.value} ({who})")


class Truth:
    """Extremes of belt and deck so far, and how fast they rose."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._slowest = to_kmh(machine.spec.speed.minimum) * machine.spec.unit.kmh
        self._speed, self._incline = Rise(), Rise()
        self._most = {"max_speed_kmh": 0.0, "max_incline_percent": 0.0}
        self.looks: Mapping[str, Callable[[], object]] = {
            "max_speed_kmh": lambda: self._most["max_speed_kmh"],
            "max_incline_percent": lambda: self._most["max_incline_percent"],
            "rise_kmh": lambda: self._speed.most,
            "rise_percent": lambda: self._incline.most,
        }

    def take(self, now: float) -> None:
        """Sample the machine."""
        speed, incline = self._machine.true_speed_kmh, self._machine.true_incline_percent
        most = self._most
        most["max_speed_kmh"] = max(most["max_speed_kmh"], speed)
        most["max_incline_percent"] = max(most["max_incline_percent"], incline)
        # A machine starts at its lowest speed; this jump cannot be spread and is no rise.
        self._speed.take(now, max(speed, self._slowest))
        self._incline.take(now, incline)


class Rise:
    """Largest rise of a value within any window of time."""

    def __init__(self) -> None:
        self.most = 0.0
        # Candidates for the minimum of the window, in ascending order.
        self._lows: deque[tuple[float, float]] = deque()

    def take(self, now: float, value: float) -> None:
        """Add a value."""
        lows = self._lows
        while lows and lows[0][0] < now - WINDOW_S:
            lows.popleft()
        while lows and lows[-1][1] >= value:
            lows.pop()
        lows.append((now, value))
        self.most = max(self.most, value - lows[0][1])


class Orders:
    """Commands written to the control point."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript = transcript
        self._counts = dict.fromkeys(
            ("writes", "starts", "stops", "pauses", "halts", "controls"), 0
        )
        self._last: dict[str, float | str | None] = {
            "target_kmh": None,
            "target_percent": None,
            "order": None,
        }
        self.looks: Mapping[str, Callable[[], object]] = {
            **{name: (lambda name=name: self._counts[name]) for name in self._counts},  # type: ignore[misc]
            **{name: (lambda name=name: self._last[name]) for name in self._last},  # type: ignore[misc]
        }

    def record(self, _time: float, value: bytes) -> None:
        """Handle a write."""
        self._counts["writes"] += 1
        try:
            order = decode_request(value)
        except DecodeError:
            self._transcript.add(f"written: {value.hex()}")
            return
        name = type(order).__name__
        match order:
            case RequestControl():
                self._counts["controls"] += 1
                self._last["order"] = "control"
            case StartOrResume():
                self._counts["starts"] += 1
                self._last["order"] = "start"
            case StopOrPause(kind):
                stop = kind is StopKind.STOP
                name = "stop" if stop else "pause"
                self._counts[f"{name}s"] += 1
                # Some machines support only one of the two.
                self._counts["halts"] += 1
                self._last["order"] = "halt"
            case SetTargetSpeed(speed):
                self._last |= {"target_kmh": to_kmh(speed), "order": "speed"}
                name = f"speed {to_kmh(speed):g}"
            case SetTargetIncline(incline):
                self._last |= {"target_percent": to_percent(incline), "order": "incline"}
                name = f"incline {to_percent(incline):g}"
            case _:
                self._last["order"] = name
        self._transcript.add(f"written: {name}")
