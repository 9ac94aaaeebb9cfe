"""How long the commands take to start, in seconds of the processor."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.table import Row, limited

CONFIG = '[[treadmills]]\nid = "den"\n'


def processor_s(*command: str) -> float:
    """Seconds of the processor, user and system, that a command takes."""
    before = os.times()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = os.times()
    return (after.children_user - before.children_user) + (
        after.children_system - before.children_system
    )


def measure(*, runs: int = 11) -> Iterator[Row]:
    """Yield the rows."""
    program = str(Path(sys.executable).with_name("treadmill-bridge"))
    with tempfile.TemporaryDirectory() as place:
        config = Path(place) / "bridge.toml"
        config.write_text(CONFIG)
        for name, command, most in (
            ("python itself", (sys.executable, "-c", ""), None),
            ("--help", (program, "--help"), 0.08),
            ("check", (program, "check", str(config)), None),
            ("import of run", (sys.executable, "-c", "import bridge.cli.run"), None),
        ):
            values = [processor_s(*command) for _ in range(runs)]
            yield limited("start", name, values, "s", at_most=most)
