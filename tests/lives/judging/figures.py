"""Counts of one session, and of many."""

from dataclasses import dataclass, field, fields
from typing import Self


@dataclass(frozen=True, slots=True)
class Incident:
    """Something that should not have been."""

    time: float
    kind: str
    text: str


@dataclass(slots=True)
class Tally:
    """So many of so many."""

    good: int = 0
    of: int = 0

    def add(self, good: bool) -> bool:
        """Count one; return whether it was good."""
        self.good += good
        self.of += 1
        return good

    @property
    def share(self) -> float:
        """The good part; 1 of nothing."""
        return self.good / self.of if self.of else 1.0


@dataclass(slots=True)
class Figures:
    """One session, or the sum of several."""

    sessions: int = 0
    clean: int = 0
    """Sessions without a false event."""
    hours: float = 0.0
    false_events: int = 0
    alarms: int = 0
    wrong_rejections: int = 0
    unended: int = 0
    wrong_failures: int = 0
    safety: int = 0
    lowerings: int = 0
    false_miles: int = 0
    reached: Tally = field(default_factory=Tally)
    keys_named: Tally = field(default_factory=Tally)
    keys_unnamed: Tally = field(default_factory=Tally)
    quick_named: Tally = field(default_factory=Tally)
    quick_unnamed: Tally = field(default_factory=Tally)
    presses_down: Tally = field(default_factory=Tally)
    falls: Tally = field(default_factory=Tally)
    cool_downs: Tally = field(default_factory=Tally)
    miles_found: Tally = field(default_factory=Tally)
    incidents: list[Incident] = field(default_factory=list)

    def __iadd__(self, other: Self) -> Self:
        for each in fields(self):
            mine, theirs = getattr(self, each.name), getattr(other, each.name)
            if isinstance(mine, Tally):
                mine.good += theirs.good
                mine.of += theirs.of
            elif each.name != "incidents":
                setattr(self, each.name, mine + theirs)
        return self

    def note(self, time: float, kind: str, text: str) -> None:
        """Keep an incident."""
        self.incidents.append(Incident(time, kind, text))

    @property
    def false_per_hour(self) -> float:
        """False events an hour."""
        return self.false_events / self.hours if self.hours else 0.0
