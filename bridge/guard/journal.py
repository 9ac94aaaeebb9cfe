"""What happened since the guard's last decision, and the faults that last."""

from dataclasses import dataclass, field
from enum import StrEnum

from bridge.values import Axis, Event, Reason, Value
from protocols.frozen import frozen


class Ending(StrEnum):
    """What an event means for a request that is under way.

    CHANGED: something else is requested now. GIVEN_UP: it stays requested, but the machine is not
    expected to get there.
    """

    CHANGED = "changed"
    GIVEN_UP = "given_up"


@frozen
class Ended:
    """A request that ended, and why; `axis` None: the requests on both axes."""

    ending: Ending
    reason: Reason
    axis: Axis | None = None


@dataclass(slots=True)
class Journal:
    """Shared by all parts of one guard."""

    events: list[Event] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    faults: set[str] = field(default_factory=set)
    disobeyed: bool = False
    """True if the belt was found to be beyond control since the last decision."""

    def tell(
        self,
        kind: str,
        axis: Axis | None = None,
        *,
        limit: float | None = None,
        ends_s: float | None = None,
        case: str = "",
        ends: Ending | None = None,
        why: Reason | None = None,
        **values: Value,
    ) -> None:
        """Take an event; see `Event` for its fields.

        `ends`: what it means for a request on `axis`. `why`: the reason behind it.
        """
        named = {**values, "why": why} if why is not None else values
        event = Event(kind, axis, limit, ends_s, tuple(named.items()), case)
        self.events.append(event)
        if ends is not None:
            self.ended.append(Ended(ends, why or event.reason, axis))

    def fault(self, name: str) -> bool:
        """Something is wrong; True if that is news."""
        news = name not in self.faults
        self.faults.add(name)
        return news

    def mend(self, *names: str) -> bool:
        """It is wrong no more; True if any of it was."""
        if not self.faults:  # most of the time
            return False
        wrong = not self.faults.isdisjoint(names)
        self.faults.difference_update(names)
        return wrong

    def drain(self) -> tuple[tuple[Event, ...], tuple[Ended, ...]]:
        """Return what happened and which requests ended since this was asked last, in order."""
        if not self.events:  # nothing ends without one
            return (), ()
        events, ended = tuple(self.events), tuple(self.ended)
        self.events, self.ended = [], []
        return events, ended
