"""Measure the bridge against floors and peers, and print one table.

Run: make bench, or python -m benchmarks [--only decode] [--quick] [--json FILE]

--join merges the --json files of several runs into one table; --write inserts it into a page,
between its two marks.
"""

import argparse
import asyncio
import logging
import os
import platform
import sys
import traceback
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path

import structlog

from benchmarks.processes import compile_all
from benchmarks.sections import (
    deciding,
    decoding,
    instructions,
    lasting,
    resting,
    scaling,
    starting,
    stopping,
    streaming,
    turning,
)
from benchmarks.table import Row, as_json, from_json, markdown

SECTIONS: dict[str, Callable[[bool], Iterable[Row]]] = {
    "decode": lambda quick: decoding.measure(rounds=5 if quick else 21),
    "guard": lambda quick: deciding.measure(rounds=5 if quick else 21),
    "turn": lambda quick: turning.measure(rounds=5 if quick else 21),
    "start": lambda quick: starting.measure(runs=3 if quick else 11),
    "rest": lambda quick: resting.measure(runs=1 if quick else 3, seconds=15.0),
    "stream": lambda quick: asyncio.run(streaming.measure(runs=1 if quick else 7, seconds=10.0)),
    "hour": lambda quick: asyncio.run(streaming.hours(runs=1 if quick else 2, seconds=12.0)),
    "stop": lambda quick: stopping.measure(runs=1 if quick else 3),
    "scale": lambda quick: scaling.measure(runs=1 if quick else 2, seconds=10.0),
    "day": lambda quick: lasting.measure(hours=4 if quick else lasting.HOURS),
    "instructions": lambda _: instructions.measure(),
}
MARKS = ("<!-- begin of the table -->", "<!-- end of the table -->")


def machine() -> dict[str, str]:
    """Return the machine's name, as far as known, and its load."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    return {
        "processor": f"{os.cpu_count()} × {cpu}",
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def write(page: Path, text: str) -> None:
    """Insert the table into a page, between its marks.

    Raises:
        ValueError: The page has no marks.
    """
    whole = page.read_text("utf-8")
    begin, end = (whole.index(mark) for mark in MARKS)
    page.write_text(f"{whole[:begin]}{MARKS[0]}\n{text}\n{whole[end:]}", "utf-8")


def report(runs: Iterable[tuple[dict[str, str], list[Row]]]) -> str:
    """Return all tables, each under its machine."""
    parts = []
    for here, rows in runs:
        where = "; ".join(f"{key}: {value}" for key, value in here.items())
        sections = ", ".join(dict.fromkeys(row.section for row in rows))
        parts.append(f"{sections}: {where}\n\n{markdown(rows)}")
    return "\n".join(parts)


def main() -> None:
    """Run the selected sections."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--only", choices=SECTIONS, action="append", help="a section; repeatable")
    parser.add_argument("--quick", action="store_true", help="few runs: to try, not to quote")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    parser.add_argument("--join", type=Path, nargs="+", help="measure nothing; read these files")
    parser.add_argument("--write", type=Path, help="the page to put the table into")
    arguments = parser.parse_args()
    if arguments.join:
        runs, failed = [from_json(path.read_text()) for path in arguments.join], []
    else:
        names = arguments.only or list(SECTIONS)
        here, rows, failed = measured(names, quick=arguments.quick, keep=arguments.json)
        runs = [(here, rows)]
    text = report(runs)
    print(text)
    if arguments.json:
        here = runs[0][0]
        arguments.json.write_text(as_json([row for _, rows in runs for row in rows], here) + "\n")
    if failed:
        sys.exit(f"Left out, since they failed: {', '.join(failed)}. The errors are above.")
    if arguments.write:
        write(arguments.write, text)


def measured(
    names: Iterable[str], *, quick: bool, keep: Path | None
) -> tuple[dict[str, str], list[Row], list[str]]:
    """Measure some sections, with the load before and after; also return those that failed.

    The rows are written to `keep` after each section, so that one that fails loses only its own.
    """
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    compile_all()
    here: dict[str, str] = machine()
    rows: list[Row] = []
    failed = []
    for name in names:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            rows += SECTIONS[name](quick)
        except Exception:  # noqa: BLE001 - a section may fail in any way; the others are kept
            traceback.print_exc()
            failed.append(name)
        if keep:
            keep.write_text(as_json(rows, here) + "\n")
    here["load after"] = f"{os.getloadavg()[0]:.2f}"
    return here, rows, failed


if __name__ == "__main__":
    main()
