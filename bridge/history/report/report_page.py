"""The report as one HTML page with inline SVG: no scripts, no external files, prints on A4."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from html import escape
from typing import NamedTuple

from bridge.history.report.report import Report
from bridge.history.report.statistics import Comparison, Totals, midnight, work_of
from bridge.history.text import when
from bridge.texts.figures import LENGTHS, clock

WIDTH, LEFT, RIGHT = 720, 64, 8
PANEL, GAP, TOP = 54, 20, 16
BLUE, GREEN, ORANGE, PURPLE, RED = "#2b6cb0", "#2f855a", "#c05621", "#6b46c1", "#c53030"
TABLED = 12
"""Maximum rows of weeks and sessions in a table, so that everything fits on one page."""
MOST_BARS = 60
"""Number of weeks above which the bars have no gaps."""
MOST_DOTS = 400
"""Number of sessions above which only dots beyond the limit have titles: the others overlap."""

_STYLE = """
@page { size: A4 portrait; margin: 11mm }
body { font: 14px/1.4 system-ui, sans-serif; color: #1a202c; background: #fff;
  max-width: 760px; margin: 24px auto; padding: 0 16px }
h1 { font-size: 24px; margin: 0 } h2 { font-size: 16px; margin: 22px 0 6px }
p { margin: 4px 0 } .quiet { color: #4a5568; font-size: 12px }
.sums { display: flex; flex-wrap: wrap; gap: 8px 24px; margin: 14px 0 }
.sums b { display: block; font-size: 20px; font-variant-numeric: tabular-nums }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums }
th, td { text-align: right; padding: 2px 8px; border-bottom: 1px solid #e2e8f0 }
th:first-child, td:first-child, .text { text-align: left }
thead { display: table-header-group } tr, svg, h2 { break-inside: avoid }
h2 { break-after: avoid } svg { width: 100%; height: auto; display: block }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 10px;
    line-height: 1.2 }
  h1 { font-size: 18px } h2 { margin: 8px 0 2px; font-size: 12px } p { margin: 2px 0 }
  svg { max-height: 350px } .sums { margin: 6px 0; gap: 4px 22px } .sums b { font-size: 15px }
  th, td { padding: 0 8px } .quiet { font-size: 9px } }
"""


def page(report: Report) -> str:
    """Return the whole page."""
    return "\n".join(
        [
            '<!doctype html><html lang="en"><head><meta charset="utf-8">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            f"<title>Treadmill report, {escape(report.person)}</title>",
            f"<style>{_STYLE}</style></head><body>",
            *_head(report),
            "<h2>Load by week, sessions and pain</h2>",
            figure(report),
            *_sessions(report),
            *_pains(report),
            *_shoes(report),
            *_weeks(report),
            *_notes(report),
            "</body></html>",
            "",
        ]
    )


def _head(report: Report) -> Iterator[str]:
    totals, lengths = report.totals, LENGTHS[report.settings.units]
    yield f"<h1>Treadmill report: {escape(report.person)}</h1>"
    yield f"<p>{report.first:%d %B %Y} to {report.today:%d %B %Y}, {len(report.weeks)} weeks</p>"
    yield '<div class="sums">'
    for name, value in (
        ("sessions", str(totals.sessions)),
        ("time", _hours(totals.time_s)),
        ("distance", f"{lengths.distance(totals.distance_m)} {lengths.far}"),
        ("climb", f"{lengths.climb(totals.climb_m)} {lengths.high}"),
        ("steep", f"{totals.steep_s / 60:.0f} min"),
        ("reports of pain", str(sum(pain.severity > 0 for pain in report.pains))),
    ):
        yield f"<div><b>{value}</b>{name}</div>"
    yield "</div>"


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _hours(seconds: float) -> str:
    hours, minutes = divmod(round(seconds / 60), 60)
    return f"{hours} h {minutes:02} min"


# --- the figure: panels on a common time axis


class _Bars(NamedTuple):
    """One measure by week."""

    name: str
    unit: str
    colour: str
    value: Callable[[Totals], float]


class _Axis:
    """Maps times to horizontal positions."""

    def __init__(self, report: Report) -> None:
        self.start = midnight(report.first)
        self.end = midnight(report.weeks[-1][0] + timedelta(days=7))
        self._scale = (WIDTH - LEFT - RIGHT) / (self.end - self.start)
        self.mondays = [self.x(midnight(monday)) for monday, _ in report.weeks]
        """Horizontal position of each week's start."""

    def x(self, wall: float) -> float:
        return LEFT + (min(max(wall, self.start), self.end) - self.start) * self._scale


