"""Instruction counts of the pure parts by valgrind's callgrind, independent of other load.

Each part runs a few times and then many times more; the difference is the cost of these runs.

Run: python -m benchmarks.sections.instructions PART COUNT, for one part under valgrind
"""

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import structlog

from benchmarks.hot_path import Running
from benchmarks.processes import ROOT
from benchmarks.sections.decoding import COMMON, bare
from benchmarks.sections.turning import Course
from benchmarks.table import Row
from protocols.ftms.control_point import SetTargetSpeed, encode_request
from protocols.ftms.treadmill_data import TreadmillData

FEW, MANY = 100, 1100
AT_ONCE = 4


def _on_sample() -> Callable[[], object]:
    running = Running()
    running.come_samples()
    return running.decide_on_sample


PARTS: dict[str, Callable[[], Callable[[], object]]] = {
    "bare struct.unpack": lambda: lambda: bare(COMMON),
    "decode a frame": lambda: lambda: TreadmillData.decode(COMMON),
    "encode a target": lambda: lambda: encode_request(SetTargetSpeed(820)),
    "guard decision on a sample": _on_sample,
    "frame to payload, running": lambda: Course().frame,
}


def counted(part: str, count: int) -> int:
    """Return the instructions of a whole process that runs a part so often."""
    valgrind = (str(shutil.which("valgrind")), "--tool=callgrind", "--callgrind-out-file=/dev/null")
    said = subprocess.run(
        (*valgrind, sys.executable, "-m", __spec__.name, part, str(count)),
        check=True,
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    ).stderr
    found = re.search(r"Collected : (\d+)", said)
    assert found is not None, said
    return int(found[1])


def measure() -> Iterator[Row]:
    """Yield the rows."""
    if shutil.which("valgrind") is None:
        print("LEFT OUT: instruction counts need valgrind, which is not installed here")
        return
    # A count does not depend on other load, so they need not alternate.
    with ThreadPoolExecutor(AT_ONCE) as pool:
        few = pool.map(counted, PARTS, [FEW] * len(PARTS))
        many = pool.map(counted, PARTS, [MANY] * len(PARTS))
        each = [(b - a) / (MANY - FEW) for a, b in zip(few, many, strict=True)]
    for part, count in zip(PARTS, each, strict=True):
        yield Row("instructions", part, count / 1000, "k", "struct.unpack", each[0] / 1000)


def main() -> None:
    """Run one part, under valgrind."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    work = PARTS[sys.argv[1]]()
    for _ in range(int(sys.argv[2])):
        work()


if __name__ == "__main__":
    main()
