"""A kill or a full disk at any moment damages nothing, and costs five seconds at most."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from bridge.history.reader import opened
from bridge.history.store.file import NAME, HistoryFile
from tests.rigs.effort import effort

KILLS = effort(10, 50)
LOST_S = 5


def integrity(path: Path) -> str:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


def test_each_of_many_kills_loses_at_most_five_seconds(tmp_path: Path) -> None:
    """The disk's own time is waited for; what is tested is what is due, and that it is whole."""
    path = tmp_path / NAME
    dice = random.Random(50)  # noqa: S311
    command = (sys.executable, "-m", "tests.history.store.writer_process", str(path))
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for number in range(KILLS):
            process.stdin.write("go\n")
            process.stdin.flush()
            child = int(process.stdout.readline())
            seconds = dice.randrange(1, 70)
            printed = [int(process.stdout.readline()) for _ in range(seconds)]
            os.kill(child, signal.SIGKILL)
            # The last number may have been printed without the end of its line.
            while (line := process.stdout.readline().strip()) != "dead":
                printed.append(int(line.removesuffix("dead")))
                if line.endswith("dead"):
                    break

            assert integrity(path) == "ok"
            with opened(path) as reader:
                (newest,) = reader.sessions(limit=1)
                samples = reader.samples(newest.session)
                assert len(reader.sessions()) == number + 1
            last = printed[-1]
            assert samples[-1].at >= last - LOST_S
            assert [s.at for s in samples] == list(range(samples[-1].at + 1))
            assert not newest.session.finished
            assert newest.session.moving_s >= last - LOST_S
        process.stdin.close()
        assert process.wait(60) == 0

    file = HistoryFile(path)
    file.close()
    assert (file.trouble, file.lost) == (None, None)


FULL = """
import resource, signal, sys
from pathlib import Path
from tests.history.store.writer_process import *

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
path = Path(sys.argv[1])
import bridge.history.store.file as module
module.AGAIN_S = 0.01
clock = SteppedClock()
file = HistoryFile(path)
history = History(Timekeeper(clock, "boot", lambda: True), file, blank=True)
recording, runner = Recording("den", history), Runner(SessionLog(clock.utc()))

def live(seconds):
    for _ in range(seconds):
        seen = snapshot(clock.time)
        runner.session.add(seen.sample, seen.belt)
        recording.follow(runner, seen, Decision(phase="active"), clock.time, clock.utc())
        clock.time += 1

live(120)
assert file.wait_written(60)
limit = 32 * 1024  # soon reached, wherever in its log SQLite goes on writing
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
live(600)
deadline = 6000
while history.trouble is None and deadline:
    file.wait_written(0.01)
    deadline -= 1
print(history.trouble)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
live(10)
assert file.wait_written(60), file.trouble
print(history.trouble)
recording.keep()
history.close()
"""


def test_full_disk_is_reported_and_waiting_rows_are_written_once_there_is_room(
    tmp_path: Path,
) -> None:
    path = tmp_path / NAME
    result = subprocess.run(
        (sys.executable, "-c", FULL, str(path)),
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert result.returncode == 0, result.stderr
    told, after = result.stdout.splitlines()[-2:]
    assert "cannot be used" in told
    assert after == "None"
    assert integrity(path) == "ok"
    with opened(path) as reader:
        (only,) = reader.sessions()
        assert [s.at for s in reader.samples(only.session)] == list(range(730))
