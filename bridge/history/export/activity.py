"""A session prepared for export: whole seconds, laps, virtual altitude.

A lap ends with a phase of the session and with a step of a workout.
"""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise

from bridge.history.reader import Course
from bridge.history.store.chunk import Phase, Second

WALKS_BELOW = 700
"""Walking speed limit in 0.01 km/h: people change to running at about 7 km/h."""
RUNS_FROM = 0.25
"""Share of the time spent running from which a session is a run."""
STEPS = frozenset({"workout_started", "workout_step", "workout_ended"})
"""Events at which a step of a workout begins, or the last one ends."""
BREAK_S = 5
"""Seconds between samples above which the belt stood or data were missing."""


class NoSamplesError(Exception):
    """The session has only a summary left."""


@dataclass(frozen=True, slots=True)
class Record:
    """One second of an activity.

    Unix time in whole seconds; km/h, percent, m, bpm, steps per minute, watts. `altitude_m` is
    virtual: it is computed from the incline and begins at 0.
    """

    time: int
    speed_kmh: float
    incline_percent: float | None
    distance_m: float
    altitude_m: float
    heart_rate: int | None
    cadence: int | None
    power: int | None
    phase: Phase
    sample: Second


@dataclass(frozen=True, slots=True)
class Lap:
    """The records of one lap, and its totals: seconds with the belt moving, and metres."""

    phase: Phase
    records: tuple[Record, ...]
    start: int
    end: int
    timer_s: float
    distance_m: float
    climb_m: float
    descent_m: float


@dataclass(frozen=True, slots=True)
class Activity:
    """One session for an export; `laps` contain all the records."""

    course: Course
    laps: tuple[Lap, ...]
    start: int
    end: int
    walking: bool

    @property
    def records(self) -> Iterator[Record]:
        """Yield all records in order of time."""
        return (record for lap in self.laps for record in lap.records)

    @property
    def climb_m(self) -> float:
        """Virtual ascent in metres."""
        return sum(lap.climb_m for lap in self.laps)

    @property
    def descent_m(self) -> float:
        """Virtual descent in metres."""
        return sum(lap.descent_m for lap in self.laps)

    @property
    def cadence(self) -> float | None:
        """Mean cadence in steps per minute; None if unknown."""
        return mean([r.cadence for r in self.records if r.cadence])


def mean(values: Sequence[int]) -> float | None:
    """Return the mean of the known values; None without any."""
    return sum(values) / len(values) if values else None


def activity_of(course: Course) -> Activity:
    """Prepare a session for export.

    Raises:
        NoSamplesError: only its summary is left.
    """
    records = list(_records(course))
    if not records:
        message = (
            f"session {course.number} has no samples: only its summary is kept (see samples_days"
            " in [history])"
        )
        raise NoSamplesError(message)
    steps = [event.wall for event in course.events if event.type in STEPS]
    laps = tuple(_laps(records, course.session.moving_s, steps))
    fast = sum(
        record.sample.speed is not None and record.sample.speed >= WALKS_BELOW for record in records
    )
    return Activity(
        course,
        laps,
        laps[0].start,
        laps[-1].end,
        walking=fast < RUNS_FROM * len(records),
    )


def _records(course: Course) -> Iterator[Record]:
    """Yield the seconds in which the belt moved, and the one in which it stopped."""
    start = round(course.session.start)
    altitude, before = 0.0, Second(at=0, distance=0, climb=0)
    phase = Phase.ACTIVE
    for sample in course.samples:
        distance = before.distance if sample.distance is None else sample.distance
        way = max(0, (distance or 0) - (before.distance or 0)) / 10
        incline = sample.incline or 0
        if sample.climb is not None and before.climb is not None and incline >= 0:
            altitude += (sample.climb - before.climb) / 10
        else:
            altitude += way * incline / 1000
        moved = sample.running or before.running
        phase = Phase(sample.phase) or phase
        before = sample
        if moved:
            yield Record(
                time=start + sample.at,
                speed_kmh=(sample.speed or 0) / 100,
                incline_percent=None if sample.incline is None else sample.incline / 10,
                distance_m=(distance or 0) / 10,
                altitude_m=altitude,
                heart_rate=sample.heart_rate,
                cadence=sample.cadence,
                power=sample.power,
                phase=phase,
                sample=sample,
            )


def _laps(records: Sequence[Record], moving_s: float, steps: Iterable[float]) -> Iterator[Lap]:
    """Split by phase and at `steps` (Unix time).

    The laps' times add up to the session's time with the belt moving.
    """
    times = [record.time for record in records]
    cuts = {i for i in range(1, len(records)) if records[i].phase is not records[i - 1].phase}
    cuts |= {bisect_left(times, step) for step in steps} - {0, len(records)}
    spans = list(pairwise([0, *sorted(cuts), len(records)]))
    driven = [_timer(records[max(0, a - 1) : b]) for a, b in spans]
    whole = sum(driven) or 1.0
    for (a, b), timer in zip(spans, driven, strict=True):
        inside = records[max(0, a - 1) : b]
        ups = [q.altitude_m - p.altitude_m for p, q in pairwise(inside)]
        first = inside[0] if a else None
        yield Lap(
            records[a].phase,
            tuple(records[a:b]),
            start=inside[0].time,
            end=records[b - 1].time,
            timer_s=timer * moving_s / whole,
            distance_m=records[b - 1].distance_m - (first.distance_m if first else 0.0),
            climb_m=sum(up for up in ups if up > 0)
            + (0.0 if a else max(0.0, inside[0].altitude_m)),
            descent_m=-sum(up for up in ups if up < 0),
        )


def _timer(records: Sequence[Record]) -> float:
    """Return the seconds of motion between successive records."""
    return sum(q.time - p.time for p, q in pairwise(records) if q.time - p.time <= BREAK_S)


def breaks(activity: Activity) -> Iterator[tuple[int, int]]:
    """Yield the breaks in which the belt stood: start, end."""
    for before, after in pairwise(activity.records):
        if after.time - before.time > BREAK_S:
            yield before.time, after.time


def at(time: float) -> datetime:
    """Return a Unix time as UTC."""
    return datetime.fromtimestamp(time, UTC)
