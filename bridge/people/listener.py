"""What hears of the people on a treadmill."""

from typing import Protocol

from bridge.history.session_log import Summary
from bridge.values import Event, Who


class Listener(Protocol):
    """Who is told of what happens to people."""

    def say(self, event: Event) -> None:
        """Something happened."""
        ...

    def finished(self, summary: Summary, who: Who) -> None:
        """A session is over."""
        ...
