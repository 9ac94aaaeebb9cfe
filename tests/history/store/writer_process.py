"""A process that records sessions until it is killed, again and again.

`python -m tests.history.store.writer_process FILE` forks a child for each line on standard input.
The child prints its process id, then each second of its session as it is written.
"""

import os
import sys
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bridge.contract.payloads import EventPayload
from bridge.guard import Decision, Guard, Policy
from bridge.guard.person.past import Past
from bridge.history.history import History
from bridge.history.session_log import SessionLog
from bridge.history.store.file import HistoryFile
from bridge.history.store.moment import Timekeeper
from bridge.treadmill.recording import Recording
from bridge.values import Belt, Measurement, Sample, Snapshot, Who

START = datetime(2030, 1, 1, tzinfo=UTC)
WAIT_S = 60.0


@dataclass
class SteppedClock:
    """A clock that a test sets."""

    time: float = 0.0
    start: datetime = START

    def now(self) -> float:
        return self.time

    def utc(self) -> datetime:
        return self.start + timedelta(seconds=self.time)


@dataclass
class Runner:
    session: SessionLog | None = None
    guard: Guard = field(default_factory=lambda: Guard(Policy(), 0.0, Past.nobody()))
    who: Who = field(default_factory=Who)

    def keep(self, now: float) -> None:
        """Store nothing."""


def snapshot(time: float, speed: int = 800) -> Snapshot:
    sample = Sample(time, Measurement(speed=speed, incline=20, heart_rate=130))
    return Snapshot(connected=True, belt=Belt.RUNNING, sample=sample)


def record(path: Path, number: int) -> None:
    clock = SteppedClock(start=START + timedelta(days=number))
    file = HistoryFile(path)
    history = History(Timekeeper(clock, "boot", lambda: True), file, blank=True)
    recording, runner = Recording("den", history), Runner(SessionLog(clock.utc()))
    print(os.getpid(), flush=True)  # noqa: T201
    while True:
        now = clock.time
        seen = snapshot(now)
        assert runner.session is not None
        assert seen.sample is not None
        runner.session.add(seen.sample, seen.belt)
        recording.follow(runner, seen, Decision(phase="active"), now, clock.utc())
        if now % 7 == 0:
            recording.event(
                EventPayload(type="rest", time=clock.utc(), text="It rests."), clock.utc()
            )
        if not file.wait_written(WAIT_S):
            sys.exit(f"not written: {file.trouble}")
        print(int(now), flush=True)  # noqa: T201
        clock.time += 1


def main() -> None:
    path = Path(sys.argv[1])
    for number, _ in enumerate(sys.stdin):
        child = os.fork()
        if not child:
            record(path, number)
        os.waitpid(child, 0)
        print("dead", flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
