"""Accumulates the summary of a session in progress. Pure."""

from dataclasses import dataclass, field
from datetime import datetime

from bridge.history.report.load import cost
from bridge.machines.learned import STALE_HOLD_S
from bridge.values import Belt, Sample

MOVING = frozenset({Belt.RUNNING, Belt.STOPPING})
"""States in which a belt with a speed moves its runner; a stop takes seconds to slow it."""
GAP_S = STALE_HOLD_S
"""Gap in seconds between samples above which the belt's motion is unknown."""


def average_kmh(moving_s: float, distance_m: float, top_kmh: float) -> float | None:
    """Return the mean speed while moving; None without motion.

    It is at most the highest speed: machines count whole metres, or ten at a time, which is too
    coarse for a session of seconds.
    """
    return min(distance_m / moving_s * 3.6, top_kmh) if moving_s else None


@dataclass(frozen=True, slots=True)
class Summary:
    """A finished session: seconds, metres, kilocalories; wire units for speed and incline."""

    start: datetime
    end: datetime
    moving_s: float
    distance_m: float
    elevation_gain_m: float | None
    energy_kcal: int | None
    max_speed: int
    max_incline: int | None
    mean_heart_rate: float | None
    max_heart_rate: int | None
    steep_s: float = 0.0
    flat_m: float = 0.0


@dataclass(slots=True)
class _Counter:
    """A machine's counter, relative to its start value.

    A decrease is a reset, unless the counter returns from 0 to its old value: then the zeros were
    blank records.
    """

    last: int | None = None
    gained: int = 0
    before_zero: int = 0

    def add(self, value: int | None) -> None:
        if value is None:
            return
        if self.last is not None and value >= self.last:
            returned = self.last == 0 and value >= self.before_zero
            self.gained += value - (self.before_zero if returned else self.last)
        elif self.last is not None:
            self.gained += value
        if value == 0:
            self.before_zero = max(self.before_zero, self.last or 0)
        else:
            self.before_zero = 0
        self.last = value

    @property
    def total(self) -> int | None:
        return None if self.last is None else self.gained


@dataclass(slots=True)
class SessionLog:
    """Adds up one session, from its first movement."""

    start: datetime
    moving_s: float = 0.0
    driven_m: float = 0.0
    max_speed: int = 0
    max_incline: int | None = None
    heart_beats: int = 0
    heart_rates: int = 0
    max_heart_rate: int | None = None
    last: float | None = None
    seen: datetime | None = None
    """When it was last observed, if that was before a restart and nothing moved since."""
    steep_s: float = 0.0
    """Seconds that the guard counted for a steep tier."""
    flat_m: float = 0.0
    """Flat-equivalent distance, see `bridge.history.report.load`."""
    distance: _Counter = field(default_factory=_Counter)
    climb: _Counter = field(default_factory=_Counter)
    energy: _Counter = field(default_factory=_Counter)

    def add(self, sample: Sample, belt: Belt) -> None:
        """Add one sample."""
        data = sample.data
        self.distance.add(data.distance)
        self.climb.add(data.elevation_gain)
        self.energy.add(data.energy)
        before, self.last = self.last, sample.time
        if belt not in MOVING or not data.speed:
            return
        self.seen = None
        if before is not None and sample.time - before <= GAP_S:
            self.moving_s += sample.time - before
            driven = data.speed / 360 * (sample.time - before)
            self.driven_m += driven
            self.flat_m += driven * cost((data.incline or 0) / 10)
        self.max_speed = max(self.max_speed, data.speed)
        if data.incline is not None:
            self.max_incline = max(self.max_incline or data.incline, data.incline)
        if data.heart_rate:
            self.heart_beats += data.heart_rate
            self.heart_rates += 1
            self.max_heart_rate = max(self.max_heart_rate or 0, data.heart_rate)

    @property
    def distance_m(self) -> float:
        """Metres so far; the machine's own count if it has one."""
        reported = self.distance.total
        return self.driven_m if reported is None else float(reported)

    def close(self, end: datetime) -> Summary:
        """End the session, and return its summary."""
        rates = self.heart_rates
        climb = self.climb.total
        return Summary(
            start=self.start,
            end=self.seen or end,
            moving_s=self.moving_s,
            distance_m=self.distance_m,
            elevation_gain_m=None if climb is None else climb / 10,
            energy_kcal=self.energy.total,
            max_speed=self.max_speed,
            max_incline=self.max_incline,
            mean_heart_rate=self.heart_beats / rates if rates else None,
            max_heart_rate=self.max_heart_rate,
            steep_s=self.steep_s,
            flat_m=self.flat_m,
        )
