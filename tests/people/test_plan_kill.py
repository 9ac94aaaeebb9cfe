"""A kill -9 at any moment gives no progress away, and takes none that was written."""

import os
import random
import signal
import subprocess
import sys
from pathlib import Path

from tests.people.plan_process import life_at
from tests.rigs.unmeasured import unmeasured

KILLS = 6


def test_kills_give_no_progress_away_and_take_none(tmp_path: Path) -> None:
    dice = random.Random(9)  # noqa: S311
    seconds, began, counted = 0, 0, 0
    for _ in range(KILLS):
        command = (sys.executable, "-m", "tests.people.plan_process", str(tmp_path), str(seconds))
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=unmeasured()
        ) as process:
            assert process.stdout is not None
            for _ in range(dice.randrange(2, 7)):
                what, at, total = process.stdout.readline().split()
                assert int(total) >= counted, "what was written is still known"
                seconds, counted = int(at), int(total)
                began += what == "began"
                assert counted <= began
            # In the middle of whatever comes next: a session, an answer, or two days.
            os.kill(process.pid, signal.SIGKILL)
            process.stdout.read()
            assert process.wait(60) == -signal.SIGKILL
        seconds += 60
    life = life_at(tmp_path, seconds)
    life.wait(60)
    assert counted <= life.total <= began
    assert life.total > 0
    life.close()
