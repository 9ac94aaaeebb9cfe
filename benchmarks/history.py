"""Duration of lists, statistics, reports and the guard's start with ten years of daily runs.

Run: python -m benchmarks.history
"""

import logging
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import structlog

from bridge.clock import SystemClock
from bridge.history import text
from bridge.history.export import FORMATS, export
from bridge.history.history import History
from bridge.history.reader import opened
from bridge.history.report import statistics
from bridge.history.report.report import ReportSettings, report_of
from bridge.history.report.report_page import page
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper
from tests.history.years import END, PERSON, fill

DAYS = 3652
GOAL_MS = 100.0
"""Time limit of each operation on ten years."""
TIMES = 5
TODAY = END.date()


def took(work: Callable[[], object]) -> float:
    """Return the median of some runs, in ms."""
    times = []
    for _ in range(TIMES):
        began = time.perf_counter()
        work()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


def start(path: Path) -> None:
    """Load the history like `run` at a start."""
    file = HistoryFile(path)
    history = History(Timekeeper.of_this_computer(SystemClock()), file)
    history.past("den", PERSON)
    file.close()


def listed(path: Path, limit: int | None) -> None:
    with opened(path) as reader:
        list(text.listed(reader.sessions(limit=limit)))


def summed(path: Path) -> None:
    with opened(path) as reader:
        entries = reader.sessions()
    sessions = [entry.session for entry in entries]
    for begin in (statistics.week_of, statistics.month_of, statistics.year_of):
        statistics.grouped(sessions, begin)
    statistics.Totals.of(sessions)
    statistics.longest(entries)


def reported(path: Path, weeks: int) -> None:
    with opened(path) as reader:
        page(report_of(reader, PERSON, TODAY, weeks, ReportSettings()))


def exported(path: Path) -> dict[str, float]:
    with opened(path) as reader:
        course = reader.course(reader.sessions(limit=1)[0].number)
    return {form: took(lambda form=form: export(course, form)) for form in FORMATS}


def main() -> None:
    """Print the figures."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    with tempfile.TemporaryDirectory() as place:
        path, empty = Path(place, "full", NAME), Path(place, "empty", NAME)
        fill(path, DAYS)
        start(empty)
        print(f"{DAYS} days: {path.stat().st_size / 1e6:.0f} MB")
        print(f"goal of each look: {GOAL_MS:.0f} ms; a start: as with an empty history")
        print(f"start, empty history   {took(lambda: start(empty)):6.1f} ms")
        print(f"start, ten years       {took(lambda: start(path)):6.1f} ms")
        print(f"list, newest 20        {took(lambda: listed(path, 20)):6.1f} ms")
        print(f"list --all             {took(lambda: listed(path, None)):6.1f} ms")
        print(f"stats                  {took(lambda: summed(path)):6.1f} ms")
        print(f"report, 12 weeks       {took(lambda: reported(path, 12)):6.1f} ms")
        print(f"report, 520 weeks      {took(lambda: reported(path, 520)):6.1f} ms")
        for form, each in exported(path).items():
            print(f"export a run as {form}   {each:6.1f} ms")


if __name__ == "__main__":
    main()
