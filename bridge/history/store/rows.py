"""Rows of the history's file as values; their fields are its columns."""

from dataclasses import dataclass
from typing import ClassVar

from protocols.frozen import frozen


@dataclass(frozen=True, slots=True)
class Began:
    """When the file was created: earlier times are unknown. One row, `key` 0.

    A new installation has a second row, `key` 1: nothing happened before it.
    """

    TABLE: ClassVar[str] = "began"
    KEY: ClassVar[tuple[str, ...]] = ("key",)

    boot: str
    ticks: float
    wall: float
    synchronised: bool
    key: int = 0


@dataclass(frozen=True, slots=True)
class Exposure:
    """The guard's knowledge of one person on one treadmill at a moment.

    `past` and `session` (the one in progress; empty without one) are JSON.
    """

    TABLE: ClassVar[str] = "exposure"
    KEY: ClassVar[tuple[str, ...]] = ("treadmill", "person")

    treadmill: str
    person: str
    boot: str
    ticks: float
    wall: float
    synchronised: bool
    past: str
    session: str


@dataclass(frozen=True, slots=True)
class Rest:
    """A person's remaining rest at a moment, in seconds; 0 ends it."""

    TABLE: ClassVar[str] = "rest"
    KEY: ClassVar[tuple[str, ...]] = ("person",)

    person: str
    boot: str
    ticks: float
    wall: float
    synchronised: bool
    left_s: float


@dataclass(frozen=True, slots=True)
class Pain:
    """A report of pain: Unix time, place, and severity from 0 to 10."""

    TABLE: ClassVar[str] = "pain"
    KEY: ClassVar[tuple[str, ...]] = ("id",)

    id: str
    person: str
    wall: float
    place: str
    severity: int


@frozen
class Session:
    """A session, in progress or finished. Unix times, seconds, metres; km/h, percent, kcal, bpm.

    `effort_…` are the guard's measurements, as a baseline for later sessions.
    """

    TABLE: ClassVar[str] = "session"
    KEY: ClassVar[tuple[str, ...]] = ("id",)

    id: str
    treadmill: str
    person: str
    shoes: str | None
    start: float
    end: float
    moving_s: float
    distance_m: float
    climb_m: float | None
    energy_kcal: int | None
    max_speed_kmh: float
    max_incline_percent: float | None
    average_heart_rate_bpm: float | None
    max_heart_rate_bpm: int | None
    effort_s: float
    effort_m: float
    effort_climb_m: float
    steep_s: float | None = None
    """Seconds counted for a steep tier; None in a file from before they were stored."""
    flat_m: float | None = None
    """Level distance that takes the same energy, see `bridge.history.report.load`."""
    machine: str = ""
    source: str = "bridge"
    """`bridge`, or `import`: the guard does not use imports as a baseline."""
    finished: bool = True


@dataclass(frozen=True, slots=True)
class Wear:
    """Distance of a pair of shoes on these belts, and the last mark (km) notified."""

    TABLE: ClassVar[str] = "wear"
    KEY: ClassVar[tuple[str, ...]] = ("shoes",)

    shoes: str
    metres: float
    told_km: int


@dataclass(frozen=True, slots=True)
class Runner:
    """The person on a treadmill."""

    TABLE: ClassVar[str] = "runner"
    KEY: ClassVar[tuple[str, ...]] = ("treadmill",)

    treadmill: str
    person: str


@dataclass(frozen=True, slots=True)
class Shod:
    """The shoes that a person wears."""

    TABLE: ClassVar[str] = "shod"
    KEY: ClassVar[tuple[str, ...]] = ("person",)

    person: str
    shoes: str


@dataclass(frozen=True, slots=True)
class Planned:
    """A person's progress in a plan at a moment; `progress` is JSON."""

    TABLE: ClassVar[str] = "plan"
    KEY: ClassVar[tuple[str, ...]] = ("person", "plan")

    person: str
    plan: str
    boot: str
    ticks: float
    wall: float
    synchronised: bool
    progress: str


@dataclass(frozen=True, slots=True)
class Learned:
    """Learned properties of a machine, by its Bluetooth address, as JSON."""

    TABLE: ClassVar[str] = "learned"
    KEY: ClassVar[tuple[str, ...]] = ("address",)

    address: str
    knowledge: str


@dataclass(frozen=True, slots=True)
class Samples:
    """Up to a minute of samples of a session, from second `first` on (see `chunk`)."""

    TABLE: ClassVar[str] = "samples"
    KEY: ClassVar[tuple[str, ...]] = ("session", "first")

    session: str
    first: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Commanded:
    """A command and its newest outcome; `ended` (Unix time) once that is final.

    `requested` is JSON, `applied` km/h or percent, `reasons` a JSON list of rule and text.
    """

    TABLE: ClassVar[str] = "command"
    KEY: ClassVar[tuple[str, ...]] = ("treadmill", "wall", "id")

    treadmill: str
    wall: float
    id: str
    command: str
    source: str
    requested: str
    applied: float | None
    outcome: str
    reasons: str
    ended: float | None


@dataclass(frozen=True, slots=True)
class Decided:
    """The rule that binds an axis from this moment, until the next row of that axis.

    `bound` and `requested` are km/h or percent; an empty rule means that nothing binds.
    """

    TABLE: ClassVar[str] = "decision"
    KEY: ClassVar[tuple[str, ...]] = ("treadmill", "wall", "axis")

    treadmill: str
    wall: float
    axis: str
    rule: str
    text: str
    bound: float | None
    requested: float | None


@dataclass(frozen=True, slots=True)
class Happened:
    """An event as published; `number` distinguishes events of the same moment."""

    TABLE: ClassVar[str] = "event"
    KEY: ClassVar[tuple[str, ...]] = ("treadmill", "wall", "number")

    treadmill: str
    wall: float
    number: int
    type: str
    text: str
    details: str


Row = Began | Exposure | Rest | Pain | Session | Wear | Runner | Shod | Planned | Learned
KINDS: tuple[type[Row], ...] = (
    Began,
    Exposure,
    Rest,
    Pain,
    Session,
    Wear,
    Runner,
    Shod,
    Planned,
    Learned,
)
"""Rows also kept in memory, because the guard may need them."""
Log = Samples | Commanded | Decided | Happened
"""Rows that are only written, for people to read."""
Key = tuple[str, ...]


def key_of(row: Row | Log) -> Key:
    """Return the key of a row; a later row with the same key replaces it."""
    return (row.TABLE, *(str(getattr(row, column)) for column in row.KEY))
