"""The same seed is the same hour, octet for octet, whatever the process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


# Measuring what they cover would take longer than the hour itself.
PLAIN = {name: value for name, value in os.environ.items() if not name.startswith("COV")}


@pytest.mark.timeout(600)
def test_an_hour_of_the_same_seed_is_the_same_to_the_octet() -> None:
    processes = [
        subprocess.Popen(
            (sys.executable, "-m", "tests.scenarios.hour", seed),
            cwd=ROOT,
            env={**PLAIN, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, hash_seed in (("1", "1"), ("1", "2"))
    ]
    said = [process.communicate(timeout=500)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    lasted, count, _ = said[0].split()
    assert int(lasted) >= 3600
    assert int(count) > 5000
    assert said[0] == said[1]
