"""What a player of workouts may be told, and what it tells of itself."""

from dataclasses import dataclass
from enum import StrEnum

from bridge.values import Axis, Reason


class State(StrEnum):
    """What a player does."""

    READY = "ready"
    RUNNING = "running"
    PAUSED = "paused"
    ENDED = "ended"


class Word(StrEnum):
    """What a person may tell it."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    SKIP = "skip"
    BACK = "back"
    END = "end"
    LIFT_CAP = "lift_cap"


@dataclass(frozen=True, slots=True)
class Status:
    """How far a workout has come. Wire units, seconds, metres; steps count from 1."""

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
