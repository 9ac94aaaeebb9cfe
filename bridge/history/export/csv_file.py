"""CSV export: one line per second, units in the header, ISO times, and no formulas."""

import csv
import io
from collections.abc import Iterator

from bridge.history.export.activity import Activity, Record, at

HEADER = (
    "time",
    "elapsed_s",
    "phase",
    "speed_kmh",
    "incline_percent",
    "distance_m",
    "climb_m",
    "heart_rate_bpm",
    "cadence_spm",
    "power_w",
    "energy_kcal",
    "target_speed_kmh",
    "target_incline_percent",
    "requested_speed_kmh",
    "requested_incline_percent",
    "allowed_speed_kmh",
    "allowed_incline_percent",
    "steep",
    "person",
    "shoes",
)
_ISO = "%Y-%m-%dT%H:%M:%SZ"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def encode(activity: Activity, *, excel: bool = False) -> bytes:
    """Encode a session as CSV in UTF-8.

    `excel` adds a byte order mark, and uses `;`, decimal commas, and times without `T` and `Z`,
    which spreadsheets would treat as text.
    """
    text = io.StringIO()
    writer = csv.writer(text, delimiter=";" if excel else ",", lineterminator="\r\n")
    writer.writerow(("time_utc", *HEADER[1:]) if excel else HEADER)
    session = activity.course.session
    names = [safe(session.person), safe(session.shoes or "")]
    start = round(session.start)
    for record in activity.records:
        cells = [*_cells(record, start, "%Y-%m-%d %H:%M:%S" if excel else _ISO), *names]
        writer.writerow([_cell(value, comma=excel) for value in cells])
    return text.getvalue().encode("utf-8-sig" if excel else "utf-8")


def _cells(record: Record, start: int, form: str) -> Iterator[float | str | None]:
    sample = record.sample
    yield at(record.time).strftime(form)
    yield record.time - start
    yield record.phase.name.lower()
    yield record.speed_kmh
    yield record.incline_percent
    yield record.distance_m
    yield _scaled(sample.climb, 10)
    yield sample.heart_rate
    yield sample.cadence
    yield sample.power
    yield sample.energy
    yield _scaled(sample.target_speed, 100)
    yield _scaled(sample.target_incline, 10)
    yield _scaled(sample.requested_speed, 100)
    yield _scaled(sample.requested_incline, 10)
    yield _scaled(sample.bound_speed, 100)
    yield _scaled(sample.bound_incline, 10)
    yield int(sample.steep)


def _cell(value: float | str | None, *, comma: bool) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        text = f"{value:.2f}".rstrip("0").rstrip(".")
        return text.replace(".", ",") if comma else text
    return str(value)


def safe(text: str) -> str:
    """Escape text that a spreadsheet would take for a formula."""
    return f"'{text}" if text.lstrip().startswith(_FORMULA) or text[:1] in _FORMULA else text


def _scaled(wire: int | None, scale: int) -> float | None:
    return None if wire is None else wire / scale
