"""What the guard has to tell: happenings since its last decision, and faults that last."""

from dataclasses import dataclass, field

from bridge.guard.texts import Word, tell
from bridge.values import Axis, Event


@dataclass(slots=True)
class Journal:
    """Shared by all parts of one guard."""

    events: list[Event] = field(default_factory=list)
    faults: set[str] = field(default_factory=set)
    disobeyed: bool = False
    """Whether the belt was found to be beyond control since the last decision."""

    def tell(
        self, key: str, axis: Axis | None = None, *, advice: bool = False, **words: Word
    ) -> None:
        """Something happened; `advice`: nothing can be done about it from here."""
        named: dict[str, Word] = {"axis": str(axis), **words} if axis else words
        self.events.append(tell(key, tuple(named.items()), advice=advice))

    def fault(self, name: str) -> bool:
        """Something is wrong; True if that is news."""
        news = name not in self.faults
        self.faults.add(name)
        return news

    def mend(self, *names: str) -> bool:
        """It is wrong no more; True if any of it was."""
        wrong = not self.faults.isdisjoint(names)
        self.faults.difference_update(names)
        return wrong

    def drain(self) -> tuple[Event, ...]:
        """All that happened since this was asked last."""
        events, self.events = tuple(self.events), []
        return events
