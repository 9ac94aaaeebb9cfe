"""The same seed gives the same octets, in any process."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.rigs.effort import effort
from tests.scenarios.workout import HOUR_LAPS

ROOT = Path(__file__).parents[2]
LAPS = effort(1, HOUR_LAPS)
QUICKER = effort(10, 1)


@pytest.mark.timeout(600)
def test_a_workout_of_the_same_seed_is_the_same_to_the_octet() -> None:
    processes = [
        subprocess.Popen(
            (sys.executable, "-m", "tests.scenarios.workout", seed, str(LAPS), str(QUICKER)),
            cwd=ROOT,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )
        for seed, hash_seed in (("1", "1"), ("1", "2"))
    ]
    said = [process.communicate(timeout=500)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    lasted, count, _ = said[0].split()
    assert int(lasted) >= 340 * LAPS / QUICKER
    assert int(count) > 340 * LAPS / QUICKER
    assert said[0] == said[1]
