"""A process that lives under a plan until it is killed.

`python -m tests.people.plan_process DIRECTORY SECONDS` goes on at so many virtual seconds. It
prints `began`, `ended` or `counted` with the virtual time and how many sessions count, once that is
on the disk.
"""

import sys
from datetime import timedelta
from pathlib import Path

from bridge.plans.reading import find
from tests.history.test_history import Computer
from tests.people.plan_life import DAY, MONDAY, Life, short

WAIT_S = 60.0


def life_at(directory: Path, seconds: float) -> Life:
    """The life in a directory, at a virtual time; one boot of the computer."""
    wall = MONDAY + timedelta(seconds=seconds)
    plan = short(find("return-to-run"), 300.0)
    return Life(plan, directory, Computer(ticks=1000.0 + seconds, wall=wall))


def told(life: Life, what: str) -> None:
    """Say where it is, once that is on the disk."""
    assert life.file.wait_written(WAIT_S)
    seconds = round(life.computer.ticks - 1000.0)
    print(what, seconds, life.total, flush=True)  # noqa: T201


def main() -> None:
    """Live on until somebody kills this."""
    life = life_at(Path(sys.argv[1]), float(sys.argv[2]))
    life.wait(60)
    while True:
        told(life, "began")
        life.run()
        told(life, "ended")
        for _ in range(2):
            life.wait(600)
            status = life.people.plan
            if status is not None and status.progress.question is not None:
                life.says(0)
            told(life, "counted")
            life.wait(DAY)


if __name__ == "__main__":
    main()
