"""A kill at any moment damages nothing, and costs five seconds at most."""

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


def test_each_kill_loses_at_most_5_s_of_history(tmp_path: Path) -> None:
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
