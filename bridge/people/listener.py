"""Listener for events of the people on a treadmill."""

from typing import Protocol

from bridge.history.session_log import Summary
from bridge.values import Event, Who


class Listener(Protocol):
    """Receives events and finished sessions."""

    def on_event(self, event: Event) -> None:
        """Take an event."""
        ...

    def finished(self, summary: Summary, who: Who) -> None:
        """Take the summary of a finished session."""
        ...
