"""Totals of sessions by week, month and year. Pure.

Time, distance and climb are the guard's measurements (`effort`), because it compares the next
session with these; for an imported session they come from the file.
"""

import math
import time
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter

from bridge.history.reader import Entry
from bridge.history.recall import KNOWN_S, RECENT_S
from bridge.history.store.rows import Session
from bridge.values.effort import COUNTS_S, Effort
from protocols.frozen import frozen

_START = attrgetter("start")


@dataclass(frozen=True, slots=True)
class Totals:
    """Totals of sessions: seconds and metres; `flat_m`: see `bridge.history.report.load`."""

    sessions: int = 0
    time_s: float = 0.0
    distance_m: float = 0.0
    climb_m: float = 0.0
    steep_s: float = 0.0
    flat_m: float = 0.0

    @classmethod
    def of(cls, sessions: Iterable[Session]) -> "Totals":
        """Add up sessions."""
        count, time_s, distance_m, climb_m, steep_s, flat_m = 0, 0.0, 0.0, 0.0, 0.0, 0.0
        for session in sessions:
            count += 1
            work = work_of(session)
            time_s += work.time_s
            distance_m += work.distance_m
            climb_m += work.climb_m
            steep_s += session.steep_s or 0.0
            flat_m += flat_of(session)
        return cls(count, time_s, distance_m, climb_m, steep_s, flat_m)


@frozen
class Comparison:
    """A session compared with earlier ones, as the guard does it.

    `share` is its time relative to the longest of the 30 days before, else to half the longest of
    180 days (`recent` False); None without a baseline.
    """

    entry: Entry
    time_s: float
    share: float | None
    recent: bool = True


def work_of(session: Session) -> Effort:
    """Return the time, distance and climb that count for a session."""
    if session.source == "bridge" and session.effort_s > 0:
        return Effort(session.effort_s, session.effort_m, session.effort_climb_m)
    return Effort(session.moving_s, session.distance_m, session.climb_m or 0.0)


def flat_of(session: Session) -> float:
    """Return the flat-equivalent distance; the plain distance for old sessions without one."""
    return session.distance_m if session.flat_m is None else session.flat_m


def day_of(wall: float) -> date:
    """Return the local day of a Unix time."""
    return date(*time.localtime(wall)[:3])


def midnight(day: date) -> float:
    """Return the Unix time at which a local day begins."""
    return datetime(day.year, day.month, day.day).astimezone().timestamp()


def week_of(day: date) -> date:
    """Return the Monday of a day's week."""
    return day - timedelta(days=day.weekday())


def month_of(day: date) -> date:
    """Return the first day of a day's month."""
    return day.replace(day=1)


def year_of(day: date) -> date:
    """Return the first day of a day's year."""
    return day.replace(month=1, day=1)


def grouped(sessions: Iterable[Session], begin: Callable[[date], date]) -> dict[date, Totals]:
    """Return totals by period; `begin` maps a day to its period's first day."""
    found: dict[date, list[Session]] = {}
    until, period = math.inf, list[Session]()
    for session in sorted(sessions, key=_START, reverse=True):
        # In descending order, so that only the first session of a period needs the calendar.
        if not found or session.start < until:
            first = begin(day_of(session.start))
            until, period = midnight(first), found.setdefault(first, [])
        period.append(session)
    return {day: Totals.of(found[day]) for day in sorted(found)}


def weeks(totals: dict[date, Totals], first: date, last: date) -> list[tuple[date, Totals]]:
    """Return every week from the first to the last day, including empty ones."""
    monday, found = week_of(first), []
    while monday <= last:
        found.append((monday, totals.get(monday, Totals())))
        monday += timedelta(days=7)
    return found


def longest(entries: Sequence[Entry]) -> dict[str, Entry]:
    """Return the sessions with the most time, distance, climb and steep time."""
    measures: dict[str, Callable[[Entry], float]] = {
        "time": lambda e: work_of(e.session).time_s,
        "distance": lambda e: work_of(e.session).distance_m,
        "climb": lambda e: work_of(e.session).climb_m,
        "steep time": lambda e: e.session.steep_s or 0.0,
    }
    found = {name: max(entries, key=key, default=None) for name, key in measures.items()}
    return {name: e for name, e in found.items() if e is not None and measures[name](e) > 0}


def compared(entries: Iterable[Entry], since: float) -> list[Comparison]:
    """Compare each session from a time on with those before it; `entries` in any order."""
    ordered = sorted(entries, key=lambda entry: entry.session.start)
    counting = [s for s in (e.session for e in ordered) if s.finished and s.effort_s >= COUNTS_S]
    ends, efforts = [each.end for each in counting], [each.effort_s for each in counting]
    found = []
    for entry in ordered:
        start, done = entry.session.start, entry.session.effort_s
        if start < since or entry.session.source != "bridge":
            continue
        now = bisect_right(ends, start)
        recent = bisect_left(ends, start - RECENT_S, 0, now)
        if recent < now:
            found.append(Comparison(entry, done, done / max(efforts[recent:now])))
            continue
        known = efforts[bisect_left(ends, start - KNOWN_S, 0, now) : now]
        share = done / (max(known) / 2) if known else None
        found.append(Comparison(entry, done, share, recent=False))
    return found
