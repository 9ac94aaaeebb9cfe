"""Programmes that the console plays by itself, and goals that end a session."""

from dataclasses import dataclass

from protocols.ftms.control_point import OpCode


@dataclass(frozen=True, slots=True)
class Leg:
    """One part of a programme: duration, speed and incline, in the machine's wire units."""

    seconds: float
    speed: int
    incline: int = 0


@dataclass(frozen=True, slots=True)
class Programme:
    """A sequence of legs and a final stop. The console and Training Status show its name."""

    legs: tuple[Leg, ...]
    name: str = ""

    @property
    def seconds(self) -> float:
        """Duration in seconds."""
        return sum(leg.seconds for leg in self.legs)

    def at(self, elapsed_s: float) -> Leg | None:
        """Return the leg at a time; None after the end."""
        for leg in self.legs:
            if elapsed_s < leg.seconds:
                return leg
            elapsed_s -= leg.seconds
        return None


@dataclass(frozen=True, slots=True)
class Counts:
    """Totals of a session."""

    elapsed_s: float
    distance_m: float
    energy_kcal: float
    steps: float


def is_reached(op: OpCode, numbers: tuple[int, ...], counts: Counts) -> bool:
    """Return True if the goal set by this op is reached; times in zones are only shown."""
    reached = {
        OpCode.SET_TARGETED_ENERGY: counts.energy_kcal,
        OpCode.SET_TARGETED_STEPS: counts.steps,
        OpCode.SET_TARGETED_STRIDES: counts.steps / 2,
        OpCode.SET_TARGETED_DISTANCE: counts.distance_m,
        OpCode.SET_TARGETED_TIME: counts.elapsed_s,
    }.get(op)
    return reached is not None and numbers[0] > 0 and reached >= numbers[0]
