"""Measure the bridge against floors and peers, and print one table.

Run: make bench, or python -m benchmarks [--only decode] [--quick] [--json FILE]
"""

import argparse
import asyncio
import logging
import os
import platform
import sys
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from benchmarks import deciding, decoding, starting, streaming
from benchmarks.table import Row, as_json, markdown

SECTIONS: dict[str, Callable[[bool], Iterable[Row]]] = {
    "decode": lambda quick: decoding.measure(rounds=5 if quick else 21),
    "guard": lambda quick: deciding.measure(rounds=5 if quick else 21),
    "start": lambda quick: starting.measure(runs=3 if quick else 11),
    "stream": lambda quick: asyncio.run(
        streaming.measure(runs=1 if quick else 7, seconds=10 if quick else 30)
    ),
}


def machine() -> dict[str, str]:
    """Name the machine, as far as it says itself."""
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
        "load before": f"{os.getloadavg()[0]:.2f}",
    }


def main() -> None:
    """Run the sections that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--only", choices=SECTIONS, action="append", help="a section; repeatable")
    parser.add_argument("--quick", action="store_true", help="few runs: to try, not to quote")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    arguments = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    logging.disable(logging.CRITICAL)
    here, rows = machine(), []
    for name in arguments.only or SECTIONS:
        print(f"{name} …", file=sys.stderr, flush=True)
        rows += SECTIONS[name](arguments.quick)
    print("\n".join(f"{key}: {value}" for key, value in here.items()), "\n")
    print(markdown(rows))
    if arguments.json:
        arguments.json.write_text(as_json(rows, here) + "\n")


if __name__ == "__main__":
    main()
