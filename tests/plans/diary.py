"""A diary of one person under a plan, in virtual days."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from bridge.plans.model import Phase, Plan
from bridge.plans.progress import Progress, Question, Ran, end_session, report, today
from bridge.values.effort import Effort
from bridge.values.plan import Ceilings, Day

HOUR, DAY = 3600.0, 86_400.0
EVENING = datetime(2026, 3, 2, 20, 0, tzinfo=UTC)
"""A Monday."""
PLAN = Plan(
    key="test",
    name="Test",
    phases=(
        Phase("Walk", 2, 1, speed_kmh=6.0, incline_percent=0.0, time_s=1200.0),
        Phase("Walk and run", 2, 1, speed_kmh=8.0, incline_percent=1.0, distance_m=2000.0),
        Phase("Run", 1, 0, speed_kmh=10.0, time_s=1800.0, distance_m=5000.0),
    ),
)


@dataclass
class Diary:
    """The runs and answers of a person; time passes only in `wait`."""

    plan: Plan = PLAN
    progress: Progress = field(default_factory=Progress)
    clock: datetime = EVENING
    number: int = 0

    @property
    def where(self) -> tuple[int, int]:
        """The phase, from 1, and how many sessions of it are done."""
        return self.progress.phase + 1, self.progress.done

    @property
    def today(self) -> Ceilings:
        """Ceilings of today."""
        ceilings = today(self.plan, self.progress)
        assert ceilings is not None
        return ceilings

    def asks(self) -> Question | None:
        """The question that is open."""
        return self.progress.question

    def day(self) -> Day:
        """Kind of day by the plan."""
        return self.today.day

    def wait(self, seconds: float) -> "Diary":
        """Let time pass that is known to pass."""
        self.clock += timedelta(seconds=seconds)
        self.progress = self.progress.aged(seconds)
        return self

    def run(self, part: float = 1.0, *, hurts: int | None = None) -> "Diary":
        """Run this part of a session's length, with a pain in the middle of it."""
        ceilings = self.today
        done = Effort((ceilings.time_s or 900.0) * part, (ceilings.distance_m or 2500.0) * part)
        if hurts is not None:
            self.says(hurts, under_way=True)
        self.wait(done.time_s)
        self.number += 1
        ran = Ran(f"session {self.number}", done, ceilings, self.clock)
        self.progress = end_session(self.plan, self.progress, ran)
        return self

    def says(self, severity: int, *, under_way: bool = False) -> "Diary":
        """Report a pain."""
        self.progress = report(self.plan, self.progress, severity, under_way=under_way)
        return self

    def good(self) -> "Diary":
        """A whole session without pain, and the days until the next."""
        self.run().says(0).wait(23 * HOUR).says(0)
        return self.wait(25 * HOUR)
