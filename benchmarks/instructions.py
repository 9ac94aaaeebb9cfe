"""Instructions of the pure parts, as valgrind's callgrind counts them: the same on a busy machine.

Each part runs a few times and then many times more; the difference is what the runs took.

Run: python -m benchmarks.instructions PART COUNT, for one part under valgrind
"""

import logging
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator

import structlog

from benchmarks.decoding import COMMON, bare
from benchmarks.hot_path import Running
from benchmarks.processes import ROOT
from benchmarks.table import Row
from benchmarks.turning import Course
from protocols.ftms.control_point import SetTargetSpeed, encode_request
from protocols.ftms.treadmill_data import TreadmillData

FEW, MANY = 100, 1100


def _on_sample() -> Callable[[], object]:
    running = Running()
    running.come_samples()
    return running.decide_on_sample


def _decide() -> Callable[[], object]:
    return Running().decide


PARTS: dict[str, Callable[[], Callable[[], object]]] = {
    "bare struct.unpack": lambda: lambda: bare(COMMON),
    "decode a frame": lambda: lambda: TreadmillData.decode(COMMON),
    "encode a target": lambda: lambda: encode_request(SetTargetSpeed(820)),
    "guard decision": _decide,
    "guard decision on a sample": _on_sample,
    "frame to payload, running": lambda: Course().frame,
}


def counted(part: str, count: int) -> int:
    """Instructions of a whole process that runs a part so often."""
    said = subprocess.run(
        (
            str(shutil.which("valgrind")), "--tool=callgrind",
            "--callgrind-out-file=/dev/null", sys.executable, "-m", "benchmarks.instructions",
            part, str(count),
        ),
        check=True, capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": "0"},
    ).stderr  # fmt: skip
    found = re.search(r"Collected : (\d+)", said)
    assert found is not None, said
    return int(found[1])


def measure() -> Iterator[Row]:
    """Yield the rows."""
    if shutil.which("valgrind") is None:
        print("LEFT OUT: instruction counts need valgrind, which is not installed here")
        return
    floor: float | None = None
    for part in PARTS:
        each = (counted(part, MANY) - counted(part, FEW)) / (MANY - FEW)
        if floor is None:
            floor = each
        yield Row("instructions", part, each / 1000, "k", "struct.unpack", floor / 1000)


def main() -> None:
    """Run one part, for valgrind to watch."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
    work = PARTS[sys.argv[1]]()
    for _ in range(int(sys.argv[2])):
        work()


if __name__ == "__main__":
    main()
