"""The history for a terminal: lists, a chart, splits and sums. Pure."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from itertools import pairwise

from bridge.history.export.activity import BREAK_S
from bridge.history.reader import Course, Entry, texts_of
from bridge.history.report.statistics import Totals, flat_of, work_of
from bridge.history.session_log import average_kmh
from bridge.history.store.chunk import Phase, Second
from bridge.history.store.rows import Commanded, Session
from bridge.texts.figures import DASH, LENGTHS, climb, clock, in_unit, pace, run, target
from bridge.values import INCLINE, SPEED, Units

BLOCKS = " ▁▂▃▄▅▆▇█"
ROWS = 6
NO_RULE = frozenset({"envelope", "range"})
"""Limits that always apply, and so explain nothing."""
_AXIS_OF = {str(axis): axis for axis in (SPEED, INCLINE)}
"""Axis by the command that sets it."""


def when(wall: float) -> str:
    """Return a Unix time in local time."""
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(wall))


def table(rows: Sequence[Sequence[str]], left: frozenset[int] = frozenset({0})) -> Iterator[str]:
    """Yield lines with columns of equal width; all but the `left` ones are right-aligned."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (
            cell.ljust(width) if index in left else cell.rjust(width)
            for index, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(cells).rstrip()


def listed(entries: Sequence[Entry], units: Units) -> Iterator[str]:
    """Yield one line per session."""
    far, high = LENGTHS[units].far, f"climb {LENGTHS[units].high}"
    header = ("No", "began", "time", far, high, "bpm", "steep", "person", "shoes", "")
    rows = [header, *(_line(entry, units) for entry in entries)]
    yield from table(rows, left=frozenset({1, 7, 8, 9}))


def _line(entry: Entry, units: Units) -> tuple[str, ...]:
    session, lengths = entry.session, LENGTHS[units]
    work = work_of(session)
    rate = session.average_heart_rate_bpm
    return (
        str(entry.number),
        when(session.start),
        clock(session.moving_s),
        lengths.distance(session.distance_m, 2),
        lengths.climb(work.climb_m),
        "" if rate is None else f"{rate:.0f}",
        clock(session.steep_s) if session.steep_s else "",
        session.person,
        session.shoes or "",
        _remark(session),
    )


def _remark(session: Session) -> str:
    if session.source != "bridge":
        return f"imported from {session.machine}"
    return "" if session.finished else "not finished"


# --- one session


def shown(course: Course, width: int, units: Units) -> Iterator[str]:
    """Yield all details of a session, within so many columns."""
    session, samples = course.session, course.samples
    yield f"Session {course.number}: {when(session.start)}, {session.person}, {session.treadmill}"
    yield ", ".join(_summary(session, units))
    if samples:
        yield ""
        yield from chart(samples, width, units)
        yield ""
        if splits := list(_splits(samples, units)):
            yield from splits
            yield ""
        yield from _phases(samples)
    else:
        yield "Its samples are not kept any more; this is its summary."
    yield from _limits(course, units)


def _summary(session: Session, units: Units) -> Iterator[str]:
    work = work_of(session)
    average = average_kmh(session.moving_s, session.distance_m, session.max_speed_kmh)
    yield f"{clock(session.moving_s)} moving"
    yield run(session.distance_m, units)
    yield pace(average if session.distance_m >= 1 else None, units)
    yield f"{climb(work.climb_m, units)} of climb (virtual)"
    yield f"at most {target(SPEED, session.max_speed_kmh, units)}"
    if session.max_incline_percent is not None:
        yield f"at most {session.max_incline_percent:g} %"
    if session.average_heart_rate_bpm is not None:
        yield f"{session.average_heart_rate_bpm:.0f} bpm (at most {session.max_heart_rate_bpm})"
    if session.steep_s:
        yield f"{clock(session.steep_s)} steep"
    yield f"load {run(flat_of(session), units)} flat-equivalent"
    if session.shoes:
        yield f"in {session.shoes}"


def chart(samples: Sequence[Second], width: int, units: Units) -> Iterator[str]:
    """Yield a chart of speed and incline over time."""
    columns = max(20, width - 9)
    whole = samples[-1].at + 1
    columns = min(columns, whole)
    for name, unit, scale in (("speed", units, 100 / in_unit(1.0, units)), ("incline", "%", 10)):
        values = _binned(samples, name, columns, whole)
        if any(values):
            yield f"{name}, {unit}"
            yield from _bars([value / scale for value in values])
    yield f"{'':9}0:00{clock(whole).rjust(columns - 4)}"


def _binned(samples: Sequence[Second], name: str, columns: int, whole: int) -> list[float]:
    sums, counts = [0.0] * columns, [0] * columns
    for sample in samples:
        value = getattr(sample, name)
        if value is not None:
            column = sample.at * columns // whole
            sums[column] += value
            counts[column] += 1
    return [total / count if count else 0.0 for total, count in zip(sums, counts, strict=True)]


