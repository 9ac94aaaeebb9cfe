"""Growth of memory over a simulated day."""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator

from benchmarks.processes import ROOT
from benchmarks.table import Row

HOURS = 24
MORE_MB = 1.0
"""Maximum growth in a day after its first two hours."""


def measure(*, hours: int = HOURS) -> Iterator[Row]:
    """Yield the rows."""
    with tempfile.TemporaryDirectory() as place:
        command = (sys.executable, "-m", "benchmarks.subjects.day", place, str(hours))
        said = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT).stdout
    found = [json.loads(line) for line in said.splitlines()]
    early, late = found[1], found[-1]
    for what, name in (("rss", "resident memory"), ("pss", "proportional memory")):
        more = late[what] - early[what]
        yield Row(
            "day",
            f"{name}, growth from hour 2 to hour {late['hour']}",
            more,
            "MB",
            target=f"≤ {MORE_MB:g} MB",
            met=more <= MORE_MB,
            note=f"{early[what]:.1f} … {late[what]:.1f} MB, {late['messages']} messages",
        )