def figure(report: Report) -> str:
    """Return all panels as one SVG."""
    axis, lengths = _Axis(report), LENGTHS[report.settings.units]
    parts: list[str] = []
    y = float(TOP)
    for measure in (
        _Bars("time", "min", BLUE, lambda totals: totals.time_s / 60),
        _Bars("distance", lengths.far, GREEN, lambda totals: totals.distance_m / lengths.far_m),
        _Bars("climb", lengths.high, ORANGE, lambda totals: totals.climb_m / lengths.high_m),
        _Bars("steep", "min", PURPLE, lambda totals: totals.steep_s / 60),
    ):
        parts += _bars(report, axis, y, measure)
        y += PANEL + GAP
    parts += _shares(report, axis, y)
    y += PANEL + GAP
    parts += _hurts(report, axis, y)
    y += PANEL
    height = y + 22
    back = list(_background(report, axis, y))
    label = f"Load by week, sessions and pain of {escape(report.person)}"
    return (
        f'<svg viewBox="0 0 {WIDTH} {height:.0f}" role="img" aria-label="{label}"'
        f' font-family="system-ui, sans-serif" font-size="10" fill="#1a202c">'
        f"{''.join([*back, *parts])}</svg>"
    )


def _background(report: Report, axis: _Axis, bottom: float) -> Iterator[str]:
    """Yield rests as bands through all panels, and the months below."""
    units = report.settings.units
    for rest in report.rests:
        left, right = axis.x(rest.start), axis.x(rest.end)
        title = f"rest {when(rest.start)} to {when(rest.end)}: {rest.verdict(units)}"
        yield (
            f'<rect x="{left:.1f}" y="{TOP}" width="{max(1.5, right - left):.1f}"'
            f' height="{bottom - TOP:.1f}" fill="#fed7d7" opacity=".6">'
            f"<title>{escape(title)}</title></rect>"
        )
    every = max(1, len(report.weeks) // 12)
    for (monday, _), x in zip(report.weeks[::every], axis.mondays[::every], strict=True):
        yield f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{TOP}" y2="{bottom:.1f}" stroke="#edf2f7"/>'
        text = f"{monday:%d %b}" if len(report.weeks) <= 54 else f"{monday:%b %y}"
        yield f'<text x="{x + 2:.1f}" y="{bottom + 14:.1f}">{text}</text>'


def _frame(y: float, name: str, top: str) -> Iterator[str]:
    base = y + PANEL
    yield (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{base}" y2="{base}" stroke="#718096"/>'
        f'<text x="{LEFT - 6}" y="{y + 8}" text-anchor="end">{top}</text>'
        f'<text x="{LEFT - 6}" y="{base}" text-anchor="end">0</text>'
        f'<text x="{LEFT}" y="{y - 4}" font-weight="600">{name}</text>'
    )


def _bars(report: Report, axis: _Axis, y: float, measure: _Bars) -> Iterator[str]:
    values = [measure.value(totals) for _, totals in report.weeks]
    top = max([*values, 1.0])
    yield from _frame(y, f"{measure.name} a week, {measure.unit}", f"{top:.0f}")
    step = (WIDTH - LEFT - RIGHT) / len(values)
    width = step if len(values) > MOST_BARS else step * 0.72
    left, bottom = (step - width) / 2, y + PANEL
    yield f'<g fill="{measure.colour}">'
    for (monday, _), begins, number in zip(report.weeks, axis.mondays, values, strict=True):
        if number <= 0:
            continue
        height = number / top * (PANEL - 2)
        yield (
            f'<rect x="{begins + left:.1f}" y="{bottom - height:.1f}" width="{width:.1f}"'
            f' height="{height:.1f}"><title>week of {monday:%d %b %Y}: {number:.1f} {measure.unit}'
            "</title></rect>"
        )
    yield "</g>"


def _shares(report: Report, axis: _Axis, y: float) -> Iterator[str]:
    """Yield each session's time as a share of the longest before it, and the guard's limit."""
    limit = report.settings.gradual_percent / 100
    known = [c for c in report.sessions if c.share is not None]
    top = max([limit * 1.15, *(c.share or 0.0 for c in known)])
    top = min(top, 2.5)
    yield from _frame(y, "session time, % of the longest in the 30 days before", _percent(top))

    def place(share: float) -> float:
        return y + PANEL - min(share, top) / top * (PANEL - 4)

    line = place(limit)
    yield (
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{line:.1f}" y2="{line:.1f}" stroke="{RED}"'
        f' stroke-dasharray="4 3"/><text x="{WIDTH - RIGHT}" y="{line - 3:.1f}" fill="{RED}"'
        f' text-anchor="end">the guard warns above {_percent(limit)}</text>'
    )
    titled = known if len(known) <= MOST_DOTS else report.beyond
    if titled is not known:
        # One path with round dots: separate circles would be most of the page's size.
        dots = "".join(
            f"M{axis.x(c.entry.session.start):.1f} {place(c.share or 0.0):.1f}h0" for c in known
        )
        yield f'<path d="{dots}" stroke="{BLUE}" stroke-width="5.2" stroke-linecap="round"/>'
    for each in titled:
        share, session = each.share or 0.0, each.entry.session
        colour = RED if share > limit else BLUE
        yield (
            f'<circle cx="{axis.x(session.start):.1f}" cy="{place(share):.1f}" r="2.6"'
            f' fill="{colour}"><title>{when(session.start)}: {clock(each.time_s)},'
            f" {_percent(share)}</title></circle>"
        )


def _hurts(report: Report, axis: _Axis, y: float) -> Iterator[str]:
    yield from _frame(y, "pain, 0 to 10 (bands: rest)", "10")
    ends: dict[int, float] = {}
    for pain in report.pains:
        x, base = axis.x(pain.wall), y + PANEL
        height = pain.severity / 10 * (PANEL - 6)
        yield (
            f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{base - height:.1f}" y2="{base}" stroke="{RED}"'
            f' stroke-width="2"/><circle cx="{x:.1f}" cy="{base - height:.1f}" r="3" fill="{RED}">'
            f"<title>{when(pain.wall)}: {escape(pain.place)}, {pain.severity}</title></circle>"
        )
        # Write the place beside it, on the first line with room.
        width = 6.0 + 5.2 * len(pain.place)
        row = next((r for r in range(4) if ends.get(r, 0.0) <= x), None)
        if row is not None and x + width < WIDTH:
            ends[row] = x + width
            yield f'<text x="{x + 5:.1f}" y="{y + 12 + row * 11}">{escape(pain.place)}</text>'


# --- the tables


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], text: int = 1) -> str:
    def cells(tag: str, values: Sequence[str]) -> str:
        parts = (
            f"<{tag}{' class=text' if index < text else ''}>{escape(value)}</{tag}>"
            for index, value in enumerate(values)
        )
        return f"<tr>{''.join(parts)}</tr>"

    body = "".join(cells("td", row) for row in rows)
    return f"<table><thead>{cells('th', head)}</thead><tbody>{body}</tbody></table>"


