"""A day of one treadmill in virtual time, with a real history; prints its memory every hour.

Hours of running and of rest alternate.

Run: python -m benchmarks.subjects.day DIRECTORY HOURS
"""

import json
import logging
import sys
from pathlib import Path

import structlog

from benchmarks.processes import memory
from benchmarks.sections.turning import Course, Sun
from bridge.cli.lean import settle
from bridge.history.history import History
from bridge.history.store.file import NAME, HistoryFile
from bridge.history.store.moment import Timekeeper

WRITTEN_S = 60.0


def main(place: Path, hours: int) -> None:
    file = HistoryFile(place / NAME)

    def history(clock: Sun) -> History:
        return History(Timekeeper(clock, "this process", lambda: True), file, blank=True)

    course = Course(frame_s=1.0, state_hz=1.0, history=history, runs=False)
    settle()
    for hour in range(1, hours + 1):
        if hour % 2:
            course.run(3600)
        else:
            course.halt(3600)
        file.wait_written(WRITTEN_S)
        now = memory()
        found = {"hour": hour, "rss": now.rss, "pss": now.pss, "messages": course.ear.count}
        print(json.dumps(found), flush=True)
    file.close()


if __name__ == "__main__":
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    main(Path(sys.argv[1]), int(sys.argv[2]))
