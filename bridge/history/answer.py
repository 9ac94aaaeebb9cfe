"""`python -m bridge.history.answer`: answers one query about the history on standard output.

Used by programs that must stay small and must not block, such as the web server. A separate process
takes the memory and processor time, and frees both afterwards.

    python -m bridge.history.answer FILE list [BEFORE]
    python -m bridge.history.answer FILE show NUMBER [UNITS]
    python -m bridge.history.answer FILE export NUMBER fit|tcx|csv

FILE is the history. `list` and `show` print JSON; `list` returns the sessions that began before
BEFORE (Unix time), newest first. UNITS, `km/h` or `mph`, is the unit of sentences. `export` prints
the file's name on one line, then the file. If there is no such session, it exits with 3 and one
sentence on standard error.
"""

import json
import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, get_args

from bridge.history import text
from bridge.history.export import Format, NoSamplesError, export, file_name
from bridge.history.export.activity import at
from bridge.history.reader import Course, Entry, NoHistoryError, Reader, UnknownSessionError, opened
from bridge.history.report.statistics import work_of
from bridge.history.store.chunk import Second
from bridge.history.store.schema import NewerSchemaError
from bridge.values import Units

LISTED = 20
"""Maximum number of sessions in one answer."""
POINTS = 600
"""Maximum number of points in a chart: a phone is about 400 pixels wide."""
NOTHING = 3
"""Exit status without a history, without the session, or without its samples."""


def main(arguments: Sequence[str]) -> int:
    """Answer one query; return the exit status."""
    with suppress(OSError):  # a sandbox may forbid it
        os.nice(10)  # queries have lower priority than the belt
    try:
        with opened(Path(arguments[0])) as reader:
            sys.stdout.buffer.write(_answer(reader, *arguments[1:]))
    except (NoHistoryError, NewerSchemaError, UnknownSessionError, NoSamplesError) as error:
        sys.stderr.write(f"{error}\n")
        return NOTHING
    return 0


def _answer(reader: Reader, question: str, *of: str) -> bytes:
    match question:
        case "list":
            return _json(listed(reader, float(of[0]) if of else None))
        case "show":
            return _json(shown(reader.course(int(of[0])), Units(*of[1:] or (Units.KMH,))))
        case "export":
            course = reader.course(int(of[0]))
            form: Format = next(each for each in get_args(Format) if each == of[1])
            return f"{file_name(course, form)}\n".encode() + export(course, form)
        case _:
            message = f"{question!r} is none of list, show and export"
            raise ValueError(message)


def listed(reader: Reader, before: float | None = None) -> dict[str, Any]:
    """Return sessions that began before a time, newest first; `more`: older ones exist."""
    entries = reader.sessions(until=before, limit=LISTED + 1)
    return {
        "sessions": [_summary(each) for each in entries[:LISTED]],
        "more": len(entries) > LISTED,
    }


def shown(course: Course, units: Units) -> dict[str, Any]:
    """Return one session: summary, chart columns, and what was limited, told in `units`.

    `columns` are named as those of the running session; null if the samples were deleted.
    """
    lines = [{"time": _iso(wall), "text": line} for wall, line in text.limited(course, units)]
    return {
        "session": _summary(Entry(course.number, course.session)),
        "columns": _columns(course.samples) if course.samples else None,
        "limited": lines,
    }


def _summary(entry: Entry) -> dict[str, Any]:
    session = entry.session
    return {
        "number": entry.number,
        "start": _iso(session.start),
        "began": session.start,
        "treadmill": session.treadmill,
        "person": session.person,
        "shoes": session.shoes,
        "moving_s": session.moving_s,
        "distance_m": session.distance_m,
        "climb_m": work_of(session).climb_m,
        "steep_s": session.steep_s,
        "max_speed_kmh": session.max_speed_kmh,
        "average_heart_rate_bpm": session.average_heart_rate_bpm,
        "imported": session.source != "bridge",
        "finished": bool(session.finished),
    }


def _columns(samples: Sequence[Second]) -> dict[str, list[float | None]]:
    every = -(-len(samples) // POINTS)
    some = [*samples[:-1:every], samples[-1]]
    return {
        "t": [sample.at for sample in some],
        "speed": [_scaled(sample.speed, 100) for sample in some],
        "asked_speed": [_scaled(sample.requested_speed, 100) for sample in some],
        "bound_speed": [_scaled(sample.bound_speed, 100) for sample in some],
        "incline": [_scaled(sample.incline, 10) for sample in some],
        "asked_incline": [_scaled(sample.requested_incline, 10) for sample in some],
        "bound_incline": [_scaled(sample.bound_incline, 10) for sample in some],
        "heart_rate": [sample.heart_rate for sample in some],
    }


def _scaled(wire: int | None, scale: int) -> float | None:
    return None if wire is None else wire / scale


def _iso(wall: float) -> str:
    return f"{at(wall):%Y-%m-%dT%H:%M:%SZ}"


def _json(document: object) -> bytes:
    return json.dumps(document, separators=(",", ":")).encode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
