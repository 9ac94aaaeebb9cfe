"""States of a workout player, and commands to it."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.values import Axis, Reason


class State(StrEnum):
    """State of a player."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class PlayerAction(StrEnum):
    """Commands of a person to a player."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    BACK = "back"
    END = "end"
    LIFT_CAP = "lift_cap"


@dataclass(frozen=True, slots=True)
class Status:
    """Progress of a workout. Wire units, seconds, metres; steps count from 1."""

    name: str
    state: State
    step: int
    steps: int
    text: str
    remaining_s: float | None
    remaining_m: float | None
    following: str | None
    targets: dict[Axis, int]
    caps: dict[Axis, int]
    why: tuple[Reason, ...]