def _bars(values: Sequence[float]) -> Iterator[str]:
    top = max(1.0, math.ceil(max(values)))
    for row in range(ROWS, 0, -1):
        label = f"{top * row / ROWS:7.1f}" if row in {ROWS, ROWS // 2} else " " * 7
        cells = (
            BLOCKS[max(0, min(8, round((value / top * ROWS - row + 1) * 8)))] for value in values
        )
        yield f"{label} │{''.join(cells)}"
    yield f"{'0':>7} └{'─' * len(values)}"


def _splits(samples: Sequence[Second], units: Units) -> Iterator[str]:
    """Yield time with a moving belt, climb and heart rate by kilometre or mile.

    The rest of the last one counts from a hundredth on.
    """
    lengths = LENGTHS[units]
    length = lengths.far_m * 10  # as samples have it, in 0.1 m
    rows: list[tuple[str, ...]] = [(lengths.far, "time", f"climb {lengths.high}", "bpm")]
    timer, high, rates, done, begun = 0.0, 0, [0, 0], 0, 0
    for before, sample in pairwise(samples):
        if sample.running and sample.at - before.at <= BREAK_S:
            timer += sample.at - before.at
        high += max(0, (sample.climb or 0) - (before.climb or 0))
        rates = [rates[0] + (sample.heart_rate or 0), rates[1] + bool(sample.heart_rate)]
        gone = sample.distance or 0
        if gone >= (done + 1) * length:
            done += 1
            rows.append((str(done), clock(timer), lengths.climb(high / 10), _rate(rates)))
            timer, high, rates, begun = 0.0, 0, [0, 0], gone
    rest = ((samples[-1].distance or 0) - begun) / length
    if rest >= 0.01:
        rows.append((f"+{rest:.2f}", clock(timer), lengths.climb(high / 10), _rate(rates)))
    if len(rows) > 1:
        yield from table(rows)


def _rate(rates: Sequence[int]) -> str:
    return f"{rates[0] / rates[1]:.0f}" if rates[1] else DASH


def _phases(samples: Sequence[Second]) -> Iterator[str]:
    times: dict[str, float] = {}
    for before, sample in pairwise(samples):
        if sample.at - before.at <= BREAK_S:
            name = "stand" if not sample.running else Phase(sample.phase).name.lower()
            times[name] = times.get(name, 0.0) + sample.at - before.at
    parts = (f"{name.replace('_', '-')} {clock(each)}" for name, each in times.items())
    yield f"Time by phase: {', '.join(parts)}"


def limited(course: Course, units: Units) -> list[tuple[float, str]]:
    """Return what was limited or refused, and which rules bound the belt: Unix times and lines."""
    lines = []
    for row in course.commands:
        if row.outcome.startswith(("limited", "rejected", "failed")):
            why = "; ".join(texts_of(row.reasons)) or "no reason was given"
            lines.append((row.wall, f"{_outcome(row, units)} ({why})"))
    for decision in course.decisions:
        rules = {rule for rule in decision.rule.split(", ") if rule} - NO_RULE
        if rules:
            lines.append((decision.wall, f"{decision.axis}: {decision.text}"))
    return sorted(lines)


def _outcome(row: Commanded, units: Units) -> str:
    axis = _AXIS_OF.get(row.command)
    applied = None if row.outcome.endswith("failed") else row.applied
    asked = "" if row.requested == "null" else f" {row.requested}"
    got = "" if applied is None else f" to {applied:g}"
    if axis is not None:
        with suppress(ValueError):  # JSON of something else than a number
            asked = f" {target(axis, float(row.requested), units)}"
        got = "" if applied is None else f" to {target(axis, applied, units)}"
    return f"{row.command}{asked}: {row.outcome}{got}"


def _limits(course: Course, units: Units) -> Iterator[str]:
    lines = limited(course, units)
    if lines:
        yield ""
        yield "What was limited, and why:"
    for wall, text in lines:
        yield f"  {when(wall)[-5:]}  {text}"


# --- sums


def summed(periods: Mapping[str, Totals], best: Mapping[str, Entry], units: Units) -> Iterator[str]:
    """Yield totals by period, and the longest sessions."""
    far, high = LENGTHS[units].far, f"climb {LENGTHS[units].high}"
    header = ("", "sessions", "time", far, high, "steep", f"load {far}")
    yield from table([header, *(_sum(name, each, units) for name, each in periods.items())])
    if best:
        yield ""
    for name, entry in best.items():
        work = work_of(entry.session)
        value = {
            "time": clock(work.time_s),
            "distance": run(work.distance_m, units),
            "climb": climb(work.climb_m, units),
            "steep time": clock(entry.session.steep_s or 0.0),
        }[name]
        yield f"Most {name}: {value}, session {entry.number}, {when(entry.session.start)}"
    yield ""
    yield "Load is the distance on the level that takes the same energy (Minetti 2002)."


def _sum(name: str, totals: Totals, units: Units) -> tuple[str, ...]:
    lengths = LENGTHS[units]
    return (
        name,
        str(totals.sessions),
        clock(totals.time_s),
        lengths.distance(totals.distance_m, 2),
        lengths.climb(totals.climb_m),
        clock(totals.steep_s),
        lengths.distance(totals.flat_m, 2),
    )