def _sessions(report: Report) -> Iterator[str]:
    limit, lengths = report.settings.gradual_percent, LENGTHS[report.settings.units]
    yield "<h2>Longest session against the 30 days before</h2>"
    longest = max(report.sessions, key=lambda c: c.time_s, default=None)
    if longest is None:
        yield "<p>No sessions.</p>"
        return
    yield f"<p>Longest: {_told(longest)}.</p>"
    if not report.beyond:
        yield f"<p>No session was beyond {limit:g} %, from where the guard warns.</p>"
        return
    rows = [
        (
            when(c.entry.session.start),
            clock(c.time_s),
            _percent(c.share or 0.0) + ("" if c.recent else " of half the longest of 180 days"),
            lengths.distance(work_of(c.entry.session).distance_m),
            lengths.climb(work_of(c.entry.session).climb_m),
        )
        for c in report.beyond[-TABLED // 2 :]
    ]
    more = len(report.beyond) - len(rows)
    rest = f" (the newest; {more} more before)" if more > 0 else ""
    yield f"<p>Beyond {limit:g} %, from where the guard warns{rest}:</p>"
    measures = lengths.far, f"climb, {lengths.high}"
    yield _table(("session", "time", "of the longest before", *measures), rows)


def _told(each: Comparison) -> str:
    text = f"{clock(each.time_s)} on {when(each.entry.session.start)}"
    if each.share is None:
        return f"{text}, with nothing before to compare it with"
    what = (
        "of the longest in the 30 days before" if each.recent else "of half the longest of 180 days"
    )
    return f"{text}, {_percent(each.share)} {what}"


def _pains(report: Report) -> Iterator[str]:
    yield "<h2>Pain and rest</h2>"
    if not report.pains and not report.rests:
        yield "<p>No pain was reported.</p>"
        return
    lasts = report.settings.rest_s / 86_400
    severity = f"{report.settings.rest_severity:g}"
    yield f"<p>A report of {severity} or more begins {lasts:g} days of rest.</p>"
    rows = []
    for rest in report.rests:
        inside = [pain for pain in report.pains if rest.start <= pain.wall <= rest.end]
        what = ", ".join(f"{pain.place} {pain.severity}/10" for pain in inside) or "earlier report"
        rows.append((when(rest.start), what, when(rest.end), rest.verdict(report.settings.units)))
    rows += [
        (when(pain.wall), f"{pain.place} {pain.severity}/10", "", "no rest")
        for pain in report.pains
        if not any(rest.start <= pain.wall <= rest.end for rest in report.rests)
    ]
    yield _table(("reported", "where", "rest until", "rest"), sorted(rows), text=4)


def _shoes(report: Report) -> Iterator[str]:
    if report.shoes:
        yield "<h2>Shoes</h2>"
        lengths = LENGTHS[report.settings.units]
        pairs = (f"{name} {lengths.distance(m, 0)} {lengths.far}" for name, m in report.shoes)
        yield f"<p>{escape(', '.join(pairs))}</p>"


def _weeks(report: Report) -> Iterator[str]:
    lengths = LENGTHS[report.settings.units]
    yield f"<h2>Weeks{f', the last {TABLED}' if len(report.weeks) > TABLED else ''}</h2>"
    rows = [
        (
            f"{monday:%d %b %Y}",
            str(totals.sessions),
            _hours(totals.time_s),
            lengths.distance(totals.distance_m),
            lengths.climb(totals.climb_m),
            f"{totals.steep_s / 60:.0f}",
            lengths.distance(totals.flat_m),
        )
        for monday, totals in [week for week in report.weeks if week[1].sessions][-TABLED:]
    ]
    measures = lengths.far, f"climb, {lengths.high}", "steep, min", f"load, {lengths.far}"
    head = ("week of", "sessions", "time", *measures)
    yield _table(head, rows) if rows else "<p>No sessions.</p>"


def _notes(report: Report) -> Iterator[str]:
    steep = report.settings.steep_percent
    yield '<p class="quiet">'
    yield (
        "Time, distance and climb are those that the guard measures and enforces. Climb is virtual:"
        " distance times incline. Load is the distance on the level that takes the same energy"
        " (Minetti 2002)."
    )
    if steep is not None:
        yield f"Steep time is what the guard counts at {steep:g} % or more."
    yield (
        "A session much longer than the longest of the 30 days before went with more injuries in"
        " a cohort of 5,205 runners (Frandsen 2025, BJSM 59:1203); change by the week did not."
    )
    if report.imported:
        yield f"{report.imported} imported sessions count in the weeks, but not for the guard."
    yield f"Made on {report.today:%d %B %Y} by treadmill-bridge. Not medical advice.</p>"
