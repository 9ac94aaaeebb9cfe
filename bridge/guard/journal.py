"""Events since the guard's last decision, and active faults."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from bridge.values import Axis, Event, Reason, Value
from protocols.frozen import frozen


class Ending(StrEnum):
    """Effect of an event on the current request.

    CHANGED: another value is requested now. GIVEN_UP: the request stays, but the machine is not
    expected to reach it.
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
    """Events and faults, shared by all parts of one guard."""

    events: list[Event] = field(default_factory=list)
    ended: list[Ended] = field(default_factory=list)
    faults: set[str] = field(default_factory=set)
    disobeyed: bool = False
    """True if the belt stopped responding to the guard since the last decision."""

    def report(
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
        """Record an event; see `Event` for its fields.

        `ends` is its effect on a request on `axis`. `why` is the reason behind it.
        """
        named = {**values, "why": why} if why is not None else values
        event = Event(kind, axis, limit, ends_s, tuple(named.items()), case)
        self.events.append(event)
        if ends is not None:
            self.ended.append(Ended(ends, why or event.reason, axis))

    def fault(
        self, kind: str, axis: Axis | None = None, *, again: bool = False, **told: Any
    ) -> None:
        """Raise a fault, of one axis if given; record it if it is new or `again` is True.

        `told` are the arguments of `report`.
        """
        name = kind if axis is None else f"{kind}_{axis}"
        if again or name not in self.faults:
            self.report(kind, axis, **told)
        self.faults.add(name)

    def mend(self, *names: str) -> bool:
        """Clear faults; return True if any was active."""
        wrong = not self.faults.isdisjoint(names)
        self.faults.difference_update(names)
        return wrong

    def drain(self) -> tuple[tuple[Event, ...], tuple[Ended, ...]]:
        """Return and clear the events and ended requests since the last call, in order."""
        events, ended = tuple(self.events), tuple(self.ended)
        self.events, self.ended = [], []
        return events, ended
