"""Export of sessions to FIT, TCX or CSV."""

from typing import Literal, get_args

from bridge.history.export import csv_file, fit, tcx
from bridge.history.export.activity import NoSamplesError, activity_of, at
from bridge.history.reader import Course

__all__ = ["FORMATS", "MEDIA_TYPES", "Format", "NoSamplesError", "export", "file_name"]

Format = Literal["fit", "tcx", "csv"]
FORMATS: tuple[Format, ...] = get_args(Format)
MEDIA_TYPES: dict[Format, str] = {
    "fit": "application/vnd.ant.fit",
    "tcx": "application/vnd.garmin.tcx+xml",
    "csv": "text/csv; charset=utf-8",
}


def export(course: Course, form: Format, *, excel: bool = False) -> bytes:
    """Encode a session.

    Args:
        course: the session with its samples.
        form: the format.
        excel: for CSV, the variant that Excel expects in regions with a decimal comma.

    Raises:
        NoSamplesError: only its summary is left.
    """
    activity = activity_of(course)
    match form:
        case "fit":
            return fit.encode(activity)
        case "tcx":
            return tcx.encode(activity)
        case "csv":
            return csv_file.encode(activity, excel=excel)


def file_name(course: Course, form: Format) -> str:
    """Return a file name such as `2026-11-28T071203Z-den.fit`, valid on every system."""
    return f"{at(round(course.session.start)):%Y-%m-%dT%H%M%SZ}-{course.session.treadmill}.{form}"
