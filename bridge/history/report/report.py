"""Data of the report: load by week, pain, rest and shoes of one person. Pure."""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from bridge.history.reader import Entry, Reader
from bridge.history.recall import KNOWN_S
from bridge.history.report.statistics import (
    Comparison,
    Totals,
    compared,
    grouped,
    midnight,
    week_of,
    weeks,
)
from bridge.history.store.rows import Pain
from bridge.texts.figures import target
from bridge.values import SPEED, Units

TOLERANCE_KMH = 0.3
"""Tolerance for a belt that reads slightly above the limit of a rest."""


@dataclass(frozen=True, slots=True)
class ReportSettings:
    """The guard's limits, for the report; `shoes` are metres before counting began."""

    gradual_percent: float = 110.0
    steep_percent: float | None = 10.0
    rest_s: float = 172_800.0
    rest_severity: float = 1.0
    rest_speed_kmh: float = 6.0
    shoes: Mapping[str, float] = field(default_factory=dict)
    units: Units = Units.KMH
    """The owner's unit, for speeds, distances and climbs."""


@dataclass(frozen=True, slots=True)
class RestPeriod:
    """A rest after reports of pain, in Unix times, and the sessions that began in it."""

    start: float
    end: float
    sessions: tuple[Entry, ...]
    limit_kmh: float

    def verdict(self, units: Units) -> str:
        """Summary of whether the rest was kept."""
        if not self.sessions:
            return "kept: no session"
        fastest = max(entry.session.max_speed_kmh for entry in self.sessions)
        if fastest <= self.limit_kmh + TOLERANCE_KMH:
            return f"walked, at most {target(SPEED, fastest, units)}: within the limits of a rest"
        most = target(SPEED, self.limit_kmh, units)
        return f"not kept: {target(SPEED, fastest, units)}, the limit was {most}"


@dataclass(frozen=True, slots=True)
class Report:
    """Content of the page for one person, from the first Monday to today."""

    person: str
    first: date
    today: date
    weeks: tuple[tuple[date, Totals], ...]
    sessions: tuple[Comparison, ...]
    pains: tuple[Pain, ...]
    rests: tuple[RestPeriod, ...]
    shoes: tuple[tuple[str, float], ...]
    imported: int
    settings: ReportSettings

    @property
    def totals(self) -> Totals:
        """Totals over all weeks."""
        parts = [totals for _, totals in self.weeks]
        return Totals(
            sum(part.sessions for part in parts),
            sum(part.time_s for part in parts),
            sum(part.distance_m for part in parts),
            sum(part.climb_m for part in parts),
            sum(part.steep_s for part in parts),
            sum(part.flat_m for part in parts),
        )

    @property
    def beyond(self) -> tuple[Comparison, ...]:
        """Sessions above the share of the baseline from which the guard warns."""
        limit = self.settings.gradual_percent / 100
        return tuple(c for c in self.sessions if c.share is not None and c.share > limit)


def report_of(
    reader: Reader, person: str, today: date, number: int, settings: ReportSettings
) -> Report:
    """Collect the report's data for a number of weeks until today."""
    first = week_of(today) - timedelta(weeks=number - 1)
    since = midnight(first)
    entries = reader.sessions(since - KNOWN_S, person=person)
    inside = [entry for entry in entries if entry.session.start >= since]
    pains = reader.pains(since - settings.rest_s, person=person)
    return Report(
        person=person,
        first=first,
        today=today,
        weeks=tuple(weeks(grouped((e.session for e in inside), week_of), first, today)),
        sessions=tuple(compared(entries, since)),
        pains=tuple(pain for pain in pains if pain.wall >= since),
        rests=tuple(_rests(pains, inside, since, settings)),
        shoes=tuple(
            (wear.shoes, wear.metres + settings.shoes.get(wear.shoes, 0.0))
            for wear in reader.wear()
        ),
        imported=sum(entry.session.source != "bridge" for entry in inside),
        settings=settings,
    )


def _rests(
    pains: Sequence[Pain], entries: Sequence[Entry], since: float, settings: ReportSettings
) -> list[RestPeriod]:
    """Return each rest once, even if several reports extended it."""
    spans: list[list[float]] = []
    for pain in pains:
        if pain.severity < settings.rest_severity or settings.rest_s <= 0:
            continue
        if spans and pain.wall <= spans[-1][1]:
            spans[-1][1] = pain.wall + settings.rest_s
        else:
            spans.append([pain.wall, pain.wall + settings.rest_s])
    ordered = sorted(entries, key=lambda entry: entry.session.start)
    starts = [entry.session.start for entry in ordered]
    return [
        RestPeriod(
            start,
            end,
            tuple(ordered[bisect_right(starts, start) : bisect_left(starts, end)]),
            settings.rest_speed_kmh,
        )
        for start, end in spans
        if end > since
    ]
